"""The rule over the stored past: what it would have said, by hand and as the sweep said it."""

import gzip
import json
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from bridging.importing.actions import import_community
from facilitation.presence.actions import notice_absences, pause
from facilitation.presence.models import Absence
from facilitation.presence.replay import LAPSED, QUIET, Past, named_on, replay
from microgroups.conversation.actions import open_thread
from microgroups.groups.actions import note_alive
from microgroups.groups.models import MicroGroup
from microgroups.membership.actions import leave
from microgroups.membership.models import Membership, Visit
from microgroups.membership.visits import note_visit
from tests.bridging.archives import SHARED, needs_shared
from tests.factories import NOW, MicroGroupFactory, NetworkFactory, crowd, member_of

START = date(2024, 1, 1)
LAST = 299


def on(day):
    return START + timedelta(days=day)


def at(day):
    return datetime.combine(on(day), NOW.time(), tzinfo=UTC)


def came(group, days):
    """Somebody who joined on the first day and was there on these, in a group alive each day."""
    person = member_of(group)
    membership = group.memberships.of(person)
    membership.visits.all().delete()
    Membership.objects.filter(pk=membership.pk).update(joined_at=at(0), since=at(0))
    before: int | None = None
    for day in days:
        gap = None if before is None else day - before
        Visit.objects.create(membership=membership, on=on(day), gap=gap, alive=day + 1, wrote=True)
        before = day
    return person


def weekly(first, last):
    return range(first, last + 1, 7)


def figures(told, rule):
    score = told.scores[rule]
    return (score.alarms, score.judged, score.false, score.hits)


@pytest.mark.django_db
class TestByHand:
    """A keeper comes daily, so the group's usual gap is 1. Weekly visitors with 20 gaps are quiet
    after 21 days and lapsed after 28: (142 / (142 + 28)) ** 22 = 0.019. Those with 14 gaps, too:
    (100 / 128) ** 16 = 0.019. Alarms after day 239 are not judged."""

    @pytest.fixture
    def told(self, group):
        came(group, range(LAST + 1))  # the keeper
        came(group, [*weekly(0, 140), *weekly(180, LAST)])  # 40 days away, and back
        came(group, weekly(0, 98))  # gone for good
        came(group, weekly(0, 224))  # gone too late to be judged, but for the quickest rule
        return replay([group.network], on(0), on(LAST))

    @pytest.fixture
    def group(self):
        return MicroGroupFactory()

    def test_alarms_hits_and_what_is_not_judged(self, told):
        assert told.memberships == 4
        assert figures(told, "fixed 14 days") == (3, 3, 1, 2)
        assert figures(told, "fixed 30 days") == (3, 2, 1, 1)
        assert figures(told, QUIET) == (3, 2, 1, 1)
        assert figures(told, LAPSED) == (3, 2, 1, 1)

    def test_rates_are_over_the_days_on_which_people_still_came(self, told):
        # From day 14 to the last visit or day 239: 225 + 225 + 84 + 210.
        score = told.scores["fixed 14 days"]
        assert score.days == 744
        assert score.false_a_year == pytest.approx(365.25 / 744)
        assert score.names_a_week == pytest.approx(100 * 3 * 7 / 744)
        assert score.share_real == pytest.approx(2 / 3)

    def test_the_days_on_which_it_names_somebody(self, group, told):
        visits = list(Visit.objects.filter(membership__group=group))
        past = Past(visits, on(0), on(LAST))
        last_seen = next(visit for visit in visits if visit.on == on(98) and visit.gap == 7)

        assert named_on(last_seen, [7] * 14, past, on(14), on(LAST)) == (on(119), on(126))

    def test_who_lets_nobody_look_is_left_out_and_who_has_left_counts_until_then(self, group):
        came(group, range(LAST + 1))
        paused, gone = came(group, weekly(0, 98)), came(group, weekly(0, 98))
        pause(group, paused)
        leave(group, gone, now=at(120))

        told = replay([group.network], on(0), on(LAST))

        assert told.memberships == 2
        assert figures(told, QUIET)[0] == 1  # on day 119
        assert figures(told, LAPSED)[0] == 0  # not on day 126

    def test_the_command_prints_a_table_and_writes_nothing(self, group, told, capsys):
        before = Absence.objects.count()

        call_command("replaypresence", "--from", "2024-01-01", "--to", str(on(LAST)))

        lines = capsys.readouterr().out.splitlines()
        assert lines[0].startswith("4 memberships, 387 visits, 2024-01-01 to 2024-10-26.")
        assert lines[2].split()[3:] == ["3", "3", "1", "2", "0.49", "67%", "2.8"]
        assert Absence.objects.count() == before

    def test_the_database_lets_it_write_nothing(self, group):
        came(group, range(30))
        seen = []

        def execute(run, sql, *rest):
            seen.append(sql)
            return run(sql, *rest)

        with connection.execute_wrapper(execute):
            replay([group.network], on(0), on(90))

        assert "SET TRANSACTION READ ONLY" in seen
        assert not [sql for sql in seen if sql.startswith(("INSERT", "UPDATE", "DELETE"))]

    def test_a_day_that_is_none_is_said_so(self):
        with pytest.raises(CommandError, match="Write a day like"):
            call_command("replaypresence", "--from", "yesterday", "--to", "2024-01-01")
        with pytest.raises(CommandError, match="must be a later day"):
            call_command("replaypresence", "--from", "2024-01-01", "--to", "2024-01-01")


