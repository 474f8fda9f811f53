"""Delivering what is due."""

from celery import shared_task
from django.utils import timezone

from network.notifications import actions


@shared_task(ignore_result=True)
def deliver_notices():
    """Deliver what is due. Beat asks every minute, a commit asks sooner; any number may run."""
    actions.deliver_due(timezone.now())
