"""What can happen between a person and a group: coming in, waiting, resting, going.

Every deed locks the group first, so that its seats and its line are counted in peace.
"""

from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from microgroups.groups.actions import (
    admin_of,
    close_down,
    facilitator_of,
    locked,
    must_not_be_archived,
)
from microgroups.groups.models import JoinPolicy
from microgroups.groups.models import State as GroupState
from microgroups.groups.rules import needed, optional
from microgroups.membership import rules
from microgroups.membership.drafts import AnswersDraft
from microgroups.membership.models import (
    CURRENT,
    KNOCKING,
    READING,
    Invitation,
    InvitationState,
    Membership,
    Role,
    State,
    row_with,
)
from microgroups.membership.seats import log, move, offer_free_seats, tell
from microgroups.membership.visits import arrive, begin_rhythm, keep_first_days
from network.errors import Invalid, NotAllowed, Refused
from network.networks.models import NetworkMembership
from network.notifications.opening import note_answered
from network.pace import keep_pace
from network.people.models import Block, Person
from network.prepared import first, rows
from network.text import clean
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


def may_come_in(membership):
    """Refuse who is in already, who may not come in, or not now."""
    group = membership.group
    if membership.state in READING:
        raise Refused("already_member", f"You are already in {group.name}.")
    if membership.barred:
        raise Refused("barred", f"{group.name} is closed to you. Its facilitators can change that.")
    must_take_people(group)


def not_too_soon(membership, now):
    """Refuse who was told not this time a moment ago."""
    if was_declined_lately(membership, now):
        raise Refused(
            "declined_recently",
            f"{membership.group.name} said not this time. You can ask again after a week.",
        )


def was_declined_lately(membership, now):
    return membership.state == State.DECLINED and now < membership.since + rules.DECLINED_FOR


def must_be_invited(group):
    """Refuse where one comes in by invitation alone."""
    if group.join_policy == JoinPolicy.INVITE:
        raise Refused(
            "invitation_needed",
            f"One comes into {group.name} by invitation; somebody inside can ask you in.",
        )


def invitation_by_name(membership, now):
    """The open invitation that names the person; who did not get one is not looked up.

    `is_unwanted`: they have blocked who invites. It opens the group, and its words are not shown.
    """
    if membership.state not in (State.INVITED, State.REQUESTED, State.DECLINED):
        return None
    named = membership.group.invitations.naming(membership.person).filter(expires_at__gt=now)
    unwanted = Block.objects.filter(blocker=membership.person_id, blocked=OuterRef("by"))
    named = named.select_related("by").annotate(is_unwanted=Exists(unwanted))
    invitation = named.first()
    return invitation if invitation and may_invite(invitation) else None


def may_invite(invitation):
    """The membership of who invites, or None where it does not carry the word any more."""
    group, by = invitation.group, invitation.by_id
    place = NetworkMembership.objects.filter(network=group.network_id, person=by, suspended_at=None)
    return group.memberships.active().filter(Exists(place), person=by).first()


def take_up(invitation, membership, place, now, *, answers):
    """Come in by the invitation of the locked group: a facilitator's is a yes, a member's a vouch.

    The line is the same for the invited as for all others. Refuses: declined_recently (a member's),
    invitation_used.
    """
    before = membership.state
    group = membership.group
    if membership.is_offered:
        take_seat(membership, place, now, actor=membership.person)
    elif may_invite(invitation).is_facilitator:
        if not membership.is_waitlisted:
            seat_or_line(membership, place, now, actor=membership.person)
    elif membership.state not in KNOCKING:
        not_too_soon(membership, now)
        membership.answers = read_answers(group, answers)
        knock(membership, place, now)
    if membership.state != before:
        use(invitation)
        close_by_name(membership, InvitationState.USED)


def use(invitation):
    """Count one more use. Refuses: invitation_used."""
    left = Invitation.objects.open().filter(pk=invitation.pk, uses__lt=F("max_uses"))
    if not left.update(uses=F("uses") + 1):
        raise Refused("invitation_used", "This invitation has been used. Ask for another one.")
    spent = Invitation.objects.open().filter(pk=invitation.pk, uses=F("max_uses"))
    spent.update(state=InvitationState.USED)


def close_by_name(membership, state):
    """End what invites the person by name or at their address: they have answered."""
    membership.group.invitations.meant_for(membership.person).update(state=state)


