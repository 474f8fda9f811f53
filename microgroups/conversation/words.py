"""How words become rows: rendered once, with those whom they mention; and how they are let go."""

from django.db.models import Q

from microgroups.conversation.models import Mention, Post, PostVersion, Thread
from microgroups.conversation.rules import FORGOTTEN, HIDDEN_FOR, most_links_and_mentions
from network.errors import Invalid
from network.people.blocking import must_not_have_blocked
from network.text import RENDERER_VERSION, count_links, render, usernames_in

TAKEN_BACK = "Taken back"


def written(body, group, person, now):
    """The text as HTML, and the people of the group whom it mentions.

    Others who are mentioned stay plain text and hear nothing. Refuses: blocked (by oneself).
    """
    most_links, most_mentions = most_links_and_mentions(person, now)
    usernames = usernames_in(body) if "@" in body else []
    mentioned = readers(group, person__username__in=usernames) if usernames else set()
    if len(mentioned) > most_mentions:
        raise Invalid({"body": f"{len(mentioned)} people are named; {most_mentions} can be."})
    must_not_have_blocked(person, mentioned)
    rendered = render(body, mentions={member.username for member in mentioned})
    links = count_links(rendered.html)
    if links > most_links:
        raise Invalid({"body": f"There are {links} links; {most_links} fit in a post."})
    return rendered, mentioned


def readers(group, **facts):
    """The people who read in this group."""
    rows = group.memberships.reading().filter(**facts).select_related("person")
    return {row.person for row in rows}


def add_post(thread, person, body, rendered, mentioned, now, reply_to=None, is_first=False):
    """A new row of the thread, with those whom it mentions."""
    added = Post.objects.create(
        thread=thread,
        group_id=thread.group_id,
        author=person,
        body=body,
        body_html=rendered.html,
        html_version=rendered.version,
        at=now,
        reply_to=reply_to,
        is_first=is_first,
    )
    mention(added, mentioned)
    return added


def mention(post, people):
    if people:
        rows = [Mention(post=post, person=member) for member in people]
        Mention.objects.bulk_create(rows, ignore_conflicts=True)


# Letting go, and rendering again


def forget_deleted(now):
    """Let go of words that were taken back two weeks ago, with their history; of hidden ones later,
    when nobody can ask any more that they come back."""
    taken_back = Q(deleted_at__lt=now - FORGOTTEN, hidden_at=None)
    hidden = Q(hidden_at__lt=now - HIDDEN_FOR)
    forget(Post.objects.filter(taken_back | hidden | Q(thread__deleted_at__lt=now - FORGOTTEN)))
    threads = Thread.objects.filter(deleted_at__lt=now - FORGOTTEN)
    threads.exclude(title=TAKEN_BACK).update(title=TAKEN_BACK, gist="", former_titles=[])


def forget(posts):
    """Let go of the words of these posts (a queryset), their history and whom they mention."""
    while batch := list(posts.exclude(body="").values_list("pk", flat=True)[:1000]):
        PostVersion.objects.filter(post__in=batch).delete()
        Mention.objects.filter(post__in=batch).delete()
        Post.objects.filter(pk__in=batch).update(body="", body_html="")


def render_old(most=500):
    """Render posts that an older renderer made, with their history; answers how many it did."""
    old = Post.objects.filter(html_version__lt=RENDERER_VERSION).exclude(body="")
    return render_again(old[:most])


def render_again(posts):
    """Render the posts (a queryset) and their history from their words; answers how many."""
    posts = list(posts.prefetch_related("mentions__person", "versions"))
    for post in posts:
        mentions = {mention.person.username for mention in post.mentions.all()}
        for row in (post, *post.versions.all()):
            row.body_html = render(row.body, mentions=mentions).html
        post.html_version = RENDERER_VERSION
    versions = [version for post in posts for version in post.versions.all()]
    Post.objects.bulk_update(posts, ["body_html", "html_version"])
    PostVersion.objects.bulk_update(versions, ["body_html"])
    return len(posts)
