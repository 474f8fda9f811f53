"""The log as operators see it: what happened, without a word that somebody said."""

from django.contrib import admin

from network.activity.models import Activity
from network.looking import LookOnly


@admin.register(Activity)
class ActivityAdmin(LookOnly, admin.ModelAdmin):
    list_display = ["at", "verb", "actor", "about_type", "about_id", "network"]
    list_select_related = ["actor", "network"]
    ordering = ["-id"]
    fields = [*list_display, "group_id", "facts"]
