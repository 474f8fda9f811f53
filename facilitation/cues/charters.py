"""Twice a year the facilitators are asked: is this still us?"""

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce

from facilitation.cues.actions import are_open, open_cues, settle_those
from facilitation.cues.models import Cue, Kind, State
from microgroups.charter.rules import HALF_A_YEAR, last_due
from microgroups.groups.models import MicroGroup
from microgroups.membership.models import Membership
from network.prepared import rows


def ask_for_charters(now):
    """Ask for each charter that is due; close the cues of those that were confirmed since.

    Half a year after a group began, or its charter was confirmed; then every half a year, where
    that was left be. An imported group is asked once somebody facilitates it.
    """
    if are_open(Kind.CHARTER):
        settle_those(Kind.CHARTER, is_confirmed, State.DONE, "The charter is confirmed.", now=now)
    open_cues([charter_cue(group, now) for group in rows(due, now)])


def due(now):
    """Open groups that somebody facilitates, due by `now` and not asked for this half year."""
    asked = Cue.objects.filter(kind=Kind.CHARTER, group=OuterRef("pk"))
    asked = asked.filter(Q(state=State.OPEN) | Q(due_at__gt=now - HALF_A_YEAR))
    cared_for = Membership.objects.facilitating().filter(group=OuterRef("pk"))
    groups = MicroGroup.objects.open().filter(Exists(cared_for))
    groups = groups.annotate(since=Coalesce("charter_confirmed_at", "founded_at"))
    groups = groups.filter(~Exists(asked), since__lte=now - HALF_A_YEAR).order_by("pk")
    return groups.defer("search")


def charter_cue(group, now):
    due_at = last_due(group.since, now)
    if group.charter_confirmed_at:
        reason = f"The charter was last confirmed on {group.since:%-d %B %Y}."
    else:
        reason = f"The charter has stood since {group.since:%-d %B %Y}; is it still yours?"
    return Cue(
        kind=Kind.CHARTER,
        key=f"charter:{group.pk}:{due_at.timestamp():.6f}",
        group=group,
        reason=reason,
        subject_type="charter",
        subject_id=group.pk,
        due_at=due_at,
        created_at=now,
    )


def is_confirmed(now):
    """A condition on cues: their charter was confirmed since it was due."""
    since = MicroGroup.objects.filter(
        pk=OuterRef("group"),
        charter_confirmed_at__gte=OuterRef("due_at"),
        charter_confirmed_at__lte=now,
    )
    return Exists(since)
