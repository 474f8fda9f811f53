"""Every job put to sleep, cut off and buried with its worker: one effect, and nothing is lost.

All of it is long; one job each stands in test_kill_everywhere.py.
"""

import pytest

from tests.trust import killpoints

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]


def test_whoever_wakes_after_the_lease_changes_nothing(play):
    for point in killpoints.between_transactions(play.steps):
        play.put_to_sleep(point)


def test_who_falls_asleep_inside_a_transaction_holds_nobody_up_and_changes_nothing(play):
    commits = [number for number, step in enumerate(play.steps) if step == "COMMIT"]

    for number in commits[len(commits) // 2 :][:1]:
        play.put_to_sleep((number, "before"))


def test_no_database_that_ends_its_connections_loses_anything(play):
    for point in killpoints.spread(killpoints.points_of(play.steps), 20):
        play.cut_off(point)


def test_no_worker_that_dies_with_all_it_has_taken_loses_anything(lonely_play):
    for point in killpoints.telling(lonely_play.steps):
        lonely_play.kill(point)
