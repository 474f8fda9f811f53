"""A clock that a test sets: what `timezone.now` says, which is where all our code reads the time.

In a process of the test's own: `with stopped(at) as clock: clock.go_to(later)`. It stands still
until it is told to go on, and never goes back.

For programs that run by themselves: `KITH_CLOCK=FILE python -m tests.trust.clock run manage.py run`
starts one whose whole family (web, worker, beat) reads the same file at each look at the clock;
`KITH_CLOCK=FILE python -m tests.trust.clock go 2026-12-24T07:30+01:00` (or `go 6h`, `go 2d`) sets
it, while they run. From there it goes on as fast as the real one.
"""

import json
import os
import re
import runpy
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.utils import timezone

SETTINGS = "tests.trust.moved"
UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def real_now():
    return datetime.now(UTC)


class GoesBack(ValueError):
    """Somebody would set the clock to a time that was."""


# Standing still, in this process


class Stopped:
    """A clock that stands still until it is told to go on."""

    def __init__(self, at):
        self.at = at

    def __call__(self):
        return self.at

    def go_to(self, later):
        if later < self.at:
            raise GoesBack(f"It is {self.at} already; {later} is over.")
        self.at = later


@contextmanager
def stopped(at):
    """In here it is `at` for all that asks `timezone.now`."""
    clock, before = Stopped(at), timezone.now
    timezone.now = clock
    try:
        yield clock
    finally:
        timezone.now = before


# Going on, in other processes


class Moved:
    """The real clock and so much as the file says; without a file it is the real one."""

    def __init__(self, path):
        self.path = Path(path)
        self.read, self.later = None, timedelta()

    def __call__(self):
        try:
            seen = os.stat(self.path).st_mtime_ns
        except FileNotFoundError:
            return real_now() + self.later
        if seen != self.read:
            told = json.loads(self.path.read_text())
            self.read, self.later = seen, timedelta(seconds=told["later"])
        return real_now() + self.later

    def go_to(self, later):
        """Set it for all that read the file."""
        if later < (here := self()):
            raise GoesBack(f"It is {here} already; {later} is over.")
        half = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        half.write_text(json.dumps({"later": (later - real_now()).total_seconds()}))
        half.rename(self.path)


def follow():
    """From here on this process reads the clock that KITH_CLOCK names."""
    timezone.now = Moved(os.environ["KITH_CLOCK"])


def moment(words, now):
    """A time as somebody types it: a moment with its zone, or so long after now ("6h", "2d")."""
    if step := re.fullmatch(r"(\d+)([mhd])", words):
        return now + timedelta(**{UNITS[step[2]]: int(step[1])})
    told = datetime.fromisoformat(words)
    return told if told.tzinfo else told.replace(tzinfo=UTC)


def main(deed, *words):
    if deed == "go":
        clock = Moved(os.environ["KITH_CLOCK"])
        clock.go_to(moment(words[0], clock()))
        sys.stdout.write(f"{clock():%Y-%m-%d %H:%M:%S %Z}\n")
    elif deed == "run":
        os.environ["KITH_CLOCK"] = str(Path(os.environ["KITH_CLOCK"]).absolute())
        os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
        sys.argv = list(words)
        runpy.run_path(words[0], run_name="__main__")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:] or ["help"])
