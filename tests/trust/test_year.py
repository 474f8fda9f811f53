"""A simulated year of thirty groups ends the same whatever befalls messages and workers.

See year.py for what a round is and what is compared. `make test` lives sixty days under a perfect
broker, from September to November, when clocks go forward in the south and back in the north, and
then under faults, once for each of twenty seeds: a round on every fourth day, so that three days of
four are as when Kith is down. The long form has a round on each day: it lives each of 200 seeds
(KITH_YEAR_SEEDS) through all 365 days, and compares every 73: the perfect year is lived only as far
as a seed has come, so that what is found is found soon.
"""

import os

import pytest
from django.db import connection

from microgroups.conversation.models import Thread
from network.notifications.models import Notice
from network.operations.invariants import violations
from tests.trust import recount
from tests.trust.clock import stopped
from tests.trust.faulty_broker import Broker, Fates
from tests.trust.killpoints import Rows
from tests.trust.living import NOTE
from tests.trust.village import DAY, ZONES, Keys, Village, midnight
from tests.trust.year import MINUTE, Year, differences

pytestmark = pytest.mark.django_db(transaction=True)

BEGINS = midnight(2026, 9, 20)
DAYS, SEEDS, STEP = 60, 20, 4
YEAR, MONTH = 365, 73
LONG_SEEDS = int(os.environ.get("KITH_YEAR_SEEDS", "200"))
TOLD = {  # what the village must come by, or it shows nothing
    *("welcome", "does_it_fit", "be_buddy", "could_you_answer", "could_you_help", "nudge"),
    *("nudge_by_kith", "still_invited", "seat_offered", "offer_ran_out", "answer_wanted"),
    *("answer_overdue", "cover_wanted", "hidden_for_now", "distress"),
}


class Perfect:
    """The village under a perfect broker, as it was on some mornings; it lives on when asked.

    every: after how many days its rows are kept. step: the days from one round to the next.
    """

    def __init__(self, every, step=1):
        self.every, self.step, self.day = every, step, 0
        self.told, self.letters, self.done = {}, [], []
        with stopped(BEGINS) as clock, Keys(clock).in_use() as self.keys:
            self.keys.begin("the village is settled")
            self.village = Village(1, BEGINS)
        count_anew()
        self.rows, self.done_by = {0: Rows()}, {0: 0}

    def live_until(self, day):
        """Live on from the last morning that was kept, if need be."""
        if day <= self.day:
            return
        self.rows[self.day].put_back()
        with Year(self.village, Broker(), self.step).lived(self.day, self.keys) as year:
            year.keys.by_jobs = self.keys.by_jobs
            while self.day < day:
                year.let_pass(self.day)
                self.day += self.step
                if self.day % self.every == 0:
                    self.keep(year)
            assert year.lying == []

    def keep(self, year):
        count_anew()
        self.rows[self.day], self.told[self.day] = Rows(), year.tell()
        self.letters += year.broker.letters
        self.done += year.done
        self.done_by[self.day] = len(self.done)
        year.broker.letters.clear()
        year.done.clear()


def count_anew():
    """Tell the planner how many rows there are: of tables that it takes for empty it reads each row
    a thousand times."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


@pytest.fixture(scope="module")
def perfect(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        found = Perfect(DAYS, STEP)
        found.live_until(DAYS)
    return found


@pytest.fixture(scope="module")
def perfect_year(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        return Perfect(MONTH)


def assert_same(perfect, faulty, day):
    """What people could do, and all that came of it, is as under the perfect broker by this day."""
    done = perfect.done[: perfect.done_by[day]][-len(faulty.done) :]
    assert [pair for pair in zip(faulty.done, done, strict=True) if pair[0] != pair[1]] == []
    missing, extra = differences(perfect.told[day], faulty.tell())
    assert (list(missing.elements())[:5], list(extra.elements())[:5]) == ([], [])


def assert_kept(letters, now, late=30 * MINUTE):
    """Nobody got more than the budget allows, nothing at night, nothing twice; nothing lies."""
    wrong = [
        *recount.too_much(),
        *recount.nudged_too_often(),
        *recount.nudged_when_back(letters),
        *recount.not_welcomed_once(BEGINS, now),
        *recount.off_the_ledger(),
        *recount.at_night(letters),
        *recount.sent_twice(letters),
        *recount.handed_over_unsaid(letters),
        *recount.digested_too_often(letters),
        *recount.calls_unheard(letters, late, now),
        *recount.read_elsewhere(letters, NOTE),
        *recount.left_lying(now - DAY),
        *violations(),
    ]
    assert wrong[:10] == []


def test_sixty_days_bring_all_that_kith_does_by_itself_and_not_more(perfect):
    last = max(perfect.rows)
    perfect.rows[last].put_back()
    letters = perfect.letters

    assert set(Notice.objects.values_list("kind", flat=True)) >= TOLD
    assert len(letters) > 200
    assert Thread.objects.filter(by_kith=True).count() > 1
    assert set(Notice.objects.values_list("person__time_zone", flat=True)) >= set(ZONES)
    assert_kept(letters, evening_before(perfect, last), late=MINUTE)


def evening_before(perfect, day):
    """Of the last round before this day."""
    return BEGINS + (day - perfect.step + 1) * DAY


def live_under_faults(perfect, seed, days):
    """These days, compared with the perfect ones whenever those were kept."""
    broker, rows, year = Broker(Fates(), seed), perfect.rows[0], None
    for first in range(0, days, perfect.every):
        until = first + perfect.every
        perfect.live_until(until)
        rows.put_back()
        known = year.keys if year else perfect.keys

        year = Year(perfect.village, broker, perfect.step)
        with year.lived(first, known):
            for day in range(first, until, perfect.step):
                year.let_pass(day)

            assert year.lying == []
            assert_same(perfect, year, until)
            assert_kept(broker.letters, evening_before(perfect, until))
            rows = Rows()
    return broker


@pytest.mark.parametrize("seed", range(SEEDS))
def test_sixty_days_of_lost_doubled_and_late_messages_and_dead_workers_end_the_same(perfect, seed):
    broker = live_under_faults(perfect, seed, DAYS)

    assert broker.befell["lost"] + broker.befell["died"] > 0
    assert Notice.objects.filter(mail="unknown").count() <= broker.befell["died"]


@pytest.mark.long
@pytest.mark.parametrize("seed", range(LONG_SEEDS))
def test_a_year_of_faults_ends_as_one_without(perfect_year, seed):
    live_under_faults(perfect_year, seed, YEAR)
