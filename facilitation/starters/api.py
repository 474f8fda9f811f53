"""Starters over the API."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from facilitation.starters import actions, reading
from facilitation.starters.library import KINDS, openers
from facilitation.starters.models import Starter, State
from microgroups.conversation.rules import MAX_TITLE
from microgroups.groups.actions import facilitator_of
from microgroups.groups.models import MicroGroup
from network.errors import NotAllowed
from network.rest.endpoint import Asked, Endpoint, Input, PersonBrief
from network.rest.listing import in_pages
from network.text import MAX_TEXT

SLUG = OpenApiParameter("slug", str, OpenApiParameter.PATH)
SHOWN = ("group", "author", "decided_by")


class StarterShape(serializers.Serializer):
    """Words to begin a thread with; once asked they stand in the thread."""

    id = serializers.UUIDField()
    group = serializers.SlugField(source="group.slug")
    state = serializers.ChoiceField(State.choices)
    title = serializers.CharField(allow_blank=True)
    body = serializers.CharField(allow_blank=True)
    opener = serializers.CharField(allow_blank=True)
    by_kith = serializers.BooleanField(
        source="is_untouched", help_text="Kith's words; published, it was asked by Kith, too."
    )
    author = PersonBrief(allow_null=True)
    decided_by = PersonBrief(allow_null=True)
    created_at = serializers.DateTimeField()
    at = serializers.DateTimeField(source="publish_at", allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    thread = serializers.UUIDField(source="thread_id", allow_null=True)


class OpenerShape(serializers.Serializer):
    """A text of the library."""

    key = serializers.CharField()
    kind = serializers.ChoiceField(list(KINDS.items()))
    language = serializers.CharField()
    title = serializers.CharField()
    body = serializers.CharField()


class StarterInput(Input):
    """An opener of the library, or words of one's own."""

    title = serializers.CharField(max_length=MAX_TITLE, required=False, allow_blank=True)
    body = serializers.CharField(
        max_length=MAX_TEXT, required=False, allow_blank=True, trim_whitespace=False
    )
    opener = serializers.CharField(max_length=40, required=False, allow_blank=True)


class StarterChange(Input):
    title = serializers.CharField(max_length=MAX_TITLE, required=False)
    body = serializers.CharField(max_length=MAX_TEXT, required=False, trim_whitespace=False)


class PublishInput(Input):
    at = serializers.DateTimeField(required=False, allow_null=True)


class StarterHabitShape(serializers.Serializer):
    """Whether Kith asks, as Kith, what nobody has seen to for a day."""

    by_kith = serializers.BooleanField()


class StarterHabitInput(Input):
    by_kith = serializers.BooleanField()


class StartersAsked(Asked):
    state = serializers.ChoiceField(State.choices, required=False)


class LibraryAsked(Asked):
    kind = serializers.ChoiceField(list(KINDS.items()), required=False)
    language = serializers.CharField(max_length=10, required=False)


class GroupStartersEndpoint(Endpoint):
    """The starters of one group."""

    ordering = ("-created_at", "-id")
    scopes = dict.fromkeys(["list", "create", "habit", "change_habit"], "facilitate")
    asked = {"list": StartersAsked}

    def get_queryset(self):
        return Starter.objects.visible_to(self.request.user)

    def group(self, slug):
        groups = MicroGroup.objects.visible_to(self.request.user).defer("search")
        group = get_object_or_404(groups, slug=slug)
        facilitator_of(group, self.request.user)
        return group

    @extend_schema(parameters=[SLUG], responses=StarterShape(many=True))
    def list(self, request, slug):
        """All of them, the newest first, or those of a state."""
        found = self.get_queryset().filter(group=self.group(slug)).select_related(*SHOWN)
        if "state" in self.query:
            found = found.filter(state=self.query["state"])
        told = self.paginate_queryset(found)
        return self.get_paginated_response(StarterShape(told, many=True).data)

    @extend_schema(parameters=[SLUG], request=StarterInput, responses={201: StarterShape})
    def create(self, request, slug):
        """Keep a draft; an opener of the library brings its words."""
        starter = actions.write(self.group(slug), request.user, **self.body(StarterInput))
        return Response(StarterShape(starter).data, status=201)

    @extend_schema(parameters=[SLUG], responses=StarterHabitShape)
    def habit(self, request, slug):
        """Whether Kith asks where nobody does; for facilitators."""
        return Response(StarterHabitShape(reading.habit_of(self.group(slug))).data)

    @extend_schema(parameters=[SLUG], request=StarterHabitInput, responses=StarterHabitShape)
    def change_habit(self, request, slug):
        """Let Kith ask where nobody does, or not."""
        body = self.body(StarterHabitInput)
        habit = actions.let_kith_ask(self.group(slug), request.user, **body)
        return Response(StarterHabitShape(habit).data)


class StartersEndpoint(Endpoint):
    """One starter, for those who facilitate its group."""

    lookup_field = "id"
    scopes = dict.fromkeys(["retrieve", "partial_update", "destroy", "publish"], "facilitate")

    def get_queryset(self):
        return Starter.objects.in_groups_visible_to(self.request.user).select_related(*SHOWN)

    def get_object(self):
        """The starter; who does not facilitate its group is refused."""
        starter = super().get_object()
        facilitator_of(starter.group, self.request.user)
        return starter

    @extend_schema(responses=StarterShape)
    def retrieve(self, request, id):
        """One starter."""
        return Response(StarterShape(self.get_object()).data)

    @extend_schema(request=StarterChange, responses=StarterShape)
    def partial_update(self, request, id):
        """Say it in other words."""
        body = self.body(StarterChange)
        return Response(StarterShape(actions.edit(self.get_object(), request.user, **body)).data)

    @extend_schema(responses={204: None})
    def destroy(self, request, id):
        """Let it go."""
        actions.discard(self.get_object(), request.user)
        return Response(status=204)

    @extend_schema(request=PublishInput, responses=StarterShape)
    @action(detail=True, methods=["post"])
    def publish(self, request, id):
        """Ask it in my name: now, or `at` a time within the next 60 days."""
        body = self.body(PublishInput)
        starter = actions.publish(self.get_object(), request.user, at=body.get("at"))
        return Response(StarterShape(starter).data)


class StarterLibraryEndpoint(Endpoint):
    """Texts to begin with."""

    ordering = ("key",)
    scopes = {"list": "facilitate"}
    asked = {"list": LibraryAsked}

    @extend_schema(responses=OpenerShape(many=True))
    def list(self, request):
        """All of them, or those of a kind of group and a language; there are English ones."""
        if not request.user.here.facilitates:
            raise NotAllowed("not_allowed", "The library is for those who facilitate a group.")
        found = openers(self.query.get("kind", ""), self.query.get("language", ""))
        return in_pages(Response(OpenerShape(found, many=True).data), request)
