"""The endpoints of this floor: one line a room."""

from django.urls import path

from network.activity.api import ActivityEndpoint
from network.networks.api import (
    BlocksEndpoint,
    MeEndpoint,
    NetworkEndpoint,
    PeopleEndpoint,
    PlaceEndpoint,
)
from network.notifications.api import AttentionEndpoint, NoticesEndpoint, WishesEndpoint
from network.tokens.api import TokensEndpoint

ONE = {"get": "retrieve", "patch": "partial_update"}
GET_PUT = {"get": "retrieve", "put": "update"}

paths: list = [
    path("me/", MeEndpoint.as_view(ONE), name="api_me"),
    path("me/blocks/", BlocksEndpoint.as_view({"get": "list"}), name="api_blocks"),
    path("me/notifications/", WishesEndpoint.as_view(GET_PUT), name="api_wishes"),
    path("me/attention/", AttentionEndpoint.as_view({"get": "list"}), name="api_attention"),
    path("network/", NetworkEndpoint.as_view(ONE), name="api_network"),
    path("network/join/", PlaceEndpoint.as_view({"post": "create"}), name="api_network_join"),
    path(
        "network/membership/",
        PlaceEndpoint.as_view({"delete": "destroy"}),
        name="api_network_membership",
    ),
]


def register(router):
    """Add the endpoints of this floor to the API."""
    router.register("notices", NoticesEndpoint, basename="api_notices")
    router.register("people", PeopleEndpoint, basename="api_people")
    router.register("tokens", TokensEndpoint, basename="api_tokens")
    router.register("activity", ActivityEndpoint, basename="api_activity")
