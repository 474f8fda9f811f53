"""What settles the cues of newcomers: conditions on cues, for the jobs and for whoever reads.

A job asks what is so as of its `now`. The queue asks besides what was written since the cue was
opened (keys are made in the order of time): it shows the past of a replay as the job has seen it,
and is ahead of the next job by what people did meanwhile.
"""

from django.db.models import Exists, OuterRef, Q

from microgroups.conversation.models import Post
from microgroups.membership.models import Membership


def by_others(person, since, now):
    """What people other than `person` have written since, as of `now`; both name outer columns."""
    return Post.objects.standing().filter(
        ~Q(author=OuterRef(person)) | Q(author=None),
        is_system=False,
        thread__deleted_at=None,
        at__gte=OuterRef(since),
        at__lte=now,
    )


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


def is_gone():
    """Their person is no active member of the group."""
    return ~Exists(
        Membership.objects.active().filter(group=OuterRef("group"), person=OuterRef("person"))
    )


def is_taken_back():
    """The post is no longer there."""
    return ~Exists(
        Post.objects.standing().filter(pk=OuterRef("subject_id"), thread__deleted_at=None)
    )


def answered_since(now):
    """The answer cue needs nobody any more."""
    return Q(Exists(answers(now).filter(pk__gt=OuterRef("pk")))) | is_gone() | is_taken_back()


def met_since(now):
    """The welcome cue needs nobody any more."""
    return Q(Exists(meetings(now).filter(pk__gt=OuterRef("pk")))) | is_gone()
