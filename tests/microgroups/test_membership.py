"""Coming into a group, waiting, resting, leaving."""

from datetime import timedelta

import pytest

from microgroups.groups.actions import archive, note_alive
from microgroups.groups.models import MicroGroup
from microgroups.membership.actions import (
    admit,
    change_role,
    decline_request,
    describe,
    join,
    leave,
    remove,
    rest,
    return_,
    unbar,
)
from microgroups.membership.models import Role, State, Visit
from microgroups.membership.visits import note_visit
from network.activity.models import Activity
from network.errors import Invalid, NotAllowed, Refused
from network.networks.models import Network
from network.notifications.models import Notice
from tests.factories import (
    NOW,
    MicroGroupFactory,
    NetworkFactory,
    PersonFactory,
    admin_of,
    facilitator_of,
    member_of,
)

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def network_of(person):
    return person.network_memberships.get().network


def state_of(group, person):
    return group.memberships.of(person).state


def host_of(group):
    return group.memberships.facilitating().first().person


def somebody(group):
    return PersonFactory(network=group.network)


def told(person, kind):
    return Notice.objects.filter(person=person, kind=kind)


@pytest.fixture
def founder():
    return PersonFactory(network=NetworkFactory())


@pytest.fixture
def group(founder):
    return MicroGroupFactory(network=network_of(founder), founder=founder, cap=2)


@pytest.fixture
def asking(founder):
    asks = {"join_policy": "ask", "questions": ["What do you grow?"]}
    return MicroGroupFactory(network=network_of(founder), founder=founder, cap=2, **asks)


class TestComingIn:
    def test_a_person_takes_a_free_seat(self, group):
        membership = join(group, somebody(group), now=NOW)

        group.refresh_from_db()
        assert membership.is_active
        assert membership.joined_at == membership.read_before == NOW
        assert group.seats_taken == 2

    def test_a_full_group_puts_the_next_person_on_the_waitlist(self, group):
        member_of(group)

        late = join(group, somebody(group))

        group.refresh_from_db()
        assert late.state == State.WAITLISTED
        assert (group.seats_taken, group.waiting) == (2, 1)

    def test_who_waits_keeps_the_place_when_they_ask_again(self, group):
        member_of(group)
        first, second = somebody(group), somebody(group)
        join(group, first, now=NOW)
        join(group, second, now=NOW + HOUR)

        again = join(group, first, now=NOW + 2 * HOUR)

        assert again.queued_at == NOW
        assert list(group.memberships.waiting().values_list("person", flat=True)) == [
            first.pk,
            second.pk,
        ]

    def test_a_free_seat_goes_to_those_who_wait_before_somebody_new(self, group):
        member_of(group)
        first = somebody(group)
        join(group, first)
        MicroGroup.objects.filter(pk=group.pk).update(cap=3)

        late = join(group, somebody(group))

        assert late.is_waitlisted

    def test_nobody_is_in_a_group_twice(self, group):
        person = member_of(group)

        with pytest.raises(Refused) as no:
            join(group, person)

        assert no.value.code == "already_member"

    def test_only_members_of_the_network_join(self, group):
        stranger = PersonFactory(network=NetworkFactory())

        with pytest.raises(NotAllowed) as no:
            join(group, stranger)

        assert no.value.code == "not_allowed"
        assert not group.memberships.of(stranger)

    def test_who_is_suspended_does_not_join(self, group):
        person = somebody(group)
        person.network_memberships.update(suspended_at=NOW)

        with pytest.raises(NotAllowed):
            join(group, person)

    def test_nobody_joins_a_group_that_is_not_open(self, group):
        archive(group, host_of(group))

        with pytest.raises(Refused) as no:
            join(group, somebody(group))

        assert no.value.code == "group_not_open"

    def test_a_group_over_policy_takes_nobody_in_and_lines_nobody_up(self, group):
        member_of(group)
        Network.objects.filter(pk=group.network_id).update(max_cap=1, default_cap=1)

        with pytest.raises(Refused) as no:
            join(group, somebody(group))

        assert no.value.code == "group_over_policy"

    def test_one_is_in_three_groups_at_most(self, group):
        person = somebody(group)
        for _ in range(3):
            member_of(MicroGroupFactory(network=group.network), person=person)

        with pytest.raises(Refused) as no:
            join(group, person)

        assert no.value.code == "too_many_groups"

    def test_groups_one_facilitates_or_rests_in_or_that_are_archived_do_not_count(self, group):
        person = somebody(group)
        facilitated, rested, old = (MicroGroupFactory(network=group.network) for _ in range(3))
        facilitator_of(facilitated, person=person)
        rest(rested, member_of(rested, person=person))
        member_of(old, person=person)
        archive(old, host_of(old))
        for _ in range(2):
            member_of(MicroGroupFactory(network=group.network), person=person)

        assert join(group, person).is_active

    def test_who_is_in_three_groups_may_still_wait_in_line(self, group):
        member_of(group)
        person = somebody(group)
        for _ in range(3):
            member_of(MicroGroupFactory(network=group.network), person=person)

        assert join(group, person).is_waitlisted

    def test_coming_in_leaves_a_trace_and_a_visit(self, group):
        membership = join(group, somebody(group), now=NOW)

        trace = Activity.objects.get(about_id=str(membership.pk))
        assert (trace.verb, trace.actor) == ("membership.active", membership.person)
        assert membership.visits.get().on == NOW.date()


