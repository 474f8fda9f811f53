"""What 64 threads were told about groups at once is explained by one order of their deeds.

What was done takes its turn while its transaction ends, all locks still held, one at a time: so
the turns are the order in which the deeds came true, for each group and for all of them together.
A deed on two groups (a sister grows, people part, a group joins another) has one turn in both; two
deeds that share no group may be told in either order. The turns are the order to try: it must keep
to the clock (who was answered before another began comes first), the small model, doing the same
in that order, must give every answer and end in the same tables, and the log of each group must
tell it in the same order. What was refused wrote nothing: its answer must be the model's at some
moment between its question and its answer.

In how many groups somebody is, a deed counts under the lock of the person's place, not of those
groups. Where one of them changed while it was under way, it may come before that change.
"""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import accumulate, count
from math import inf
from operator import attrgetter

import pytest
from django.db import OperationalError, connection

from network.activity.models import Activity
from network.errors import Refused
from network.registries import invariants
from network.transactions import deed
from tests.factories import NOW
from tests.microgroups.deeds import (
    CAP,
    MOST,
    NAMES,
    Products,
    model_village,
    seen_of,
    somebody,
)

THREADS = 64
FOUNDED = ["home", "other", "third"]
WAITED = "waited too long for a lock"
SISTERS = 6  # as many are proposed at most
WORDS = 8  # of the invitations, the newest are taken up
SPAN = timedelta(days=40)  # choosing, invitations and being in both come to their end
SISTERS_YES = ("budding.choosing", "budding.stopped")  # told in the group, under the sister's lock
DEEDS = {  # how often, and what is drawn for it
    "join": (20, "group", "anybody"),
    "leave": (5, "group", "anybody"),
    "rest": (3, "group", "anybody"),
    "return_": (4, "group", "anybody"),
    "remove": (3, "group", "carer", "anybody", "bar"),
    "unbar": (4, "group", "carer", "anybody"),
    "invite": (6, "group", "key", "carer", "anybody"),
    "make_link": (3, "group", "key", "carer", "uses"),
    "accept": (12, "word", "whom"),
    "revoke": (1, "word", "carer"),
    "admit": (3, "group", "carer", "anybody"),
    "decline": (1, "group", "carer", "anybody"),
    "change_role": (3, "group", "carer", "anybody", "role"),
    "change_cap": (2, "group", "carer", "cap"),
    "change_policy": (2, "group", "carer", "policy"),
    "archive": (0.3, "group", "carer"),
    "restore": (8, "group", "carer"),
    "end_offers": (2, "group"),
    "end_invitations": (1, "group"),
    "bud": (4, "group", "name", "carer", "carer", "cap"),
    "approve": (4, "sister", "admin"),
    "decline_sister": (0.3, "sister", "admin"),
    "propose_again": (2, "sister", "carer"),
    "pledge": (3, "sister", "anybody", "bar"),
    "choose": (16, "grower", "anybody", "way"),
    "finish": (3, "grower", "carer"),
    "finish_due": (2, "grower"),
    "end_both": (0.5, "sister"),
    "drop": (0.3, "grower", "carer"),
    "merge": (4, "group", "key", "carer", "group"),
    "accept_merging": (1, "merging", "carer"),
    "decline_merging": (0.5, "merging", "carer"),
    "withdraw": (0.5, "merging", "carer"),
}


@dataclass
class Call:
    """One deed as its caller saw it; `turn` is its place among those that were done."""

    deed: str
    now: object
    where: str
    args: tuple
    began: float = 0
    ended: float = 0
    answer: str | None = ""
    turn: int | None = None  # refused


