"""Somebody of the demo town stayed away twice, and rests so that others get in (R25)."""

from datetime import UTC
from functools import partial

from facilitation.nudges.models import Nudge, State, Step
from facilitation.nudges.resting import rest_silent_members
from facilitation.presence.models import Absence, Level
from microgroups.membership.visits import note_visit


def silences(town, group):
    """They come by, stay away, are told that they will rest, and rest two weeks later."""
    for username, facts in group.get("silent", {}).items():
        for lapse in facts["lapses"]:
            yield town.when(lapse["seen"]), partial(come_by, town, group, username)
        yield town.when(facts["told"]), partial(stay_away, town, group, username, facts)
        yield town.when(facts["rests"]), rest_silent_members


def come_by(town, group, username, *, now):
    note_visit(town.rows[group["slug"]].memberships.of(town.persons[username]), now)


def stay_away(town, group, username, facts, *, now):
    """Both lapses with the words that were sent, in one stroke: the sweeps of half a year would
    take longer than all the rest of the town."""
    membership = town.rows[group["slug"]].memberships.of(town.persons[username])
    for lapse in facts["lapses"]:
        seen, words = town.when(lapse["seen"]), town.when(lapse["words"])
        absence = Absence.objects.create(
            membership=membership,
            last_visit_on=seen.astimezone(UTC).date(),
            level=Level.LAPSED,
            chance=0.01,
            days_away=(words - seen).days,
            usual_gap=membership.group.usual_gap,
            noticed_at=words,
            ended_at=town.when(lapse["back"]) if "back" in lapse else None,
        )
        steps = {Step.FIRST: words}
        if "back" not in lapse:
            steps |= {Step.CHOICE: town.when(facts["asked"]), Step.RESTING: now}
        Nudge.objects.bulk_create(
            Nudge(
                network=town.network,
                group=membership.group,
                absence=absence,
                person=membership.person,
                step=step,
                state=State.SENT,
                opened_at=at,
                sent_at=at,
            )
            for step, at in steps.items()
        )
