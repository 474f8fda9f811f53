"""What every test may use."""

import gc
import json
from collections import Counter

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck
from hypothesis import settings as kept_to
from xdist.scheduler import LoadScopeScheduling

from tests.factories import NetworkFactory
from tests.template import ensure_template

# What these begin with is dear, or is one on a machine: each of them is run by one process, whole.
# The marks that pytest-xdist has for it name a test anew, which pytest does not heed since 9.2.
WHOLE = (
    *("tests/trust/test_year.py", "tests/trust/kills/test_kill_everywhere.py"),
    "tests/trust/kills/test_sleep_everywhere.py",
    *("tests/trust/test_broker.py", "tests/network/test_demo.py", "tests/network/test_running.py"),
    "tests/trust/test_twins.py",
    *("tests/network/test_servers.py", "tests/network/test_settings.py"),
)

# The longest of the single tests: who begins one last keeps the other processes waiting.
FIRST = (
    *("tests/trust/test_crawl.py", "tests/trust/test_twins.py"),
    "tests/microgroups/test_machine.py",
)

# How long an example takes says how busy the machine is.
kept_to.register_profile("kith", deadline=None, suppress_health_check=[HealthCheck.too_slow])
kept_to.load_profile("kith")


class Scheduler(LoadScopeScheduling):
    """Hands out single tests, and the files of WHOLE; what has the most tests goes first."""

    def _split_scope(self, nodeid):
        file = nodeid.partition("::")[0]
        return file if file in WHOLE else nodeid


@pytest.hookimpl(optionalhook=True)  # where tests run in one process nobody asks
def pytest_xdist_make_scheduler(config, log):
    return Scheduler(config, log)


def pytest_collection_modifyitems(items):
    """The longest stand first. Each has a name of its own: of several with one name the scheduler
    would run one.

    Schemathesis calls all its tests alike, each of which is about one call of the API.
    """
    for item in items:
        if label := getattr(item, "operation_label", None):
            item.name = f"{item.originalname}[{label}]"
            item._id = item.parent.id.child(item.name)  # which pytest made of the name before
    names = Counter(item.nodeid for item in items)
    if alike := [name for name, times in names.items() if times > 1]:
        raise pytest.UsageError(f"Several tests are called {alike[0]}: only one would be run.")
    items.sort(key=lambda item: not item.nodeid.startswith(FIRST))


def pytest_collection_finish():
    """What was read in stays until the end: nobody looks again and again whether it is waste."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix, django_db_blocker):
    """Each process copies a migrated database instead of migrating one of its own."""
    with django_db_blocker.unblock():
        name = ensure_template()
    connection.settings_dict["TEST"].update(TEMPLATE=name, MIGRATE=False)


@pytest.fixture(autouse=True)
def fresh_counters():
    """What one test has asked too often does not count for the next."""
    cache.clear()


@pytest.fixture
def network(db):
    """A network as networks are by default."""
    return NetworkFactory()


@pytest.fixture
def client_of(db):
    """A browser in which this person is signed in: `client_of(person).get("/")`."""

    def signed_in(person):
        client = Client()
        client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
        return client

    return signed_in


@pytest.fixture
def api_of(db):
    """A program with a token of this person: `api_of(person, network).post("/groups/", {...})`.

    Paths start below /api/v1; bodies are sent as JSON. Without scopes it has them all.
    """
    from network.tokens.actions import create_token

    def program(person, network, scopes=("read", "write", "facilitate", "admin")):
        _, value = create_token(person, network, name="test", scopes=list(scopes))
        return Program(value)

    return program


class Program:
    """Asks the API as a third party does."""

    def __init__(self, token):
        self.client = Client(headers={"authorization": f"Bearer {token}"})

    def ask(self, method, path, body=None, **headers):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        facts = {"content_type": "application/json", "headers": names}
        data = json.dumps(body) if body is not None else ""
        return self.client.generic(method, f"/api/v1{path}", data, **facts)

    def get(self, path, **headers):
        return self.ask("GET", path, **headers)

    def post(self, path, body=None, **headers):
        return self.ask("POST", path, body or {}, **headers)

    def patch(self, path, body, **headers):
        return self.ask("PATCH", path, body, **headers)

    def put(self, path, body=None, **headers):
        return self.ask("PUT", path, body or {}, **headers)

    def delete(self, path, **headers):
        return self.ask("DELETE", path, **headers)


@pytest.fixture
def count_queries(db):
    """How many queries something takes; the transaction's own marks are not counted."""

    def count(ask):
        with CaptureQueriesContext(connection) as queries:
            ask()
        return sum(not query["sql"].startswith(MARKS) for query in queries.captured_queries)

    return count


MARKS = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT", "BEGIN", "COMMIT")