@dataclass
class Town:
    """Groups of the product, and what of them has come true, so that a deed can name it."""

    products: Products
    dice: random.Random
    step: timedelta
    groups: list
    words: list = field(default_factory=list)  # (group, key, whom it names)
    sisters: list = field(default_factory=list)  # (group, sister)
    mergings: list = field(default_factory=list)  # (group, key)
    numbers: count = field(default_factory=count)
    turns: count = field(default_factory=count)
    one_ends: threading.Lock = field(default_factory=threading.Lock)
    calls: list = field(default_factory=list)

    def drawn(self):
        """Something to do, among what has come true by now; no two have the same moment."""
        known = {"word": self.words, "merging": self.mergings, "group": self.groups}
        known |= dict.fromkeys(("sister", "grower"), self.sisters)
        possible = {
            name: often
            for name, (often, what, *_) in DEEDS.items()
            if known[what] and (name != "bud" or len(self.sisters) < SISTERS)
        }
        name = self.dice.choices(list(possible), possible.values())[0]
        number = next(self.numbers)
        return self.call(name, *self.facts_for(name, number), number=number)

    def call(self, name, where, *args, number=None):
        number = next(self.numbers) if number is None else number
        call = Call(name, NOW + number * self.step, where, args)
        self.calls.append(call)
        return call

    def begin(self):
        """The first deeds, one after the other: people come and wait, a sister is chosen about."""
        home, *others = self.groups
        for name in [*NAMES[1:], "admin"]:
            self.live_through(self.call("join", home, name))
        self.live_through(self.call("bud", home, "sister", "founder", NAMES[1], CAP - 1))
        self.live_through(self.call("approve", "sister", "admin"))
        self.live_through(self.call("choose", home, NAMES[1], "go"))
        for number, group in enumerate(self.groups):
            self.live_through(self.call("make_link", group, f"link {number}", "founder", 5))
            self.live_through(self.call("invite", group, f"word {number}", "founder", NAMES[-1]))
        for other in others[1:]:
            self.live_through(self.call("merge", other, f"merging {other}", "founder", others[0]))

    def facts_for(self, name, number):
        facts, named = [], None
        for what in DEEDS[name][1:]:
            if what == "word":
                where, key, named = self.dice.choice(self.words[-WORDS:])
                facts += [where, key]
            elif what == "whom":
                facts.append(named or self.one("anybody", number))
            elif what == "merging":
                facts += self.dice.choice(self.mergings)
            else:
                facts.append(self.one(what, number))
        return facts

    def one(self, what, number):
        """Somebody or something to do a deed with."""
        dice = self.dice
        return {
            "group": lambda: dice.choice(self.groups),
            "sister": lambda: dice.choice(self.sisters)[1],
            "grower": lambda: dice.choice(self.sisters)[0],
            "anybody": lambda: dice.choice([*NAMES[1:] * 3, "founder", "admin", "stranger"]),
            "admin": lambda: dice.choice(["admin", "admin", "ana"]),
            "carer": lambda: dice.choice([*["founder"] * 4, "ana", "ana", "bo", "admin"]),
            "key": lambda: f"key {number}",
            "name": lambda: f"sister {number}",
            "bar": lambda: dice.random() < 0.3,
            "role": lambda: dice.choice(["facilitator", "facilitator", "member"]),
            "cap": lambda: dice.randint(CAP - 1, MOST),
            "uses": lambda: dice.randint(1, 8),
            "policy": lambda: dice.choice(["open", "open", "ask"]),
            "way": lambda: dice.choice(["go", "go", "both", "stay"]),
        }[what]()

    def came_true(self, call):
        """What others can name from now on."""
        if call.answer == "made":
            named = call.args[2] if call.deed == "invite" else None
            self.words.append((call.where, call.args[0], named))
        elif call.answer == "proposed" and call.deed == "bud":
            self.sisters.append((call.where, call.args[0]))
            self.groups.append(call.args[0])
        elif call.deed == "merge" and call.args[0] in self.products.mergings:
            self.mergings.append((call.where, call.args[0]))

    def live(self, gate, deeds):
        """One thread: so many deeds, one after the other."""
        with closing(connection):
            connection.ensure_connection()
            gate.wait()
            for _ in range(deeds):
                self.live_through(self.drawn())

    def live_through(self, call):
        """Do it; who waited too long for a lock, again and again, has done nothing at all."""
        call.began = time.monotonic()
        try:
            self.do(call)
        except OperationalError as error:
            assert "lock timeout" in str(error), error
            call.answer = WAITED
        finally:
            if call.turn is not None:
                self.one_ends.release()
        call.ended = time.monotonic()
        if call.turn is not None:
            self.came_true(call)

    @deed
    def do(self, call):
        """Do the deed and take a turn as its transaction ends; it is tried again as any other."""
        if call.turn is not None:  # the last try did not end well
            self.one_ends.release()
            call.turn = None
        try:
            call.answer = self.said(call)
        except Refused as refusal:
            call.answer = refusal.code
        else:
            self.one_ends.acquire()
            call.turn = next(self.turns)

    def said(self, call):
        products = self.products
        if hasattr(products, call.deed):
            return getattr(products, call.deed)(call.now, call.where, *call.args)
        return getattr(products.groups[call.where], call.deed)(call.now, *call.args)


def do_all(town, each):
    """Threads that are let go together, each with its part of the deeds."""
    gate = threading.Barrier(THREADS, timeout=60)
    with ThreadPoolExecutor(THREADS) as pool:
        for one in [pool.submit(town.live, gate, each) for _ in range(THREADS)]:
            one.result()


