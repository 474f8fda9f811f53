"""The endpoints of this floor: one line a room."""

from django.urls import path

from facilitation.cues.api import GroupCuesEndpoint, MyCuesEndpoint

paths: list = [
    path(
        "groups/<str:slug>/cues/",
        GroupCuesEndpoint.as_view({"get": "list"}),
        name="api_group_cues",
    ),
]


def register(router):
    """Add the endpoints of this floor to the API."""
    router.register("cues", MyCuesEndpoint, basename="api_cues")
