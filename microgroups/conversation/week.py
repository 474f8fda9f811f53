"""This week in us: who is new, who came back, what was said (domain.md R19)."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count

from microgroups.conversation.models import Post, Thread

WEEK = timedelta(days=7)
MOST_SAID = 4  # threads that are told of

OPENED = {"question": "asked", "introduction": "said hello"}  # else: began


@dataclass(frozen=True)
class Said:
    """A thread of this week in half a sentence: Ruth asked …"""

    thread: Thread
    verb: str


def newcomers(memberships, now):
    """Who of these has come in within the week, newest first."""
    new = [row for row in memberships if row.joined_at and row.joined_at > now - WEEK]
    return [row.person for row in sorted(new, key=lambda row: row.joined_at, reverse=True)]


def returned(memberships, now):
    """Who of these has come back from resting within the week."""
    back = [
        row
        for row in memberships
        if row.since > now - WEEK and row.joined_at and row.joined_at <= now - WEEK
    ]
    return [row.person for row in sorted(back, key=lambda row: row.since, reverse=True)]


def said(threads, now):
    """The threads of this week that got most people talking, in the order they were opened."""
    opened = [thread for thread in threads if thread.opened_at > now - WEEK]
    most = sorted(opened, key=lambda thread: thread.posts_count, reverse=True)[:MOST_SAID]
    return [
        Said(thread, OPENED.get(thread.kind, "began"))
        for thread in sorted(most, key=lambda thread: thread.opened_at)
    ]


def of(group, now):
    """The week of a group in numbers and names. Three queries."""
    members = group.memberships.active().filter(since__gt=now - WEEK).select_related("person")
    members = list(members.order_by("pk"))
    opened = Thread.objects.filter(group=group, deleted_at=None, opened_at__gt=now - WEEK)
    opened = list(opened.select_related("author").defer("search").order_by("opened_at", "pk"))
    posts = Post.objects.standing().filter(
        thread__group=group, thread__deleted_at=None, at__gt=now - WEEK, by_kith=False
    )
    counted = posts.aggregate(posts=Count("pk"), people=Count("author", distinct=True))
    return {
        "since": now - WEEK,
        "new": newcomers(members, now),
        "returned": returned(members, now),
        "threads": len(opened),
        "said": [each.thread for each in said(opened, now)],
        **counted,
    }
