"""What operators see of networks: their policy, and who is what in them."""

from django.contrib import admin

from network.looking import LookOnly
from network.networks.models import Network, NetworkHost, NetworkMembership


class HostsInline(LookOnly, admin.TabularInline):
    model = NetworkHost
    fields = ["host"]


@admin.register(Network)
class NetworkAdmin(LookOnly, admin.ModelAdmin):
    list_display = ["name", "slug", "max_cap", "sign_up", "created_at"]
    fields = [
        *list_display,
        *["intro", "house_rules", "default_cap", "max_groups_per_person"],
        *["who_may_propose", "minimum_age"],
        *["founding_pledges", "founding_threads", "founding_facilitators"],
    ]
    inlines = [HostsInline]


@admin.register(NetworkMembership)
class NetworkMembershipAdmin(LookOnly, admin.ModelAdmin):
    list_display = ["person", "network", "role", "joined_at", "suspended_at"]
    list_filter = ["role", "network"]
    list_select_related = ["person", "network"]
    search_fields = ["person__username"]
    ordering = ["-id"]
    fields = list_display
