"""Two groups become one: a quiet one asks, the other says yes, and each member is invited.

Nobody is moved: the group that asked is archived and stays to be read, and its people come by an
invitation, which keeps no seat. Locks: the two groups, the lower key first, then the merging.
"""

import secrets

from django.db.models import Q
from django.utils import timezone

from microgroups.budding.models import Merging, MergingState
from microgroups.budding.rules import WHY
from microgroups.groups.actions import close_down, facilitator_of, locked, must_be
from microgroups.groups.models import State as GroupState
from microgroups.groups.rules import needed, optional
from microgroups.membership.coming_in import must_take_people
from microgroups.membership.invitations import GOOD_FOR
from microgroups.membership.models import (
    KNOCKING,
    READING,
    Invitation,
    InvitationKind,
    InvitationState,
    Membership,
)
from microgroups.membership.models import State as Place
from microgroups.membership.seats import facilitators, move_all
from network.activity.actions import record
from network.errors import Invalid, Refused
from network.networks.models import NetworkMembership
from network.notifications.actions import tell_of
from network.notifications.opening import note_answered
from network.people.blocking import without_blockers
from network.people.models import Person
from network.tokens.models import digest_of
from network.transactions import deed


@deed
def merge(group, person, *, into, words="", now=None):
    """Ask another group to take the people of this one in. Asked again it stays as it was.

    Refuses: not_allowed, group_not_open (either), group_over_policy (the other), already_merging
    (another one is asked); 400 for the group itself, or one of another network.
    """
    now = now or timezone.now()
    if into.pk == group.pk or into.network_id != group.network_id:
        raise Invalid({"into": "Choose another group of this network."})
    group, into = both_locked(group, into)
    facilitator_of(group, person)
    words = optional("words", words, WHY)
    must_be(group, GroupState.OPEN)
    must_take_people(into)
    asked = group.mergings.asked().select_related("into").first()
    if asked is not None and asked.into_id != into.pk:
        raise Refused(
            "already_merging",
            f"{group.name} has asked {asked.into.name} already. Wait, or take it back.",
        )
    if asked is not None:
        return asked
    merging = Merging.objects.create(
        group=group, into=into, words=words, asked_by=person, asked_at=now
    )
    activity = log("merging.asked", merging, person, now)
    tell(facilitators(into), "merge_asked", merging, activity, words)
    return merging


@deed
def accept(merging, person, *, now=None):
    """Say yes for the group that was asked: the other is archived, its people are invited.

    What was accepted stays so. Refuses: not_allowed, not_asked, group_not_open, group_over_policy.
    """
    now = now or timezone.now()
    merging = held(merging)
    group, into = merging.group, merging.into
    facilitator_of(into, person)
    if merging.is_accepted:
        return merging
    must_be_asked(merging)
    must_be(group, GroupState.OPEN)
    must_take_people(into)
    decide(merging, MergingState.ACCEPTED, person, now)
    inside = group.memberships.reading().values("person")
    people = list(Person.objects.filter(pk__in=inside).order_by("pk"))
    close_down(group, person, now)
    invite_over(into, people, person, now)
    activity = log("merging.accepted", merging, person, now, people=len(people))
    tell(people, "merged", merging, activity)
    return merging


@deed
def decline(merging, person, *, reason, now=None):
    """Say not this time for the group that was asked, and why.

    Refuses: not_allowed, not_asked (it was accepted, or taken back).
    """
    now = now or timezone.now()
    merging = held(merging)
    facilitator_of(merging.into, person)
    reason = needed("reason", reason)
    if merging.is_declined:
        return merging
    must_be_asked(merging)
    merging.reason = reason
    decide(merging, MergingState.DECLINED, person, now)
    activity = log("merging.declined", merging, person, now)
    tell(facilitators(merging.group), "merge_declined", merging, activity, reason)
    return merging


@deed
def withdraw(merging, person, *, now=None):
    """Take the question back. Refuses: not_allowed, not_asked (it was answered)."""
    now = now or timezone.now()
    merging = held(merging)
    facilitator_of(merging.group, person)
    if merging.state != MergingState.WITHDRAWN:
        must_be_asked(merging)
        decide(merging, MergingState.WITHDRAWN, person, now)
        log("merging.withdrawn", merging, person, now)
    return merging


def follow(group, now):
    """A group that was closed neither asks nor answers any more."""
    if group.is_archived:
        open_ones = Merging.objects.asked().filter(Q(group=group) | Q(into=group))
        open_ones.update(state=MergingState.WITHDRAWN, decided_at=now)


# What several of these ask and do


def both_locked(group, into):
    """The two groups, locked; the one with the lower key first."""
    held = {each.pk: locked(each) for each in sorted((group, into), key=lambda each: each.pk)}
    return held[group.pk], held[into.pk]


def held(merging):
    """The merging with its two groups, all locked."""
    merging = Merging.objects.select_related("group", "into").get(pk=merging.pk)
    group, into = both_locked(merging.group, merging.into)
    merging = Merging.objects.select_for_update(no_key=True).get(pk=merging.pk)
    merging.group, merging.into = group, into
    return merging


def must_be_asked(merging):
    if not merging.is_asked:
        raise Refused("not_asked", f"{merging.group.name} asks nothing at present.")


def decide(merging, state, person, now):
    merging.state, merging.decided_by, merging.decided_at = state, person, now
    merging.save(update_fields=["state", "reason", "decided_by", "decided_at"])
    note_answered(person, now=now, merging=[merging.pk])


def invite_over(group, people, by, now):
    """Ask all of them in, as a facilitator does; in as many queries for many as for one.

    Not whoever is in already or may not come in, nor who has blocked the one who invites.
    """
    places = NetworkMembership.objects.filter(network=group.network, suspended_at=None)
    here = set(places.filter(person__in=people).values_list("person", flat=True))
    known = group.memberships.select_for_update(no_key=True).filter(person__in=people)
    known = {each.person_id: each for each in known.order_by("pk")}
    out = {key for key, each in known.items() if each.barred or each.state in READING}
    people = [one for one in without_blockers(people, by) if one.pk in here - out]
    group.invitations.open().filter(person__in=people).update(state=InvitationState.REVOKED)
    Invitation.objects.bulk_create(
        [
            Invitation(
                group=group,
                kind=InvitationKind.PERSON,
                by=by,
                person=one,
                digest=digest_of(secrets.token_urlsafe(24)),
                made_at=now,
                expires_at=now + GOOD_FOR,
            )
            for one in people
        ]
    )
    away = [known[one.pk] for one in people if one.pk in known]
    away = [each for each in away if each.state not in KNOCKING]
    new = [Membership(group=group, person=one) for one in people if one.pk not in known]
    move_all(group, away + new, Place.INVITED, now, actor=by)


def log(verb, merging, person, now, **facts):
    group = merging.group
    return record(
        verb, network=group.network, actor=person, about=merging, group=group, at=now, **facts
    )


def tell(people, kind, merging, activity, words=""):
    """Tell people of what was just recorded about the merging."""
    tell_of(
        activity, people, kind, group=merging.group, subject=("merging", merging.pk), words=words
    )
