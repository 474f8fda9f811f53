"""How long somebody is new, and when an unanswered first post is rung (domain.md R8, R9, R12)."""

from datetime import timedelta

WELCOME_WINDOW = timedelta(days=14)
WATCHED_FOR = timedelta(days=14)
RINGS = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))


def stage_at(waited):
    """How many rings (0 to 3) are due when a first post has waited this long."""
    return sum(waited >= ring for ring in RINGS)
