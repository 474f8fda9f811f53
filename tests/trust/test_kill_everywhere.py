"""Every job killed everywhere, doubled and put to sleep: one effect, and nothing is lost.

`make test` kills each job at two points and has it done twice at once at one; the long form does
both at all points, or at forty spread evenly.
"""

from collections import Counter
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import transaction

from facilitation.cover.actions import go_away
from facilitation.cues import actions as cues
from facilitation.cues import charters, quiet, sisters
from facilitation.cues.models import Cue
from facilitation.cues.sizes import ask_for_facilitators
from facilitation.distress.actions import call_for_help, see
from facilitation.moderation.models import Report
from facilitation.moderation.redirects import accept, redirect
from facilitation.moderation.reporting import report
from facilitation.nudges.models import Nudge, NudgeHabit
from facilitation.presence.models import Absence
from facilitation.rescue.actions import rescue_threads
from facilitation.starters import actions as starters
from facilitation.starters.drafting import draft_starters
from facilitation.welcome.actions import watch_first_posts, welcome_newcomers
from microgroups.appeals.actions import appeal, resolve
from microgroups.budding.actions import bud
from microgroups.budding.choosing import choose
from microgroups.budding.finishing import finish
from microgroups.charter.actions import confirm
from microgroups.conversation.actions import delete_post, delete_thread, edit_post
from microgroups.conversation.models import Post, Thread
from microgroups.digest.models import Digest
from microgroups.groups.actions import approve, propose
from microgroups.groups.drafts import GroupDraft, begin
from microgroups.groups.models import MicroGroup
from microgroups.groups.pledging import pledge
from microgroups.membership.actions import admit, change_role, join, leave, remove
from microgroups.membership.invitations import invite_person, make_link
from microgroups.membership.letters import Letter, invite_addresses
from microgroups.membership.models import Membership
from network.config.celery import app
from network.notifications.actions import claim_due, notify, stop_mail
from network.notifications.models import Attention, Mail, Notice
from network.notifications.tasks import deliver_notices
from network.operations import jobs, tasks
from network.operations.models import JobRun
from network.people.models import Person
from network.registries import periodic_jobs
from network.tokens.models import IdempotencyKey
from tests.facilitation.test_quiet import old_group, write
from tests.facilitation.test_sisters import full_group
from tests.factories import (
    NOW,
    MicroGroupFactory,
    NetworkFactory,
    PersonFactory,
    admin_of,
    crowd,
    facilitator_of,
    member_of,
    moderator_of,
    say,
    thread_in,
)
from tests.microgroups.test_groups import CHARTER
from tests.processes import until
from tests.trust import killpoints
from tests.trust.killpoints import World

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WORK = {}


def work_for(job, **changes):
    """Work for a job. `changes`: how many rows of each table are gone and new when it is done."""

    def named(build):
        WORK[job] = build, changes
        return build

    return named


# One piece of work for each job


LETTERS = {"network.Notice": (6, 6), "microgroups.Letter": (2, 2)}


@work_for("run_job:deliver_notices", **LETTERS, mails=5)
def notices_to_mail():
    """Four to be mailed, one for somebody who wants no mail, one for somebody who sleeps; and two
    letters that invite, one to somebody who lives in the group by now."""
    group = MicroGroupFactory()
    people = [member_of(group) for _ in range(4)]
    stopped = member_of(group)
    stop_mail(stopped, "care", now=NOW)
    asleep = member_of(group, person=PersonFactory(network=group.network, time_zone="Asia/Tokyo"))
    tell(group, [*people, stopped, asleep])
    keeper, addresses = people_of(group)
    invite_addresses(group, [*addresses, "hilde@people.example"], by=keeper, now=NOW - HOUR)


def people_of(group):
    """(who looks after the group, the address of somebody in it)"""
    return group.memberships.get(is_founder=True).person, [member_of(group).email]


