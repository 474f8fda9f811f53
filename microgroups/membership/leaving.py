"""Leaving the network: every seat and place in line is given back; what was said stays."""

from microgroups.groups.actions import locked, say_no
from microgroups.groups.founding import Pledge
from microgroups.groups.models import MicroGroup
from microgroups.groups.models import State as GroupState
from microgroups.groups.pledging import withdraw_pledge
from microgroups.membership.actions import is_last_facilitator, leave, row_of
from microgroups.membership.invitations import find, is_good
from microgroups.membership.models import CURRENT, KNOCKING, Membership, State
from network.transactions import deed

ENDED = "Whoever proposed it has left."


@deed
def leave_groups(network, person, now):
    """Leave every group of the network, its line and its door; a pledge is taken back.

    A proposal that nobody else looks after ends. Refuses: last_facilitator.
    """
    for membership in places_in(network, person).order_by("group_id"):
        end_proposal(membership.group, person, now)
        leave(membership.group, person, now=now)
    pledges = Pledge.objects.filter(person=person, group__network=network)
    for pledge in pledges.select_related("group").order_by("group_id"):
        withdraw_pledge(pledge.group, person, now=now)


def places_in(network, person):
    """Where somebody is, waits or is asked in, in groups of the network."""
    states = [*CURRENT, State.INVITED]
    mine = Membership.objects.filter(person=person, group__network=network, state__in=states)
    return mine.select_related("group")


def end_proposal(group, person, now):
    """Decline the proposal that nobody else looks after; who leaves has founded it."""
    group = locked(group)
    if group.state == GroupState.PROPOSED and is_last_facilitator(row_of(group, person)):
        say_no(group, person, ENDED, now)
        MicroGroup.objects.filter(pk=group.pk, founder=person).update(founder=None)


def what_one_leaves(network, person):
    """What leaving does to one's groups, for the page on which one leaves. Two queries."""
    mine = list(places_in(network, person).order_by("group__name", "pk"))
    looked_after = [each.group_id for each in mine if each.is_facilitator]
    others = Membership.objects.facilitating().filter(group__in=looked_after)
    shared = set(others.exclude(person=person).values_list("group", flat=True))
    last = [each for each in mine if each.is_facilitator and each.group_id not in shared]
    states = {each.group_id: each.group.state for each in last}
    context: dict = {"alone": [], "proposals": [], "seats": [], "doors": []}
    for each in mine:
        state = states.get(each.group_id)
        if state == GroupState.OPEN:
            context["alone"].append(each.group)
        elif state == GroupState.PROPOSED:
            context["proposals"].append(each.group)
        else:
            at_the_door = each.state in (*KNOCKING, State.INVITED)
            context["doors" if at_the_door else "seats"].append(each.group)
    return ("microgroups/membership/_leaving.html", context) if mine else None


def opens_network(network, person, code, now):
    """Whether the code is of a good invitation of the network, for this person."""
    found = find(code, person, now=now)
    return found is not None and found.group.network_id == network.pk and is_good(found, now)
