"""Budding and merging over the API."""

from django.http import Http404
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from microgroups.budding import actions, choosing, finishing, merging, rules
from microgroups.budding.models import Merging, MergingState, State, Way
from microgroups.budding.reading import budding_of, said_so_far
from microgroups.groups.actions import facilitator_of
from microgroups.groups.api import GroupChange, UnderGroup
from microgroups.groups.models import MicroGroup
from microgroups.groups.reading import group_with
from microgroups.groups.rules import NOTE
from network.people.models import Person
from network.prepared import first
from network.rest.endpoint import Input, PersonBrief

SLUG = OpenApiParameter("slug", str, OpenApiParameter.PATH)


class BudInput(GroupChange):
    """A sister: its name, and what is different from the group."""

    facilitator = serializers.CharField(
        max_length=31,
        required=False,
        help_text="The username of a member who would look after it; my own unless given.",
    )
    why = serializers.CharField(
        max_length=rules.WHY, required=False, help_text="Why now, in my own words."
    )

    def get_fields(self):
        fields = super().get_fields()
        for name, shape in fields.items():
            shape.required = name == "name"
        return fields


class ChoiceInput(Input):
    choice = serializers.ChoiceField(Way.choices)


class BuddingShape(serializers.Serializer):
    """A group that grows a sister, and what its people have said so far."""

    group = serializers.SlugField(source="group.slug")
    sister = serializers.SlugField(
        source="sister_slug", allow_null=True, help_text="Null where its card is hidden from me."
    )
    state = serializers.ChoiceField(State.choices)
    reasons = serializers.ListField(
        child=serializers.CharField(), help_text="In numbers, in words."
    )
    why = serializers.CharField(help_text="In the words of who proposed it.")
    facilitator = PersonBrief(allow_null=True)
    closes_at = serializers.DateTimeField(allow_null=True)
    both_until = serializers.DateTimeField(allow_null=True)
    stay = serializers.IntegerField()
    go = serializers.IntegerField()
    both = serializers.IntegerField()
    unsaid = serializers.IntegerField(help_text="Who has not said, and so stays.")
    mine = serializers.ChoiceField(Way.choices, allow_null=True)


class BuddingEndpoint(UnderGroup):
    """How a group grows a sister."""

    scopes = dict.fromkeys(["create", "finish", "drop"], "facilitate")

    def shape(self, status=200):
        """The newest budding of the group, as it now stands."""
        found = budding_of(self.kwargs["slug"], self.request.user)
        if found is None:
            raise Http404
        for name, count in said_so_far(found).items():
            setattr(found, name, count)
        said = found.choices.of(self.request.user)
        found.mine = said.way if said else None
        found.reasons = [" ".join(reason) for reason in rules.reasons_of(found.facts)]
        shown = MicroGroup.objects.visible_to(self.request.user).filter(pk=found.sister_id)
        found.sister_slug = shown.values_list("slug", flat=True).first()
        return Response(BuddingShape(found).data, status=status)

    @extend_schema(parameters=[SLUG], request=BudInput, responses={201: BuddingShape})
    def create(self, request, slug):
        """Propose a sister; what is not said of it is as in the group."""
        group, body = self.group(), self.body(BudInput)
        if "facilitator" in body:
            people = Person.objects.visible_to(request.user)
            body["facilitator"] = people.filter(username=body["facilitator"]).first()
            if body["facilitator"] is None:
                raise serializers.ValidationError(
                    {"facilitator": ["Nobody here has this username."]}
                )
        actions.bud(group, request.user, **body)
        return self.shape(201)

    @extend_schema(parameters=[SLUG], responses=BuddingShape)
    def retrieve(self, request, slug):
        """The newest one of the group, for its people."""
        return self.shape()

    @extend_schema(parameters=[SLUG], request=ChoiceInput, responses=BuddingShape)
    def choose(self, request, slug):
        """Stay, go, or both for 30 days; who is in both may end it so, too."""
        choosing.choose(self.group(), request.user, **self.body(ChoiceInput))
        return self.shape()

    @extend_schema(parameters=[SLUG], request=None, responses=BuddingShape)
    def finish(self, request, slug):
        """Let what people have chosen so far come true."""
        finishing.finish(self.group(), request.user)
        return self.shape()

    @extend_schema(parameters=[SLUG], request=None, responses=BuddingShape)
    def drop(self, request, slug):
        """Call it off; all is as it was."""
        actions.drop(self.group(), request.user)
        return self.shape()


