"""`python -m tests.bench.digests [MEMBERSHIPS]`: the hourly sweep for letters of what waits.

All live in one zone, and it is their evening: one in which each had a letter this week and few have
anything to be told, and one in which all have; each asked again an hour later. Fails on the rate of
the first beyond 40 % slack, and on the number of queries.
"""

import os
import sys
import tempfile
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from tests.bench.sweep import (
    MEMBERSHIPS,
    PER_ROWS,
    QUERIES,
    RATE,
    SLACK,
    Counted,
    fill,
    made,
    seconds_of,
)

ONE_OF = 300  # seats is one with a notice that nobody read


def measure(memberships, var):
    """Those that are over budget."""
    with ExitStack() as stack:
        made(stack, Path(var))
        from django.db import connection
        from django.utils import timezone

        from microgroups.digest.models import Digest

        fill(memberships)
        now = timezone.now() + timedelta(days=1)
        now = now.replace(hour=18, minute=30)
        with connection.cursor() as cursor:
            sql = Path(__file__).with_suffix(".sql").read_text()
            cursor.execute(sql, {"now": now, "unread": ONE_OF})
            cursor.execute("VACUUM ANALYZE")
        yield from evening("few have anything", now, most=QUERIES, least=RATE)
        with connection.cursor() as cursor:
            Digest.objects.all().delete()
            cursor.execute("UPDATE network_notice SET read_at = NULL")
            cursor.execute("VACUUM ANALYZE")
        yield from evening("all have", now, most=QUERIES, least=0)


def evening(name, now, *, most, least):
    """Gather twice, an hour apart, with at most so many queries and at least so many people a
    second."""
    from django.db import connection

    from microgroups.digest.actions import gather_digests
    from microgroups.digest.models import Digest
    from network.people.models import Person

    people = Person.objects.count()
    for at in (now, now + timedelta(hours=1)):
        counted, before = Counted(), Digest.objects.count()
        with connection.execute_wrapper(counted):
            taken = seconds_of(lambda at=at: gather_digests(at))
        queries = counted.queries * PER_ROWS / people
        print(
            f"{name}, {at:%H:%M}: {people:,} people in {taken:.2f} s,"
            f" {people / taken:,.0f} a second,"
            f" {Digest.objects.count() - before:,} letters, {counted.queries} queries"
            f" ({queries:.1f} per {PER_ROWS:,} people)"
        )
        if people / taken < least / SLACK:
            yield f"{name}: {people / taken:,.0f} people a second of {least:,}"
        if people > PER_ROWS and queries > most + 1:  # what is asked once, and the last look
            yield f"{name}: {queries:.1f} queries per {PER_ROWS:,} people of {most}"


def main(memberships=MEMBERSHIPS):
    with tempfile.TemporaryDirectory(prefix="kith-bench-digests-") as var:
        os.chmod(var, 0o755)  # the embedded server's own user passes through
        faults = list(measure(int(memberships), var))
    for fault in faults:
        print("over budget:", fault)
    return 1 if faults else 0


if __name__ == "__main__":
    if not Path("manage.py").exists():
        sys.exit("Start it from the folder of manage.py: python -m tests.bench.digests")
    sys.exit(main(*sys.argv[1:]))
