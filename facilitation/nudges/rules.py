"""How often one writes to somebody who is away, and when one stops (domain.md R24 to R26)."""

from datetime import UTC, date, timedelta

SECOND_AFTER = timedelta(days=14)  # after the first was sent
STOP_AFTER = timedelta(days=16)  # after the last was sent: then what remains is to choose
CHOICE_FROM = 90  # days of silence from which one may be asked to stay, rest or leave
IGNORED_AFTER = timedelta(days=30)  # words that nobody came back to until then
SECOND_LAPSE = timedelta(days=90)  # of silence after they were asked to choose
NOTICE = timedelta(days=14)  # before somebody is let rest
DRAFT_HOLDS = timedelta(days=30)  # what nobody has sent by then is not wanted
KITH_WAITS = timedelta(days=3)  # for a facilitator, where a group lets Kith write
LIVE_FOR = timedelta(days=30)  # a thread in which nobody has written for longer is not pointed to
WINDOW = 14  # days
LEAST_AGE = 16  # in a network that lets younger people in, nobody is asked back (trust.md §15)
LONGEST = 1000  # characters


def window_of(now):
    """Which fortnight it is: two words that are 14 days apart are never in the same."""
    return (now.astimezone(UTC).date() - date(1970, 1, 1)).days // WINDOW