class TestAsking:
    def test_who_asks_is_requested_and_the_facilitators_are_told(self, asking):
        person = somebody(asking)

        membership = join(asking, person, answers=["Chillies"], now=NOW)

        assert membership.state == State.REQUESTED
        assert membership.answers == ["Chillies"]
        assert told(host_of(asking), "asked_to_join").get().actor == person

    @pytest.mark.parametrize("answers", [(), [""], ["  \n "], ["\u200b"]])
    def test_an_answer_is_needed_where_the_group_asks(self, asking, answers):
        person = somebody(asking)

        with pytest.raises(Invalid) as no:
            join(asking, person, answers=answers)

        assert list(no.value.errors) == ["answers"]
        assert not asking.memberships.of(person)

    def test_an_admitted_person_gets_a_seat(self, asking):
        person = somebody(asking)
        join(asking, person, answers=["Chillies"])

        membership = admit(asking, person, by=host_of(asking))

        assert membership.is_active
        assert told(person, "admitted").exists()

    def test_who_is_admitted_to_a_full_group_lines_up_behind_those_who_wait(self, asking):
        member_of(asking)
        early, late = somebody(asking), somebody(asking)
        join(asking, early, answers=["Chillies"], now=NOW)
        join(asking, late, answers=["Figs"], now=NOW + HOUR)

        admit(asking, late, by=host_of(asking), now=NOW + 2 * HOUR)
        admit(asking, early, by=host_of(asking), now=NOW + 3 * HOUR)

        line = asking.memberships.placed().waiting()
        assert [(row.person, row.position) for row in line] == [(late, 1), (early, 2)]
        assert told(early, "lined_up").exists()

    def test_who_was_declined_may_ask_again_after_a_week(self, asking):
        person = somebody(asking)
        join(asking, person, answers=["Chillies"], now=NOW)
        decline_request(asking, person, by=host_of(asking), reason="We are for figs.", now=NOW)

        with pytest.raises(Refused) as no:
            join(asking, person, answers=["Figs"], now=NOW + 7 * DAY - HOUR)

        assert no.value.code == "declined_recently"
        assert told(person, "request_declined").get().words == "We are for figs."
        again = join(asking, person, answers=["Figs"], now=NOW + 7 * DAY)
        assert again.is_requested

    def test_declining_needs_a_reason(self, asking):
        person = somebody(asking)
        join(asking, person, answers=["Chillies"])

        with pytest.raises(Invalid) as no:
            decline_request(asking, person, by=host_of(asking), reason=" ")

        assert list(no.value.errors) == ["reason"]
        assert state_of(asking, person) == State.REQUESTED

    def test_nobody_is_admitted_who_did_not_ask(self, asking):
        with pytest.raises(Refused) as no:
            admit(asking, somebody(asking), by=host_of(asking))

        assert no.value.code == "not_a_member"

    def test_an_admission_does_not_make_one_group_too_many(self, asking):
        person = somebody(asking)
        join(asking, person, answers=["Chillies"])
        for _ in range(3):
            member_of(MicroGroupFactory(network=asking.network), person=person)

        with pytest.raises(Refused) as no:
            admit(asking, person, by=host_of(asking))

        assert no.value.code == "too_many_groups"
        assert state_of(asking, person) == State.REQUESTED

    @pytest.mark.parametrize("who", ["member", "person", "admin"])
    def test_only_facilitators_admit_decline_remove_and_unbar(self, asking, who):
        person = somebody(asking)
        join(asking, person, answers=["Chillies"])
        by = {
            "member": member_of(asking),
            "person": somebody(asking),
            "admin": admin_of(asking.network),
        }[who]

        for deed, words in [
            (admit, {}),
            (decline_request, {"reason": "No"}),
            (remove, {"reason": "No"}),
            (unbar, {}),
        ]:
            with pytest.raises(NotAllowed):
                deed(asking, person, by=by, **words)


