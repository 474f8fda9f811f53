"""A year of the village under a perfect broker or a faulty one, and how to tell them apart.

**A round.** On each day, or each `step` days, at another hour: first people do what they do
(living.py), and some hours later beat ticks, workers work, and Kith comes to rest. `ROUND` says at
which minutes there are ticks, over a full hour so that hourly jobs have their turn twice. Under the
faulty broker the first of them is all faults, and in a fifth of the rounds beat is away; the rest
is without, so that every lease runs out and whatever was lost is found again. Nothing is mended by
hand: what the sweeps do not find stays lost, and is found missing.

**A call for help.** Where nobody hears one that people have made, Kith rings: each minute of
`WATCH` beat sends for `ON_WATCH`, what rings and what delivers, under faults for the first half
hour, until the last ring has been called. Then an admin comes, and the round goes on.

**The hour.** No round begins at the hour at which one began 1, 3, 7, 14, 16, 28, 30 or 56 days
before: a rule of so many days then never falls due in the very minutes by which a lost message
delays its effect, where both answers would be right. It also brings Kith to all hours of the night.

**What is compared** (`Year.tell`): all rows of all tables, but for the columns of NO_EFFECT,
and what came of each deed. A time that lies in a round is told as that round: the effect may come
some minutes later. A key that a job has made is told as "made", for its rows come in another order;
what they are about stands in them as well. Left out are which runs of jobs there were, whether beat
lives, and digests: by the hour at which one is gathered it brings more or less; a delay decides.
Of a call for help it is told whom it has reached, and not how often they were rung.
Of letters only that they go: one whose worker died over it is `unknown`, has left or
not, and never leaves again; one that the evening overtakes in the middle of a round waits; of those
about answers, mailed by wish, one an hour goes, and the next not; and whoever is back before that
evening is over needs no nudge. When letters left, how often, and
that none lies about at the end of a round (`lying`), recount.py looks at; so it does at digests and
at how a call climbs. The order of rows that the database was not told is its own, so a seed draws
the same fates in each run, and not always at the same statement.
"""

import re
from collections import Counter
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.apps import apps
from django.core.cache import cache
from django.db import models

from facilitation.distress.models import Call, Distress
from facilitation.presence.models import Absence
from microgroups.digest.models import Digest
from microgroups.membership.letters import Letter
from microgroups.membership.models import Invitation
from network.activity.models import Activity
from network.notifications.models import Attention, Notice
from network.notifications.telling import Broker as Hint
from network.operations import jobs, tasks
from network.operations.models import Heartbeat, JobRun
from tests.trust import recount
from tests.trust.clock import stopped
from tests.trust.faulty_broker import LEASES
from tests.trust.living import Day
from tests.trust.village import DAY, Keys

MINUTE = timedelta(minutes=1)
HOURS = [3, 4, *range(6, 23)]
ROUND = {"perfect": (1, 70), "faulty": (1,), "settling": (16, 70)}
PEOPLE_AT = -150 * MINUTE
WATCH = {"perfect": range(-140, -67), "faulty": range(-140, -110), "settling": range(-110, -67)}
ON_WATCH = ("deliver_notices", "ring_on", "settle_unknown_mails")
AFTER_WATCH = -65 * MINUTE
AWAY = 0.2  # of the rounds in which beat is away until they end
LEFT_OUT = (Heartbeat, JobRun, Digest)
DIGESTS = {  # gathered at an hour of their reader's
    *("kind=digest", "kind=digest_of_threads"),
    "cause=we_stop:digest:made",
}
NO_EFFECT = {
    (Activity, "transaction"),
    (Distress, "rings"),
    (Distress, "next_ring_at"),
    (Call, "ring"),
    (Call, "at"),
    (Attention, "id"),  # of one deed, in the order in which the database found people
    (Invitation, "digest"),  # of a secret
    (Notice, "attempts"),
    (Notice, "id"),
    (Notice, "mail_due_at"),  # the evening may fall into a round, and then a letter waits
    (Notice, "mailed_at"),
    (Letter, "attempts"),
    (Letter, "mail_due_at"),
    (Letter, "mailed_at"),
}
GOES = {"mail=due", "mail=sent", "mail=unknown", "mail=failed"}  # recount says whether it may
GOES_OR_NOT = {  # one an hour from one group is mailed; to who is back, no nudge
    *("kind=reply", "kind=mention"),
    *("kind=nudge", "kind=nudge_by_kith"),
}
RUNG = {"kind=distress", "Call"}  # told once, however often
FROM_THEN = {"offer_until": 3 * DAY, "left_until": DAY}  # a time that is told from another
KEY = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
RING = re.compile(r"^(distress:[0-9a-f-]{36}):\d+$")  # the cause of one ring
NUMBERED = re.compile(r"^([a-z_]+:)\d+(?=$|:)")  # a cause that names a row by its number


def full_hour(day):
    """Around which full hour of the day (from 0) its round is."""
    return timedelta(hours=HOURS[9 * day % len(HOURS)])


