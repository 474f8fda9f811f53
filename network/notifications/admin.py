"""Which mails are on their way, and which were not delivered; not what they say."""

from django.contrib import admin

from network.looking import LookOnly
from network.notifications.models import Notice


@admin.register(Notice)
class NoticeAdmin(LookOnly, admin.ModelAdmin):
    list_display = ["kind", "person", "at", "mail", "mail_due_at", "attempts", "mailed_at"]
    list_filter = ["mail"]
    list_select_related = ["person"]
    ordering = ["-id"]
    fields = [*list_display, "network"]
