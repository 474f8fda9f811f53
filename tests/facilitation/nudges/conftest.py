"""A group with somebody who looks after it and somebody who has lapsed."""

import pytest

from tests.facilitation.nudges.steps import keeper, lapsed
from tests.facilitation.test_silences import alive
from tests.factories import (
    MicroGroupFactory,
)


@pytest.fixture
def group(db):
    return alive(MicroGroupFactory(visibility="network", name="Balcony Growers"))


@pytest.fixture
def ruth(group):
    return keeper(group)


@pytest.fixture
def ana(group):
    return lapsed(group, name="Ana-Lucía Ferreira")
