"""One size of network: made, served beside the floor, both asked in turns; figures as JSON."""

import http.client
import json
import os
import re
import secrets
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from tests.bench.joins import CLIENTS, flood

ROUNDS, WARM = 40, 8
CONNECTIONS, SECONDS = 8, 3


def measure(size, var):
    """The figures of one size, as {page: {...}}."""
    from network.operations.servers import Servers, running_as

    with ExitStack() as stack:
        stack.enter_context(running_as(Path(var), "bench"))
        servers = Servers(Path(var), forgetful=True)
        stack.callback(servers.stop)
        servers.start_postgres()
        servers.start_valkey()
        servers.make_database()
        sockets = str(servers.sockets)
        os.environ.update(
            KITH_VAR=str(var),
            SECRET_KEY=secrets.token_hex(32),
            LIMITS_SCALE="100000",
            DJANGO_SETTINGS_MODULE="network.config.settings",
            ALLOWED_HOSTS="127.0.0.1",
        )
        for name in ("DATABASE_URL", "REDIS_URL"):
            os.environ.pop(name, None)
        import django

        django.setup()
        from django.core.management import call_command

        from tests.bench.world import fill

        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        fill(size)
        asked = questions()
        counts = count_queries(asked)
        kith = stack.enter_context(Server(["network.config.web"], {}))
        floor = stack.enter_context(
            Server(
                ["granian", "tests.bench.floor.page:application", "--interface", "asgi"],
                {"FLOOR_SOCKETS": sockets},
            )
        )
        figures = {
            name: {**counts[name], **compare(asked, name, kith, floor)} for name in asked["pages"]
        }
        figures["memory"] = {"kith": kith.memory(), "floor": floor.memory()}
        if size == "large":
            floor_rate = throughput(
                floor.port, "GET", asked["floor"], None, floor_headers(asked), CLIENTS
            )
            figures["joins"] = flood(kith, floor_rate)
        return figures