def tell(group, people, cause="test"):
    Notice.objects.all().delete()
    notify(
        people,
        "note",
        network=group.network,
        subject=("group", group.pk),
        cause=cause,
        at=NOW - HOUR,
        actor=group.memberships.get(is_founder=True).person,
        group=group,
        words="Hello",
    )


@work_for("deliver_notices", **LETTERS, mails=5)
def the_same_asked_for_by_a_commit():
    notices_to_mail()


@work_for("run_job:settle_unknown_mails", **{"network.Notice": (4, 4)}, mails=1)
def mails_whose_process_died():
    """Two that were being handed over, one that has ended every process, one for another try."""
    group = MicroGroupFactory()
    tell(group, [member_of(group) for _ in range(4)])
    claim_due(now=NOW - HOUR)
    first, second, third, _ = Notice.objects.order_by("pk").values_list("pk", flat=True)
    Notice.objects.filter(pk__in=[first, second]).update(mail=Mail.HANDING_OVER)
    Notice.objects.filter(pk=third).update(attempts=8)


@work_for("run_job:forget_attention", **{"network.Attention": (2, 0)})
def old_answers_of_the_gate():
    """Two of more than 400 days ago, and one of yesterday."""
    group = MicroGroupFactory()
    person = member_of(group)
    facts = {"network": group.network, "group": group, "subject": ("group", group.pk)}
    for days in (402, 401, 1):
        notify([person], "seat_offered", cause=f"{days}", at=NOW - days * DAY, **facts)
    Notice.objects.all().delete()


@work_for("run_job:forget_old_runs", **{"network.JobRun": (3, 0)})
def runs_of_long_ago():
    JobRun.objects.bulk_create(
        JobRun(job="of_long_ago", slot=slot, started_at=slot, finished_at=slot)
        for slot in (NOW - days * DAY for days in (13, 15, 16, 17))
    )


@work_for("run_job:forget_sessions", **{"sessions.Session": (3, 0)})
def sessions_that_ran_out():
    for number, days in enumerate((1, -1, -2, -3)):
        Session.objects.create(session_key=f"session{number}", expire_date=NOW + days * DAY)


@work_for("run_job:forget_old_answers", **{"network.IdempotencyKey": (3, 0)})
def answers_that_nobody_can_ask_for():
    group = MicroGroupFactory()
    person = member_of(group)
    IdempotencyKey.objects.bulk_create(
        IdempotencyKey(
            person=person,
            network=group.network,
            method="POST",
            path="/",
            key=f"key {hours}",
            body_digest=b"",
            created_at=NOW - hours * HOUR,
        )
        for hours in (23, 26, 27, 28)
    )


@work_for(
    "run_job:forget_deleted",
    **{
        "microgroups.Mention": (3, 0),
        "microgroups.Post": (4, 4),
        "microgroups.PostVersion": (3, 0),
        "microgroups.Thread": (1, 1),
    },
)
def words_that_were_taken_back():
    """Three posts with a history and a mention, and a thread with its first post."""
    group = MicroGroupFactory()
    writer, other = member_of(group), member_of(group)
    thread = thread_in(group, writer, now=NOW - 20 * DAY)
    for _ in range(3):
        post = say(thread, writer, f"Hello @{other.username}", now=NOW - 17 * DAY)
        edit_post(post, writer, body=f"Good day @{other.username}", now=NOW - 17 * DAY)
        delete_post(post, writer, now=NOW - 15 * DAY)
    gone = thread_in(group, writer, now=NOW - 20 * DAY)
    delete_thread(gone, writer, now=NOW - 15 * DAY)


@work_for(
    "run_job:offer_free_seats",
    **{
        "microgroups.Membership": (4, 4),
        "network.Activity": (0, 4),
        "network.Notice": (0, 4),
    },
    mails=2,
)
def offers_that_ran_out():
    """In two groups an offer has run out, and somebody waits behind it."""
    for _ in range(2):
        group = MicroGroupFactory(cap=3)
        seated = [member_of(group, now=NOW - 90 * DAY) for _ in range(2)]
        for minutes in range(3):
            join(group, PersonFactory(network=group.network), now=NOW - 80 * DAY + minutes * MINUTE)
        leave(group, seated[0], now=NOW - 73 * HOUR)
    Notice.objects.all().delete()


