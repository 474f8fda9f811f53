"""How long somebody is new, what happens meanwhile, and when an unanswered first post is rung
(domain.md R8-R13)."""

from datetime import timedelta

BUDDY_WITHIN = timedelta(days=3)  # later, a hello from somebody new comes late
WELCOME_WINDOW = timedelta(days=14)
WATCHED_FOR = timedelta(days=14)
RINGS = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
HELPERS = 2  # members who are asked to write back after a day
PROMISE = RINGS[-1]  # a first post is answered by a person within a day

GREETING = 1000  # characters
STEPS = {  # of the first two weeks; in words and what they mean, for who chooses them
    "look": "In the first three days\nA few threads of people like them to begin with",
    "ask": "On the fourth day\nWho has not written is asked one question by name",
    "fit": "On the tenth day\nIs this the right group? Others that may fit are one tap away",
}
LOOK_FOR = timedelta(days=3)
A_FEW = 3  # threads to begin with
ASK_AFTER, FIT_AFTER = timedelta(days=4), timedelta(days=10)

SEEN_LATELY = timedelta(days=7)  # only then is somebody named in a greeting
ACTIVE_FOR = timedelta(days=28)  # what the most active quarter is told from


def stage_at(waited):
    """How many rings (0 to 3) are due when a first post has waited this long."""
    return sum(waited >= ring for ring in RINGS)


def steps_between(rung, due):
    """The rings (counted from 0) to do now: those that are due and were not done.

    The second reaches whom the first would: where both are due at once, the first is left out.
    """
    return range(max(rung, 1) if due > 1 else rung, due)


def most_active_quarter(days):
    """The keys of the quarter that wrote on most days; who never wrote is not in it.

    days: {key: on how many days}. Who wrote on as many as the last of the quarter is in it, too.
    """
    ranked = sorted(days.values(), reverse=True)
    least = max(1, ranked[-(-len(ranked) // 4) - 1]) if ranked else 1
    return {key for key, n in days.items() if n >= least}


def question_for(name, *, asks="", offers="", answers=()):
    """A question to somebody who has not written, out of what only they have told.

    name: how they are called; asks, offers: what they said for their place; answers: what they
    wrote on their way in. It is a draft: a person reads and changes it.
    """
    for told, ask in (
        (asks, "You would like to learn about {}. What have you tried so far?"),
        (offers, "You know about {}. What would you tell somebody who begins?"),
        (" ".join(answers), "You wrote “{}”. How did that come about?"),
    ):
        told = " ".join(told.split()).rstrip(".!? ")
        if told:
            return f"Hello {name}. " + ask.format(told if len(told) <= 120 else f"{told[:119]}…")
    return f"Hello {name}. What made you look for a group like ours?"
