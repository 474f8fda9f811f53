"""A Notice is a row in the deed's transaction; a worker hears of its mail after the commit."""

import time

import structlog
from django.db import transaction
from kombu.exceptions import OperationalError

from network.notifications.kinds import KINDS
from network.notifications.models import Mail, MailWish, Notice

log = structlog.get_logger("kith.mail")

BROKER_AWAY_FOR = 30  # seconds


def put(people, kind, *, network, subject, cause, at, actor=None, group=None, words=""):
    """Write down what these people are told, once per cause, and have it mailed if it is."""
    mailed = readers_by_mail(people, KINDS[kind])
    subject_type, subject_id = subject
    Notice.objects.bulk_create(
        [
            Notice(
                network=network,
                person=person,
                kind=kind,
                cause=cause,
                actor=actor,
                subject_type=subject_type,
                subject_id=subject_id,
                group_id=group.pk if group is not None else None,
                words=words,
                at=at,
                mail=Mail.DUE if person.pk in mailed else Mail.NONE,
                mail_due_at=at if person.pk in mailed else None,
            )
            for person in people
        ],
        ignore_conflicts=True,
    )
    if mailed:
        transaction.on_commit(deliver_soon, robust=True)


def readers_by_mail(people, wording):
    """The keys of those to whom this is mailed, unless they have stopped it."""
    keys = {person.pk for person in people}
    if wording.by_wish and keys:
        asked = MailWish.objects.filter(person__in=keys, category=wording.category)
        return set(asked.values_list("person", flat=True))
    return keys if wording.by_mail else set()


class Broker:
    """Until when this process does not ask the broker, because it did not answer."""

    away_until = 0.0


def deliver_soon():
    """Ask a worker to deliver what is due; if nobody hears it, beat asks within a minute.

    A broker that has not answered is left alone for a while: nobody's deed waits for it twice.
    """
    from network.notifications.tasks import deliver_notices

    if time.monotonic() < Broker.away_until:
        return
    try:
        deliver_notices.delay()
    except OperationalError as error:
        Broker.away_until = time.monotonic() + BROKER_AWAY_FOR
        log.warning("mail.broker_away", error=str(error))
