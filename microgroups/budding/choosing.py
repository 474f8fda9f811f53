"""What each of the group's people says: stay, go, or both for a while."""

from django.db.models import Max
from django.utils import timezone

from microgroups.budding.actions import held_newest, log, tell
from microgroups.budding.models import Way
from microgroups.groups.rules import just_after
from microgroups.membership.actions import keep_a_facilitator as keep_one
from microgroups.membership.coming_in import counted_places, held_place
from microgroups.membership.models import State as Place
from microgroups.membership.seats import move, offer_free_seats
from network.errors import Refused
from network.notifications.opening import note_answered
from network.people.models import Person
from network.prepared import rows
from network.transactions import deed


@deed
def choose(group, person, *, choice, now=None):
    """Say whether one stays, goes, or tries both; it can be said anew until people have chosen.

    Who is in both for a while may say so afterwards, too: stay or go ends it.
    Refuses: not_a_member, not_choosing, last_facilitator, too_many_groups.
    """
    now = now or timezone.now()
    budding = held_newest(group)
    membership = budding.group.memberships.of(person)
    if membership is None or not membership.is_active:
        raise Refused("not_a_member", f"Those who have a seat in {budding.group.name} choose.")
    membership.group, membership.person = budding.group, person
    note_answered(person, now=now, budding=[budding.pk])
    if budding.is_done:
        settle(budding, membership, Way(choice), now)
    elif budding.is_choosing:
        keep_a_facilitator(budding, membership, choice)
        say(budding, membership, Way(choice), now)
    else:
        raise Refused("not_choosing", f"{budding.group.name} is not choosing at present.")
    return budding


def say(budding, membership, way, now):
    """Keep the word; who would have looked after the sister and stays is missed by somebody."""
    said = budding.choices.of(membership.person)
    if said is not None and said.way == way:
        return
    at = just_after(budding.choices.aggregate(at=Max("at"))["at"], now)
    budding.choices.update_or_create(person=membership.person, defaults={"way": way, "at": at})
    activity = log("budding.chosen", budding, membership.person, now)
    if way == Way.STAY and membership.person_id == budding.facilitator_id:
        asked = Person.objects.filter(pk=budding.proposed_by_id)
        tell(asked, "budding_alone", budding, activity)


def keep_a_facilitator(budding, membership, way):
    """Refuse to go where nobody else who facilitates the group would stay in it."""
    if way != Way.GO or not membership.is_facilitator:
        return
    going = budding.choices.filter(way=Way.GO).values("person")
    others = budding.group.memberships.facilitating().exclude(person__in=going)
    if not others.exclude(pk=membership.pk).exists():
        raise Refused(
            "last_facilitator",
            f"Nobody else would facilitate {budding.group.name}. Ask somebody to take over first, "
            "or choose both.",
        )


# Afterwards, for who is in both


def settle(budding, membership, way, now):
    """End being in both: stay gives the sister's seat back, go the other one, for good."""
    seat = budding.sister.memberships.of(membership.person)
    if seat is None or seat.both_until is None:
        raise Refused("not_choosing", f"{budding.group.name} has chosen; you are where you said.")
    seat.group, seat.person = budding.sister, membership.person
    if way == Way.STAY:
        keep_one(seat)
        move(seat, Place.LEFT, now, actor=seat.person)
        offer_free_seats(budding.sister, now)
    elif way == Way.GO:
        keep_one(membership)
        membership.reads_until = budding.ended_at
        move(membership, Place.LEFT, now, actor=seat.person)
        seat.both_until = None
        seat.save(update_fields=["both_until"])
        held_place(seat.group.network, seat.person)
        must_fit(seat)
        offer_free_seats(budding.group, now)
    say(budding, membership, way, now)


def must_fit(seat):
    """Refuse a seat that is one too many, now that it counts. Refuses: too_many_groups."""
    network = seat.group.network
    if len(rows(counted_places, seat.person_id, network.pk)) > network.max_groups_per_person:
        raise Refused(
            "too_many_groups",
            f"{network.max_groups_per_person} groups of {network.name} at a time are the most for "
            "one person. Leaving one or resting in it makes room.",
        )
