"""Cues over the API."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from facilitation.cues import actions
from facilitation.cues.models import Cue, Kind, State
from microgroups.groups.models import MicroGroup
from network.errors import NotAllowed
from network.people.models import Person
from network.registries import subjects
from network.rest.endpoint import Asked, Endpoint, Input, PersonBrief


class SubjectShape(serializers.Serializer):
    """What a cue is about."""

    type = serializers.CharField(source="subject_type")
    id = serializers.UUIDField(source="subject_id")
    url = serializers.CharField(source="subject_url", allow_null=True)


class CueShape(serializers.Serializer):
    """One thing a facilitator is asked to do."""

    id = serializers.UUIDField()
    group = serializers.SlugField(source="group.slug")
    kind = serializers.ChoiceField(Kind.choices)
    person = PersonBrief(allow_null=True)
    reason = serializers.CharField()
    subject = SubjectShape(source="*")
    drafted = serializers.SerializerMethodField()
    state = serializers.ChoiceField(State.choices)
    assigned_to = PersonBrief(allow_null=True)
    due_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()

    @extend_schema(responses=serializers.CharField(allow_null=True))
    def get_drafted(self, cue) -> str | None:
        """Cues with a draft come with the starters."""
        return None


class CuesAsked(Asked):
    state = serializers.ChoiceField(State.choices, required=False)


class DoneInput(Input):
    note = serializers.CharField(max_length=1000, required=False, allow_blank=True)


class DismissInput(Input):
    reason = serializers.CharField(max_length=1000)


class AssignInput(Input):
    to = serializers.CharField(max_length=30)


class SnoozeInput(Input):
    until = serializers.DateTimeField()


def shaped(cues, reader):
    """The cues with the addresses of what they are about. One query for each type among them."""
    keys: dict = {}
    for cue in cues:
        keys.setdefault(cue.subject_type, set()).add(cue.subject_id)
    found = {name: subjects[name](ids, reader) for name, ids in keys.items() if name in subjects}
    for cue in cues:
        subject = found.get(cue.subject_type, {}).get(cue.subject_id)
        cue.subject_url = subject.url if subject else None
    return cues


class Cues(Endpoint):
    """What the lists and the deeds have in common."""

    ordering = ("due_at", "id")
    scopes = dict.fromkeys(["list", "done", "dismiss", "assign", "snooze", "reopen"], "facilitate")
    asked = {"list": CuesAsked}

    def get_queryset(self):
        return Cue.objects.visible_to(self.request.user).select_related(
            "group", "person", "assigned_to"
        )

    def in_pages(self, cues):
        cues = cues.filter(state=self.query.get("state", State.OPEN))
        page = self.paginate_queryset(cues.exclude(person=self.request.user))
        told = shaped(page, self.request.user)
        return self.get_paginated_response(CueShape(told, many=True).data)


class MyCuesEndpoint(Cues):
    """The queue over all the groups I facilitate."""

    lookup_field = "id"

    @extend_schema(responses=CueShape(many=True))
    def list(self, request):
        """Who could use me; the open ones unless another state is asked for."""
        return self.in_pages(self.get_queryset())

    def do(self, deed, **facts):
        deed(self.get_object(), self.request.user, **facts)
        (cue,) = shaped([self.get_object()], self.request.user)
        return Response(CueShape(cue).data)

    @extend_schema(request=DoneInput, responses=CueShape)
    @action(detail=True, methods=["post"])
    def done(self, request, id):
        """It is seen to; a note goes to the cue's person in my name."""
        return self.do(actions.done, note=self.body(DoneInput).get("note", ""))

    @extend_schema(request=DismissInput, responses=CueShape)
    @action(detail=True, methods=["post"])
    def dismiss(self, request, id):
        """Leave it be, and say why."""
        return self.do(actions.dismiss, reason=self.body(DismissInput)["reason"])

    @extend_schema(request=AssignInput, responses=CueShape)
    @action(detail=True, methods=["post"])
    def assign(self, request, id):
        """Ask another facilitator of the group."""
        people = Person.objects.visible_to(request.user)
        to = people.filter(username=self.body(AssignInput)["to"]).first()
        if to is None:
            raise serializers.ValidationError({"to": ["There is nobody of this name here."]})
        return self.do(actions.assign, to=to)

    @extend_schema(request=SnoozeInput, responses=CueShape)
    @action(detail=True, methods=["post"])
    def snooze(self, request, id):
        """Put it aside until a time."""
        return self.do(actions.snooze, until=self.body(SnoozeInput)["until"])

    @extend_schema(request=None, responses=CueShape)
    @action(detail=True, methods=["post"])
    def reopen(self, request, id):
        """Undo."""
        return self.do(actions.reopen)


class GroupCuesEndpoint(Cues):
    """The queue of one group."""

    @extend_schema(responses=CueShape(many=True))
    def list(self, request, slug):
        """Who could use a facilitator of this group."""
        groups = MicroGroup.objects.visible_to(request.user)
        group = get_object_or_404(groups, slug=slug)
        mine = group.memberships.of(request.user)
        if mine is None or not mine.is_facilitator:
            raise NotAllowed("not_allowed", f"The facilitators of {group.name} see to this.")
        return self.in_pages(self.get_queryset().filter(group=group))
