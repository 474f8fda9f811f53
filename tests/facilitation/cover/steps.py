"""What is done again and again where a group is covered."""

from datetime import timedelta

from facilitation.cover.actions import go_away
from facilitation.cover.duty import on_duty
from facilitation.cues.models import Cue
from facilitation.welcome.actions import watch_first_posts
from microgroups.membership.models import Membership
from network.notifications.models import Notice
from tests.factories import (
    NOW,
    member_of,
    thread_in,
)

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TODAY = NOW.date()  # a Wednesday
WEDNESDAY = 2


def seen(group, person, day):
    """They were last there on this day, and have been in the group for long."""
    long_ago = NOW - 300 * DAY
    Membership.objects.filter(group=group, person=person).update(
        last_visit_on=day, joined_at=long_ago, since=long_ago
    )


def rings(group, now=NOW):
    return [(each.person, each.circle) for each in on_duty(group, now)]


def away(group, person, days=7, **facts):
    facts = {"starts_on": TODAY, "back_on": TODAY + days * DAY, "now": NOW, **facts}
    return go_away(group, person, **facts)


def waits(group, *, since, assigned_to=None):
    """Somebody new has waited for an answer since then."""
    jun = member_of(group, now=since - HOUR)
    thread_in(group, jun, now=since)
    watch_first_posts(since + HOUR)
    cue = Cue.objects.get(kind="answer", person=jun)
    Cue.objects.filter(pk=cue.pk).update(assigned_to=assigned_to)
    Notice.objects.all().delete()
    return cue


def cue_about(group, person, number):
    return Cue(
        group=group,
        kind="presence",
        key=f"test:{number}",
        person=person,
        reason="Quiet.",
        subject_type="membership",
        subject_id=group.memberships.of(person).pk,
        due_at=NOW,
        created_at=NOW - 50 * DAY,
    )
