"""A group that two people look after."""

import pytest

from tests.facilitation.cover.steps import (
    DAY,
    TODAY,
    seen,
)
from tests.factories import (
    MicroGroupFactory,
    facilitator_of,
)


@pytest.fixture
def group(db):
    """A group of old whose founder was there today."""
    group = MicroGroupFactory()
    group.keeper = group.memberships.get(is_founder=True).person
    seen(group, group.keeper, TODAY)
    return group


@pytest.fixture
def ruth(group):
    """Another who facilitates, and was there yesterday."""
    person = facilitator_of(group)
    seen(group, person, TODAY - DAY)
    return person
