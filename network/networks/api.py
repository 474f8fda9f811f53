"""The network and its people over the API."""

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from network.errors import Refused
from network.networks import actions
from network.networks.door import come_in
from network.networks.models import NetworkMembership, Role, SignUp, WhoMayPropose
from network.people import actions as people_actions
from network.people import blocking
from network.people.models import Block, Person
from network.registries import network_facts, people_facts
from network.rest import limits
from network.rest.endpoint import Asked, Endpoint, Input, PersonBrief
from network.rest.session import ask_for_fresh_sign_in


class NetworkCard(serializers.Serializer):
    """What a visitor sees."""

    slug = serializers.SlugField()
    name = serializers.CharField()
    intro = serializers.CharField()


class FoundingShape(serializers.Serializer):
    """What a proposal needs before an admin can let it begin; 0, 0, 1 is no bar."""

    pledges = serializers.IntegerField()
    threads = serializers.IntegerField()
    facilitators = serializers.IntegerField()


class NetworkShape(NetworkCard):
    """The network and its policy; what a visitor does not see is left out for them."""

    house_rules = serializers.CharField(required=False)
    help_text = serializers.CharField(required=False)
    default_cap = serializers.IntegerField(required=False)
    max_cap = serializers.IntegerField(required=False)
    max_groups_per_person = serializers.IntegerField(required=False)
    who_may_propose = serializers.ChoiceField(WhoMayPropose.choices, required=False)
    founding = FoundingShape(required=False)
    sign_up = serializers.ChoiceField(SignUp.choices, required=False)
    minimum_age = serializers.IntegerField(required=False)
    members = serializers.IntegerField(required=False)
    groups = serializers.IntegerField(required=False)


class FoundingInput(Input):
    pledges = serializers.IntegerField(min_value=0, max_value=30, required=False)
    threads = serializers.IntegerField(min_value=0, max_value=10, required=False)
    facilitators = serializers.IntegerField(min_value=1, max_value=2, required=False)


class PolicyInput(Input):
    name = serializers.CharField(max_length=80, required=False)
    intro = serializers.CharField(max_length=280, required=False, allow_blank=True)
    house_rules = serializers.CharField(max_length=4000, required=False, allow_blank=True)
    help_text = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    default_cap = serializers.IntegerField(min_value=1, max_value=10_000, required=False)
    max_cap = serializers.IntegerField(min_value=1, max_value=10_000, required=False)
    max_groups_per_person = serializers.IntegerField(min_value=1, max_value=10, required=False)
    who_may_propose = serializers.ChoiceField(WhoMayPropose.choices, required=False)
    sign_up = serializers.ChoiceField(SignUp.choices, required=False)
    minimum_age = serializers.IntegerField(min_value=0, max_value=120, required=False)
    founding = FoundingInput(required=False)


POLICY = ("slug", *(field for field in PolicyInput().fields if field != "founding"))


class NetworkEndpoint(Endpoint):
    """The network that this host name leads to."""

    scopes = {"partial_update": "admin"}
    open_to_visitors = {"retrieve"}

    def shape(self, network):
        here = self.request.user.here
        if here is None or not here.is_current:
            return Response(NetworkCard(network).data)
        told = {field: getattr(network, field) for field in POLICY}
        told["founding"] = network.founding
        told["members"] = network.memberships.visible_to(self.request.user).count()
        told |= {name: ask(network, self.request.user) for name, ask in network_facts.items()}
        return Response(NetworkShape(told).data)

    @extend_schema(responses=NetworkShape)
    def retrieve(self, request):
        """The network; a visitor reads its name and its intro."""
        return self.shape(request.network)

    @extend_schema(request=PolicyInput, responses=NetworkShape)
    def partial_update(self, request):
        """Change the policy; in a browser's session after a sign-in of just now."""
        if request.auth is None:
            ask_for_fresh_sign_in(request, timezone.now())
        changes = self.body(PolicyInput)
        bar = {f"founding_{what}": n for what, n in changes.pop("founding", {}).items()}
        network = actions.edit_policy(request.network, request.user, **changes, **bar)
        return self.shape(network)


class MoveInInput(Input):
    code = serializers.CharField(
        max_length=64, required=False, allow_blank=True, help_text="of an invitation"
    )


class PersonShape(PersonBrief):
    """Somebody, and the groups in which the reader may see them."""

    intro = serializers.CharField()
    role = serializers.ChoiceField(Role.choices)
    joined_at = serializers.DateTimeField()
    groups = serializers.ListField(child=serializers.SlugField())


class MeShape(PersonShape):
    """Oneself: what others do not see, too."""

    email = serializers.EmailField()
    time_zone = serializers.CharField()
    language = serializers.CharField()


class ProfileInput(Input):
    name = serializers.CharField(max_length=60, required=False)
    username = serializers.CharField(max_length=30, required=False)
    intro = serializers.CharField(max_length=140, required=False, allow_blank=True)
    time_zone = serializers.CharField(max_length=40, required=False)
    language = serializers.CharField(max_length=10, required=False)


class RoleInput(Input):
    role = serializers.ChoiceField(Role.choices)


class SuspendInput(Input):
    reason = serializers.CharField(max_length=1000)


class PeopleAsked(Asked):
    q = serializers.CharField(max_length=200, required=False, allow_blank=True)


