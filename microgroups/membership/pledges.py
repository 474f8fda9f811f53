"""Those who pledged to come are seated, in order, when the group opens."""

from dataclasses import dataclass, field

from django.db.models import Count

from microgroups.membership.models import Membership, Role, State
from microgroups.membership.seats import move_all, tell_each
from microgroups.membership.visits import arrive, keep_first_days
from network.activity.actions import record_each
from network.networks.models import NetworkMembership
from network.notifications.actions import notify


@dataclass
class Allotment:
    """Who is seated, who lines up, and for whom a group more would be one too many; in order."""

    seated: list = field(default_factory=list)
    waiting: list = field(default_factory=list)
    hindered: list = field(default_factory=list)


def seat_pledged(group, now):
    """The locked group has changed: once it is open, whoever gave their word has a seat or a place.

    Whoever may not be in one more group is told how they can come in. As many queries for a
    hundred as for one: who comes to the door meanwhile waits for the group's lock.
    """
    if not group.is_open:
        return
    words = list(group.pledges.in_order().select_related("person"))
    if not words:
        return
    group.pledges.all().delete()
    inside = set(group.memberships.values_list("person", flat=True))  # by its budding
    words = [word for word in words if word.person_id not in inside]
    allotment = allot(group, still_here(group.network, words))
    seats = [seat_of(group, word, now) for word in allotment.seated]
    line = [Membership(group=group, person=word.person) for word in allotment.waiting]
    arrive(seats, now)
    move_all(group, seats, State.ACTIVE, now, facts={"returned": False})
    keep_first_days(seats)
    move_all(group, line, State.WAITLISTED, now)
    carers = [each for each in seats if each.is_facilitator]
    about = {"network": group.network, "actor": None, "at": now, "group": group}
    record_each("membership.role_changed", carers, role=Role.FACILITATOR, **about)
    tell_each("admitted", seats, group, now)
    tell_each("now_facilitator", carers, group, now)
    tell_each("lined_up", line, group, now)
    tell_hindered(group, [word.person for word in allotment.hindered], about)


def allot(group, words):
    """Give the seats that nobody waits for away; the groups one facilitates are not counted."""
    allotment = Allotment()
    free = group.seats_left - group.waiting
    full = in_most_groups(group.network, words)
    for word in words:
        if len(allotment.seated) >= free:
            allotment.waiting.append(word)
        elif word.person_id in full and not word.facilitate:
            allotment.hindered.append(word)
        else:
            allotment.seated.append(word)
    return allotment


def still_here(network, rows):
    """Those rows whose person is in the network still; their places there are held."""
    people = [row.person_id for row in rows]
    places = NetworkMembership.objects.filter(network=network, person__in=people)
    places = places.select_for_update(no_key=True).order_by("pk")
    here = {place.person_id for place in places if place.is_current}
    return [row for row in rows if row.person_id in here]


def in_most_groups(network, rows):
    """The keys of those people who are in as many groups of the network as one may be."""
    places = Membership.objects.filter(person__in=[row.person_id for row in rows])
    places = places.counted(network).order_by().values("person").annotate(groups=Count("pk"))
    full = places.filter(groups__gte=network.max_groups_per_person)
    return set(full.values_list("person", flat=True))


def seat_of(group, word, now):
    """A seat for whoever pledged; it is not saved."""
    return Membership(
        group=group,
        person=word.person,
        role=Role.FACILITATOR if word.facilitate else Role.MEMBER,
        joined_at=now,
        agreements_accepted_at=now,
    )


def tell_hindered(group, people, about):
    """Say kindly why somebody is not in, and how they can come."""
    record_each("group.pledge_unseated", [group] * len(people), **about)
    notify(
        people,
        "pledge_unseated",
        network=group.network,
        subject=("group", group.pk),
        cause=f"pledge_unseated:{group.pk}",
        group=group,
        at=about["at"],
    )
