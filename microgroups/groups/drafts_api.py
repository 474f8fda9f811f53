"""Drafts of groups over the API: their founder's alone."""

from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from microgroups.groups import drafts, rules
from microgroups.groups.api import MOST_SEATS
from microgroups.groups.drafts import GroupDraft
from microgroups.groups.models import PAINTS, JoinPolicy, Visibility
from microgroups.groups.reading import group_with
from microgroups.groups.shapes import GroupShape, load
from network.prepared import first, question
from network.rest.endpoint import Endpoint, Input


class GroupDraftInput(Input):
    """What was said so far of a group; nothing is required, and an empty text takes it back."""

    name = serializers.CharField(max_length=rules.LINES["name"], required=False, allow_blank=True)
    purpose = serializers.CharField(
        max_length=rules.LINES["purpose"], required=False, allow_blank=True
    )
    difference = serializers.CharField(
        max_length=rules.TEXTS["difference"], required=False, allow_blank=True
    )
    belonging = serializers.CharField(
        max_length=rules.TEXTS["belonging"], required=False, allow_blank=True
    )
    agreements = serializers.CharField(
        max_length=rules.TEXTS["agreements"], required=False, allow_blank=True
    )
    care_plan = serializers.CharField(
        max_length=rules.TEXTS["care_plan"], required=False, allow_blank=True
    )
    colour = serializers.ChoiceField(PAINTS, required=False)
    join_policy = serializers.ChoiceField(JoinPolicy.choices, required=False)
    visibility = serializers.ChoiceField(Visibility.choices, required=False)
    questions = serializers.ListField(
        child=serializers.CharField(max_length=rules.QUESTION),
        max_length=rules.QUESTIONS,
        required=False,
    )
    cap = serializers.IntegerField(
        min_value=1, max_value=MOST_SEATS, required=False, allow_null=True
    )


class GroupDraftShape(serializers.Serializer):
    """A proposal in the making."""

    id = serializers.UUIDField()
    name = serializers.CharField(allow_blank=True)
    purpose = serializers.CharField(allow_blank=True)
    difference = serializers.CharField(allow_blank=True)
    belonging = serializers.CharField(allow_blank=True)
    agreements = serializers.CharField(allow_blank=True)
    care_plan = serializers.CharField(allow_blank=True)
    colour = serializers.CharField(allow_blank=True)
    join_policy = serializers.CharField(allow_blank=True)
    visibility = serializers.CharField(allow_blank=True)
    questions = serializers.ListField(child=serializers.CharField())
    cap = serializers.IntegerField(allow_null=True)
    touched_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


def drafts_of(person):
    return GroupDraft.objects.visible_to(person)


def draft_at(key, person):
    return drafts_of(person).filter(pk=key)[:1]


class GroupDraftsEndpoint(Endpoint):
    """The groups that I am thinking of starting."""

    ordering = ("-touched_at", "-id")

    def get_queryset(self):
        return drafts_of(self.request.user)

    def get_object(self):
        draft = first(draft_at, UUID(self.kwargs["pk"]), self.request.user)
        if draft is None:
            raise Http404
        return draft

    @extend_schema(responses=GroupDraftShape(many=True))
    def list(self, request):
        """My drafts, the last touched first."""
        found = self.paginate_queryset(question(drafts_of, request.user))
        return self.get_paginated_response(GroupDraftShape(found, many=True).data)

    @extend_schema(request=GroupDraftInput, responses={201: GroupDraftShape})
    def create(self, request):
        """Keep a new draft."""
        draft = drafts.begin(request.network, request.user, **self.body(GroupDraftInput))
        return Response(GroupDraftShape(draft).data, status=201)

    @extend_schema(responses=GroupDraftShape)
    def retrieve(self, request, pk):
        """One draft."""
        return Response(GroupDraftShape(self.get_object()).data)

    @extend_schema(request=GroupDraftInput, responses=GroupDraftShape)
    def partial_update(self, request, pk):
        """Change what was said so far."""
        body = self.body(GroupDraftInput)
        draft = drafts.keep(self.get_object(), request.user, **body)
        return Response(GroupDraftShape(draft).data)

    @extend_schema(responses={204: None})
    def destroy(self, request, pk):
        """Let a draft go."""
        drafts.drop(self.get_object(), request.user)
        return Response(status=204)

    @extend_schema(request=None, responses={201: GroupShape})
    @action(detail=True, methods=["post"])
    def propose(self, request, pk):
        """Propose the group; an admin's opens at once. The draft is gone then."""
        group = drafts.propose_draft(self.get_object(), request.user)
        group = first(group_with, group.slug, request.user)
        load([group], request.user)
        shape = GroupShape(group, context={"reader": request.user, "mine": None})
        return Response(shape.data, status=201)
