"""Absence is measured by a person's own rhythm, in the database as in the formula."""

from datetime import UTC, date, datetime, timedelta
from statistics import median

import pytest
from django.db import connection
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from facilitation.cues.models import Cue
from facilitation.presence import rules, sweep
from facilitation.presence.actions import notice_absences
from facilitation.presence.models import Absence
from microgroups.conversation.actions import open_thread
from microgroups.groups.models import MicroGroup
from microgroups.membership.actions import rest
from microgroups.membership.models import Membership, Visit
from microgroups.membership.visits import note_visit
from tests.factories import NOW, MicroGroupFactory, member_of
from tests.threads import all_at_once

TODAY = NOW.date()


def somebody(group, days_away, gaps, *, joined=400):
    """A member with this rhythm, last seen so many days ago, in a group that is alive each day."""
    person = member_of(group)
    last = TODAY - timedelta(days=days_away)
    Membership.objects.filter(person=person).update(
        joined_at=NOW - timedelta(days=joined),
        last_visit_on=last,
        last_visit_alive=1000 - days_away,
        recent_gaps=gaps[-20:],
        recent_gaps_sum=sum(gaps[-20:]),
    )
    return person


def alive_group(**facts):
    group = MicroGroupFactory(**facts)
    MicroGroup.objects.filter(pk=group.pk).update(alive_days=1006, alive_until=TODAY + timedelta(6))
    return group


class TestTheFormula:
    @pytest.mark.parametrize(
        ("gaps", "quiet", "lapsed"),
        [
            ([1] * 20, 7, 7),
            ([7] * 20, 23, 30),
            ([14] * 11, 43, 59),
            ([7] * 3, 29, 42),
        ],
    )
    def test_it_yields_the_thresholds_of_the_design(self, gaps, quiet, lapsed):
        first = {}
        for days in range(1, 61):
            level = rules.level_of(days, gaps)
            if level:
                first.setdefault(level, days)
                if level == "lapsed":
                    first.setdefault("quiet", days)

        assert abs(first["quiet"] - quiet) <= 1  # the design rounds
        assert abs(first["lapsed"] - lapsed) <= 1

    def test_nobody_is_named_before_a_week_and_everybody_after_sixty_days(self):
        assert rules.level_of(6, [1] * 20) is None
        assert rules.level_of(60, []) == "lapsed"

    def test_negative_days_are_refused(self):
        with pytest.raises(ValueError, match="-1"):
            rules.chance_of_silence(-1, [])

    def test_the_reason_speaks_of_the_rhythm_and_gives_no_score(self):
        assert rules.in_words(3, 17) == ("Usually here every 3 days; now it has been 17 days.")


RHYTHMS = st.lists(
    st.tuples(st.integers(0, 90), st.lists(st.integers(1, 30), max_size=25)),
    min_size=1,
    max_size=6,
)


class TestSqlEqualsFormula(HypothesisTestCase):
    @settings(max_examples=15)
    @given(RHYTHMS, st.floats(1, 60))
    def test_the_sweep_names_whom_the_formula_names(self, rhythms, group_gap):
        group = alive_group()
        MicroGroup.objects.filter(pk=group.pk).update(usual_gap=group_gap, usual_gap_on=TODAY)
        people = [somebody(group, days, gaps) for days, gaps in rhythms]

        notice_absences(NOW)

        found = {row.membership.person_id: row for row in Absence.objects.all()}
        for person, (days, gaps) in zip(people, rhythms, strict=True):
            level = rules.level_of(days, gaps, group_gap=group_gap)
            assert (person.pk in found) == (level is not None)
            if level:
                chance = rules.chance_of_silence(days, gaps, group_gap=group_gap)
                assert found[person.pk].level == level
                assert found[person.pk].chance == pytest.approx(chance)

    @settings(max_examples=10)
    @given(st.lists(st.integers(1, 60), max_size=40))
    @example([5] * 19)
    @example([5, 8] * 10)
    def test_a_groups_usual_gap_is_the_median_of_the_ninety_days_before(self, gaps):
        group = alive_group()
        membership = Membership.objects.get(person=somebody(group, 0, []))
        visits = [(TODAY - timedelta(days=n), gap) for n, gap in enumerate(gaps, start=1)]
        visits += [(TODAY, 400), (TODAY - timedelta(days=91), 400)]  # not over yet, and too old
        membership.visits.all().delete()
        Visit.objects.bulk_create(
            [Visit(membership=membership, on=on, gap=gap, alive=1) for on, gap in visits]
        )

        notice_absences(NOW)

        group.refresh_from_db()
        assert group.usual_gap == (median(gaps) if len(gaps) >= 20 else 7)


