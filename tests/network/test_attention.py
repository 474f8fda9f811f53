"""The gate: Kith writes little of its own accord, and everybody can read why it did or did not."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.notifications.actions import notify, read
from network.notifications.attention import (
    forget_attention,
    may_send,
    nudges_keep_their_distance,
    those_who_may,
)
from network.notifications.budget_rules import REASONS, Sent, Standing, held_back
from network.notifications.kinds import KINDS, Budget
from network.notifications.models import Attention, Notice
from tests.factories import NOW, MicroGroupFactory, NetworkFactory, PersonFactory, member_of
from tests.threads import all_at_once

DAY = timedelta(days=1)


@pytest.fixture
def group(db):
    return MicroGroupFactory()


@pytest.fixture
def person(group):
    """Somebody who has been here for long, and was told nothing."""
    one = PersonFactory(joined_at=NOW - 100 * DAY, network=group.network)
    return member_of(group, person=one, now=NOW - 100 * DAY)


def tell(group, person, kind="budding_ends", *, cause, at=NOW):
    """Kith tells them something; whether it did."""
    told = notify(
        [person],
        kind,
        network=group.network,
        subject=("group", group.pk),
        cause=cause,
        at=at,
        group=group,
    )
    return bool(told)


def nudge(group, person, number, *, at, episode="absence:1"):
    cause = f"nudge:{episode}:{number}"
    return may_send(
        person, "nudge", network=group.network, cause=cause, now=at, group=group, episode=episode
    )


def is_duty(wording):
    """What somebody is told who looks after others, or because somebody may be in danger."""
    return wording.category == "facilitating" or wording.urgent


class TestAWeek:
    def test_one_message_a_week_over_all_groups_together(self, group, person):
        other = MicroGroupFactory(network=group.network)

        told = [
            tell(group, person, cause="a", at=NOW),
            tell(other, person, cause="b", at=NOW + 6 * DAY),
            tell(other, person, cause="c", at=NOW + 7 * DAY),
        ]

        assert told == [True, False, True]
        assert set(person.notices.filter(kind="budding_ends").values_list("cause", flat=True)) == {
            "a",
            "c",
        }
        assert person.attention.get(cause="b").reason == "week_full"

    def test_three_in_the_first_two_weeks_with_the_welcome(self, group):
        new = PersonFactory(joined_at=NOW, network=group.network)

        told = [tell(group, new, "welcome", cause="hello", at=NOW)]
        told += [tell(group, new, cause=f"{n}", at=NOW + n * DAY) for n in (1, 2, 3)]

        assert told == [True, True, True, False]
        assert new.attention.get(cause="3").reason == "first_days_full"

    def test_everybody_is_greeted_even_where_the_budget_is_spent(self, group, person):
        tell(group, person, cause="a")

        assert tell(group, person, "welcome", cause="hello", at=NOW + DAY)
        assert not tell(group, person, cause="b", at=NOW + 7 * DAY)

    def test_titles_of_threads_give_way_and_keep_nothing_else_away(self, group, person):
        def name_threads(cause, now):
            facts = {"network": group.network, "group": group, "now": now}
            return may_send(person, "digest_of_threads", cause=cause, **facts).reason

        assert name_threads("monday", NOW) == "threads_room"
        assert name_threads("friday", NOW + 4 * DAY) == "lately"
        assert tell(group, person, cause="a", at=NOW + 4 * DAY)
        assert name_threads("monday after", NOW + 7 * DAY) == "week_full"

    def test_what_follows_from_ones_own_deed_is_told_and_takes_nothing(self, group, person):
        tell(group, person, cause="a")

        assert tell(group, person, "seat_offered", cause="seat", at=NOW)
        assert tell(group, person, cause="b", at=NOW + 7 * DAY)
        assert person.attention.get(cause="seat").reason == "follows"

    def test_another_network_has_its_own_week(self, group, person):
        elsewhere = MicroGroupFactory(network=NetworkFactory())
        tell(group, person, cause="a")

        assert tell(elsewhere, person, cause="b")

    def test_words_of_people_pass_no_gate(self, group, person):
        tell(group, person, "note", cause="note")

        assert person.notices.filter(kind="note").exists()
        assert not person.attention.exists()

    def test_whatever_kith_tells_by_itself_passes_the_gate_but_for_duties(self):
        free = {
            kind
            for kind, wording in KINDS.items()
            if wording.from_kith and not wording.budget and not is_duty(wording)
        }

        assert free == set()


class TestAskedAgain:
    def test_a_yes_stays_and_counts_once(self, group, person):
        tell(group, person, cause="a")
        tell(group, person, cause="a", at=NOW + DAY)

        assert person.attention.count() == person.notices.filter(kind="budding_ends").count() == 1

    def test_a_no_becomes_a_yes_when_there_is_room(self, group, person):
        tell(group, person, cause="a")
        assert not tell(group, person, cause="b", at=NOW + DAY)

        assert tell(group, person, cause="b", at=NOW + 8 * DAY)
        assert person.attention.filter(cause="b").values_list("is_sent", "at").get() == (
            True,
            NOW + 8 * DAY,
        )

    def test_enough_are_enough_and_nobody_else_is_asked(self, group):
        people = [member_of(group) for _ in range(4)]
        for n in range(3):
            tell(group, people[0], "could_you_answer", cause=f"ask:{n}")

        helpers = those_who_may(
            people,
            "could_you_answer",
            most=2,
            network=group.network,
            cause="ask:new",
            now=NOW,
            group=group,
        )

        assert helpers == people[1:3]
        assert people[0].attention.get(cause="ask:new").reason == "asked_enough"
        assert not people[3].attention.exists()

    @pytest.mark.django_db
    def test_it_costs_the_same_for_many(self, group, count_queries):
        people = [member_of(group) for _ in range(6)]

        def ask(some, cause):
            facts = {"network": group.network, "subject": ("group", group.pk), "group": group}
            return count_queries(lambda: notify(some, "budding_ends", cause=cause, at=NOW, **facts))

        assert ask(people[:1], "a") == ask(people[1:], "b") == 7


class TestNudges:
    def test_once_in_two_weeks_and_twice_in_an_absence(self, group, person):
        days = [0, 13, 14, 40]

        answers = [nudge(group, person, n, at=NOW + n * DAY).reason for n in days]

        assert answers == ["nudge_room", "nudged_lately", "nudge_room", "nudged_twice"]

    def test_over_all_groups_together(self, group, person):
        other = MicroGroupFactory(network=group.network)

        assert nudge(group, person, 1, at=NOW)
        assert not nudge(other, person, 1, at=NOW + DAY, episode="absence:2")

    def test_six_times_in_a_year(self, group, person):
        answers = [
            nudge(group, person, n, at=NOW + n * 20 * DAY, episode=f"absence:{n // 2}").reason
            for n in range(7)
        ]

        assert answers == ["nudge_room"] * 6 + ["nudged_enough"]
        assert nudge(group, person, 8, at=NOW + 366 * DAY, episode="absence:9")

    def test_it_takes_the_place_of_another_message(self, group, person):
        nudge(group, person, 1, at=NOW)

        assert not tell(group, person, cause="a", at=NOW + 6 * DAY)

    def test_what_was_asked_beforehand_is_told_with_the_same_cause(self, group, person):
        nudge(group, person, 1, at=NOW)

        assert tell(group, person, "nudge", cause="nudge:absence:1:1")
        assert person.attention.count() == person.notices.filter(kind="nudge").count() == 1

    def test_it_says_of_which_absence(self, group, person):
        with pytest.raises(ValueError, match="episode"):
            nudge(group, person, 1, at=NOW, episode="")


class TestIgnored:
    def ignore(self, group, person, times, every=20):
        """So many messages in a row that nobody opened; the time after it."""
        for n in range(times):
            assert tell(group, person, cause=f"unread:{n}", at=NOW + n * every * DAY)
        return NOW + times * every * DAY

    def test_after_three_it_is_half_as_often(self, group, person):
        later = self.ignore(group, person, 3)
        tell(group, person, cause="a", at=later)

        assert not tell(group, person, cause="b", at=later + 13 * DAY)
        assert person.attention.get(cause="b").reason == "fewer"
        assert tell(group, person, cause="b", at=later + 14 * DAY)

    def test_after_five_it_ends_and_that_is_said_once(self, group, person):
        later = self.ignore(group, person, 5)

        told = [tell(group, person, cause=f"{n}", at=later + n * 20 * DAY) for n in range(3)]

        assert told == [False] * 3
        assert person.notices.filter(kind="we_stop").count() == 1
        assert Counter(person.attention.values_list("reason", flat=True)) == {
            "room": 5,
            "stopped": 3,
            "said_once": 1,
        }

    def test_whoever_reads_hears_from_us_again(self, group, person):
        later = self.ignore(group, person, 5)
        tell(group, person, cause="a", at=later)

        read(person, now=later + DAY)

        assert tell(group, person, cause="b", at=later + DAY)

    def test_one_that_was_read_ends_the_row_however_long_it_was(self, group, person):
        later = self.ignore(group, person, 4)
        tell(group, person, cause="a", at=later)

        read(person, ids=[person.notices.get(cause="a").pk], now=later + DAY)

        assert tell(group, person, cause="b", at=later + 7 * DAY)

    def test_what_came_this_week_is_not_ignored_yet(self, group, person):
        self.ignore(group, person, 4)
        tell(group, person, cause="a", at=NOW + 80 * DAY)

        tell(group, person, cause="b", at=NOW + 86 * DAY)

        assert person.attention.get(cause="b").reason == "week_full"

    def test_a_seat_is_offered_to_whoever_reads_nothing(self, group, person):
        later = self.ignore(group, person, 5)

        assert tell(group, person, "seat_offered", cause="seat", at=later)


class TestArithmetic:
    @given(
        st.sampled_from([Budget.WEEKLY, Budget.NUDGE, Budget.ASK]),
        st.lists(
            st.tuples(
                st.sampled_from([Budget.WEEKLY, Budget.NUDGE, Budget.ASK, Budget.COUNTED]),
                st.integers(0, 800),
            ),
            max_size=60,
        ),
        st.integers(0, 5),
    )
    def test_whatever_is_asked_in_whatever_order_the_budget_holds(self, budget, asked, ignored):
        sent = []
        for one, hours in asked:
            at = NOW + timedelta(hours=hours * 12)
            if not held_back(one, Standing(tuple(sent), None, ignored), episode="e", now=at):
                sent.append(Sent(one, at, "e" if one == Budget.NUDGE else ""))

        nudges = sorted(each.at for each in sent if each.budget == Budget.NUDGE)
        weekly = sorted(each.at for each in sent if each.budget == Budget.WEEKLY)
        assert len(nudges) <= 2
        assert all(later - one >= 14 * DAY for one, later in pairwise(nudges))
        assert all(later - one >= 7 * DAY for one, later in pairwise(weekly))
        if ignored == 5:
            assert {each.budget for each in sent} <= {Budget.COUNTED}

    @pytest.mark.parametrize(
        ("budget", "sent", "joined", "ignored", "why"),
        [
            (Budget.WEEKLY, [(Budget.WEEKLY, 10)], None, 2, ""),
            (Budget.WEEKLY, [(Budget.WEEKLY, 10)], None, 3, "fewer"),
            (Budget.WEEKLY, [(Budget.WEEKLY, 14)], None, 4, ""),
            (Budget.WEEKLY, [(Budget.COUNTED, 3)], 13, 0, ""),
            (Budget.WEEKLY, [(Budget.COUNTED, 3)], 14, 0, "week_full"),
            (Budget.WEEKLY, [(Budget.COUNTED, 3)] * 3, 4, 0, "first_days_full"),
            (Budget.WEEKLY, [(Budget.COUNTED, 3)] * 3, 2, 0, ""),  # before they came back
            (Budget.NUDGE, [(Budget.WEEKLY, 6)], None, 0, "week_full"),
            (Budget.NUDGE, [(Budget.WEEKLY, 7)], None, 0, ""),
            (Budget.YIELDS, [(Budget.YIELDS, 5)], None, 0, "lately"),
            (Budget.YIELDS, [(Budget.YIELDS, 6)], None, 0, ""),
            (Budget.WEEKLY, [(Budget.YIELDS, 1), (Budget.ASK, 1)], None, 0, ""),
        ],
    )
    def test_where_each_cap_begins_and_ends(self, budget, sent, joined, ignored, why):
        told = tuple(Sent(each, NOW - days * DAY) for each, days in sent)
        since = joined and NOW - joined * DAY

        assert held_back(budget, Standing(told, since, ignored), episode="e", now=NOW) == why

    def test_every_answer_has_its_words(self):
        assert all(words.endswith(".") for words in REASONS.values())


class TestKeeping:
    def test_the_invariant_finds_nudges_that_came_too_close(self, group, person):
        for number in range(3):
            nudge(group, person, number, at=NOW + number * 20 * DAY, episode=f"{number}")
        assert list(nudges_keep_their_distance()) == []

        Attention.objects.filter(cause="nudge:2:2").update(at=NOW + 30 * DAY)
        Attention.objects.update(episode="absence:1")

        assert len(list(nudges_keep_their_distance())) == 2

    def test_rows_go_after_400_days(self, group, person):
        tell(group, person, cause="a", at=NOW)
        tell(group, person, cause="b", at=NOW + DAY)

        forget_attention(NOW + 400 * DAY)
        forget_attention(NOW + 400 * DAY)

        assert list(person.attention.values_list("cause", flat=True)) == ["b"]


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_many_workers_send_one_message(self):
        group = MicroGroupFactory()
        person = PersonFactory(joined_at=NOW - 100 * DAY, network=group.network)

        told = all_at_once(
            lambda number: tell(group, person, cause=f"cause:{number}"), [(n,) for n in range(12)]
        )

        assert sum(told) == Notice.objects.filter(kind="budding_ends").count() == 1
        assert Attention.objects.filter(person=person, is_sent=True).count() == 1
        assert Attention.objects.filter(person=person).count() == 12

    def test_many_retries_of_one_cause_are_one_row(self):
        group = MicroGroupFactory()
        person = PersonFactory(joined_at=NOW - 100 * DAY, network=group.network)

        answers = all_at_once(lambda: bool(nudge(group, person, 1, at=NOW)), [()] * 12)

        assert answers == [True] * 12
        assert Attention.objects.filter(person=person).count() == 1
