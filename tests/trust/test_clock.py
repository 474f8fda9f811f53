"""The clock of the tests: it moves for every process that follows it, and never back."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from tests.factories import NOW
from tests.trust.clock import GoesBack, Moved, moment, stopped

DAY = timedelta(days=1)


def test_a_stopped_clock_stands_until_it_is_told_to_go_on():
    with stopped(NOW) as clock:
        assert timezone.now() == NOW
        clock.go_to(NOW + DAY)

        assert timezone.now() == NOW + DAY
    assert timezone.now() - datetime.now(UTC) < timedelta(minutes=1)


def test_no_clock_goes_back(tmp_path):
    moved = Moved(tmp_path / "clock")
    moved.go_to(moved() + DAY)

    with stopped(NOW) as clock, pytest.raises(GoesBack):
        clock.go_to(NOW - DAY)
    with pytest.raises(GoesBack):
        moved.go_to(datetime.now(UTC) + DAY / 2)


def test_another_process_reads_the_clock_of_the_file_whenever_it_looks(tmp_path):
    script = tmp_path / "look.py"
    script.write_text(
        "import django, subprocess, sys; django.setup()\n"
        "from django.utils import timezone\n"
        "print(timezone.now().isoformat())\n"
        "subprocess.run([sys.executable, '-m', 'tests.trust.clock', 'go', '6h'],"
        " stdout=subprocess.DEVNULL)\n"
        "print(timezone.now().isoformat())\n"
    )
    there = datetime.now(UTC) + 30 * DAY

    run(tmp_path, "go", there.isoformat())
    first, second = map(datetime.fromisoformat, run(tmp_path, "run", script).split())

    assert abs(first - there) < timedelta(minutes=1)
    assert abs(second - first - timedelta(hours=6)) < timedelta(minutes=1)


def run(folder, *words):
    bare = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.trust.clock", *map(str, words)],
        cwd=settings.BASE_DIR,
        env={**bare, "KITH_CLOCK": str(folder / "clock"), "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_a_time_is_told_as_a_moment_or_as_so_long_from_now():
    assert moment("2026-12-24T07:30+01:00", NOW) == datetime(2026, 12, 24, 6, 30, tzinfo=UTC)
    assert moment("2026-12-24T07:30", NOW) == datetime(2026, 12, 24, 7, 30, tzinfo=UTC)
    assert moment("90m", NOW) == NOW + timedelta(minutes=90)
