"""A second look before posting, over the API."""

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from microgroups.membership.api import GROUP, SLUG, GroupEndpoint, at
from microgroups.reminders.actions import reminder_of, set_reminder
from microgroups.reminders.rules import LONGEST
from network.rest.endpoint import Input


class FiguresShape(serializers.Serializer):
    """How often it was asked, and what went out after it; `left`: what did not, or not yet."""

    shown = serializers.IntegerField()
    changed = serializers.IntegerField()
    kept = serializers.IntegerField()
    left = serializers.IntegerField()


class ReminderShape(serializers.Serializer):
    """At what people of the group are asked to look twice."""

    on = serializers.BooleanField(source="group.looks_twice")
    words = serializers.ListField(child=serializers.CharField())
    capitals = serializers.BooleanField()
    marks = serializers.BooleanField()
    figures = FiguresShape(allow_null=True, help_text="For those who facilitate.")


class ReminderInput(Input):
    """What is not given stays as it is."""

    on = serializers.BooleanField(required=False)
    words = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST), max_length=100, required=False
    )
    capitals = serializers.BooleanField(required=False)
    marks = serializers.BooleanField(required=False)


class ReminderEndpoint(GroupEndpoint):
    """A second look before posting."""

    scopes = {"change": "facilitate"}

    def shown(self, reminder, mine):
        reminder.figures = reminder if mine.is_facilitator else None
        return Response(ReminderShape(reminder).data)

    @extend_schema(parameters=[SLUG], responses=ReminderShape)
    def retrieve(self, request, slug):
        """At what people of the group are asked to look twice; for those inside."""
        group = self.group()
        mine = self.mine_in(group)
        if mine is None or not mine.may_read:
            raise Http404
        return self.shown(reminder_of(group), mine)

    @extend_schema(parameters=[SLUG], request=ReminderInput, responses=ReminderShape)
    def change(self, request, slug):
        """Say whether, and at what."""
        group = self.group()
        reminder = set_reminder(group, request.user, **self.body(ReminderInput))
        return self.shown(reminder, self.mine_in(group))


paths = [
    at(GROUP + "reminder/", ReminderEndpoint, "reminder", get="retrieve", put="change"),
]