@work_for(
    "run_job:forget_drafts",
    **{"microgroups.GroupDraft": (5, 3), "network.Notice": (0, 3)},
    mails=3,
)
def drafts_that_were_left():
    """Three to warn of, two that go, one that was touched of late."""
    network = NetworkFactory()
    for days in (1, 24, 25, 26, 31, 32):
        begin(network, PersonFactory(network=network), name="Figs", now=NOW - days * DAY)
    warned = GroupDraft.objects.filter(touched_at__lt=NOW - 30 * DAY)
    warned.update(warned_at=NOW - 8 * DAY)


@work_for(
    "run_job:end_proposals",
    **{"network.Activity": (0, 4), "network.Notice": (0, 4)},
    mails=4,
)
def proposals_short_of_their_bar():
    """Two to warn of, two that are declined, one that has what it needs."""
    network = NetworkFactory(founding_pledges=1)
    for days in (24, 25, 31, 32, 33):
        founder = PersonFactory(network=network)
        charter = {**CHARTER, "name": f"Figs {days}"}
        group = propose(network, founder, now=NOW - days * DAY, **charter)
    pledge(group, PersonFactory(network=network), now=NOW - 20 * DAY)
    warned = MicroGroup.objects.filter(proposed_at__lt=NOW - 30 * DAY)
    warned.update(warned_at=NOW - 8 * DAY)
    Notice.objects.all().delete()


@work_for(
    "run_job:expire_invitations",
    **{
        "microgroups.Invitation": (4, 4),
        "microgroups.Membership": (3, 3),
        "network.Activity": (0, 7),
    },
)
def invitations_that_ran_out():
    """In two groups: three by name, a link, and one by name that is still good."""
    for people in (2, 1):
        group = MicroGroupFactory()
        keeper = group.memberships.get(is_founder=True).person
        for _ in range(people):
            person = PersonFactory(network=group.network)
            invite_person(group, person, by=keeper, now=NOW - 15 * DAY)
    make_link(group, by=keeper, now=NOW - 15 * DAY)
    invite_person(group, PersonFactory(network=group.network), by=keeper, now=NOW - HOUR)
    Notice.objects.all().delete()


@work_for(
    "run_job:remind_invitations",
    **{
        "microgroups.Invitation": (3, 3),
        "microgroups.Letter": (0, 1),
        "network.Notice": (0, 2),
    },
    mails=3,
)
def invitations_without_an_answer():
    """In two groups: two by name and one by mail of two days ago, one by name of today."""
    for group in (MicroGroupFactory(), MicroGroupFactory()):
        keeper = group.memberships.get(is_founder=True).person
        person = PersonFactory(network=group.network)
        invite_person(group, person, by=keeper, now=NOW - 2 * DAY)
    invite_addresses(group, ["hilde@people.example"], by=keeper, now=NOW - 2 * DAY)
    Letter.objects.update(mail=Mail.SENT, mailed_at=NOW - 2 * DAY)
    invite_person(group, PersonFactory(network=group.network), by=keeper, now=NOW)
    Notice.objects.all().delete()


@work_for(
    "run_job:welcome_newcomers",
    **{
        "facilitation.Cue": (1, 4),
        "facilitation.Welcome": (0, 3),
        "network.Notice": (0, 3),
    },
    mails=3,
)
def newcomers():
    """Three to be greeted, and one who was greeted and has been met since."""
    group = MicroGroupFactory()
    early = member_of(group, now=NOW - 5 * HOUR)
    welcome_newcomers(NOW - 4 * HOUR)
    thread = thread_in(group, early, now=NOW - 3 * HOUR)
    keeper = group.memberships.get(is_founder=True).person
    say(thread, keeper, now=NOW - 2 * HOUR)
    for _ in range(3):
        member_of(group, now=NOW - HOUR)
    Notice.objects.all().delete()


