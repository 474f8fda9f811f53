"""A group, who looks after it, and somebody who writes."""

import pytest

from tests.factories import MicroGroupFactory, facilitator_of, inside, member_of


@pytest.fixture
def group(db):
    return MicroGroupFactory()


@pytest.fixture
def ruth(group):
    return inside(group, facilitator_of(group))


@pytest.fixture
def ana(group):
    return inside(group, member_of(group))
