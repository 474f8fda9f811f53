"""The arithmetic of belonging: how long an offer holds, how often somebody comes."""

from datetime import timedelta

OFFER_HOLDS = timedelta(hours=72)
DECLINED_FOR = timedelta(days=7)
GAPS_KEPT = 20
ANSWER, DESCRIPTION, WORDS = 2000, 280, 280  # characters
MOST_USES = 150
MOST_ADDRESSES = 20


def gap_between(alive_before, alive_now):
    """Days between two visits on which the group was alive; two days are one apart at least."""
    return max(1, alive_now - alive_before)


def with_gap(gaps, gap):
    """The recent gaps with one more, oldest first, the last 20 of them."""
    return [*gaps, gap][-GAPS_KEPT:]
