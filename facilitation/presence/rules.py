"""Absence measured against a person's own rhythm (domain.md R22)."""

QUIET, LAPSED = 0.05, 0.02  # chance that somebody who still belongs stays away so long
FLOOR, CEILING = 7, 60  # days: never before, always from
RECENT_GAPS = 20
FEWEST_GAPS = 20  # of a group within 90 days; below, its usual gap is USUAL_GAP
USUAL_GAP = 7.0
GAPS_OF_DAYS = 90  # what a group's usual gap is told from
USUAL_GAP_HOLDS = 7  # days for which it is not told anew
OLD_NEWS = 180  # calendar days: a silence first seen after so long is nobody's cue
CUES_A_DAY = 5  # new presence cues for one group, so that care stays possible


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


def in_words(usual_days, days_away):
    """The reason for a facilitator: the rhythm and the silence in calendar days, no score.

    usual_days: their usual gap in days, or None when it is not known.
    """
    if usual_days is None:
        return f"Not here for {days_away} days; their rhythm is not known yet."
    often = "every day" if usual_days < 1.5 else f"every {usual_days:.0f} days"
    return f"Usually here {often}; now it has been {days_away} days."
