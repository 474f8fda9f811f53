"""How much one person may do in a while (trust.md §6), whichever door they come by.

A limit looks at the last `seconds` as they slide: the count of this window, and of the one before
by the part of it that still lies within. What is refused is not counted.
"""

from datetime import timedelta

from django.conf import settings
from django.core.cache import cache

from network.errors import TooOften

MINUTE, HOUR, DAY = 60, 3600, 86400
LIMITS = {
    "post": ((20, MINUTE), (300, DAY)),
    "first posts": ((10, HOUR),),
    "reaction": ((60, MINUTE),),
    "join request": ((10, DAY),),
    "proposal": ((3, DAY),),
    "invitation": ((20, DAY),),
    "report": ((20, DAY),),
    "export": ((2, DAY),),
}
FIRST_DAY = timedelta(days=1)


def keep_pace(what, person, now):
    """Count one more of `what` for the person; raises TooOften when it is one too many."""
    for most, seconds in LIMITS[what]:
        name = f"pace:{what}:{seconds}:{person.pk}".replace(" ", "-")
        wait = take(name, most * settings.LIMITS_SCALE, seconds, now.timestamp())
        if wait:
            raise TooOften(wait, in_words(wait))


def is_new(person, now):
    """Whether the account is in its first 24 hours."""
    return now - person.joined_at < FIRST_DAY


def in_words(seconds):
    """How long that is: "40 seconds", "5 minutes", "3 hours"."""
    for size, name in ((HOUR, "hour"), (MINUTE, "minute"), (1, "second")):
        if seconds > size or size == 1:
            count = -int(-seconds // size)
            return f"{count} {name}" + ("s" if count != 1 else "")
    return None


def take(name, most, seconds, now):
    """Seconds until there is room for one more; 0 when there was, and it is taken."""
    window = int(now // seconds)
    past = now / seconds - window
    this, before = f"{name}:{window}", f"{name}:{window - 1}"
    here, there, taken = cache.take(this, before, most, 1 - past, 2 * seconds)
    return 0 if taken else wait_for(here, there, past, most) * seconds


def wait_for(here, there, past, most):
    """How many windows until one more fits."""
    if here + 1 <= most:
        return 1 - (most - here - 1) / there - past
    return (1 - past) + 1 - (most - 1) / here
