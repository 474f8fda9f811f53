"""Nobody is there while somebody waits: who is asked to look."""

import pytest

from facilitation.cover.actions import set_rota, take_days
from facilitation.cover.watching import cover_groups
from facilitation.cues.actions import done
from facilitation.cues.models import Cue
from microgroups.membership.actions import change_role
from network.notifications.models import Notice
from tests.facilitation.cover.steps import DAY, HOUR, TODAY, WEDNESDAY, away, seen, waits
from tests.factories import (
    NOW,
    MicroGroupFactory,
    admin_of,
    facilitator_of,
)
from tests.threads import all_at_once


class TestUnseen:
    def test_five_days_unseen_while_somebody_waits_asks_the_others(self, group, ruth):
        seen(group, ruth, TODAY - 5 * DAY)
        waits(group, since=NOW, assigned_to=ruth)

        for _ in range(3):
            cover_groups(NOW + 2 * HOUR)

        cue = Cue.objects.get(kind="cover")
        assert (cue.person, cue.rings) == (ruth, 1)
        told = Notice.objects.filter(cause__startswith="cover:")
        assert [(each.person, each.kind) for each in told] == [(group.keeper, "cover_wanted")]

    @pytest.mark.parametrize("why", ["nobody waits", "four days", "away", "another was there"])
    def test_otherwise_nobody_is_asked(self, group, ruth, why):
        seen(group, ruth, TODAY - (4 if why == "four days" else 5) * DAY)
        if why != "nobody waits":
            assigned = None if why == "another was there" else ruth
            waits(group, since=NOW, assigned_to=assigned)
        if why == "away":
            set_rota(group, ruth, days={WEDNESDAY: [ruth]}, now=NOW)
            away(group, ruth)

        cover_groups(NOW + 2 * HOUR)

        assert not Cue.objects.filter(kind="cover").exists()

    def test_whose_days_they_are_is_missed_though_another_was_there(self, group, ruth):
        set_rota(group, ruth, days={WEDNESDAY: [ruth]}, now=NOW)
        seen(group, ruth, TODAY - 6 * DAY)
        waits(group, since=NOW)

        cover_groups(NOW + 2 * HOUR)

        assert Cue.objects.get(kind="cover").person == ruth

    def test_a_day_later_the_admins_hear_of_it(self, group, ruth):
        seen(group, ruth, TODAY - 5 * DAY)
        waits(group, since=NOW, assigned_to=ruth)
        other = admin_of(group.network)

        for hours in (2, 25, 26, 30):
            cover_groups(NOW + hours * HOUR)

        assert [each.at for each in other.notices.filter(kind="cover_missing")] == [NOW + 26 * HOUR]
        assert Cue.objects.get(kind="cover").rings == 2

    def test_where_there_is_nobody_else_they_hear_at_once(self, group):
        seen(group, group.keeper, TODAY - 6 * DAY)
        waits(group, since=NOW)
        other = admin_of(group.network)

        cover_groups(NOW + 2 * HOUR)

        assert other.notices.filter(kind="cover_missing").exists()

    @pytest.mark.parametrize("how", ["back", "away", "demoted", "answered"])
    def test_it_is_settled_when(self, group, ruth, how):
        seen(group, ruth, TODAY - 5 * DAY)
        cue = waits(group, since=NOW, assigned_to=ruth)
        cover_groups(NOW + 2 * HOUR)

        if how == "back":
            seen(group, ruth, TODAY)
        elif how == "away":
            away(group, ruth)
        elif how == "demoted":
            change_role(group, ruth, "member", by=group.keeper)
        else:
            done(cue, group.keeper, now=NOW + 2 * HOUR)
        cover_groups(NOW + 3 * HOUR)

        assert not Cue.objects.open().filter(kind="cover").exists()

    def test_it_stands_again_when_another_waits_and_nobody_is_told_twice(self, group, ruth):
        seen(group, ruth, TODAY - 5 * DAY)
        cue = waits(group, since=NOW, assigned_to=ruth)
        cover_groups(NOW + 2 * HOUR)
        told = set(Notice.objects.filter(cause__startswith="cover:").values_list("pk", flat=True))
        done(cue, group.keeper, now=NOW + 2 * HOUR)
        cover_groups(NOW + 3 * HOUR)
        assert Cue.objects.get(kind="cover").closed_why == "Nobody waits any more."

        waits(group, since=NOW + 3 * HOUR, assigned_to=ruth)
        cover_groups(NOW + 5 * HOUR)

        again = Cue.objects.get(kind="cover")
        assert (again.state, again.closed_at, again.closed_why) == ("open", None, "")
        assert not Notice.objects.filter(cause__startswith="cover:").exclude(pk__in=told).exists()


class TestNobodyOnDuty:
    def test_a_day_without_anybody_on_duty_asks_all(self, group, ruth):
        set_rota(group, ruth, days={0: [ruth, group.keeper]}, now=NOW)
        waits(group, since=NOW - 25 * HOUR)

        for _ in range(2):
            cover_groups(NOW)

        cue = Cue.objects.get(kind="cover")
        assert (cue.person, cue.reason[:12]) == (None, "A first post")
        told = Notice.objects.filter(kind="cover_wanted").values_list("person", flat=True)
        assert set(told) == {ruth.pk, group.keeper.pk}

    def test_not_within_a_day_nor_with_somebody_there(self, group, ruth):
        set_rota(group, ruth, days={0: [ruth]}, now=NOW)
        waits(group, since=NOW - 23 * HOUR)
        cover_groups(NOW)
        take_days(group, group.keeper, weekdays=[WEDNESDAY, 3], now=NOW)
        cover_groups(NOW + 2 * HOUR)

        assert not Cue.objects.filter(kind="cover").exists()

    def test_taking_the_day_settles_it(self, group, ruth):
        set_rota(group, ruth, days={0: [ruth]}, now=NOW)
        waits(group, since=NOW - 25 * HOUR)
        cover_groups(NOW)

        take_days(group, group.keeper, weekdays=[WEDNESDAY], now=NOW)
        cover_groups(NOW + HOUR)

        assert Cue.objects.get(kind="cover").closed_why == "Somebody is on duty again."

    def test_an_answer_takes_it_out_of_the_queue_at_once(self, group, ruth):
        set_rota(group, ruth, days={0: [ruth]}, now=NOW)
        cue = waits(group, since=NOW - 25 * HOUR)
        cover_groups(NOW)

        done(cue, ruth, now=NOW)

        assert not Cue.objects.waiting(NOW).filter(kind="cover").exists()


@pytest.mark.django_db(transaction=True)
def test_many_jobs_at_once_ask_once():
    group = MicroGroupFactory()
    keeper, ruth = group.memberships.get(is_founder=True).person, facilitator_of(group)
    for person, days in ((keeper, 0), (ruth, 6)):
        seen(group, person, TODAY - days * DAY)
    waits(group, since=NOW, assigned_to=ruth)

    all_at_once(cover_groups, [(NOW + 2 * HOUR,)] * 6)

    assert Cue.objects.filter(kind="cover").count() == 1
    assert Notice.objects.filter(kind="cover_wanted").count() == 1
