"""Who talks with whom: whether two tables have formed in a group, told from its replies (R45)."""

import math
from collections import Counter, defaultdict

ROUNDS = 200
STEADY = 1e-9


def two_tables(replies):
    """(the two halves in which people talk mostly among themselves, how clearly they do).

    replies: {(who replied, to whom): how often}; to oneself does not count. How clearly is Newman's
    modularity Q of the two halves, 0 to 0.5; whoever is in no reply is in neither. The halves come
    from the leading eigenvector of the modularity matrix (Newman 2006), then people change over
    as long as that makes it clearer. The same replies give the same tables.
    """
    ties = ties_of(replies)
    people = sorted(ties)
    if len(people) < 2:
        return (set(people), set()), 0.0
    sides = changed_over(ties, sides_by_eigenvector(ties, people), people)
    halves = [{person for person in people if sides[person] == side} for side in (1, -1)]
    halves.sort(key=lambda half: (-len(half), min(half, default=math.inf)))
    return tuple(halves), modularity(ties, sides)


def ties_of(replies):
    """{person: {the other: how often either replied}}."""
    ties = defaultdict(Counter)
    for (who, whom), often in replies.items():
        if who != whom:
            ties[who][whom] += often
            ties[whom][who] += often
    return ties


def sides_by_eigenvector(ties, people):
    """{person: 1 or -1} by the sign of the leading eigenvector, found by multiplying on."""
    weight = {person: sum(ties[person].values()) for person in people}
    twice, shift = sum(weight.values()), 2 * max(weight.values())
    vector = {person: math.sin(place + 1) for place, person in enumerate(people)}
    for _ in range(ROUNDS):
        along = sum(weight[person] * vector[person] for person in people) / twice
        new = {
            person: sum(often * vector[other] for other, often in ties[person].items())
            + shift * vector[person]
            - weight[person] * along
            for person in people
        }
        length = math.hypot(*new.values())
        new = {person: value / length for person, value in new.items()}
        moved, vector = max(abs(new[person] - vector[person]) for person in people), new
        if moved < STEADY:
            break
    return {person: 1 if vector[person] >= 0 else -1 for person in people}


def changed_over(ties, sides, people):
    """The sides once no series of people changing over would make them clearer.

    In each round everybody changes over once, whoever gains most first; it is kept up to where it
    was best (Kernighan and Lin), so that a poor beginning is mended, too.
    """
    while True:
        order, gained = a_round(ties, dict(sides), people)
        best = max(range(len(gained)), key=gained.__getitem__)
        if gained[best] <= STEADY:
            return sides
        for person in order[: best + 1]:
            sides[person] = -sides[person]


def a_round(ties, sides, people):
    """(who changes over, in that order; how much has been gained after each of them)."""
    weight = {person: sum(ties[person].values()) for person in people}
    twice = sum(weight.values())
    total = sum(weight[person] * sides[person] for person in people)
    pull = {
        person: sum(often * sides[other] for other, often in ties[person].items())
        for person in people
    }

    def gain(person):
        here = sides[person]
        return -here * (pull[person] - weight[person] * (total - weight[person] * here) / twice)

    free, order, gained, so_far = list(people), [], [], 0.0
    while free:
        person = max(free, key=gain)
        so_far += gain(person)
        free.remove(person)
        here = sides[person]
        sides[person], total = -here, total - 2 * weight[person] * here
        for other, often in ties[person].items():
            pull[other] -= 2 * often * here
        order.append(person)
        gained.append(so_far)
    return order, gained


def modularity(ties, sides):
    """Newman's Q of two sides: the share of ties within, less what chance would give."""
    weight = {person: sum(others.values()) for person, others in ties.items()}
    twice = sum(weight.values())
    within = sum(
        often
        for person, others in ties.items()
        for other, often in others.items()
        if sides[person] == sides[other]
    )
    by_chance = sum(
        sum(weight[person] for person in ties if sides[person] == side) ** 2 for side in (1, -1)
    )
    return within / twice - by_chance / twice**2
