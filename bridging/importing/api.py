"""A group's archive over the API."""

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import JSONRenderer

from bridging.importing.files import group_file
from microgroups.groups.reading import group_with
from network.prepared import first
from network.rest.endpoint import Endpoint
from network.rest.errors import PROBLEM_JSON, Problem

SLUG = OpenApiParameter("slug", str, OpenApiParameter.PATH)
ZIP = "application/zip"


class ZipFile(JSONRenderer):
    """Lets a caller ask for a ZIP: what is answered is a file already, or a no in JSON."""

    media_type, format = ZIP, "json"


class GroupExportEndpoint(Endpoint):
    """All that a facilitator may take along of a group."""

    renderer_classes = (JSONRenderer, ZipFile)
    fresh = {"retrieve"}
    scopes = {"retrieve": "facilitate"}

    @extend_schema(
        parameters=[SLUG],
        responses={(200, ZIP): OpenApiTypes.BINARY, (409, PROBLEM_JSON): Problem},
    )
    def retrieve(self, request, slug):
        """A ZIP with its charter, people and talk, for an import; for no token."""
        group = first(group_with, slug, request.user)
        if group is None:
            raise Http404
        return group_file(group, request.user)
