"""The Celery tasks of this floor: one import line a room."""

from network.notifications.tasks import deliver_notices

__all__ = ["deliver_notices"]
