"""Telling people something: a row in the deed's transaction; the mail goes after the commit."""

import smtplib

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.db.models import Exists, F
from django.utils import timezone

from network.networks.door import come_in
from network.notifications.attention import those_who_may
from network.notifications.kinds import KINDS
from network.notifications.letters import letter_for
from network.notifications.models import Mail, MailStop, Notice, Silence
from network.notifications.reading import tell
from network.notifications.rules import LEASE, MOST_ATTEMPTS, wait_after
from network.notifications.telling import put, put_each
from network.notifications.wishes import morning_of, unwanted
from network.people.blocking import without_blockers
from network.prepared import rows
from network.registries import letters_due, outboxes

log = structlog.get_logger("kith.mail")

# The far end has said no before it took the letter: it can be sent again.
NOT_TAKEN = (
    ConnectionError,
    smtplib.SMTPConnectError,
    smtplib.SMTPHeloError,
    smtplib.SMTPAuthenticationError,
    smtplib.SMTPSenderRefused,
    smtplib.SMTPRecipientsRefused,
    smtplib.SMTPNotSupportedError,
)


def notify(people, kind, *, network, subject, cause, at, actor=None, group=None, words=""):
    """Tell each of `people` something, once per cause, and have it mailed where its kind says so.

    kind: a name in `kinds.KINDS`; subject: (type, id) of what it is about, with a type that is in
    `registries.subjects`; cause: what makes it one and the same thing ("welcome:<membership id>");
    words: a note that somebody wrote to this person. Call it inside the deed's transaction.
    Nobody is told of their own deed, nor what somebody says whom they have blocked, nor what their
    attention has no room for (attention.py). Answers whom it told, also those told before.
    """
    if KINDS[kind].personal and actor is not None:
        people = without_blockers(people, actor)
    people = [person for person in people if actor is None or person.pk != actor.pk]
    facts = {"network": network, "subject": subject, "cause": cause, "group": group}
    if KINDS[kind].budget:
        people = those_who_may(people, kind, now=at, **facts)
    put(people, kind, at=at, actor=actor, words=words, **facts)
    return people


def tell_of(activity, people, kind, *, group, subject, words=""):
    """Tell people of what was just recorded in the group: once for each of these records."""
    return notify(
        people,
        kind,
        network=group.network,
        subject=subject,
        cause=f"{kind}:{activity.pk}",
        actor=activity.actor,
        group=group,
        at=activity.at,
        words=words,
    )


def notify_each(told, kind, **facts):
    """Kith tells several at once of what became of their own, by a kind that has no budget.

    told: [(person, subject)]; facts: network, cause, at and group, as `notify` has them.
    """
    if KINDS[kind].budget:
        raise ValueError(f"{kind} has a budget, which is asked of one subject.")
    put_each(told, kind, **facts)


# Delivering


@transaction.atomic
def claim_due(model=Notice, *, now, limit=100):
    """Take up to `limit` due rows of a table of letters for LEASE; other workers pass over them.

    A restored copy takes none while it is silent.
    """
    keys = [notice.pk for notice in rows(to_claim, model, now, limit)]
    if not keys:
        return []
    model.objects.filter(pk__in=keys).update(
        mail=Mail.CLAIMED, claimed_until=now + LEASE, attempts=F("attempts") + 1
    )
    return rows(claimed, model, keys)


def to_claim(model, now, limit):
    due = model.objects.due(now).filter(~Exists(Silence.objects.all()))
    return due.select_for_update(skip_locked=True, no_key=True, of=["self"])[:limit]


def claimed(model, keys):
    return model.objects.filter(pk__in=keys).to_write().order_by("mail_due_at", "pk")


def deliver(notice, *, now=None):
    """Mail a claimed row, if its letter may still be sent; answers what became of it.

    That it is handed over is committed just before the sending: a process that dies in between
    leaves `handing_over`, which `settle_unknown` turns into `unknown` and nobody sends again.
    """
    now = now or timezone.now()
    letter, later = outboxes[type(notice)](notice, now)
    if letter is None:
        if later is not None:
            return settle(notice, Mail.DUE, mail_due_at=later, attempts=F("attempts") - 1)
        return settle(notice, Mail.WITHHELD)
    if not settle(notice, Mail.HANDING_OVER):
        return None  # another worker has it by now
    try:
        letter.send()
    except NOT_TAKEN as error:
        return failed(notice, error, now)
    except (smtplib.SMTPException, OSError) as error:
        log.warning("mail.unknown", notice=str(notice.pk), error=type(error).__name__)
        return settle(notice, Mail.UNKNOWN, Mail.HANDING_OVER, mailed_at=now)
    return settle(notice, Mail.SENT, Mail.HANDING_OVER, mailed_at=now)


