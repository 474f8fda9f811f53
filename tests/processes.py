"""Programs of ours run as others run them: in their own process, seen from outside."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings

OURS = ["DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PORT", "KITH_DEMO", "DJANGO_SETTINGS_MODULE"]


def environment(**given):
    """The environment of a fresh shell, with what is given."""
    clean = {key: value for key, value in os.environ.items() if key not in OURS}
    return {**clean, **{key: str(value) for key, value in given.items()}}


def manage(*arguments, **given):
    """Run a command of manage.py to its end."""
    return subprocess.run(
        [sys.executable, "manage.py", *map(str, arguments)],
        cwd=settings.BASE_DIR,
        env=environment(**given),
        capture_output=True,
        text=True,
        timeout=120,
    )


def free_port():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


def until(true, seconds=30, *, pace=0.05):
    """Wait until something is true; what it answered, or an error when it does not become so."""
    deadline = time.monotonic() + seconds
    while True:
        is_late = time.monotonic() > deadline  # before it asks: who was kept waiting asks once more
        if answer := true():
            return answer
        assert not is_late, f"{true.__name__} did not come true in {seconds} s"
        time.sleep(pace)


def processes_of(var):
    """The numbers of all living processes that belong to this var folder."""
    return [pid for pid, words in all_processes() if str(var) in words and pid != os.getpid()]


def living_in_group(group):
    """The numbers of the processes in this process group that have not ended."""
    found = []
    for pid, words in all_processes():
        with suppress(ProcessLookupError):
            if words and os.getpgid(pid) == group:
                found.append(pid)
    return found


def all_processes():
    """(number, command line and environment) of each process that is not a mere remainder."""
    if not Path("/proc/self").exists():
        listed = subprocess.run(["ps", "axeww", "-o", "pid=,command="], capture_output=True)
        for line in listed.stdout.decode(errors="replace").splitlines():
            yield int(line.split()[0]), line
        return
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
            yield int(folder.name), words.decode(errors="replace")
        except OSError:
            continue


class Platform:
    """`manage.py run`, started for a test."""

    def __init__(self, var, port=None, **given):
        self.var, self.port = var, port or free_port()
        self.child = subprocess.Popen(
            [sys.executable, "manage.py", "run"],
            cwd=settings.BASE_DIR,
            env=environment(KITH_VAR=var, PORT=self.port, KITH_DEMO=0, **given),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def get(self, path):
        """The answer's status; 0 when nobody answers."""
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}{path}", timeout=10
            ) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def is_ready(self):
        assert self.child.poll() is None, self.child.stdout.read()
        return self.get("/health/ready") == 200

    def end(self, sent=signal.SIGTERM):
        """Send the signal; all that it said."""
        self.child.send_signal(sent)
        return self.child.communicate(timeout=60)[0]


@contextmanager
def platform(var, **given):
    """A running platform, ready; killed at the end if the test has not ended it."""
    running = Platform(var, **given)
    try:
        until(running.is_ready, 90)
        yield running
    finally:
        if running.child.poll() is None:
            running.end()
