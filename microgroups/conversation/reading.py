"""What others show of conversations: lamps, and what a Notice is about."""

from collections import Counter

from microgroups.conversation.models import Post, Thread
from network.prepared import rows
from network.registries import Subject
from network.text import plain

GIST = 160  # characters of a post in a Notice


def unread_by_group(person):
    """{group's key: how many of its threads hold something new for the person}. One query."""
    return Counter(rows(groups_with_news, person))


def groups_with_news(person):
    return Thread.objects.news_for(person).values_list("group", flat=True)


def load_threads(ids, person):
    """Threads this person may read, as subjects of a Notice."""
    return {
        thread.pk: Subject(
            thread.title, thread.get_absolute_url(), thread.group.name, thread.group.slug
        )
        for thread in rows(threads_at, list(ids), person)
    }


def threads_at(keys, person):
    return Thread.objects.visible_to(person).filter(pk__in=keys).select_related("group")


def load_posts(ids, person):
    """Posts this person may read, as subjects of a Notice: told by the titles of their threads."""
    return {
        post.pk: Subject(
            post.thread.title,
            post.get_absolute_url(),
            post.thread.group.name,
            post.thread.group.slug,
            said=plain(post.shown_html, GIST),
        )
        for post in rows(posts_at, list(ids), person)
    }


def posts_at(keys, person):
    return Post.objects.visible_to(person).filter(pk__in=keys).select_related("thread__group")
