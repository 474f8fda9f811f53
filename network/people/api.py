"""People over the API."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from network.networks import actions as networks
from network.networks.models import NetworkMembership, Role
from network.people import actions
from network.people.models import Person
from network.registries import people_facts
from network.rest.endpoint import Asked, Endpoint, Input, PersonBrief


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


class PeopleAsked(Asked):
    q = serializers.CharField(max_length=200, required=False, allow_blank=True)


def shaped(people, reader):
    """The people with their place and the groups in which the reader may see them. Two queries."""
    places = {
        place.person_id: place
        for place in NetworkMembership.objects.visible_to(reader).filter(person__in=people)
    }
    facts = {name: ask(people, reader) for name, ask in people_facts.items()}
    for person in people:
        place = places[person.pk]
        person.role, person.joined_at, person.groups = place.role, place.joined_at, []
        for name, told in facts.items():
            setattr(person, name, told.get(person.pk, []))
    return people


class MeEndpoint(Endpoint):
    """Oneself."""

    @extend_schema(responses=MeShape)
    def retrieve(self, request):
        """What Kith knows about me."""
        (me,) = shaped([request.user], request.user)
        return Response(MeShape(me).data)

    @extend_schema(request=ProfileInput, responses=MeShape)
    def partial_update(self, request):
        """Change what I say about myself."""
        changed = actions.edit_profile(request.user, **self.body(ProfileInput))
        changed.here = request.user.here
        (me,) = shaped([changed], changed)
        return Response(MeShape(me).data)


class PeopleEndpoint(Endpoint):
    """The directory."""

    lookup_field = "username"
    lookup_value_regex = "[^/]+"
    ordering = ("name", "id")
    scopes = {"partial_update": "admin"}
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
        networks.change_role(request.network, person, role=role, by=request.user)
        (person,) = shaped([person], request.user)
        return Response(PersonShape(person).data)
