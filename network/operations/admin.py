"""Whether the machinery runs: what ran when, and who was last heard of."""

from django.contrib import admin

from network.looking import LookOnly
from network.operations.models import Heartbeat, JobRun


@admin.register(JobRun)
class JobRunAdmin(LookOnly, admin.ModelAdmin):
    list_display = ["job", "slot", "started_at", "finished_at", "error"]
    list_filter = ["job"]
    ordering = ["-id"]
    fields = list_display


@admin.register(Heartbeat)
class HeartbeatAdmin(LookOnly, admin.ModelAdmin):
    list_display = ["name", "at"]
    ordering = ["name"]
    fields = list_display
