"""When Kith drafts a starter, and how it tapers off (domain.md R16, R18; M12)."""

from datetime import timedelta

REST = timedelta(days=56)  # how long an opener rests in a group after it was asked
FURTHEST = timedelta(days=60)  # how far ahead one can schedule
KITH_WAITS = timedelta(days=1)  # for a facilitator, where a group lets Kith ask by itself
WAITS_FOR = timedelta(days=14)  # then a draft of Kith that nobody touched goes by itself
LEFT_BE_FOR = timedelta(days=7)  # after somebody let one go
GROWN_UP = timedelta(days=14)  # younger groups are left to those who founded them
FEWEST_PEOPLE = 5

PATIENCE = 3  # days, at least
USUAL_GAP = 7.0  # days between threads of members, where there are too few to tell
FEWEST_GAPS = 3
GAPS_OF_DAYS = 180  # the gaps of so many days count; a longer silence is no pause any more

WEEKS = timedelta(weeks=8)  # the time that the badge looks at
FEWEST_THREADS = 8  # about one a week: with fewer nobody can tell that a group is mature
MONTH = timedelta(days=28)
MOST_OF_TEN = 3  # of ten threads of 28 days Kith may have drafted so many

INCEPTION, ESTABLISHMENT, MATURE = "inception", "establishment", "mature"
A_WEEK = {INCEPTION: 2, ESTABLISHMENT: 1, MATURE: 0}  # drafts of Kith


def patience(usual_gap):
    """After how many days without a thread by a member a group is quiet by its own measure.

    usual_gap: the median of days between threads that members began; None where too few to tell.
    """
    return max(PATIENCE, 2 * (USUAL_GAP if usual_gap is None else usual_gap))


def badge(by_members, threads):
    """Where a group stands: who began its threads of eight weeks (M12).

    Under half by members: inception; from nine in ten, and enough of them: mature.
    """
    if 2 * by_members < threads or not threads:
        return INCEPTION
    if 10 * by_members >= 9 * threads and threads >= FEWEST_THREADS:
        return MATURE
    return ESTABLISHMENT


def has_room(asked, threads):
    """Whether one more draft of Kith keeps its part of the threads of 28 days.

    asked: those that were asked. The first always has room, or the quietest would get none.
    """
    return asked == 0 or 10 * (asked + 1) <= MOST_OF_TEN * (threads + 1)


def in_words(silent_days, usual_gap):
    """The reason for a facilitator: the silence and the habit, in days, no score."""
    silence = f"No member has begun a thread for {silent_days} days"
    if usual_gap is None:
        return f"{silence}; how often they do is not known yet."
    return f"{silence}; usually somebody does {often(usual_gap)}."


def often(gap):
    """`every day`, `every second day`, `every 9 days`."""
    days = max(1, round(gap))
    return {1: "every day", 2: "every second day", 7: "once a week"}.get(days, f"every {days} days")


# Which kind of group it is, by the words of its card

WORDS = {
    "neighbours": "neighbour neighbor street block village courtyard stair house landing local "
    "quarter",
    "makers": "make making build sew knit garden grow plant balcon cook bak craft wood repair mend "
    "pottery bike drawing paint photo print code instrument sourdough ferment",
    "readers": "reader reading book novel poem poet library literature",
    "habits": "habit run walk swim train morning daily sleep smok drink sober exercise language "
    "learn practise practice weight meditat write writing",
    "support": "grief griev cope coping illness cancer carer caring chronic anxi depress loss "
    "parent support recover widow adhd burnout",
}


def kind_of(text):
    """The kind of openers that fits the words of a card; "any" where nothing tells."""
    words = text.lower().split()
    found = {
        kind: sum(word.strip(".,;:!?()“”").startswith(tuple(stems.split())) for word in words)
        for kind, stems in WORDS.items()
    }
    best = max(found, key=lambda kind: found[kind])
    return best if found[best] else "any"
