"""The log over the API: keys and numbers, no words."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from network.activity.models import Activity
from network.activity.reading import log_for
from network.rest.endpoint import Asked, Endpoint, PersonBrief


class AboutShape(serializers.Serializer):
    """What a row of the log is about."""

    type = serializers.CharField(source="about_type")
    id = serializers.CharField(source="about_id")


class ActivityShape(serializers.Serializer):
    """Who did what to which thing, and when."""

    verb = serializers.CharField()
    actor = PersonBrief(allow_null=True)
    about = AboutShape(source="*")
    group = serializers.UUIDField(source="group_id", allow_null=True)
    at = serializers.DateTimeField()
    facts = serializers.DictField(help_text="Keys and numbers.")


class LogAsked(Asked):
    group = serializers.SlugField(required=False, max_length=100)


class ActivityEndpoint(Endpoint):
    """What happened: the network's log for its admins, a group's for who looks after it."""

    queryset = Activity.objects.none()
    asked = {"list": LogAsked}

    def scopes_asked(self):
        of_group = "group" in self.request.query_params
        return ("facilitate", "admin") if of_group else ("admin",)

    @extend_schema(responses=ActivityShape(many=True))
    def list(self, request):
        """The log, the newest first; `group` names the one whose log it is."""
        as_admin = request.auth is None or request.auth.has_any(["admin"])
        log = log_for(request.user, slug=self.query.get("group"), as_admin=as_admin)
        rows = self.paginate_queryset(log.select_related("actor"))
        return self.get_paginated_response(ActivityShape(rows, many=True).data)
