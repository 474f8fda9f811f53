"""Those who pledged to come are seated, in order, when the group opens."""

from microgroups.groups import actions as groups
from microgroups.membership.actions import give_role, seat_or_line
from microgroups.membership.models import Membership, Role
from microgroups.membership.seats import tell
from network.errors import Refused
from network.networks.models import NetworkMembership


def seat_pledged(group, now):
    """The locked group has changed: once it is open, whoever gave their word has a seat or a place.

    Whoever may not be in one more group is told how they can come in.
    """
    if not group.is_open:
        return
    words = list(group.pledges.in_order().select_related("person"))
    if not words:
        return
    places = held_places(group.network, words)
    known = {each.person_id: each for each in group.memberships.select_for_update(no_key=True)}
    for word in words:
        place = places.get(word.person_id)
        if place is not None and place.is_current and may_be_seated(known.get(word.person_id)):
            seat(group, word, place, known.get(word.person_id), now)
    group.pledges.all().delete()


def held_places(network, words):
    """{person's key: their place in the network}, all locked."""
    places = NetworkMembership.objects.filter(
        network=network, person__in=[word.person_id for word in words]
    )
    held = places.select_related("network").select_for_update(no_key=True, of=["self"])
    return {place.person_id: place for place in held.order_by("pk")}


def may_be_seated(membership):
    """Not who is in, may not come in, or has a seat or a place in line already (of a sister)."""
    if membership is None:
        return True
    has_place = membership.is_active or membership.is_offered or membership.is_waitlisted
    return not (has_place or membership.barred)


def seat(group, word, place, membership, now):
    """Give whoever pledged a seat, or the last place in line; or say kindly why not."""
    membership = membership or Membership(group=group, person=word.person)
    membership.group, membership.person = group, word.person
    membership.role = Role.FACILITATOR if word.facilitate else Role.MEMBER
    try:
        activity = seat_or_line(membership, place, now, actor=None)
    except Refused:
        activity = groups.log("group.pledge_unseated", group, None, now)
        groups.tell([word.person], "pledge_unseated", group, activity)
        return
    tell([word.person], "admitted" if membership.is_active else "lined_up", membership, activity)
    if word.facilitate and membership.is_active:
        give_role(membership, Role.FACILITATOR, now, actor=None)
