"""The arithmetic of budding: how long people choose, and why it is time, in numbers and words."""

from datetime import timedelta

from network.pictures import KIN
from network.templatetags.kith import in_words, plural_in_words

CHOOSING = timedelta(days=14)
REMINDED = timedelta(days=3)  # before the end
BOTH = timedelta(days=30)
LOOKED_BACK = timedelta(days=28)
QUIET = timedelta(days=42)
ENOUGH = 20  # posts from which a share can be told
WHY = 1000  # characters


def kindred(colour, sisters):
    """The paint of the next sister: one of the two that are kin to the group's, in turn."""
    return KIN[colour][sisters % 2]


def share_of_busiest(counts):
    """How much, in percent, the busiest tenth of the writers wrote (M11); None below 20 posts.

    counts: how many posts each of them wrote.
    """
    total, busiest = sum(counts), -(-len(counts) // 10)
    if total < ENOUGH:
        return None
    return round(100 * sum(sorted(counts, reverse=True)[:busiest]) / total)


def reasons_of(facts):
    """[(figure, words)] out of the numbers as they were when it began."""
    reasons = [(f"{facts['seats_taken']} of {facts['cap']}", "seats taken")]
    if facts["waiting"]:
        reasons.append(
            (str(facts["waiting"]), f"waiting, the first {since(facts['longest_days'])}")
        )
    reasons.append((str(facts["wrote"]), "wrote in the last four weeks"))
    if facts["busiest_share"] is not None:
        reasons.append((f"{facts['busiest_share']} %", "of that by the busiest tenth of them"))
    return reasons


def since(days):
    """How long somebody has waited: for eleven weeks, for four days, since today."""
    if days >= 14:
        return f"for {in_words(days // 7)} weeks"
    return f"for {plural_in_words(days, 'day,days')}" if days else "since today"


def to_admins(why, facts):
    """What an admin reads before they say yes: the words, then the numbers."""
    numbers = ", ".join(" ".join(reason) for reason in reasons_of(facts))
    return " ".join([why[: WHY - len(numbers) - 2], f"({numbers})"]).strip()
