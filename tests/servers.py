"""A pytest plugin (`-p tests.servers`): the embedded servers, before Django reads its settings.

One cluster serves every process of a parallel run. It lives in `test` under KITH_VAR; a second run
beside the first takes `test-2`.
"""

import os
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

STARTED = ExitStack()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests():
    if "KITH_TEST_SERVERS" not in os.environ:  # else we are one process of a parallel run
        start()


def pytest_unconfigure():
    STARTED.close()


def start():
    from network.operations.servers import Servers, Taken, running_as

    home = Path(os.environ.get("KITH_VAR") or "var").absolute()
    for number in count(1):
        var = home / ("test" if number == 1 else f"test-{number}")
        try:
            STARTED.enter_context(running_as(var, "pytest"))
            break
        except Taken:
            continue
    servers = Servers(var, forgetful=True)
    STARTED.callback(servers.stop)
    servers.start_postgres()
    servers.start_valkey()
    for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ALLOWED_HOSTS", "EMAIL_URL", "DEBUG"):
        os.environ.pop(name, None)
    os.environ["KITH_VAR"] = str(var)
    os.environ["KITH_TEST_SERVERS"] = str(os.getpid())
    servers.make_database()
