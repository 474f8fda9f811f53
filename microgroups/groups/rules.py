"""The arithmetic of a group: its slug, and the days on which it was alive."""

import itertools
import secrets
import string
from datetime import timedelta

from django.utils.text import slugify

AFTERGLOW = timedelta(days=6)  # a post keeps a group alive that day and the six after it (R22)
LONGEST_WORDS = 80
CHANCE = string.ascii_lowercase + string.digits


def slug_words(name):
    """The name as it stands in an address: `night-readers`."""
    return slugify(name)[:LONGEST_WORDS].strip("-_") or "group"


def open_slugs(words):
    """The slugs such a group may have, best first: `night-readers`, `night-readers-2`, …"""
    yield words
    for number in itertools.count(2):
        yield f"{words}-{number}"


def hidden_slug(words):
    """A slug nobody can guess, nor run into by a name of their own."""
    return f"{words}-" + "".join(secrets.choice(CHANCE) for _ in range(8))


def alive_after_post(days, until, day):
    """How many days the group has been alive, and until when, after a post on `day`.

    days, until: the same before it; `until` is None for a group where nobody has written.
    """
    end = day + AFTERGLOW
    if until is None or until < day:
        return days + AFTERGLOW.days + 1, end
    return days + max(0, (end - until).days), max(until, end)