@work_for(
    "run_job:take_first_steps",
    **{"facilitation.Cue": (2, 4), "network.Attention": (0, 2), "network.Notice": (0, 2)},
    mails=2,
)
def first_days_of_newcomers():
    """Two who have not written in four days, two who came ten days ago and were answered."""
    group = MicroGroupFactory()
    keeper = group.memberships.get(is_founder=True).person
    for days in (10, 10, 4, 4):
        person = member_of(group, now=NOW - days * DAY)
        welcome_newcomers(NOW - days * DAY)
        if days == 10:
            say(thread_in(group, person, now=NOW - days * DAY), keeper, now=NOW - days * DAY)
    welcome_newcomers(NOW - DAY)
    Notice.objects.all().delete()


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
        keeper, _ = people_of(group)
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


@work_for(
    "run_job:finish_budding",
    **{
        "microgroups.Budding": (3, 3),
        "microgroups.Membership": (2, 4),
        "network.Notice": (0, 5),
    },
)
def groups_that_grow_a_sister():
    """One whose day has come, one with three days left, and one whose people were in both."""
    for begun in (NOW - 14 * DAY, NOW - 12 * DAY, NOW - 45 * DAY):
        network = NetworkFactory()
        host = PersonFactory(network=network)
        group = MicroGroupFactory(network=network, founder=host)
        goes, tries = member_of(group), member_of(group)
        found = bud(group, host, name="Sister", facilitator=goes, now=begun)
        approve(found.sister, admin_of(group.network), now=begun)
        choose(group, goes, choice="go", now=begun)
        choose(group, tries, choice="both", now=begun)
    finish(group, host, now=NOW - 31 * DAY)
    MicroGroup.objects.update(usual_gap_on=NOW.date())  # so that no other job writes on them
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


@work_for("run_job:end_reviews", **{"facilitation.Decision": (2, 2)})
def posts_that_reports_have_hidden():
    """Two of yesterday, that nobody has decided about."""
    group = MicroGroupFactory()
    askers, thread = [member_of(group) for _ in range(2)], thread_in(group, now=NOW - 3 * DAY)
    Membership.objects.filter(group=group).update(joined_at=NOW - 30 * DAY)
    for _ in range(2):
        post = say(thread, member_of(group), now=NOW - 2 * DAY)
        for asker in askers:
            facts = {"reason": "Look.", "now": NOW - 25 * HOUR}
            report(asker, "post", post.pk, group.network, **facts)
    past = {"joined_at": NOW - 30 * DAY, "first_post_at": NOW - 30 * DAY}
    Membership.objects.filter(group=group).update(**past)  # so that no other job has work
    Notice.objects.all().delete()


@work_for("run_job:ring_on", **{"facilitation.Distress": (2, 2)})
def calls_for_help_that_nobody_has_seen():
    """Two of a quarter of an hour ago, and one that somebody has seen."""
    group = MicroGroupFactory()
    moderator_of(group.network)
    for _ in range(3):
        call = call_for_help(group, member_of(group), now=NOW - 15 * MINUTE)
    see(call, group.founder, now=NOW - 14 * MINUTE)
    Notice.objects.all().delete()


def grown_up(people=6):
    """A group that is no longer new, and its founder."""
    group = MicroGroupFactory()
    crowd(group, people)
    MicroGroup.objects.filter(pk=group.pk).update(founded_at=NOW - 60 * DAY)
    return group, group.memberships.get(is_founder=True).person


@work_for("run_job:draft_starters", **{"facilitation.Starter": (1, 3), "facilitation.Cue": (1, 3)})
def groups_to_be_asked_something():
    """Two: in one a draft has waited for two weeks, and another takes its place."""
    grown_up()
    draft_starters(NOW - 15 * DAY)
    grown_up()
    Notice.objects.all().delete()


