"""Asking somebody in: by name, by a link or by mail. It keeps no seat; it opens the door.

A facilitator's is a yes, a member's a vouch: it admits where people walk in and asks elsewhere.
"""

import secrets
from datetime import timedelta

from django.utils import timezone

from microgroups.groups.actions import facilitator_of, locked
from microgroups.groups.models import JoinPolicy, MicroGroup
from microgroups.groups.rules import optional
from microgroups.membership import rules
from microgroups.membership.coming_in import (
    held_place,
    invitation_by_name,
    may_come_in,
    may_invite,
    must_take_people,
    place_to_hold,
    take_up,
    was_declined_lately,
)
from microgroups.membership.drafts import AnswersDraft
from microgroups.membership.models import (
    KNOCKING,
    READING,
    Invitation,
    InvitationKind,
    InvitationState,
    Membership,
    State,
)
from microgroups.membership.seats import end_invitations, log, move, tell
from network.activity.actions import record
from network.errors import Invalid, NotAllowed, Refused
from network.networks.actions import add_member
from network.networks.models import NetworkMembership
from network.notifications.opening import note_answered
from network.pace import keep_pace
from network.people.blocking import must_not_have_blocked, without_blockers
from network.people.models import Person
from network.prepared import first
from network.tokens.models import digest_of
from network.transactions import deed

GOOD_FOR = timedelta(days=14)


@deed
def invite_person(group, person, *, by, words="", now=None):
    """Ask somebody of the network in; answers (invitation, code), the code shown this once.

    They are told, and come in by the code or by joining. Asked twice, they are told once; a
    facilitator's word takes the place of a member's.
    Refuses: not_allowed, already_member, group_not_open, group_over_policy, too_often; barred (to
    a facilitator, who can lift it; a member does not hear of it); already_invited (by a yes);
    blocked (by oneself).
    """
    now = now or timezone.now()
    group = locked(group)
    inviter = inviting(group, by)
    words = optional("words", words, rules.WORDS)
    must_take_people(group)
    if not NetworkMembership.objects.filter(
        network=group.network, person=person, suspended_at=None
    ).exists():
        raise NotAllowed("not_allowed", f"Only people of {group.network.name} are asked by name.")
    membership = group.memberships.of(person) or Membership(group=group, person=person)
    membership.group, membership.person = group, person
    if membership.state in READING:
        raise Refused("already_member", f"{person.name} is already in {group.name}.")
    if membership.barred and inviter.is_facilitator:
        raise Refused("barred", f"{person.name} was removed. Let them knock again first.")
    must_not_have_blocked(by, [person])
    if not inviter.is_facilitator and is_welcome(group, person, now):
        raise Refused("already_invited", f"{person.name} is invited already, by a facilitator.")
    keep_pace("invitation", by, now)
    was_asked = bool(group.invitations.naming(person).update(state=InvitationState.REVOKED))
    made = make(group, by, now, kind=InvitationKind.PERSON, person=person, words=words)
    if membership.barred or not without_blockers([person], by):
        return made  # quietly: it opens nothing, and reaches nobody
    stays = membership.state in KNOCKING or vouched_too_soon(membership, inviter, now)
    if not (membership.is_invited or (was_asked and stays)):
        tell_of_it(membership, inviter, words, now)
    return made


def tell_of_it(membership, inviter, words, now):
    """Tell somebody that they are asked in; who knocks or waits already stays where they are.

    So does, for a week, who was told not this time: a vouch does not skip it.
    """
    if membership.state in KNOCKING or vouched_too_soon(membership, inviter, now):
        activity = log("membership.invited", membership, inviter.person, now)
    else:
        activity = move(membership, State.INVITED, now, actor=inviter.person)
    tell([membership.person], "invited", membership, activity, words)


def vouched_too_soon(membership, inviter, now):
    """Whether a member vouches for somebody who was told not this time within the week."""
    return was_declined_lately(membership, now) and not inviter.is_facilitator


@deed
def invite_people(group, people, *, by, now=None):
    """Ask several in by name, all or nobody. Refuses what `invite_person` does."""
    now = now or timezone.now()
    return [invite_person(group, person, by=by, now=now) for person in people]


