"""The requests of one process are answered in turn; a slow one keeps nobody waiting for long."""

import asyncio
from itertools import pairwise

from network.operations.turns import Turns

LONG = 60


class Site:
    """Answers a request when those that it waits for have been answered; remembers the order."""

    def __init__(self):
        self.ended = {}

    async def __call__(self, scope, _receive, _send):
        for name in scope["after"]:
            await asyncio.wait_for(self.end_of(name).wait(), LONG)
        self.end_of(scope["name"]).set()
        if scope["fails"]:
            raise LookupError(scope["name"])

    def end_of(self, name):
        return self.ended.setdefault(name, asyncio.Event())


def ask(*requests, patience):
    """What was answered to each of these requests, which came in together in this order."""

    async def all_together():
        turns = Turns(Site(), patience=patience)
        calls = [turns(request, None, None) for request in requests]
        return await asyncio.gather(*calls, return_exceptions=True)

    return asyncio.run(all_together())


def request(name, *after, fails=False):
    return {"name": name, "after": after, "fails": fails}


def test_they_are_answered_in_the_order_in_which_they_came():
    names = [str(number) for number in range(20)]

    chain = [request(later, earlier) for earlier, later in pairwise(names)]
    assert ask(request(names[0]), *chain, patience=LONG) == [None] * 20


def test_one_at_a_time():
    waits_for_one_behind = request("a", "b")

    async def the_second_does_not_begin():
        site = Site()
        turns = Turns(site, patience=LONG)
        both = asyncio.gather(
            turns(waits_for_one_behind, None, None), turns(request("b"), None, None)
        )
        try:
            await asyncio.wait_for(asyncio.shield(both), 0.1)
        except TimeoutError:
            both.cancel()
            return not site.end_of("b").is_set()

    assert asyncio.run(the_second_does_not_begin())


def test_who_takes_long_lets_the_next_begin_beside_them():
    assert ask(request("export", "c"), *map(request, "abc"), patience=0.02) == [None] * 4


def test_several_who_take_long_do_not_wait_for_each_other():
    slow = [request("a", "d"), request("b", "d"), request("c", "d")]

    assert ask(*slow, request("d"), patience=0.02) == [None] * 4


def test_one_that_fails_leaves_its_turn_to_the_next():
    failed, late, answered = ask(
        request("a", fails=True), request("b", "c", fails=True), request("c"), patience=0.02
    )

    assert (str(failed), str(late), answered) == ("a", "b", None)


def test_turns_neither_get_lost_nor_become_more():
    async def lived():
        turns = Turns(Site(), patience=0.02)
        for number in range(3):
            slow, quick = request(f"slow {number}", f"quick {number}"), request(f"quick {number}")
            await asyncio.gather(turns(slow, None, None), turns(quick, None, None))
        await asyncio.wait_for(turns.turn.acquire(), LONG)
        return turns.turn.locked()

    assert asyncio.run(lived())
