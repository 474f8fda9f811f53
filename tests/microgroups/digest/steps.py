"""What is done again and again where a digest is gathered."""

from datetime import timedelta

from django.core import mail

from microgroups.digest.actions import gather_digests
from microgroups.membership.models import Visit
from network.notifications import actions as notifications
from network.notifications.actions import deliver_due
from network.notifications.models import Mail
from tests.factories import (
    say,
    thread_in,
)

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LONG_AGO = timedelta(days=40)


def answer(group, person, other, title="Worms", text="Feed them melon."):
    """The other writes back to the person."""
    return say(thread_in(group, person, title=title), other, text)


def often_here(group, person, until):
    """Their visits on the three days before this evening."""
    place = group.memberships.of(person)
    days = [until.date() - number * DAY for number in range(3)]
    Visit.objects.bulk_create(
        [Visit(membership=place, on=day, alive=1) for day in days], ignore_conflicts=True
    )


def deliver(now):
    """What the two jobs do; the letters to the address of somebody are in the outbox."""
    gather_digests(now)
    deliver_due(now)


def deliver_claimed(digest, now):
    """What a worker makes of this one alone."""
    digest.mail, digest.attempts = Mail.CLAIMED, digest.attempts + 1
    digest.save()
    return notifications.deliver(digest, now=now)


def is_digest(letter):
    return "something waits for you" in letter.body


def letters_to(person):
    return [letter for letter in mail.outbox if letter.to == [person.email]]