class TestGoing:
    def test_leaving_frees_the_seat(self, group):
        person = member_of(group)

        leave(group, person)

        group.refresh_from_db()
        assert group.seats_taken == 1
        assert state_of(group, person) == State.LEFT

    def test_who_left_can_come_back_and_reads_from_then_on(self, group):
        person = member_of(group, now=NOW)
        leave(group, person, now=NOW + DAY)

        back = join(group, person, now=NOW + 9 * DAY)

        assert back.read_before == NOW + 9 * DAY
        assert back.joined_at == NOW

    def test_nobody_leaves_a_group_they_are_not_in(self, group):
        with pytest.raises(Refused) as no:
            leave(group, somebody(group))

        assert no.value.code == "not_a_member"

    @pytest.mark.parametrize("deed", [leave, rest])
    def test_the_last_facilitator_stays(self, group, deed):
        with pytest.raises(Refused) as no:
            deed(group, host_of(group))

        assert no.value.code == "last_facilitator"

    def test_one_of_two_facilitators_may_go(self, group):
        first = host_of(group)
        facilitator_of(group)

        assert leave(group, first).role == Role.MEMBER

    def test_resting_gives_the_seat_back_and_keeps_reading(self, group):
        person = member_of(group)

        membership = rest(group, person)

        group.refresh_from_db()
        assert membership.may_read
        assert not membership.may_write
        assert group.seats_taken == 1

    def test_who_returns_to_a_free_seat_is_in_at_once(self, group):
        person = member_of(group)
        rest(group, person)

        assert return_(group, person).is_active

    def test_returning_takes_a_seat_of_the_persons_own_count(self, group):
        person = member_of(group)
        rest(group, person)
        for _ in range(3):
            member_of(MicroGroupFactory(network=group.network), person=person)

        with pytest.raises(Refused) as no:
            return_(group, person)

        assert no.value.code == "too_many_groups"
        assert state_of(group, person) == State.RESTING

    def test_who_waits_to_return_may_go_on_resting(self, group):
        person = member_of(group)
        rest(group, person)
        member_of(group)
        return_(group, person)

        assert rest(group, person).state == State.RESTING

    def test_who_never_was_in_does_not_rest(self, group):
        member_of(group)
        person = somebody(group)
        join(group, person)

        with pytest.raises(Refused) as no:
            rest(group, person)

        assert no.value.code == "not_a_member"


class TestRemoving:
    def test_who_is_removed_is_told_why_and_cannot_come_back(self, group):
        person = member_of(group)

        remove(group, person, by=host_of(group), reason="You sold our addresses.")

        with pytest.raises(Refused) as no:
            join(group, person)
        notice = told(person, "removed").get()
        assert no.value.code == "barred"
        assert notice.words == "You sold our addresses."
        assert notice.mail == "due"

    def test_who_is_let_back_may_join(self, group):
        person = member_of(group)
        remove(group, person, by=host_of(group), reason="A week off.")

        unbar(group, person, by=host_of(group))

        assert join(group, person).is_active

    def test_removing_without_a_bar_leaves_the_door_open(self, group):
        person = member_of(group)

        remove(group, person, by=host_of(group), reason="Wrong group.", bar=False)

        assert join(group, person).is_active

    def test_somebody_in_line_can_be_removed(self, group):
        member_of(group)
        person = somebody(group)
        join(group, person)

        remove(group, person, by=host_of(group), reason="No.")

        group.refresh_from_db()
        assert group.waiting == 0

    def test_nobody_removes_themselves(self, group):
        with pytest.raises(NotAllowed):
            remove(group, host_of(group), by=host_of(group), reason="Enough.")

    def test_removing_needs_a_reason(self, group):
        person = member_of(group)

        with pytest.raises(Invalid):
            remove(group, person, by=host_of(group), reason="")

        assert state_of(group, person) == State.ACTIVE

    def test_the_log_keeps_no_word_of_the_reason(self, group):
        person = member_of(group)

        remove(group, person, by=host_of(group), reason="You sold our addresses.")

        assert "addresses" not in str(list(Activity.objects.values_list("facts", flat=True)))


