"""The common past of a group, as those read it who left by budding: as it was at the parting.

The door (`visible_to`) lets out nothing that was said, changed or named later. The pages of a
thread go one step further (`open_to`): what was changed or renamed since stands there as it was.
"""

from datetime import datetime

from django.db.models import Count, F, Max

from microgroups.conversation.actions import MAX_GIST
from microgroups.conversation.models import Mention, Post, PostVersion, Thread
from microgroups.membership.models import Membership
from network.prepared import first
from network.text import plain

NOTHING = {"body": "", "body_html": "", "mentions": []}


def place_left(slug, person):
    """The person's place in a group that they left by budding, with the group; or None."""
    return first(places_left, slug, person)


def places_left(slug, person):
    parted = Membership.objects.visible_to(person).parted().filter(person=person.pk)
    return parted.filter(group__slug=slug).select_related("group__network")[:1]


def threads_left(group, person):
    """The threads of the group that the person still reads, though they left it by budding."""
    threads = Thread.objects.open_to(person).filter(group=group)
    return threads.select_related("group", "author").defer("search")


def posts_left(thread, person, until):
    """The posts of the thread that were there at the parting."""
    posts = Post.objects.filter(thread=thread, at__lte=until).with_folded(person)
    return posts.select_related("author").defer("search")


def as_they_were(posts, until):
    """Give each post the words it had then, and nothing of what came of it. At most one query."""
    changed = [post.pk for post in posts if post.edited_at and post.edited_at > until]
    words = {}
    if changed:
        then = PostVersion.objects.filter(post__in=changed, at__lte=until).order_by("at")
        words = {version.post_id: version for version in then}
    for post in posts:
        if post.pk in words:
            post.body, post.body_html = words[post.pk].body, words[post.pk].body_html
        post.edited_at, post.reactions_count, post.mine = None, {}, []
    return posts


def as_it_was(threads, until):
    """Tell of each thread what could be told at the parting, and nothing later. Four queries."""
    keys = [thread.pk for thread in threads]
    there = Post.objects.filter(thread__in=keys, at__lte=until)
    counted = there.standing().values("thread").annotate(n=Count("pk"), last=Max("at"))
    figures = {row["thread"]: row for row in counted.order_by()}
    opened = there.filter(at=F("thread__opened_at")).defer("search")
    openings = {post.thread_id: post for post in as_they_were(list(opened), until)}
    named = names_in(list(openings.values()))
    for thread in threads:
        thread.title = title_of(thread, until)
        figure = figures.get(thread.pk, {"n": 0, "last": thread.opened_at})
        thread.posts_count, thread.last_at, thread.unread = figure["n"], figure["last"], 0
        thread.answer_id = thread.answered_at = thread.last_author = thread.pinned_at = None
        if thread.closed_at is not None and thread.closed_at > until:
            thread.closed_at = None
        thread.opening = opening_of(openings.get(thread.pk), named)
        thread.gist = plain(thread.opening["body_html"], MAX_GIST)
    return threads


def title_of(thread, until):
    """What the thread was called then."""
    later = (title for at, title in thread.former_titles if datetime.fromisoformat(at) > until)
    return next(later, thread.title)


def opening_of(post, named):
    """An opening post as the shape of its thread shows it."""
    if post is None or post.is_deleted:
        return NOTHING
    names = named.get(post.pk, [])
    return {"body": post.body, "body_html": post.body_html, "mentions": names}


def names_in(posts):
    """{post's key: usernames of whom it names}"""
    named: dict = {}
    found = Mention.objects.filter(post__in=posts).order_by("person__username")
    for key, username in found.values_list("post", "person__username"):
        named.setdefault(key, []).append(username)
    return named
