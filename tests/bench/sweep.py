"""`python -m tests.bench.sweep [MEMBERSHIPS]`: the sweep over a million memberships (speed.md).

Beside a plain SQL count of the same rows; on the first day, which writes everything down, and on
the day after. Fails on the number of queries and on memory, and on times beyond 40 % slack.
"""

import os
import resource
import secrets
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

MEMBERSHIPS, IN_A_GROUP, GROUPS_OF_ONE, VISITS = 1_000_000, 100, 3, 4
PER_ROWS, QUERIES, MEMORY = 50_000, 5, 300  # at most so many queries, and megabytes
TIMES, RATE, SLACK = 3, 500_000, 1.4  # times the count at most, rows a second at least
ROUNDS = 3

PLAIN = """
SELECT count(*) FROM microgroups_membership m JOIN microgroups_microgroup g ON g.id = m.group_id
WHERE m.state = 'active' AND g.state = 'open' AND m.joined_at <= now() - interval '14 days'
    AND m.last_visit_on <= current_date AND m.recent_gaps_sum >= 0
"""


def measure(memberships, var):
    """Lines of figures, and those that are over budget."""
    with ExitStack() as stack:
        made(stack, Path(var))
        from django.db import connection
        from django.utils import timezone

        from facilitation.presence.actions import notice_absences
        from facilitation.presence.models import Absence

        fill(memberships)
        now = timezone.now()
        with connection.cursor() as cursor:
            plain = min(seconds_of(lambda: cursor.execute(PLAIN)) for _ in range(ROUNDS))
        print(f"plain count of {memberships:,} rows: {plain:.2f} s")
        before, faults = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, []
        for name, days in (("first day", 0), ("the day after", 1), ("one more", 2)):
            counted = Counted()
            with connection.execute_wrapper(counted):
                at = now + timedelta(days=days)
                taken = seconds_of(lambda at=at: notice_absences(at))
            tidy()  # a day is long enough for autovacuum, which servers of tests go without
            queries = counted.queries * PER_ROWS / memberships
            print(
                f"{name}: {taken:.2f} s, {memberships / taken:,.0f} rows a second,"
                f" {taken / plain:.1f} times the count, {counted.queries} queries"
                f" ({queries:.1f} per {PER_ROWS:,} rows), {Absence.objects.count():,} absences"
            )
            if days:  # the first one makes a cue of each
                faults += faults_of(name, taken, plain, memberships)
            if days and queries > QUERIES:
                faults.append(f"{name}: {queries:.1f} queries per {PER_ROWS:,} rows of {QUERIES}")
        memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 1024
        print(f"memory: {memory:.0f} MB, {memory - before / 1024:.0f} of them for the sweep")
        if memory > MEMORY:
            faults.append(f"memory: {memory:.0f} MB of {MEMORY}")
    return faults


def faults_of(name, taken, plain, rows):
    if taken > plain * TIMES * SLACK:
        yield f"{name}: {taken / plain:.1f} times the count of {TIMES}"
    if rows / taken < RATE / SLACK:
        yield f"{name}: {rows / taken:,.0f} rows a second of {RATE:,}"


def made(stack, var):
    """An empty database of its own, for the duration."""
    from network.operations.servers import Servers, running_as

    stack.enter_context(running_as(var, "bench"))
    servers = Servers(var, forgetful=True)
    stack.callback(servers.stop)
    servers.start_postgres()
    servers.start_valkey()
    servers.make_database()
    os.environ.update(
        KITH_VAR=str(var),
        SECRET_KEY=secrets.token_hex(32),
        DJANGO_SETTINGS_MODULE="network.config.settings",
        ALLOWED_HOSTS="127.0.0.1",
    )
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def fill(memberships):
    from django.db import connection

    facts = {
        "memberships": memberships,
        "in_a_group": IN_A_GROUP,
        "groups": memberships // IN_A_GROUP,
        "people": memberships // GROUPS_OF_ONE + IN_A_GROUP,
        "visits": VISITS,
    }
    with connection.cursor() as cursor:
        cursor.execute(Path(__file__).with_suffix(".sql").read_text(), facts)
    tidy()


def tidy():
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


class Counted:
    """Counts what is asked of the database."""

    queries = 0

    def __call__(self, execute, *question):
        self.queries += 1
        return execute(*question)


def seconds_of(function):
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def main(memberships=MEMBERSHIPS):
    with tempfile.TemporaryDirectory(prefix="kith-bench-sweep-") as var:
        os.chmod(var, 0o755)  # the embedded server's own user passes through
        faults = measure(int(memberships), var)
    for fault in faults:
        print("over budget:", fault)
    return 1 if faults else 0


if __name__ == "__main__":
    if not Path("manage.py").exists():
        sys.exit("Start it from the folder of manage.py: python -m tests.bench.sweep")
    sys.exit(main(*sys.argv[1:]))
