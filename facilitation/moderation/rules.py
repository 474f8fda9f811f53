"""How long and how often in moderation (domain.md R31 to R34, trust.md §15)."""

from datetime import timedelta

from microgroups.groups.rules import agreements_in
from network.errors import Invalid
from network.text import one_line, shorten

STANDING = timedelta(days=7)  # in the group, for a report to count towards hiding
REPORTS_THAT_HIDE = 2
REVIEW = timedelta(hours=24)  # then what reports have hidden comes back
UNDO = timedelta(days=30)
WEEK = timedelta(days=7)
MANY_HIDES = 10  # a week in one group, then the moderators hear of it
MOST_HOURS = 168  # of a pause
SLOW_MINUTES, MOST_MINUTES = 60, 1440
SLOW_FOR = timedelta(hours=24)
ANSWER_WITHIN = timedelta(days=7)  # of being asked about a move; silence is a no
MOVE_WITHIN = timedelta(days=28)  # however often somebody wrote meanwhile and was asked anew
ASK_AGAIN = timedelta(days=7)  # a thread that stays is let be for so long
AROUND = 5  # posts before and after a reported one
AGREEMENT = 300  # characters


def agreements_of(group):
    """The agreements of a group, of which a report or a decision names one."""
    return [shorten(line, AGREEMENT) for line in agreements_in(group.agreements)]


def house_rules_of(network):
    """The rules of the network, for what happens outside any group."""
    return [shorten(line, AGREEMENT) for line in agreements_in(network.house_rules)]


def agreement_of(text, known, field="agreement"):
    """The agreement that is meant, or none; it is one of those that are known."""
    text = one_line(text)
    if text and text not in known:
        raise Invalid({field: "Choose one of the agreements as they stand now."})
    return text


def hours_of(hours):
    """How long a pause lasts; refuses less than an hour and more than a week."""
    if not 1 <= hours <= MOST_HOURS:
        raise Invalid({"hours": f"A pause lasts from an hour to {MOST_HOURS} hours, a week."})
    return timedelta(hours=hours)


def hours_in(text):
    """How many hours a text says; a day unless it says one."""
    text = text.strip() or "24"
    if not text.isascii() or not text.isdecimal():
        raise Invalid({"to": "Say for how many hours."})
    return int(text[:9])


def minutes_of(text):
    """Between two posts of one person in a slow thread: an hour, unless a number is given."""
    text = text.strip() or str(SLOW_MINUTES)
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:9]) <= MOST_MINUTES:
        raise Invalid({"to": f"Say in how many minutes each may write once: 1 to {MOST_MINUTES}."})
    return int(text)
