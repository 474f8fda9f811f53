"""Kill jobs at each of their steps, and compare what became of the world with an undisturbed run.

A step is a statement, a commit, a letter or a message that is sent. The worker is a real one; its
children (mortal.py) count their steps and send themselves the signal that a test has ordered. In
between the world is put back row by row, so that one can be told from another to the last key.
"""

import io
import json
import os
import re
import signal
from collections import Counter
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.apps import apps
from django.core.cache import cache
from django.db import connection, models, transaction
from django.utils import timezone

from network.activity.models import Activity
from network.operations import jobs, tasks
from network.operations.models import Heartbeat, JobRun
from network.registries import outboxes, periodic_jobs
from tests import broker
from tests.factories import NOW
from tests.processes import until
from tests.trust.outside import mail_server
from tests.workers import worker

LATER = NOW + timedelta(minutes=11)  # every lease has run out
KEY = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
NUMBERED = re.compile(r"^([a-z_]+:)\d+$")  # a cause that ends with the number of a row
TELLING = re.compile("COMMIT|MAIL|SEND")
WRITES = re.compile("INSERT|UPDATE|DELETE")
MAIL = re.compile("MAIL")
NO_EFFECT = {  # the machine's own notes
    *((model, "attempts") for model in outboxes),
    (Activity, "transaction"),
}


@contextmanager
def stage(folder):
    """A worker that can be ordered to die, and a mail server."""
    broker.empty_broker()  # of what other tests have sent, which this worker would do first
    broker.keep_count()
    with mail_server() as mails:
        found = Stage(folder, mails)
        found.order(NOW)
        try:
            yield found
        finally:
            found.end()
            broker.stop_counting()


def give_orders(folder, now, victim=None, fate=None, point=None):
    """From here on it is `now` for the workers of the folder; the task `victim` meets its fate."""
    told = {"victim": victim, "fate": fate, "point": point}
    half = folder / ".orders"
    half.write_text(json.dumps({"later": (now - timezone.now()).total_seconds(), **told}))
    half.rename(folder / "orders")


FINISHERS = {"deliver_notices", "settle_unknown_mails"}  # of what other jobs leave to be mailed


def leave_due(victim):
    """Have all other jobs done for now, and later too but for those that finish its work.

    What each of thirty jobs would do around the victim is proven where it is the victim itself;
    where the tick is, all of them are due.
    """
    if victim == "tick":
        return
    others = {*periodic_jobs} - {victim.partition(":")[2]}
    slots = [(name, NOW) for name in others] + [(name, LATER) for name in others - FINISHERS]
    done = {"started_at": NOW, "finished_at": NOW}
    JobRun.objects.bulk_create(
        [JobRun(job=name, slot=jobs.slot_at(name, at), **done) for name, at in slots],
        ignore_conflicts=True,  # both lie in one slot, often
    )


class Stage:
    """Where jobs are done, and die.

    pool: `prefork` has two processes under one worker, which lives on when one of them dies;
    with `solo` everything dies that the worker has taken.
    """

    def __init__(self, folder, mails):
        self.folder, self.mails = folder, mails
        self.pool = "prefork"
        self.held = None  # the context of the worker
        self.process = None
        self.stale = 0  # messages that died with a worker; they come back after half an hour

    # The worker

    def ensure_worker(self):
        """A worker listens."""
        if self.process is not None and self.process.poll() is None:
            return
        self.end()
        self.held = worker(
            app="tests.trust.mortal",
            pool=self.pool,
            concurrency=2,
            KITH_ORDERS=self.folder,
            EMAIL_URL=self.mails.url,
        )
        self.process = self.held.__enter__()

    def use(self, pool):
        """From here on with a worker of this kind."""
        if pool != self.pool:
            self.end()
            self.pool = pool
            self.clear()
            broker.empty_broker()
        self.ensure_worker()

    def clear(self):
        """Nobody is told to die any more."""
        for path in self.folder.glob("[!.]*"):
            path.unlink()
        self.order(NOW)

    def end(self):
        if self.held is not None:
            held, self.held, self.process = self.held, None, None
            held.__exit__(None, None, None)

    def order(self, now, **orders):
        give_orders(self.folder, now, **orders)

    def told(self, name):
        """What a child has written down, or None."""
        path = self.folder / name
        return json.loads(path.read_text()) if path.exists() else None

    # The world

    def put_back(self, world):
        """The world is as it was, and nothing is on its way."""
        self.clear()
        self.ensure_worker()
        broker.empty_broker()
        self.stale = 0
        world.put_back()
        cache.clear()
        self.mails.letters.clear()

    def run(self, ask, now=NOW, *, left=0, **orders):
        """Have `ask` ask for work at this time, and wait until all but `left` tasks have ended."""
        self.order(now, **orders)
        ask()
        if orders.get("fate"):
            until(lambda: self.told("met"), 60, pace=0.01)
            self.bury()
        self.wait(left)

    def bury(self):
        """Where the worker itself has died, start the next one."""
        if self.pool == "solo":
            self.process.wait(30)
            self.stale = broker.lose_taken()
            self.ensure_worker()

    def wait(self, left=0):
        """Wait until no message waits and all but `left` have been worked on."""
        quiet = []

        def all_is_done():
            quiet.append(self.busy() == left)
            return quiet[-3:] == [True] * 3

        until(all_is_done, 60, pace=0.02)

    def busy(self):
        """How many messages wait or are being worked on."""
        return broker.busy(jobs.QUEUES, self.stale)

    def settle(self, left=0):
        """Let time pass, with beat asking for what is due."""
        self.run(tasks.tick.delay, LATER, left=left)

    def letters(self):
        """How many letters each recipient got, by subject."""
        return Counter((to, subject) for to, subject, _ in self.mails.received())


