"""What is done again and again where somebody is away."""

from datetime import timedelta

from django.utils import timezone

from facilitation.nudges.jobs import draft_nudges
from facilitation.nudges.models import Nudge
from facilitation.presence.actions import notice_absences
from facilitation.presence.models import Absence
from microgroups.groups.models import MicroGroup
from network.networks import actions as networks
from network.networks.door import come_in
from tests.facilitation.test_silences import away
from tests.factories import (
    PersonFactory,
    facilitator_of,
)

DAY = timedelta(days=1)


def keeper(group, **facts):
    person = facilitator_of(group, **facts)
    come_in(person, group.network)
    return person


def lapsed(group, name="Ana", days=20, *, held_out=False, person=None):
    """A member who has lapsed and is not held out; the sweep has seen it."""
    person = person or PersonFactory(network=group.network, name=name)
    person.memberships.filter(group=group).delete()
    away(group, days, person=person)
    notice_absences(timezone.now())
    Absence.objects.filter(membership__person=person).update(is_held_out=held_out)
    return person


def move_away(group, person):
    """They leave the network, and this group with it."""
    networks.leave(group.network, person)


def draft_of(person, now=None):
    draft_nudges(now or timezone.now())
    return Nudge.objects.drafts().get(person=person)


def keep_away(group, days):
    """So many more days pass, on all of which the group is alive."""
    until = timezone.now().date() + timedelta(days=days + 6)
    MicroGroup.objects.filter(pk=group.pk).update(alive_days=1006 + days, alive_until=until)