DAYS = st.sets(st.integers(0, 40), max_size=9)


class TestAsTheSweep(HypothesisTestCase):
    @settings(max_examples=2)
    @given(keeper=DAYS, ana=DAYS)
    @example(keeper=set(range(0, 40, 3)), ana=set(range(0, 18, 2)) | {38})
    @example(keeper={0, 1, 2, 44}, ana=set(range(0, 12, 2)))  # and a month in which nobody writes
    def test_it_names_whom_a_daily_sweep_has_named_and_on_the_same_day(self, keeper, ana):
        group = MicroGroupFactory()
        days_of = {member_of(group, now=at(0)): days | {0} for days in (keeper, ana)}
        swept = {}
        for day in range(46):
            for person in (person for person, days in days_of.items() if day in days):
                open_thread(group, person, title="A day", body="Words", now=at(day))
            notice_absences(at(day))
            for absence in Absence.objects.going_on():
                key = (absence.membership_id, absence.last_visit_on, absence.level)
                swept.setdefault(key, on(day))

        assert replayed(group, 45) == swept


def replayed(group, until):
    """{(membership, last visit, level): the first day on which the replay says so}."""
    visits = list(Visit.objects.filter(membership__group=group).order_by("on"))
    past, found = Past(visits, on(0), on(until)), {}
    for membership in group.memberships.filter(joined_at__lte=at(until)):
        mine, gaps = [each for each in visits if each.membership_id == membership.pk], []
        for visit, following in zip(mine, [*mine[1:], None], strict=True):
            gaps = [*gaps, visit.gap][-20:] if visit.gap is not None else gaps
            last = following.on - timedelta(days=1) if following else on(until)
            quiet, lapsed = named_on(visit, gaps, past, on(14), last)
            if quiet and quiet != lapsed:
                found[membership.pk, visit.on, "quiet"] = quiet
            if lapsed:
                found[membership.pk, visit.on, "lapsed"] = lapsed
    return found


@pytest.mark.long
@needs_shared
@pytest.mark.django_db
def test_on_a_real_forum_it_is_right_more_often_than_fixed_rules():
    network = NetworkFactory()
    import_community(network, SHARED / "urho3d-discourse")

    told = replay([network], date(2015, 1, 1), date(2021, 12, 31))

    own, fortnight = told.scores[LAPSED], told.scores["fixed 14 days"]
    assert told.memberships > 500
    assert own.judged > 100
    assert own.share_real > fortnight.share_real
    assert own.false_a_year < fortnight.false_a_year / 2


@pytest.mark.long
@needs_shared
@pytest.mark.django_db
@pytest.mark.parametrize("name", ["cdnow-visits", "montana-meetup"])
def test_on_real_visits_it_gives_fewer_false_alarms_than_fixed_rules(name, record_property):
    """Visits that are no posts: days on which customers bought, and on which people said yes."""
    days = visits_of(name)
    network = NetworkFactory()
    for number, visits in enumerate(days.values()):
        keep_all(MicroGroupFactory(network=network, slug=f"{name}-{number}"), visits)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # so much at once is no usual day
    every = [day for visits in days.values() for _, day in visits]

    told = replay([network], min(every), max(every))

    for rule, score in told.scores.items():
        record_property(rule, (score.judged, score.false, score.false_a_year, score.share_real))
    own, fortnight = told.scores[LAPSED], told.scores["fixed 14 days"]
    assert own.judged > 100
    assert own.share_real > fortnight.share_real
    assert own.false_a_year < fortnight.false_a_year / 2


def visits_of(name):
    """{group: [(person, day)], by day}. The customers of the shop are taken a hundred at a time,
    and of those every twentieth hundred."""
    folder = SHARED / name
    days = defaultdict(set)
    if name == "cdnow-visits":
        for row in rows_of(folder / "visits.jsonl.gz"):
            hundred = int(row["person"]) // 100
            if hundred % 20 == 0:
                days[hundred].add((row["person"], date.fromisoformat(row["time"][:10])))
    else:
        met = {row["id"]: row["time"] for row in rows_of(folder / "events.jsonl.gz")}
        for row in rows_of(folder / "rsvps.jsonl.gz"):
            if row["response"] == "yes":
                on = date.fromisoformat(met[row["event"]][:10])
                days[row["group"]].add((row["person"], on))
    return {group: sorted(found, key=lambda each: each[::-1]) for group, found in days.items()}


def rows_of(path):
    with gzip.open(path, "rt") as lines:
        yield from map(json.loads, lines)


def keep_all(group, visits):
    """Members of the group who came on these days, each of them a sign of its life."""
    founder = group.memberships.get()
    founder.visits.all().delete()
    names = sorted({person for person, _ in visits})
    MicroGroup.objects.filter(pk=group.pk).update(cap=150 + len(names))
    people = dict(zip(names, crowd(group, len(names)), strict=True))
    places = {place.person_id: place for place in group.memberships.select_related("group")}
    for person, day in visits:
        now = datetime.combine(day, NOW.time(), tzinfo=UTC)
        place = places[people[person].pk]
        if place.last_visit_on is None:
            place.joined_at = now
            place.save(update_fields=["joined_at"])
        note_alive(group, day)
        note_visit(place, now, wrote=True)
