"""The rule run over what is stored of the past, without writing: whom it would have named, and
whether it would have been right (domain.md R22).

An alarm is the first day on which a rule names a member for one silence. It was false when the
member came back by themselves, a hit when they did not for as long as is known. Whoever fell silent
near the end has had no time to come back: only alarms with JUDGED_AFTER known days behind them are
judged, the others are told apart. Rates are over the time in which people still came: from when a
member is first measured to their last visit. Who rests or has left was looked at until that day;
who lets nobody look is not looked at.
"""

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise
from operator import attrgetter
from statistics import median

from django.db import connection, transaction

from facilitation.presence import rules
from microgroups.groups.models import MicroGroup
from microgroups.membership.models import Membership, Visit

JUDGED_AFTER = 60  # days; the ceiling of the rule
FIXED = (14, 30)  # days; what the rule is compared with
DAY, YEAR, WEEK = timedelta(days=1), 365.25, 7
QUIET, LAPSED = "own rhythm, quiet (P < 5%)", "own rhythm, lapsed (P < 2%)"


@dataclass
class Score:
    """What became of the alarms of one rule."""

    rule: str
    alarms: int = 0
    judged: int = 0
    false: int = 0
    days: int = 0  # of all members together

    @property
    def hits(self):
        return self.judged - self.false

    @property
    def false_a_year(self):
        """False alarms for a member in a year."""
        return self.false * YEAR / self.days if self.days else 0.0

    @property
    def share_real(self):
        return self.hits / self.judged if self.judged else 0.0

    @property
    def names_a_week(self):
        """Names for 100 members in a week."""
        return 100 * self.judged * WEEK / self.days if self.days else 0.0


@dataclass
class Replay:
    """The scores of all rules over the same past, and how much of it there was."""

    since: date
    until: date
    memberships: int = 0
    visits: int = 0
    scores: dict = field(default_factory=dict)

    def __post_init__(self):
        names = [f"fixed {days} days" for days in FIXED] + [QUIET, LAPSED]
        self.scores = {name: Score(name) for name in names}

    @property
    def judged_until(self):
        return self.until - timedelta(days=JUDGED_AFTER)

    def count(self, rule, named_on, back_on):
        """An alarm of a rule; nothing where it did not name anybody within these days."""
        if named_on is None or not self.since <= named_on <= self.until:
            return
        score = self.scores[rule]
        score.alarms += 1
        if named_on <= self.judged_until:
            score.judged += 1
            score.false += back_on is not None

    def count_days(self, began, last):
        days = (min(last, self.judged_until) - max(began, self.since)).days
        for score in self.scores.values():
            score.days += max(0, days)


class Past:
    """What is stored of one group: when it was alive, and how long people usually stayed away."""

    def __init__(self, visits, since, until):
        self.visits = sorted(visits, key=attrgetter("on"))
        self.since, self.until = since, until
        self.gaps = {}  # {week: the usual gap}

    @cached_property
    def alive(self):
        """[days on which the group had been alive by then], from the first day that is known."""
        written = {visit.on: visit.alive for visit in self.visits if visit.wrote}
        found, last = [], None
        for number in range((self.until - self.visits[0].on).days + 1):
            day = self.visits[0].on + number * DAY
            last = day if day in written else last
            found.append(0 if last is None else written[last] + min(6, (day - last).days))
        return found

    def alive_by(self, day):
        return self.alive[(day - self.visits[0].on).days]

    def usual_gap(self, day):
        """As the sweep would have told it, which does so once a week from `since` on."""
        week = (day - self.since).days // rules.USUAL_GAP_HOLDS
        if week not in self.gaps:
            told_on = self.since + timedelta(days=week * rules.USUAL_GAP_HOLDS)
            begin = told_on - timedelta(days=rules.GAPS_OF_DAYS)
            first, last = (
                bisect_left(self.visits, on, key=attrgetter("on")) for on in (begin, told_on)
            )
            gaps = [visit.gap for visit in self.visits[first:last] if visit.gap is not None]
            few = len(gaps) < rules.FEWEST_GAPS
            self.gaps[week] = rules.USUAL_GAP if few else median(gaps)
        return self.gaps[week]


def replay(networks, since, until):
    """The Replay of these days over the open groups of the networks."""
    told = Replay(since, until)
    groups = MicroGroup.objects.open().filter(network__in=networks).order_by("pk")
    for group in groups.values_list("pk", flat=True):
        replay_group(group, told)
    return told


@transaction.atomic
def replay_group(group, told):
    """Add what the rules would have said in one group; the database lets nothing be written."""
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
    visits = list(Visit.objects.filter(membership__group=group, on__lte=told.until))
    by_membership: dict = {}
    for visit in sorted(visits, key=attrgetter("on")):
        by_membership.setdefault(visit.membership_id, []).append(visit)
    if not visits:
        return
    past = Past(visits, told.since, told.until)
    looked_at = Membership.objects.filter(pk__in=by_membership, rhythm_paused_at=None)
    for membership in looked_at.exclude(joined_at=None):
        replay_member(membership, by_membership[membership.pk], past, told)


def replay_member(membership, visits, past, told):
    """Every silence of one member: between two visits, and the one that has not ended."""
    began = (membership.joined_at + rules.NEW_FOR).date()
    ended = told.until if membership.is_active else membership.since.date()
    if began > min(ended, told.until):
        return
    told.memberships += 1
    told.visits += len(visits)
    told.count_days(began, visits[-1].on)
    gaps: list = []
    for visit, following in pairwise([*visits, None]):
        if visit.gap is not None:
            gaps = [*gaps, visit.gap][-rules.RECENT_GAPS :]
        back_on = following.on if following else None
        last = min(ended, told.until, back_on - DAY if back_on else told.until)
        for days in FIXED:
            on = max(visit.on + timedelta(days=days), began)
            told.count(f"fixed {days} days", on if on <= last else None, back_on)
        quiet_on, lapsed_on = named_on(visit, gaps, past, began, last)
        told.count(QUIET, quiet_on, back_on)
        told.count(LAPSED, lapsed_on, back_on)


def named_on(visit, gaps, past, began, last):
    """(the first day on which the silence after this visit is unusual, the first as lapsed)."""
    quiet_on, day = None, max(visit.on + timedelta(days=rules.FLOOR), began)
    if day > last or past.alive_by(last) - visit.alive < rules.FLOOR:
        return None, None
    while day <= last:
        away = past.alive_by(day) - visit.alive
        level = rules.level_of(away, gaps, group_gap=past.usual_gap(day)) if away > 0 else None
        if level and quiet_on is None:
            quiet_on = day
        if level == "lapsed":
            return quiet_on, day
        day += DAY
    return quiet_on, None