def prepare(notice, now):
    """(the letter, None) to send now; (None, a time) to wait for; (None, None) to withhold it."""
    person = notice.person
    place = come_in(person, notice.network)
    if not (place.is_current and person.is_claimed and person.is_active and person.email):
        return withhold(notice, "unreachable")
    if not KINDS[notice.kind].urgent:
        why_not = "not_needed" if is_read_by_now(notice) else unwanted(notice, now)
        if why_not:
            return withhold(notice, why_not)
        morning = morning_of(person, now)
        if morning is not None:
            return None, morning
    (told,) = tell([notice], person)
    if told.is_lost:
        return withhold(notice, "lost")
    if not is_still_due(notice, now):
        return withhold(notice, "not_needed")
    return letter_for(told, person, notice.network), None


def is_read_by_now(notice):
    """An answer that was read before its letter went (it waited for the morning, say)."""
    return KINDS[notice.kind].by_wish and notice.is_read


def is_still_due(notice, now):
    """What the floor that told it says, now that its letter would go."""
    return notice.kind not in letters_due or letters_due[notice.kind](notice, now)


def withhold(notice, why):
    """Write down why it is not mailed; in the app it stands."""
    Notice.objects.filter(pk=notice.pk).update(withheld_why=why)
    return None, None


def failed(notice, error, now):
    """The far end did not take it: again after a while, and after eight times no more."""
    log.warning("mail.not_taken", notice=str(notice.pk), error=type(error).__name__)
    return try_later(notice, now, Mail.HANDING_OVER)


def try_later(notice, now, was):
    if notice.attempts >= MOST_ATTEMPTS:
        return settle(notice, Mail.FAILED, was)
    return settle(notice, Mail.DUE, was, mail_due_at=now + wait_after(notice.attempts))


def settle(notice, mail, was=Mail.CLAIMED, **changes):
    """Write down what became of the mail, unless somebody else has taken it since."""
    mine = type(notice).objects.filter(pk=notice.pk, mail=was, attempts=notice.attempts)
    if mail != Mail.HANDING_OVER:  # which keeps its lease: settle_unknown asks for its end
        changes["claimed_until"] = None
    return mail if mine.update(mail=mail, **changes) else None


def deliver_due(now):
    """Deliver everything that is due. One that breaks waits for its next try; the others go on."""
    for model in outboxes:
        while batch := claim_due(model, now=now):
            for notice in batch:
                deliver_or_wait(notice, now)


def deliver_or_wait(notice, now):
    try:
        deliver(notice, now=now)
    except SoftTimeLimitExceeded:
        raise
    except Exception:
        log.exception("mail.broken", notice=str(notice.pk))
        try_later(notice, now, Mail.CLAIMED)


def settle_unknown(now):
    """What was being handed over when its process died is not sent again, and counts as mailed
    when it was taken; what has ended every process that claimed it has failed."""
    for model in outboxes:
        if not rows(one_lost, model, now):
            continue
        lost = model.objects.filter(claimed_until__lt=now)
        lost.filter(mail=Mail.HANDING_OVER).update(
            mail=Mail.UNKNOWN, mailed_at=F("claimed_until") - LEASE, claimed_until=None
        )
        deadly = lost.filter(mail=Mail.CLAIMED, attempts__gte=MOST_ATTEMPTS)
        deadly.update(mail=Mail.FAILED, claimed_until=None)


def one_lost(model, now):
    """One letter whose lease has run out, if there is any."""
    return model.objects.filter(claimed_until__lt=now).order_by().values_list("pk")[:1]


# Reading and stopping


def read(person, *, ids=None, now=None):
    """Mark one's notices as read: those with these keys, or all. Answers how many were new."""
    now = now or timezone.now()
    unread = Notice.objects.visible_to(person).unread()
    if ids is not None:
        unread = unread.filter(pk__in=ids)
    return unread.update(read_at=now)


def stop_mail(person, category, *, now=None):
    """No more mail of this kind for this person; in the app everything stays."""
    MailStop.objects.bulk_create(
        [MailStop(person=person, category=category, at=now or timezone.now())],
        ignore_conflicts=True,
    )


def start_mail(person, category):
    """Mail of this kind again."""
    MailStop.objects.filter(person=person, category=category).delete()
