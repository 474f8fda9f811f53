"""Noticing who has been away unusually long; what to do about it, a person decides."""

from datetime import UTC, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import DateTimeField, Exists, OuterRef, Value
from django.db.models.functions import TruncDate
from django.utils import timezone

from facilitation.cover.models import Leave
from facilitation.cues.actions import open_cues, settle
from facilitation.cues.models import Cue, Kind, State
from facilitation.presence import rules, sweep
from facilitation.presence.models import Absence
from microgroups.groups.actions import locked
from microgroups.groups.models import MicroGroup
from microgroups.membership.actions import row_of
from microgroups.membership.models import READING, Membership, Visit
from microgroups.membership.visits import pause_rhythm, resume_rhythm
from network.transactions import deed

GROUPS_AT_ONCE = 2000
GONE = "They belong no more, or rest."  # the same words for who lets nobody look
FIRST = UUID(int=0)

# What a member wishes. Neither is written into the log: facilitators and admins read that, and are
# not to learn who lets nobody look.


@deed
def pause(group, person, *, now=None):
    """Let nobody look at how often one comes; what is open about it closes.

    Refuses: not_a_member.
    """
    now = now or timezone.now()
    membership = row_of(locked(group), person, *READING)
    if membership.rhythm_paused_at is not None:
        return membership
    pause_rhythm(membership, now)
    Absence.objects.going_on().filter(membership=membership).update(ended_at=now, is_news=False)
    cues = Cue.objects.filter(kind=Kind.PRESENCE, subject_id=membership.pk)
    settle(cues, State.LAPSED, GONE, now=now)
    return membership


@deed
def resume(group, person, *, now=None):
    """Let Kith look again, from today. Refuses: not_a_member."""
    now = now or timezone.now()
    membership = row_of(locked(group), person, *READING)
    if membership.rhythm_paused_at is not None:
        resume_rhythm(membership, now)
    return membership


# What the sweep does


def notice_absences(now):
    """Measure everybody's silence against their rhythm, and ask facilitators to look."""
    end_absences(now)
    after, measure = FIRST, measure_as_of(now)
    while until := last_of_range(after):
        tell_usual_gaps(after, until, now=now)
        notice_range(after, until, now=now, measure=measure)
        after = until


def measure_as_of(now):
    """The statement that finds who is absent: where nobody has been here since, all stands in the
    rows of the members."""
    is_past = Visit.objects.filter(on__gt=rules.day_of(now)).exists()
    return sweep.MEASURE_THE_PAST if is_past else sweep.MEASURE


@deed
def end_absences(now):
    """End the silences of those who are back or belong no more, and close their cues."""
    take_turns()
    with connection.cursor() as cursor:
        cursor.execute(sweep.END, facts_of(None, None, now))
    settle_presence(now)


def last_of_range(after):
    """The key of the last of the next GROUPS_AT_ONCE groups, or None when there are none."""
    keys = MicroGroup.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)
    return max(keys[:GROUPS_AT_ONCE], default=None)


@deed
def tell_usual_gaps(after, until, *, now):
    """How long people of each group in the range usually stay away; once a week.

    By itself, so that the rows of groups are held no longer than it takes.
    """
    take_turns()
    with connection.cursor() as cursor:
        cursor.execute(sweep.USUAL_GAPS, facts_of(after, until, now))


@deed
def notice_range(after, until, *, now, measure):
    """Write down who of a range of groups is absent; a few a day become cues."""
    take_turns()
    facts = facts_of(after, until, now)
    with connection.cursor() as cursor:
        cursor.execute(measure, facts)
        cursor.execute(sweep.NEWS, facts)
        news = cursor.fetchall()
    if news:
        open_cues([cue_for(row, facts["today"], now) for row in news])
        Absence.objects.filter(pk__in=[row[0] for row in news]).update(is_news=False)


def facts_of(after, until, now):
    """What each statement of the sweep is told."""
    return {
        "after": after,
        "until": until,
        "now": now,
        "today": rules.day_of(now),
        "settled": now - rules.NEW_FOR,
    }


def take_turns():
    """Wait until another worker has finished its part of the sweep."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('notice_absences'))")


def cue_for(row, today, now):
    """The cue of one row of sweep.NEWS."""
    _, membership, person, group, last_visit_on, _, usual = row
    return Cue(
        kind=Kind.PRESENCE,
        key=f"presence:{membership}:{last_visit_on}",
        group_id=group,
        person_id=person,
        reason=rules.in_words(usual, (today - last_visit_on).days),
        subject_type="membership",
        subject_id=membership,
        due_at=now,
        created_at=now,
    )


def settle_presence(now):
    """Close the cues of those who are back, and of those who have left."""
    going_on = Absence.objects.going_on().filter(membership=OuterRef("subject_id"))
    over = Cue.objects.open().filter(~Exists(going_on), kind=Kind.PRESENCE)
    over = Cue.objects.filter(pk__in=list(over.values_list("pk", flat=True)))
    today = rules.day_of(now)
    away = Leave.objects.filter(
        group=OuterRef("group"),
        person=OuterRef("person"),
        starts_on__lte=today,
        back_on__gt=today - timedelta(days=rules.FLOOR),
    )
    here = Membership.objects.active().filter(
        ~Exists(away), pk=OuterRef("subject_id"), rhythm_paused_at=None, group__state="open"
    )
    settle(over.filter(Exists(here)), State.DONE, "They are back.", now=now)
    settle(over, State.LAPSED, GONE, now=now)


def is_back(now):
    """A condition on cues: their person was here within a week, or belongs no more.

    Nobody is absent so soon by any rhythm: the next sweep will say the same.
    """
    today = TruncDate(Value(now, DateTimeField()), tzinfo=UTC)
    away = Membership.objects.active().filter(
        last_visit_on__lte=today - timedelta(days=rules.FLOOR)
    )
    return ~Exists(away.filter(pk=OuterRef("subject_id")))
