"""Cues over the API."""

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from facilitation.cues import actions
from facilitation.cues.models import DRAFTED, Cue, Kind, State
from facilitation.cues.words import as_of_today
from microgroups.groups.actions import facilitator_of
from microgroups.groups.models import MicroGroup
from microgroups.groups.rules import NOTE
from network.errors import Invalid
from network.people.models import Person
from network.registries import subjects
from network.rest.endpoint import Asked, Endpoint, Input, PersonBrief

SLUG = OpenApiParameter("slug", str, OpenApiParameter.PATH)
SHOWN = ("group", "person", "assigned_to")


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
    drafted = serializers.CharField(allow_null=True)
    state = serializers.ChoiceField(State.choices)
    assigned_to = PersonBrief(allow_null=True)
    due_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()


class CuesAsked(Asked):
    state = serializers.ChoiceField(State.choices, required=False)


class DoneInput(Input):
    note = serializers.CharField(max_length=NOTE, required=False, allow_blank=True)


class DismissInput(Input):
    reason = serializers.CharField(max_length=NOTE)


class AssignInput(Input):
    to = serializers.CharField(max_length=30)


class SnoozeInput(Input):
    until = serializers.DateTimeField()


def shaped(cues, reader):
    """The cues with the addresses of what they are about, the reason as it is now, and words to
    begin with where their kind has some. One query for each type among them, and each such kind."""
    as_of_today(cues, reader, timezone.now())
    keys: dict = {}
    for cue in cues:
        keys.setdefault(cue.subject_type, set()).add(cue.subject_id)
    found = {name: subjects[name](ids, reader) for name, ids in keys.items() if name in subjects}
    for cue in cues:
        subject = found.get(cue.subject_type, {}).get(cue.subject_id)
        cue.subject_url = subject.url if subject else None
        cue.drafted = None
    for kind, drafted in DRAFTED.items():
        theirs = [cue for cue in cues if cue.kind == kind]
        words = drafted(theirs) if theirs else {}
        for cue in theirs:
            cue.drafted = words[cue.pk]
    return cues


class Cues(Endpoint):
    """What the lists and the deeds have in common."""

    ordering = ("due_at", "id")
    scopes = dict.fromkeys(["list", "done", "dismiss", "assign", "snooze", "reopen"], "facilitate")
    asked = {"list": CuesAsked}

    def get_queryset(self):
        return Cue.objects.visible_to(self.request.user)

    def in_pages(self, cues):
        """Those that wait, or those of the state that is asked for; none about the reader."""
        state = self.query.get("state", State.OPEN)
        found = cues.waiting(timezone.now()) if state == State.OPEN else cues.filter(state=state)
        found = found.exclude(person=self.request.user).select_related(*SHOWN)
        told = shaped(self.paginate_queryset(found), self.request.user)
        return self.get_paginated_response(CueShape(told, many=True).data)


class MyCuesEndpoint(Cues):
    """The queue over all the groups I facilitate."""

    lookup_field = "id"

    def get_queryset(self):
        return Cue.objects.in_groups_visible_to(self.request.user).select_related(*SHOWN)

    def get_object(self):
        """The cue, for those who may see to it."""
        cue = super().get_object()
        facilitator_of(cue.group, self.request.user)
        return cue

    @extend_schema(responses=CueShape(many=True))
    def list(self, request):
        """Who could use me; the open ones unless another state is asked for."""
        return self.in_pages(super().get_queryset())

    def do(self, cue, deed, **facts):
        """The cue as it then stands."""
        deed(cue, self.request.user, **facts)
        (cue,) = shaped([self.get_queryset().get(pk=cue.pk)], self.request.user)
        return Response(CueShape(cue).data)

    @extend_schema(request=DoneInput, responses=CueShape)
    @action(detail=True, methods=["post"])
    def done(self, request, id):
        """It is seen to; a note goes to the cue's person in my name."""
        return self.do(self.get_object(), actions.done, **self.body(DoneInput))

    @extend_schema(request=DismissInput, responses=CueShape)
    @action(detail=True, methods=["post"])
    def dismiss(self, request, id):
        """Leave it be, and say why."""
        return self.do(self.get_object(), actions.dismiss, **self.body(DismissInput))

    @extend_schema(request=AssignInput, responses=CueShape)
    @action(detail=True, methods=["post"])
    def assign(self, request, id):
        """Ask another facilitator of the group."""
        cue = self.get_object()
        people = Person.objects.visible_to(request.user)
        to = people.filter(username=self.body(AssignInput)["to"]).first()
        if to is None:
            raise Invalid({"to": "There is nobody of this name here."})
        return self.do(cue, actions.assign, to=to)

    @extend_schema(request=SnoozeInput, responses=CueShape)
    @action(detail=True, methods=["post"])
    def snooze(self, request, id):
        """Put it aside until a time within the next 30 days."""
        return self.do(self.get_object(), actions.snooze, **self.body(SnoozeInput))

    @extend_schema(request=None, responses=CueShape)
    @action(detail=True, methods=["post"])
    def reopen(self, request, id):
        """Undo."""
        return self.do(self.get_object(), actions.reopen)


class GroupCuesEndpoint(Cues):
    """The queue of one group."""

    @extend_schema(parameters=[SLUG], responses=CueShape(many=True))
    def list(self, request, slug):
        """Who could use a facilitator of this group."""
        group = get_object_or_404(MicroGroup.objects.visible_to(request.user), slug=slug)
        facilitator_of(group, request.user)
        return self.in_pages(self.get_queryset().filter(group=group))
