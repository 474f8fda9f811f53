"""Conversations over the API."""

from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from microgroups.conversation import actions, past, week
from microgroups.conversation.models import Kind, Post, Thread
from microgroups.conversation.rules import MAX_TITLE, SAY_SOMETHING
from microgroups.groups.models import MicroGroup
from microgroups.membership.visits import note_visit
from network.prepared import first, question
from network.rest.endpoint import Asked, Endpoint, Input, PersonBrief
from network.text import MAX_TEXT

SLUG = OpenApiParameter("slug", str, OpenApiParameter.PATH)
EMOJI = OpenApiParameter(
    "emoji",
    str,
    OpenApiParameter.PATH,
    description="One emoji, or `same-here` or `thank-you`.",
)


# Shapes


class ThreadShape(serializers.Serializer):
    """A conversation, with its opening text."""

    id = serializers.UUIDField()
    group = serializers.SlugField(source="group.slug")
    kind = serializers.ChoiceField(Kind.choices)
    title = serializers.CharField()
    author = PersonBrief(allow_null=True)
    by_kith = serializers.BooleanField(help_text="Kith itself began it, in nobody's name.")
    opened_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()
    posts = serializers.IntegerField(source="posts_count")
    unread = serializers.IntegerField()
    answer = serializers.UUIDField(source="answer_id", allow_null=True)
    pinned = serializers.BooleanField(source="is_pinned")
    closed = serializers.BooleanField(source="is_closed")
    body = serializers.CharField(source="opening.body")
    body_html = serializers.CharField(source="opening.body_html")
    mentions = serializers.ListField(child=serializers.CharField(), source="opening.mentions")


class PostShape(serializers.Serializer):
    """What somebody wrote; a deleted one keeps its place without words."""

    id = serializers.UUIDField()
    thread = serializers.UUIDField(source="thread_id")
    author = PersonBrief(allow_null=True)
    by_kith = serializers.BooleanField(help_text="Kith itself wrote it, in nobody's name.")
    body = serializers.CharField(source="shown_body")
    body_html = serializers.CharField(source="shown_html")
    at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)
    reply_to = serializers.UUIDField(source="reply_to_id", allow_null=True)
    reactions = serializers.DictField(
        child=serializers.IntegerField(), source="shown_reactions", help_text="{emoji: how many}"
    )
    mine = serializers.ListField(child=serializers.CharField())
    attachments = serializers.SerializerMethodField()
    deleted = serializers.BooleanField(source="is_deleted")

    def get_attachments(self, post) -> list[str]:
        return []


class VersionShape(serializers.Serializer):
    """What a post said before."""

    body = serializers.CharField()
    body_html = serializers.CharField()
    at = serializers.DateTimeField()


class SaidShape(serializers.Serializer):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(Kind.choices)
    title = serializers.CharField()
    author = PersonBrief(allow_null=True)
    by_kith = serializers.BooleanField()
    posts = serializers.IntegerField(source="posts_count")


class WeekShape(serializers.Serializer):
    """Who is new, who came back from resting, what was said; in numbers and names."""

    since = serializers.DateTimeField()
    new = PersonBrief(many=True)
    returned = PersonBrief(many=True)
    threads = serializers.IntegerField()
    posts = serializers.IntegerField()
    people = serializers.IntegerField(help_text="How many people wrote.")
    said = SaidShape(many=True)


class ReadShape(serializers.Serializer):
    group = serializers.SlugField()
    unread = serializers.IntegerField()


def words(**facts):
    """A text in Markdown, with the spaces at its beginning."""
    return serializers.RegexField(
        r"\S",
        max_length=MAX_TEXT,
        trim_whitespace=False,
        error_messages={"invalid": SAY_SOMETHING},
        **facts,
    )


class Look(Input):
    as_it_is = serializers.BooleanField(
        default=False, help_text="Send it although the group asks for a second look."
    )


class ThreadInput(Look):
    title = serializers.CharField(max_length=MAX_TITLE)
    body = words()
    kind = serializers.ChoiceField(Kind.choices, default=Kind.TALK)


class ThreadChange(Look):
    title = serializers.CharField(max_length=MAX_TITLE, required=False)
    body = words(required=False)


class PostInput(Look):
    body = words()
    reply_to = serializers.UUIDField(required=False, allow_null=True)


class PostChange(Look):
    body = words()


class AnswerInput(Input):
    post = serializers.UUIDField()


class ThreadsAsked(Asked):
    unread = serializers.BooleanField(required=False)
    kind = serializers.ChoiceField(Kind.choices, required=False)


# Endpoints


def threads_of(person):
    """The threads this person may read, with all that their shape shows."""
    return shown_in(Thread.objects.open_to(person), person)


def shown_in(threads, person):
    threads = threads.with_unread(person).with_opening()
    return threads.select_related("group", "author").defer("search")


