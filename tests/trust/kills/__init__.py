"""Every job killed, doubled and put to sleep, at each of its steps."""

import pytest

pytest.register_assert_rewrite("tests.trust.kills.play")  # so that a failure says what differs
