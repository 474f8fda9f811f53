"""Work for the jobs with which Kith does something of its own accord."""

from datetime import timedelta

from facilitation.comfort.actions import ask_for_comfort
from facilitation.cues.models import Cue
from facilitation.distress.actions import call_for_help, see
from facilitation.moderation.models import Report
from facilitation.moderation.redirects import accept, redirect
from facilitation.moderation.reporting import report
from facilitation.nudges.models import Nudge, NudgeHabit
from facilitation.presence.models import Absence
from facilitation.rescue.actions import rescue_threads
from facilitation.starters import actions as starters
from facilitation.starters.drafting import draft_starters
from facilitation.welcome.actions import welcome_newcomers
from microgroups.conversation.models import Post, Thread
from microgroups.groups.models import MicroGroup
from microgroups.membership.actions import change_role
from microgroups.membership.models import Membership
from network.notifications.models import Attention, Notice
from network.people.models import Person
from tests.facilitation.test_first_days import old_hands
from tests.factories import (
    NOW,
    MicroGroupFactory,
    crowd,
    facilitator_of,
    member_of,
    moderator_of,
    say,
    thread_in,
)
from tests.trust.kills.work import DAY, HOUR, MINUTE, work_for


@work_for(
    "run_job:welcome_newcomers",
    **{
        "facilitation.Buddy": (3, 3),
        "facilitation.Cue": (1, 4),
        "facilitation.Welcome": (0, 3),
        "network.Notice": (0, 6),
    },
    mails=6,
)
def newcomers(buddies=3):
    """Three to be greeted, each shown around by another, and one who was greeted and has been met
    since."""
    group = MicroGroupFactory()
    early = member_of(group, now=NOW - 5 * HOUR)
    welcome_newcomers(NOW - 4 * HOUR)
    old_hands(group, buddies)
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


@work_for("run_job:ask_for_comfort", **{"facilitation.Cue": (1, 3)})
def hard_times_that_had_advice():
    """Two that nobody has comforted; one that was hinted at, where somebody is kind by now."""
    group = MicroGroupFactory()
    keeper = group.memberships.get(is_founder=True).person
    for hours in (40, 9, 9):
        thread = thread_in(group, text="I feel so alone here.", now=NOW - hours * HOUR)
        say(thread, keeper, "Try the choir.", now=NOW - (hours - 1) * HOUR)
        if hours == 40:
            ask_for_comfort(NOW - 30 * HOUR)
            say(thread, keeper, "I am with you.", now=NOW - 29 * HOUR)
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
    newcomers(buddies=0)


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
