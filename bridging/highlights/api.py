"""Highlights, echoes and the feed over the API."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from bridging.highlights import actions
from bridging.highlights.models import Echo, Highlight, State
from microgroups.conversation.models import Post
from network.prepared import question
from network.rest.endpoint import Asked, Endpoint, Input, PersonBrief


class HighlightShape(serializers.Serializer):
    """A post's copy on its way to the network, or there."""

    id = serializers.UUIDField()
    post = serializers.SerializerMethodField()
    group = serializers.SlugField(source="group.slug")
    author = PersonBrief(allow_null=True)
    note = serializers.CharField()
    state = serializers.ChoiceField(State.choices)
    proposed_by = PersonBrief(allow_null=True)
    shared_at = serializers.DateTimeField(allow_null=True)
    excerpt_html = serializers.CharField()
    body_html = serializers.CharField()
    echoes = serializers.IntegerField(source="echoes_count")

    @extend_schema(responses=serializers.UUIDField(allow_null=True))
    def get_post(self, card) -> str | None:
        return str(card.post_id) if card.post_id else None


class EchoShape(serializers.Serializer):
    """What somebody of the network answered."""

    id = serializers.UUIDField()
    author = PersonBrief(allow_null=True)
    body = serializers.CharField()
    body_html = serializers.CharField()
    at = serializers.DateTimeField()


class ProposeInput(Input):
    post = serializers.UUIDField()
    note = serializers.CharField(max_length=actions.NOTE, required=False, allow_blank=True)


class EchoInput(Input):
    body = serializers.CharField(max_length=actions.ECHO)


class HighlightsAsked(Asked):
    state = serializers.ChoiceField(State.choices, required=False)


class HighlightsEndpoint(Endpoint):
    """Postcards: proposed, consented to, shared, taken back."""

    lookup_field = "id"
    ordering = ("-proposed_at", "-id")
    scopes = {"share": "facilitate"}
    asked = {"list": HighlightsAsked}

    def get_queryset(self):
        return Highlight.objects.visible_to(self.request.user).select_related(
            "group", "author", "proposed_by"
        )

    @extend_schema(responses=HighlightShape(many=True))
    def list(self, request):
        """Shared ones, and those that concern me."""
        cards = self.get_queryset()
        if self.query.get("state"):
            cards = cards.filter(state=self.query["state"])
        page = self.paginate_queryset(cards)
        return self.get_paginated_response(HighlightShape(page, many=True).data)

    @extend_schema(request=ProposeInput, responses={201: HighlightShape})
    def create(self, request):
        """Propose a post to be shared; by its author that is consent."""
        body = self.body(ProposeInput)
        posts = Post.objects.visible_to(request.user).select_related("thread", "author")
        post = get_object_or_404(posts, pk=body["post"])
        card = actions.propose(post, request.user, note=body.get("note", ""))
        return Response(HighlightShape(card).data, status=201)

    @extend_schema(responses=HighlightShape)
    def retrieve(self, request, id):
        """One postcard."""
        return Response(HighlightShape(self.get_object()).data)

    def do(self, deed):
        card = deed(self.get_object(), self.request.user)
        return Response(HighlightShape(card).data)

    @extend_schema(request=None, responses=HighlightShape)
    @action(detail=True, methods=["post"])
    def consent(self, request, id):
        """The author's yes to these words."""
        return self.do(actions.consent)

    @extend_schema(request=None, responses=HighlightShape)
    @action(detail=True, methods=["post"])
    def decline(self, request, id):
        """Not this time."""
        return self.do(actions.decline)

    @extend_schema(request=None, responses=HighlightShape)
    @action(detail=True, methods=["post"])
    def share(self, request, id):
        """A facilitator sends it to the network."""
        return self.do(actions.share)

    @extend_schema(request=None, responses=HighlightShape)
    @action(detail=True, methods=["post"])
    def withdraw(self, request, id):
        """Take it back everywhere."""
        return self.do(actions.withdraw)


class EchoesEndpoint(Endpoint):
    """What the network answers to a postcard."""

    ordering = ("at", "id")

    def card(self, highlight_id):
        return get_object_or_404(Highlight.objects.visible_to(self.request.user), pk=highlight_id)

    @extend_schema(responses=EchoShape(many=True))
    def list(self, request, highlight_id):
        """The answers, the oldest first."""
        echoes = Echo.objects.visible_to(request.user).filter(highlight=self.card(highlight_id))
        page = self.paginate_queryset(echoes.select_related("author"))
        return self.get_paginated_response(EchoShape(page, many=True).data)

    @extend_schema(request=EchoInput, responses={201: EchoShape})
    def create(self, request, highlight_id):
        """Write back."""
        body = self.body(EchoInput)["body"]
        echo = actions.echo(self.card(highlight_id), request.user, body=body)
        return Response(EchoShape(echo).data, status=201)


class FeedAsked(Asked):
    order = serializers.ChoiceField([("newest", "newest")], required=False)


def feed_for(person):
    cards = Highlight.objects.visible_to(person).shared()
    return cards.select_related("group", "author", "proposed_by")


class FeedEndpoint(Endpoint):
    """The network's feed."""

    ordering = ("-shared_at", "-id")
    asked = {"list": FeedAsked}

    @extend_schema(responses=HighlightShape(many=True))
    def list(self, request):
        """Shared postcards, the newest first."""
        page = self.paginate_queryset(question(feed_for, request.user))
        return self.get_paginated_response(HighlightShape(page, many=True).data)
