"""Absence measured against a person's own rhythm (domain.md R22)."""

from datetime import UTC, timedelta
from math import floor, log

QUIET, LAPSED = 0.05, 0.02  # chance that somebody who still belongs stays away so long
NEW_FOR = timedelta(days=14)  # newcomers are welcomed, not measured
FLOOR, CEILING = 7, 60  # days: never before, always from
RECENT_GAPS = 20
FEWEST_GAPS = 20  # of a group within 90 days; below, its usual gap is USUAL_GAP
USUAL_GAP = 7.0
GAPS_OF_DAYS = 90  # what a group's usual gap is told from
USUAL_GAP_HOLDS = 7  # days for which it is not told anew
OLD_NEWS = 180  # calendar days: a silence first seen after so long is nobody's cue
BAND = QUIET / LAPSED  # how much less likely a silence is that stands one band further up
NEW_AT_FIRST = 90  # days for which a member's silence stands one band further up
TALKED_FOR = 90  # days before the last visit in which is looked whom they talked with
HELD_OUT_PERCENT = 10  # of silences, about which Kith drafts and sends nothing
CUES_A_DAY = 5  # new presence cues for one group, so that care stays possible


def day_of(now):
    """The day on which a visit of this moment is counted."""
    return now.astimezone(UTC).date()


def chance_of_silence(days_away, gaps, *, group_gap=USUAL_GAP):
    """Probability (0 to 1) that someone who still belongs stays away this many days.

    gaps: days between their visits, newest last, each at least 1; empty for a newcomer, for
    whom the group's median gap in days speaks. Raises ValueError when days_away is negative.
    Gamma-exponential prediction (domain.md R22): under 0.05 quiet, under 0.02 lapsed.
    """
    if days_away < 0:
        raise ValueError(f"days_away must not be negative, got {days_away}.")
    recent = gaps[-RECENT_GAPS:]
    shape, scale = 2 + len(recent), 2 * group_gap + sum(recent)
    return (scale / (scale + days_away)) ** shape


def level_of(days_away, gaps, *, group_gap=USUAL_GAP):
    """None, "quiet" or "lapsed" for a member away so many days on which the group was alive."""
    if days_away < FLOOR:
        return None
    chance = chance_of_silence(days_away, gaps, group_gap=group_gap)
    if chance < LAPSED or days_away >= CEILING:
        return "lapsed"
    return "quiet" if chance < QUIET else None


def band_of(chance, level, *, unanswered, alone, new):
    """How far up on the list a silence stands; within a band the least likely comes first (R23).

    A band is as wide as from quiet to lapsed: the first quiet ones stand in 0, the first lapsed in
    1, and each further factor of 2.5 in their chance is one more. unanswered: nobody wrote back to
    their last post; alone: they talked with one other person at most; new: a newcomer.
    """
    least = 1 if level == "lapsed" else 0
    return max(least, floor(log(QUIET / chance, BAND))) + unanswered + alone + new


def in_words(usual_days, days_away):
    """The reason for a facilitator: the rhythm and the silence in calendar days, no score.

    usual_days: their usual gap in days, or None when it is not known.
    """
    if usual_days is None:
        return f"Not here for {days_away} days; their rhythm is not known yet."
    return f"Usually here {how_often(usual_days)}; now it has been {days_away} days."


def how_often(usual_days):
    return "every day" if usual_days < 1.5 else f"every {usual_days:.0f} days"


def signs_in_words(*, unanswered, alone, new):
    """What else speaks for writing soon, as sentences."""
    signs = [
        (unanswered, "Nobody has written back to their last post."),
        (alone, "They have talked with one other person here at most."),
        (new, "They have been here for less than three months."),
    ]
    return " ".join(words for holds, words in signs if holds)


def to_oneself(membership, usual_days, now):
    """What Kith says to a member about their own rhythm; never for how long they were away."""
    if membership.rhythm_paused_at is not None:
        return "Kith does not look at how often you come here, and shows it to nobody."
    if not membership.is_active:
        return "You rest. Nobody looks at how often you come."
    if membership.joined_at > now - NEW_FOR:
        return "You are new here. In the first two weeks nobody looks at how often you come."
    if usual_days is None:
        return "You have not been here often enough for Kith to know how often you come."
    return f"You are usually here {how_often(usual_days)}."
