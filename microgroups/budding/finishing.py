"""The parting: whoever chose to go is seated in the sister, and those who wait are asked first.

One transaction under both groups' locks: no seat is given twice, and nobody is moved who did not
say so. It takes as many queries for a hundred people as for one, but for the seats that the line of
the group is offered.
"""

from dataclasses import dataclass, field

from django.utils import timezone

from microgroups.budding import rules
from microgroups.budding.actions import call_off, held_newest, log, members, readers, tell
from microgroups.budding.models import Budding, State, Way
from microgroups.groups import actions as groups
from microgroups.groups.actions import facilitator_of
from microgroups.membership.models import Membership, Role
from microgroups.membership.models import State as Place
from microgroups.membership.pledges import in_most_groups, still_here
from microgroups.membership.seats import move_all, offer_free_seats
from network.errors import Refused
from network.networks.models import NetworkMembership
from network.people.models import Person
from network.prepared import rows
from network.transactions import deed


@deed
def finish(group, person, *, now=None):
    """Let what people have chosen so far come true, sooner than its day. A facilitator may.

    Refuses: not_allowed, not_choosing, last_facilitator (nobody would look after the sister).
    """
    now = now or timezone.now()
    budding = held_newest(group)
    facilitator_of(budding.group, person)
    if budding.is_done:
        return budding
    if not budding.is_choosing:
        raise Refused("not_choosing", f"{budding.group.name} is not choosing at present.")
    parting = parting_of(budding)
    if parting.facilitator is None:
        raise Refused(
            "last_facilitator",
            f"Nobody who goes would facilitate {budding.sister.name}. Whoever facilitates "
            f"{budding.group.name} can choose go, or both.",
        )
    part(budding, parting, person, now)
    return budding


def finish_budding(now):
    """Remind those who have not said; let come true what is due; end being in both."""
    if not rows(one_under_way):
        return
    choosing = Budding.objects.choosing()
    soon = choosing.filter(closes_at__gt=now, closes_at__lte=now + rules.REMINDED, reminded_at=None)
    for budding in soon.select_related("group").order_by("pk"):
        remind(budding.group, now)
    for budding in choosing.filter(closes_at__lte=now).select_related("group").order_by("pk"):
        finish_due(budding.group, now)
    tried = Budding.objects.filter(both_until__isnull=False)
    soon = tried.filter(
        both_until__gt=now, both_until__lte=now + rules.REMINDED, both_reminded_at=None
    )
    for budding in soon.order_by("pk"):
        remind_of_both(budding.pk, now)
    for budding in tried.filter(both_until__lte=now).order_by("pk"):
        end_both(budding, now)


def one_under_way():
    """One that may ask for something, if there is any."""
    tried = Budding.objects.filter(both_until__isnull=False)
    return (Budding.objects.choosing() | tried).order_by().values_list("pk")[:1]


@deed
def remind(group, now):
    """Tell those who have not said anything, once, that it ends in three days."""
    budding = held_newest(group)
    if not budding.is_choosing or budding.reminded_at is not None:
        return
    budding.reminded_at = now
    budding.save(update_fields=["reminded_at"])
    said = budding.choices.values("person")
    activity = log("budding.reminded", budding, None, now)
    tell(members(budding.group).exclude(pk__in=said), "budding_ends", budding, activity)


@deed
def finish_due(group, now):
    """Part when the day has come; without anybody to look after the sister it is called off."""
    budding = held_newest(group)
    if not budding.is_choosing or budding.closes_at > now:
        return
    parting = parting_of(budding)
    if parting.facilitator is None:
        call_off(budding, None, now, kind="budding_unkept")
    else:
        part(budding, parting, None, now)


# Who goes where


@dataclass
class Parting:
    """What people have chosen, put in the order in which they did."""

    going: list = field(default_factory=list)  # memberships that leave the group for the sister
    both: list = field(default_factory=list)  # those that stay, too
    waiting: list = field(default_factory=list)  # who stays, and is first in line for the sister
    hindered: list = field(default_factory=list)  # who would be in one group too many, and stays
    facilitator: Membership | None = None

    @property
    def seated(self):
        return self.going + self.both


def parting_of(budding):
    """Who goes, who is in both, who has to wait: read under the locks."""
    group, sister = budding.group, budding.sister
    ways = dict(budding.choices.order_by("at", "pk").values_list("person", "way"))
    rows = group.memberships.active().select_for_update(no_key=True, of=["self"])
    rows = {each.person_id: each for each in rows.select_related("person").order_by("pk")}
    moving = [rows[key] for key, way in ways.items() if way != Way.STAY and key in rows]
    moving = still_here(group.network, moving)
    parting = Parting(facilitator=who_looks_after(budding, moving))
    if parting.facilitator is None:
        return parting
    moving.sort(key=lambda each: each is not parting.facilitator)
    stays = who_stays_behind(rows.values(), ways, parting.facilitator)
    full = in_most_groups(group.network, moving)
    for each in moving:
        is_both = ways[each.person_id] == Way.BOTH or each is stays
        stays_uncounted = is_both or each is parting.facilitator
        one_more = not stays_uncounted and not each.is_counted
        if one_more and each.person_id in full:
            parting.hindered.append(each)
        elif len(parting.seated) >= min(sister.cap, sister.limit):
            parting.waiting.append(each)
        else:
            (parting.both if is_both else parting.going).append(each)
    return parting


