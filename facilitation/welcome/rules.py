"""How long somebody is new, and when an unanswered first post is rung (domain.md R8-R12)."""

from datetime import timedelta

WELCOME_WINDOW = timedelta(days=14)
WATCHED_FOR = timedelta(days=14)
RINGS = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
HELPERS = 2  # members who are asked to write back after a day


def stage_at(waited):
    """How many rings (0 to 3) are due when a first post has waited this long."""
    return sum(waited >= ring for ring in RINGS)


def steps_between(rung, due):
    """The rings (counted from 0) to do now: those that are due and were not done.

    The second reaches whom the first would: where both are due at once, the first is left out.
    """
    return range(max(rung, 1) if due > 1 else rung, due)
