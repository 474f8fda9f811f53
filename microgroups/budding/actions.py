"""How a group begins to grow a sister: it is proposed, an admin says yes; or it is dropped.

Locks: the group, then its sister (whose key is higher), then the budding, then people.
"""

from django.utils import timezone

from microgroups.budding import rules
from microgroups.budding.models import Budding, State, Way
from microgroups.budding.reading import facts_of
from microgroups.groups import actions as groups
from microgroups.groups.actions import facilitator_of, locked, must_be, place_of
from microgroups.groups.models import MicroGroup
from microgroups.groups.models import State as GroupState
from microgroups.groups.rules import charter_of, optional
from microgroups.membership.models import READING
from network.activity.actions import record
from network.errors import Invalid, Refused
from network.networks.models import Network
from network.notifications.actions import tell_of
from network.pace import keep_pace
from network.people.models import Person
from network.transactions import deed

INHERITED = (
    *("purpose", "difference", "belonging", "agreements", "care_plan"),
    *("join_policy", "visibility", "questions"),
)


@deed
def bud(group, person, *, name, facilitator=None, why="", cap=None, reason="", now=None, **charter):
    """Propose a sister of a group that one facilitates; an admin says yes, then people choose.

    facilitator: a member who would look after the sister, oneself unless named; why: in one's own
    words; charter: what differs from the group's; reason: why an admin gives it more seats.
    Refuses: not_allowed, group_not_open, already_budding, cap_above_limit, too_often; 400 where
    the facilitator is no member.
    """
    now = now or timezone.now()
    network = Network.objects.select_for_update(no_key=True).get(pk=group.network_id)
    group = locked(group)
    facilitator_of(group, person)
    must_be(group, GroupState.OPEN)
    if group.buddings.unsettled(now).exists():
        raise Refused(
            "already_budding",
            f"{group.name} is growing a sister, or some are in both still. Let that end first.",
        )
    facilitator = facilitator or person
    if not group.memberships.active().filter(person=facilitator).exists():
        raise Invalid({"facilitator": f"Choose somebody who has a seat in {group.name}."})
    why, facts = optional("why", why, rules.WHY), facts_of(group, now)
    place = place_of(person, network)
    if not place.is_admin:
        keep_pace("proposal", person, now)
    sister = sister_of(group, person, now, name=name, **charter)
    groups.set_cap(sister, cap or min(group.cap, network.max_cap), place, reason)
    sister.founder_answer = rules.to_admins(why, facts)
    sister.save(force_insert=True)
    budding = Budding.objects.create(
        group=group,
        sister=sister,
        proposed_by=person,
        facilitator=facilitator,
        why=why,
        facts=facts,
        proposed_at=now,
    )
    activity = log("budding.proposed", budding, person, now)
    if facilitator == person:
        first_word(budding, person, now)
    tell([facilitator], "budding_asked", budding, activity, why)
    groups.enter(sister, person, place, now)
    budding.refresh_from_db()
    return budding


def sister_of(group, person, now, **charter):
    """The sister as it will be: what is not said of it is as in the group."""
    said = {field: getattr(group, field) for field in INHERITED} | charter
    colour = said.pop("colour", "") or rules.kindred(group.colour, group.buddings.count())
    sister = MicroGroup(
        network=group.network,
        founder=person,
        sister_of=group,
        proposed_at=now,
        colour=colour,
        **charter_of(said),
    )
    sister.slug = groups.free_slug(sister)
    return sister


def first_word(budding, person, now):
    """Whoever would look after the sister goes; or is in both, where nobody else would stay."""
    others = budding.group.memberships.facilitating().exclude(person=person)
    way = Way.GO if others.exists() else Way.BOTH
    budding.choices.create(person=person, way=way, at=now)


# What follows when a group changes


