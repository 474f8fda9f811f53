"""The Celery of the product with children that count what they do, and die where a test says.

`celery -A tests.trust.mortal worker`. What to do lies in the folder KITH_ORDERS, and is read when
a task begins; see killpoints.py, which writes it.
"""

import json
import os
import signal
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from celery.concurrency.asynpool import AsynPool
from celery.signals import after_task_publish, before_task_publish, task_postrun, task_prerun
from django.core.mail import EmailMessage
from django.db import connection
from django.utils import timezone

from network.config.celery import app
from tests.broker import keep_count

__all__ = ["app"]

FOLDER = Path(os.environ["KITH_ORDERS"])

# The message of a dead child comes back at once, not within 15 seconds.
app.conf.worker_lost_wait = 0.1
AsynPool.timers = property(lambda pool: {pool.maintain_pool: 0.2})

send = EmailMessage.send


class Life:
    """What one task does, step by step: statements, commits and calls outside."""

    def __init__(self, orders):
        self.orders = orders
        self.steps = []

    @contextmanager
    def step(self, label):
        """Something that is done, with death or sleep before and after it."""
        number = len(self.steps)
        self.steps.append(label)
        self.meet_fate([number, "before"])
        yield
        self.meet_fate([number, "after"])

    def meet_fate(self, point):
        fate = self.orders["fate"]
        if fate is None or point != self.orders["point"]:
            return
        carry_out("orders", {**self.orders, "victim": None})
        carry_out("met", {"pid": os.getpid(), "step": self.steps[-1], "point": point})
        os.kill(os.getpid(), getattr(signal, fate))

    def watch(self, execute, sql, *rest):
        with self.step(" ".join(sql.split()[:3])[:60]):
            return execute(sql, *rest)

    def begin(self):
        connection.ensure_connection()  # what a new one asks for itself is no step of the task
        committed = connection._commit

        def commit():
            with self.step("COMMIT"):
                committed()

        connection._commit = commit
        connection.execute_wrappers.append(self.watch)

    def end(self):
        del connection._commit
        connection.execute_wrappers.remove(self.watch)
        if self.orders["fate"] is None:
            carry_out("steps", self.steps)


lives = []  # of this child: none, or the one that is watched now
calls = []  # of messages that are being sent: signals come apart


def carry_out(name, told):
    """Write a file that is there whole or not at all."""
    half = FOLDER / f".{name}.{os.getpid()}"
    half.write_text(json.dumps(told))
    half.rename(FOLDER / name)


def name_of(task, args):
    """The task's last name; of a job the job's."""
    name = task.name.rpartition(".")[2]
    return f"{name}:{args[0]}" if name == "run_job" else name


@task_prerun.connect
def begin(task, args, **_):
    orders = json.loads((FOLDER / "orders").read_text())
    turn_clock(orders["later"])
    if orders["victim"] != name_of(task, args):
        return
    lives.append(Life(orders))
    lives[0].begin()


@task_postrun.connect
def end(**_):
    while lives:
        lives.pop().end()


def turn_clock(later):
    """It is so many seconds later than it is."""
    timezone.now = lambda: datetime.now(UTC) + timedelta(seconds=later)


def send_watched(message, *args, **kwargs):
    if not lives:
        return send(message, *args, **kwargs)
    with lives[0].step("MAIL"):
        return send(message, *args, **kwargs)


EmailMessage.send = send_watched


@before_task_publish.connect
def begin_call(sender, **_):
    if lives:
        calls.append(lives[0].step(f"SEND {sender.rpartition('.')[2]}"))
        calls[-1].__enter__()


@after_task_publish.connect
def end_call(**_):
    if calls:
        calls.pop().__exit__(None, None, None)


keep_count()  # after the steps: who dies before a message is sent has not sent it