class Rows:
    """All rows that there are now, to be put back later."""

    def __init__(self):
        self.rows = {}
        with connection.cursor() as cursor:
            for table in connection.introspection.table_names(cursor):
                text = io.StringIO()
                cursor.copy_expert(f'COPY "{table}" TO STDOUT', text)
                self.rows[table] = text.getvalue()

    @transaction.atomic
    def put_back(self):
        """Every row as it was; no trigger hears of it."""
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(";".join(f'DELETE FROM "{table}"' for table in self.rows))
            for table, text in self.rows.items():
                if text:
                    cursor.copy_expert(f'COPY "{table}" FROM STDIN', io.StringIO(text))


class World(Rows):
    """All rows that there are now, and how what becomes of them differs from them."""

    def __init__(self):
        super().__init__()
        self.text = "".join(self.rows.values())
        self.keys = set(KEY.findall(self.text))
        self.before = self.facts()

    def facts(self):
        """How often each row is there, told so that two runs can be compared.

        A key that was not there at the beginning is "new", a time that was not is "later".
        """
        return Counter(
            (model._meta.label, *row)
            for model in without_the_empty(apps.get_models(include_auto_created=True))
            if model is not Heartbeat
            for row in self.rows_of(model)
        )

    def rows_of(self, model):
        names = [
            field.attname
            for field in model._meta.concrete_fields
            if not field.generated and not isinstance(field, models.AutoField)
        ]
        names = [name for name in names if (model, name) not in NO_EFFECT]
        rows = model._base_manager.values_list(*names)
        if model is JobRun:
            rows = rows.exclude(job__in=list(periodic_jobs))  # each run has its own
        for row in rows:
            yield [f"{name}={self.told(value)}" for name, value in zip(names, row, strict=True)]

    def told(self, value):
        if isinstance(value, datetime):
            return value if str(value.replace(tzinfo=None)) in self.text else "later"
        if isinstance(value, float):
            return round(value, 6)
        if isinstance(value, memoryview):
            return bytes(value)
        text = NUMBERED.sub(r"\1new", str(value))
        return KEY.sub(lambda key: key[0] if key[0] in self.keys else "new", text)

    def changes(self):
        """Of each table how many rows are no longer there, and how many are new."""
        after = self.facts()
        gone = Counter(row[0] for row in (self.before - after).elements())
        new = Counter(row[0] for row in (after - self.before).elements())
        return {label: (gone[label], new[label]) for label in sorted({*gone, *new})}


def without_the_empty(models):
    """Those that have rows, asked all at once: most have none."""
    asked = ", ".join(f'EXISTS (SELECT FROM "{model._meta.db_table}")' for model in models)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {asked}")
        return [model for model, has in zip(models, cursor.fetchone(), strict=True) if has]


# Where to kill


def points_of(steps):
    """Before and after each step; after one is before the next, for whoever loses all it knew."""
    return [*((number, "before") for number in range(len(steps))), (len(steps) - 1, "after")]


def spread(points, most):
    """At most so many of them, evenly, with the first and the last."""
    if len(points) <= most:
        return points
    return [points[round(n * (len(points) - 1) / (most - 1))] for n in range(most)]


def lasting(steps):
    """The first, a middle and the last step that others see: commits, letters, messages.

    In the middle of the letters, where there are any: one is on its way, others are claimed.
    """
    found = numbers_of(TELLING, steps) or numbers_of(WRITES, steps)
    inner = numbers_of(MAIL, steps) or found
    return found[0], inner[len(inner) // 2], found[-1]


def numbers_of(pattern, steps):
    return [number for number, step in enumerate(steps) if pattern.match(step)]


def telling(steps):
    """Three points that tell most."""
    first, middle, last = lasting(steps)
    return list(dict.fromkeys([(first, "before"), (middle, "after"), (last, "after")]))


def briefest(steps):
    """Halfway and at the end; between two steps that others see, before the only one."""
    first, middle, last = lasting(steps)
    if middle != last:
        return [(middle, "after"), (last, "after")]
    return [(first, "before" if first == last else "after")]


def between_transactions(steps):
    """Three points at which nothing is locked, and those before a letter."""
    letters = [(number, "before") for number in numbers_of(MAIL, steps)]
    return list(dict.fromkeys([*((number, "after") for number in lasting(steps)), *letters[:1]]))


def is_on_the_way(steps, number, side):
    """Whether a letter has been handed over there and not yet been marked as sent."""
    after = number + (side == "after")  # how many steps are behind
    return "MAIL" in steps[max(after - 1, 0) : after + 1]


def has_left(steps, number, side):
    """Whether the letter that is on the way has reached the far end."""
    after = number + (side == "after")
    return steps[after - 1] == "MAIL"


def overlapping(steps):
    """Three points inside transactions, where there are any, at which a twin does most harm."""
    return list(dict.fromkeys((number, "before") for number in lasting(steps)))


def wake(pid):
    os.kill(pid, signal.SIGCONT)


def nothing_is_locked():
    """The database has ended the transactions in which somebody fell asleep."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees its first look
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
        )
        return cursor.fetchone() == (0,)


def somebody_waits_for_a_lock():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees its first look
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone() > (0,)


def end_connections():
    """Do to all others what a database does that is restarted."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
