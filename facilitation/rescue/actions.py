"""Asking for an answer where a member's thread has had none for a day, and seeing what came of it.

First posts are left out: they are watched from the first hour (facilitation/welcome).
"""

from datetime import UTC

from django.db import connection
from django.db.models import Exists, OuterRef, Q, Subquery

from facilitation.cues.actions import open_cues
from facilitation.cues.models import Cue, Kind
from facilitation.rescue import rules
from facilitation.rescue.knowing import likely_to_know
from facilitation.rescue.models import Rescue
from microgroups.conversation.models import Post, Thread
from microgroups.conversation.rights import FACILITATORS_KINDS
from microgroups.membership.models import Membership, Role, Visit
from network.notifications.actions import notify
from network.notifications.attention import those_who_may
from network.notifications.models import Notice
from network.people.models import Person
from network.prepared import first, rows
from network.transactions import deed

RESCUE = "rescue:"  # how the keys of its cues begin
ASKED = (
    "nobody who may know could be asked",
    "one who may know was asked before",
    "two who may know were asked before",
)


def rescue_threads(now):
    """Ask two people about each thread that has waited for a day, and the facilitators after three;
    note what was answered, and who came back."""
    note_answers(now)
    note_returns(now)
    if not rows(one_unanswered, now - rules.WATCHED_FOR, now - rules.ASK_AFTER):
        return
    for key in rows(keys_to_ask_about, now):
        ask_who_may_know(key, now=now)
    tell_facilitators(now)


def one_unanswered(since, until):
    """One thread that may have waited for a day, if there is any: to tell whose it is is dear."""
    threads = Thread.objects.standing().filter(
        answered_at=None, closed_at=None, opened_at__gt=since, opened_at__lte=until
    )
    return threads.order_by().values_list("pk")[:1]


def unanswered(now):
    """Threads of members of open groups that nobody has answered; no first posts."""
    author = Membership.objects.active().filter(
        group=OuterRef("group"),
        person=OuterRef("author"),
        role=Role.MEMBER,
        first_post_at__lt=OuterRef("opened_at"),
    )
    return (
        Thread.objects.standing()
        .filter(
            Exists(author),
            answered_at=None,
            closed_at=None,
            opened_at__gt=now - rules.WATCHED_FOR,
            opened_at__lte=now,
            group__state="open",
        )
        .exclude(kind__in=FACILITATORS_KINDS)
    )


def to_ask_about(now):
    """Threads that have waited for a day and about which nobody was asked, or too few and some
    hours ago; from the third day on they are the facilitators'."""
    short = Q(
        rescue__asked__lt=rules.HELPERS,
        rescue__asked_at__lte=now - rules.ASK_AGAIN_AFTER,
        opened_at__gt=now - rules.TELL_AFTER,
    )
    waiting = unanswered(now).filter(opened_at__lte=now - rules.ASK_AFTER)
    return waiting.filter(short | Q(rescue=None))


def keys_to_ask_about(now):
    return to_ask_about(now).order_by("pk").values_list("pk", flat=True)


def one_unanswered_still(key, now):
    return unanswered(now).filter(pk=key).select_related("group__network")


@deed
def ask_who_may_know(key, *, now):
    """Ask up to two people who are likely to know, if their attention has room.

    Where too few had, others are asked after six hours, until the facilitators are. Answers whether
    this call did it.
    """
    thread = first(one_unanswered_still, key, now)
    if thread is None or not claim(thread, now):
        return False
    opening = opening_of(thread)
    if opening is None:
        return False
    keys = likely_to_know(
        thread,
        now=now,
        since=now - rules.SIMILAR_FOR,
        seen_since=(now - rules.SEEN_WITHIN).astimezone(UTC).date(),
        most=rules.CANDIDATES,
    )
    found = Person.objects.in_bulk(keys)
    about = {
        "network": thread.group.network,
        "group": thread.group,
        "subject": ("post", opening),
        "cause": f"{RESCUE}{thread.pk}",
    }
    before = Notice.objects.filter(person__in=keys, cause=about["cause"])
    known = set(before.values_list("person", flat=True))
    people = [found[key] for key in keys if key not in known]
    rescue = Rescue.objects.get(thread=thread)
    most = rules.HELPERS - rescue.asked
    willing = those_who_may(people, "could_you_help", most=most, now=now, **about)
    rescue.asked += len(notify(willing, "could_you_help", at=now, **about))
    rescue.save(update_fields=["asked"])
    return True


