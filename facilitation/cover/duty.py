"""Who is there for a group now, in the order in which they are asked."""

from collections import defaultdict
from dataclasses import dataclass
from enum import IntEnum

from django.contrib.postgres.aggregates import JSONBAgg
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import JSONObject

from facilitation.cover.models import Duty, Leave
from facilitation.cover.rules import UNSEEN_AFTER
from microgroups.membership.models import Membership
from network.networks.models import NetworkMembership, Role
from network.people.models import Person


class Circle(IntEnum):
    """How near somebody stands: the nearest are asked first."""

    DUTY = 1  # on duty today, and seen within five days
    FACILITATOR = 2  # looks after the group, and is not away
    DEPUTY = 3  # steps in for somebody who is away
    NETWORK = 4  # moderators and admins of the network


@dataclass(frozen=True)
class OnDuty:
    """Somebody who may be asked, and why they."""

    person: Person
    circle: Circle

    @property
    def facilitates(self):
        """Whether they read what is inside a facilitator's queue."""
        return self.circle <= Circle.FACILITATOR


def on_duty(group, now):
    """[OnDuty] in the order in which they are rung; each person once. Five queries.

    Who is on duty today and was seen lately; everybody else who facilitates and is not away;
    who steps in for those who are; the network's moderators and admins. A group without a rota
    has everybody on duty every day. Days are those of the person's own time zone.
    """
    watch = Watch(group, now)
    found: dict = {}
    for person, circle in watch.rings():
        found.setdefault(person.pk, OnDuty(person, circle))
    return list(found.values())


class Watch:
    """A group's facilitators, its rota and who is away, as of one moment."""

    def __init__(self, group, now, facilitating=None):
        """Three queries; none, where who facilitates comes along with their days (`with_days`)."""
        self.group, self.now = group, now
        if facilitating is None:
            found = list(group.memberships.facilitating().select_related("person"))
            self.rota, self.leaves = rota_of(group, found), leaves_of(group, found, now)
        else:
            found = facilitating
            self.rota, self.leaves = rota_in(found), leaves_in(found)
        self.memberships = sorted(found, key=seen_first)

    def day_of(self, person):
        return self.now.astimezone(person.zone).date()

    def is_away(self, person, day=None):
        """Whether they have said that they are away on this day, else today."""
        day = day or self.day_of(person)
        return any(each.person_id == person.pk and each.covers(day) for each in self.leaves)

    def has_duty(self, person, day):
        return not self.rota or person.pk in self.rota[day.weekday()]

    def here(self):
        """The memberships of those who are not away, the latest seen first."""
        return [each for each in self.memberships if not self.is_away(each.person)]

    def on_watch(self):
        """The memberships of those on duty now: not away, and seen within five days."""
        return [
            each
            for each in self.here()
            if self.has_duty(each.person, self.day_of(each.person)) and is_seen(each, self.now)
        ]

    def unseen_by(self, reader):
        """Those who are not away and were not seen for five days; not who lets nobody look. Nobody
        is told so of themselves."""
        return [
            each.person
            for each in self.here()
            if each.person != reader
            and each.rhythm_paused_at is None
            and not is_seen(each, self.now)
        ]

    def deputies(self):
        """Those who step in today, and are members still."""
        today = [each for each in self.leaves if each.deputy and self.covers_today(each)]
        asked = [each.deputy for each in today]
        still = Membership.objects.active().filter(group=self.group, person__in=asked)
        members = set(still.values_list("person", flat=True)) if asked else set()
        return [person for person in asked if person.pk in members and not self.is_away(person)]

    def covers_today(self, leave):
        return leave.covers(self.day_of(leave.person))

    def rings(self):
        """(person, circle) in order; somebody may stand in two circles."""
        for membership in self.on_watch():
            yield membership.person, Circle.DUTY
        for membership in self.here():
            yield membership.person, Circle.FACILITATOR
        for person in self.deputies():
            yield person, Circle.DEPUTY
        for person in keepers_of(self.group.network_id):
            if not self.is_away(person):
                yield person, Circle.NETWORK


def seen_first(membership):
    """For sorting: the latest seen first."""
    return (-last_seen_on(membership).toordinal(), str(membership.pk))


def last_seen_on(membership):
    """The day on which they were last in the group; who has just come in was seen."""
    return max(
        day
        for day in (membership.last_visit_on, membership.since.date(), membership.joined_at.date())
        if day is not None
    )


def is_seen(membership, now):
    return last_seen_on(membership) > (now - UNSEEN_AFTER).date()


def rota_of(group, memberships):
    """{weekday: keys of who is on duty}; {} where none of them is in a rota."""
    theirs = [each.person_id for each in memberships]
    duties = Duty.objects.filter(group=group, person__in=theirs)
    return by_weekday(duties.values_list("weekday", "person"))


def by_weekday(duties):
    days: dict = defaultdict(set)
    for weekday, person in duties:
        days[weekday].add(person)
    return days


def leaves_of(group, memberships, now):
    """Their leaves that are not over, the first to begin first."""
    theirs = [each.person_id for each in memberships]
    leaves = Leave.objects.filter(group=group, person__in=theirs, back_on__gte=now.date())
    return list(leaves.select_related("deputy", "person").order_by("starts_on", "pk"))


def keepers_of(network):
    """Moderators, then admins, whose place is open."""
    keepers = Q(role=Role.MODERATOR) | Q(role=Role.ADMIN)
    places = NetworkMembership.objects.filter(keepers, network=network, suspended_at=None)
    places = places.select_related("person").order_by("pk")
    return [each.person for each in sorted(places, key=lambda each: each.role == Role.ADMIN)]


def with_days(groups, today):
    """Who facilitates these groups, each with their `weekdays` on duty and `away`, their leaves
    that are not over: what a Watch needs."""
    theirs = {"group": OuterRef("group"), "person": OuterRef("person")}
    leave = JSONObject(id="pk", starts_on="starts_on", back_on="back_on", deputy_id="deputy")
    leaves = Leave.objects.filter(**theirs, back_on__gte=today).order_by().values("group")
    return (
        Membership.objects.facilitating()
        .filter(group__in=groups)
        .annotate(
            weekdays=ArraySubquery(Duty.objects.filter(**theirs).values("weekday")),
            away=Subquery(leaves.annotate(all=JSONBAgg(leave)).values("all")),
        )
    )


def rota_in(memberships):
    return by_weekday((day, each.person_id) for each in memberships for day in each.weekdays)


def leaves_in(memberships):
    """The same Leaves as `leaves_of`; who steps in is asked for when somebody reads it."""
    found = [leave_in(each, facts) for each in memberships for facts in each.away or ()]
    return sorted(found, key=lambda leave: (leave.starts_on, str(leave.pk)))


def leave_in(membership, facts):
    leave = Leave(group=membership.group, person=membership.person)
    for name, told in facts.items():
        setattr(leave, name, Leave._meta.get_field(name.removesuffix("_id")).to_python(told))
    return leave
