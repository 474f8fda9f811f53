"""Noticing who has been away unusually long; what to do about it, a person decides."""

from datetime import UTC, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from facilitation.cues.actions import settle
from facilitation.cues.models import Cue, Kind, State
from facilitation.presence import rules, sweep
from facilitation.presence.models import Absence
from microgroups.groups.models import MicroGroup

NEW_FOR = timedelta(days=14)  # newcomers are welcomed, not measured
GROUPS_AT_ONCE = 500


def notice_absences(now):
    """Measure everybody's silence against their rhythm, and ask facilitators to look."""
    after = UUID(int=0)
    while until := last_of_range(after):
        notice_range(after, until, now=now)
        after = until


def last_of_range(after):
    """The key of the last of the next GROUPS_AT_ONCE groups, or None when there are none."""
    keys = MicroGroup.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)
    return max(keys[:GROUPS_AT_ONCE], default=None)


@transaction.atomic
def notice_range(after, until, *, now):
    """One range of groups, in one transaction; two workers on one range take turns."""
    facts = {
        "after": after,
        "until": until,
        "now": now,
        "today": now.astimezone(UTC).date(),
        "settled": now - NEW_FOR,
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('notice_absences'))")
        cursor.execute(sweep.USUAL_GAPS, facts)
        cursor.execute(sweep.MEASURE, facts)
        cursor.execute(sweep.END, facts)
        cursor.execute(sweep.NEWS, facts)
        news = cursor.fetchall()
    Cue.objects.bulk_create(
        [cue_for(absence, facts["today"], now) for absence in news], ignore_conflicts=True
    )
    settle_presence(after, until, now=now)


def cue_for(absence, today, now):
    """The cue of one row of sweep.NEWS."""
    _, membership, person, group, last_visit_on, usual = absence
    return Cue(
        group_id=group,
        kind=Kind.PRESENCE,
        key=f"presence:{membership}:{last_visit_on}",
        person_id=person,
        reason=rules.in_words(usual, (today - last_visit_on).days),
        subject_type="membership",
        subject_id=membership,
        due_at=now,
        created_at=now,
    )


def settle_presence(after, until, *, now):
    """Close the cues of those who are back, and of those who have left."""
    going_on = Absence.objects.going_on().filter(membership=OuterRef("subject_id"))
    cues = Cue.objects.filter(
        kind=Kind.PRESENCE, state=State.OPEN, group__gt=after, group__lte=until
    )
    over = cues.exclude(Exists(going_on))
    active = MicroGroup.objects.filter(
        pk=OuterRef("group"),
        memberships__person=OuterRef("person"),
        memberships__state="active",
    )
    settle(over.filter(Exists(active)), State.DONE, "They are back.", now=now)
    settle(over.exclude(Exists(active)), State.LAPSED, "They belong no more, or rest.", now=now)
