"""How much Kith may write to somebody of its own accord (domain.md R25, R29): pure arithmetic."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from network.notifications.kinds import Budget

IGNORED_AFTER = timedelta(days=7)  # unread for so long
HALF_FROM, STOP_AT = 3, 5  # ignored in a row
FIRST_DAYS, MOST_IN_FIRST_DAYS = timedelta(days=14), 3
NUDGES_PER_EPISODE, BETWEEN_NUDGES = 2, timedelta(days=14)
KEPT_FOR = timedelta(days=400)


@dataclass(frozen=True)
class Cap:
    """At most so many of these budgets within so long; `reason`: what is said when it is full."""

    most: int
    within: timedelta
    counted: frozenset
    reason: str


WEEK = timedelta(days=7)
YEAR = timedelta(days=365)
OF_ITS_OWN = frozenset({Budget.COUNTED, Budget.WEEKLY, Budget.NUDGE})
A_WEEK = Cap(1, WEEK, OF_ITS_OWN, "week_full")
CAPS = {
    Budget.WEEKLY: (A_WEEK,),
    # Weekly, with a day to spare, so that the hour of the evening may be another.
    Budget.YIELDS: (A_WEEK, Cap(1, WEEK - timedelta(days=1), frozenset({Budget.YIELDS}), "lately")),
    Budget.ASK: (Cap(3, WEEK, frozenset({Budget.ASK}), "asked_enough"),),
    Budget.NUDGE: (
        Cap(1, BETWEEN_NUDGES, frozenset({Budget.NUDGE}), "nudged_lately"),
        Cap(6, YEAR, frozenset({Budget.NUDGE}), "nudged_enough"),
        A_WEEK,
    ),
}


@dataclass(frozen=True)
class Sent:
    """Something that was sent before."""

    budget: str
    at: datetime
    episode: str = ""


@dataclass(frozen=True)
class Standing:
    """What the gate knows of somebody: what they were sent, since when they are here (None: not
    known), and how many messages in a row they have left unread."""

    sent: tuple = ()
    joined_at: datetime | None = None
    ignored: int = 0


def held_back(budget, standing, *, episode="", now):
    """Why a message of this budget is not sent now: a key of `REASONS`; "" when it may be.

    What was sent at a later time than `now` counts, too: clocks of two machines differ.
    """
    if budget not in CAPS:
        return ""
    if standing.ignored >= STOP_AT:
        return "stopped"
    if budget == Budget.NUDGE:
        told = [each for each in standing.sent if each.budget == budget and each.episode == episode]
        if len(told) >= NUDGES_PER_EPISODE:
            return "nudged_twice"
    return next((why for cap in CAPS[budget] if (why := full(cap, standing, now))), "")


def full(cap, standing, now):
    """The reason why nothing more fits under this cap, or ""."""
    times = [each.at for each in standing.sent if each.budget in cap.counted]
    if cap is A_WEEK and is_new(standing, now):
        first = [at for at in times if at >= standing.joined_at]
        return "first_days_full" if len(first) >= MOST_IN_FIRST_DAYS else ""
    if sum(at > now - cap.within for at in times) >= cap.most:
        return cap.reason
    if standing.ignored >= HALF_FROM and sum(at > now - 2 * cap.within for at in times) >= cap.most:
        return "fewer"
    return ""


def is_new(standing, now):
    return standing.joined_at is not None and now < standing.joined_at + FIRST_DAYS


# Why, in words that the person reads about themselves.
REASONS = {
    "follows": "It follows from something that you did, or that concerns your place.",
    "greeting": "Everybody is greeted once in each group.",
    "room": "There was room for it: one message a week, three in the first two weeks.",
    "ask_room": "You were here lately. Three asks a week would be the most.",
    "nudge_room": "Somebody wondered how you are. One such word in two weeks would be the most.",
    "gathered": "People wrote to you; one letter brings it together, in your evening.",
    "threads_room": "Conversations began in your groups; we name them once a week at most.",
    "lately": "We had named what is new in your groups within the week.",
    "said_once": "We say once that we stop, and then we are quiet.",
    "week_full": "You had a message from Kith within the week; one is the most.",
    "first_days_full": "You had three messages in your first two weeks, which is the most.",
    "asked_enough": "You were asked three times within the week, which is the most.",
    "nudged_lately": "Somebody had asked after you within two weeks, over all your groups.",
    "nudged_twice": "You had been asked twice; a third time would be pressing.",
    "nudged_enough": "You were asked six times within a year, which is the most.",
    "fewer": "You had left some messages unread, so we write half as often.",
    "stopped": "You had left five messages unread, so we write no more by ourselves.",
}
ROOM = {
    Budget.RECORDED: "follows",
    Budget.COUNTED: "greeting",
    Budget.WEEKLY: "room",
    Budget.YIELDS: "threads_room",
    Budget.ASK: "ask_room",
    Budget.NUDGE: "nudge_room",
}
ROOM_OF = {"we_stop": "said_once", "digest": "gathered"}  # kinds that say more than their budget
