"""The days on which somebody was there, and the rhythm that follows from them (domain.md R22)."""

from datetime import UTC

from microgroups.membership import rules
from microgroups.membership.models import Membership, Visit
from network.prepared import first
from network.transactions import deed


def note_visit(membership, now, *, wrote=False):
    """Remember that a member was in the group today, by reading its pages or by a deed.

    Costs nothing when the day is known already. Who lets nobody look at their rhythm leaves no day
    by reading; the days on which they wrote stand beside what they wrote, and tell that the group
    was alive.
    """
    day = now.astimezone(UTC).date()
    known = membership.last_visit_on is not None and membership.last_visit_on >= day
    looked_at = membership.rhythm_paused_at is None
    if membership.is_active and (wrote or (looked_at and not known)):
        keep_visit(membership, day, wrote)


@deed
def keep_visit(membership, day, wrote):
    """Write the day down, with the gap since the visit before, and keep up the person's rhythm."""
    fresh = first(place_to_keep, membership.pk)
    if fresh is None:
        raise Membership.DoesNotExist
    if fresh.rhythm_paused_at is not None and not wrote:
        return
    alive = fresh.group.alive_days_by(day)
    is_new = fresh.last_visit_on is None or fresh.last_visit_on < day
    gap = None
    if is_new and fresh.last_visit_on is not None:
        gap = rules.gap_between(fresh.last_visit_alive, alive)
    Visit.objects.bulk_create(
        [Visit(membership=fresh, on=day, gap=gap, alive=alive, wrote=wrote)],
        ignore_conflicts=not wrote,
        update_conflicts=wrote,
        unique_fields=["membership", "on"] if wrote else None,
        update_fields=["wrote"] if wrote else None,
    )
    if is_new and fresh.rhythm_paused_at is None:
        remember_rhythm(membership, fresh, day, alive, gap)


def place_to_keep(key):
    places = Membership.objects.filter(pk=key).select_related("group")
    return places.select_for_update(no_key=True, of=["self"])


def remember_rhythm(membership, fresh, day, alive, gap):
    """The last visit and the recent gaps, in the row and in the one that came in."""
    gaps = fresh.recent_gaps if gap is None else rules.with_gap(fresh.recent_gaps, gap)
    facts = {
        "last_visit_on": day,
        "last_visit_alive": alive,
        "recent_gaps": gaps,
        "recent_gaps_sum": sum(gaps),
    }
    for field, value in facts.items():
        setattr(membership, field, value)
    membership.save(update_fields=list(facts))


def begin_rhythm(membership, now):
    """The time away before coming in, or while resting, is no gap between two visits."""
    if membership.last_visit_on is not None:
        membership.last_visit_on = None
        membership.save(update_fields=["last_visit_on"])
    note_visit(membership, now)


def arrive(memberships, now):
    """The first day of those who are new to a group, before their rows are written."""
    day = now.astimezone(UTC).date()
    for each in memberships:
        each.last_visit_on, each.last_visit_alive = day, each.group.alive_days_by(day)


def keep_first_days(memberships):
    """Write that day down, when their rows are there; a hundred ask as much as one."""
    Visit.objects.bulk_create(
        Visit(membership=each, on=each.last_visit_on, alive=each.last_visit_alive)
        for each in memberships
    )


def pause_rhythm(membership, now):
    """From now on nobody looks at how often this member comes; `membership` is locked."""
    membership.rhythm_paused_at, membership.last_visit_on = now, None
    membership.save(update_fields=["rhythm_paused_at", "last_visit_on"])


def resume_rhythm(membership, now):
    """Look again, from today; the time between is no gap. `membership` is locked."""
    membership.rhythm_paused_at = None
    membership.save(update_fields=["rhythm_paused_at"])
    begin_rhythm(membership, now)