STARTED = {"facilitation.Starter": (2, 2), "facilitation.Cue": (0, 1)}


@work_for("run_job:publish_starters", **STARTED)
def starters_to_ask():
    """One in the name of who looks after the group, one in that of somebody who no more does."""
    group, host = grown_up(0)
    gone = facilitator_of(group)
    for person in (host, gone):
        starter = starters.write(group, person, title="What?", body="One.", now=NOW - 2 * DAY)
        starters.publish(starter, person, at=NOW - HOUR, now=NOW - 2 * DAY)
    change_role(group, gone, "member", by=host, now=NOW - DAY)
    Notice.objects.all().delete()


ASKED = {"facilitation.Starter": (1, 1), "facilitation.Cue": (1, 1), "microgroups.Thread": (0, 1)}


@work_for("run_job:ask_as_kith", **ASKED)
def drafts_left_to_kith():
    """One that nobody has seen to for a day, and one that may not be asked yet; by day."""
    for hours in (26, 2):
        group, host = grown_up()
        starters.let_kith_ask(group, host, by_kith=True, now=NOW - 2 * DAY)
        draft_starters(NOW - hours * HOUR)
    Person.objects.update(time_zone=f"Etc/GMT{NOW.hour - 12:+d}")
    Notice.objects.all().delete()


RESCUED = {"facilitation.Rescue": (1, 2), "facilitation.Cue": (0, 1), "network.Notice": (0, 1)}


@work_for("run_job:rescue_threads", **RESCUED)
def threads_nobody_answers():
    """One that waits for a day, which somebody may know, and one for three."""
    group, _ = grown_up(0)
    jun, oskar = member_of(group), member_of(group)
    late, fresh, similar = (thread_in(group, jun, title) for title in ("Soup", "Worms", "A worm"))
    say(similar, oskar)
    Thread.objects.filter(pk=similar.pk).update(opened_at=NOW - 9 * DAY)
    Post.objects.filter(thread=similar).update(at=NOW - 8 * DAY)
    Thread.objects.filter(pk=late.pk).update(opened_at=NOW - 74 * HOUR)
    Thread.objects.filter(pk=fresh.pk).update(opened_at=NOW - 200 * HOUR, closed_at=NOW)
    Membership.objects.filter(person=jun).update(first_post_at=NOW - 90 * DAY)
    Membership.objects.update(last_visit_on=None)
    rescue_threads(NOW - 40 * HOUR)
    Membership.objects.filter(person=oskar).update(last_visit_on=NOW.date())
    Thread.objects.filter(pk=fresh.pk).update(opened_at=NOW - 25 * HOUR, closed_at=None)
    Notice.objects.all().delete()


@work_for(
    "tick",
    **{
        "facilitation.Cue": (1, 4),
        "facilitation.Welcome": (0, 3),
        "network.Notice": (0, 3),
    },
    mails=3,
)
def whatever_is_due():
    newcomers()


@work_for(
    "run_job:draft_nudges",
    **{
        "facilitation.Nudge": (2, 3),
        "facilitation.Cue": (1, 1),
        "network.Attention": (0, 1),
        "network.Notice": (0, 1),
    },
    mails=1,
)
def people_to_write_to():
    """One draft that the group leaves to Kith, one to somebody who is back, and one to open."""
    group = MicroGroupFactory()
    NudgeHabit.objects.create(group=group, by_kith=True)
    left, lapsing, _ = (missed(group) for _ in range(3))
    for absence in (left, lapsing):
        Nudge.objects.create(
            network=group.network,
            group=group,
            absence=absence,
            person=absence.membership.person,
            step=1,
            body="Would you look in?",
            opened_at=NOW - 4 * DAY,
        )
    Absence.objects.filter(pk=lapsing.pk).update(ended_at=NOW)
    Cue.objects.filter(person=lapsing.membership.person).delete()
    Notice.objects.all().delete()
    Attention.objects.all().delete()


