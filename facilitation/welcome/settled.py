"""What settles the cues of newcomers: conditions on cues, for the jobs and for whoever reads.

A job asks what is so as of its `now`. The queue asks besides what was written since the cue was
opened (keys are made in the order of time): it shows the past of a replay as the job has seen it,
and is ahead of the next job by what people did meanwhile.
"""

from django.db.models import Exists, OuterRef, Q, Subquery

from microgroups.conversation.models import Post
from microgroups.membership.models import Membership

QUESTION = "question:"  # how the keys of cues begin that ask for a question, not for a hello


def by_others(person, since, now):
    """What people other than `person` have written since, as of `now`; both name outer columns."""
    return Post.objects.standing().filter(
        ~Q(author=OuterRef(person)) | Q(author=None),
        is_system=False,
        thread__deleted_at=None,
        at__gte=OuterRef(since),
        at__lte=now,
    )


def with_first_post(memberships):
    """Each with `post`, the key of its first post in the group; without those that took it back."""
    first = Post.objects.standing().filter(
        author=OuterRef("person"),
        at=OuterRef("first_post_at"),
        thread__group=OuterRef("group"),
        thread__deleted_at=None,
        is_system=False,
    )
    found = memberships.annotate(post=Subquery(first.order_by("pk").values("pk")[:1]))
    return found.exclude(post=None)


def answers(now, *, post="subject_id", person="person", since="due_at"):
    """What others have written since in the thread of a post; these name outer columns."""
    written = by_others(person, since, now).filter(thread__posts=OuterRef(post))
    return written.exclude(pk=OuterRef(post))


def meetings(now):
    """Answers of others to a newcomer: to a post of theirs, or in a thread that they opened."""
    to_them = Q(reply_to__author=OuterRef("person")) | Q(thread__author=OuterRef("person"))
    return by_others("person", "due_at", now).filter(
        to_them,
        author__isnull=False,
        thread__group=OuterRef("group"),
        thread__last_at__gte=OuterRef("due_at"),
    )


def is_answered(now):
    """Somebody wrote back."""
    return Exists(answers(now))


def is_met(now):
    """Somebody has met them."""
    return Exists(meetings(now))


def is_gone(now=None):
    """Their person is no active member of the group."""
    return ~Exists(
        Membership.objects.active().filter(group=OuterRef("group"), person=OuterRef("person"))
    )


def is_taken_back(now=None):
    """The post is no longer there."""
    return ~Exists(
        Post.objects.standing().filter(pk=OuterRef("subject_id"), thread__deleted_at=None)
    )


def answered_since(now):
    """The answer cue needs nobody any more."""
    return Q(Exists(answers(now).filter(pk__gt=OuterRef("pk")))) | is_gone() | is_taken_back()


def met_since(now):
    """The welcome cue needs nobody any more: somebody met them; or, where a question to them was
    asked for because they had not written, they have."""
    wrote = Membership.objects.filter(pk=OuterRef("subject_id"), first_post_at__lte=now)
    met = Q(Exists(meetings(now).filter(pk__gt=OuterRef("pk"))))
    return met | Q(Exists(wrote), key__startswith=QUESTION) | is_gone()
