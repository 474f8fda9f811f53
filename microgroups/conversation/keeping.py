"""What we keep of a person in conversations: how they get it, how it goes; what always holds."""

import re

from django.db.models import F, Q

from microgroups.conversation.counting import (
    count_reactions,
    counters,
    newest_words,
    recount,
)
from microgroups.conversation.models import Mention, Post, PostVersion, Reaction, ReadMark, Thread
from microgroups.conversation.words import forget, render_again
from microgroups.groups.models import MicroGroup
from network.registries import Kept, invariants, personal_data

FORMER_MEMBER = "a former member"


# Everything of mine


def threads_of(person):
    for thread in Thread.objects.filter(author=person).select_related("group"):
        yield {
            "id": str(thread.pk),
            "group": thread.group.name,
            "kind": thread.kind,
            "title": thread.title,
            "former_titles": thread.former_titles,
            "opened_at": thread.opened_at,
            "deleted_at": thread.deleted_at,
        }


def posts_of(person):
    """Their posts with all they said before; those taken back as well, while we have them."""
    posts = Post.objects.filter(author=person).select_related("thread__group")
    for post in posts.prefetch_related("versions").iterator(chunk_size=500):
        yield {
            "id": str(post.pk),
            "group": post.thread.group.name,
            "thread": str(post.thread_id),
            "body": post.body,
            "at": post.at,
            "edited_at": post.edited_at,
            "deleted_at": post.deleted_at,
            "before": [{"body": version.body, "at": version.at} for version in post.versions.all()],
        }


def reactions_of(person):
    for reaction in Reaction.objects.filter(person=person):
        yield {"post": str(reaction.post_id), "emoji": reaction.emoji, "at": reaction.at}


def mentions_of(person):
    for mention in Mention.objects.filter(person=person).select_related("post"):
        yield {"post": str(mention.post_id), "at": mention.post.at}


def read_marks_of(person):
    for mark in ReadMark.objects.filter(person=person):
        yield {"thread": str(mark.thread_id), "read_until": mark.read_until}


# Erasing: words stay under "a former member"


def leave_threads(person):
    """Their threads stay, opened by a former member."""
    Thread.objects.filter(author=person).update(author=None)
    Thread.objects.filter(deleted_by=person).update(deleted_by=None)


def leave_posts(person):
    """Their posts stay, written by a former member; the threads count their posts again."""
    written_in = set(Post.objects.filter(author=person).values_list("thread", flat=True))
    forget(Post.objects.filter(author=person).exclude(deleted_at=None))
    Post.objects.filter(author=person).update(author=None)
    Post.objects.filter(deleted_by=person).update(deleted_by=None)
    recount(Thread.objects.filter(Q(pk__in=written_in) | Q(last_author=person)))


def take_reactions(person):
    """Their reactions go, and the posts count theirs again."""
    posts = list(Post.objects.filter(reactions__person=person).distinct())
    Reaction.objects.filter(person=person).delete()
    for post in posts:
        count_reactions(post)


def take_mentions(person):
    """Where somebody named them, their username gives way to "a former member"."""
    named = re.compile(rf"@{re.escape(person.username)}\b", re.IGNORECASE)
    posts = Post.objects.filter(pk__in=list(person.mentions.values_list("post", flat=True)))
    Mention.objects.filter(person=person).delete()
    for rows in (posts.all(), PostVersion.objects.filter(post__in=posts)):
        for row in rows:
            row.body = named.sub(FORMER_MEMBER, row.body)
        rows.model.objects.bulk_update(rows, ["body"])
    render_again(posts)


def take_read_marks(person):
    ReadMark.objects.filter(person=person).delete()


def keep_personal_data():
    """Say of each table how a person gets what is theirs, and how it goes."""
    personal_data.add(Thread, Kept(threads_of, leave_threads))
    personal_data.add(Post, Kept(posts_of, leave_posts))
    personal_data.add(Reaction, Kept(reactions_of, take_reactions))
    personal_data.add(Mention, Kept(mentions_of, take_mentions))
    personal_data.add(ReadMark, Kept(read_marks_of, take_read_marks))


# What always holds


def threads_are_counted():
    """Each thread's counters equal what its posts say."""
    now = {f"{name}_now": figure for name, figure in counters().items()}
    for thread in Thread.objects.annotate(**now).iterator(chunk_size=2000):
        for name in counters():
            kept = getattr(thread, "last_author_id" if name == "last_author" else name)
            if kept != getattr(thread, f"{name}_now"):
                yield f"Thread {thread.pk} keeps another {name} than its posts say."


def reactions_are_counted():
    """Each post's count of reactions equals its reactions."""
    posts = Post.objects.exclude(reactions_count={}) | Post.objects.filter(reactions__isnull=False)
    for post in posts.distinct().prefetch_related("reactions").iterator(chunk_size=2000):
        real = {}
        for reaction in post.reactions.all():
            real[reaction.emoji] = real.get(reaction.emoji, 0) + reaction.count
        if real != post.reactions_count:
            yield f"Post {post.pk} keeps other numbers of reactions than it has."


def groups_know_their_last_post():
    """Each group knows when the newest words in it were written."""
    for group in MicroGroup.objects.annotate(newest=newest_words()):
        if group.newest != group.last_post_at:
            yield f"Group {group.pk} keeps another time of its last post than its threads say."


def replies_stay_in_their_thread():
    """A post answers a post of its own thread, and the answer of a question is one of its posts."""
    for post in Post.objects.exclude(reply_to=None).exclude(reply_to__thread=F("thread")):
        yield f"Post {post.pk} answers a post of another thread."
    for thread in Thread.objects.exclude(answer=None).exclude(answer__thread=F("pk")):
        yield f"Thread {thread.pk} has an answer from another thread."


def hold_invariants():
    """What `checkinvariants` recounts of conversations."""
    invariants.add("threads_are_counted", threads_are_counted)
    invariants.add("reactions_are_counted", reactions_are_counted)
    invariants.add("groups_know_their_last_post", groups_know_their_last_post)
    invariants.add("replies_stay_in_their_thread", replies_stay_in_their_thread)
