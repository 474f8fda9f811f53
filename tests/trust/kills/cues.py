"""Work for the jobs that ask facilitators for something."""

from datetime import timedelta

from facilitation.cover.actions import go_away
from facilitation.cues import actions as cues
from facilitation.cues import charters, quiet, sisters
from facilitation.cues.models import Cue
from facilitation.cues.sizes import ask_for_facilitators
from facilitation.welcome.actions import watch_first_posts, welcome_newcomers
from microgroups.appeals.actions import appeal, resolve
from microgroups.budding.actions import bud
from microgroups.charter.actions import confirm
from microgroups.groups.models import MicroGroup
from microgroups.membership.actions import admit, join, remove
from microgroups.membership.models import Membership
from network.notifications.models import Notice
from tests.facilitation.test_quiet import old_group, write
from tests.facilitation.test_sisters import full_group
from tests.factories import (
    NOW,
    MicroGroupFactory,
    NetworkFactory,
    PersonFactory,
    crowd,
    facilitator_of,
    member_of,
    say,
    thread_in,
)
from tests.trust.kills.work import DAY, HOUR, MINUTE, work_for


@work_for(
    "run_job:watch_first_posts",
    **{"facilitation.Cue": (1, 4), "network.Notice": (0, 8)},
    mails=6,
)
def first_posts():
    """One that waits an hour, one that waits six, one that waits a day, one that was answered."""
    group = MicroGroupFactory()
    facilitator_of(group)
    keeper = group.memberships.get(is_founder=True).person
    helpers = [member_of(group, now=NOW - 60 * DAY) for _ in range(3)]
    Membership.objects.filter(person__in=helpers).update(last_visit_on=NOW.date())
    threads = {
        hours: thread_in(group, member_of(group, now=NOW - 30 * HOUR), now=NOW - hours * HOUR)
        for hours in (26, 25, 7, 2)
    }
    welcome_newcomers(NOW - 29 * HOUR)
    Cue.objects.all().delete()
    watch_first_posts(NOW - 24 * HOUR - 30 * MINUTE)
    say(threads[26], keeper, now=NOW - 24 * HOUR)
    Notice.objects.all().delete()


@work_for("run_job:ask_for_requests", **{"facilitation.Cue": (1, 4)})
def people_who_knock():
    """Three who knock, and one who has knocked and was let in."""
    group = MicroGroupFactory(join_policy="ask", questions=["Why?"])
    keeper = group.memberships.get(is_founder=True).person
    let_in, *others = PersonFactory.create_batch(4, network=group.network)
    join(group, let_in, answers=["Because."], now=NOW - 20 * DAY)
    cues.ask_for_requests(NOW - 20 * DAY)
    admit(group, let_in, by=keeper, now=NOW - 19 * DAY)
    for person in others:
        join(group, person, answers=["Because."], now=NOW - HOUR)
    Notice.objects.all().delete()


@work_for("run_job:ask_for_appeals", **{"facilitation.Cue": (1, 3)})
def people_who_appeal():
    """Two who ask somebody to look again, and one who has asked and was answered."""
    group = MicroGroupFactory()
    keeper = group.memberships.get(is_founder=True).person
    other = facilitator_of(group)
    made = []
    for at in (NOW - 20 * DAY, NOW - HOUR, NOW - HOUR):
        person = member_of(group)
        place = remove(group, person, by=keeper, reason="It was too loud.", now=at)
        made.append(appeal(place, person, text="It was not me.", now=at))
        cues.ask_for_appeals(NOW - 19 * DAY)
    resolve(made[0], other, decision="upheld", reason="It was.", now=NOW - 18 * DAY)
    Notice.objects.all().delete()


@work_for("run_job:ask_for_facilitators", **{"facilitation.Cue": (2, 3), "network.Notice": (0, 2)})
def groups_that_have_grown():
    """One that was asked two weeks ago, one that has found somebody since, and one that is new."""
    asked, well, new = (MicroGroupFactory() for _ in range(3))
    for group in (asked, well):
        crowd(group, 39)
    ask_for_facilitators(NOW - 14 * DAY)
    facilitator_of(well)
    crowd(new, 39)
    PersonFactory(network=asked.network, network__role="admin")
    Notice.objects.all().delete()


@work_for(
    "run_job:cover_groups",
    **{"facilitation.Cue": (1, 2), "facilitation.Leave": (1, 1), "network.Notice": (0, 1)},
)
def groups_that_need_cover():
    """One whose facilitator was not seen, and one whose facilitator goes away today."""
    for is_seen in (False, True):
        group = MicroGroupFactory()
        keeper = group.memberships.get(is_founder=True).person
        charter = {"subject_type": "charter", "subject_id": group.pk, "due_at": NOW}
        key = f"charter:{group.pk}:test"
        Cue.objects.create(
            group=group, kind="charter", key=key, assigned_to=keeper, created_at=NOW, **charter
        )
        if not is_seen:
            long_ago = {"joined_at": NOW - 99 * DAY, "since": NOW - 99 * DAY}
            last_visit_on = (NOW - 6 * DAY).date()
            group.memberships.filter(person=keeper).update(last_visit_on=last_visit_on, **long_ago)
    week = {"starts_on": NOW.date(), "back_on": (NOW + 7 * DAY).date()}
    go_away(group, keeper, deputy=facilitator_of(group), now=NOW - 3 * DAY, **week)
    Notice.objects.all().delete()


@work_for("run_job:propose_sisters", **{"facilitation.Cue": (1, 2)})
def full_groups_with_two_tables():
    """One that was asked and grows a sister by now, and one that is new."""
    asked = full_group()
    sisters.propose_sisters(NOW)
    bud(asked, asked.keeper, name="A sister", now=NOW)
    full_group()
    Notice.objects.all().delete()


@work_for("run_job:ask_quiet_groups", **{"facilitation.Cue": (1, 3)})
def groups_gone_quiet():
    """One that was asked and talks again, and two that are new."""
    again = old_group()
    quiet.ask_quiet_groups(NOW - DAY)
    write(again, 1, 1, 1)
    for _ in range(2):
        old_group()
    Notice.objects.all().delete()


@work_for("run_job:ask_for_charters", **{"facilitation.Cue": (1, 3)})
def charters_that_are_due():
    """Two that are due, one that was asked for and confirmed since, one that is young."""
    for days in (190, 183, 183, 90):
        group = MicroGroupFactory()
        MicroGroup.objects.filter(pk=group.pk).update(founded_at=NOW - days * DAY)
        charters.ask_for_charters(NOW - 5 * DAY)
    asked = Cue.objects.get().group
    confirm(asked, asked.memberships.get(is_founder=True).person, now=NOW - DAY)
    Notice.objects.all().delete()


@work_for("run_job:notice_absences", **{"facilitation.Absence": (0, 6), "facilitation.Cue": (0, 5)})
def members_gone_quiet():
    """Six of one group: a facilitator is told of five a day."""
    group = MicroGroupFactory(network=NetworkFactory(minimum_age=15))  # so that nobody is nudged
    MicroGroup.objects.filter(pk=group.pk).update(
        alive_days=1006, alive_until=NOW.date() + timedelta(6)
    )
    for days in range(30, 36):
        person = member_of(group)
        Membership.objects.filter(person=person).update(
            joined_at=NOW - 400 * DAY,
            last_visit_on=NOW.date() - timedelta(days),
            last_visit_alive=1000 - days,
            recent_gaps=[2] * 10,
            recent_gaps_sum=20,
        )
    Notice.objects.all().delete()
