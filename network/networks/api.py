"""The network over the API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from network.networks import actions
from network.networks.models import SignUp, WhoMayPropose
from network.registries import network_facts
from network.rest.endpoint import Endpoint, Input


class NetworkCard(serializers.Serializer):
    """What a visitor sees."""

    slug = serializers.SlugField()
    name = serializers.CharField()
    intro = serializers.CharField()


class NetworkShape(NetworkCard):
    """The network and its policy; what a visitor does not see is left out for them."""

    house_rules = serializers.CharField(required=False)
    default_cap = serializers.IntegerField(required=False)
    max_cap = serializers.IntegerField(required=False)
    max_groups_per_person = serializers.IntegerField(required=False)
    who_may_propose = serializers.ChoiceField(WhoMayPropose.choices, required=False)
    sign_up = serializers.ChoiceField(SignUp.choices, required=False)
    minimum_age = serializers.IntegerField(required=False)
    members = serializers.IntegerField(required=False)
    groups = serializers.IntegerField(required=False)


class PolicyInput(Input):
    name = serializers.CharField(max_length=80, required=False)
    intro = serializers.CharField(max_length=280, required=False, allow_blank=True)
    house_rules = serializers.CharField(max_length=4000, required=False, allow_blank=True)
    default_cap = serializers.IntegerField(min_value=1, max_value=10_000, required=False)
    max_cap = serializers.IntegerField(min_value=1, max_value=10_000, required=False)
    max_groups_per_person = serializers.IntegerField(min_value=1, max_value=10, required=False)
    who_may_propose = serializers.ChoiceField(WhoMayPropose.choices, required=False)
    sign_up = serializers.ChoiceField(SignUp.choices, required=False)
    minimum_age = serializers.IntegerField(min_value=0, max_value=120, required=False)


POLICY = ("slug", *PolicyInput().fields)


class NetworkEndpoint(Endpoint):
    """The network that this host name leads to."""

    scopes = {"partial_update": "admin"}
    open_to_visitors = {"retrieve"}

    def shape(self, network):
        here = self.request.user.here
        if here is None or not here.is_current:
            return Response(NetworkCard(network).data)
        told = {field: getattr(network, field) for field in POLICY}
        told["members"] = network.memberships.visible_to(self.request.user).count()
        told |= {name: ask(network, self.request.user) for name, ask in network_facts.items()}
        return Response(NetworkShape(told).data)

    @extend_schema(responses=NetworkShape)
    def retrieve(self, request):
        """The network; a visitor reads its name and its intro."""
        return self.shape(request.network)

    @extend_schema(request=PolicyInput, responses=NetworkShape)
    def partial_update(self, request):
        """Change the policy."""
        network = actions.edit_policy(request.network, request.user, **self.body(PolicyInput))
        return self.shape(network)
