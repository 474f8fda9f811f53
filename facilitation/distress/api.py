"""Calling for help over the API."""

from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from facilitation.distress import actions
from facilitation.distress.models import Distress, Word
from facilitation.distress.reading import SHOWN, card_for
from facilitation.distress.rules import NOTE
from microgroups.conversation.models import Post
from microgroups.groups.models import MicroGroup
from network.errors import Invalid
from network.rest.endpoint import Endpoint, Input, PersonBrief

ID = OpenApiParameter("id", str, OpenApiParameter.PATH)


class CallShape(serializers.Serializer):
    person = PersonBrief()
    ring = serializers.IntegerField()
    at = serializers.DateTimeField()


class DistressShape(serializers.Serializer):
    """A call for help: whom to call oneself, and who was called."""

    id = serializers.UUIDField()
    group = serializers.SlugField(source="card.slug", default=None, allow_null=True)
    post = serializers.UUIDField(source="post_id", allow_null=True)
    by = PersonBrief(source="person", allow_null=True)
    note = serializers.CharField()
    help_text = serializers.CharField(source="network.help_text")
    at = serializers.DateTimeField()
    word = serializers.ChoiceField(
        Word.choices, allow_blank=True, help_text="What whoever called says since."
    )
    word_at = serializers.DateTimeField(allow_null=True)
    called = CallShape(source="told", many=True)
    seen_at = serializers.DateTimeField(allow_null=True)
    seen_by = PersonBrief(allow_null=True)


class DistressInput(Input):
    """A `post` (id) or a `group` (slug), and a `note` for those who are called."""

    post = serializers.UUIDField(required=False)
    group = serializers.CharField(max_length=100, required=False)
    note = serializers.CharField(max_length=NOTE, required=False, allow_blank=True)


class SeenInput(Input):
    """A word to whoever called; none is needed."""

    note = serializers.CharField(max_length=NOTE, required=False, allow_blank=True)


class ChangeInput(Input):
    word = serializers.ChoiceField(Word.choices)


class DistressEndpoint(Endpoint):
    """Calls for help."""

    lookup_field = "id"
    scopes = {"seen": ("facilitate", "admin")}

    def get_queryset(self):
        return Distress.objects.visible_to(self.request.user).select_related(*SHOWN)

    def shape(self, distress, status=200):
        found = self.get_queryset().get(pk=distress.pk)
        found.card = card_for(self.request.user, found)
        found.told = list(found.calls.select_related("person").order_by("ring", "pk"))
        return Response(DistressShape(found).data, status=status)

    @extend_schema(request=DistressInput, responses={201: DistressShape})
    def create(self, request):
        """Call people at once, at any hour: for oneself, or because of a post."""
        body = self.body(DistressInput)
        key, slug, note = body.get("post"), body.get("group"), body.get("note", "")
        if (key is None) == (slug is None):
            raise Invalid({"group": "Name a post or a group, one of them."})
        post = None
        if key is not None:
            posts = Post.objects.visible_to(request.user).standing()
            post = get_object_or_404(posts.select_related("thread__group", "author"), pk=key)
            group = post.thread.group
        else:
            group = get_object_or_404(MicroGroup.objects.visible_to(request.user), slug=slug)
        made = actions.call_for_help(group, request.user, post=post, note=note)
        return self.shape(made, 201)

    @extend_schema(parameters=[ID], responses=DistressShape)
    def retrieve(self, request, id):
        """Who was called, and whether somebody is there."""
        return self.shape(self.get_object())

    @extend_schema(parameters=[ID], request=SeenInput, responses=DistressShape)
    def seen(self, request, id):
        """I am here: nobody else is called; a `note` goes to whoever called, in my name."""
        return self.shape(actions.see(self.get_object(), request.user, **self.body(SeenInput)))

    @extend_schema(parameters=[ID], request=ChangeInput, responses=DistressShape)
    def word(self, request, id):
        """Whoever called says how it is now; a person still looks."""
        body = self.body(ChangeInput)
        return self.shape(actions.send_word(self.get_object(), request.user, **body))


paths = [
    path("distress/", DistressEndpoint.as_view({"post": "create"}), name="api_distress"),
    path(
        "distress/<uuid:id>/",
        DistressEndpoint.as_view({"get": "retrieve"}),
        name="api_one_distress",
    ),
    path(
        "distress/<uuid:id>/seen/",
        DistressEndpoint.as_view({"post": "seen"}),
        name="api_distress_seen",
    ),
    path(
        "distress/<uuid:id>/word/",
        DistressEndpoint.as_view({"post": "word"}),
        name="api_distress_word",
    ),
]