@pytest.mark.django_db
class TestNoticing:
    def test_a_facilitator_learns_of_it_by_name_and_with_the_reason(self):
        group = alive_group()
        ana = somebody(group, 17, [3] * 10)
        membership = Membership.objects.get(person=ana)
        for number in range(10):
            on = membership.last_visit_on - timedelta(days=3 * number)
            Visit.objects.update_or_create(
                membership=membership, on=on, defaults={"gap": 3, "alive": 983 - 3 * number}
            )

        notice_absences(NOW)

        cue = Cue.objects.get(kind="presence")
        assert cue.person == ana
        assert cue.reason.startswith("Usually here every 3 days; now it has been 17 days")

    def test_running_it_again_says_nothing_new(self):
        somebody(alive_group(), 17, [3] * 10)

        notice_absences(NOW)
        notice_absences(NOW)
        notice_absences(NOW + timedelta(days=1))

        assert Cue.objects.count() == 1
        assert Absence.objects.count() == 1

    def test_coming_back_ends_it_and_closes_the_cue(self):
        ana = somebody(alive_group(), 17, [3] * 10)
        notice_absences(NOW)

        Membership.objects.filter(person=ana).update(last_visit_on=TODAY, last_visit_alive=1000)
        notice_absences(NOW + timedelta(hours=1))

        assert Absence.objects.get().ended_at is not None
        assert (Cue.objects.get().state, Cue.objects.get().closed_why) == ("done", "They are back.")

    @pytest.mark.parametrize("state", ["resting", "left", "removed"])
    def test_who_rests_or_has_left_is_not_looked_for(self, state):
        ana = somebody(alive_group(), 30, [3] * 10)
        Membership.objects.filter(person=ana).update(state=state)

        notice_absences(NOW)

        assert not Absence.objects.exists()

    def test_newcomers_are_welcomed_and_not_measured(self):
        somebody(alive_group(), 10, [1] * 20, joined=13)

        notice_absences(NOW)

        assert not Absence.objects.exists()

    def test_the_usual_gap_is_told_anew_after_a_week_and_for_another_time(self):
        group = alive_group()
        told_on = []
        for days in (0, 6, 7, -30):
            notice_absences(NOW + timedelta(days=days))
            group.refresh_from_db()
            told_on.append((group.usual_gap_on - TODAY).days)

        assert told_on == [0, 0, 7, -30]

    def test_who_rests_needs_no_cue_any_more(self):
        group = alive_group()
        ana = somebody(group, 17, [3] * 10)
        notice_absences(NOW)

        rest(group, ana, now=NOW)
        notice_absences(NOW + timedelta(hours=1))

        assert Absence.objects.get().ended_at is not None
        cue = Cue.objects.get()
        assert (cue.state, cue.closed_why) == ("lapsed", "They belong no more, or rest.")

    def test_who_is_back_leaves_the_queue_at_once(self):
        group = alive_group()
        ana = somebody(group, 17, [3] * 10)
        notice_absences(NOW)
        assert Cue.objects.waiting(NOW).exists()

        note_visit(group.memberships.of(ana), NOW)

        assert not Cue.objects.waiting(NOW).exists()

    def test_a_second_silence_is_told_again(self):
        group = alive_group()
        ana = somebody(group, 17, [3] * 10)
        notice_absences(NOW)
        note_visit(group.memberships.of(ana), NOW)
        MicroGroup.objects.filter(pk=group.pk).update(
            alive_days=1036, alive_until=TODAY + timedelta(36)
        )

        notice_absences(NOW + timedelta(days=30))

        assert list(Cue.objects.order_by("created_at").values_list("state", flat=True)) == [
            "done",
            "open",
        ]

    def test_one_that_had_ended_goes_on_where_nobody_came(self):
        somebody(alive_group(), 17, [3] * 10)
        notice_absences(NOW)
        Absence.objects.update(ended_at=NOW)

        notice_absences(NOW + timedelta(hours=1))

        assert Absence.objects.get().ended_at is None

    @pytest.mark.parametrize(("days", "many"), [(6, 0), (7, 1)])
    def test_not_before_a_week_even_who_came_each_day(self, days, many):
        somebody(alive_group(), days, [1] * 20)

        notice_absences(NOW)

        assert Absence.objects.count() == many

    def test_it_ends_where_somebody_lets_nobody_look_however_that_came_to_be(self):
        ana = somebody(alive_group(), 17, [3] * 10)
        notice_absences(NOW)
        Membership.objects.filter(person=ana).update(rhythm_paused_at=NOW)

        notice_absences(NOW + timedelta(hours=1))

        assert Absence.objects.get().ended_at is not None

    @pytest.mark.parametrize(("days", "levels"), [(59, []), (60, ["lapsed"])])
    def test_after_sixty_days_whatever_their_rhythm(self, days, levels):
        somebody(alive_group(), days, [60] * 10, joined=900)

        notice_absences(NOW)

        assert list(Absence.objects.values_list("level", flat=True)) == levels

    def test_quiet_grows_into_lapsed_without_a_second_cue(self):
        group = alive_group()
        somebody(group, 23, [7] * 19)
        notice_absences(NOW)
        assert Absence.objects.get().level == "quiet"
        MicroGroup.objects.filter(pk=group.pk).update(
            alive_days=1016, alive_until=TODAY + timedelta(16)
        )

        notice_absences(NOW + timedelta(days=10))

        assert Absence.objects.get().level == "lapsed"
        assert Cue.objects.count() == 1

    def test_a_dead_august_makes_nobody_absent(self):
        group = alive_group()
        somebody(group, 40, [3] * 10)
        MicroGroup.objects.filter(pk=group.pk).update(
            alive_days=966, alive_until=TODAY - timedelta(days=34)
        )

        notice_absences(NOW)

        assert not Absence.objects.exists()

    def test_a_facilitator_is_given_five_names_a_day_at_most(self):
        group = alive_group()
        for _ in range(9):
            somebody(group, 30, [2] * 10)

        notice_absences(NOW)
        assert Cue.objects.count() == 5
        notice_absences(NOW + timedelta(hours=25))

        assert Cue.objects.count() == 9

    @pytest.mark.parametrize("gaps", [[], [1] * 20, [7] * 20, [14] * 11, [7] * 3])
    def test_it_is_told_on_the_first_day_on_which_it_is_unusual(self, gaps):
        group = alive_group()
        MicroGroup.objects.filter(pk=group.pk).update(usual_gap=1, usual_gap_on=TODAY)
        first = next(days for days in range(61) if rules.level_of(days, gaps, group_gap=1))
        somebody(group, first - 1, gaps)
        late = somebody(group, first, gaps)

        notice_absences(NOW)

        assert [absence.membership.person for absence in Absence.objects.all()] == [late]

    def test_those_whose_silence_can_be_unusual_by_now_are_found_by_their_index(self):
        in_order = f"""EXPLAIN SELECT FROM microgroups_membership m WHERE m.state = 'active'
            AND m.rhythm_paused_at IS NULL ORDER BY {sweep.SOONEST}"""
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
            cursor.execute(in_order)
            plan = "\n".join(line for (line,) in cursor.fetchall())

        assert "silences_begin" in plan
        assert "Sort" not in plan

    def test_a_silence_that_is_years_old_is_nobodys_cue(self):
        somebody(alive_group(), 500, [3] * 10, joined=900)

        notice_absences(NOW)

        assert Absence.objects.count() == 1
        assert not Cue.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_eight_sweeps_at_once_are_one():
    group = alive_group()
    for _ in range(9):
        somebody(group, 30, [2] * 10)

    all_at_once(notice_absences, [(NOW,)] * 8)

    assert Absence.objects.count() == 9
    assert Cue.objects.count() == 5


