"""The Celery tasks of this floor: one import line a room."""
