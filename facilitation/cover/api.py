"""Who looks after a group, over the API."""

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from facilitation.cover import actions, reading
from facilitation.cover.duty import Watch
from facilitation.cover.models import Leave
from facilitation.cover.rules import WEEKDAYS
from microgroups.groups.actions import facilitator_of
from microgroups.groups.models import MicroGroup
from microgroups.groups.rules import NOTE
from microgroups.membership.models import Membership
from network.errors import Invalid
from network.people.models import Person
from network.rest.endpoint import Endpoint, Input, PersonBrief

SLUG = OpenApiParameter("slug", str, OpenApiParameter.PATH)
USERNAME = OpenApiParameter("username", str, OpenApiParameter.PATH)


def on_each_day(field):
    """A field for each day of the week."""
    return {weekday: field() for weekday in WEEKDAYS}


DaysShape = type(
    "DaysShape",
    (serializers.Serializer,),
    on_each_day(lambda: PersonBrief(many=True)),
)


class OfTheWeek(Input):
    """Refuses what is no day: a day that is left out has nobody, so a wrong name empties one."""

    def to_internal_value(self, data):
        if wrong := sorted(set(data) - {*WEEKDAYS} if isinstance(data, dict) else ()):
            raise serializers.ValidationError(f"No day is called {wrong[0]}. Use {DAYS_IN_WORDS}.")
        return super().to_internal_value(data)


DAYS_IN_WORDS = f"{', '.join(WEEKDAYS[:-1])} or {WEEKDAYS[-1]}"
DaysInput = type(
    "DaysInput",
    (OfTheWeek,),
    on_each_day(
        lambda: serializers.ListField(
            child=serializers.CharField(max_length=30), max_length=150, required=False
        )
    ),
)


class RotaShape(serializers.Serializer):
    """Who is on duty on which day of the week, and now."""

    days = DaysShape()
    on_duty = PersonBrief(many=True)


class RotaInput(Input):
    days = DaysInput()


class AbsenceShape(serializers.Serializer):
    """Some days on which a facilitator is away; `until` is the day on which they are back."""

    id = serializers.UUIDField()
    person = PersonBrief()
    until = serializers.DateField(source="back_on")
    note = serializers.CharField()
    deputy = PersonBrief(allow_null=True)

    def get_fields(self):
        return {**super().get_fields(), "from": serializers.DateField(source="starts_on")}


class AbsenceInput(Input):
    until = serializers.DateField(source="back_on")
    note = serializers.CharField(max_length=NOTE, required=False, allow_blank=True)
    deputy = serializers.CharField(max_length=30, required=False, allow_null=True)

    def get_fields(self):
        return {**super().get_fields(), "from": serializers.DateField(source="starts_on")}


class NoteShape(serializers.Serializer):
    """What a facilitator tells the others about a member."""

    id = serializers.UUIDField()
    by = PersonBrief(allow_null=True)
    text = serializers.CharField()
    at = serializers.DateTimeField()


class NoteInput(Input):
    text = serializers.CharField(max_length=NOTE)


class LoadShape(serializers.Serializer):
    """How much one facilitator carries: `people`, how many things they see to this week (two may
    be about one person), and `usual` in a week."""

    person = PersonBrief()
    people = serializers.IntegerField(source="this_week")
    usual = serializers.IntegerField()
    level = serializers.ChoiceField(["", "amber", "red"])
    words = serializers.CharField()


class CoverEndpoint(Endpoint):
    """What only those who facilitate the group may ask."""

    scopes = dict.fromkeys(
        ["retrieve", "update", "list", "create", "destroy", "load"], "facilitate"
    )

    def kept_group(self, slug):
        """The group, for those who facilitate it. Refuses: not_allowed."""
        groups = MicroGroup.objects.visible_to(self.request.user).select_related("network")
        group = get_object_or_404(groups, slug=slug)
        facilitator_of(group, self.request.user)
        return group

    def named(self, field, username):
        """Somebody of this network by their username."""
        people = Person.objects.visible_to(self.request.user)
        person = people.filter(username=username).first()
        if person is None:
            raise Invalid({field: f"Nobody here is called {username}."})
        return person