class Year:
    """The village under a broker, from any of its days on."""

    def __init__(self, village, broker, step=1):
        self.village, self.broker, self.step = village, broker, step
        self.done, self.lying = [], []

    @contextmanager
    def lived(self, first=0, known=None):
        """In here days pass; it begins in the morning of the day `first`.

        known: the keys of another year, from whose rows this one begins.
        """
        begins = self.village.begins + first * DAY
        with stopped(begins) as self.clock, Keys(self.clock).in_use() as self.keys:
            if known is not None:
                self.keys.by_jobs |= known.by_jobs
            self.broker.asleep = self.while_one_sleeps
            with self.broker.at_work():
                yield self

    def let_pass(self, day):
        """What people do, and a round after it."""
        self.hour = self.village.begins + day * DAY + full_hour(day)
        Hint.away_until = 0.0
        cache.clear()
        self.go_to(self.hour + PEOPLE_AT)
        people = Day(self.village, day, self.clock, self.keys, self.step)
        with self.broker.faults():
            people.live()
        if people.unheard:
            self.keep_watch()
            people.come_at_last()
        self.done += people.done
        if self.broker.is_perfect:
            self.tick_at(ROUND["perfect"])
        else:
            self.meet_faults()
            self.tick_at(ROUND["settling"])
        self.lying += recount.left_lying(self.clock.at)

    def keep_watch(self):
        """The hour after somebody has called for help whom nobody hears."""
        if self.broker.is_perfect:
            self.tick_at(WATCH["perfect"], self.ring)
        else:
            with self.broker.faults():
                self.tick_at(WATCH["faulty"], self.ring)
            self.tick_at(WATCH["settling"], self.ring)
        self.go_to(self.hour + AFTER_WATCH)

    def ring(self):
        tasks.send((name, jobs.slot_at(name, self.clock.at)) for name in ON_WATCH)

    def meet_faults(self):
        with self.broker.faults():
            if self.broker.random.random() < AWAY:
                self.broker.befell["beat away"] += 1
                return
            self.tick_at(ROUND["faulty"])

    def tick_at(self, minutes, tick=tasks.tick.delay):
        for minute in minutes:
            self.go_to(self.hour + minute * MINUTE)
            tick()
            self.broker.work_off()
            if self.broker.later or self.broker.back:
                self.go_to(self.clock.at + MINUTE / 2)
                self.broker.work_off()
            self.broker.work_off()

    def go_to(self, at):
        """It may be later already, where somebody has slept."""
        self.clock.go_to(max(self.clock.at, at))

    def while_one_sleeps(self):
        """Every lease runs out, and others do the work."""
        faulty, self.broker.faulty = self.broker.faulty, False
        in_round = self.clock.at >= self.hour
        until = (ROUND if in_round else WATCH)["settling"][0] * MINUTE
        self.go_to(min(self.clock.at + LEASES, self.hour + until))
        (tasks.tick.delay if in_round else self.ring)()
        self.broker.work_off()
        self.broker.faulty = faulty

    # What can be told of it

    def tell(self):
        """How often there is each row, told so that two runs can be compared."""
        self.absences = {
            key: f"{membership} {on}"
            for key, membership, on in Absence.objects.values_list(
                "pk", "membership", "last_visit_on"
            )
        }
        told = Counter(
            (model.__name__, *row)
            for model in apps.get_models(include_auto_created=True)
            if model not in LEFT_OUT
            for row in self.rows_of(model)
        )
        return Counter({row: 1 if RUNG & {*row} else n for row, n in told.items()})

    def rows_of(self, model):
        fields = [
            field
            for field in model._meta.concrete_fields
            if not field.generated
            and not isinstance(field, models.AutoField)
            and (model, field.name) not in NO_EFFECT
        ]
        rows = model._base_manager.values_list(*(field.attname for field in fields))
        for row in rows.iterator():
            said = [
                f"{field.attname}={self.say(field, value)}"
                for field, value in zip(fields, row, strict=True)
            ]
            if DIGESTS.isdisjoint(said):
                yield alike(said)

    def say(self, field, value):
        if value is None or (isinstance(value, int) and not field.is_relation):
            return value
        if isinstance(value, datetime):
            return self.when(value - FROM_THEN.get(field.name, 0 * DAY))
        if isinstance(value, float):
            return round(value, 6)
        if field.is_relation and field.related_model is Absence:
            return self.absences[value]
        text = RING.sub(r"\1", NUMBERED.sub(r"\1one", str(value)))
        return KEY.sub(self.name_of, text)

    def name_of(self, key):
        """The key of what a deed has made; those of jobs, and those drawn by lot, are alike."""
        is_drawn = key[0][14] == "4"  # the version of a UUID
        return "made" if is_drawn or key[0] in self.keys.by_jobs else key[0]

    def when(self, at):
        """The round or the watch in which it was, or the moment."""
        day = (at - self.village.begins).days
        since = at - self.village.begins - day * DAY - full_hour(day)
        for name, minutes in (("round", ROUND), ("watch", WATCH)):
            if minutes["faulty"][0] * MINUTE <= since <= (minutes["settling"][-1] + 1) * MINUTE:
                return f"{name} {day}"
        return at


def alike(said):
    """What is said of a row, without what may be so or so."""
    if not GOES_OR_NOT.isdisjoint(said):
        said = [each for each in said if not each.startswith(("mail=", "withheld_why="))]
    return tuple("mail goes" if each in GOES else each for each in said)


def differences(perfect, faulty):
    """What there is under the perfect broker alone, and under the faulty one alone."""
    return perfect - faulty, faulty - perfect
