"""What the tests that kill may use."""

import pytest

from tests.trust import killpoints
from tests.trust.kills import care, cues, microgroups, network  # each names its jobs
from tests.trust.kills.play import Play
from tests.trust.kills.work import WORK

__all__ = ["care", "cues", "microgroups", "network"]


@pytest.fixture(scope="module")
def stage(tmp_path_factory, django_db_setup, django_db_blocker):
    folder = tmp_path_factory.mktemp("orders")
    with django_db_blocker.unblock(), killpoints.stage(folder) as found:
        yield found


@pytest.fixture(params=WORK)
def play(request, stage):
    """Work for one task: the world before it, and what becomes of it undisturbed."""
    stage.use("prefork")
    return Play(request.param, stage)


@pytest.fixture(params=WORK)
def lonely_play(request, stage):
    """The same where one process is all."""
    stage.use("solo")
    return Play(request.param, stage)
