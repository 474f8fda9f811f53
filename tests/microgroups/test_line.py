"""The line of a full group: first come, first seated."""

from datetime import timedelta

import pytest

from microgroups.groups.actions import archive, edit
from microgroups.groups.models import MicroGroup
from microgroups.membership.actions import join, leave, rest, return_
from microgroups.membership.jobs import offer_free_seats
from microgroups.membership.models import Membership, State
from tests.factories import NOW, member_of
from tests.microgroups.test_membership import (
    HOUR,
    founder,
    group,
    host_of,
    somebody,
    state_of,
    told,
)

__all__ = ["founder", "group"]  # fixtures

pytestmark = pytest.mark.django_db


class TestTheLine:
    @pytest.fixture
    def waiting(self, group):
        """Three people in line of a full group, first come first."""
        self.seated = member_of(group)
        people = [somebody(group) for _ in range(3)]
        for minutes, person in enumerate(people):
            join(group, person, now=NOW + timedelta(minutes=minutes))
        return people

    def test_a_freed_seat_is_kept_for_the_longest_waiting_for_72_hours(self, group, waiting):
        leave(group, self.seated, now=NOW + HOUR)

        first = group.memberships.of(waiting[0])
        group.refresh_from_db()
        assert first.state == State.OFFERED
        assert first.offer_until == NOW + HOUR + timedelta(hours=72)
        assert (group.seats_taken, group.waiting) == (2, 2)
        assert told(waiting[0], "seat_offered").get().mail == "due"

    def test_an_offer_is_taken_up_by_joining(self, group, waiting):
        leave(group, self.seated, now=NOW + HOUR)

        assert join(group, waiting[0], now=NOW + 2 * HOUR).is_active

    def test_an_offer_that_is_declined_passes_on(self, group, waiting):
        leave(group, self.seated, now=NOW + HOUR)

        leave(group, waiting[0], now=NOW + 2 * HOUR)

        assert state_of(group, waiting[0]) == State.LEFT
        assert state_of(group, waiting[1]) == State.OFFERED

    def test_an_offer_that_runs_out_ends_the_wait_and_passes_on(self, group, waiting):
        leave(group, self.seated, now=NOW)

        offer_free_seats(NOW + timedelta(hours=71))
        assert state_of(group, waiting[0]) == State.OFFERED

        offer_free_seats(NOW + timedelta(hours=72))
        offer_free_seats(NOW + timedelta(hours=72))
        assert state_of(group, waiting[0]) == State.LEFT
        assert state_of(group, waiting[1]) == State.OFFERED
        assert told(waiting[0], "offer_ran_out").count() == 1
        assert told(waiting[1], "seat_offered").count() == 1

    def test_who_comes_back_from_resting_is_first_in_line_and_reads_on(self, group, waiting):
        rest(group, self.seated, now=NOW + HOUR)
        join(group, waiting[0], now=NOW + HOUR)

        back = return_(group, self.seated, now=NOW + 2 * HOUR)

        line = list(group.memberships.placed().waiting())
        assert back.is_waitlisted
        assert back.may_read
        assert not back.may_write
        assert line[0].person == self.seated
        assert [row.position for row in line] == [1, 2, 3]
        assert not Membership.objects.ahead_of(line[0]).exists()

    def test_who_rests_and_lets_an_offer_run_out_goes_on_resting(self, group, waiting):
        rest(group, self.seated, now=NOW)
        join(group, waiting[0], now=NOW)
        return_(group, self.seated, now=NOW)
        leave(group, waiting[0], now=NOW)
        assert state_of(group, self.seated) == State.OFFERED

        offer_free_seats(NOW + timedelta(hours=72))

        assert state_of(group, self.seated) == State.RESTING
        assert state_of(group, waiting[1]) == State.OFFERED

    def test_raising_the_cap_offers_the_new_seats_in_order(self, group, waiting):
        edit(group, host_of(group), cap=4, now=NOW + HOUR)

        assert [state_of(group, person) for person in waiting] == [
            State.OFFERED,
            State.OFFERED,
            State.WAITLISTED,
        ]

    def test_a_seat_that_the_policy_frees_is_offered_by_the_next_run(self, group, waiting):
        MicroGroup.objects.filter(pk=group.pk).update(cap=3)

        offer_free_seats(NOW + HOUR)

        assert state_of(group, waiting[0]) == State.OFFERED

    def test_archiving_ends_the_wait_of_everybody(self, group, waiting):
        archive(group, host_of(group), now=NOW + HOUR)

        group.refresh_from_db()
        assert group.waiting == 0
        assert {state_of(group, person) for person in waiting} == {State.LEFT}
        assert told(waiting[0], "line_closed").exists()

    def test_who_waits_is_never_offered_a_seat_twice_for_one_wait(self, group, waiting):
        leave(group, self.seated, now=NOW)
        for hours in range(0, 300, 24):
            offer_free_seats(NOW + timedelta(hours=hours))

        assert told(waiting[0], "seat_offered").count() == 1
        assert state_of(group, waiting[2]) == State.LEFT
        group.refresh_from_db()
        assert (group.seats_taken, group.waiting) == (1, 0)
