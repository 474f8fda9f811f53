"""A group, somebody who has lived in it for long, another, and an evening."""

import pytest
from django.utils import timezone

from network.notifications.models import Notice
from tests.factories import (
    MicroGroupFactory,
    PersonFactory,
    member_of,
)
from tests.microgroups.digest.steps import DAY, LONG_AGO


@pytest.fixture
def group(db):
    return MicroGroupFactory()


@pytest.fixture
def evening():
    """Tomorrow, at five past six in UTC, where people of the factory live."""
    return (timezone.now() + DAY).replace(hour=18, minute=5)


@pytest.fixture
def other(group):
    return member_of(group)


@pytest.fixture
def person(group, evening):
    """Somebody who has lived here for long, and was not here on three of the last days."""
    one = PersonFactory(network=group.network, joined_at=timezone.now() - LONG_AGO)
    member_of(group, person=one)
    Notice.objects.all().delete()
    return one
