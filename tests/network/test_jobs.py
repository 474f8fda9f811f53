"""That each slot of each job runs once, whatever beats, workers and brokers do."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone

from network.operations import jobs, tasks
from network.operations.models import Heartbeat, JobRun
from network.registries import Entry, periodic_jobs
from tests.broker import empty_broker, waiting
from tests.processes import living_in_group, until
from tests.threads import all_at_once
from tests.trust.clock import stopped
from tests.workers import kill, start_beat, worker

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 5, 4, tzinfo=UTC)
NOON = MONDAY + timedelta(hours=12)


@pytest.fixture
def job(monkeypatch):
    """Makes a job of the name; returns the list of times at which it ran."""

    def make(name="count_sheep", **facts):
        ran_at = []
        facts.setdefault("every", timedelta(hours=1))
        monkeypatch.setitem(periodic_jobs.entries, name, Entry(ran_at.append, facts))
        return ran_at

    return make


def only(name, pairs):
    return [slot for job, slot in pairs if job == name]


@pytest.mark.parametrize(
    ("facts", "slot"),
    [
        ({"every": timedelta(hours=1)}, NOON),
        ({"every": timedelta(days=1)}, MONDAY),
        ({"every": timedelta(days=7)}, MONDAY),
        ({"every": timedelta(days=1), "at": timedelta(hours=9)}, MONDAY + timedelta(hours=9)),
        ({"every": timedelta(days=1), "at": timedelta(hours=18)}, MONDAY - timedelta(hours=6)),
    ],
)
def test_a_slot_begins_at_whole_steps_from_a_monday(job, facts, slot):
    job(**facts)

    assert jobs.slot_at("count_sheep", NOON + timedelta(minutes=20)) == slot


def test_a_slot_is_due_from_its_beginning_until_it_was_done(job):
    ran_at = job()

    assert only("count_sheep", jobs.due(NOON)) == [NOON]
    jobs.run("count_sheep", NOON, NOON)

    assert ran_at == [NOON]
    assert only("count_sheep", jobs.due(NOON + timedelta(minutes=59))) == []
    assert only("count_sheep", jobs.due(NOON + timedelta(minutes=60))) == [
        NOON + timedelta(hours=1)
    ]


def test_slots_missed_for_a_day_collapse_into_the_latest(job):
    job()
    jobs.run("count_sheep", NOON, NOON)

    tomorrow = NOON + timedelta(days=1)

    assert only("count_sheep", jobs.due(tomorrow)) == [tomorrow]


def test_a_job_that_comes_after_another_waits_until_that_one_is_done(job):
    job("wash_wool", every=timedelta(days=1))
    job("knit", every=timedelta(days=1), after="wash_wool")

    assert only("knit", jobs.due(NOON)) == []
    jobs.claim("wash_wool", MONDAY, NOON)
    assert only("knit", jobs.due(NOON + jobs.LEASE)) == []
    jobs.run("wash_wool", MONDAY, NOON + jobs.LEASE)

    assert only("knit", jobs.due(NOON + jobs.LEASE)) == [MONDAY]
    assert only("knit", jobs.due(NOON + timedelta(days=1))) == []


def test_who_has_done_a_job_sends_for_those_that_come_after_it(job):
    job("wash_wool", every=timedelta(days=1))
    job("knit", every=timedelta(days=1), after="wash_wool", queue="outbound")
    empty_broker()

    tasks.run_job("wash_wool", jobs.slot_at("wash_wool", timezone.now()).isoformat())

    assert waiting("outbound") == 1
    empty_broker()


@pytest.mark.django_db(transaction=True)
def test_a_slot_asked_for_sixteen_times_at_once_runs_once(job):
    ran_at = job()

    moments = [NOON + timedelta(microseconds=n) for n in range(16)]
    all_at_once(jobs.run, [("count_sheep", NOON, moment) for moment in moments])

    assert len(ran_at) == 1


def test_a_slot_whose_worker_died_is_taken_again_after_the_lease(job):
    ran_at = job()
    assert jobs.claim("count_sheep", NOON, NOON)

    soon, later = NOON + jobs.LEASE - timedelta(seconds=1), NOON + jobs.LEASE
    jobs.run("count_sheep", NOON, soon)
    assert (only("count_sheep", jobs.due(soon)), ran_at) == ([], [])

    assert only("count_sheep", jobs.due(later)) == [NOON]
    jobs.run("count_sheep", NOON, later)
    assert ran_at == [later]


def test_one_who_wakes_after_the_lease_does_not_write_over_the_next_one(job, monkeypatch):
    job()

    def sleep_long(now):
        jobs.claim("count_sheep", NOON, now + jobs.LEASE)

    monkeypatch.setitem(
        periodic_jobs.entries, "count_sheep", Entry(sleep_long, {"every": timedelta(hours=1)})
    )
    jobs.run("count_sheep", NOON, NOON)

    run = JobRun.objects.get(job="count_sheep")
    assert (run.started_at, run.finished_at) == (NOON + jobs.LEASE, None)


def test_a_job_that_fails_says_how_and_runs_again_in_its_next_slot(job, monkeypatch):
    job()

    def stumble(now):
        raise ZeroDivisionError("of no use to anybody")

    monkeypatch.setitem(
        periodic_jobs.entries, "count_sheep", Entry(stumble, {"every": timedelta(hours=1)})
    )
    with pytest.raises(ZeroDivisionError):
        jobs.run("count_sheep", NOON, NOON)

    assert JobRun.objects.get(job="count_sheep").error == "ZeroDivisionError"
    assert only("count_sheep", jobs.due(NOON + timedelta(minutes=30))) == []
    assert only("count_sheep", jobs.due(NOON + timedelta(minutes=60))) != []


def test_a_job_that_found_the_database_busy_is_done_again_after_the_lease(job, monkeypatch):
    job()
    ran_at = []

    def need_what_others_hold(now):
        ran_at.append(now)
        if len(ran_at) == 1:
            raise OperationalError("canceling statement due to lock timeout")

    entry = Entry(need_what_others_hold, {"every": timedelta(days=1)})
    monkeypatch.setitem(periodic_jobs.entries, "count_sheep", entry)
    with pytest.raises(OperationalError):
        jobs.run("count_sheep", MONDAY, NOON)

    assert only("count_sheep", jobs.due(NOON + timedelta(minutes=5))) == []
    assert only("count_sheep", jobs.due(NOON + jobs.LEASE)) == [MONDAY]
    jobs.run("count_sheep", MONDAY, NOON + jobs.LEASE)
    assert ran_at == [NOON, NOON + jobs.LEASE]
    assert only("count_sheep", jobs.due(NOON + 2 * jobs.LEASE)) == []


def test_runs_of_long_ago_are_let_go(job):
    job()
    jobs.run("count_sheep", NOON, NOON)
    jobs.run("count_sheep", NOON + jobs.KEPT, NOON + jobs.KEPT)

    jobs.forget_old_runs(NOON + jobs.KEPT + timedelta(hours=1))

    assert JobRun.objects.get(job="count_sheep").slot == NOON + jobs.KEPT


def test_sessions_that_have_run_out_are_let_go():
    for key, days in (("old", -1), ("new", 1)):
        Session.objects.create(session_key=key, expire_date=NOON + timedelta(days=days))

    jobs.forget_sessions(NOON)

    assert list(Session.objects.values_list("session_key", flat=True)) == ["new"]


@pytest.mark.django_db(transaction=True)
def test_two_ticks_and_a_lost_broker_leave_one_run_of_each_job():
    tasks.tick()
    empty_broker()

    with worker():
        with stopped(timezone.now()):  # else the second might come in the next minute
            tasks.tick()
            tasks.tick()
        until(lambda: JobRun.objects.exclude(finished_at=None).count() >= len(list(periodic_jobs)))
        until(lambda: not waiting("sweep") and not waiting("mail"))

    runs = JobRun.objects.values_list("job", "slot", "error")
    assert sorted(job for job, _, _ in runs) == sorted(periodic_jobs)
    assert {error for _, _, error in runs} == {""}


@pytest.mark.django_db(transaction=True)
def test_beat_notes_that_it_lives_and_sends_to_every_queue():
    empty_broker()
    beat = start_beat()

    try:
        until(lambda: Heartbeat.objects.filter(name="beat").exists(), 60)
        until(lambda: all(map(waiting, jobs.QUEUES)))
    finally:
        kill(beat)


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_was_killed_leaves_no_pool_behind():
    with worker(pool="prefork") as process:
        process.kill()
        process.wait()

        until(lambda: not living_in_group(process.pid), 10)


def run_job(*arguments):
    said = StringIO()
    call_command("runjob", *arguments, stdout=said)
    return said.getvalue()


def test_a_job_can_be_run_by_hand_as_of_any_time(job):
    ran_at = job()

    run_job("count_sheep", "--now", "2026-05-04T12:00:00Z")
    run_job("count_sheep", "--now", "2026-05-04T14:00:00+02:00")
    run_job("count_sheep", "--now", "2026-05-04 12:00")
    run_job("count_sheep")

    assert ran_at[:3] == [NOON] * 3
    assert timezone.now() - ran_at[3] < timedelta(minutes=1)


def test_the_jobs_are_listed_a_line_each_the_name_first(job):
    job(every=timedelta(days=1), at=timedelta(hours=9))

    lines = run_job("--list").splitlines()

    assert len(lines) == len(list(periodic_jobs))
    assert "count_sheep  every 1 day, 0:00:00, 9:00:00 after the start" in lines


@pytest.mark.parametrize("arguments", [["count_cows"], [], ["count_sheep", "--now", "noonish"]])
def test_what_cannot_be_run_is_said(job, arguments):
    job()

    with pytest.raises(CommandError, match=r"There is no job|--now must be a time"):
        run_job(*arguments)
