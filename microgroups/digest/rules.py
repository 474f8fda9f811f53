"""When somebody's digest is due (domain.md R29): in their evening, by the clock on their wall."""

from datetime import date, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

FROM, UNTIL = time(18), time(21)  # asked again and again between, in case nobody asked at six
OFTEN, OF_DAYS = 3, 7  # here on so many of the last days: once a day; else once a week
WEEK = 7
TOLD_FOR = timedelta(days=14)  # what is older is no news
LATELY = 28  # days; who was not here for longer gets no letter about threads alone
KEPT_FOR = timedelta(days=90)
STALE_AFTER = timedelta(days=2)  # mail that stood still for so long is not sent any more
GIVE_WAY = timedelta(minutes=10)  # to an older one that has still to go
MOST_THREADS, MOST_NOTICES = 5, 20


@cache
def zones():
    """Every time zone there is, by name."""
    return {name: ZoneInfo(name) for name in sorted(available_timezones())}


def evenings(now):
    """{name of a zone: the day there, or None where it is not evening}."""
    return {name: evening_of(now, zone) for name, zone in zones().items()}


def evening_of(now, zone) -> date | None:
    """The day whose evening it is in this zone."""
    here = now.astimezone(zone)
    return here.date() if FROM <= here.time() < UNTIL else None