def found(build, *args):
    """The one row of a prepared question; 404 where there is none."""
    row = first(build, *args)
    if row is None:
        raise Http404
    return row


def thread_to_change(key, person):
    return Thread.objects.visible_to(person).filter(pk=key).select_related("group")[:1]


def posts_of(thread, person):
    posts = Post.objects.filter(thread=thread).with_mine(person)
    return posts.select_related("author").defer("search")


def posts_shown(thread, person):
    """The posts of the thread from the door; for who left by budding those of that time."""
    if thread.mine.reads_past:
        return question(past.posts_left, thread.pk, person, thread.mine.reads_until)
    return question(posts_of, thread.pk, person)


def thread_with(key, person):
    return threads_of(person).filter(pk=key).select_related("mine")[:1]


def threads_in_all(person, narrowing):
    return narrowed(shown_in(Thread.objects.inside_for(person), person), *narrowing)


def threads_in(person, group, narrowing):
    threads = Thread.objects.inside_for(person).filter(group=group)
    return narrowed(shown_in(threads, person), *narrowing)


def threads_left(person, group, kind):
    threads = past.threads_left(group, person)
    return threads.filter(kind=kind) if kind else threads


def narrowed(threads, kind, unread):
    """Those of the threads that are asked for."""
    if kind:
        threads = threads.filter(kind=kind)
    return threads.filter(unread__gt=0) if unread else threads


class GroupTalkEndpoint(Endpoint):
    """What is said in one group."""

    ordering = ("-last_at", "-id")
    asked = {"list": ThreadsAsked}

    def get_queryset(self):
        return threads_of(self.request.user)

    def inside(self):
        """The group, if its talk may be read."""
        groups = MicroGroup.objects.inside_for(self.request.user)
        return get_object_or_404(groups, slug=self.kwargs["slug"])

    @extend_schema(parameters=[SLUG], responses=ThreadShape(many=True))
    def list(self, request, slug):
        """The threads of a group, the one with the newest post first.

        Who left it by budding gets those that were there at the parting, as they were then.
        """
        place = past.place_left(slug, request.user)
        if place is not None and not place.may_read:
            return self.list_left(place)
        narrowing = (self.query.get("kind"), self.query.get("unread"))
        threads = question(threads_in, request.user, self.inside().pk, narrowing)
        shown = self.paginate_queryset(threads)
        return self.get_paginated_response(ThreadShape(shown, many=True).data)

    def list_left(self, place):
        """What was there at the parting, the youngest first; nothing of it is unread."""
        self.ordering = ("-opened_at", "-id")
        asked = (place.group_id, self.query.get("kind"))
        shown = self.paginate_queryset(question(threads_left, self.request.user, *asked))
        past.as_it_was(shown, place.reads_until)
        return self.get_paginated_response(ThreadShape(shown, many=True).data)

    @extend_schema(parameters=[SLUG], request=ThreadInput, responses={201: ThreadShape})
    def create(self, request, slug):
        """Open a thread."""
        group = get_object_or_404(MicroGroup.objects.visible_to(request.user), slug=slug)
        thread = actions.open_thread(group, request.user, **self.body(ThreadInput))
        return Response(ThreadShape(self.get_queryset().get(pk=thread.pk)).data, status=201)

    @extend_schema(parameters=[SLUG], request=None, responses=ReadShape)
    def read(self, request, slug):
        """Everything in the group is read."""
        group = self.inside()
        actions.read_group(group, request.user)
        return Response(ReadShape({"group": group.slug, "unread": 0}).data)

    @extend_schema(parameters=[SLUG], responses=WeekShape)
    def week(self, request, slug):
        """This week in the group."""
        return Response(WeekShape(week.of(self.inside(), timezone.now())).data)


