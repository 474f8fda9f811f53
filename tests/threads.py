"""Real threads for tests of what happens at the same moment."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from django.db import connection


def all_at_once(function, calls):
    """One thread per call, let go together; an exception in any of them fails the test."""
    gate = threading.Barrier(len(calls), timeout=30)

    def call(arguments):
        gate.wait()
        with closing(connection):
            return function(*arguments)

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(call, calls))