def claim(thread, now):
    """Whether nobody else has asked for this thread; another who is about to is waited for."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO facilitation_rescue AS known (thread_id, asked_at, asked) "
            "VALUES (%s, %s, 0) ON CONFLICT (thread_id) DO UPDATE SET asked_at = excluded.asked_at "
            "WHERE known.asked < %s AND known.asked_at <= %s AND known.told_at IS NULL",
            [thread.pk, now, rules.HELPERS, now - rules.ASK_AGAIN_AFTER],
        )
        return cursor.rowcount == 1


def opening_of(thread):
    """The key of the thread's first post, if it still stands."""
    posts = Post.objects.standing().filter(thread=thread, author=thread.author_id)
    return posts.order_by("at", "pk").values_list("pk", flat=True).first()


@deed
def tell_facilitators(now):
    """Ask the facilitators about each thread that has waited for three days; once."""
    threads = rows(overdue, now)
    open_cues([cue_for(thread, now) for thread in threads])
    if threads:
        Rescue.objects.filter(thread__in=[thread.pk for thread in threads]).update(told_at=now)


def overdue(now):
    """Threads that have waited for three days and of which no facilitator was told; with `opening`,
    the key of their first post."""
    opening = Post.objects.standing().filter(thread=OuterRef("pk"), author=OuterRef("author"))
    found = unanswered(now).filter(
        opened_at__lte=now - rules.TELL_AFTER, rescue__isnull=False, rescue__told_at=None
    )
    found = found.annotate(opening=Subquery(opening.order_by("at", "pk").values("pk")[:1]))
    return found.exclude(opening=None).order_by("pk").select_related("rescue")


def cue_for(thread, now):
    """Settled, like those of first posts, by anybody's answer (facilitation/welcome)."""
    return Cue(
        kind=Kind.ANSWER,
        key=f"{RESCUE}{thread.pk}",
        group_id=thread.group_id,
        person_id=thread.author_id,
        reason=f"Has waited for three days; {ASKED[thread.rescue.asked]}.",
        subject_type="post",
        subject_id=thread.opening,
        due_at=thread.opened_at,
        created_at=now,
    )


# What came of it


def note_answers(now):
    """Write down which threads have their answer by now."""
    if not rows(one_to_note, now):
        return
    answered = Thread.objects.filter(pk=OuterRef("thread"), answered_at__lte=now)
    rescues = Rescue.objects.filter(Exists(answered), answered_at=None)
    rescues.update(answered_at=Subquery(answered.values("answered_at")[:1]))


def one_to_note(now):
    """One whose thread has its answer by now, if there is any."""
    answered = Thread.objects.filter(pk=OuterRef("thread"), answered_at__lte=now)
    found = Rescue.objects.filter(Exists(answered), answered_at=None)
    return found.order_by().values_list("pk")


def one_answered(since):
    """One whose author may come back yet."""
    found = Rescue.objects.filter(answered_at__gt=since, returned_at=None)
    return found.values_list("pk")[:1]


def note_returns(now):
    """Write down whose author was in the group again on a later day than the answer's, within four
    weeks: only then it counts as rescued."""
    if not rows(one_answered, now - rules.RETURNS_WITHIN):
        return
    keys = rows(returned, now)
    if keys:
        Rescue.objects.filter(pk__in=keys, returned_at=None).update(returned_at=now)


def returned(now):
    """The keys of those whose author has come back."""
    seen = Visit.objects.filter(
        membership__group=OuterRef("thread__group"),
        membership__person=OuterRef("thread__author"),
        on__gt=OuterRef("answered_at__date"),
        on__lte=now.astimezone(UTC).date(),
    )
    waiting = Rescue.objects.filter(
        Exists(seen),
        answered_at__gt=now - rules.RETURNS_WITHIN,
        answered_at__lte=now,
        returned_at=None,
    )
    return waiting.order_by().values_list("pk", flat=True)
