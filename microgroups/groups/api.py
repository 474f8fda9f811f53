"""Groups over the API."""

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from microgroups.groups import actions, pledging, rules
from microgroups.groups.models import PAINTS, JoinPolicy, State, Visibility
from microgroups.groups.reading import group_with, groups_for
from microgroups.groups.shapes import UNBORN, GroupShape, load
from network.pictures import paint_of
from network.prepared import first, question
from network.rest import limits
from network.rest.endpoint import Asked, Endpoint, Input

MOST_SEATS = 10_000


class GroupChange(Input):
    """What may be changed of a group."""

    name = serializers.CharField(max_length=rules.LINES["name"])
    purpose = serializers.CharField(max_length=rules.LINES["purpose"])
    difference = serializers.CharField(max_length=rules.TEXTS["difference"])
    belonging = serializers.CharField(max_length=rules.TEXTS["belonging"])
    agreements = serializers.CharField(max_length=rules.TEXTS["agreements"])
    care_plan = serializers.CharField(max_length=rules.TEXTS["care_plan"])
    colour = serializers.ChoiceField(PAINTS, required=False)
    join_policy = serializers.ChoiceField(JoinPolicy.choices, required=False)
    visibility = serializers.ChoiceField(Visibility.choices, required=False)
    questions = serializers.ListField(
        child=serializers.CharField(max_length=rules.QUESTION),
        max_length=rules.QUESTIONS,
        required=False,
    )
    cap = serializers.IntegerField(min_value=1, max_value=MOST_SEATS, required=False)
    reason = serializers.CharField(
        max_length=rules.NOTE,
        required=False,
        help_text="Why an admin gives it more seats than the policy allows.",
    )


class GroupInput(GroupChange):
    """A group as it is proposed."""


class GroupReasonInput(Input):
    reason = serializers.CharField(max_length=rules.NOTE)


class AgainInput(Input):
    answer = serializers.CharField(max_length=rules.NOTE)


class PledgeInput(Input):
    facilitate = serializers.BooleanField(
        default=False, help_text="Whether I would look after it, too."
    )


class GroupsAsked(Asked):
    q = serializers.CharField(max_length=200, required=False, allow_blank=True)
    state = serializers.ChoiceField(State.choices, default=State.OPEN)
    has_seats = serializers.BooleanField(required=False, help_text="With a free seat.")
    mine = serializers.BooleanField(required=False, help_text="Those I am in.")


def groups_in(person, narrowing):
    """Groups in a state; with free seats only, and those one is in only, where that is asked."""
    state, has_seats, mine = narrowing
    groups = groups_for(person).filter(state=state)
    if has_seats:
        groups = groups.with_free_seats()
    return groups.inside_for(person) if mine else groups


class UnderGroup(Endpoint):
    """What stands under the address of a group whose card I may see."""

    lookup_field = "slug"

    def get_queryset(self):
        return groups_for(self.request.user)

    def group(self):
        group = first(group_with, self.kwargs["slug"], self.request.user)
        if group is None:
            raise Http404
        return group


class GroupsEndpoint(UnderGroup):
    """The groups of the network whose card I may see."""

    lookup_value_regex = "[^/]+"
    asked = {"list": GroupsAsked}
    scopes = {
        "partial_update": ("facilitate", "admin"),
        "archive": ("facilitate", "admin"),
        "restore": ("facilitate", "admin"),
        "approve": "admin",
        "decline": "admin",
    }

    def get_object(self):
        return self.group()

    def get_ordering(self):
        born = self.query.get("state") not in UNBORN
        return ("-founded_at", "-id") if born else ("-proposed_at", "-id")

    def shape(self, group, status=200):
        """The group as it stands, for whoever asks."""
        load([group], self.request.user)
        return Response(self.shaped(group), status=status)

    def shaped(self, groups, **facts):
        return GroupShape(groups, context={"reader": self.request.user, "mine": None}, **facts).data

    @extend_schema(responses=GroupShape(many=True))
    def list(self, request):
        """Discover groups, the youngest first; open ones unless `state` says otherwise."""
        asked = self.query
        narrowing = (asked["state"], bool(asked.get("has_seats")), bool(asked.get("mine")))
        groups = question(groups_in, request.user, narrowing)
        if asked.get("q", "").strip():
            limits.spend("search", request)
            groups = groups.queryset().with_words(asked["q"])
        found = load(self.paginate_queryset(groups), request.user)
        return self.get_paginated_response(self.shaped(found, many=True))

    @extend_schema(request=GroupInput, responses={201: GroupShape})
    def create(self, request):
        """Propose a group; an admin's opens at once."""
        charter = self.body(GroupInput)
        charter.setdefault("colour", paint_of(charter["name"]))
        group = actions.propose(request.network, request.user, **charter)
        return self.shape(group, status=201)

    @extend_schema(responses=GroupShape)
    def retrieve(self, request, slug):
        """One group."""
        return self.shape(self.get_object())

    @extend_schema(request=GroupChange(partial=True), responses=GroupShape)
    def partial_update(self, request, slug):
        """Change the charter or the settings; an admin who is not in it changes its cap alone."""
        group = self.get_object()
        return self.shape(actions.edit(group, request.user, **self.body(GroupChange, partial=True)))

    @extend_schema(request=None, responses=GroupShape)
    @action(detail=True, methods=["post"])
    def approve(self, request, slug):
        """Let a proposed group begin."""
        return self.shape(actions.approve(self.get_object(), request.user))

    @extend_schema(request=GroupReasonInput, responses=GroupShape)
    @action(detail=True, methods=["post"])
    def decline(self, request, slug):
        """Say not this time to a proposed group."""
        group = self.get_object()
        return self.shape(actions.decline(group, request.user, **self.body(GroupReasonInput)))

    @extend_schema(request=AgainInput, responses=GroupShape)
    @action(detail=True, methods=["post"])
    def propose(self, request, slug):
        """Propose a declined group again, with an answer; its founder alone."""
        group = self.get_object()
        return self.shape(actions.propose_again(group, request.user, **self.body(AgainInput)))

    @extend_schema(request=PledgeInput, responses=GroupShape)
    @action(detail=True, methods=["put"])
    def pledge(self, request, slug):
        """Give my word to come when a proposed group opens; I am seated then, in order."""
        group = self.get_object()
        return self.shape(pledging.pledge(group, request.user, **self.body(PledgeInput)))

    @extend_schema(responses={204: None})
    @pledge.mapping.delete
    def withdraw_pledge(self, request, slug):
        """Take my word back."""
        pledging.withdraw_pledge(self.get_object(), request.user)
        return Response(status=204)

    @extend_schema(request=None, responses=GroupShape)
    @action(detail=True, methods=["post"])
    def archive(self, request, slug):
        """Close a group; those who were in it keep reading."""
        return self.shape(actions.archive(self.get_object(), request.user))

    @extend_schema(request=None, responses=GroupShape)
    @action(detail=True, methods=["post"])
    def restore(self, request, slug):
        """Open an archived group again."""
        return self.shape(actions.restore(self.get_object(), request.user))
