"""What stands beside the queue: whose turn it is, and how much one carries."""

import pytest
from django.utils import timezone

from facilitation.cover.actions import set_rota
from facilitation.cover.beside import beside
from facilitation.cover.duty import Watch
from facilitation.cues.actions import done, open_cues
from facilitation.cues.models import Cue
from facilitation.dashboard.reading import came_of_it, others_who_could
from facilitation.nudges.actions import discard as discard_nudge
from facilitation.nudges.actions import send as send_nudge
from network.networks.door import come_in
from tests.facilitation.cover.steps import DAY, TODAY, away, cue_about, seen
from tests.facilitation.nudges.steps import draft_of, lapsed
from tests.facilitation.test_silences import alive
from tests.factories import NOW, MicroGroupFactory, PersonFactory, facilitator_of, member_of


@pytest.fixture
def ruth(group):
    """Ruth Vandersteen, who came in by the network's door."""
    ruth = facilitator_of(
        group, person=PersonFactory(network=group.network, name="Ruth Vandersteen")
    )
    seen(group, ruth, TODAY - DAY)
    come_in(ruth, group.network)
    return ruth


@pytest.fixture
def maren(group):
    maren = PersonFactory(network=group.network, name="Maren Sand")
    facilitator_of(group, person=maren)
    seen(group, maren, TODAY)
    return maren


def told(reader, **facts):
    """[(who, whether on duty now, until or from when)] of the one group, as it stands there."""
    (one,) = beside(reader, NOW, **facts).turns()
    return [(turn.person, turn.is_now, turn.words) for turn in one.turns]


class TestWhoseTurnItIs:
    def test_without_a_rota_all_are_there_every_day_the_reader_first(self, group, ruth):
        assert told(ruth) == [(ruth, True, "every day"), (group.keeper, True, "every day")]

    def test_who_is_on_duty_until_when_and_who_comes_next(self, group, ruth, maren):
        week = {2: [ruth], 3: [ruth], 4: [maren], 5: [maren], 6: [maren], 0: [maren], 1: [maren]}
        set_rota(group, ruth, days=week, now=NOW)

        assert told(ruth) == [(ruth, True, "until Friday"), (maren, False, "from Friday")]
        assert told(maren) == [(ruth, True, "until Friday"), (maren, False, "from Friday")]
        (hers,), (his,) = beside(ruth, NOW).turns(), beside(maren, NOW).turns()
        assert hers.then == "Maren is on duty from Friday."
        assert his.then == "Ruth is on duty today."
        assert str(hers) == "you until Friday; Maren from Friday"

    def test_who_is_away_comes_last_with_the_day_on_which_they_are_back(self, group, ruth, maren):
        away(group, ruth, days=1)
        away(group, maren, days=9)

        assert told(ruth) == [
            (group.keeper, True, "every day"),
            (ruth, False, "away until tomorrow"),
            (maren, False, "away until 29 May"),
        ]

    def test_who_was_not_seen_for_five_days_is_said_to_the_others(self, group, ruth, maren):
        seen(group, ruth, TODAY - 5 * DAY)
        seen(group, maren, TODAY - 4 * DAY)

        (here,) = beside(maren, NOW).turns()

        assert [turn.person for turn in here.turns if turn.is_unseen] == [ruth]
        assert str(here).endswith("; Ruth was not here lately")
        assert "Ruth" not in str(beside(ruth, NOW).turns()[0])

    @pytest.mark.parametrize("why", ["away", "lets nobody look"])
    def test_of_who_is_away_or_lets_nobody_look_nothing_is_said(self, group, ruth, maren, why):
        seen(group, ruth, TODAY - 9 * DAY)
        if why == "away":
            away(group, ruth)
        else:
            group.memberships.filter(person=ruth).update(rhythm_paused_at=NOW)

        assert Watch(group, NOW).unseen_by(maren) == []
        assert not any(turn.is_unseen for turn in beside(maren, NOW).turns()[0].turns)

    def test_a_day_with_nobody_is_said(self, group, ruth):
        set_rota(group, ruth, days={3: [ruth]}, now=NOW)

        (one,) = beside(ruth, NOW).turns()

        assert not one.is_anybody
        assert one.then == "Nobody is on duty today."

    def test_the_days_of_who_looks_after_the_group_no_more_make_no_rota(self, group, ruth):
        set_rota(group, ruth, days={3: [ruth]}, now=NOW)
        group.memberships.filter(person=ruth).update(role="member")
        come_in(group.keeper, group.network)

        assert told(group.keeper) == [(group.keeper, True, "every day")]
        assert [each.person for each in Watch(group, NOW).on_watch()] == [group.keeper]

    def test_it_watches_what_the_cover_page_watches(self, group, ruth, maren):
        set_rota(group, ruth, days={3: [ruth], 5: [maren]}, now=NOW)
        gone = away(group, maren, deputy=member_of(group), note="The blue door.")
        away(group, ruth, days=2, starts_on=TODAY + 9 * DAY, back_on=TODAY + 12 * DAY)

        (here,), there = beside(ruth, NOW).watches, Watch(group, NOW)

        assert here.memberships == there.memberships
        assert (here.rota, here.leaves) == (there.rota, there.leaves)
        assert here.deputies() == there.deputies() == [gone.deputy]

    def test_only_open_groups_that_one_looks_after(self, group, ruth):
        other = MicroGroupFactory(network=group.network)
        member_of(other, person=ruth)
        closed = MicroGroupFactory(network=group.network)
        facilitator_of(closed, person=ruth)
        type(closed).objects.filter(pk=closed.pk).update(state="archived")

        assert [watch.group for watch in beside(ruth, NOW).watches] == [group]
        assert beside(ruth, NOW, other).watches == []

    def test_it_is_one_query_for_many_groups(self, group, ruth, count_queries):
        beside(ruth, NOW)
        few = count_queries(lambda: beside(ruth, NOW).turns())
        for _ in range(3):
            other = MicroGroupFactory(network=group.network)
            facilitator_of(other, person=ruth)
            set_rota(other, ruth, days={1: [ruth]}, now=NOW)
            away(other, ruth)

        assert count_queries(lambda: beside(ruth, NOW).turns()) == few == 1
        assert len(beside(ruth, NOW).watches) == 4