@work_for(
    "run_job:rest_silent_members",
    **{
        "facilitation.Nudge": (0, 1),
        "microgroups.Membership": (2, 2),
        "network.Attention": (0, 3),
        "network.Notice": (0, 3),
    },
    mails=3,
)
def people_who_let_two_lapses_pass():
    """One to be told, and one who was told two weeks ago; somebody waits for a seat of each."""
    for told in (NOW, None):
        group = MicroGroupFactory(cap=2)
        absence = missed(group)
        member_of(group)
        facts = {"network": group.network, "group": group, "absence": absence}
        facts |= {"person": absence.membership.person, "state": "sent"}
        for step, days in ((3, 95), (4, 15))[: 1 if told else 2]:
            at = NOW - days * DAY
            Nudge.objects.create(step=step, opened_at=at, sent_at=at, **facts)
    Notice.objects.all().delete()
    Attention.objects.all().delete()


@work_for(
    "run_job:move_threads",
    **{
        "facilitation.Decision": (2, 2),
        "microgroups.Thread": (1, 1),
        "microgroups.Post": (2, 2),
    },
)
def threads_that_may_move():
    """One to which everybody has said yes, and that was held by a report; one that nobody
    answered; one about which somebody else is still to be asked."""
    group = MicroGroupFactory()
    keeper = group.memberships.get(is_founder=True).person
    place = MicroGroupFactory(network=group.network, founder=keeper)
    said = {"step": "move", "to": place.slug, "reason": "It fits there."}
    for days, answer in ((3, "yes"), (8, None), (1, None)):
        author = member_of(group)
        thread = thread_in(group, author, now=NOW - 10 * DAY)
        say(thread, keeper, now=NOW - 9 * DAY)
        decision = redirect(thread, keeper, now=NOW - days * DAY, **said)
        if answer:
            made = report(author, "post", thread.posts.last().pk, group.network, reason="Look.")
            accept(decision, author, now=NOW)
            Report.objects.filter(pk=made.pk).update(verdict="keep", decided_at=NOW)
    Notice.objects.all().delete()


def missed(group):
    """A member who has lapsed, about whom the facilitators are asked."""
    place = group.memberships.of(member_of(group))
    last = NOW.date() - timedelta(30)
    Membership.objects.filter(pk=place.pk).update(last_visit_on=last)
    facts = {"level": "lapsed", "chance": 0.01, "days_away": 30, "usual_gap": 3}
    absence = Absence.objects.create(
        membership=place, last_visit_on=last, noticed_at=NOW - DAY, **facts
    )
    Cue.objects.create(
        group=group,
        kind="presence",
        key=f"presence:{place.pk}:{last}",
        person=place.person,
        reason="Usually here every 3 days; now it has been 30 days.",
        subject_type="membership",
        subject_id=place.pk,
        due_at=NOW - DAY,
        created_at=NOW - DAY,
    )
    return absence


@work_for("run_job:gather_digests", **{"microgroups.Digest": (1, 2)}, mails=2)
def digests_to_gather():
    """Two for whom an answer waits in their evening, one whose afternoon it is, and a row that
    nobody needs any more."""
    group, before = MicroGroupFactory(), NOW - 100 * DAY
    facts = {"network": group.network, "joined_at": before}
    zones = ("Asia/Dhaka", "Asia/Dhaka", "Europe/Vienna")
    people = [member_of(group, person=PersonFactory(**facts, time_zone=zone)) for zone in zones]
    other = member_of(group)
    for person in people:
        say(thread_in(group, person), other)
    Notice.objects.exclude(kind="reply").delete()
    Notice.objects.update(at=NOW - HOUR)
    Digest.objects.create(
        network=group.network, person=other, period=before, since=before, until=before
    )


# The proof


