"""Runs everything: the servers, the web, a worker and beat. It all ends when this ends."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager, suppress

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from network.operations import servers, stock
from network.operations.environment import PORT, truth
from network.operations.rootless import command, end_with_parent

HOST = "127.0.0.1"
PATIENCE = 60  # seconds until the first page
PARTING = 10  # seconds that each may take to end
LONGEST_LOG = 10_000_000
CELERY = ["celery", "--quiet", "-A", "network.config.celery"]
WEB = [
    *["network.config.web", "--workers", "2", "--respawn-failed-workers"],
    *["--workers-kill-timeout", "5", "--host", HOST, "--port", str(PORT), "--log-level", "warning"],
]
WORKER = [
    *[*CELERY, "worker", "--queues", "now,mail,outbound,sweep,bulk", "--concurrency", "2"],
    *["--without-gossip", "--without-mingle", "--loglevel", "WARNING"],
]
BEAT = [*CELERY, "beat", "--loglevel", "WARNING", "--pidfile="]

started_at = time.monotonic()


class Ended(Exception):
    """Something that must run has ended by itself."""


class Stopped(Exception):
    """Somebody asked us to stop."""


def main():
    if truth("KITH_ENDS_WITH_MAKE"):
        end_with_parent(signal.SIGTERM)
    for sent in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sent, stop)
    try:
        with servers.running_as(settings.VAR, "make run"):
            check_port()
            run()
    except Stopped:
        say("Everything has stopped.")
    except servers.Taken as taken:
        sys.exit(f"kith: {settings.VAR} is in use by {taken}. Stop it, or set another KITH_VAR.")
    except (servers.StartFailed, Ended) as failure:
        sys.exit(f"kith: {failure}")


def stop(*_):
    """The first wish to stop is enough."""
    for sent in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sent, signal.SIG_IGN)
    raise Stopped


def check_port():
    with socket.socket() as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((HOST, PORT))
        except OSError as error:
            sys.exit(f"kith: port {PORT} cannot be used ({error.strerror}). Set another PORT.")


def run():
    """Start one after another, then watch until something ends or somebody asks us to stop."""
    own = servers.Servers(settings.VAR)
    children = {}
    try:
        start_servers(own)
        prepare()
        with step("Web"):
            children["web"] = start("web", WEB)
            wait_for_web(children)
        children["worker"] = start("worker", WORKER)
        children["beat"] = start("beat", BEAT)
        welcome()
        watch({**children, **{name: child for name, child, _ in own.started}})
    finally:
        for sent in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sent, signal.SIG_IGN)
        end_all(children)
        own.stop(PARTING)


def start_servers(own):
    if settings.EMBEDDED_DATABASE:
        with step("PostgreSQL"):
            own.start_postgres()
            own.make_database()
    if settings.EMBEDDED_REDIS:
        with step("Valkey"):
            own.start_valkey()


def prepare():
    """Bring the tables up to date, fill an empty house, lay out the static files."""
    with step("Tables"):
        call_command("migrate", verbosity=0, interactive=False)
    if stock.is_empty():
        with step("The demo network" if truth("KITH_DEMO", default=True) else "An empty network"):
            stock.fill(demo=truth("KITH_DEMO", default=True))
    with step("Static files"):
        stock.lay_out_static_files()
    connection.close()


def start(name, program):
    """A child of ours in its own session; what it says is kept, and shown when it matters."""
    child = subprocess.Popen(
        command(sys.executable, "-m", *program, ends_with=signal.SIGKILL),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        env={key: value for key, value in os.environ.items() if key != "KITH_STATEMENT_TIMEOUT"},
        text=True,
        errors="replace",
    )
    threading.Thread(target=listen, args=[name, child.stdout], daemon=True).start()
    return child


def listen(name, output):
    """Keep every line in var/log, and show those that are more than the daily round."""
    path = settings.VAR / "log" / f"{name}.log"
    if path.exists() and path.stat().st_size > LONGEST_LOG:
        path.replace(path.with_suffix(".log.1"))
    with path.open("a", buffering=1) as log:
        for line in output:
            log.write(line)
            if line.strip() and not is_daily_round(line):
                print(f"{name:>6} | {line}", end="", flush=True)


def is_daily_round(line):
    try:
        return json.loads(line)["level"] in {"info", "debug"}
    except (ValueError, KeyError, TypeError):
        return False


def wait_for_web(children):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        raise_if_ended(children)
        with suppress(OSError), urllib.request.urlopen(f"{settings.HERE}/health/live", timeout=5):
            return
        time.sleep(0.05)
    raise Ended(f"the web does not answer after {PATIENCE} s; see {settings.VAR}/log/web.log")


def watch(children):
    while True:
        raise_if_ended(children)
        time.sleep(0.2)


def raise_if_ended(children):
    for name, child in children.items():
        if child.poll() is not None:
            raise Ended(f"{name} ended by itself; see {settings.VAR}/log/{name}.log")


def end_all(children):
    """Ask all at once, so that they part side by side, then see each of them off."""
    for child in children.values():
        with suppress(ProcessLookupError):
            child.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + PARTING
    for child in children.values():
        servers.see_off(child, max(0.1, deadline - time.monotonic()))


def welcome():
    print(f"\nKith is at {settings.HERE}/")
    for role, email, password in stock.demo_accounts():
        print(f"  {role:<12} {email:<34} {password}")
    print("Ctrl-C stops everything.\n", flush=True)


def say(text):
    print(f"[{time.monotonic() - started_at:5.1f} s] {text}", flush=True)


@contextmanager
def step(name):
    """Say what is being done and, when it is done, how long it took."""
    begun = time.monotonic()
    say(f"{name} …")
    yield
    say(f"{name}: ready in {time.monotonic() - begun:.1f} s")
