"""What operators see of memberships: who stands where since when, and none of their words."""

from django.contrib import admin

from microgroups.membership.models import Membership
from network.looking import LookOnly


@admin.register(Membership)
class MembershipAdmin(LookOnly, admin.ModelAdmin):
    list_display = ["person", "group", "state", "role", "since"]
    list_filter = ["state", "role"]
    list_select_related = ["person", "group"]
    search_fields = ["person__username", "group__slug"]
    ordering = ["-id"]
    fields = [*list_display, "joined_at", "queued_at", "returning", "offer_until", "barred"]