class TestLoad:
    def test_it_is_counted_over_all_the_groups_and_apart_from_those_of_others(self, group, ruth):
        other = MicroGroupFactory(network=group.network)
        facilitator_of(other, person=ruth)
        for place, first in ((group, 0), (other, 10)):
            jun = member_of(place)
            open_cues([cue_about(place, jun, first + number) for number in range(6)])
        for number, days in ((0, 0), (1, 6), (2, 8), (10, 1), (11, 30), (12, 40)):
            done(Cue.objects.get(key=f"test:{number}"), ruth, now=NOW - days * DAY)
        done(Cue.objects.get(key="test:3"), group.keeper, now=NOW)
        Cue.objects.filter(key="test:13").update(assigned_to=ruth)

        for load in (beside(ruth, NOW).load, beside(ruth, NOW, group).load):
            assert (load.this_week, load.usual) == (4, 0)
            assert load.words == "Easy"

    def test_a_letter_that_was_sent_or_left_counts_as_theirs(self, ruth):
        garden = alive(MicroGroupFactory(network=ruth.network_memberships.get().network))
        facilitator_of(garden, person=ruth)
        send_nudge(draft_of(lapsed(garden)), ruth)
        discard_nudge(draft_of(lapsed(garden, name="Oskar")), ruth)

        assert beside(ruth, timezone.now()).load.this_week == 2
        assert came_of_it(ruth, timezone.now()) == []

    def test_calls_for_help_are_no_figures(self, group, ruth):
        open_cues([cue_about(group, member_of(group), number) for number in range(2)])
        Cue.objects.update(state="done", closed_by=ruth, closed_at=NOW)
        Cue.objects.filter(key="test:1").update(kind="distress")

        assert beside(ruth, NOW).load.this_week == 1


class TestInTheQueue:
    def helpers(self, group, reader):
        return others_who_could(beside(reader, NOW).watches, reader)[group.pk]

    def test_who_is_away_is_not_offered_as_a_helper(self, group, ruth, maren):
        away(group, group.keeper)

        assert self.helpers(group, ruth) == [maren]

    def test_who_is_on_duty_is_offered_first(self, group, ruth, maren):
        set_rota(group, ruth, days={2: [maren], 3: [group.keeper]}, now=NOW)
        assert self.helpers(group, ruth)[0] == maren

        set_rota(group, ruth, days={2: [group.keeper], 3: [maren]}, now=NOW)
        assert self.helpers(group, ruth)[0] == group.keeper

    def test_the_page_says_both_beside_the_people(self, group, ruth, client_of):
        browser = client_of(ruth)

        page = browser.get("/care/").content.decode()

        assert "Who is on duty" in page
        assert f"/groups/{group.slug}/cover/#leave" in page
        assert "Nothing yet this week." in page

    def test_over_several_groups_each_has_its_line(self, group, ruth, client_of):
        other = MicroGroupFactory(network=group.network, name="Night Readers")
        facilitator_of(other, person=ruth)

        page = client_of(ruth).get("/care/").content.decode()

        assert f'href="/groups/{other.slug}/cover/">Night Readers</a>' in page
        assert "You and" in page

    def test_too_much_is_said_in_words(self, group, ruth, client_of):
        jun, now = member_of(group), timezone.now()
        open_cues([cue_about(group, jun, number) for number in range(41)])
        Cue.objects.update(state="done", closed_by=ruth, closed_at=now)

        page = client_of(ruth).get("/care/").content.decode()

        assert "41 things to see to this week" in page
        assert "More than one person can carry" in page
