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
    for name, slot in jobs.due(timezone.now()):
        queue = periodic_jobs[name].facts.get("queue", "sweep")
        run_job.apply_async([name, slot.isoformat()], queue=queue, expires=STALE)


@shared_task(ignore_result=True)
def run_job(name, slot):
    """Run one periodic job for one slot; a second asking for the same changes nothing."""
    if name in periodic_jobs:
        jobs.run(name, datetime.fromisoformat(slot), timezone.now())


@shared_task(ignore_result=True)
def heartbeat(queue):
    """Note that a worker listens to this queue."""
    jobs.heard(f"queue.{queue}", timezone.now())
