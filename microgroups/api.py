"""The endpoints of this floor: one line a room."""

from django.urls import path

from microgroups.appeals.api import paths as appeals
from microgroups.budding.api import paths as budding
from microgroups.charter.api import paths as charter
from microgroups.conversation.api import GroupTalkEndpoint, PostsEndpoint, ThreadsEndpoint
from microgroups.groups.api import GroupsEndpoint
from microgroups.groups.drafts_api import GroupDraftsEndpoint
from microgroups.membership.api import paths as membership
from microgroups.reminders.api import paths as reminders

TALK = {"get": "list", "post": "create"}

paths: list = [  # what is one thing and no list
    *membership,
    *appeals,
    *charter,
    *reminders,
    *budding,
    path("groups/<slug>/threads/", GroupTalkEndpoint.as_view(TALK), name="api_group_threads"),
    path("groups/<slug>/read/", GroupTalkEndpoint.as_view({"post": "read"}), name="api_read_group"),
    path("groups/<slug>/week/", GroupTalkEndpoint.as_view({"get": "week"}), name="api_week"),
]


def register(router):
    """Add the endpoints of this floor to the API."""
    router.register("groups", GroupsEndpoint, basename="api_groups")
    router.register("group-drafts", GroupDraftsEndpoint, basename="api_group_drafts")
    router.register("threads", ThreadsEndpoint, basename="api_threads")
    router.register("posts", PostsEndpoint, basename="api_posts")
