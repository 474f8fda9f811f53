"""What Kith says by itself: in nobody's name, and labelled so wherever it stands."""

from microgroups.conversation.actions import MAX_GIST
from microgroups.conversation.models import Kind, Post, Thread
from microgroups.conversation.rules import body_of, title_of
from network.activity.actions import record
from network.text import plain, render


def begin(group, *, title, body, now):
    """Begin a conversation as Kith, in a group whose row is locked.

    Nobody is told, and it is nobody's visit: the group is no more alive for it.
    """
    title, body = title_of(title), body_of(body)
    rendered = render(body, mentions=set())
    thread = Thread.objects.create(
        group=group,
        kind=Kind.STARTER,
        title=title,
        by_kith=True,
        gist=plain(rendered.html, MAX_GIST),
        opened_at=now,
        last_at=now,
        posts_count=1,
    )
    Post.objects.create(
        thread=thread,
        group=group,
        body=body,
        body_html=rendered.html,
        html_version=rendered.version,
        at=now,
        is_system=True,
        by_kith=True,
    )
    if group.last_post_at is None or group.last_post_at < now:
        group.last_post_at = now
        group.save(update_fields=["last_post_at"])
    record(
        "thread.opened",
        network=group.network,
        actor=None,
        about=thread,
        at=now,
        group=group,
        kind=thread.kind,
    )
    return thread
