"""What can happen to an appeal: it is made once, and somebody else decides it."""

from django.utils import timezone

from microgroups.appeals.models import LIFTS, About, Appeal
from microgroups.groups.actions import locked
from microgroups.groups.reading import who_looks_after
from microgroups.groups.rules import needed
from microgroups.membership.models import Membership
from microgroups.membership.models import State as MembershipState
from microgroups.membership.seats import log as log_place
from microgroups.membership.seats import move, offer_free_seats
from network.activity.actions import record
from network.errors import NotAllowed, Refused
from network.notifications.actions import tell_of
from network.notifications.opening import note_answered
from network.people.models import Person
from network.transactions import deed

TEXT = 2000  # characters
APPEALABLE = {
    MembershipState.REMOVED: About.REMOVAL,
    MembershipState.DECLINED: About.DECLINE,
}


@deed
def appeal(membership, person, *, text, now=None):
    """Ask somebody else to look again at one's own removal or decline; once for each.

    Refuses: not_a_member (nothing was decided about them), already_appealed.
    """
    now = now or timezone.now()
    group = locked(membership.group)
    text = needed("text", text, TEXT)
    membership = group.memberships.filter(pk=membership.pk, person=person).first()
    if membership is None or membership.state not in APPEALABLE:
        raise Refused("not_a_member", "Nobody has asked you to go here, or said not this time.")
    asked = Appeal.objects.about_places().filter(membership=membership)
    if asked.filter(decided_at=membership.since).exists():
        raise already_appealed()
    return make(
        membership,
        person,
        now,
        about=APPEALABLE[membership.state],
        decided_at=membership.since,
        decided_by=membership.decided_by,
        text=text,
    )


@deed
def appeal_decision(membership, person, *, decision, text, now=None, **decided):
    """The same for a decision on record, by its key; once. The floor above says who may.

    decided: about, decided_at, decided_by, told. Refuses: already_appealed.
    """
    now = now or timezone.now()
    text = needed("text", text, TEXT)
    if Appeal.objects.filter(decision=decision).exists():
        raise already_appealed()
    return make(membership, person, now, decision=decision, text=text, **decided)


def already_appealed():
    return Refused("already_appealed", "You have asked for this already. It is looked at once.")


def make(membership, person, now, **facts):
    """The appeal, on record, and those told who look again."""
    group = membership.group
    made = Appeal.objects.create(membership=membership, at=now, **facts)
    activity = log("appeal.made", made, group, person, now)
    kind = "appeal_waits" if made.is_about_place else "decision_waits"
    tell(who_looks(made, group), kind, made, group, activity)
    return made


@deed
def resolve(appeal, person, *, decision, reason, now=None):
    """Decide an appeal: `upheld`, it stays as it is; `lifted`, they may come in again.

    One that is decided stays so. Refuses: not_allowed (also whoever decided, and whose it is).
    """
    now = now or timezone.now()
    group = locked(Membership.objects.select_related("group").get(pk=appeal.membership_id).group)
    appeal = Appeal.objects.select_for_update(no_key=True, of=["self"]).get(pk=appeal.pk)
    appeal.membership = group.memberships.select_related("person").get(pk=appeal.membership_id)
    appeal.membership.group = group
    may_resolve(appeal, group, person)
    reason = needed("reason", reason)
    if not appeal.is_open:
        return appeal
    appeal.state, appeal.reason = decision, reason
    appeal.resolved_by, appeal.resolved_at = person, now
    appeal.save(update_fields=["state", "reason", "resolved_by", "resolved_at"])
    activity = log(f"appeal.{decision}", appeal, group, person, now)
    note_answered(person, now=now, appeal=[appeal.pk])
    if appeal.is_lifted and not appeal.is_about_place:
        LIFTS[appeal.about].value(appeal, person, now)
    elif appeal.is_lifted and Appeal.objects.standing().filter(pk=appeal.pk).exists():
        lift(appeal.membership, person, now)
    kind = f"appeal_{decision}" if appeal.is_about_place else f"decision_{decision}"
    tell([appeal.membership.person], kind, appeal, group, activity, reason)
    return appeal


def lift(membership, person, now):
    """The bar falls. A hidden group has no door to see from outside: there they are lined up."""
    group, membership.barred = membership.group, False
    if group.is_hidden and group.is_open and not group.is_over_policy:
        move(membership, MembershipState.WAITLISTED, now, actor=person)
        offer_free_seats(group, now)
    elif membership.was_removed:
        membership.save(update_fields=["barred"])
        log_place("membership.unbarred", membership, person, now)
    else:
        move(membership, MembershipState.LEFT, now, actor=None)


def may_resolve(appeal, group, person):
    """Refuse all but another facilitator, or, without one, whoever looks after the network."""
    about_them = person.pk in (appeal.decided_by_id, appeal.membership.person_id)
    asked = who_looks(appeal, group)
    if about_them or not asked.filter(pk=person.pk).exists():
        raise NotAllowed("not_allowed", f"Somebody else looks into this for {group.name}.")


def who_looks(appeal, group):
    """The other facilitators; else the moderators and admins, of a hidden group the admins."""
    people = Person.objects.exclude(pk=appeal.membership.person_id)
    if appeal.decided_by_id:
        people = people.exclude(pk=appeal.decided_by_id)
    others = people.filter(pk__in=group.memberships.facilitating().values("person"))
    if others.exists():
        return others
    return people.filter(pk__in=who_looks_after(group.network, group).values("pk"))


def erase(person):
    """Take the person out of every appeal; their own go."""
    Appeal.objects.filter(membership__person=person).delete()
    Appeal.objects.filter(decided_by=person).update(decided_by=None)
    Appeal.objects.filter(resolved_by=person).update(resolved_by=None)


def log(verb, appeal, group, person, now):
    return record(verb, network=group.network, actor=person, about=appeal, group=group, at=now)


def tell(people, kind, appeal, group, activity, words=""):
    """Tell people of what was just recorded about the appeal."""
    tell_of(activity, people, kind, group=group, subject=("appeal", appeal.pk), words=words)
