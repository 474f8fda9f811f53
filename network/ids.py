"""Public ids: UUIDs of version 7, made anywhere, ordered by time."""

import uuid_utils.compat


def uuid7():
    """A new UUID of version 7."""
    return uuid_utils.compat.uuid7()


def names_an_id(part):
    """Whether a part of an address by this name is a public id."""
    return part in ("pk", "id") or part.endswith("_id")
