"""Who may do what with words, and what stands to be done with; read anew under the lock."""

from datetime import timedelta

from django.db.models import Exists, Max, OuterRef
from django.utils import timezone

from microgroups.conversation.models import Kind, Post, Thread
from microgroups.conversation.rules import UNDO
from microgroups.groups.models import State as GroupState
from microgroups.membership.models import Membership, Visit
from network.errors import Invalid, NotAllowed, Refused, TooOften
from network.pace import in_words
from network.prepared import first
from network.templatetags.kith import at_hour

FACILITATORS_KINDS = (Kind.STARTER, Kind.ANNOUNCEMENT)

# Who may


def writer(group, person, now):
    """(the person's membership with its group, both locked; the time). Refuses who may not write.

    The clock is read once the lock is held, unless `now` is given: so that a post that waited its
    turn is never dated before one that others have read already.
    """
    membership = locked(group, person)
    now = now or timezone.now()
    return may_write(membership, now), now


def facilitator(group, person):
    """The membership by which the person facilitates the group, locked; refuses everybody else."""
    membership = locked(group, person)
    if not membership.is_facilitator:
        raise NotAllowed("not_allowed", f"A facilitator of {membership.group.name} can do this.")
    return membership


def asker(thread, person, now):
    """As `writer`, for whoever may say what answers the question; refuses everybody else."""
    membership, now = writer(thread.group, person, now)
    if thread.kind != Kind.QUESTION:
        raise NotAllowed("not_allowed", "Only a question has an answer.")
    if thread.author_id != person.pk and not membership.is_facilitator:
        raise NotAllowed("not_allowed", "Who asked, or a facilitator, says what answers it.")
    return membership, now


def reacting(post, person, now):
    """The membership of who reacts, and the standing post, locked: its reactions are counted."""
    memberships = Membership.objects.select_related("group__network")
    membership = memberships.filter(group=post.thread.group_id, person=person.pk).first()
    if membership is None or not membership.may_read:
        raise not_in(post.thread.group)
    membership.person = person
    return may_write(membership, now), standing_post(post)


def locked(group, person):
    """The membership through which somebody acts, locked after its group; as both stand now.

    `wrote_then`: whether they wrote on the day of their last visit.
    """
    membership = first(place_to_lock, group.pk, person.pk)
    if membership is None or not membership.may_read:
        raise not_in(group)
    membership.person = person
    return membership


def place_to_lock(group, person):
    visit = Visit.objects.filter(membership=OuterRef("pk"), on=OuterRef("last_visit_on"))
    return (
        Membership.objects.select_related("group__network")
        .select_for_update(of=("group", "self"), no_key=True)
        .filter(group=group, person=person)
        .annotate(wrote_then=Exists(visit.filter(wrote=True)))
    )[:1]


def may_write(membership, now):
    """The membership, if its person may write in its group now."""
    group = membership.group
    if is_quiet(group):
        raise Refused("group_not_open", f"{group.name} is closed. What was said can be read on.")
    if not membership.may_write:
        raise NotAllowed("not_allowed", f"You are resting from {group.name}. Come back to write.")
    if membership.is_paused(now):
        until = at_hour(membership.paused_until, now)
        raise Refused("paused", f"You read and do not write in {group.name} until {until}.")
    return membership


def writes(membership, now):
    """Whether the person may write in their group now: what hides the boxes to write in."""
    may = membership.may_write and not membership.is_paused(now)
    return may and not is_quiet(membership.group)


def keep_slow(thread, person, now):
    """In a slow thread each writes once in so many minutes. Refuses: too_often."""
    if not thread.is_slow(now):
        return
    written = Post.objects.filter(thread=thread, author=person).aggregate(last=Max("at"))["last"]
    if written is None:
        return
    wait = (written + timedelta(minutes=thread.slow_minutes) - now).total_seconds()
    if wait > 0:
        why = "This thread goes slowly for a while, so that all are heard."
        raise TooOften(wait, in_words(wait), why)


def not_in(group):
    return Refused("not_a_member", f"You are not in {group.name}. Join it to take part.")


def is_quiet(group):
    """Whether nobody may write there any more."""
    return group.state in (GroupState.ARCHIVED, GroupState.DECLINED)


def may_put_back(thing, membership, now):
    """Whether a post or thread that was taken back can come back by this person."""
    if thing.deleted_at is None or now - thing.deleted_at > UNDO or is_hidden(thing):
        return False
    by_a_facilitator = thing.deleted_by_id != thing.author_id
    return thing.deleted_by_id == membership.person_id or (
        by_a_facilitator and membership.is_facilitator
    )


def is_hidden(thing):
    """Whether a decision has hidden it: a post may be, a thread never is."""
    return isinstance(thing, Post) and thing.is_hidden


# What stands


def standing(thread):
    """The thread as it stands under the group's lock, with `author_reads`; refuses one that was
    taken back, or that has moved to another group since it was read."""
    thread = first(standing_thread, thread.pk, thread.group_id)
    if thread is None:
        raise NotAllowed("not_allowed", "This thread was taken back, or has moved.")
    return thread


def standing_thread(key, group):
    threads = Thread.objects.filter(pk=key, group=group, deleted_at=None).select_related("author")
    return threads.annotate(author_reads=author_reads("group", "author"))[:1]


def standing_post(post):
    """The post as it stands, locked; refuses one that was taken back, or that has moved."""
    posts = Post.objects.standing().filter(pk=post.pk, thread__deleted_at=None)
    posts = posts.filter(group=post.thread.group_id)
    posts = posts.select_related("thread", "author")
    post = posts.select_for_update(of=("self",), no_key=True).first()
    if post is None:
        raise NotAllowed("not_allowed", "This was taken back.")
    return post


def standing_reply(thread, post, field="reply_to"):
    """The standing post of the thread that is meant (it or its key), with its thread.

    Both know whether their authors still read there, as `author_reads`.
    """
    posts = thread.posts.standing().filter(pk=getattr(post, "pk", post), group=thread.group_id)
    posts = posts.filter(thread__deleted_at=None)
    posts = posts.select_related("author", "thread__author").annotate(
        author_reads=author_reads("thread__group", "author"),
        opener_reads=author_reads("thread__group", "thread__author"),
    )
    post = posts.first()
    if post is None:
        raise Invalid({field: "That post is no longer in this thread."})
    post.thread.author_reads = post.opener_reads
    return post


def author_reads(group, author):
    """Whether the author of a row still reads what is said in its group."""
    reading = Membership.objects.reading()
    return Exists(reading.filter(group=OuterRef(group), person=OuterRef(author)))


def opening_of(thread):
    """The first of the thread's posts, deleted or not."""
    return thread.posts.order_by("at", "id").select_related("thread__group").first()