class ThreadsEndpoint(Endpoint):
    """Threads of all my groups."""

    lookup_field = "id"
    lookup_value_regex = "[^/]+"
    ordering = ("-last_at", "-id")
    asked = {"list": ThreadsAsked}
    scopes = {"close": "facilitate", "pin": "facilitate"}

    def get_queryset(self):
        return threads_of(self.request.user).select_related("mine")

    def get_ordering(self):
        return ("at", "id") if self.action == "posts" else self.ordering

    def found(self):
        """The thread, as much of it as an action asks for."""
        return found(thread_to_change, UUID(self.kwargs["id"]), self.request.user)

    def shown(self, thread):
        """The thread as it now stands."""
        return Response(ThreadShape(found(thread_with, thread.pk, self.request.user)).data)

    @extend_schema(responses=ThreadShape(many=True))
    def list(self, request):
        """Threads over all my groups; those with something new, where `unread` asks."""
        narrowing = (self.query.get("kind"), self.query.get("unread"))
        shown = self.paginate_queryset(question(threads_in_all, request.user, narrowing))
        return self.get_paginated_response(ThreadShape(shown, many=True).data)

    @extend_schema(responses=ThreadShape)
    def retrieve(self, request, id):
        """One thread."""
        thread = found(thread_with, UUID(id), request.user)
        note_visit(thread.mine, timezone.now())
        if thread.mine.reads_past:
            past.as_it_was([thread], thread.mine.reads_until)
        return Response(ThreadShape(thread).data)

    @extend_schema(request=ThreadChange, responses=ThreadShape)
    def partial_update(self, request, id):
        """Another title, other words at its beginning, or both."""
        thread = self.found()
        return self.shown(actions.edit_thread(thread, request.user, **self.body(ThreadChange)))

    @extend_schema(responses={204: None})
    def destroy(self, request, id):
        """Take the thread back."""
        actions.delete_thread(self.found(), request.user)
        return Response(status=204)

    @extend_schema(request=None, responses=ThreadShape)
    @action(detail=True, methods=["post"])
    def read(self, request, id):
        """Everything in the thread is read."""
        thread = self.found()
        actions.mark_read(thread, request.user)
        return self.shown(thread)

    @extend_schema(request=None, responses=ThreadShape)
    @action(detail=True, methods=["post"])
    def close(self, request, id):
        """Nobody writes here any more; done again, they may."""
        return self.shown(actions.close(self.found(), request.user))

    @extend_schema(request=None, responses=ThreadShape)
    @action(detail=True, methods=["post"])
    def pin(self, request, id):
        """Keep it on top of the group's home; done again, let it go."""
        return self.shown(actions.pin(self.found(), request.user))

    @extend_schema(responses=PostShape(many=True))
    @action(detail=True, methods=["get"])
    def posts(self, request, id):
        """The posts of a thread, the first one first."""
        thread = found(thread_with, UUID(id), request.user)
        note_visit(thread.mine, timezone.now())
        posts = self.paginate_queryset(posts_shown(thread, request.user))
        if thread.mine.reads_past:
            past.as_they_were(posts, thread.mine.reads_until)
        return self.get_paginated_response(PostShape(posts, many=True).data)

    @extend_schema(request=PostInput, responses={201: PostShape})
    @posts.mapping.post
    def write(self, request, id):
        """Write in a thread."""
        post = actions.post(self.found(), request.user, **self.body(PostInput))
        post.mine = []
        return Response(PostShape(post).data, status=201)

    @extend_schema(request=AnswerInput, responses=ThreadShape)
    @action(detail=True, methods=["put"])
    def answer(self, request, id):
        """Mark the post that answers the question."""
        thread = self.found()
        return self.shown(actions.choose_answer(thread, request.user, **self.body(AnswerInput)))

    @extend_schema(responses={204: None})
    @answer.mapping.delete
    def drop_answer(self, request, id):
        """Let the question be open again."""
        actions.drop_answer(self.found(), request.user)
        return Response(status=204)


class PostsEndpoint(Endpoint):
    """One post."""

    lookup_field = "id"
    lookup_value_regex = "[^/]+"
    ordering = ("-at", "-id")

    def get_queryset(self):
        posts = Post.objects.visible_to(self.request.user).with_mine(self.request.user)
        return posts.select_related("author", "thread__group").defer("search")

    def shown(self, post):
        """The post as it now stands."""
        return Response(PostShape(self.get_queryset().get(pk=post.pk)).data)

    @extend_schema(responses=PostShape)
    def retrieve(self, request, id):
        """One post."""
        return Response(PostShape(self.get_object()).data)

    @extend_schema(request=PostChange, responses=PostShape)
    def partial_update(self, request, id):
        """Say it in other words; the words before stay in its history."""
        post = self.get_object()
        return self.shown(actions.edit_post(post, request.user, **self.body(PostChange)))

    @extend_schema(responses={204: None})
    def destroy(self, request, id):
        """Take it back; it keeps its place without words."""
        actions.delete_post(self.get_object(), request.user)
        return Response(status=204)

    @extend_schema(responses=VersionShape(many=True))
    @action(detail=True, methods=["get"])
    def history(self, request, id):
        """What it said before, newest first."""
        post = get_object_or_404(self.get_queryset().standing(), pk=id)
        versions = self.paginate_queryset(post.versions.all())
        return self.get_paginated_response(VersionShape(versions, many=True).data)

    @extend_schema(parameters=[EMOJI], request=None, responses=PostShape)
    @action(detail=True, methods=["put"], url_path="reactions/(?P<emoji>[^/]+)")
    def react(self, request, id, emoji):
        """Answer without words."""
        return self.shown(actions.react(self.get_object(), request.user, emoji=emoji))

    @extend_schema(parameters=[EMOJI], responses={204: None})
    @react.mapping.delete
    def unreact(self, request, id, emoji):
        """Take the reaction back."""
        actions.unreact(self.get_object(), request.user, emoji=emoji)
        return Response(status=204)