def test_every_job_and_every_task_has_work_here():
    ours = {name for name in app.tasks if not name.startswith("celery.")}
    tasks_killed = {name for name in WORK if ":" not in name}
    jobs_killed = {name.partition(":")[2] for name in WORK} - {""}

    assert jobs_killed == set(periodic_jobs), "give the new job a piece of work_for(…) above"
    assert {name.rpartition(".")[2] for name in ours} == {
        *tasks_killed,
        "run_job",  # in which all the others run
        "heartbeat",  # one row that the next one writes again
    }, "give the new task a piece of work_for(…) above"


@pytest.fixture(scope="module")
def stage(tmp_path_factory, django_db_setup, django_db_blocker):
    folder = tmp_path_factory.mktemp("orders")
    with django_db_blocker.unblock(), killpoints.stage(folder) as found:
        yield found


@pytest.fixture(params=WORK)
def play(request, stage):
    """Work for one task: the world before it, and what becomes of it undisturbed."""
    stage.use("prefork")
    return Play(request.param, stage)


@pytest.fixture(params=WORK)
def lonely_play(request, stage):
    """The same where one process is all."""
    stage.use("solo")
    return Play(request.param, stage)


class Play:
    def __init__(self, victim, stage):
        self.victim, self.stage = victim, stage
        build, changes = WORK[victim]
        with transaction.atomic():
            build()
            transaction.get_connection().run_on_commit.clear()  # nobody hears of it yet
            killpoints.leave_due(self.victim)
        self.world = World()
        assert self.undisturbed(changes) == changes

    def undisturbed(self, labels):
        """What becomes of it when nobody dies: {label of a table, or "mails": what changed}."""
        self.begin()
        self.steps = self.stage.told("steps")
        self.stage.settle()
        self.end = self.world.facts()
        self.letters = self.stage.letters()
        changed = {**self.world.changes(), "mails": self.letters.total()}
        return {label: changed.get(label) for label in labels}

    def ask(self):
        """Ask for the work as it is asked for by itself."""
        (deliver_notices if self.victim == "deliver_notices" else tasks.tick).delay()

    def begin(self, **orders):
        """Put the world back and do the work, as ordered."""
        self.stage.put_back(self.world)
        self.stage.run(self.ask, victim=self.victim, **orders)

    def overlap(self, point):
        """A twin does the same work in a slot of its own while the first stands at the point.

        The first goes on when the twin has ended, or waits for what the first holds.
        """
        self.stage.put_back(self.world)
        self.stage.order(NOW, victim=self.victim, fate="SIGSTOP", point=point)
        self.ask_for_slot(0)
        until(lambda: self.stage.told("met"), 60, pace=0.01)
        self.ask_for_slot(1)
        until(lambda: self.stage.busy() == 1 or killpoints.somebody_waits_for_a_lock(), pace=0.02)
        killpoints.wake(self.stage.told("met")["pid"])
        self.stage.wait()
        self.stage.settle()
        self.assert_one_effect()

    def ask_for_slot(self, before):
        """Ask for the work of the job's present slot, or of one so many before it."""
        job = self.victim.partition(":")[2]
        if job:
            slot = jobs.slot_at(job, NOW) - before * jobs.every(job)
            tasks.run_job.apply_async([job, slot.isoformat()], queue="now")
        else:
            self.ask()

    def kill(self, point):
        """Kill who does the work at the point, and let the others settle it."""
        self.begin(fate="SIGKILL", point=point)
        self.stage.settle()
        on_the_way = killpoints.is_on_the_way(self.steps, *point)
        lost = on_the_way and not killpoints.has_left(self.steps, *point)
        self.assert_one_effect(unknown=on_the_way, lost=lost)

    def put_to_sleep(self, point):
        """Who does the work falls asleep at the point, and wakes when others have settled it."""
        self.begin(fate="SIGSTOP", point=point, left=1)
        until(killpoints.nothing_is_locked, 60)
        self.stage.settle(left=1)
        killpoints.wake(self.stage.told("met")["pid"])
        self.stage.wait()
        self.assert_one_effect(unknown=killpoints.is_on_the_way(self.steps, *point))

    def cut_off(self, point):
        """The database ends all connections while who does the work is at the point."""
        self.begin(fate="SIGSTOP", point=point, left=1)
        killpoints.end_connections()
        killpoints.wake(self.stage.told("met")["pid"])
        self.stage.wait()
        self.stage.settle()
        self.assert_one_effect(unknown=killpoints.is_on_the_way(self.steps, *point))

    def assert_one_effect(self, *, unknown=0, lost=0):
        """The world has become what it becomes undisturbed.

        Of a letter that was being handed over nobody knows whether it has arrived: it is never
        sent again (trust.md §11), and its notice, which stands in the app, says `unknown`.
        """
        end, letters = self.world.facts(), self.stage.letters()
        missing, extra = self.end - end, end - self.end
        if unknown:
            extra = Counter(as_sent(row) for row in extra)
        assert letters - self.letters == Counter(), "somebody was written to twice"
        assert sorted(extra - missing) == sorted(missing - extra)
        assert missing.total() == unknown
        assert (self.letters - letters).total() == lost