def shaped(people, reader, places=None):
    """The people with their place and the groups in which the reader may see them. Two queries."""
    if places is None:
        places = NetworkMembership.objects.visible_to(reader).filter(person__in=people)
    places = {place.person_id: place for place in places}
    facts = {name: ask(people, reader) for name, ask in people_facts.items()}
    for person in people:
        place = places[person.pk]
        person.role, person.joined_at, person.groups = place.role, place.joined_at, []
        for name, told in facts.items():
            setattr(person, name, told.get(person.pk, []))
    return people


class PlaceEndpoint(Endpoint):
    """One's place in the network: coming in, and leaving."""

    open_to_those_outside = {"create"}

    @extend_schema(request=MoveInInput, responses={200: PersonShape, 201: PersonShape})
    def create(self, request):
        """Come in with an account from another network; 200 where one is in already."""
        code, was_in = self.body(MoveInInput).get("code", ""), request.user.here.is_current
        try:
            actions.move_in(request.network, request.user, code=code)
        except Refused as refusal:
            if code and refusal.code == "invitation_needed":
                limits.spend("guess", request)
            raise
        place = come_in(request.user, request.network)
        (me,) = shaped([request.user], request.user, [place])
        return Response(PersonShape(me).data, status=200 if was_in else 201)

    @extend_schema(request=None, responses={204: None})
    def destroy(self, request):
        """Leave the network: every seat is given back; words and account stay."""
        actions.leave(request.network, request.user)
        return Response(status=204)


class MeEndpoint(Endpoint):
    """Oneself."""

    @extend_schema(responses=MeShape)
    def retrieve(self, request):
        """What Kith knows about me."""
        (me,) = shaped([request.user], request.user, [request.user.here])
        return Response(MeShape(me).data)

    @extend_schema(request=ProfileInput, responses=MeShape)
    def partial_update(self, request):
        """Change what I say about myself."""
        changed = people_actions.edit_profile(request.user, **self.body(ProfileInput))
        changed.here = request.user.here
        (me,) = shaped([changed], changed, [changed.here])
        return Response(MeShape(me).data)


class BlocksEndpoint(Endpoint):
    """Those whom I do not want to hear from."""

    ordering = ("-at", "-id")

    def get_queryset(self):
        return Block.objects.visible_to(self.request.user).select_related("blocked")

    @extend_schema(responses=PersonBrief(many=True))
    def list(self, request):
        """Whom I have blocked, the latest first. Nobody else is told."""
        blocked = [block.blocked for block in self.paginate_queryset(self.get_queryset())]
        return self.get_paginated_response(PersonBrief(blocked, many=True).data)


class PeopleEndpoint(Endpoint):
    """The directory."""

    lookup_field = "username"
    lookup_value_regex = "[^/]+"
    ordering = ("name", "id")
    scopes = dict.fromkeys(("partial_update", "suspend", "unsuspend"), "admin")
    asked = {"list": PeopleAsked}

    def get_queryset(self):
        return Person.objects.visible_to(self.request.user)

    @extend_schema(responses=PersonShape(many=True))
    def list(self, request):
        """Everybody in the network."""
        found = self.get_queryset().named(self.query.get("q", "").strip())
        people = self.paginate_queryset(found)
        return self.get_paginated_response(
            PersonShape(shaped(people, request.user), many=True).data
        )

    @extend_schema(responses=PersonShape)
    def retrieve(self, request, username):
        """Somebody."""
        person = get_object_or_404(self.get_queryset(), username=username)
        (person,) = shaped([person], request.user)
        return Response(PersonShape(person).data)

    @extend_schema(request=RoleInput, responses=PersonShape)
    def partial_update(self, request, username):
        """Make somebody member, moderator or admin."""
        person = get_object_or_404(self.get_queryset(), username=username)
        role = self.body(RoleInput)["role"]
        place = actions.change_role(request.network, person, role=role, by=request.user)
        return self.answer(person, place)

    @extend_schema(request=SuspendInput, responses=PersonShape)
    @action(detail=True, methods=["post"])
    def suspend(self, request, username):
        """Close somebody's place in the network, for a reason that they read."""
        person = get_object_or_404(self.get_queryset(), username=username)
        reason = self.body(SuspendInput)["reason"]
        place = actions.suspend(request.network, person, reason=reason, by=request.user)
        return self.answer(person, place)

    @extend_schema(request=None, responses=PersonShape)
    @action(detail=True, methods=["post"])
    def unsuspend(self, request, username):
        """Open somebody's place again."""
        kept_out = NetworkMembership.objects.kept_out_by(request.user).values("person")
        known = Person.objects.filter(pk__in=kept_out) | self.get_queryset()
        person = get_object_or_404(known, username=username)
        place = actions.unsuspend(request.network, person, by=request.user)
        return self.answer(person, place)

    @extend_schema(request=None, responses=PersonShape)
    @action(detail=True, methods=["put"])
    def block(self, request, username):
        """Hear nothing from somebody any more. They are told nothing."""
        person = get_object_or_404(self.get_queryset(), username=username)
        blocking.block(request.user, person)
        return self.retrieve(request, username)

    @extend_schema(request=None, responses={204: None})
    @block.mapping.delete
    def unblock(self, request, username):
        """Hear from them again."""
        person = get_object_or_404(self.get_queryset(), username=username)
        blocking.unblock(request.user, person)
        return Response(status=204)

    def answer(self, person, place):
        (person,) = shaped([person], self.request.user, [place])
        return Response(PersonShape(person).data)
