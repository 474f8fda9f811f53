"""The welcome over the API: how a group greets, and offering to show newcomers around."""

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from facilitation.welcome import buddies
from facilitation.welcome.greeting import greeting_of, set_greeting
from facilitation.welcome.rules import GREETING, STEPS
from microgroups.groups.actions import facilitator_of
from microgroups.membership.api import SLUG, GroupEndpoint
from network.rest.endpoint import Input


class GreetingShape(serializers.Serializer):
    """How newcomers of a group are greeted."""

    greeting = serializers.CharField(source="words")
    steps = serializers.ListField(
        child=serializers.ChoiceField([*STEPS]), help_text="What follows in the first two weeks."
    )


class GreetingInput(Input):
    greeting = serializers.CharField(max_length=GREETING, allow_blank=True)
    steps = serializers.ListField(
        child=serializers.ChoiceField([*STEPS]), max_length=len(STEPS), required=False
    )


class BuddyShape(serializers.Serializer):
    """My offer to show newcomers around."""

    since = serializers.DateTimeField()


class WelcomeEndpoint(GroupEndpoint):
    """How a group greets."""

    scopes = {"retrieve": "facilitate", "update": "facilitate"}

    @extend_schema(parameters=[SLUG], responses=GreetingShape)
    def retrieve(self, request, slug):
        """The greeting, and the steps of the first two weeks."""
        group = self.group()
        facilitator_of(group, request.user)
        return Response(GreetingShape(greeting_of(group)).data)

    @extend_schema(parameters=[SLUG], request=GreetingInput, responses=GreetingShape)
    def update(self, request, slug):
        """Say how newcomers are greeted."""
        body = self.body(GreetingInput)
        words, steps = body["greeting"], body.get("steps")
        greeting = set_greeting(self.group(), request.user, words=words, steps=steps)
        return Response(GreetingShape(greeting).data)


class BuddyEndpoint(GroupEndpoint):
    """Offering to show newcomers around."""

    @extend_schema(parameters=[SLUG], request=None, responses=BuddyShape)
    def update(self, request, slug):
        """Offer it; offered again, nothing changes."""
        return Response(BuddyShape(buddies.offer(self.group(), request.user)).data)

    @extend_schema(parameters=[SLUG], responses={204: None})
    def destroy(self, request, slug):
        """Be asked no more; nobody is told."""
        buddies.withdraw(self.group(), request.user)
        return Response(status=204)


paths = [
    path(
        "groups/<slug>/welcome/",
        WelcomeEndpoint.as_view({"get": "retrieve", "put": "update"}),
        name="api_welcome",
    ),
    path(
        "groups/<slug>/buddy/",
        BuddyEndpoint.as_view({"put": "update", "delete": "destroy"}),
        name="api_buddy",
    ),
]
