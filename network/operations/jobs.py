"""Periodic jobs: which slot is due, who takes it, how it went.

Beat only ticks. A tick asks which slots have begun and nobody has taken; a slot is a row under a
unique key, so that two beats, or none for an hour, change nothing but a delay. Missed slots
collapse into the latest.
"""

from datetime import UTC, datetime, timedelta

from django.contrib.sessions.models import Session
from django.db import OperationalError, connection
from django.db.models import Q
from django.utils import timezone

from network.operations.models import Heartbeat, JobRun
from network.registries import periodic_jobs

QUEUES = ["now", "mail", "outbound", "sweep", "bulk"]
HEARTS = ["beat", *(f"queue.{queue}" for queue in QUEUES)]
MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
LEASE = timedelta(minutes=6)  # more than a task may take: who holds a slot longer is dead
KEPT = timedelta(days=14)

CLAIM = """
INSERT INTO network_jobrun AS run (job, slot, started_at, error)
VALUES (%(job)s, %(slot)s, %(now)s, '')
ON CONFLICT (job, slot) DO UPDATE SET started_at = excluded.started_at
WHERE run.finished_at IS NULL AND run.started_at <= %(lost)s
"""

FINISH = """
UPDATE network_jobrun SET finished_at = %(now)s, error = %(error)s
WHERE job = %(job)s AND slot = %(slot)s AND started_at = %(started)s
"""


def every(name):
    """How often the job runs."""
    return periodic_jobs[name].facts["every"]


def followers(name):
    """The jobs that come after this one."""
    return {job for job, entry in periodic_jobs.items() if entry.facts.get("after") == name}


def slot_at(name, now):
    """When the job's latest slot began: whole steps of `every` from a Monday, later by `at`."""
    start = MONDAY + periodic_jobs[name].facts.get("at", timedelta(0))
    return start + (now - start) // every(name) * every(name)


def schedule(name):
    """The job's schedule in words."""
    facts = periodic_jobs[name].facts
    moved, before = facts.get("at"), facts.get("after")
    later = f", {moved} after the start" if moved else ""
    return f"every {every(name)}" + later + (f", after {before}" if before else "")


def due(now):
    """The (job, slot) pairs that have begun and that nobody has done or is doing.

    A job that comes `after` another waits until that one has done its slot of the time.
    """
    slots = {name: slot_at(name, now) for name in periodic_jobs}
    runs = JobRun.objects.filter(
        job__in=list(periodic_jobs), slot__gte=min(slots.values(), default=now)
    )
    lives = Q(started_at__gt=now - LEASE) | ~Q(finished_at=None)
    taken = {(job, slot): ended for job, slot, ended in runs.filter(lives).values_list(*RUN)}
    return sorted(pair for pair in slots.items() if pair not in taken and is_ready(*pair, taken))


RUN = ("job", "slot", "finished_at")


def is_ready(name, slot, taken):
    """Whether the job that comes before this one has been done for this slot, or there is none."""
    before = periodic_jobs[name].facts.get("after")
    return before is None or any(
        job == before and begun >= slot_at(before, slot) and ended is not None
        for (job, begun), ended in taken.items()
    )


def claim(name, slot, now):
    """Take the slot; False when somebody else has it. Who took it and fell silent loses it."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"job": name, "slot": slot, "now": now, "lost": now - LEASE})
        return cursor.rowcount == 1


def run(name, slot, now):
    """Do the job for its slot, once however often it is asked, and write down how it went.

    Where the database was away, or others held too long what the job needed, the slot is not
    over: it is taken again when the lease has run out.
    """
    if not claim(name, slot, now):
        return
    try:
        periodic_jobs[name].value(now)
    except OperationalError:
        raise
    except Exception as broken:
        finish(name, slot, now, type(broken).__name__)
        raise
    finish(name, slot, now)


def finish(name, slot, started, error=""):
    """Write down that it is over, unless somebody else has taken it since."""
    facts = {"job": name, "slot": slot, "started": started, "now": timezone.now(), "error": error}
    with connection.cursor() as cursor:
        cursor.execute(FINISH, facts)


def heard(name, now):
    """Note that something that should be running is."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, at=now)],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at"],
    )


def forget_old_runs(now):
    """Let go of what ran long ago."""
    JobRun.objects.filter(slot__lt=now - KEPT).delete()


def forget_sessions(now):
    """Let go of the sessions that have run out."""
    Session.objects.filter(expire_date__lt=now).delete()
