"""When somebody is not written to: from 21 to 8 in their own zone, unless they say otherwise."""

from datetime import UTC, datetime, time, timedelta

EVENING, MORNING = time(21), time(8)
LEASE = timedelta(minutes=10)  # what a worker may take for one batch
MOST_ATTEMPTS = 8


def quiet_until(now, zone, evening=EVENING, morning=MORNING):
    """The end of the quiet hours in which `now` lies for this zone; None when people are up.

    evening, morning: when they begin and end by the clock on the wall; equal: there are none.
    """
    here = now.astimezone(zone)
    over_midnight = evening > morning
    begun, ended = here.time() >= evening, here.time() >= morning
    if (ended and not begun) if over_midnight else (not begun or ended):
        return None
    day = here.date() + timedelta(days=1) if over_midnight and begun else here.date()
    end = datetime.combine(day, morning, tzinfo=zone)
    # Where the clocks skip that hour, or say it twice, the wall tells another time.
    return end.astimezone(UTC).astimezone(zone)


def wait_after(attempts):
    """How long to wait after so many tries that failed: 2, 4, 8 … minutes."""
    return timedelta(minutes=2**attempts)
