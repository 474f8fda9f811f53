"""Beat: sends ticks and heartbeats, remembers nothing, and notes that it lives."""

from datetime import UTC, datetime

import structlog
from celery.beat import Scheduler
from django.db import Error, close_old_connections
from django.utils import timezone

from network.operations import jobs

TICK = 10  # seconds: how late a job may begin
HEARTBEAT = 30
AT_ONCE = datetime(
    2000, 1, 1, tzinfo=UTC
)  # as if last sent then: everything is sent when beat starts

log = structlog.get_logger("kith.beat")


def entries():
    """What beat sends: a tick to find due jobs, a heartbeat to each queue."""
    yield "tick", entry("tick", TICK, queue="now")
    for queue in jobs.QUEUES:
        yield f"heartbeat-{queue}", entry("heartbeat", HEARTBEAT, queue, queue=queue)


def entry(task, seconds, *args, queue):
    """An entry of Celery's. What waits longer than until the next one is dropped."""
    return {
        "task": f"network.operations.tasks.{task}",
        "args": args,
        "schedule": seconds,
        "options": {"queue": queue, "expires": seconds},
        "last_run_at": AT_ONCE,
    }


class Beat(Scheduler):
    """Celery's scheduler, with a heart: every tick that reached the broker is written down."""

    def setup_schedule(self):
        self.update_from_dict(dict(entries()))

    def apply_async(self, entry, producer=None, advance=True, **kwargs):
        sent = super().apply_async(entry, producer=producer, advance=advance, **kwargs)
        if entry.name == "tick":
            try:
                close_old_connections()
                jobs.heard("beat", timezone.now())
            except Error as error:
                log.warning("beat.unheard", error=type(error).__name__)
        return sent
