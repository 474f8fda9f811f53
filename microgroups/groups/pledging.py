"""Giving one's word to come into a proposed group; and proposals that stay short of their bar."""

from django.db.models import Max
from django.utils import timezone

from microgroups.groups.actions import locked, log, must_be, place_of, say_no, tell
from microgroups.groups.founding import (
    KEPT,
    WARNED,
    lacks_in_words,
    missing_of,
    short_of_bar,
)
from microgroups.groups.models import MicroGroup, State
from microgroups.groups.rules import just_after
from network.errors import NotAllowed, Refused
from network.prepared import rows
from network.transactions import deed


@deed
def pledge(group, person, *, facilitate=False, now=None):
    """Give one's word to come when the group opens; `facilitate`: and to look after it.

    Said again it keeps its place in the order.
    Refuses: not_allowed, already_member, already_open, group_not_open (declined or archived).
    """
    now = now or timezone.now()
    group = locked(group)
    if not place_of(person, group.network).is_current:
        raise NotAllowed("not_allowed", f"Only members of {group.network.name} can pledge to come.")
    must_be(group, State.PROPOSED)
    if group.memberships.of(person) is not None:
        raise Refused("already_member", f"You are already in {group.name}.")
    word = group.pledges.filter(person=person).first()
    if word is None:
        last = group.pledges.aggregate(at=Max("pledged_at"))["at"]
        group.pledges.create(person=person, facilitate=facilitate, pledged_at=just_after(last, now))
        log("group.pledged", group, person, now)
    elif word.facilitate != facilitate:
        word.facilitate = facilitate
        word.save(update_fields=["facilitate"])
        log("group.pledge_changed", group, person, now)
    return group


@deed
def withdraw_pledge(group, person, *, now=None):
    """Take one's word back; who has given none is as they were."""
    now = now or timezone.now()
    group = locked(group)
    gone, _ = group.pledges.filter(person=person).delete()
    if gone:
        log("group.pledge_withdrawn", group, person, now)
    return group


def end_proposals(now):
    """Warn of proposals short of their bar for 23 days; a week later they are declined."""
    if not rows(one_proposed, now - KEPT + WARNED):
        return
    soon = MicroGroup.objects.filter(proposed_at__lte=now - KEPT + WARNED, warned_at=None)
    for group in short_of_bar(soon).order_by("pk"):
        warn(group, now)
    over = MicroGroup.objects.filter(proposed_at__lte=now - KEPT, warned_at__lte=now - WARNED)
    for group in short_of_bar(over).order_by("pk"):
        end(group, now)


def one_proposed(until):
    """One proposal of that age, if there is any: to tell what they lack is dear."""
    old = MicroGroup.objects.filter(state=State.PROPOSED, proposed_at__lte=until)
    return old.order_by().values_list("pk")[:1]


@deed
def warn(group, now):
    """Tell the founder, once, what the proposal still lacks and that it ends in a week."""
    group = locked(group)
    missing = missing_of(group)
    if group.state != State.PROPOSED or group.warned_at or not missing:
        return
    group.warned_at = now
    group.save(update_fields=["warned_at"])
    activity = log("group.proposal_warned", group, None, now)
    people = [group.founder] if group.founder else []
    tell(people, "proposal_goes", group, activity, f"It needs {lacks_in_words(missing)}.")


@deed
def end(group, now):
    """Decline a proposal that is still short of its bar, with what it lacked as the reason."""
    group = locked(group)
    missing = missing_of(group)
    waited = group.warned_at and group.warned_at <= now - WARNED
    if group.state != State.PROPOSED or not waited or not missing:
        return
    reason = f"After 30 days it still needed {lacks_in_words(missing)}. You can try again."
    say_no(group, None, reason, now)
