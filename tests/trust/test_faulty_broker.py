"""The broker that plays tricks: what it loses is lost, and who dies has done nothing more."""

from random import Random

import pytest
from django.db import connection, transaction

from network.operations.models import Heartbeat
from network.operations.tasks import heartbeat
from tests.trust.faulty_broker import Broker, Fates

pytestmark = pytest.mark.django_db(transaction=True)

WELL = {"lost": 0, "doubled": 0, "delayed": 0, "killed": 0, "asleep": 0, "aimed": 0}


def broker(**fates):
    return Broker(Fates(**{**WELL, **fates}), seed=1)


def heard():
    return Heartbeat.objects.count()


def test_what_a_commit_asks_for_is_done_when_the_broker_works():
    with broker().at_work() as found:
        with transaction.atomic():
            transaction.on_commit(lambda: heartbeat.delay("mail"))
        assert heard() == 0

        found.work_off()

    assert heard() == 1


def test_what_is_lost_is_lost_and_what_is_doubled_is_done_twice():
    with broker(lost=1).at_work() as found, found.faults():
        heartbeat.delay("mail")
        assert not found.waiting

    with broker(doubled=1).at_work() as found, found.faults():
        heartbeat.delay("mail")
        assert len(found.waiting) == 2


def test_what_is_late_comes_with_the_next_round():
    with broker(delayed=1).at_work() as found, found.faults():
        heartbeat.delay("mail")

        found.work_off()
        assert heard() == 0
        found.work_off()

        assert heard() == 1


@pytest.mark.parametrize(
    ("step", "side", "kept"), [(0, "after", 0), (1, "before", 0), (1, "after", 1)]
)
def test_who_dies_leaves_what_was_committed_and_nothing_else(step, side, kept):
    """The steps of a heartbeat: its row, and the commit."""
    with broker(killed=1, comes_back=1).at_work() as found:
        found.random = Dice(step, side)
        with found.faults():
            heartbeat.delay("mail")
            found.work_off()

        assert heard() == kept
        assert connection.get_autocommit()
        found.work_off()  # the dead one's message is back

    assert heard() == 1


class Dice(Random):
    """Falls as it is told."""

    def __init__(self, step, side):
        super().__init__(1)
        self.step, self.side = step, side

    def randrange(self, *_):
        return self.step

    def choice(self, these):
        return self.side if self.side in these else these[0]
