"""That the whole platform comes up with one command, and goes without a trace."""

import os
import signal
import subprocess
import sys
from contextlib import ExitStack, suppress

import pytest
from django.conf import settings

from tests.processes import (
    Platform,
    all_processes,
    environment,
    manage,
    platform,
    processes_of,
    until,
)


@pytest.fixture(scope="module")
def var(tmp_path_factory):
    """A folder that only its owner may enter, in which a first start was broken off."""
    home = tmp_path_factory.mktemp("private")
    home.chmod(0o700)
    half = home / "var" / "postgres.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    return home / "var"


@pytest.fixture(scope="module")
def bring_up(var):
    """Have the platform run in the folder: start it where a test has ended it, or none has yet."""
    with ExitStack() as started:
        found = []

        def up():
            if not found or found[-1].child.poll() is not None:
                found.append(started.enter_context(platform(var)))
            return found[-1]

        yield up


@pytest.fixture
def running(bring_up):
    """The platform that the tests share; whoever ends it leaves the next start to the next."""
    return bring_up()


def nothing_runs(var):
    return lambda: not processes_of(var)


class TestWhileItRuns:
    def test_it_comes_up_where_a_first_start_was_broken_off(self, running):
        assert running.get("/health/live") == 200
        assert not (running.var / "postgres.new").exists()

    def test_a_second_copy_in_the_same_folder_says_who_is_there_and_disturbs_nothing(self, running):
        second = Platform(running.var)

        said = second.child.communicate(timeout=60)[0]

        assert second.child.returncode == 1
        assert said == (
            f"kith: {running.var} is in use by make run (process {running.child.pid}). "
            "Stop it, or set another KITH_VAR.\n"
        )
        assert running.is_ready()

    def test_a_second_copy_on_the_same_port_says_so_and_disturbs_nothing(self, running, tmp_path):
        second = Platform(tmp_path / "var", port=running.port)

        said = second.child.communicate(timeout=60)[0]

        assert second.child.returncode == 1
        assert said == (
            f"kith: port {running.port} cannot be used (Address already in use). "
            "Set another PORT.\n"
        )
        assert running.is_ready()

    def test_a_command_uses_the_running_servers(self, running):
        listed = manage("shell", "-v0", "-c", COUNT_NETWORKS, KITH_VAR=running.var)

        assert (listed.stdout, listed.returncode) == ("1\n", 0), listed.stderr
        assert running.is_ready()

    def test_everything_lies_under_var(self, running):
        names = {path.name for path in running.var.iterdir()}

        assert names >= {"postgres", "valkey", "log", "static", "secret_key"}
        assert (running.var / "secret_key").stat().st_mode & 0o077 == 0
        assert (running.var / "postgres").stat().st_mode & 0o077 == 0


def test_killed_outright_it_leaves_nothing_running_and_comes_back(running, bring_up):
    running.end(signal.SIGKILL)
    until(nothing_runs(running.var), 15)

    again = bring_up()

    assert again is not running
    assert again.get("/health/live") == 200


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_wish_to_stop_leaves_nothing_running_and_keeps_the_data(running, sent):
    assert len(processes_of(running.var)) > 5

    said = running.end(sent)

    assert running.child.returncode == 0, said
    assert said.endswith("Everything has stopped.\n")
    until(nothing_runs(running.var), 5)


def test_a_command_brings_its_own_servers_and_takes_them_away_again(tmp_path):
    var = tmp_path / "var"

    made = manage("createnetwork", "Night Readers", "--slug", "night", KITH_VAR=var)
    counted = manage("shell", "-v0", "-c", COUNT_NETWORKS, KITH_VAR=var)

    assert made.returncode == 0, made.stderr
    assert counted.stdout == "1\n", counted.stderr
    assert not processes_of(var)


COUNT_NETWORKS = "from network.networks.models import Network; print(Network.objects.count())"


GUARD = """
import os, subprocess, sys, time
watch = "import os, sys; sys.path.insert(0, os.getcwd()); from network.operations import rootless; "
watch += "rootless.guard(os.getppid(), 15, 'sleep', '98765')"
subprocess.Popen([sys.executable, "-c", watch], start_new_session=True)
time.sleep(98765)
"""


def test_where_the_kernel_does_not_tell_a_guard_notices_the_death_of_the_starter():
    starter = subprocess.Popen([sys.executable, "-c", GUARD])

    def sleeps():
        return [pid for pid, words in all_processes() if words.startswith("sleep\098765")]

    until(sleeps)
    starter.kill()
    starter.wait()

    until(lambda: not sleeps(), 10)


LATE = """
import multiprocessing, os, signal, sys, time
from billiard import Process
starter = os.getpid()
def begin():
    while os.getppid() == starter:
        time.sleep(0.01)
    {begins}
    time.sleep(98766)
make = {make}
make(target=begin).start()
os.kill(starter, signal.SIGKILL)
"""


@pytest.mark.parametrize(
    ("make", "begins"),
    [
        (
            "multiprocessing.get_context('fork').Process",
            "from network.config import asgi; asgi.leave_no_orphan()",
        ),
        ("Process", "from network.config import celery; celery.leave_no_orphan()"),
    ],
    ids=["web", "worker"],
)
def test_who_is_still_starting_when_the_starter_is_killed_ends_too(make, begins):
    """They hold our output open until the last of them has ended."""
    starter = subprocess.Popen(
        [sys.executable, "-c", LATE.format(make=make, begins=begins)],
        env=environment(KITH_VAR=settings.VAR),
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        starter.communicate(timeout=15)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(starter.pid, signal.SIGKILL)