def as_sent(row):
    """The row of a notice whose mail is unknown, as it is when the mail has arrived."""
    told = {"mail=unknown": "mail=sent", "mailed_at=None": "mailed_at=later"}
    return tuple(told.get(part, part) for part in row)


def test_a_job_killed_halfway_or_at_its_end_or_done_twice_at_once_has_one_effect(play):
    for point in killpoints.telling(play.steps)[1:]:
        play.kill(point)

    play.overlap(killpoints.overlapping(play.steps)[0])


@pytest.mark.long
def test_a_job_killed_everywhere_has_one_effect(play):
    points = killpoints.spread(killpoints.points_of(play.steps), 40)

    for point in points:
        play.kill(point)

    assert len(points) >= min(10, 2 * len(play.steps))


@pytest.mark.long
def test_a_job_done_by_two_workers_has_one_effect_wherever_they_meet(play):
    for point in killpoints.spread(killpoints.points_of(play.steps), 40):
        play.overlap(point)


@pytest.mark.parametrize("play", ["run_job:deliver_notices"], indirect=True)
def test_a_worker_that_wakes_after_its_lease_changes_nothing(play):
    play.put_to_sleep(killpoints.between_transactions(play.steps)[-1])


@pytest.mark.long
def test_whoever_wakes_after_the_lease_changes_nothing(play):
    for point in killpoints.between_transactions(play.steps):
        play.put_to_sleep(point)


@pytest.mark.long
def test_who_falls_asleep_inside_a_transaction_holds_nobody_up_and_changes_nothing(play):
    commits = [number for number, step in enumerate(play.steps) if step == "COMMIT"]

    for number in commits[len(commits) // 2 :][:1]:
        play.put_to_sleep((number, "before"))


@pytest.mark.parametrize("play", ["run_job:welcome_newcomers"], indirect=True)
def test_a_database_that_ends_its_connections_loses_nothing(play):
    play.cut_off(killpoints.overlapping(play.steps)[1])


@pytest.mark.long
def test_no_database_that_ends_its_connections_loses_anything(play):
    for point in killpoints.spread(killpoints.points_of(play.steps), 20):
        play.cut_off(point)


@pytest.mark.parametrize("lonely_play", ["run_job:deliver_notices"], indirect=True)
def test_a_worker_that_dies_with_all_it_has_taken_loses_nothing(lonely_play):
    lonely_play.kill(killpoints.telling(lonely_play.steps)[1])


@pytest.mark.long
def test_no_worker_that_dies_with_all_it_has_taken_loses_anything(lonely_play):
    for point in killpoints.telling(lonely_play.steps):
        lonely_play.kill(point)
