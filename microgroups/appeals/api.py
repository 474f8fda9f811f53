"""Appeals over the API."""

from django.http import Http404
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from microgroups.appeals import actions
from microgroups.appeals.models import About, Appeal, State
from microgroups.appeals.reading import shown_to
from microgroups.groups.rules import NOTE
from microgroups.membership.models import Membership
from network.rest.endpoint import Endpoint, Input, PersonBrief

SLUG = OpenApiParameter("slug", str, OpenApiParameter.PATH)
ID = OpenApiParameter("id", str, OpenApiParameter.PATH)


class AppealInput(Input):
    text = serializers.CharField(max_length=actions.TEXT)


class ResolveInput(Input):
    decision = serializers.ChoiceField([State.UPHELD, State.LIFTED])
    reason = serializers.CharField(max_length=NOTE)


class AppealShape(serializers.Serializer):
    """One decision about one person, to be looked at again."""

    id = serializers.UUIDField()
    group = serializers.SerializerMethodField(help_text="Null where its card is hidden from me.")
    person = PersonBrief(source="membership.person")
    about = serializers.ChoiceField(About.choices)
    text = serializers.CharField()
    state = serializers.ChoiceField(State.choices)
    reason = serializers.CharField()
    at = serializers.DateTimeField()

    @extend_schema(responses=serializers.SlugField(allow_null=True))
    def get_group(self, appeal) -> str | None:
        return appeal.membership.group.slug if appeal.is_shown else None


class AppealsEndpoint(Endpoint):
    """Decisions that are looked at again."""

    ordering = ("at", "id")
    lookup_field = "id"
    scopes = {"resolve": ("facilitate", "admin")}

    def get_queryset(self):
        return shown_to(self.request.user, Appeal.objects.visible_to(self.request.user))

    def shape(self, appeal, status=200):
        """The appeal as it now stands."""
        found = shown_to(self.request.user, Appeal.objects.visible_to(self.request.user))
        return Response(AppealShape(found.get(pk=appeal.pk)).data, status=status)

    @extend_schema(responses=AppealShape(many=True))
    def list(self, request):
        """Those I may look into, and my own."""
        found = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(AppealShape(found, many=True).data)

    @extend_schema(parameters=[SLUG], request=AppealInput, responses={201: AppealShape})
    def create(self, request, slug):
        """Ask somebody else to look at my removal or decline again; once."""
        places = Membership.objects.visible_to(request.user).turned_away(request.user)
        place = places.select_related("group").filter(group__slug=slug).first()
        if place is None:
            raise Http404
        return self.shape(actions.appeal(place, request.user, **self.body(AppealInput)), 201)

    @extend_schema(parameters=[ID], request=ResolveInput, responses=AppealShape)
    def resolve(self, request, id):
        """Decide it: it stays so, or they may come in again."""
        body = self.body(ResolveInput)
        return self.shape(actions.resolve(self.get_object(), request.user, **body))


paths = [
    path("appeals/", AppealsEndpoint.as_view({"get": "list"}), name="api_appeals"),
    path(
        "appeals/<uuid:id>/resolve/",
        AppealsEndpoint.as_view({"post": "resolve"}),
        name="api_resolve_appeal",
    ),
    path(
        "groups/<slug>/membership/appeal/",
        AppealsEndpoint.as_view({"post": "create"}),
        name="api_appeal",
    ),
]