class RotaEndpoint(CoverEndpoint):
    """Who is on duty on which day of the week."""

    def shape(self, group):
        watch = Watch(group, timezone.now())
        people = [each.person for each in watch.memberships]
        days = {
            weekday: [person for person in people if person.pk in watch.rota.get(number, ())]
            for number, weekday in enumerate(WEEKDAYS)
        }
        on_duty = [each.person for each in watch.on_watch()]
        return Response(RotaShape({"days": days, "on_duty": on_duty}).data)

    @extend_schema(parameters=[SLUG], responses=RotaShape)
    def retrieve(self, request, slug):
        """The week; a group without a rota has everybody on duty every day."""
        return self.shape(self.kept_group(slug))

    @extend_schema(parameters=[SLUG], request=RotaInput, responses=RotaShape)
    def update(self, request, slug):
        """Write the week anew; a day that is left out has nobody."""
        group = self.kept_group(slug)
        said = self.body(RotaInput)["days"]
        names = {name for names in said.values() for name in names}
        people = {name: self.named("days", name) for name in sorted(names)}
        days = {
            number: [people[name] for name in said.get(weekday, [])]
            for number, weekday in enumerate(WEEKDAYS)
        }
        actions.set_rota(group, request.user, days=days)
        return self.shape(group)


class GroupAbsencesEndpoint(CoverEndpoint):
    """Who has said that they are away."""

    ordering = ("-starts_on", "-id")

    def get_queryset(self):
        leaves = Leave.objects.visible_to(self.request.user)
        return leaves.select_related("person", "deputy")

    @extend_schema(parameters=[SLUG], responses=AbsenceShape(many=True))
    def list(self, request, slug):
        """Those of the group, the latest first, with what their notes say."""
        group = self.kept_group(slug)
        page = self.paginate_queryset(self.get_queryset().filter(group=group))
        return self.get_paginated_response(AbsenceShape(page, many=True).data)

    @extend_schema(parameters=[SLUG], request=AbsenceInput, responses={201: AbsenceShape})
    def create(self, request, slug):
        """Say that I am away, and who steps in."""
        group, said = self.kept_group(slug), self.body(AbsenceInput)
        if said.get("deputy"):
            said["deputy"] = self.named("deputy", said["deputy"])
        else:
            said["deputy"] = None
        leave = actions.go_away(group, request.user, **said)
        return Response(AbsenceShape(leave).data, status=201)


class AbsencesEndpoint(CoverEndpoint):
    """One leave."""

    lookup_field = "id"

    def get_queryset(self):
        leaves = Leave.objects.in_groups_visible_to(self.request.user)
        return leaves.select_related("group", "person")

    @extend_schema(responses={204: None})
    def destroy(self, request, id):
        """I am back, or do not go."""
        actions.come_back(self.get_object(), request.user)
        return Response(status=204)


class NotesEndpoint(CoverEndpoint):
    """What the facilitators of a group tell each other about a member."""

    ordering = ("-at", "-id")

    def member(self, group, username):
        inside = Membership.objects.visible_to(self.request.user).filter(group=group)
        people = Person.objects.visible_to(self.request.user)
        people = people.filter(pk__in=inside.values("person")).exclude(pk=self.request.user.pk)
        return get_object_or_404(people, username=username)

    @extend_schema(parameters=[SLUG, USERNAME], responses=NoteShape(many=True))
    def list(self, request, slug, username):
        """The latest first. They stand in the member's own export."""
        group = self.kept_group(slug)
        notes = reading.notes_about(group, self.member(group, username), request.user)
        page = self.paginate_queryset(notes)
        return self.get_paginated_response(NoteShape(page, many=True).data)

    @extend_schema(parameters=[SLUG, USERNAME], request=NoteInput, responses={201: NoteShape})
    def create(self, request, slug, username):
        """Note something for the other facilitators."""
        group = self.kept_group(slug)
        about = self.member(group, username)
        note = actions.write_note(group, request.user, about=about, **self.body(NoteInput))
        return Response(NoteShape(note).data, status=201)


class LoadEndpoint(CoverEndpoint):
    """How much each facilitator of a group carries."""

    @extend_schema(parameters=[SLUG], responses=LoadShape(many=True))
    def load(self, request, slug):
        """Who sees to how many this week, and usually; in words, too."""
        group = self.kept_group(slug)
        carried = reading.load(Watch(group, timezone.now()))
        told = LoadShape(carried, many=True).data
        answer = Response({"next": None, "previous": None, "results": told})
        answer.is_list = True
        return answer