def settle_invitations(membership):
    """Whoever came in, or lined up, by another way needs no invitation any more."""
    if not (membership.is_active or membership.is_waitlisted):
        return
    person = membership.person
    if first(one_meant_for, membership.group.pk, person.pk, person.email or None):
        close_by_name(membership, InvitationState.USED)


def one_meant_for(group, person, address):
    """By keys: looked for first, since hardly anybody has one."""
    return Invitation.objects.filter(group=group).meant_for_one(person, address)[:1]


def knock(membership, place, now):
    """Ask, take a seat or line up: as the group has it."""
    group = membership.group
    if group.join_policy != JoinPolicy.OPEN:
        keep_pace("join request", membership.person, now)
        activity = move(membership, State.REQUESTED, now, actor=membership.person)
        tell(facilitators(group), "asked_to_join", membership, activity)
    else:
        seat_or_line(membership, place, now, actor=membership.person)


def seat_or_line(membership, place, now, actor):
    """A seat when more are free than people wait before them, else a place in line."""
    group, before = membership.group, membership.group.waiting
    if before and membership.returning:
        before = group.memberships.waiting().filter(returning=True).count()
    if group.seats_left > before:
        return take_seat(membership, place, now, actor)
    return move(membership, State.WAITLISTED, now, actor=actor)


def take_seat(membership, place, now, actor):
    """Seat the person, if they may be in one more group. Refuses: too_many_groups."""
    if membership.role != Role.FACILITATOR:  # the groups that one facilitates are not counted
        must_have_room(membership.person_id, place.network)
    came_back = membership.may_read
    if not came_back:
        membership.read_before = membership.agreements_accepted_at = now
        membership.reason, membership.barred, membership.decided_by = "", False, None
    membership.joined_at = membership.joined_at or now
    is_new = membership._state.adding
    if is_new:
        arrive([membership], now)
    activity = move(membership, State.ACTIVE, now, actor=actor, returned=came_back)
    if is_new:
        keep_first_days([membership])
    else:
        begin_rhythm(membership, now)
    return activity


def must_have_room(person, network):
    """Refuse who is in as many groups of the network as one may; by the person's key."""
    most = network.max_groups_per_person
    if len(rows(counted_places, person, network.pk)) >= most:
        raise Refused(
            "too_many_groups",
            f"{most} groups of {network.name} at a time are the most for one person. "
            "Leaving one or resting in it makes room.",
        )


def counted_places(person, network):
    counted = Membership.objects.filter(person=person).counted(network)
    return counted.values_list("pk", flat=True)


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


def held_place(network, person):
    """The person's place in the network, locked: the groups they are in are counted under it.

    Refuses: not_allowed, where they have none or it is suspended.
    """
    place = first(place_to_hold, network.pk, person.pk)
    if place is None or not place.is_current:
        raise NotAllowed("not_allowed", f"Only members of {network.name} can join its groups.")
    return place


def place_to_hold(network, person):
    places = NetworkMembership.objects.filter(network=network, person=person)
    return places.select_related("network").select_for_update(no_key=True, of=["self"])


def must_take_people(group):
    """Refuse where nobody is let in or lined up."""
    if not group.is_open:
        raise Refused("group_not_open", f"{group.name} is not open, so nobody can come in now.")
    if group.is_over_policy:
        raise Refused(
            "group_over_policy",
            f"{group.name} has more people than {group.network.name} allows; it takes nobody in.",
        )


def read_answers(group, answers):
    """A text for each question of the group; each is needed where the group asks."""
    answers = written_answers(group, answers)
    if group.join_policy == JoinPolicy.ASK and not all(answers):
        raise Invalid({"answers": "Each question needs an answer, and a short one will do."})
    return answers


def written_answers(group, answers):
    """A text for each question of the group, as far as they go."""
    answers = [clean(text).strip() for text in answers][: len(group.questions)]
    if any(len(text) > rules.ANSWER for text in answers):
        raise Invalid({"answers": f"Keep each answer to {rules.ANSWER:,} characters."})
    return answers + [""] * (len(group.questions) - len(answers))


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


def facilitators(group):
    """Those who facilitate the group, to be told something."""
    return Person.objects.filter(pk__in=group.memberships.facilitating().values("person"))
