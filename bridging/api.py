"""The endpoints of this floor: one line a room."""

from django.urls import path

from bridging.highlights.api import EchoesEndpoint, FeedEndpoint, HighlightsEndpoint
from bridging.importing.api import GroupExportEndpoint
from bridging.search.api import SearchEndpoint

LIST = {"get": "list"}

paths: list = [
    path("feed/", FeedEndpoint.as_view(LIST), name="api_feed"),
    path("search/", SearchEndpoint.as_view(LIST), name="api_search"),
    path(
        "groups/<str:slug>/export/",
        GroupExportEndpoint.as_view({"get": "retrieve"}),
        name="api_group_export",
    ),
    path(
        "highlights/<str:highlight_id>/echoes/",
        EchoesEndpoint.as_view({**LIST, "post": "create"}),
        name="api_echoes",
    ),
]


def register(router):
    """Add the endpoints of this floor to the API."""
    router.register("highlights", HighlightsEndpoint, basename="api_highlights")
