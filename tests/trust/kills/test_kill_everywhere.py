"""Every job killed everywhere and done twice at once: one effect, and nothing is lost.

`make test` kills each job at one or two points and has it done twice at once at one; it puts to
sleep, cuts off and buries one job each. The long form kills and doubles all jobs at every step;
what it does to them besides stands in test_sleep_everywhere.py.
"""

import pytest

from network.config.celery import app
from network.registries import periodic_jobs
from tests.trust import killpoints
from tests.trust.kills.work import WORK

pytestmark = pytest.mark.django_db(transaction=True)


def test_every_job_and_every_task_has_work_here():
    app.loader.import_default_modules()  # as a worker does
    ours = {name for name in app.tasks if not name.startswith("celery.")}
    tasks_killed = {name for name in WORK if ":" not in name}
    jobs_killed = {name.partition(":")[2] for name in WORK} - {""}

    assert jobs_killed == set(periodic_jobs), "give the new job a piece of work_for(…) beside this"
    assert {name.rpartition(".")[2] for name in ours} == {
        *tasks_killed,
        "run_job",  # in which all the others run
        "heartbeat",  # one row that the next one writes again
    }, "give the new task a piece of work_for(…) beside this"


def test_a_job_killed_halfway_or_at_its_end_or_done_twice_at_once_has_one_effect(play):
    for point in killpoints.briefest(play.steps):
        play.kill(point)

    play.overlap(killpoints.overlapping(play.steps)[0])


@pytest.mark.long
def test_a_job_killed_everywhere_has_one_effect(play):
    for point in killpoints.points_of(play.steps):
        play.kill(point)

    assert len(play.steps) >= 4  # to take the slot, something done, a commit, to note the end


@pytest.mark.long
def test_a_job_done_by_two_workers_has_one_effect_wherever_they_meet(play):
    for point in killpoints.points_of(play.steps):
        play.overlap(point)


@pytest.mark.parametrize("play", ["run_job:deliver_notices"], indirect=True)
def test_a_worker_that_wakes_after_its_lease_changes_nothing(play):
    play.put_to_sleep(killpoints.between_transactions(play.steps)[-1])


@pytest.mark.parametrize("play", ["run_job:welcome_newcomers"], indirect=True)
def test_a_database_that_ends_its_connections_loses_nothing(play):
    play.cut_off(killpoints.overlapping(play.steps)[1])


@pytest.mark.parametrize("lonely_play", ["run_job:deliver_notices"], indirect=True)
def test_a_worker_that_dies_with_all_it_has_taken_loses_nothing(lonely_play):
    lonely_play.kill(killpoints.telling(lonely_play.steps)[1])
