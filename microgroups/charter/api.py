"""Charters over the API."""

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from microgroups.charter import actions
from microgroups.charter.reading import history_of, may_read_history
from microgroups.groups import rules
from microgroups.groups.shapes import GroupShape, MembershipShape, load
from microgroups.membership.api import GROUP, SLUG, GroupEndpoint, at
from network.rest.endpoint import Input, PersonBrief


class ConfirmInput(Input):
    """The answers that are changed with it; none where the charter stands as it is."""

    purpose = serializers.CharField(max_length=rules.LINES["purpose"], required=False)
    difference = serializers.CharField(max_length=rules.TEXTS["difference"], required=False)
    belonging = serializers.CharField(max_length=rules.TEXTS["belonging"], required=False)
    agreements = serializers.CharField(max_length=rules.TEXTS["agreements"], required=False)
    care_plan = serializers.CharField(max_length=rules.TEXTS["care_plan"], required=False)


class CharterVersionShape(serializers.Serializer):
    """One look at a charter: what somebody changed of it, or that it holds as it stands."""

    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    by = PersonBrief(allow_null=True)
    confirmed = serializers.BooleanField(source="is_confirmation")
    changed = serializers.ListField(child=serializers.ChoiceField(rules.CHARTER))
    before = serializers.DictField(child=serializers.CharField(), help_text="By text, how it read.")
    after = serializers.DictField(
        child=serializers.CharField(), help_text="By text, how it read since."
    )


class CharterEndpoint(GroupEndpoint):
    """The charter kept alive."""

    ordering = ("-at", "-id")
    scopes = {"confirm": "facilitate"}

    @extend_schema(parameters=[SLUG], request=ConfirmInput, responses=GroupShape)
    def confirm(self, request, slug):
        """Say, twice a year, that the charter holds: as it stands, or with changes."""
        body = self.body(ConfirmInput)
        group = actions.confirm(self.group(), request.user, **body)
        load([group], request.user)
        context = {"reader": request.user, "mine": None}
        return Response(GroupShape(group, context=context).data)

    @extend_schema(parameters=[SLUG], responses=CharterVersionShape(many=True))
    def history(self, request, slug):
        """How the charter has changed, the newest first; for those inside and admins."""
        group = self.group()
        if not may_read_history(self.mine_in(group), request.user.here):
            raise Http404
        found = self.paginate_queryset(history_of(group.pk, request.user))
        return self.get_paginated_response(CharterVersionShape(found, many=True).data)

    @extend_schema(parameters=[SLUG], request=None, responses=MembershipShape)
    def accept(self, request, slug):
        """Be fine with the agreements as they now stand."""
        return self.shape(actions.accept(self.group(), request.user))


paths = [
    at(GROUP + "charter/confirm/", CharterEndpoint, "confirm_charter", post="confirm"),
    at(GROUP + "charter/history/", CharterEndpoint, "charter_history", get="history"),
    at(GROUP + "agreements/accept/", CharterEndpoint, "accept_agreements", post="accept"),
]
