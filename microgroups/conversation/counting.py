"""The counters of threads, groups and posts: what they must be, and how they are kept."""

from uuid import UUID

from django.db.models import Count, F, Min, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from microgroups.conversation.models import Post, Thread
from microgroups.groups.models import MicroGroup

NOBODY = UUID(int=0)


def count_one_more(thread, reply):
    """Count a new post of a thread that stands under the group's lock."""
    thread.posts_count += 1
    if reply.at >= thread.last_at:
        thread.last_at, thread.last_author = reply.at, reply.author
    if reply.author_id != thread.author_id:
        thread.answered_at = min(thread.answered_at or reply.at, reply.at)
    thread.save(update_fields=["posts_count", "last_at", "last_author", "answered_at"])


def counters():
    """What the counters of a thread must be, as expressions over its posts."""
    posts = Post.objects.standing().filter(thread=OuterRef("pk")).order_by()
    newest = posts.order_by("-at", "-id")
    opening = Post.objects.filter(thread=OuterRef(OuterRef("pk"))).order_by("at", "id")
    by_others = Q(author=None) | ~Q(author=Coalesce(OuterRef("author"), Value(NOBODY)))
    answers = posts.filter(by_others, is_system=False).exclude(pk=opening.values("pk")[:1])
    return {
        "posts_count": Coalesce(Subquery(over(posts, Count("*"))), 0),
        "last_at": Coalesce(Subquery(newest.values("at")[:1]), F("opened_at")),
        "last_author": Subquery(newest.values("author")[:1]),
        "answered_at": Subquery(over(answers, Min("at"))),
    }


def over(posts, aggregate):
    """One figure over all the posts of the outer thread."""
    return posts.values("thread").annotate(figure=aggregate).values("figure")


def recount(threads):
    """Count the posts of the threads (a queryset) again; in one statement."""
    threads.update(**counters())


def recount_group(group_id):
    """Find again when the newest standing words of the group were written."""
    MicroGroup.objects.filter(pk=group_id).update(last_post_at=newest_words())


def newest_words():
    """When the newest standing words of the outer group were written, as an expression."""
    threads = Thread.objects.filter(group=OuterRef("pk"), deleted_at=None, posts_count__gt=0)
    return Subquery(threads.order_by("-last_at", "-id").values("last_at")[:1])


def count_reactions(post):
    """Count the reactions of a post that stands locked."""
    rows = post.reactions.values_list("emoji").annotate(total=Sum("count")).order_by("emoji")
    post.reactions_count = dict(rows)
    post.save(update_fields=["reactions_count"])
