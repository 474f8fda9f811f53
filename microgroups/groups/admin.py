"""What operators see of groups: their size and their state, and none of their words."""

from django.contrib import admin

from microgroups.groups.models import MicroGroup
from network.looking import LookOnly


@admin.register(MicroGroup)
class MicroGroupAdmin(LookOnly, admin.ModelAdmin):
    list_display = ["name", "network", "state", "visibility", "seats_taken", "cap", "waiting"]
    list_filter = ["state", "visibility", "network"]
    list_select_related = ["network"]
    search_fields = ["name", "slug"]
    ordering = ["-id"]
    fields = [
        *[*list_display, "slug", "join_policy", "ceiling", "ceiling_reason", "is_imported"],
        *["proposed_at", "founded_at", "archived_at", "last_post_at"],
    ]
