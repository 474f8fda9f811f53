"""Calls for help stand in no nudge, no digest and no figure: people see to them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.utils import timezone

from facilitation.cover.duty import Watch
from facilitation.cover.reading import load
from facilitation.cues.actions import assign, reopen
from facilitation.cues.models import Cue
from facilitation.distress.actions import call_for_help, see, send_word
from facilitation.nudges.jobs import draft_nudges
from facilitation.nudges.models import Nudge
from facilitation.nudges.threads import live_thread
from facilitation.welcome.reading import promises
from microgroups.digest.actions import gather_digests
from network.networks.door import come_in
from network.notifications.actions import deliver_due
from network.notifications.kinds import KINDS
from network.notifications.models import Notice
from tests.facilitation.nudges.steps import DAY, draft_of, keeper, lapsed
from tests.facilitation.test_silences import alive
from tests.factories import (
    MicroGroupFactory,
    PersonFactory,
    admin_of,
    facilitator_of,
    inside,
    member_of,
    say,
    thread_in,
)

pytestmark = pytest.mark.django_db

WORDS = "I cannot go on"


@pytest.fixture
def group():
    return alive(MicroGroupFactory(visibility="network", name="Balcony Growers"))


@pytest.fixture
def ruth(group):
    return keeper(group)


@pytest.fixture
def jun(group):
    return member_of(group)


@pytest.fixture
def despair(group, jun):
    """A thread in which somebody called for help because of its first words."""
    thread = thread_in(group, jun, title=WORDS, text="Not another week.")
    call_for_help(group, member_of(group), post=thread.posts.get(), now=timezone.now())
    return thread


class TestNudges:
    def test_no_draft_points_to_where_somebody_may_need_help(self, group, ruth, despair):
        ana = lapsed(group)
        assert live_thread(group.memberships.of(ana), timezone.now()) is None
        other = thread_in(group, ruth, title="Moths on kale?")

        assert draft_of(ana).thread == other

    def test_a_draft_that_points_there_goes_when_somebody_calls(self, group, ruth, jun):
        thread = thread_in(group, jun, title=WORDS)
        assert draft_of(lapsed(group)).thread == thread
        call_for_help(group, ruth, post=thread.posts.get(), now=timezone.now())

        draft_nudges(timezone.now())

        assert [nudge.state for nudge in Nudge.objects.all()] == ["lapsed"]

    @pytest.mark.parametrize("by", ["themselves", "somebody else"])
    def test_who_may_need_help_is_a_matter_for_people_alone(self, group, ruth, jun, by):
        ana = lapsed(group)
        if by == "themselves":
            call_for_help(group, ana, now=timezone.now())
        else:
            post = thread_in(group, ana, title=WORDS, now=timezone.now() - 20 * DAY).posts.get()
            call_for_help(group, jun, post=post, now=timezone.now())

        draft_nudges(timezone.now())

        assert not Nudge.objects.exists()
        assert Cue.objects.open().filter(kind="presence", person=ana).exists()

    def test_a_draft_to_somebody_goes_when_they_call(self, group, ruth):
        ana = lapsed(group)
        draft_of(ana)
        call_for_help(group, ana, now=timezone.now())

        draft_nudges(timezone.now())

        assert not Nudge.objects.drafts().exists()

    def test_a_month_later_they_are_as_others(self, group, ruth):
        ana = lapsed(group)
        call_for_help(group, ana, now=timezone.now() - 31 * DAY)

        assert draft_of(ana).person == ana


class TestDigests:
    @pytest.fixture
    def evening(self):
        return (timezone.now() + timedelta(days=1)).replace(hour=18, minute=5)

    @pytest.fixture
    def leyla(self, group, evening):
        leyla = PersonFactory(network=group.network, joined_at=timezone.now() - 40 * DAY)
        member_of(group, person=leyla)
        Notice.objects.all().delete()
        return leyla

    def letter_to(self, person, evening):
        mail.outbox.clear()
        gather_digests(evening + 7 * DAY)
        deliver_due(evening + 7 * DAY)
        return "\n".join(letter.body for letter in mail.outbox if letter.to == [person.email])

    def test_neither_the_thread_nor_an_answer_is_told_that_somebody_called_about(
        self, group, leyla, despair, jun, evening
    ):
        mine = thread_in(group, leyla, title="Worms")
        answer = say(mine, jun, "Not another week, not for worms.")
        call_for_help(group, member_of(group), post=answer, now=timezone.now())
        thread_in(group, jun, title="Moths on kale?")

        told = self.letter_to(leyla, evening)

        assert "Moths on kale?" in told
        assert WORDS not in told
        assert "Worms" not in told

    def test_no_letter_that_gathers_tells_of_a_call(self):
        calls = [wording for kind, wording in KINDS.items() if "distress" in kind]

        assert calls
        assert not any(wording.is_gathered for wording in calls)


class TestFigures:
    def test_no_figure_changes_when_somebody_calls_and_somebody_comes(
        self, group, ruth, jun, client_of, api_of
    ):
        hannah = admin_of(group.network)
        come_in(hannah, group.network)
        first = thread_in(group, jun, title=WORDS, now=timezone.now() - 2 * DAY).posts.get()
        moment = datetime.now(UTC)

        def figures():
            return (
                promises(ruth, moment),
                [(one.person, one.this_week, one.usual) for one in load(Watch(group, moment))],
                api_of(ruth, group.network).get(f"/groups/{group.slug}/load/").json(),
                api_of(hannah, group.network).get("/network/").json(),
                client_of(hannah).get("/network/").content.decode().count("distress"),
            )

        before = figures()
        call = call_for_help(group, member_of(group), post=first, now=moment)
        Cue.objects.filter(kind="distress").update(assigned_to=ruth)
        after_calling = figures()
        Cue.objects.filter(kind="distress").update(closed_by=ruth)
        see(call, ruth, now=moment)

        assert before[0].missed == 1
        assert without_members(after_calling) == without_members(before)
        assert without_members(figures()) == without_members(before)


class TestLogs:
    """A log is read by more people than were called, and may be by whom a call is about."""

    def test_neither_whom_it_is_about_nor_who_was_not_called_learns_of_it(
        self, group, ruth, jun, api_of
    ):
        maren, hannah = inside(group, facilitator_of(group)), admin_of(group.network)
        last = facilitator_of(group)
        about = thread_in(group, maren, title=WORDS).posts.get()
        moment = timezone.now()
        of_group = f"/activity/?group={group.slug}"
        asked = [(maren, of_group), (hannah, of_group), (hannah, "/activity/")]
        asked += [(maren, f"/cues/?state={state}") for state in ("open", "done")]
        asked += [(maren, f"/groups/{group.slug}/load/"), (maren, "/notices/")]
        asked += [(hannah, "/notices/")]
        programs = {person: api_of(person, group.network) for person in (maren, hannah)}

        def read():
            return [programs[person].get(url).json() for person, url in asked]

        before = read()
        call = call_for_help(group, jun, post=about, now=moment)
        cue = Cue.objects.get(kind="distress")
        assign(cue, ruth, to=last, now=moment)
        reopen(cue, ruth, now=moment)
        call_for_help(group, jun, post=about, note="Tonight.", now=moment)
        send_word(call, jun, word="safe", now=moment)
        while_it_rings = read()
        see(call, ruth, note="I am here.", now=moment)

        assert while_it_rings == before
        assert read() == before


def without_members(figures):
    """Whoever called came in to do so."""
    *others, network, calls = figures
    return [*others, {key: told for key, told in network.items() if key != "members"}, calls]