def explain(history, groups):
    """The village at the end of an order that keeps to the clock and explains every answer."""
    done = sorted((call for call in history if call.turn is not None), key=attrgetter("turn"))
    done = in_an_order_that_explains(done, groups)
    keeps_to_the_clock(done)
    refused = [call for call in history if call.turn is None and call.answer != WAITED]
    refused.sort(key=attrgetter("began"))
    begun, closes = 0, [*accumulate((c.ended for c in reversed(done)), min, initial=inf)][::-1]
    village = model_village(*groups)
    for call, closing_at in zip([*done, None], closes, strict=True):
        refused = unexplained(refused, village, begun, closing_at)
        if call is not None:
            begun = max(begun, call.began)
            village.answer(call.deed, call.now, call.where, *call.args)
    assert refused == []
    return village


def in_an_order_that_explains(done, groups):
    """The turns; but what counted somebody's groups may come before a change of one of these."""
    while (place := first_wrong(done, groups)) is not None:
        call = done[place]
        for earlier in range(place - 1, -1, -1):
            passed = done[earlier:place]
            if not all(may_pass(call, each) for each in passed):
                raise AssertionError(f"{call} is not what the model says")
            tried = [*done[:earlier], call, *passed, *done[place + 1 :]]
            wrong = first_wrong(tried, groups)
            if wrong is None or wrong > place:
                done = tried
                break
    return done


def first_wrong(done, groups):
    """The place of the first deed that is answered otherwise by the model; None where none is."""
    village = model_village(*groups)
    for place, call in enumerate(done):
        if village.answer(call.deed, call.now, call.where, *call.args) != call.answer:
            return place
    return None


def may_pass(call, other):
    """Whether the one could come true before the other: under way together, in other groups."""
    return call.began < other.ended and not (set(places(call)) & set(places(other)))


def places(call):
    return [call.where, *call.args]


def unexplained(refused, village, begun, closes):
    """Those of the refused whose moment is not this one.

    This moment is after `begun`, when the last of those already done began, and before `closes`,
    when the first of those not yet done had ended. Who was answered first is explained first.
    """
    left, earliest = [], inf
    for place, call in enumerate(refused):
        if call.began > closes:  # and so did all that follow
            return left + refused[place:]
        assert call.ended >= begun, f"{call} fits no moment"
        possible = call.began <= earliest
        told = village.refusal(call.deed, call.now, call.where, *call.args) if possible else None
        if told != call.answer:
            left.append(call)
            earliest = min(earliest, call.ended)
    return left


def keeps_to_the_clock(done):
    latest = 0
    for call in done:
        assert call.ended >= latest, f"{call} comes after one that began when it had ended"
        latest = max(latest, call.began)


def check_log(history, group):
    """The log of the group tells what was done in the same order."""
    turns = {call.now: call.turn for call in history if call.turn is not None}
    rows = Activity.objects.filter(group_id=group.pk, at__in=turns).exclude(verb__in=SISTERS_YES)
    told = [turns[at] for at in rows.order_by("pk").values_list("at", flat=True)]

    assert told == sorted(told)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("groups", "each"),
    [(1, 6), (3, 6), *(pytest.param(n, 500, marks=pytest.mark.long) for n in (1, 3))],
)
def test_an_order_explains_what_64_threads_were_told(settings, groups, each):
    settings.LIMITS_SCALE = 10**6  # how often somebody may ask is not what this is about
    names = FOUNDED[:groups]
    products = Products(*somebody(), *names)
    step = SPAN / (THREADS * (each + 1))
    town = Town(products, random.Random(groups), step, list(names))

    town.begin()
    do_all(town, each)

    village = explain(town.calls, names)
    assert products.seen() == seen_of(village)
    for product in products.groups.values():
        check_log(town.calls, product.group)
    for late in (2, 3):  # who parts then is in both for 30 days more
        products.do_what_is_due(NOW + late * SPAN, "home")
    assert [said for _, check in invariants.items() for said in check()] == []


def test_a_history_that_no_order_explains_is_not_believed():
    """One seat too many; an answer before its question; a refusal for which nobody was there."""
    joined = [Call("join", NOW, "home", (name,), n, n, "active", n) for n, name in enumerate(NAMES)]
    joined = joined[1 : CAP + 1]  # the founder has a seat already
    early = Call("join", NOW, "home", ("ana",), 0, 0.5, "already_member")

    with pytest.raises(AssertionError, match="not what the model says"):
        explain(joined, ["home"])
    with pytest.raises(AssertionError, match="fits no moment"):
        explain([early, *joined[:2]], ["home"])
    first, second = joined[:2]
    first.turn, second.turn = second.turn, first.turn
    with pytest.raises(AssertionError, match="comes after one"):
        explain([first, second], ["home"])
