"""A simulated year of thirty groups ends the same whatever befalls messages and workers.

See year.py for what a round is and what is compared. `make test` lives sixty days under a perfect
broker, from September to November, when clocks go forward in the south and back in the north. Then
twenty seeds live them again under faults, three days each, every one of them from the rows as they
were on the morning of its first day: what ends where the perfect one stood on that day, day after
day, has lived the sixty days. The long form lives each of 200 seeds (KITH_YEAR_SEEDS) through all
365 days without putting anything back.
"""

import os
from dataclasses import dataclass, field

import pytest

from network.notifications.models import Notice
from network.operations.invariants import violations
from tests.trust import recount
from tests.trust.clock import stopped
from tests.trust.faulty_broker import Broker, Fates
from tests.trust.killpoints import Rows
from tests.trust.village import DAY, ZONES, Keys, Village, midnight
from tests.trust.year import Year, differences

pytestmark = pytest.mark.django_db(transaction=True)

BEGINS = midnight(2026, 9, 20)
SEEDS, DAYS_EACH = 20, 3
YEAR, MONTH = 365, 73
LONG_SEEDS = int(os.environ.get("KITH_YEAR_SEEDS", "200"))
TOLD = {  # what the village must come by, or it shows nothing
    *("welcome", "does_it_fit", "be_buddy", "could_you_answer", "could_you_help", "nudge"),
    *("nudge_by_kith", "still_invited", "seat_offered", "offer_ran_out", "answer_wanted"),
    *("answer_overdue", "cover_wanted", "hidden_for_now", "distress"),
}


@dataclass
class Perfect:
    """The village under a perfect broker, as it was on some mornings."""

    village: Village
    year: Year
    rows: dict = field(default_factory=dict)
    told: dict = field(default_factory=dict)
    done: dict = field(default_factory=dict)

    def keep(self, day):
        self.rows[day], self.told[day] = Rows(), self.year.tell()
        self.done[day] = len(self.year.done)

    def letters_before(self, day):
        return [each for each in self.year.broker.letters if each[0] < BEGINS + day * DAY]


def live_perfectly(days, every):
    """Settle the village and live these days, keeping every so many of the mornings."""
    with stopped(BEGINS) as clock, Keys(clock).in_use() as keys:
        keys.begin("the village is settled")
        village = Village(1, BEGINS)
    perfect = Perfect(village, Year(village, Broker()))
    with perfect.year.lived() as year:
        perfect.keep(0)
        for day in range(days):
            year.let_pass(day)
            if (day + 1) % every == 0:
                perfect.keep(day + 1)
    return perfect


@pytest.fixture(scope="module")
def perfect(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        return live_perfectly(SEEDS * DAYS_EACH, DAYS_EACH)


@pytest.fixture(scope="module")
def perfect_year(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        return live_perfectly(YEAR, MONTH)


def assert_same(perfect, faulty, day):
    """What people could do, and all that came of it, is as under the perfect broker by this day."""
    done = perfect.year.done[: perfect.done[day]][-len(faulty.done) :]
    assert [pair for pair in zip(faulty.done, done, strict=True) if pair[0] != pair[1]] == []
    missing, extra = differences(perfect.told[day], faulty.tell())
    assert (list(missing.elements())[:5], list(extra.elements())[:5]) == ([], [])


def assert_kept(letters, day):
    """Nobody got more than the budget allows, nothing at night, nothing twice; nothing lies."""
    now = BEGINS + day * DAY
    wrong = [
        *recount.too_much(),
        *recount.nudged_too_often(),
        *recount.not_welcomed_once(BEGINS, now),
        *recount.off_the_ledger(),
        *recount.at_night(letters),
        *recount.sent_twice(letters),
        *recount.left_lying(now - DAY),
        *violations(),
    ]
    assert wrong[:10] == []


def test_sixty_days_bring_all_that_kith_does_by_itself_and_not_more(perfect):
    last = max(perfect.rows)
    perfect.rows[last].put_back()
    letters = perfect.year.broker.letters

    assert set(Notice.objects.values_list("kind", flat=True)) >= TOLD
    assert len(letters) > 200
    assert set(Notice.objects.values_list("person__time_zone", flat=True)) >= set(ZONES)
    assert_kept(letters, last)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_days_of_lost_doubled_and_late_messages_and_dead_workers_end_the_same(perfect, seed):
    first = seed * DAYS_EACH
    perfect.rows[first].put_back()
    broker = Broker(Fates(), seed)

    with Year(perfect.village, broker).lived(first, perfect.year.keys) as faulty:
        for day in range(first, first + DAYS_EACH):
            faulty.let_pass(day)

        assert broker.befell["lost"] + broker.befell["died"] > 0
        assert_same(perfect, faulty, first + DAYS_EACH)
        assert_kept(perfect.letters_before(first) + broker.letters, first + DAYS_EACH)
        assert Notice.objects.filter(mail="unknown").count() <= broker.befell["died"]


@pytest.mark.long
@pytest.mark.parametrize("seed", range(LONG_SEEDS))
def test_a_year_of_faults_ends_as_one_without(perfect_year, seed):
    perfect_year.rows[0].put_back()
    broker = Broker(Fates(), seed)

    with Year(perfect_year.village, broker).lived(0, perfect_year.year.keys) as faulty:
        for day in range(YEAR):
            faulty.let_pass(day)
            if (day + 1) % MONTH == 0:
                assert_same(perfect_year, faulty, day + 1)
                assert_kept(broker.letters, day + 1)
