"""What several files about archives begin with."""

import pytest

from bridging.importing.actions import import_community
from tests.bridging.archives import small_community
from tests.factories import NOW, NetworkFactory


@pytest.fixture
def network(db):
    return NetworkFactory(max_cap=3, default_cap=3)


@pytest.fixture
def imported(network, tmp_path):
    report = import_community(network, small_community(tmp_path / "small"), now=NOW)
    return network, report
