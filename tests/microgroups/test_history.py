"""What 64 threads were told about one group at once is explained by one order of their deeds.

What was done takes its turn in the transaction that did it, while that still holds the group. These
turns are the order to try: it must keep to the clock (who was answered before another began comes
first), the small model, doing the same in that order, must give every answer and end in the same
tables, and the log must tell it in the same order. What was refused wrote nothing: its answer must
be the model's at some moment between its question and its answer.
"""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate, count
from math import inf
from operator import attrgetter

import pytest
from django.db import connection

from network.activity.models import Activity
from network.errors import Refused
from network.registries import invariants
from network.transactions import deed
from tests.factories import NOW
from tests.microgroups.deeds import CAP, MOST, NAMES, Product, model, seen_in, somebody

THREADS = 64
TURNS = count()
DEEDS = {  # how often, and what is drawn for it
    "join": (8, "anybody"),
    "leave": (5, "anybody"),
    "rest": (3, "anybody"),
    "return_": (3, "anybody"),
    "remove": (4, "carer", "anybody", "bar"),
    "unbar": (3, "carer", "anybody"),
    "invite": (3, "key", "anybody", "anybody"),
    "admit": (2, "carer", "anybody"),
    "decline": (1, "carer", "anybody"),
    "change_role": (2, "carer", "anybody", "role"),
    "change_cap": (2, "carer", "cap"),
    "change_policy": (1, "carer", "policy"),
    "archive": (1, "carer"),
    "restore": (3, "carer"),
}


@dataclass
class Call:
    """One deed as its caller saw it; `turn` is its place among those that were done."""

    group: Product
    deed: str
    now: object
    args: tuple
    began: float = 0
    ended: float = 0
    answer: str = ""
    turn: int | None = None  # refused


def drawn(dice, what, key):
    """Something to do a deed with."""
    return {
        "anybody": lambda: dice.choice([*NAMES, "admin"]),
        "carer": lambda: dice.choice(["founder", "founder", "ana", "admin", "bo"]),
        "key": lambda: key,
        "bar": lambda: dice.random() < 0.3,
        "role": lambda: dice.choice(["facilitator", "member"]),
        "cap": lambda: dice.randint(CAP - 1, MOST),
        "policy": lambda: dice.choice(["open", "open", "ask"]),
    }[what]()


def some_calls(dice, groups, each):
    """For every thread its deeds; no two of all have the same moment."""
    names, often = list(DEEDS), [often for often, *_ in DEEDS.values()]
    calls = []
    for number, name in enumerate(dice.choices(names, often, k=THREADS * each)):
        args = tuple(drawn(dice, what, number) for what in DEEDS[name][1:])
        group = dice.choice(groups)
        calls.append(Call(group, name, NOW + timedelta(milliseconds=number), args))
    return calls


def do_all(calls):
    """Threads that are let go together, each with its part of the deeds, one after the other."""
    gate = threading.Barrier(THREADS, timeout=60)

    def live(mine):
        with closing(connection):
            connection.ensure_connection()
            gate.wait()
            for call in mine:
                call.began = time.monotonic()
                do(call)
                call.ended = time.monotonic()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(live, [calls[number::THREADS] for number in range(THREADS)]))


@deed
def do(call):
    """Do the deed and take a turn before its transaction ends; it is tried again as any other."""
    try:
        call.answer = getattr(call.group, call.deed)(call.now, *call.args)
        call.turn = next(TURNS)
    except Refused as refusal:
        call.answer, call.turn = refusal.code, None


def explain(history, belonging):
    """Fail unless the order of the turns keeps to the clock and explains every answer."""
    done = sorted((call for call in history if call.turn is not None), key=attrgetter("turn"))
    keeps_to_the_clock(done)
    refused = sorted((call for call in history if call.turn is None), key=attrgetter("began"))
    begun, closes = 0, [*accumulate((c.ended for c in reversed(done)), min, initial=inf)][::-1]
    for call, closing_at in zip([*done, None], closes, strict=True):
        refused = unexplained(refused, belonging, begun, closing_at)
        if call is not None:
            begun = max(begun, call.began)
            meant = belonging.answer(call.deed, call.now, *call.args)
            assert call.answer == meant, f"{call} should have been told {meant}"
    assert refused == []


def unexplained(refused, belonging, begun, closes):
    """Those of the refused whose moment is not this one.

    This moment is after `begun`, when the last of those already done began, and before `closes`,
    when the first of those not yet done had ended. Who was answered first is explained first.
    """
    left, earliest = [], inf
    for call in refused:
        assert call.ended >= begun, f"{call} fits no moment"
        possible = call.began <= min(closes, earliest)
        told = deepcopy(belonging).answer(call.deed, call.now, *call.args) if possible else None
        if told != call.answer:
            left.append(call)
            earliest = min(earliest, call.ended)
        if call.began > closes:  # and so did all that follow
            return left + refused[refused.index(call) + 1 :]
    return left


def keeps_to_the_clock(done):
    latest = 0
    for call in done:
        assert call.ended >= latest, f"{call} comes after one that began when it had ended"
        latest = max(latest, call.began)


def check_log(history):
    """The log tells what was done in the same order."""
    turns = {call.now: call.turn for call in history}
    rows = Activity.objects.filter(group_id=history[0].group.group.pk, at__in=turns)
    told = [turns[at] for at in rows.order_by("pk").values_list("at", flat=True)]

    assert told
    assert told == sorted(told)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("groups", "each"),
    [(1, 3), (3, 2), *(pytest.param(n, 500, marks=pytest.mark.long) for n in (1, 3))],
)
def test_an_order_explains_what_64_threads_were_told(groups, each):
    network, people = somebody()
    products = [Product(network, people) for _ in range(groups)]
    calls = some_calls(random.Random(groups), products, each)

    do_all(calls)

    for product in products:
        history, belonging = [call for call in calls if call.group is product], model()
        explain(history, belonging)
        check_log(history)
        assert product.seen() == seen_in(belonging)
    assert [said for _, check in invariants.items() for said in check()] == []


def test_a_history_that_no_order_explains_is_not_believed():
    """One seat too many; an answer before its question; a refusal for which nobody was there."""
    joined = [Call(None, "join", NOW, (name,), n, n, "active", n) for n, name in enumerate(NAMES)]
    joined = joined[1 : CAP + 1]  # the founder has a seat already
    early = Call(None, "join", NOW, ("ana",), 0, 0.5, "already_member")

    with pytest.raises(AssertionError, match="waitlisted"):
        explain(joined, model())
    with pytest.raises(AssertionError, match="fits no moment"):
        explain([early, *joined[:2]], model())
    first, second = joined[:2]
    first.turn, second.turn = second.turn, first.turn
    with pytest.raises(AssertionError, match="comes after one"):
        explain([first, second], model())