START = date(2026, 1, 1)


def at(day):
    return datetime.combine(START + timedelta(days=day), NOW.time(), tzinfo=UTC)


def write_on(group, days_of, since, until):
    """Each writes on their days (counted from START) after `since` and up to `until`."""
    for day in range(since + 1, until + 1):
        for person, days in days_of.items():
            if day in days:
                open_thread(group, person, title="A day", body="Words", now=at(day))


def absences():
    return sorted(Absence.objects.values_list("membership__person", "level", "days_away", "chance"))


DAYS = st.sets(st.integers(0, 99), max_size=10)


class TestAsOfThePast(HypothesisTestCase):
    @settings(max_examples=8)
    @given(keeper=DAYS, ana=DAYS, moment=st.integers(20, 90))
    @example(keeper=set(range(0, 100, 6)), ana=set(range(0, 40, 2)) | {70}, moment=60)
    def test_a_replay_sees_what_a_run_at_that_time_has_seen(self, keeper, ana, moment):
        group = MicroGroupFactory()
        days_of = {member_of(group, now=at(0)): keeper, member_of(group, now=at(0)): ana}
        write_on(group, days_of, -1, moment)
        notice_absences(at(moment))
        then, usual = absences(), MicroGroup.objects.get(pk=group.pk).usual_gap

        write_on(group, days_of, moment, 100)
        notice_absences(at(100))
        Cue.objects.all().delete()
        Absence.objects.all().delete()
        notice_absences(at(moment))

        assert absences() == then
        assert MicroGroup.objects.get(pk=group.pk).usual_gap == usual
