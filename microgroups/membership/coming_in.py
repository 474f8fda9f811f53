"""How somebody comes in: whether they may, by whose word, and to a seat or a place in line.

All of it happens in a group that is locked, for the deeds of actions.py and of invitations.
"""

from django.db.models import Exists, F, OuterRef

from microgroups.groups.models import JoinPolicy
from microgroups.membership import rules
from microgroups.membership.models import (
    KNOCKING,
    READING,
    Invitation,
    InvitationState,
    Membership,
    Role,
    State,
)
from microgroups.membership.seats import facilitators, move, tell
from microgroups.membership.visits import arrive, begin_rhythm, keep_first_days
from network.errors import Invalid, NotAllowed, Refused
from network.networks.models import NetworkMembership
from network.pace import keep_pace
from network.people.models import Block
from network.prepared import first, rows
from network.text import clean

# Whether one may


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


def may_come_in(membership):
    """Refuse who is in already, who may not come in, or not now."""
    group = membership.group
    if membership.state in READING:
        raise Refused("already_member", f"You are already in {group.name}.")
    if membership.barred:
        raise Refused("barred", f"{group.name} is closed to you. Its facilitators can change that.")
    must_take_people(group)


def must_take_people(group):
    """Refuse where nobody is let in or lined up."""
    if not group.is_open:
        raise Refused("group_not_open", f"{group.name} is not open, so nobody can come in now.")
    if group.is_over_policy:
        raise Refused(
            "group_over_policy",
            f"{group.name} has more people than {group.network.name} allows; it takes nobody in.",
        )


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


# By whose word


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


# A seat, or a place in line


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
