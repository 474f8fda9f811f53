"""That the embedded servers come up from whatever a crash has left, and are shared politely."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from django.conf import settings

from network.operations.places import make_private, socket_folder
from network.operations.rootless import server_user
from network.operations.servers import Servers, Taken, running_as
from tests.processes import environment, processes_of, until


@pytest.fixture(scope="module")
def var(tmp_path_factory):
    return tmp_path_factory.mktemp("servers") / "var"


@pytest.fixture
def servers(var):
    own = Servers(var, forgetful=True)
    yield own
    own.stop()


def test_a_broken_off_beginning_is_made_anew(servers):
    half = servers.var / "postgres.new"
    half.mkdir(parents=True)
    (half / "base").write_text("half of it")

    servers.start_postgres()

    assert servers.postgres_answers()
    assert servers.make_database() is True
    assert servers.make_database() is False
    assert not half.exists()


def test_a_note_about_a_process_that_is_another_one_now_is_forgotten(servers):
    servers.start_postgres()
    servers.stop()
    (servers.data / "postmaster.pid").write_text(f"{os.getpid()}\n{servers.data}\n")

    servers.start_postgres()

    assert servers.postgres_answers()


def test_a_server_whose_starter_is_gone_is_ended_and_started_again(servers, var):
    orphaned = Servers(var, forgetful=True)
    orphaned.start_postgres()

    servers.start_postgres()

    assert orphaned.started[0][1].wait(10) == 0
    assert servers.postgres_answers()


def test_valkey_keeps_nothing_of_a_socket_that_was_left_behind(servers):
    servers.prepare()
    (servers.sockets / "valkey.sock").touch()

    servers.start_valkey()

    assert servers.valkey_answers()


def test_one_runs_the_servers_of_a_folder_and_the_next_is_told_who(tmp_path):
    with running_as(tmp_path, "make run"):
        with pytest.raises(Taken) as taken, running_as(tmp_path, "another"):
            pass
        assert str(taken.value) == f"make run (process {os.getpid()})"

    with running_as(tmp_path, "another"):
        pass


SLOW = """
from pathlib import Path
import sys, time
from network.operations import servers

with servers.at_hand(sys.argv[1], what="a command", forgetful=True) as own:
    Path(sys.argv[1], sys.argv[2]).touch()
    while not Path(sys.argv[1], sys.argv[2] + "-may-go").exists():
        time.sleep(0.05)
    assert servers.Servers(sys.argv[1]).postgres_answers()
print("own" if own else "shared")
"""


def use(var, name):
    return subprocess.Popen(
        [sys.executable, "-c", SLOW, str(var), name],
        cwd=settings.BASE_DIR,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )


def test_who_brought_the_servers_waits_for_who_uses_them(var):
    first = use(var, "first")
    until((var / "first").exists)
    second = use(var, "second")
    until((var / "second").exists)

    (var / "first-may-go").touch()
    with pytest.raises(subprocess.TimeoutExpired):
        first.wait(1)
    (var / "second-may-go").touch()

    assert second.communicate(timeout=30)[0] == "shared\n"
    assert first.communicate(timeout=30)[0] == "own\n"
    assert not processes_of(var)


@pytest.mark.parametrize(
    "folder", ["/srv/" + "deep/" * 20, "/srv/with space", "/srv/größer", "/srv/a?b"]
)
def test_sockets_lie_elsewhere_where_the_path_would_not_do(folder):
    found = socket_folder(Path(folder))

    assert found.parent == Path(tempfile.gettempdir())
    assert found == socket_folder(Path(folder)) != socket_folder(Path(folder) / "other")


def test_sockets_lie_in_var_where_the_path_will_do():
    assert socket_folder(Path("/srv/kith/var")) == Path("/srv/kith/var/run")


def test_a_folder_that_somebody_else_put_there_is_not_used(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(SystemExit, match="belongs to somebody else"):
        make_private(tmp_path / "run", owner=server_user())
