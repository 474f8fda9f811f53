"""Notices over the API."""

from django.db.models import Count
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from network.notifications import actions
from network.notifications.models import Notice
from network.notifications.reading import tell
from network.prepared import first
from network.rest.endpoint import Asked, Endpoint, Input


class NoticeShape(serializers.Serializer):
    """Something that was told to me."""

    id = serializers.UUIDField(source="notice.pk")
    kind = serializers.CharField(source="notice.kind")
    text = serializers.CharField()
    url = serializers.CharField(allow_null=True)
    group = serializers.SlugField(allow_null=True)
    at = serializers.DateTimeField(source="notice.at")
    read = serializers.BooleanField(source="notice.is_read")


class CountShape(serializers.Serializer):
    unread = serializers.IntegerField()


class NoticesAsked(Asked):
    unread = serializers.BooleanField(required=False)


class ReadInput(Input):
    ids = serializers.ListField(child=serializers.UUIDField(), max_length=100, required=False)
    all = serializers.BooleanField(required=False)

    def validate(self, attrs):
        if not attrs.get("all") and "ids" not in attrs:
            raise serializers.ValidationError({"ids": ["Name the notices, or say all."]})
        return attrs


def count_unread(person):
    """How many notices the person has not read."""
    return first(unread_count, person) or 0


def unread_count(person):
    unread = Notice.objects.visible_to(person).unread().order_by()
    return unread.values("person").annotate(n=Count("pk")).values_list("n", flat=True)


class NoticesEndpoint(Endpoint):
    """What I was told."""

    ordering = ("-at", "-id")
    asked = {"list": NoticesAsked}

    def get_queryset(self):
        return Notice.objects.visible_to(self.request.user)

    @extend_schema(responses=NoticeShape(many=True))
    def list(self, request):
        """My notices, the newest first."""
        notices = self.get_queryset().select_related("actor")
        if self.query.get("unread"):
            notices = notices.unread()
        page = self.paginate_queryset(notices)
        told = tell(page, request.user)
        return self.get_paginated_response(NoticeShape(told, many=True).data)

    @extend_schema(responses=CountShape)
    @action(detail=False)
    def count(self, request):
        """How many I have not read."""
        return Response({"unread": count_unread(request.user)})

    @extend_schema(request=ReadInput, responses=CountShape)
    @action(detail=False, methods=["post"])
    def read(self, request):
        """Mark some or all as read."""
        body = self.body(ReadInput)
        actions.read(request.user, ids=None if body.get("all") else body["ids"])
        return Response({"unread": count_unread(request.user)})
