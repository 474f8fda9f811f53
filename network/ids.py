"""Public ids: UUIDs of version 7, made anywhere, ordered by time."""

import uuid_utils.compat


def uuid7():
    """A new UUID of version 7."""
    return uuid_utils.compat.uuid7()
