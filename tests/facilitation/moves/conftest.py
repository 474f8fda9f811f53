"""Two groups, those who look after them, and a thread between its people."""

import pytest

from tests.factories import (
    MicroGroupFactory,
    NetworkFactory,
    inside,
    member_of,
    say,
    thread_in,
)


@pytest.fixture
def group():
    return MicroGroupFactory(network=NetworkFactory())


@pytest.fixture
def place(group):
    return MicroGroupFactory(network=group.network)


@pytest.fixture
def host(group):
    return inside(group, group.memberships.facilitating().get().person)


@pytest.fixture
def keeper(place):
    return inside(place, place.memberships.facilitating().get().person)


@pytest.fixture
def zoe(group):
    return inside(group, member_of(group))


@pytest.fixture
def jun(group):
    return inside(group, member_of(group))


@pytest.fixture
def thread(group, zoe, jun):
    """Zoe has asked, Jun has answered."""
    thread = thread_in(group, zoe, title="Glazes", text="Which one runs?", kind="question")
    say(thread, jun, "The green one.")
    thread.refresh_from_db()
    return thread
