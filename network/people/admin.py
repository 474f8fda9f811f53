"""What operators see of people: who they are, and whether they can sign in; no addresses."""

from django.contrib import admin

from network.looking import LookOnly
from network.people.models import Person


@admin.register(Person)
class PersonAdmin(LookOnly, admin.ModelAdmin):
    list_display = ["name", "username", "is_active", "is_operator", "joined_at", "claimed_at"]
    list_filter = ["is_active", "is_operator"]
    search_fields = ["username", "name"]
    ordering = ["name", "id"]
    fields = [*list_display, "intro", "time_zone", "language", "last_login"]
