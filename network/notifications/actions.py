"""Telling people something: a row in the deed's transaction; the mail goes after the commit."""

from django.db import transaction

from network.notifications.kinds import KINDS
from network.notifications.models import Mail, Notice


def notify(people, kind, *, network, subject, cause, at, actor=None, group=None, words=""):
    """Tell each of `people` something, once per cause, and have it mailed where its kind says so.

    kind: a name in `kinds.KINDS`; subject: (type, id) of what it is about, with a type that is in
    `registries.subjects`; cause: what makes it one and the same thing ("welcome:<membership id>");
    words: a note that somebody wrote to this person. Call it inside the deed's transaction.
    Nobody is told of their own deed.
    """
    by_mail = KINDS[kind].by_mail
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
                mail=Mail.DUE if by_mail else Mail.NONE,
                mail_due_at=at if by_mail else None,
            )
            for person in people
            if actor is None or person.pk != actor.pk
        ],
        ignore_conflicts=True,
    )
    if by_mail:
        transaction.on_commit(deliver_soon, robust=True)


def deliver_soon():
    """Ask a worker to deliver what is due; if nobody hears it, beat asks within a minute."""
    from network.notifications.tasks import deliver_notices

    deliver_notices.delay()