def follow(group, now):
    """The locked group has changed: an admin said yes or no to a sister, or a group was closed."""
    if group.sister_of_id is not None and group.state in (
        GroupState.PROPOSED,
        GroupState.DECLINED,
    ):
        follow_sister(group, now)
    elif group.is_archived and group.buddings.under_way().exists():
        call_off(held_newest(group), None, now)


def follow_sister(sister, now):
    """Once an admin has said yes people choose; after a no nobody does, until it is tried again."""
    budding = held(Budding.objects.under_way().filter(sister=sister))
    if budding is None:
        return
    if sister.is_approved_sister and budding.is_proposed:
        begin(budding, now)
    elif budding.is_choosing and not sister.is_approved_sister:
        budding.state, budding.closes_at, budding.reminded_at = State.PROPOSED, None, None
        budding.save(update_fields=["state", "closes_at", "reminded_at"])
        activity = log("budding.stopped", budding, None, now)
        tell(readers(budding.group), "budding_dropped", budding, activity)


def begin(budding, now):
    """Let people choose, for 14 days; each is told once."""
    budding.state, budding.closes_at = State.CHOOSING, now + rules.CHOOSING
    budding.save(update_fields=["state", "closes_at"])
    activity = log("budding.choosing", budding, None, now)
    tell(members(budding.group), "budding_begun", budding, activity)


# Dropping


@deed
def drop(group, person, *, now=None):
    """Call it off before it is done: all is as it was. A facilitator may.

    Refuses: not_allowed, not_choosing (it is done).
    """
    now = now or timezone.now()
    budding = held_newest(group)
    facilitator_of(budding.group, person)
    if budding.is_done:
        raise Refused("not_choosing", f"{budding.sister.name} has begun already.")
    if budding.is_under_way:
        call_off(budding, person, now)
    return budding


def call_off(budding, person, now, kind="budding_dropped"):
    """End the locked budding without a sister. Who was choosing is told; else who proposed it."""
    group, sister, was_choosing = budding.group, locked(budding.sister), budding.is_choosing
    budding.state, budding.ended_at = State.DROPPED, now
    budding.save(update_fields=["state", "ended_at"])
    sister.state, sister.decline_reason = GroupState.DECLINED, "It was called off."
    sister.founder = sister.sister_of = sister.approved_at = None
    sister.save(update_fields=["state", "decline_reason", "founder", "sister_of", "approved_at"])
    budding.sister = sister
    sister.pledges.all().delete()
    groups.log("group.declined", sister, person, now)
    groups.tell_rooms(sister, now)
    activity = log("budding.dropped", budding, person, now)
    involved = Person.objects.filter(pk__in=[budding.proposed_by_id, budding.facilitator_id])
    tell(members(group) if was_choosing else involved, kind, budding, activity)


# What several of these ask and do


def held_newest(group):
    """The newest budding of the group, with the group and its sister, all locked.

    Refuses: not_choosing, where there never was one.
    """
    group = locked(group)
    newest = group.buddings.newest().first()
    if newest is None:
        raise Refused("not_choosing", f"{group.name} is not growing a sister.")
    sister = locked(newest.sister)
    budding = held(Budding.objects.filter(pk=newest.pk))
    budding.group, budding.sister = group, sister
    return budding


def held(buddings):
    """The one of these, locked; or None."""
    found = buddings.select_related("group__network", "sister__network")
    return found.select_for_update(no_key=True, of=["self"]).first()


def members(group):
    """Those who have a seat in the group, to be told something."""
    return Person.objects.filter(pk__in=group.memberships.active().values("person"))


def readers(group):
    """Those in the group, also who rests."""
    inside = group.memberships.filter(state__in=READING)
    return Person.objects.filter(pk__in=inside.values("person"))


def log(verb, budding, person, now, **facts):
    group = budding.group
    return record(
        verb, network=group.network, actor=person, about=budding, group=group, at=now, **facts
    )


def tell(people, kind, budding, activity, words=""):
    """Tell people of what was just recorded about the budding."""
    tell_of(
        activity, people, kind, group=budding.group, subject=("budding", budding.pk), words=words
    )
