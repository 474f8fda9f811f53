"""A broker and a worker in this process: perfect, or with faults drawn by a seed.

What product code sends is caught where Celery would hand it to the broker. The faulty one loses,
doubles, delays and reorders messages; its worker dies before or after a statement, a commit or a
letter, and then nothing more of that task reaches the database; or it falls asleep outside of a
transaction until its leases have run out and others have done its work, and goes on. What a dead
worker had taken comes back, or is gone with the broker.
"""

import json
from collections import Counter, deque
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from celery.app.task import Task
from django.core.mail import EmailMessage
from django.db import connection
from django.utils import timezone

from network.config.celery import app

LEASES = timedelta(minutes=11)  # after so long every lease has run out
UNDOING = ("ROLLBACK", "RELEASE")  # what the end of a connection does by itself


class Killed(BaseException):
    """A worker was killed: nothing of ours catches it."""


@dataclass(frozen=True)
class Message:
    task: str
    words: str  # the arguments, as JSON
    expires: datetime | None


@dataclass(frozen=True)
class Fates:
    """How likely each thing is to befall one message, or the worker that has taken it."""

    lost: float = 0.12
    doubled: float = 0.12
    delayed: float = 0.12
    killed: float = 0.35
    asleep: float = 0.15
    comes_back: float = 0.5
    furthest: tuple = (4, 12, 40)  # before so many steps a worker dies: one of these


PERFECT = Fates(0, 0, 0, 0, 0)


class Broker:
    """Holds messages, and works them off when it is asked to."""

    def __init__(self, fates=PERFECT, seed=0):
        self.fates, self.random = fates, Random(seed)
        self.faulty = False  # from when `faults` is entered until it is left
        self.waiting, self.later, self.back = deque(), [], []
        self.befell = Counter()  # what happened how often
        self.letters = []  # (when, the letter) of each that has left
        self.life = None  # of the task that is being worked on
        self.asleep = lambda: None  # what others do while a worker sleeps

    @property
    def is_perfect(self):
        return self.fates == PERFECT

    @contextmanager
    def at_work(self):
        """From here on what is sent comes here, and each step of a task is watched."""
        apply, send, commit = Task.apply_async, EmailMessage.send, connection._commit

        def caught(task, args=(), kwargs=None, expires=None, **_):
            self.take(task.name, list(args or ()), expires)

        def posted(letter, *args, **kwargs):
            with self.step():
                self.letters.append((timezone.now(), letter))
                return send(letter, *args, **kwargs)

        def committed():
            with self.step():
                commit()

        Task.apply_async, EmailMessage.send, connection._commit = caught, posted, committed
        connection.execute_wrappers.append(self.watch)
        try:
            yield self
        finally:
            connection.execute_wrappers.remove(self.watch)
            Task.apply_async, EmailMessage.send = apply, send
            del connection._commit

    @contextmanager
    def faults(self):
        """In here messages and workers meet their fates; afterwards all is well."""
        self.faulty = True
        try:
            yield
        finally:
            self.faulty = False

    def happens(self, what):
        """Whether it does, this time."""
        if not self.faulty or self.random.random() >= getattr(self.fates, what):
            return False
        self.befell[what] += 1
        return True

    # Messages

    def take(self, task, args, expires):
        if self.life is not None and self.life.is_over:
            self.life.end()
        self.befell["sent"] += 1
        until = expires and timezone.now() + timedelta(seconds=expires)
        message = Message(task, json.dumps(args), until)
        if self.happens("lost"):
            return
        for _ in range(1 + self.happens("doubled")):
            (self.later if self.happens("delayed") else self.waiting).append(message)

    def work_off(self):
        """Do all that waits, and what it asks for. What was delayed comes the next time, and what
        a dead worker had."""
        self.waiting.extend(self.back)
        self.back = []
        if self.faulty:
            self.random.shuffle(self.waiting)
        came, self.later = self.later, []
        while self.waiting:
            message = self.waiting.popleft()
            if message.expires is None or timezone.now() < message.expires:
                self.work_on(message)
        self.waiting.extend(came)

    def work_on(self, message):
        """Do one, or begin it and die."""
        before, self.life = self.life, Life(self)
        try:
            app.tasks[message.task](*json.loads(message.words))
            if self.life.is_over:
                raise AssertionError(f"{message} went on without a worker.")
        except Killed:
            connection.run_on_commit = []  # who is dead asks for nothing
            if self.random.random() < self.fates.comes_back:
                self.back.append(message)
        finally:
            self.life = before

    # Workers

    def watch(self, execute, sql, *rest):
        if self.life is not None and self.life.is_over:
            if sql.startswith(UNDOING):
                return None
            self.life.end()
        with self.step():
            return execute(sql, *rest)

    @contextmanager
    def step(self):
        """Something that a task does, with death or sleep before and after it."""
        life = self.life
        if life is None:
            yield
            return
        life.goes_on("before")
        yield
        life.goes_on("after")


class Life:
    """One task's, up to the step at which it is to end or to fall asleep; most never do."""

    def __init__(self, broker):
        self.broker, self.steps, self.is_over = broker, 0, False
        self.fate = next((fate for fate in ("killed", "asleep") if broker.happens(fate)), None)
        furthest = broker.random.choice(broker.fates.furthest)
        self.at = broker.random.randrange(furthest) if self.fate else None
        self.side = broker.random.choice(("before", "after")) if self.fate else None

    def goes_on(self, side):
        if self.is_over:
            self.end()
        here, self.steps = self.steps, self.steps + (side == "after")
        if self.fate is None or here < self.at or side != self.side:
            return
        if self.fate == "killed":
            self.broker.befell["died"] += 1
            self.end()
        if connection.autocommit and not connection.in_atomic_block:
            self.fate = None
            self.broker.befell["slept"] += 1
            self.broker.asleep()

    def end(self):
        """Die; the server takes back what was not committed, as when a client is gone."""
        self.is_over = True
        connection.connection.rollback()
        raise Killed
