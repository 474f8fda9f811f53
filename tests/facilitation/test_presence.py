"""Absence is measured by a person's own rhythm, in the database as in the formula."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from facilitation.cues.models import Cue
from facilitation.presence import rules
from facilitation.presence.actions import notice_absences
from facilitation.presence.models import Absence
from microgroups.groups.models import MicroGroup
from microgroups.membership.models import Membership, Visit
from tests.factories import NOW, MicroGroupFactory, member_of

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
        assert rules.in_words(3, 17) == (
            "Usually here every 3 days; now it has been 17 days (5.7 times as long)."
        )


class TestSqlEqualsFormula(HypothesisTestCase):
    @settings(max_examples=15, deadline=None)
    @given(
        st.lists(
            st.tuples(st.integers(0, 90), st.lists(st.integers(1, 30), max_size=25)),
            min_size=1,
            max_size=6,
        )
    )
    def test_the_sweep_names_whom_the_formula_names(self, rhythms):
        group = alive_group()
        people = [somebody(group, days, gaps) for days, gaps in rhythms]

        notice_absences(NOW)

        found = dict(Absence.objects.values_list("membership__person", "level"))
        for person, (days, gaps) in zip(people, rhythms, strict=True):
            assert found.get(person.pk) == rules.level_of(days, gaps)


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

    def test_a_silence_that_is_years_old_is_nobodys_cue(self):
        somebody(alive_group(), 500, [3] * 10, joined=900)

        notice_absences(NOW)

        assert Absence.objects.count() == 1
        assert not Cue.objects.exists()


@pytest.mark.django_db
class TestAsOfThePast:
    def days(self, group, person, days):
        """The person writes on these days; all sums are kept as they would be."""
        from microgroups.conversation.actions import open_thread

        for day in days:
            at = datetime.combine(day, NOW.time(), tzinfo=UTC)
            open_thread(group, person, title="A day", body="Words", now=at)

    def test_a_replay_sees_what_a_run_at_that_time_would_have_seen(self):
        start = date(2026, 1, 1)
        group = MicroGroupFactory()
        keeper, ana = member_of(group, now=at(start)), member_of(group, now=at(start))
        every_day = [start + timedelta(days=n) for n in range(100)]
        some = [start + timedelta(days=n) for n in range(0, 41, 2)]  # then 30 days away, then back
        moment = at(start + timedelta(days=60))
        for day in every_day:
            if day <= moment.date():
                self.days(group, keeper, [day])
        self.days(group, ana, some)
        notice_absences(moment)
        then = list(Absence.objects.values_list("membership__person", "level", "days_away"))
        Absence.objects.all().delete()
        Cue.objects.all().delete()

        self.days(group, ana, [start + timedelta(days=70)])
        self.days(group, keeper, [day for day in every_day if day > moment.date()])
        notice_absences(moment)

        assert then == list(Absence.objects.values_list("membership__person", "level", "days_away"))
        assert [row[0] for row in then] == [ana.pk]


def at(day):
    return datetime.combine(day, NOW.time(), tzinfo=UTC)
