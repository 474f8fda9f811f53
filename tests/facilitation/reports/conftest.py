"""A group, who looks after it, and a post by Piet."""

import pytest

from tests.facilitation.reports.steps import old_member
from tests.factories import (
    MicroGroupFactory,
    NetworkFactory,
    PersonFactory,
    inside,
    say,
    thread_in,
)


@pytest.fixture
def group():
    network = NetworkFactory()
    founder = PersonFactory(network=network)
    agreements = "Ask before you advise.\nBe kind."
    return MicroGroupFactory(network=network, founder=founder, agreements=agreements)


@pytest.fixture
def host(group):
    return inside(group, group.founder)


@pytest.fixture
def piet(group):
    return old_member(group)


@pytest.fixture
def post(group, piet):
    thread = thread_in(group, old_member(group), title="Basil")
    return say(thread, piet, "Anybody who waters at noon should read a book.")