class Server:
    """A granian with two workers on a free loopback port."""

    def __init__(self, program, environment):
        import socket

        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", *program, "--host", "127.0.0.1", "--port", str(self.port),
                "--workers", "2", "--log-level", "error",
            ],
            env={**os.environ, **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip

    def __enter__(self):
        for _ in range(200):
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", "/nothing-here/")
                connection.getresponse().read()
                return self
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("The server did not come up.")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(15)

    def memory(self):
        """Resident kilobytes of the server and its workers, shared pages counted once (Linux)."""
        total = 0
        for status in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(status.read_text().rsplit(")", 1)[1].split()[1])
                if self.process.pid in (parent, int(status.parent.name)):
                    rollup = (status.parent / "smaps_rollup").read_text()
                    total += int(re.search(r"Pss:\s+(\d+)", rollup)[1])
            except (OSError, TypeError):
                continue
        return total


def questions():
    """What is asked, as whom: {pages: {name: (method, path, body)}, sessions, token, floor}."""
    from django.conf import settings
    from django.utils import timezone

    from microgroups.conversation.models import Thread
    from microgroups.groups.drafts import begin
    from microgroups.membership.invitations import invite_person
    from network.networks.models import Network
    from network.people.models import Person
    from network.tokens.actions import create_token

    me, network = Person.objects.get(username="p1"), Network.objects.get()
    draft = begin(network, me, name="Night Readers", purpose="To read at night.").pk
    _, secret = create_token(
        me,
        network,
        name="bench",
        scopes=["read", "write", "facilitate"],
        now=timezone.now(),
    )
    mine = (
        Thread.objects.filter(group__memberships__person=me, posts_count=20).order_by("pk").first()
    )
    long = Thread.objects.get(title="The long thread")
    group = mine.group.slug
    for person in Person.objects.exclude(memberships__group=mine.group).order_by("pk")[:10]:
        invite_person(mine.group, person, by=me, words="We keep a chair.")
    pages = {
        "network home": ("GET", "/", None),
        "discover": ("GET", "/groups/", None),
        "group home": ("GET", f"/groups/{group}/", None),
        "thread of 20": ("GET", f"/threads/{mine.pk}/", None),
        "thread of 1000": ("GET", f"/threads/{long.pk}/", None),
        "people": ("GET", "/people/", None),
        "group people": ("GET", f"/groups/{group}/people/", None),
        "member": ("GET", f"/groups/{group}/people/{me.username}/", None),
        "invitations": ("GET", f"/groups/{group}/invitations/", None),
        "start": ("GET", "/groups/start/", None),
        "start, a step": ("GET", f"/groups/start/{draft}/belonging/", None),
        "start, the whole": ("GET", f"/groups/start/{draft}/", None),
        "queue": ("GET", "/care/", None),
        "notices": ("GET", "/notices/", None),
        "catching up": ("GET", "/catch-up/", None),
        "search, rare word": ("GET", "/search/?q=zephyrine", None),
        "search, common word": ("GET", "/search/?q=garden", None),
        "API group": ("GET", f"/api/v1/groups/{group}/", None),
        "API thread": ("GET", f"/api/v1/threads/{mine.pk}/", None),
        "API members": ("GET", f"/api/v1/groups/{group}/members/", None),
        "API invitations": ("GET", f"/api/v1/groups/{group}/invitations/", None),
        "API drafts": ("GET", "/api/v1/group-drafts/", None),
        "API draft": ("GET", f"/api/v1/group-drafts/{draft}/", None),
        "API groups": ("GET", "/api/v1/groups/", None),
        "API feed": ("GET", "/api/v1/feed/", None),
        "API notices count": ("GET", "/api/v1/notices/count/", None),
        "API reply": ("POST", f"/api/v1/threads/{mine.pk}/posts/", {"body": "A short answer."}),
    }
    return {
        "pages": pages,
        "floor": f"/floor/{mine.pk}/",
        "session": session_of(me, settings.AUTHENTICATION_BACKENDS[0]),
        "floor session": session_of(me, "django.contrib.auth.backends.ModelBackend"),
        "token": secret,
    }


def session_of(person, backend):
    """The key of a session in which the person has signed in by this backend."""
    from datetime import timedelta

    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    store = SessionStore()
    store[SESSION_KEY] = str(person.pk)
    store[BACKEND_SESSION_KEY] = backend
    store[HASH_SESSION_KEY] = person.get_session_auth_hash()
    store.set_expiry(timedelta(days=1))
    store.save()
    return store.session_key


def headers_for(asked, path):
    if path.startswith("/api/"):
        return {"Authorization": f"Bearer {asked['token']}", "Content-Type": "application/json"}
    return {"Cookie": f"kith_session={asked['session']}"}


def floor_headers(asked):
    return {"Cookie": f"sessionid={asked['floor session']}"}


def count_queries(asked):
    """Queries, milliseconds of SQL and bytes of each page, counted in this process."""
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    counts = {}
    for name, (method, path, body) in asked["pages"].items():
        client = Client(headers={"host": "127.0.0.1"})
        client.cookies[settings.SESSION_COOKIE_NAME] = asked["session"]
        extra = {}
        if path.startswith("/api/"):
            client = Client(
                headers={"host": "127.0.0.1", "authorization": f"Bearer {asked['token']}"}
            )
        if body is not None:
            extra = {"data": json.dumps(body), "content_type": "application/json"}
        for _ in range(2):  # the first visit of the day leaves a row; the second is what is counted
            with CaptureQueriesContext(connection) as queries:
                answer = getattr(client, method.lower())(path, **extra)
        if answer.status_code not in (200, 201):
            raise RuntimeError(f"{name}: {path} answered {answer.status_code}")
        real = [
            q for q in queries.captured_queries if not re.match(r"(SAVEPOINT|RELEASE)", q["sql"])
        ]
        counts[name] = {
            "queries": len(real),
            "sql_ms": round(sum(float(query["time"]) for query in real) * 1000, 1),
            "bytes": len(answer.content),
        }
    return counts


def compare(asked, name, kith, floor):
    """p50 of the page and of the floor in turns, and requests per second over eight connections."""
    method, path, body = asked["pages"][name]
    kith_times, floor_times = [], []
    ours = Asker(kith.port, method, path, body, headers_for(asked, path))
    theirs = Asker(floor.port, "GET", asked["floor"], None, floor_headers(asked))
    for turn in range(ROUNDS + WARM):
        for asker, times in ((ours, kith_times), (theirs, floor_times)):
            taken = asker.ask()
            if turn >= WARM:
                times.append(taken)
    p50, floor_p50 = statistics.median(kith_times), statistics.median(floor_times)
    rate = throughput(kith.port, method, path, body, headers_for(asked, path))
    floor_rate = throughput(floor.port, "GET", asked["floor"], None, floor_headers(asked))
    return {
        "ms": round(p50 * 1000, 2),
        "floor_ms": round(floor_p50 * 1000, 2),
        "ratio": round(p50 / floor_p50, 2),
        "rate_ratio": round(rate / floor_rate, 2),
    }


class Asker:
    """One kept connection that asks one thing again and again."""

    def __init__(self, port, method, path, body, headers):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.method, self.path, self.headers = method, path, headers
        self.body = json.dumps(body) if body is not None else None

    def ask(self):
        started = time.perf_counter()
        self.connection.request(self.method, self.path, self.body, self.headers)
        answer = self.connection.getresponse()
        answer.read()
        if answer.status not in (200, 201):
            raise RuntimeError(f"{self.path} answered {answer.status}")
        return time.perf_counter() - started


def throughput(port, method, path, body, headers, clients=CONNECTIONS):
    """Requests per second of so many askers for SECONDS."""
    end = time.perf_counter() + SECONDS

    def ask_on(_):
        asker, done = Asker(port, method, path, body, headers), 0
        while time.perf_counter() < end:
            asker.ask()
            done += 1
        return done

    with ThreadPoolExecutor(clients) as pool:
        return sum(pool.map(ask_on, range(clients))) / SECONDS


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], sys.argv[2])))