def who_looks_after(budding, moving):
    """The one who was asked, if they go; else whoever facilitates the group and goes; or None."""
    asked = (each for each in moving if each.person_id == budding.facilitator_id)
    others = (each for each in moving if each.is_facilitator)
    return next(asked, None) or next(others, None)


def who_stays_behind(rows, ways, facilitator):
    """Of those who facilitate the group, where all would go, the one who is kept; or None."""
    hosts = [each for each in rows if each.is_facilitator]
    if any(ways.get(each.person_id) != Way.GO for each in hosts):
        return None
    return next((each for each in hosts if each is not facilitator), hosts[0] if hosts else None)


# The parting itself


def part(budding, parting, person, now):
    """Seat whoever goes, offer what is free to those who wait, and open the sister."""
    group, sister = budding.group, budding.sister
    # What was said so far stays theirs to read.
    move_all(group, parting.going, Place.LEFT, now, reads_until=now)
    move_in(sister, parting, now)
    offer_free_seats(group, now)
    offered = offer_to_line(group, sister, now)
    budding.state, budding.ended_at = State.DONE, now
    budding.both_until = now + rules.BOTH if parting.both else None
    budding.save(update_fields=["state", "ended_at", "both_until"])
    groups.open_up(sister, person, now)
    numbers = {"going": len(parting.going), "both": len(parting.both)}
    activity = log("budding.done", budding, person, now, **numbers)
    tell_of_parting(budding, parting, offered, activity)


def move_in(sister, parting, now):
    """They begin the sister together; those for whom it has no seat are first in its line."""
    both_until = now + rules.BOTH
    seats = [
        Membership(
            group=sister,
            person=each.person,
            role=Role.FACILITATOR if each is parting.facilitator else Role.MEMBER,
            joined_at=now,
            agreements_accepted_at=now,
            is_founder=True,
            both_until=both_until if each in parting.both else None,
        )
        for each in parting.seated
    ]
    line = [Membership(group=sister, person=each.person) for each in parting.waiting]
    move_all(sister, seats, Place.ACTIVE, now)
    move_all(sister, line, Place.WAITLISTED, now)


def offer_to_line(group, sister, now):
    """Keep the sister's free seats for those who still wait for the group, longest first."""
    free = sister.seats_left - sister.waiting
    if free <= 0:
        return []
    here = NetworkMembership.objects.filter(network=group.network, suspended_at=None)
    line = group.memberships.waiting().filter(person__in=here.values("person"))
    line = line.exclude(person__in=sister.memberships.values("person"))
    offers = [
        Membership(group=sister, person=each.person, queued_at=each.queued_at)
        for each in line.select_related("person")[:free]
    ]
    move_all(sister, offers, Place.OFFERED, now)
    return [each.person for each in offers]


def tell_of_parting(budding, parting, offered, activity):
    """Each hears what it means for them, and nobody twice."""
    sister = budding.sister

    def say(kind, rows):
        groups.tell([each.person for each in rows], kind, sister, activity)

    say("sister_open", parting.seated)
    say("sister_full", parting.waiting)
    say("sister_too_many", parting.hindered)
    groups.tell(offered, "sister_offered", sister, activity)
    told = [each.person_id for each in parting.seated + parting.waiting + parting.hindered]
    tell(readers(budding.group).exclude(pk__in=told), "budding_done", budding, activity)


# In both, for a while


@deed
def remind_of_both(key, now):
    """Tell those in both, once, that it ends in three days."""
    budding = (
        Budding.objects.select_related("group__network", "sister")
        .select_for_update(no_key=True, of=["self"])
        .get(pk=key)
    )
    if budding.both_reminded_at is not None:
        return
    budding.both_reminded_at = now
    budding.save(update_fields=["both_reminded_at"])
    activity = log("budding.reminded", budding, None, now)
    tell(in_both(budding), "both_ends", budding, activity)


def in_both(budding):
    """Those who are in both groups for a while, to be told something."""
    seats = budding.sister.memberships.active().filter(both_until__isnull=False)
    return Person.objects.filter(pk__in=seats.values("person"))


@deed
def end_both(budding, now):
    """Who said nothing else stays in the group, and gives the sister's seat back.

    A seat becomes one like all others where giving it back would help nobody: its person has left
    the group meanwhile, either was closed, or nobody else looks after the sister.
    """
    group, sister = budding.group, budding.sister
    group, sister = groups.locked(group), groups.locked(sister)
    budding = Budding.objects.select_for_update(no_key=True).get(pk=budding.pk)
    if budding.both_until is None or budding.both_until > now:
        return
    budding.group, budding.sister = group, sister
    seats = sister.memberships.active().filter(both_until__isnull=False)
    seats = list(seats.select_for_update(no_key=True, of=["self"]).order_by("pk"))
    here = set(group.memberships.active().values_list("person", flat=True))
    here = here if group.is_open and sister.is_open else set()
    hosts = sister.memberships.facilitating().count()
    going = [each for each in seats if each.person_id in here]
    kept = [each for each in going if each.is_facilitator]
    if kept and len(kept) == hosts:
        going.remove(kept[0])
    move_all(sister, going, Place.LEFT, now)
    sister.memberships.filter(pk__in=[each.pk for each in seats]).update(both_until=None)
    budding.both_until = None
    budding.save(update_fields=["both_until"])
    offer_free_seats(sister, now)
    activity = log("budding.both_ended", budding, None, now, left=len(going))
    left = Person.objects.filter(pk__in=[each.person_id for each in going])
    tell(left, "both_ended", budding, activity)
