"""Members who show newcomers around: they offer it, and are asked in turn (domain.md R10)."""

from django.db.models import Count, F, Q
from django.utils import timezone

from facilitation.welcome import rules
from facilitation.welcome.models import Buddy
from microgroups.groups.actions import locked
from microgroups.membership.models import Membership
from network.activity.actions import record
from network.errors import Refused
from network.notifications.actions import notify
from network.notifications.attention import those_who_may
from network.people.blocking import without_blockers
from network.transactions import deed


@deed
def offer(group, person, *, now=None):
    """Offer to show newcomers around; offered again, nothing changes. Refuses: not_a_member."""
    now = now or timezone.now()
    membership = seated(locked(group), person)
    buddy, is_new = Buddy.objects.get_or_create(membership=membership, defaults={"since": now})
    if is_new:
        log("buddy.offered", buddy, person, now)
    return buddy


@deed
def withdraw(group, person, *, now=None):
    """Be asked no more; nobody is told. Without an offer, nothing changes."""
    now = now or timezone.now()
    group = locked(group)
    buddy = Buddy.objects.filter(membership__group=group, membership__person=person).first()
    if buddy is None:
        return
    buddy.membership.group = group
    log("buddy.withdrawn", buddy, person, now)
    buddy.delete()


def seated(group, person):
    membership = group.memberships.of(person)
    if membership is None or not membership.is_active:
        raise Refused(
            "not_a_member", f"Only who has a seat in {group.name} can show newcomers around."
        )
    membership.group = group
    return membership


def log(verb, buddy, person, now):
    group = buddy.membership.group
    record(verb, network=group.network, actor=person, about=buddy, group=group, at=now)


def ask_a_buddy(membership, now):
    """Ask whoever's turn it is to show this newcomer around; the person, or None.

    Of those who offered it and wrote on most days of four weeks (the upper quarter), who was here
    this week, has room in their attention, and is not blocked either way.
    """
    group, newcomer = membership.group, membership.person
    facts = {
        "network": group.network,
        "cause": f"buddy:{membership.pk}",
        "group": group,
        "subject": ("membership", membership.pk),
    }
    people = [buddy.membership.person for buddy in in_turn(membership, now)]
    people = [
        person
        for person in without_blockers(people, newcomer)
        if without_blockers([newcomer], person)
    ]
    chosen = those_who_may(people, "be_buddy", most=1, now=now, **facts)
    notify(chosen, "be_buddy", at=now, **facts)
    if not chosen:
        return None
    Buddy.objects.filter(membership__group=group, membership__person=chosen[0]).update(asked_at=now)
    return chosen[0]


def in_turn(membership, now):
    """The offers that count, whose turn is longest ago first."""
    others = Membership.objects.active().filter(group=membership.group).exclude(pk=membership.pk)
    since = (now - rules.ACTIVE_FOR).date()
    wrote = Count("visits", filter=Q(visits__wrote=True, visits__on__gt=since))
    days = dict(others.annotate(days=wrote).values_list("pk", "days"))
    offers = Buddy.objects.filter(
        membership__in=rules.most_active_quarter(days),
        membership__last_visit_on__gte=(now - rules.SEEN_LATELY).date(),
    )
    turn = F("asked_at").asc(nulls_first=True)
    return offers.select_related("membership__person").order_by(turn, "since", "pk")
