"""A Notice is a row in the deed's transaction; a worker hears of its mail after the commit."""

import time

import structlog
from django.db import transaction
from django.db.models import Case, Exists, Value, When
from kombu.exceptions import OperationalError

from network.notifications.kinds import KINDS
from network.notifications.models import Mail, MailWish, Notice

log = structlog.get_logger("kith.mail")

BROKER_AWAY_FOR = 30  # seconds


def put(people, kind, *, subject, **facts):
    """Write down what these people are told, once per cause, and have it mailed if it is."""
    put_each([(person, subject) for person in people], kind, **facts)


def put_each(told, kind, *, network, cause, at, actor=None, group=None, words=""):
    """The same where each is told of something else; told: [(person, (type, id) of what it is)].

    Whether somebody wishes what is mailed by wish alone is asked by the very statement that writes
    the row; a worker that hears of it may find nothing to do.
    """
    wording = KINDS[kind]
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
                mail=mail_of(wording, person),
                mail_due_at=at if wording.by_mail or wording.by_wish else None,
            )
            for person, (subject_type, subject_id) in told
        ],
        ignore_conflicts=True,
    )
    if told and (wording.by_mail or wording.by_wish):
        transaction.on_commit(deliver_soon, robust=True)


def mail_of(wording, person):
    """Whether it is mailed: a value, or an expression where the person's wish decides."""
    if not wording.by_wish:
        return Mail.DUE if wording.by_mail else Mail.NONE
    wish = MailWish.objects.filter(person=person.pk, category=wording.category)
    return Case(When(Exists(wish), then=Value(Mail.DUE)), default=Value(Mail.NONE))


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