class TestRoles:
    def test_a_facilitator_names_another(self, group):
        person = member_of(group)

        membership = change_role(group, person, Role.FACILITATOR, by=host_of(group))

        assert membership.is_facilitator
        assert told(person, "now_facilitator").exists()

    def test_the_last_facilitator_is_not_demoted(self, group):
        with pytest.raises(Refused) as no:
            change_role(group, host_of(group), Role.MEMBER, by=host_of(group))

        assert no.value.code == "last_facilitator"

    def test_only_an_active_member_facilitates(self, group):
        person = member_of(group)
        rest(group, person)

        with pytest.raises(Refused) as no:
            change_role(group, person, Role.FACILITATOR, by=host_of(group))

        assert no.value.code == "not_a_member"

    def test_an_admin_names_the_first_of_a_group_without_a_facilitator(self, group):
        person = member_of(group)
        group.memberships.facilitating().update(role=Role.MEMBER)

        assert change_role(
            group, person, Role.FACILITATOR, by=admin_of(group.network)
        ).is_facilitator

    def test_an_admin_names_no_second_one(self, group):
        with pytest.raises(NotAllowed):
            change_role(group, member_of(group), Role.FACILITATOR, by=admin_of(group.network))

    def test_a_member_names_nobody_in_a_group_without_a_facilitator(self, group):
        person = member_of(group)
        group.memberships.facilitating().update(role=Role.MEMBER)

        with pytest.raises(NotAllowed):
            change_role(group, person, Role.FACILITATOR, by=person)

    def test_one_says_what_one_offers_on_one_line(self, group):
        person = member_of(group)

        membership = describe(group, person, offers=" Sourdough,\nall of it ")

        assert membership.offers == "Sourdough, all of it"

    def test_what_one_offers_has_a_length(self, group):
        with pytest.raises(Invalid) as no:
            describe(group, member_of(group), asks="x" * 281)

        assert list(no.value.errors) == ["asks"]


class TestVisits:
    def test_a_day_is_kept_once(self, group):
        membership = group.memberships.of(member_of(group, now=NOW))

        note_visit(membership, NOW + HOUR)
        note_visit(membership, NOW + HOUR, wrote=True)
        note_visit(membership, NOW + 2 * HOUR)

        assert [(visit.on, visit.wrote) for visit in membership.visits.all()] == [
            (NOW.date(), True)
        ]

    def test_gaps_count_days_on_which_the_group_was_alive(self, group):
        note_alive(group, NOW.date())
        membership = group.memberships.of(member_of(group, now=NOW))

        note_visit(membership, NOW + 3 * DAY)
        note_visit(membership, NOW + 30 * DAY)

        membership.refresh_from_db()
        assert membership.recent_gaps == [3, 3]
        assert membership.recent_gaps_sum == 6
        assert membership.last_visit_on == (NOW + 30 * DAY).date()

    def test_only_the_last_twenty_gaps_are_kept(self, group):
        membership = group.memberships.of(member_of(group, now=NOW))
        for day in range(1, 31):
            note_alive(group, (NOW + day * DAY).date())
            note_visit(membership, NOW + day * DAY)

        membership.refresh_from_db()
        assert membership.recent_gaps == [1] * 20

    def test_the_time_of_resting_is_no_gap(self, group):
        person = member_of(group, now=NOW)
        note_alive(group, NOW.date())
        rest(group, person, now=NOW + DAY)

        return_(group, person, now=NOW + 60 * DAY)

        membership = group.memberships.of(person)
        assert membership.recent_gaps == []
        assert membership.last_visit_on == (NOW + 60 * DAY).date()

    def test_who_rests_leaves_no_visits(self, group):
        person = member_of(group, now=NOW)
        membership = rest(group, person, now=NOW)

        note_visit(membership, NOW + DAY)

        assert Visit.objects.filter(membership=membership).count() == 1

    def test_a_day_that_is_known_costs_no_query(self, group, count_queries):
        membership = group.memberships.of(member_of(group, now=NOW))

        assert count_queries(lambda: note_visit(membership, NOW)) == 0
