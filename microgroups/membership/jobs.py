"""What beat asks of the line: offers that ran out pass on, and free seats find who waits."""

from django.db.models import Q

from microgroups.groups.models import MicroGroup
from microgroups.membership.invitations import expire_those_of
from microgroups.membership.letters import forget_addresses, remind_those_of, to_remind
from microgroups.membership.models import Invitation
from microgroups.membership.seats import renew_offers


def offer_free_seats(now):
    """In each open group where an offer ran out, or somebody waits while a seat is free."""
    ran_out = Q(memberships__state="offered", memberships__offer_until__lte=now)
    waits = Q(waiting__gt=0, pk__in=MicroGroup.objects.with_free_seats().values("pk"))
    due = MicroGroup.objects.open().filter(ran_out | waits).order_by("pk").distinct()
    for key in due.values_list("pk", flat=True):
        renew_offers(MicroGroup(pk=key), now)


def expire_invitations(now):
    """In each group where an invitation has run out, it ends; nobody is told.

    A month later the address that it went to is forgotten.
    """
    due = Invitation.objects.ran_out(now).order_by("group").values_list("group", flat=True)
    for key in due.distinct():
        expire_those_of(MicroGroup(pk=key), now)
    forget_addresses(now)


def remind_invitations(now):
    """In each group where somebody has not answered for a day, they are reminded, once."""
    due = to_remind(now).order_by("group").values_list("group", flat=True)
    for key in due.distinct():
        remind_those_of(MicroGroup(pk=key), now)
