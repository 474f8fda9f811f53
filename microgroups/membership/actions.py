"""What can happen between a person and a group: coming in, waiting, resting, going.

Every deed locks the group first, so that its seats and its line are counted in peace.
"""

from django.utils import timezone

from microgroups.groups.actions import (
    admin_of,
    close_down,
    facilitator_of,
    locked,
    must_not_be_archived,
)
from microgroups.groups.models import State as GroupState
from microgroups.groups.rules import needed, optional
from microgroups.membership import rules
from microgroups.membership.coming_in import (
    close_by_name,
    held_place,
    invitation_by_name,
    knock,
    may_come_in,
    must_be_invited,
    must_take_people,
    not_too_soon,
    read_answers,
    seat_or_line,
    settle_invitations,
    take_seat,
    take_up,
)
from microgroups.membership.drafts import AnswersDraft
from microgroups.membership.models import (
    CURRENT,
    KNOCKING,
    READING,
    InvitationState,
    Membership,
    Role,
    State,
    row_with,
)
from microgroups.membership.seats import log, move, offer_free_seats, tell
from network.errors import NotAllowed, Refused
from network.notifications.opening import note_answered
from network.prepared import first
from network.transactions import deed

# Coming in


@deed
def join(group, person, *, answers=(), now=None):
    """Give the person a seat of an open group, or the last place in line when none is free.

    Where the group asks, a facilitator says yes first. An open offer or an invitation by name is
    taken up; who has asked or waits already keeps the place.
    Refuses: not_allowed, already_member, barred, group_not_open, group_over_policy,
    invitation_needed, declined_recently, too_many_groups (when a seat is taken), too_often; 400
    where an answer is missing.
    """
    now = now or timezone.now()
    group = locked(group)
    place = held_place(group.network, person)
    membership = first(row_with, group.pk, person.pk) or Membership(group=group, person=person)
    membership.group, membership.person = group, person
    may_come_in(membership)
    invitation = invitation_by_name(membership, now)
    if invitation is not None:
        take_up(invitation, membership, place, now, answers=answers)
    elif membership.is_offered:
        take_seat(membership, place, now, actor=person)
    elif membership.state not in KNOCKING:
        not_too_soon(membership, now)
        must_be_invited(group)
        membership.answers = read_answers(group, answers)
        knock(membership, place, now)
    if invitation is None:
        settle_invitations(membership)
    AnswersDraft.objects.let_go(group, person)
    note_answered(person, now=now, membership=[membership.pk])
    return membership


@deed
def admit(group, person, *, by, now=None):
    """Say yes to somebody who asked: they get a seat, or the last place in line.

    Refuses: not_allowed, not_a_member (nobody asked), group_not_open, group_over_policy,
    too_many_groups (the seat would be one too many for them).
    """
    now = now or timezone.now()
    group = locked(group)
    facilitator_of(group, by)
    membership = row_of(group, person, State.REQUESTED)
    must_take_people(group)
    activity = seat_or_line(membership, held_place(group.network, person), now, actor=by)
    settle_invitations(membership)
    tell([person], "admitted" if membership.is_active else "lined_up", membership, activity)
    return membership


@deed
def decline_request(group, person, *, by, reason, now=None):
    """Say not this time to somebody who asked, with the reason.

    Refuses: not_allowed, not_a_member (nobody asked).
    """
    now = now or timezone.now()
    group = locked(group)
    facilitator_of(group, by)
    reason = needed("reason", reason)
    membership = row_of(group, person, State.REQUESTED)
    membership.reason, membership.decided_by = reason, by
    activity = move(membership, State.DECLINED, now, actor=by)
    tell([person], "request_declined", membership, activity, reason)
    return membership


# Going, resting, coming back


@deed
def leave(group, person, *, now=None):
    """Leave the group or the line, take back the asking, decline an offer or an invitation.

    A seat passes on. Refuses: not_a_member, last_facilitator.
    """
    now = now or timezone.now()
    group = locked(group)
    membership = row_of(group, person, *CURRENT, State.INVITED)
    keep_a_facilitator(membership)
    close_by_name(membership, InvitationState.DECLINED)
    AnswersDraft.objects.let_go(group, person)
    note_answered(person, now=now, membership=[membership.pk])
    move(membership, State.LEFT, now, actor=person)
    offer_free_seats(group, now)
    return membership


@deed
def rest(group, person, *, now=None):
    """Give the seat back and keep reading; whoever waits to come back goes on resting.

    Refuses: not_a_member, last_facilitator.
    """
    return give_back_seat(locked(group), person, actor=person, now=now or timezone.now())


def give_back_seat(group, person, *, actor, now):
    """The rest itself, in a locked group; actor: whose deed it is, None for Kith's own."""
    membership = row_of(group, person, *CURRENT)
    if membership.is_resting:
        return membership
    if not membership.may_read:
        raise not_in(group)
    keep_a_facilitator(membership)
    move(membership, State.RESTING, now, actor=actor)
    offer_free_seats(group, now)
    return membership


