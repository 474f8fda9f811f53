"""The endpoints of this floor: one line a room."""


def register(router):
    """Add the endpoints of this floor to the API."""
