"""Presence over the API: who is quiet, in words; and how Kith sees one's own rhythm."""

from django.http import Http404
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from facilitation.presence import actions, reading
from facilitation.presence.models import Level
from facilitation.presence.order import ORDER
from microgroups.groups.actions import facilitator_of
from microgroups.membership.api import SLUG, GroupEndpoint
from network.rest.endpoint import Input, PersonBrief


class SilenceShape(serializers.Serializer):
    """Somebody who is away unusually long by their own rhythm; in words, never as a score."""

    person = PersonBrief(source="membership.person")
    level = serializers.ChoiceField(Level.choices)
    reason = serializers.CharField()


class RhythmShape(serializers.Serializer):
    """How Kith sees my rhythm in a group."""

    paused = serializers.BooleanField()
    words = serializers.CharField()


class RhythmInput(Input):
    paused = serializers.BooleanField(help_text="True: nobody looks at how often I come.")


class GroupPresenceEndpoint(GroupEndpoint):
    """Who is quieter than usual in a group."""

    ordering = ORDER
    scopes = {"list": "facilitate"}

    @extend_schema(parameters=[SLUG], responses=SilenceShape(many=True))
    def list(self, request, slug):
        """Quiet and lapsed members, whom to write to first; for facilitators."""
        group, now = self.group(), timezone.now()
        facilitator_of(group, request.user)
        found = self.paginate_queryset(reading.silences(group, request.user, now))
        for absence in found:
            absence.reason = reading.reason(absence, now)
        return self.get_paginated_response(SilenceShape(found, many=True).data)


class MyPresenceEndpoint(GroupEndpoint):
    """How Kith sees my rhythm in a group."""

    def mine(self):
        group = self.group()
        membership = group.memberships.of(self.request.user)
        if membership is None or not membership.may_read:
            raise Http404
        return group, membership

    @extend_schema(parameters=[SLUG], responses=RhythmShape)
    def retrieve(self, request, slug):
        """My rhythm in words, and whether anybody looks at it."""
        _, membership = self.mine()
        return self.told(membership)

    @extend_schema(parameters=[SLUG], request=RhythmInput, responses=RhythmShape)
    def partial_update(self, request, slug):
        """Let nobody look, or let Kith look again; nobody is told of either."""
        group, membership = self.mine()
        body = self.body(RhythmInput, partial=True)
        if "paused" in body:
            deed = actions.pause if body["paused"] else actions.resume
            membership = deed(group, request.user)
        return self.told(membership)

    def told(self, membership):
        words = reading.my_rhythm(membership, timezone.now())
        paused = membership.rhythm_paused_at is not None
        return Response(RhythmShape({"paused": paused, "words": words}).data)


paths = [
    path(
        "groups/<slug>/presence/",
        GroupPresenceEndpoint.as_view({"get": "list"}),
        name="api_presence",
    ),
    path(
        "groups/<slug>/membership/presence/",
        MyPresenceEndpoint.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="api_my_presence",
    ),
]
