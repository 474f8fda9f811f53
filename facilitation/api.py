"""The endpoints of this floor: one line a room."""

from django.urls import path

from facilitation.cover.api import (
    AbsencesEndpoint,
    GroupAbsencesEndpoint,
    LoadEndpoint,
    NotesEndpoint,
    RotaEndpoint,
)
from facilitation.cues.api import GroupCuesEndpoint, MyCuesEndpoint
from facilitation.distress.api import paths as distress
from facilitation.moderation.api import paths as moderation
from facilitation.nudges.api import NudgesEndpoint
from facilitation.nudges.api import paths as nudges
from facilitation.presence.api import paths as presence
from facilitation.starters.api import (
    GroupStartersEndpoint,
    StarterLibraryEndpoint,
    StartersEndpoint,
)
from facilitation.welcome.api import paths as welcome

ROTA = {"get": "retrieve", "put": "update"}
MANY = {"get": "list", "post": "create"}

paths: list = [
    path(
        "groups/<str:slug>/cues/",
        GroupCuesEndpoint.as_view({"get": "list"}),
        name="api_group_cues",
    ),
    *presence,
    *nudges,
    path("groups/<str:slug>/rota/", RotaEndpoint.as_view(ROTA), name="api_rota"),
    path("groups/<str:slug>/absences/", GroupAbsencesEndpoint.as_view(MANY), name="api_absences"),
    path(
        "groups/<str:slug>/members/<str:username>/notes/",
        NotesEndpoint.as_view(MANY),
        name="api_member_notes",
    ),
    path("groups/<str:slug>/load/", LoadEndpoint.as_view({"get": "load"}), name="api_load"),
    *welcome,
    *moderation,
    *distress,
    path(
        "groups/<str:slug>/starters/",
        GroupStartersEndpoint.as_view({"get": "list", "post": "create"}),
        name="api_group_starters",
    ),
    path(
        "groups/<str:slug>/starters/habit/",
        GroupStartersEndpoint.as_view({"get": "habit", "put": "change_habit"}),
        name="api_starter_habit",
    ),
    path(
        "starter-library/",
        StarterLibraryEndpoint.as_view({"get": "list"}),
        name="api_starter_library",
    ),
]


def register(router):
    """Add the endpoints of this floor to the API."""
    router.register("cues", MyCuesEndpoint, basename="api_cues")
    router.register("nudges", NudgesEndpoint, basename="api_nudges")
    router.register("absences", AbsencesEndpoint, basename="api_absence")
    router.register("starters", StartersEndpoint, basename="api_starters")
