"""When somebody is not written to: from 21 to 8 in their own zone."""

from datetime import datetime, time, timedelta

EVENING, MORNING = time(21), time(8)
LEASE = timedelta(minutes=10)  # what a worker may take for one batch
MOST_ATTEMPTS = 8


def quiet_until(now, zone):
    """The end of the quiet hours in which `now` lies for this zone; None when people are up."""
    here = now.astimezone(zone)
    if MORNING <= here.time() < EVENING:
        return None
    day = here.date() + timedelta(days=1) if here.time() >= EVENING else here.date()
    return datetime.combine(day, MORNING, tzinfo=zone)


def wait_after(attempts):
    """How long to wait after so many tries that failed: 2, 4, 8 … minutes."""
    return timedelta(minutes=2**attempts)
