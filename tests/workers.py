"""A real Celery worker on the test's own database and broker, to be fed, watched and killed.

The test needs `@pytest.mark.django_db(transaction=True)`: the worker sees what is committed.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from network.operations import jobs
from network.operations.models import Heartbeat
from network.operations.rootless import command
from network.operations.tasks import heartbeat
from tests.broker import waiting
from tests.processes import living_in_group, until

ALL = ",".join(jobs.QUEUES)
OURS = "network.config.celery"


def environment():
    """What makes another process use the database and the broker of this test."""
    database = connection.settings_dict
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "SECRET_KEY": settings.SECRET_KEY,
        "DATABASE_URL": f"postgres://{database['USER']}@{quote(database['HOST'], safe='')}"
        f"/{database['NAME']}",
    }


def start(*program, **given):
    """A program of Python's in a process group of its own, that ends when this process does.

    given: what its environment has besides that of this test.
    """
    return subprocess.Popen(
        command(sys.executable, "-m", *program, ends_with=signal.SIGKILL),
        cwd=settings.BASE_DIR,
        env={**environment(), **{name: str(value) for name, value in given.items()}},
        start_new_session=True,
    )


def start_celery(*words, app=OURS, **given):
    return start("celery", "--quiet", "-A", app, *words, "--loglevel", "ERROR", **given)


def start_worker(*, pool="solo", queues=ALL, concurrency=1, **facts):
    """A worker. `solo` works in the one process that there is."""
    how = ["--queues", queues, "--pool", pool, "--concurrency", str(concurrency)]
    return start_celery("worker", *how, "--without-gossip", "--without-mingle", **facts)


def start_beat(*, scheduler="network.operations.beat:Beat", **facts):
    return start_celery("beat", "--pidfile=", "--scheduler", scheduler, **facts)


def kill(process, sent=signal.SIGKILL):
    """End the process and all it has started.

    A child that lives a moment longer keeps the broker's connection open, and what is sent next
    would go to nobody.
    """
    os.killpg(process.pid, sent)
    process.wait(30)

    def nobody_lives():
        return not living_in_group(process.pid)

    until(nobody_lives)


@contextmanager
def worker(**facts):
    """A worker that listens already; killed at the end if the test has not killed it."""
    Heartbeat.objects.filter(name="queue.now").delete()
    process, asked = start_worker(**facts), 0.0
    try:

        def listens():
            nonlocal asked
            assert process.poll() is None, "the worker ended by itself"
            # The broker may hand a message to somebody killed a moment ago, whom it still believes.
            if time.monotonic() - asked > 10 and not waiting("now"):
                heartbeat.apply_async(["now"], queue="now")
                asked = time.monotonic()
            return Heartbeat.objects.filter(name="queue.now").exists()

        until(listens, 60)
        yield process
    finally:
        if process.poll() is None:
            kill(process)