class MergeInput(Input):
    into = serializers.SlugField(max_length=100, help_text="The group that is asked.")
    words = serializers.CharField(max_length=rules.WHY, required=False)


class DeclineInput(Input):
    reason = serializers.CharField(max_length=NOTE)


class MergingShape(serializers.Serializer):
    """A quiet group asks another one to take its people in."""

    group = serializers.SlugField(source="group.slug")
    into = serializers.SlugField(source="into.slug")
    state = serializers.ChoiceField(MergingState.choices)
    words = serializers.CharField()
    by = PersonBrief(source="asked_by", allow_null=True)
    at = serializers.DateTimeField(source="asked_at")
    reason = serializers.CharField(help_text="Why it was declined.")


class MergingEndpoint(UnderGroup):
    """How a group gives its people to another one."""

    scopes = dict.fromkeys(["create", "retrieve", "withdraw", "accept", "decline"], "facilitate")

    def merging(self):
        """The newest one in which the group asks, else is asked; for those who facilitate one."""
        mine = Merging.objects.visible_to(self.request.user).order_by("-asked_at", "-pk")
        slug = self.kwargs["slug"]
        found = mine.filter(group__slug=slug).first() or mine.filter(into__slug=slug).first()
        if found is None:
            facilitator_of(self.group(), self.request.user)
            raise Http404
        return found

    def shape(self, merging, status=200):
        found = Merging.objects.visible_to(self.request.user).filter(pk=merging.pk)
        found = found.select_related("group", "into", "asked_by").first() or merging
        return Response(MergingShape(found).data, status=status)

    @extend_schema(parameters=[SLUG], responses=MergingShape)
    def retrieve(self, request, slug):
        """The newest question of the group, or to it."""
        return self.shape(self.merging())

    @extend_schema(parameters=[SLUG], request=MergeInput, responses={201: MergingShape})
    def create(self, request, slug):
        """Ask another group to take the people of this one in."""
        group, body = self.group(), self.body(MergeInput)
        facilitator_of(group, request.user)
        into = first(group_with, body["into"], request.user)
        if into is None:
            raise serializers.ValidationError({"into": ["There is no such group."]})
        asked = merging.merge(group, request.user, into=into, words=body.get("words", ""))
        return self.shape(asked, 201)

    @extend_schema(parameters=[SLUG], responses={204: None})
    def withdraw(self, request, slug):
        """Take the question back."""
        merging.withdraw(self.merging(), request.user)
        return Response(status=204)

    @extend_schema(parameters=[SLUG], request=None, responses=MergingShape)
    def accept(self, request, slug):
        """Say yes for the group that is asked: the other is archived, its members are invited."""
        return self.shape(merging.accept(self.merging(), request.user))

    @extend_schema(parameters=[SLUG], request=DeclineInput, responses=MergingShape)
    def decline(self, request, slug):
        """Say not this time, with the reason."""
        body = self.body(DeclineInput)
        return self.shape(merging.decline(self.merging(), request.user, **body))


def at(address, endpoint, name, **methods):
    return path(f"groups/<slug>/{address}", endpoint.as_view(methods), name=f"api_{name}")


paths = [
    at("bud/", BuddingEndpoint, "bud", post="create"),
    at("budding/", BuddingEndpoint, "budding", get="retrieve"),
    at("budding/choice/", BuddingEndpoint, "budding_choice", put="choose"),
    at("budding/finish/", BuddingEndpoint, "finish_budding", post="finish"),
    at("budding/drop/", BuddingEndpoint, "drop_budding", post="drop"),
    at("merge/", MergingEndpoint, "merge", get="retrieve", post="create", delete="withdraw"),
    at("merge/accept/", MergingEndpoint, "accept_merge", post="accept"),
    at("merge/decline/", MergingEndpoint, "decline_merge", post="decline"),
]
