"""The Celery tasks of this floor: its periodic jobs run through network.operations.tasks."""
