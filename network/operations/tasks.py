"""What beat sends: ticks and heartbeats."""

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from network.operations import jobs
from network.registries import periodic_jobs

STALE = 60  # seconds after which an unheard tick is not worth hearing: the next one says the same


@shared_task(ignore_result=True)
def tick():
    """Send for each job whose slot has begun."""
    send(jobs.due(timezone.now()))


def send(pairs):
    for name, slot in pairs:
        queue = periodic_jobs[name].facts.get("queue", "sweep")
        run_job.apply_async([name, slot.isoformat()], queue=queue, expires=STALE)


@shared_task(ignore_result=True)
def run_job(name, slot):
    """Run one periodic job for one slot, and send for those that come after it.

    A second asking for the same changes nothing.
    """
    if name not in periodic_jobs:
        return
    jobs.run(name, datetime.fromisoformat(slot), timezone.now())
    if followers := jobs.followers(name):
        send(pair for pair in jobs.due(timezone.now()) if pair[0] in followers)


@shared_task(ignore_result=True)
def heartbeat(queue):
    """Note that a worker listens to this queue."""
    jobs.heard(f"queue.{queue}", timezone.now())
