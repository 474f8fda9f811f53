"""The endpoints of this floor: one line a room."""

paths: list = []  # what is one thing and no list


def register(router):
    """Add the endpoints of this floor to the API."""
