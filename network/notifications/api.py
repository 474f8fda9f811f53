"""Notices over the API."""

from datetime import time

from django.db.models import Count
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.fields import empty
from rest_framework.response import Response

from network.notifications import actions, why
from network.notifications.models import Much, Notice
from network.notifications.reading import tell
from network.notifications.wishes import wish, wishes_of
from network.prepared import first
from network.rest.endpoint import Asked, Endpoint, Input


class Clock(serializers.RegexField):
    """A time on the wall, like 21:00."""

    def __init__(self, **facts):
        super().__init__(r"^([01][0-9]|2[0-3]):[0-5][0-9]$", **facts)

    def run_validation(self, data=empty):
        text = super().run_validation(data)
        return text and time.fromisoformat(text)

    def to_representation(self, value):
        return f"{value:%H:%M}"


class NoticeShape(serializers.Serializer):
    """Something that was told to me."""

    id = serializers.UUIDField(source="notice.pk")
    kind = serializers.CharField(source="notice.kind")
    text = serializers.CharField()
    url = serializers.CharField(allow_null=True)
    group = serializers.SlugField(allow_null=True)
    at = serializers.DateTimeField(source="notice.at")
    read = serializers.BooleanField(source="notice.is_read")
    why_not_mailed = serializers.CharField(help_text="Empty where nothing kept a letter back.")


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


class WishesShape(serializers.Serializer):
    """How I may be reached."""

    quiet_from = Clock(source="hours.starts")
    quiet_until = Clock(source="hours.ends")
    time_zone = serializers.CharField()
    much = serializers.ChoiceField(Much.choices)
    channels = serializers.DictField(child=serializers.BooleanField())
    groups = serializers.DictField(
        child=serializers.ChoiceField(Much.choices, allow_null=True),
        help_text="By slug; null: as everywhere.",
    )


class WishesInput(Input):
    quiet_from = Clock(required=False)
    quiet_until = Clock(required=False)
    much = serializers.ChoiceField(Much.choices, required=False)
    channels = serializers.DictField(child=serializers.BooleanField(), required=False)
    groups = serializers.DictField(
        child=serializers.ChoiceField(Much.choices, allow_null=True), required=False
    )


class AttentionShape(serializers.Serializer):
    """A time that Kith thought of writing to me of its own accord, and what came of it."""

    kind = serializers.CharField(source="row.kind")
    text = serializers.CharField(source="told.text")
    url = serializers.CharField(source="told.url", allow_null=True)
    group = serializers.SlugField(source="told.group", allow_null=True)
    at = serializers.DateTimeField(source="row.at")
    sent = serializers.BooleanField(source="row.is_sent")
    mail = serializers.ChoiceField(["none", "due", "sent", "withheld"])
    mailed_at = serializers.DateTimeField(allow_null=True)
    why = serializers.CharField()


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


class WishesEndpoint(Endpoint):
    """How I may be reached."""

    def shape(self):
        me = self.request.user
        wishes = wishes_of(me)
        told = {
            "hours": wishes.hours,
            "time_zone": me.time_zone,
            "much": wishes.much,
            "channels": wishes.channels,
            "groups": {group.slug: much for group, much in wishes.per_group},
        }
        return Response(WishesShape(told).data)

    @extend_schema(responses=WishesShape)
    def retrieve(self, request):
        """Quiet hours by the clock on my wall, which letters, how much, and from which group."""
        return self.shape()

    @extend_schema(request=WishesInput, responses=WishesShape)
    def update(self, request):
        """Change what is named; the rest stays."""
        wish(request.user, **self.body(WishesInput))
        return self.shape()


class AttentionEndpoint(Endpoint):
    """Why I was sent this, and why not that."""

    ordering = ("-at", "-id")

    def get_queryset(self):
        return why.attention_of(self.request.user)

    @extend_schema(responses=AttentionShape(many=True))
    def list(self, request):
        """Each time that Kith thought of writing to me of its own accord, the latest first."""
        page = self.paginate_queryset(self.get_queryset())
        lines = why.lines(page, request.user)
        return self.get_paginated_response(AttentionShape(lines, many=True).data)
