"""A broker and a worker in this process: perfect, or with faults drawn by a seed.

What product code sends is caught where Celery would hand it to the broker. The faulty one loses,
doubles, delays and reorders messages; its worker dies before or after a statement, a commit or a
letter, and then nothing more of that task reaches the database; or it falls asleep outside of a
transaction until its leases have run out and others have done its work, and goes on. What a dead
worker had taken comes back, or is gone with the broker. Who delivers letters meets its fate mostly
where it does most harm: when it has just taken some, or around the next one.

Of each letter that leaves, a second connection tells how its row stood for everybody else.
"""

import json
import re
from collections import Counter, deque
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from celery.app.task import Task
from django.core.mail import EmailMessage
from django.db import connection
from django.utils import timezone

from network.config.celery import app
from network.registries import outboxes

LEASES = timedelta(minutes=11)  # after so long every lease has run out
UNDOING = ("ROLLBACK", "RELEASE")  # what the end of a connection does by itself
DELIVERS = "deliver_notices"  # the task, and the job that sweeps


class Killed(BaseException):
    """A worker was killed: nothing of ours catches it."""


@dataclass(frozen=True)
class Message:
    task: str
    words: str  # the arguments, as JSON
    expires: datetime | None


class Sent(NamedTuple):
    """A letter that has left."""

    at: datetime
    letter: EmailMessage
    stood: str  # the `mail` of its row, as others read it in that moment


@dataclass(frozen=True)
class Fates:
    """How likely each thing is to befall one message, or the worker that has taken it."""

    lost: float = 0.12
    doubled: float = 0.12
    delayed: float = 0.12
    killed: float = 0.35
    asleep: float = 0.05  # and then others do all that waits, without faults
    comes_back: float = 0.5
    furthest: tuple = (4, 12, 40)  # before so many steps a worker dies: one of these
    aimed: float = 0.5  # of those who deliver letters: when some are taken, or around one


PERFECT = Fates(0, 0, 0, 0, 0, aimed=0)


class Broker:
    """Holds messages, and works them off when it is asked to."""

    def __init__(self, fates=PERFECT, seed=0):
        self.fates, self.random = fates, Random(seed)
        self.faulty = False  # from when `faults` is entered until it is left
        self.waiting, self.later, self.back = deque(), [], []
        self.befell = Counter()  # what happened how often
        self.letters = []  # Sent, for each that has left
        self.life = None  # of the task that is being worked on
        self.asleep = lambda: None  # what others do while a worker sleeps

    @property
    def is_perfect(self):
        return self.fates == PERFECT

    @contextmanager
    def at_work(self):
        """From here on what is sent comes here, and each step of a task is watched."""
        apply, send, commit = Task.apply_async, EmailMessage.send, connection._commit
        outside = connection.copy()

        def caught(task, args=(), kwargs=None, expires=None, **_):
            self.take(task.name, list(args or ()), expires)

        def posted(letter, *args, **kwargs):
            with self.step("letter"):
                self.letters.append(Sent(timezone.now(), letter, stand_of(letter, outside)))
                return send(letter, *args, **kwargs)

        def committed():
            with self.step("commit"):
                commit()

        Task.apply_async, EmailMessage.send, connection._commit = caught, posted, committed
        connection.execute_wrappers.append(self.watch)
        try:
            yield self
        finally:
            connection.execute_wrappers.remove(self.watch)
            Task.apply_async, EmailMessage.send = apply, send
            del connection._commit
            outside.close()

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
        before, self.life = self.life, Life(self, DELIVERS in message.task + message.words)
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
        life = self.life
        if life is None:
            return execute(sql, *rest)
        if life.is_over and sql.startswith(UNDOING):
            return None
        what = "lease" if LEASE.match(sql) else ""
        life.goes_on("before", what)
        answer = execute(sql, *rest)
        life.goes_on("after", what)
        return answer

    @contextmanager
    def step(self, what=""):
        """Something that a task does, with death or sleep before and after it."""
        life = self.life
        if life is None:
            yield
            return
        life.goes_on("before", what)
        yield
        life.goes_on("after", what)


LEASE = re.compile('UPDATE "[a-z_]+" SET "mail" = .*"claimed_until" = [^N]')


def stand_of(letter, outside):
    """How the row of a letter stands for those who see only what is committed."""
    key = letter.extra_headers["Message-ID"][1:37]
    with outside.cursor() as cursor:
        for model in outboxes:
            cursor.execute(f'SELECT mail FROM "{model._meta.db_table}" WHERE id = %s', [key])
            if found := cursor.fetchone():
                return found[0]
    return ""


class Life:
    """One task's, up to the step at which it is to end or to fall asleep; most never do.

    Aimed at a letter, it meets its fate around the next one; at taking, when it has taken some.
    """

    def __init__(self, broker, delivers=False):
        self.broker, self.steps, self.is_over = broker, 0, False
        self.fate = next((fate for fate in ("killed", "asleep") if broker.happens(fate)), None)
        furthest = broker.random.choice(broker.fates.furthest)
        self.at = broker.random.randrange(furthest) if self.fate else None
        self.side = broker.random.choice(("before", "after")) if self.fate else None
        self.aim, self.takes, self.has_taken = None, False, False
        if delivers and broker.happens("aimed"):
            self.fate = broker.random.choice(("killed", "killed", "killed", "asleep"))
            self.aim = broker.random.choice(("letter", "letter", "taking"))
            self.side = broker.random.choice(("before", "after"))

    def goes_on(self, side, what=""):
        if self.is_over:
            self.end()
        here, self.steps = self.steps, self.steps + (side == "after")
        self.takes = self.takes or what == "lease"
        self.has_taken = self.has_taken or (self.takes and (what, side) == ("commit", "after"))
        if self.fate is None or not self.is_met(here, side, what):
            return
        if self.fate == "killed":
            self.broker.befell["died"] += 1
            self.end()
        if connection.autocommit and not connection.in_atomic_block:
            self.fate = None
            self.broker.befell["slept"] += 1
            self.broker.asleep()

    def is_met(self, here, side, what):
        """Whether this is the moment of its fate."""
        if self.aim == "letter":
            return what == "letter" and side == self.side
        if self.aim == "taking":
            return self.has_taken
        return here >= self.at and side == self.side

    def end(self):
        """Die; the server takes back what was not committed, as when a client is gone."""
        self.is_over = True
        connection.connection.rollback()
        raise Killed