@deed
def return_(group, person, *, now=None):
    """Come back from resting: a seat, or the first place in line, reading meanwhile.

    Refuses: not_a_member, already_member, group_not_open, group_over_policy, too_many_groups.
    """
    now = now or timezone.now()
    group = locked(group)
    membership = row_of(group, person, *CURRENT)
    if membership.is_active:
        raise Refused("already_member", f"You are already back in {group.name}.")
    if not membership.may_read:
        raise not_in(group)
    must_take_people(group)
    place = held_place(group.network, person)
    if membership.is_offered:
        take_seat(membership, place, now, actor=person)
    elif membership.is_resting:
        membership.returning = True
        seat_or_line(membership, place, now, actor=person)
    return membership


@deed
def remove(group, person, *, by, reason, bar=True, now=None):
    """Take somebody out of the group or its line, with a reason that they are told.

    Who left by budding reads no more of what was said. bar: they cannot come back until somebody
    lets them.
    Refuses: not_allowed (also oneself), not_a_member, last_facilitator.
    """
    now = now or timezone.now()
    group = locked(group)
    facilitator_of(group, by)
    reason = needed("reason", reason)
    if by.pk == person.pk:
        raise NotAllowed("not_allowed", "Nobody takes themselves out. You can leave the group.")
    membership = row_of(group, person)
    if membership.state not in CURRENT and not membership.reads_past:
        raise not_in(group)
    keep_a_facilitator(membership)
    membership.reason, membership.barred, membership.decided_by = reason, bar, by
    activity = move(membership, State.REMOVED, now, actor=by, barred=bar)
    tell([person], "removed", membership, activity, reason)
    offer_free_seats(group, now)
    return membership


@deed
def unbar(group, person, *, by, now=None):
    """Let somebody who was removed ask again. Refuses: not_allowed, not_a_member."""
    now = now or timezone.now()
    group = locked(group)
    facilitator_of(group, by)
    membership = row_of(group, person, State.REMOVED)
    if membership.barred:
        membership.barred = False
        membership.save(update_fields=["barred"])
        log("membership.unbarred", membership, by, now)
    return membership


# Roles and what one says of oneself


@deed
def change_role(group, person, role, *, by, now=None):
    """Make an active member a facilitator, or a member again.

    A facilitator does; where a group has none, an admin of the network names the first.
    Refuses: not_allowed, not_a_member, last_facilitator.
    """
    now = now or timezone.now()
    group = locked(group)
    if role == Role.FACILITATOR and not group.memberships.facilitating().exists():
        admin_of(group.network, by)
    else:
        facilitator_of(group, by)
    membership = row_of(group, person, State.ACTIVE)
    if membership.role == role:
        return membership
    keep_a_facilitator(membership)
    give_role(membership, role, now, actor=by)
    return membership


def give_role(membership, role, now, actor):
    """Write the role down and tell who has it now."""
    membership.role = role
    membership.save(update_fields=["role"])
    activity = log("membership.role_changed", membership, actor, now, role=role)
    kind = "now_facilitator" if membership.is_facilitator else "now_member"
    tell([membership.person], kind, membership, activity)


@deed
def describe(group, person, *, now=None, **words):
    """Say what one may be asked about (`offers`) and what one would like to learn (`asks`).

    Refuses: not_a_member, group_not_open (archived).
    """
    now = now or timezone.now()
    group = locked(group)
    membership = row_of(group, person, *READING)
    must_not_be_archived(group)
    for field, text in words.items():
        setattr(membership, field, optional(field, text, rules.DESCRIPTION))
    membership.save(update_fields=list(words))
    log("membership.described", membership, person, now)
    return membership


# Erasing


@deed
def erase(person, now=None):
    """Take the person out of every group; who cares for a group alone hands it over.

    The longest-standing member takes over; a group where nobody is left is archived.
    """
    now = now or timezone.now()
    for membership in person.memberships.order_by("group_id"):
        group = locked(membership.group)
        membership = row_of(group, person)
        if is_last_facilitator(membership):
            hand_over(membership, now)
        move(membership, State.LEFT, now, actor=None)
        offer_free_seats(group, now)
        membership.delete()
    Membership.objects.filter(decided_by=person).update(decided_by=None)


def hand_over(membership, now):
    """Make the longest-standing other member a facilitator; without one the group is archived."""
    others = membership.group.memberships.active().exclude(pk=membership.pk)
    heir = others.select_related("person").order_by("joined_at", "pk").first()
    if heir is None:
        close_down(membership.group, None, now)
    else:
        give_role(heir, Role.FACILITATOR, now, actor=None)


# What several of these ask and do


def row_of(group, person, *states):
    """The person's row in the locked group, in one of the states. Refuses: not_a_member."""
    membership = group.memberships.of(person)
    if membership is None or (states and membership.state not in states):
        raise not_in(group)
    membership.person = person
    return membership


def not_in(group):
    return Refused("not_a_member", f"This needs a place in {group.name}, and there is none.")


def is_last_facilitator(membership):
    """Whether an open group, or one that is to open, would be without anybody who facilitates."""
    group = membership.group
    if not membership.is_facilitator or group.state not in (GroupState.OPEN, GroupState.PROPOSED):
        return False
    return not group.memberships.facilitating().exclude(pk=membership.pk).exists()


def keep_a_facilitator(membership):
    if is_last_facilitator(membership):
        raise Refused(
            "last_facilitator",
            f"Nobody else facilitates {membership.group.name}. Ask somebody to take over first.",
        )