@deed
def make_link(group, *, by, max_uses=1, words="", now=None):
    """A link that lets in so many people; answers (invitation, code), the code shown this once.

    Refuses: not_allowed, group_not_open, group_over_policy, too_often; 400 for a number.
    """
    now = now or timezone.now()
    group = locked(group)
    inviting(group, by)
    must_take_people(group)
    if not 1 <= max_uses <= rules.MOST_USES:
        raise Invalid({"max_uses": f"Choose a number from 1 to {rules.MOST_USES}."})
    words = optional("words", words, rules.WORDS)
    keep_pace("invitation", by, now)
    return make(group, by, now, kind=InvitationKind.LINK, max_uses=max_uses, words=words)


def inviting(group, person):
    """The membership by which the person may invite. Refuses: not_allowed."""
    membership = group.memberships.of(person)
    if membership is None or not membership.is_active:
        raise NotAllowed("not_allowed", f"Only members of {group.name} can invite somebody.")
    membership.person = person
    return membership


def is_welcome(group, person, now):
    """Whether an open invitation of somebody who facilitates the group names the person."""
    named = group.invitations.naming(person).filter(expires_at__gt=now)
    return named.filter(by__in=group.memberships.facilitating().values("person")).exists()


def make(group, by, now, *, code="", **facts):
    code = code or secrets.token_urlsafe(24)
    invitation = Invitation.objects.create(
        group=group,
        by=by,
        digest=digest_of(code),
        made_at=now,
        expires_at=now + GOOD_FOR,
        **facts,
    )
    note("made", invitation, group, by, now)
    return invitation, code


def note(what, invitation, group, actor, now):
    """Record what happened to an invitation of the group."""
    record(
        f"invitation.{what}",
        network=group.network,
        actor=actor,
        about=invitation,
        group=group,
        at=now,
    )


def find(code, person, *, now=None):
    """The invitation with this code, with its group and who invites; None where there is none.

    One that was taken back, that is for somebody else, or whose maker has left is none, too; of a
    hidden group also one that is over. What was mailed opens the card for a visitor as well: they
    come in with the address that it went to.
    """
    rows = Invitation.objects.filter(digest=digest_of(code))
    found = rows.select_related("group__network", "by", "person").first()
    if found is None or found.state in (InvitationState.REVOKED, InvitationState.DECLINED):
        return None
    if found.group.is_hidden and found.state_at(now or timezone.now()) != InvitationState.OPEN:
        return None
    if found.is_mailed and not person.pk:
        return found if may_invite(found) else None
    return found if is_for(found, person) and may_invite(found) else None


def is_for(invitation, person):
    """Whether the person may come by it: it names them, went to their address, or is a link."""
    if invitation.is_mailed:
        return Person.objects.with_address(invitation.address).filter(pk=person.pk).exists()
    return invitation.person_id in (None, person.pk)


def word_for(membership, group, now):
    """The invitation by which a plain join would come in, with `is_yes`; None where there is none.

    Whoever has knocked is told of a yes alone: a vouch changes nothing for them. Of somebody whom
    they have blocked nobody is told anything.
    """
    if membership is None:
        return None
    membership.group = group
    invitation = invitation_by_name(membership, now)
    if invitation is None or invitation.is_unwanted:
        return None
    invitation.group, invitation.is_yes = group, may_invite(invitation).is_facilitator
    return invitation if invitation.is_yes or not membership.is_requested else None


def questions_for(invitation, group):
    """What is asked of whoever comes in, by the invitation or without one: nothing where a
    facilitator has said yes."""
    if group.join_policy != JoinPolicy.ASK:
        return []
    inviter = may_invite(invitation) if invitation is not None else None
    return [] if inviter is not None and inviter.is_facilitator else group.questions


