"""The seats of a group and the line for them; every move is counted under the group's lock."""

from datetime import timedelta

from django.db.models import Count, Max, Q

from microgroups.groups.actions import locked
from microgroups.groups.rules import just_after
from microgroups.membership import rules
from microgroups.membership.models import SEATED, InvitationState, Membership, Role, State
from network.activity.actions import record, record_each
from network.notifications.actions import notify_each, tell_of
from network.people.models import Person
from network.prepared import first
from network.transactions import deed

WITHOUT_RHYTHM = [  # what a move writes; the rhythm is kept by visits.py alone
    "state",
    "role",
    "since",
    "joined_at",
    "queued_at",
    "returning",
    "offer_until",
    "answers",
    "agreements_accepted_at",
    "reason",
    "barred",
    "decided_by",
    "read_before",
    "reads_until",
    "both_until",
]


def move(membership, state, now, *, actor, **facts):
    """Put the membership into the state, count the seats, and record it.

    Whoever is no active member any more invites nobody: what they made in the group ends.
    """
    was_active = membership.is_active and not membership._state.adding
    waits_from = end_of_line(membership.group, now) if state == State.WAITLISTED else now
    for field, value in brings(state, now, waits_from).items():
        setattr(membership, field, value)
    if membership._state.adding:
        membership.read_before = membership.read_before or now
        membership.save(force_insert=True)
    else:
        membership.save(update_fields=WITHOUT_RHYTHM)
    count_seats(membership.group)
    if was_active and state != State.ACTIVE:
        end_invitations(membership.group, now, by=membership.person_id)
    return log(f"membership.{state}", membership, actor, now, **facts)


def brings(state, now, waits_from=None):
    """What a state brings with it, as {field: value}; waits_from: since when who waits does."""
    changes = {"state": state, "since": now, "offer_until": None}
    if state == State.OFFERED:
        changes["offer_until"] = now + rules.OFFER_HOLDS
    elif state in (State.WAITLISTED, State.REQUESTED):
        changes["queued_at"] = waits_from
    else:
        changes |= {"queued_at": None, "returning": False}
    if state != State.ACTIVE:
        changes |= {"role": Role.MEMBER, "both_until": None}
    if state == State.REMOVED:
        changes["reads_until"] = None
    return changes


def move_all(group, memberships, state, now, *, actor=None, facts=None, **also):
    """The same as `move` for several of the locked group, in as many queries for a hundred as for
    one. Who lines up is last; who is new to the group does so in this order. facts: for the record;
    also: {field: value} of those that are known."""
    if not memberships:
        return
    new = [each for each in memberships if each._state.adding]
    known = [each for each in memberships if not each._state.adding]
    gone = [each.person_id for each in known if each.is_active and state != State.ACTIVE]
    begin = end_of_line(group, now) if state == State.WAITLISTED else now
    rows = Membership.objects.filter(pk__in=[each.pk for each in known])
    rows.update(**brings(state, now, begin), **also)
    for place, each in enumerate(new):
        changes = brings(state, now, begin + timedelta(microseconds=place))
        for field, value in changes.items():
            setattr(each, field, value)
        each.read_before = each.read_before or now
    Membership.objects.bulk_create(new)
    count_seats(group)
    if gone:
        end_invitations(group, now, by__in=gone)
    about = {"network": group.network, "actor": actor, "at": now, "group": group}
    record_each(f"membership.{state}", memberships, **about, **(facts or {}))


def end_invitations(group, now, **whose):
    """End the open invitations of the locked group, all or one maker's, and who waits by them."""
    open_ones = list(group.invitations.open().filter(**whose).order_by("pk"))
    if not open_ones:
        return
    keys = [invitation.pk for invitation in open_ones]
    group.invitations.filter(pk__in=keys).update(state=InvitationState.REVOKED)
    record_each(
        "invitation.revoked", open_ones, network=group.network, actor=None, group=group, at=now
    )
    named = [invitation.person_id for invitation in open_ones if invitation.person_id]
    invited = group.memberships.filter(state=State.INVITED, person__in=named)
    for membership in invited.order_by("pk"):
        membership.group = group
        move(membership, State.LEFT, now, actor=None)


def end_of_line(group, now):
    """A moment after all who wait."""
    return just_after(group.memberships.waiting().aggregate(at=Max("queued_at"))["at"], now)


def count_seats(group):
    """Count the seats taken and the people in line of the locked group."""
    group.seats_taken, group.waiting = first(seats_of, group.pk) or (0, 0)
    group.save(update_fields=["seats_taken", "waiting"])


def seats_of(group):
    """(taken, waited for) of the group; no row where nobody has ever been in it."""
    people = Membership.objects.filter(group=group).order_by().values("group")
    return people.annotate(
        taken=Count("pk", filter=Q(state__in=SEATED)),
        line=Count("pk", filter=Q(state=State.WAITLISTED)),
    ).values_list("taken", "line")


def offer_free_seats(group, now):
    """Keep each free seat of the locked group for whoever waits longest, for 72 hours."""
    if not (group.is_open and group.waiting and group.has_free_seat):
        return
    for membership in group.memberships.waiting().select_related("person")[: group.seats_left]:
        activity = move(membership, State.OFFERED, now, actor=None)
        tell([membership.person], "seat_offered", membership, activity)


@deed
def renew_offers(group, now):
    """End the offers that were not taken up in time, and pass their seats on."""
    group = locked(group)
    over = group.memberships.offered().filter(offer_until__lte=now)
    for membership in over.select_related("person").order_by("pk"):
        activity = send_back(membership, now)
        tell([membership.person], "offer_ran_out", membership, activity)
    offer_free_seats(group, now)


def follow(group, now):
    """The locked group has changed: its seats are offered, or nobody waits for it any longer."""
    if group.is_open:
        offer_free_seats(group, now)
        return
    end_invitations(group, now)
    for membership in group.memberships.knocking().select_related("person").order_by("pk"):
        activity = send_back(membership, now)
        tell([membership.person], "line_closed", membership, activity)


def send_back(membership, now):
    """End the wait: who was resting goes on resting, everybody else has left."""
    return move(membership, State.RESTING if membership.may_read else State.LEFT, now, actor=None)


def log(verb, membership, actor, now, **facts):
    """Record what happened to the membership."""
    group = membership.group
    return record(
        verb, network=group.network, actor=actor, about=membership, group=group, at=now, **facts
    )


def facilitators(group):
    """Those who facilitate the group, to be told something."""
    return Person.objects.filter(pk__in=group.memberships.facilitating().values("person"))


def tell(people, kind, membership, activity, words=""):
    """Tell people of what was just recorded about the membership."""
    tell_of(
        activity,
        people,
        kind,
        group=membership.group,
        subject=("membership", membership.pk),
        words=words,
    )


def tell_each(kind, memberships, group, now):
    """Tell several, in one query, where Kith has brought them; once for each group and kind."""
    notify_each(
        [(each.person, ("membership", each.pk)) for each in memberships],
        kind,
        network=group.network,
        cause=f"{kind}:{group.pk}",
        group=group,
        at=now,
    )
