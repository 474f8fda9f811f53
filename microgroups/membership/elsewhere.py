"""What somebody can do who does not get into a group, or not at once: nobody meets a dead end."""

from dataclasses import dataclass

from django.db.models import BooleanField, ExpressionWrapper, Q
from django.urls import reverse

from microgroups.groups.fit import at_the_door, known_in, word_in_both
from microgroups.groups.models import MicroGroup, State
from microgroups.membership.coming_in import (
    may_come_in,
    must_be_invited,
    must_have_room,
    not_too_soon,
)
from microgroups.membership.models import KNOCKING, READING
from network.errors import Refused
from network.templatetags.kith import names

MOST, LOOKED_AT = 3, 24

HEADINGS = {
    "group_not_open": "It is not open",
    "group_over_policy": "It takes nobody in at present",
    "barred": "This door is closed to you",
    "declined_recently": "Not this time",
    "invitation_needed": "One comes in by invitation",
    "too_many_groups": "You live in as many groups as one may",
    "already_member": "You are in already",
}


@dataclass(frozen=True)
class Step:
    """Something one can do instead: a sentence, and where it is done."""

    words: str
    url: str
    button: str


@dataclass(frozen=True)
class Obstacle:
    """Why somebody does not get in, and what they can do."""

    code: str
    words: str
    heading: str
    steps: list

    @property
    def leads_on(self):
        """Whether another group would take them."""
        return self.code != "too_many_groups"


def in_the_way(membership, now, word=None):
    """What `join` would refuse this person, who is not in the group yet; None where nothing is.

    membership: their row, or one that is not saved; its group with the network is loaded.
    word: the invitation by which they would come in, from `word_for`.
    """
    if membership.state in (*READING, *KNOCKING):
        return None
    try:
        may_come_in(membership)
        if word is None or not word.is_yes:
            not_too_soon(membership, now)
        if word is None:
            must_be_invited(membership.group)
        is_let_in = membership.group.join_policy == "open" or (word is not None and word.is_yes)
        if is_let_in and membership.group.has_free_seat:
            must_have_room(membership.person_id, membership.group.network)
    except Refused as refusal:
        return obstacle(refusal, membership)
    return None


def obstacle(refusal, membership):
    """What was refused, with the next steps for this person."""
    find = STEPS.get(refusal.code)
    heading = HEADINGS.get(refusal.code, "")
    return Obstacle(refusal.code, str(refusal), heading, find(membership) if find else [])


# The steps for each refusal


def look_again(membership):
    return [
        Step(
            "You can read why, and ask once that somebody else looks at it again.",
            reverse("turned_away", args=[membership.pk]),
            "Read why",
        )
    ]


def make_room(membership):
    """Each group in which a rest, or leaving, makes room for this one."""
    counted = membership.person.memberships.counted(membership.group.network)
    return [
        Step(
            "You keep reading there, and come back first in line.",
            reverse("rest", args=[each.group.slug]),
            f"Rest in {each.group.name}",
        )
        for each in counted.select_related("group").order_by("group__name", "pk")
    ]


def who_invites(membership):
    group = membership.group
    people = group.memberships.facilitating().select_related("person").order_by("pk")
    look = [each.person for each in people]
    if not look:
        return []
    who = f"{names(look)} {'looks' if len(look) == 1 else 'look'} after it"
    return [Step(f"{who}; everybody inside can invite.", group.get_absolute_url(), "Who they are")]


def when_it_opens(membership):
    group = membership.group
    if group.state == State.PROPOSED:
        words = "It is about to begin. Who pledges to come has a seat the day it opens."
        return [Step(words, group.get_absolute_url(), "Pledge to come")]
    if group.state == State.DECLINED and group.founder_id == membership.person_id:
        words = "An admin said not this time; you can answer."
        return [Step(words, reverse("propose_again", args=[group.slug]), "Answer and try again")]
    return []


STEPS = {
    "barred": look_again,
    "declined_recently": look_again,
    "too_many_groups": make_room,
    "invitation_needed": who_invites,
    "group_not_open": when_it_opens,
}


# Other groups


def others_at_the_door(place, obstacle):
    """Other groups, where somebody does not get in here or few windows are left."""
    group = place.group
    if place.may_read or (obstacle and not obstacle.leads_on):
        return []
    is_tight = group.is_full or group.is_soft_full
    return others_for(group, place.person) if obstacle or is_tight else []


def others_for(group, person):
    """Up to three groups with a free window, each with why (`why`): sisters, then those that fit.

    Groups that one is in or stands before are left out. Two queries.
    """
    groups = MicroGroup.objects.visible_to(person).open().with_free_seats()
    groups = groups.exclude(join_policy="invite").exclude(visibility="hidden")
    groups = groups.exclude(pk=group.pk).exclude(pk__in=person.memberships.values("group"))
    groups = groups.annotate(is_kin=ExpressionWrapper(kin_of(group), BooleanField()))
    found = groups.select_related("network").order_by("-is_kin", "-founded_at", "-pk")
    found = list(found[:LOOKED_AT])
    known = known_in(found, person)
    for other in found:
        other.fits, other.why = fit(other, group, person, known[other.pk])
    return sorted(found, key=lambda other: other.fits, reverse=True)[:MOST]


def kin_of(group):
    """Which groups have grown from this one, or this one from them, or from the same."""
    kin = Q(sister_of=group.pk)
    if group.sister_of_id is not None:
        kin |= Q(pk=group.sister_of_id) | Q(sister_of=group.sister_of_id)
    return kin


def fit(other, group, person, known):
    """(how well it fits, why in a sentence)."""
    card = f"{other.name} {other.purpose}"
    if other.is_kin:
        return 4, f"It is a sister of {group.name}."
    if known:
        return 3, f"You know {names(known)} from another group."
    if shared := word_in_both(f"{group.name} {group.purpose} {group.belonging}", card):
        return 2, f"“{shared}” is what it is about, too."
    if shared := word_in_both(person.intro, card):
        return 1, f"You wrote “{shared}” about yourself."
    return 0, at_the_door(other)[1]