@deed
def accept(invitation, person, *, answers=(), now=None):
    """Come in by the invitation: a seat, a place in line, or a question to the facilitators.

    It opens the network, too, to whoever has an account and no place there yet.
    Refuses: invitation_expired, invitation_used, not_allowed, already_member, barred,
    group_not_open, group_over_policy, declined_recently (a member's), too_many_groups, too_often.
    """
    now = now or timezone.now()
    group = locked(invitation.group)
    invitation = Invitation.objects.select_related("by").get(pk=invitation.pk)
    invitation.group = group
    if not is_for(invitation, person):
        raise NotAllowed("not_allowed", "This invitation is for somebody else.")
    membership = group.memberships.of(person) or Membership(group=group, person=person)
    membership.group, membership.person = group, person
    if membership.state in READING:
        may_come_in(membership)
    must_be_good(invitation, now)
    may_come_in(membership)
    place = let_in(group.network, person, now)
    take_up(invitation, membership, place, now, answers=answers)
    AnswersDraft.objects.let_go(group, person)
    note_answered(person, now=now, membership=[membership.pk])
    return membership


def let_in(network, person, now):
    """The person's place in the network, locked; a new one where they have none. Refuses:
    not_allowed, where it is suspended."""
    place = first(place_to_hold, network.pk, person.pk)
    if place is not None and place.is_current:
        return place
    if place is None:
        add_member(network, person, now=now)
    return held_place(network, person)


def must_be_good(invitation, now):
    """Refuse by one that is used up or over, or whose maker does not carry it any more."""
    state = invitation.state_at(now)
    if state == InvitationState.USED:
        raise Refused("invitation_used", "This invitation has been used. Ask for another one.")
    if state != InvitationState.OPEN or may_invite(invitation) is None:
        raise Refused("invitation_expired", "This invitation is over. Ask for another one.")


def is_good(invitation, now):
    """Whether one can come in by it now."""
    return invitation.state_at(now) == InvitationState.OPEN and invitation.group.is_open


@deed
def decline(invitation, *, now=None):
    """No, thank you: whoever is asked in by name or by mail says so, and nobody is told why.

    Declined again, nothing changes.
    """
    now = now or timezone.now()
    group = locked(invitation.group)
    invitation = Invitation.objects.select_related("person").get(pk=invitation.pk)
    end(invitation, group, InvitationState.DECLINED, invitation.person, now)
    return invitation


@deed
def revoke(invitation, person, *, now=None):
    """Take an invitation back: its maker does, who facilitates the group, or an admin.

    Who was asked in by name and has not come is not at the door any more. Refuses: not_allowed.
    """
    now = now or timezone.now()
    group = locked(invitation.group)
    invitation = Invitation.objects.get(pk=invitation.pk)
    place = NetworkMembership.objects.filter(network=group.network).of(person)
    if invitation.by_id != person.pk and not (place and place.is_admin):
        facilitator_of(group, person)
    end(invitation, group, InvitationState.REVOKED, person, now)
    return invitation


def end(invitation, group, state, actor, now):
    """End an open invitation of the locked group, and the waiting of whoever it names."""
    if not invitation.is_open:
        return
    invitation.state = state
    invitation.save(update_fields=["state"])
    note(state, invitation, group, actor, now)
    if invitation.person_id is None:
        return
    membership = group.memberships.filter(person=invitation.person_id, state=State.INVITED).first()
    if membership is not None:
        membership.group = group
        move(membership, State.LEFT, now, actor=actor)


@deed
def expire_those_of(group, now):
    """End what has run out in one group."""
    group = locked(group)
    for invitation in group.invitations.ran_out(now).order_by("pk"):
        end(invitation, group, InvitationState.EXPIRED, None, now)


@deed
def end_those_by(network, person, now):
    """Whoever is kept out of the network invites nobody into its groups."""
    made = Invitation.objects.open().filter(by=person, group__network=network)
    for group in MicroGroup.objects.filter(pk__in=made.values("group")).order_by("pk"):
        end_invitations(locked(group), now, by=person)


@deed
def erase(person):
    """Forget what somebody made and what names them; whoever they asked in is asked no more."""
    now = timezone.now()
    for invitation in Invitation.objects.about(person).order_by("group", "pk"):
        end(invitation, locked(invitation.group), InvitationState.REVOKED, None, now)
        invitation.delete()
