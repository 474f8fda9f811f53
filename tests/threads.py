"""Real threads for tests of what happens at the same moment."""

import threading
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager

from django.db import connection, transaction


def all_at_once(function, calls):
    """One thread per call, let go together; an exception in any of them fails the test."""
    with threads(len(calls)) as let_go:
        return let_go(function, calls)


@contextmanager
def threads(number):
    """So many threads, to be let go together again and again, each on a connection of its own."""
    gate = threading.Barrier(number, timeout=30)

    def call(function, arguments):
        gate.wait()
        return function(*arguments)

    def let_go(function, calls):
        return list(pool.map(call, [function] * number, calls))

    with ThreadPoolExecutor(number) as pool:
        try:
            yield let_go
        finally:
            gate.reset()
            let_go(hang_up, [()] * number)


def one_behind_the_other(first, second):
    """The second begins when the first is done and not yet committed; answers what it answers."""
    with ThreadPoolExecutor(1) as pool:
        try:
            with transaction.atomic():
                first()
                late = pool.submit(second)
                wait([late], timeout=0.3)
            return late.result()
        finally:
            pool.submit(hang_up).result()


def hang_up():
    connection.close()  # the thread's own
