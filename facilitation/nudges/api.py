"""Nudges over the API: drafts to change and send."""

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from facilitation.nudges import actions, reading
from facilitation.nudges.models import Nudge, State, Step
from facilitation.nudges.rules import LONGEST
from microgroups.groups.actions import facilitator_of
from microgroups.groups.shapes import MembershipShape
from microgroups.membership.api import SLUG, GroupEndpoint
from network.rest.endpoint import Asked, Endpoint, Input, PersonBrief

ORDER = ("opened_at", "id")


class NudgeShape(serializers.Serializer):
    """A word to somebody who is away: drafted by Kith, sent by a person."""

    id = serializers.UUIDField()
    group = serializers.SlugField(source="group.slug")
    person = PersonBrief()
    step = serializers.ChoiceField(Step.choices)
    state = serializers.ChoiceField(State.choices)
    body = serializers.CharField()
    thread = serializers.UUIDField(source="thread_id", allow_null=True)
    opened_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True)
    sent_by = PersonBrief(allow_null=True, help_text="Null where Kith itself has sent it.")


class NudgesAsked(Asked):
    state = serializers.ChoiceField(State.choices, required=False, help_text="Drafts when absent.")


class LetterInput(Input):
    body = serializers.CharField(max_length=LONGEST)


class HabitShape(serializers.Serializer):
    """What Kith may do by itself: write, as Kith, where nobody has within three days; let rest."""

    by_kith = serializers.BooleanField()
    rests = serializers.BooleanField(
        help_text="Kith lets rest who has let two lapses pass, while somebody waits for a seat."
    )


class HabitInput(Input):
    by_kith = serializers.BooleanField(required=False)
    rests = serializers.BooleanField(required=False)


class GroupNudgesEndpoint(GroupEndpoint):
    """What is drafted in a group, and whether Kith may write by itself."""

    ordering = ORDER
    scopes = dict.fromkeys(["list", "habit", "change_habit"], "facilitate")
    asked = {"list": NudgesAsked}

    def facilitated(self):
        group = self.group()
        facilitator_of(group, self.request.user)
        return group

    @extend_schema(parameters=[SLUG], responses=NudgeShape(many=True))
    def list(self, request, slug):
        """Drafts, or those of another state; for facilitators."""
        nudges = Nudge.objects.visible_to(request.user).filter(group=self.facilitated())
        nudges = nudges.filter(state=self.query.get("state", State.DRAFT))
        found = self.paginate_queryset(nudges.select_related(*reading.SHOWN))
        return self.get_paginated_response(NudgeShape(found, many=True).data)

    @extend_schema(parameters=[SLUG], responses=HabitShape)
    def habit(self, request, slug):
        """Whether Kith writes where nobody does; for facilitators."""
        return Response(HabitShape(reading.habit_of(self.facilitated())).data)

    @extend_schema(parameters=[SLUG], request=HabitInput, responses=HabitShape)
    def change_habit(self, request, slug):
        """Let Kith write where nobody does, or not."""
        body = self.body(HabitInput)
        return Response(HabitShape(actions.let_kith_write(self.group(), request.user, **body)).data)

    @extend_schema(parameters=[SLUG], request=None, responses=MembershipShape)
    def stay(self, request, slug):
        """I am still here: what was asked about my silence is over."""
        return self.shape(actions.stay(self.group(), request.user))


class NudgesEndpoint(Endpoint):
    """One draft."""

    lookup_field = "id"
    scopes = dict.fromkeys(
        ["retrieve", "partial_update", "send", "discard", "take_back"], "facilitate"
    )

    def get_queryset(self):
        nudges = Nudge.objects.in_groups_visible_to(self.request.user).filter(step__lt=Step.CHOICE)
        return nudges.select_related(*reading.SHOWN)

    def get_object(self):
        """The nudge, for those who may see to it."""
        nudge = super().get_object()
        facilitator_of(nudge.group, self.request.user)
        return nudge

    def shape(self, nudge):
        return Response(NudgeShape(self.get_queryset().get(pk=nudge.pk)).data)

    @extend_schema(responses=NudgeShape)
    def retrieve(self, request, id):
        """One of them."""
        return Response(NudgeShape(self.get_object()).data)

    @extend_schema(request=LetterInput, responses=NudgeShape)
    def partial_update(self, request, id):
        """Change the words of a draft."""
        nudge, body = self.get_object(), self.body(LetterInput, partial=True)
        return self.shape(actions.edit(nudge, request.user, **body) if body else nudge)

    @extend_schema(request=None, responses=NudgeShape)
    @action(detail=True, methods=["post"])
    def send(self, request, id):
        """Send it in my name, here and by e-mail."""
        return self.shape(actions.send(self.get_object(), request.user, now=timezone.now()))

    @extend_schema(request=None, responses=NudgeShape)
    @action(detail=True, methods=["post"])
    def discard(self, request, id):
        """Leave them be."""
        return self.shape(actions.discard(self.get_object(), request.user))

    @extend_schema(request=None, responses=NudgeShape)
    @action(detail=True, methods=["post"], url_path="take-back")
    def take_back(self, request, id):
        """Undo that they were left be: it is drafted again."""
        return self.shape(actions.take_back(self.get_object(), request.user))


paths = [
    path(
        "groups/<slug>/nudges/",
        GroupNudgesEndpoint.as_view({"get": "list"}),
        name="api_group_nudges",
    ),
    path(
        "groups/<slug>/nudges/habit/",
        GroupNudgesEndpoint.as_view({"get": "habit", "put": "change_habit"}),
        name="api_nudge_habit",
    ),
    path("groups/<slug>/stay/", GroupNudgesEndpoint.as_view({"post": "stay"}), name="api_stay"),
]
