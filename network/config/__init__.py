"""Wiring. Django and Celery look here; nobody else imports it."""

from network.config.celery import app as celery_app

__all__ = ["celery_app"]
