"""A network of thirty groups, and what its people do on each day of a year.

All of it is drawn from a seed by `chance`, which knows only of what one asks about: neither of
keys, nor of the order or the time of what Kith does by itself. So two villages of the same seed
want the same, whatever befalls their brokers.

Six kinds of groups, five of each, whose people live in no other (but for those of `rhythm`, some
of whom live in two): what is asked of one person comes from one job.
"""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from uuid import UUID

import uuid_utils.compat
from django.db.models import F

from facilitation.nudges.models import NudgeHabit
from facilitation.starters.models import StarterHabit
from facilitation.welcome.models import Buddy
from microgroups.groups import actions as groups
from microgroups.groups.models import MicroGroup
from microgroups.membership.models import Membership
from network.networks.models import NetworkMembership
from network.networks.models import Role as NetworkRole
from network.notifications.models import MailStop, MailWish, QuietHours
from network.people.models import Person
from tests.factories import NetworkFactory, PersonFactory, letters

DAY = timedelta(days=1)
KINDS = ("greet", "ask", "threads", "rhythm", "line", "still")
OF_EACH = 5
PEOPLE = {"greet": 4, "ask": 3, "threads": 4, "rhythm": 4, "line": 3, "still": 4}
ZONES = (
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/Los_Angeles",
    "America/St_Johns",
    "America/Santiago",
    "Africa/Cairo",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Australia/Lord_Howe",  # by half an hour
    "Pacific/Chatham",  # a quarter of an hour off
)
NO_FULL_HOUR = "Asia/Kolkata"  # where evening comes between two rounds, never in the middle of one


def chance(*words):
    """A number from 0 to 1 that belongs to these words."""
    drawn = blake2b(repr(words).encode(), digest_size=8).digest()
    return int.from_bytes(drawn, "big") / 2**64


def pick(choices, *words):
    return choices[int(chance(*words) * len(choices))]


class Keys:
    """The public ids of a year: made as uuid7 makes them, from the clock of the year.

    What a deed makes has the same key in each run; `by_jobs` are the others.
    """

    def __init__(self, clock):
        self.clock, self.deed, self.made = clock, None, 0
        self.by_jobs = set()

    def begin(self, deed):
        self.deed, self.made = deed, 0

    def __call__(self):
        self.made += 1
        milliseconds = int(self.clock.at.timestamp() * 1000)
        drawn = int(chance("key", self.deed, self.made) * 2**50)
        number = milliseconds << 80 | 7 << 76 | (self.made & 0xFFF) << 64 | 2 << 62 | drawn
        key = UUID(int=number)
        if self.deed is None:
            self.by_jobs.add(str(key))
        return key

    @contextmanager
    def in_use(self):
        before, uuid_utils.compat.uuid7 = uuid_utils.compat.uuid7, self
        try:
            yield self
        finally:
            uuid_utils.compat.uuid7 = before


class Village:
    """Who lives where; `begins`: midnight of the first day."""

    def __init__(self, seed, begins):
        self.seed, self.begins = seed, begins
        self.born = begins - 100 * DAY
        self.count = 0
        self.network = NetworkFactory(
            slug=f"year-{seed}", name="The Village", created_at=self.born, minimum_age=16
        )
        self.admin = self.person(role=NetworkRole.ADMIN)
        self.moderator = self.person(role=NetworkRole.MODERATOR)
        self.groups = [
            (kind, self.group(kind, number)) for number in range(OF_EACH) for kind in KINDS
        ]

    def person(self, role=NetworkRole.MEMBER, at=None, zone=None):
        """Somebody new, in one of the zones."""
        self.count += 1
        name = f"v{letters(self.count)}"
        zone = zone or ZONES[self.count % len(ZONES)]
        at = at or self.born
        person = PersonFactory(username=name, time_zone=zone, joined_at=at)
        NetworkMembership.objects.create(
            network=self.network, person=person, role=role, joined_at=at
        )
        if self.count % 11 == 0:
            QuietHours.objects.create(person=person, starts="19:00", ends="10:30")
        if self.count % 7 == 0:
            MailWish.objects.create(person=person, category="talk", at=at)
        if self.count % 3:
            MailStop.objects.create(person=person, category="digest", at=at)
        return person

    def group(self, kind, number):
        """A group with its people: two who look after it, the others members."""
        kith_asks = kind == "still" and number % 2
        zone = NO_FULL_HOUR if kith_asks else None
        hosts = [self.person(zone=zone), self.person(zone=zone)]
        charter = {
            "name": f"{kind.capitalize()} {letters(number + 1)}",
            "purpose": "We grow things on balconies.",
            "difference": "Two square metres at most.",
            "belonging": "Whoever has a balcony.",
            "agreements": "Be kind.\nAnswer newcomers.",
            "care_plan": "We take turns.",
            "colour": "moss",
            "join_policy": "ask" if kind == "line" and number < 2 else "open",
        }
        at = self.born + number * DAY
        cap = 2 + PEOPLE[kind] if kind == "line" else 60
        group = groups.propose(self.network, hosts[0], cap=cap, now=at, **charter)
        groups.approve(group, self.admin, now=at)
        members = [self.person(zone=zone) for _ in range(PEOPLE[kind])]
        if kind == "rhythm" and number % 2:
            members[0] = self.shared  # who lives in the one before, too
        self.shared = members[0]
        self.seat(group, [hosts[1], *members], at, knows_them=kind == "rhythm")
        Membership.objects.filter(group=group, person=hosts[1]).update(role="facilitator")
        if kind == "greet":
            offers = Membership.objects.filter(group=group, person__in=members[:2])
            Buddy.objects.bulk_create(Buddy(membership=each, since=at) for each in offers)
        if kind == "rhythm" and number % 2:
            NudgeHabit.objects.create(group=group, by_kith=True)
        if kith_asks:
            StarterHabit.objects.create(group=group, by_kith=True)
        return group

    def seat(self, group, people, at, knows_them):
        """They have lived here for a while; where Kith knows them, they came every third day."""
        day = (self.begins - 2 * DAY).date()
        facts = {
            "state": "active",
            "since": at,
            "joined_at": at,
            "read_before": at,
            "first_post_at": at,
            "last_visit_on": day,
            "last_visit_alive": 90,
        }
        if knows_them:
            facts |= {"recent_gaps": [3] * 12, "recent_gaps_sum": 36}
        Membership.objects.bulk_create(
            Membership(group=group, person=person, **facts) for person in people
        )
        MicroGroup.objects.filter(pk=group.pk).update(
            seats_taken=F("seats_taken") + len(people),
            alive_days=96,
            alive_until=day + 6 * DAY,
        )
        # Whoever was here before has been welcomed, then.
        Person.objects.filter(pk__in=[person.pk for person in people]).update(joined_at=at)


def midnight(year, month, day):
    return datetime(year, month, day, tzinfo=UTC)
