"""Growing a sister: proposed, chosen about, parted; and the past that both have in common."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from facilitation.welcome.actions import newcomers
from microgroups.budding.actions import bud, drop
from microgroups.budding.choosing import choose
from microgroups.budding.finishing import finish, finish_budding
from microgroups.budding.models import Budding, Choice
from microgroups.budding.rules import reasons_of, share_of_busiest
from microgroups.groups.actions import approve, archive, decline, propose_again
from microgroups.groups.models import MicroGroup
from microgroups.groups.pledging import pledge
from microgroups.membership.actions import join, leave, rest
from microgroups.membership.invitations import invite_person
from microgroups.membership.models import Invitation, Membership
from network.activity.models import Activity
from network.errors import Invalid, NotAllowed, Refused
from network.notifications.models import Notice
from network.operations.invariants import violations
from tests.factories import (
    MicroGroupFactory,
    NetworkFactory,
    PersonFactory,
    admin_of,
    facilitator_of,
    member_of,
    thread_in,
)
from tests.threads import all_at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def host(network):
    return PersonFactory(network=network)


@pytest.fixture
def group(network, host):
    return MicroGroupFactory(network=network, founder=host, name="Slow Readers", cap=12)


def approved(group, host, **facts):
    """A budding whose sister an admin has said yes to."""
    found = bud(group, host, name="Slower Readers", **facts)
    approve(found.sister, admin_of(group.network))
    return Budding.objects.select_related("sister", "group").get(pk=found.pk)


def parted(group, host, *going, both=(), **facts):
    """The sister of a group that has parted."""
    found = approved(group, host, facilitator=going[0], **facts)
    for person in going:
        choose(group, person, choice="go")
    for person in both:
        choose(group, person, choice="both")
    finish(group, host)
    return MicroGroup.objects.select_related("network").get(pk=found.sister_id)


def told(kind):
    return set(Notice.objects.filter(kind=kind).values_list("person", flat=True))


def keys(*people):
    return {person.pk for person in people}


def state_in(group, person):
    place = group.memberships.of(person)
    return place.state if place else None


def no(code, deed, *args, **facts):
    with pytest.raises(Refused) as refusal:
        deed(*args, **facts)
    assert refusal.value.code == code


class TestProposing:
    def test_a_sister_is_proposed_with_the_reasons_in_numbers(self, group, host):
        MicroGroup.objects.filter(pk=group.pk).update(cap=2)
        member_of(group)
        line = [PersonFactory(network=group.network) for _ in range(2)]
        join(group, line[0], now=timezone.now() - timedelta(days=80))
        join(group, line[1])

        found = bud(group, host, name="Slower Readers", why="Two tables have formed.")

        assert (found.state, found.sister.state) == ("proposed", "proposed")
        assert found.sister.sister_of == group
        assert found.sister.purpose == group.purpose
        assert found.sister.colour in ("bottle", "ochre")  # kin of moss
        assert reasons_of(found.facts) == [
            ("2 of 2", "seats taken"),
            ("2", "waiting, the first for eleven weeks"),
            ("0", "wrote in the last four weeks"),
        ]
        assert told("proposal_waits") == told("proposal_waits") - keys(host) != set()
        assert told("budding_begun") == set()

    @pytest.mark.parametrize(
        ("counts", "share"),
        [([], None), ([19], None), ([20], 100), ([20, *[4] * 9], 36), ([1] * 30, 10)],
    )
    def test_the_share_of_the_busiest_tenth_is_told_from_twenty_posts(self, counts, share):
        assert share_of_busiest(counts) == share

    def test_who_may_not_and_when_not(self, group, host):
        member = member_of(group)
        with pytest.raises(NotAllowed):
            bud(group, member, name="No")
        with pytest.raises(Invalid):
            bud(group, host, name="No", facilitator=PersonFactory(network=group.network))
        no("cap_above_limit", bud, group, host, name="No", cap=151)
        bud(group, host, name="Yes")
        no("already_budding", bud, group, host, name="No")
        drop(group, host)
        archive(group, host)
        no("group_not_open", bud, group, host, name="No")

    def test_an_admin_who_facilitates_needs_no_other_yes(self, network):
        admin = admin_of(network)
        group = MicroGroupFactory(network=network, founder=admin)

        assert bud(group, admin, name="Sister").is_choosing

    def test_no_bar_is_asked_of_a_sister_and_it_does_not_open_yet(self, group, host):
        type(group.network).objects.filter(pk=group.network_id).update(founding_pledges=5)

        found = approved(group, host)

        assert found.is_choosing
        assert found.sister.state == "proposed"
        no("group_not_open", join, found.sister, PersonFactory(network=group.network))

    def test_whoever_is_asked_to_look_after_it_is_told_and_has_not_said_yes(self, group, host):
        asked = member_of(group)

        found = bud(group, host, name="Sister", facilitator=asked)

        assert told("budding_asked") == keys(asked)
        assert not found.choices.exists()

    def test_a_no_can_be_answered_or_the_whole_dropped(self, group, host):
        found = bud(group, host, name="Sister")
        admin = admin_of(group.network)
        decline(found.sister, admin, reason="Is it not early?")

        propose_again(found.sister, host, answer="Forty are waiting.")
        approve(found.sister, admin)
        found.refresh_from_db()
        assert found.is_choosing

        decline(found.sister, admin, reason="I was wrong.")
        found.refresh_from_db()
        assert found.is_proposed
        drop(group, host)
        found.refresh_from_db()
        assert found.is_dropped


class TestChoosing:
    def test_all_are_told_once_at_the_start_and_the_silent_once_before_the_end(self, group, host):
        goes, silent = member_of(group), member_of(group)
        found = approved(group, host, facilitator=goes)
        choose(group, goes, choice="go")
        begun = found.closes_at - timedelta(days=14)

        for hours in (0, 24 * 11 + 1, 24 * 12):
            finish_budding(begun + timedelta(hours=hours))

        assert told("budding_begun") == keys(host, goes, silent)
        assert told("budding_ends") == keys(host, silent)
        assert Notice.objects.filter(kind="budding_ends").count() == 2

    def test_a_word_can_be_changed_until_it_is_done(self, group, host):
        person = member_of(group)
        found = approved(group, host)

        for word in ("go", "both", "stay"):
            choose(group, person, choice=word)

        assert found.choices.get(person=person).way == "stay"

    def test_who_chooses_and_when(self, group, host):
        resting, stranger = member_of(group), PersonFactory(network=group.network)
        rest(group, resting)
        member = member_of(group)
        no("not_choosing", choose, group, member, choice="go")
        bud(group, host, name="Sister")
        no("not_choosing", choose, group, member, choice="go")
        approve(Budding.objects.get().sister, admin_of(group.network))
        for person in (resting, stranger):
            no("not_a_member", choose, group, person, choice="go")

    def test_the_last_who_facilitates_can_be_in_both_but_not_go(self, group, host):
        approved(group, host)

        no("last_facilitator", choose, group, host, choice="go")

        assert Choice.objects.get().way == "both"

    def test_whoever_proposed_hears_when_nobody_would_look_after_it(self, group, host):
        asked = member_of(group)
        approved(group, host, facilitator=asked)

        choose(group, asked, choice="stay")

        assert told("budding_alone") == keys(host)
        no("last_facilitator", finish, group, host)

    def test_dropped_all_is_as_it_was(self, group, host):
        person = member_of(group)
        found = approved(group, host)
        choose(group, person, choice="go")
        with pytest.raises(NotAllowed):
            drop(group, person)

        drop(group, host)

        assert state_in(group, person) == "active"
        found.sister.refresh_from_db()
        assert (found.sister.state, found.sister.founder) == ("declined", None)
        assert told("budding_dropped") == keys(person)
        assert list(violations()) == []

    def test_a_group_that_is_closed_grows_no_sister(self, group, host):
        found = approved(group, host)

        archive(group, host)

        found.refresh_from_db()
        assert found.is_dropped


class TestParting:
    def test_each_goes_where_they_said_and_nobody_else_is_moved(self, group, host):
        goes, both, stays, silent, rests = (member_of(group) for _ in range(5))
        rest(group, rests)
        found = approved(group, host, facilitator=goes)
        for person, word in ((goes, "go"), (both, "both"), (stays, "stay")):
            choose(group, person, choice=word)

        finish(group, host)

        sister = found.sister
        assert [state_in(group, one) for one in (goes, both, stays, silent, rests, host)] == [
            *("left", "active", "active", "active", "resting", "active")
        ]
        assert Counter(sister.memberships.values_list("person", "state")) == Counter(
            [(goes.pk, "active"), (both.pk, "active")]
        )
        sister.refresh_from_db()
        assert (sister.state, sister.seats_taken) == ("open", 2)
        assert sister.memberships.facilitating().get().person == goes
        assert told("sister_open") == keys(goes, both)
        assert told("budding_done") == keys(stays, silent, rests)
        assert list(violations()) == []

    def test_it_comes_true_by_itself_on_its_day_and_once(self, group, host):
        goes = member_of(group)
        found = approved(group, host, facilitator=goes)
        choose(group, goes, choice="go")

        finish_budding(found.closes_at - timedelta(seconds=1))
        assert state_in(group, goes) == "active"
        finish_budding(found.closes_at)
        finish_budding(found.closes_at)
        finish(group, host)

        assert state_in(found.sister, goes) == "active"
        assert Notice.objects.filter(kind="sister_open").count() == 1

    def test_without_anybody_to_look_after_it_the_day_calls_it_off(self, group, host):
        asked = member_of(group)
        found = approved(group, host, facilitator=asked)

        finish_budding(found.closes_at)

        found.refresh_from_db()
        assert found.is_dropped
        assert told("budding_unkept") == keys(host, asked)
        said_no = Activity.objects.get(verb="group.declined")
        assert (said_no.about_id, said_no.actor) == (str(found.sister_id), None)

    def test_freed_seats_go_to_the_line_and_the_rest_of_it_is_asked_into_the_sister(
        self, group, host
    ):
        MicroGroup.objects.filter(pk=group.pk).update(cap=3)
        goes, _ = member_of(group), member_of(group)
        line = [PersonFactory(network=group.network) for _ in range(4)]
        for person in line:
            join(group, person)

        sister = parted(group, host, goes, cap=3)

        assert [state_in(group, one) for one in line] == ["offered"] + ["waitlisted"] * 3
        assert [state_in(sister, one) for one in line] == [None, "offered", "offered", None]
        assert told("sister_offered") == keys(line[1], line[2])
        assert list(violations()) == []

    def test_when_more_go_than_fit_the_first_are_seated_and_the_others_stay_in_its_line(
        self, group, host
    ):
        first, second, third = (member_of(group) for _ in range(3))

        sister = parted(group, host, first, second, third, cap=2)

        assert [state_in(sister, one) for one in (first, second, third)] == [
            *("active", "active", "waitlisted")
        ]
        assert state_in(group, third) == "active"
        assert told("sister_full") == keys(third)
        assert list(violations()) == []

    def test_who_pledged_is_seated_after_those_who_wait(self, group, host):
        goes, pledged = member_of(group), PersonFactory(network=group.network)
        found = approved(group, host, facilitator=goes)
        pledge(found.sister, pledged)
        choose(group, goes, choice="go")

        finish(group, host)

        assert state_in(found.sister, pledged) == "active"

    def test_a_pledge_takes_nobody_out_of_the_place_that_they_have_already(self, group, host):
        MicroGroup.objects.filter(pk=group.pk).update(cap=2)
        goes = member_of(group)
        waits, more = (PersonFactory(network=group.network) for _ in range(2))
        for person in (waits, more):
            join(group, person)
        found = approved(group, host, facilitator=goes, cap=2)
        pledge(found.sister, more)
        choose(group, goes, choice="go")

        finish(group, host)

        assert state_in(found.sister, more) == "offered"
        assert list(violations()) == []

    def test_where_all_who_facilitate_would_go_one_is_kept_in_both(self, group, host):
        other = facilitator_of(group)
        found = approved(group, host)
        choose(group, other, choice="both")
        choose(group, host, choice="go")
        Choice.objects.filter(person=other).update(way="go")

        finish(group, host)

        assert state_in(group, host) == "left"
        assert [state_in(each, other) for each in (group, found.sister)] == ["active", "active"]
        assert list(violations()) == []

    def test_a_facilitator_for_whom_it_would_be_one_group_too_many_stays(self, group, host):
        looks, other = member_of(group), facilitator_of(group)
        for _ in range(3):
            join(MicroGroupFactory(network=group.network), other)

        sister = parted(group, host, looks, other)

        assert state_in(group, other) == "active"
        assert state_in(sister, other) is None
        assert told("sister_too_many") == keys(other)

    def test_who_would_go_on_from_a_second_seat_is_counted_too(self, network, group, host):
        keeper, both = member_of(group), member_of(group)
        sister = parted(group, host, keeper, both=[both])
        for _ in range(2):
            join(MicroGroupFactory(network=network), both)
        next_one = member_of(sister)

        third = parted(sister, keeper, next_one, both)

        assert (state_in(sister, both), state_in(third, both)) == ("active", None)
        assert told("sister_too_many") == keys(both)

    def test_the_founders_of_a_sister_are_not_greeted_as_newcomers(self, group, host):
        sister = parted(group, host, member_of(group))

        now = timezone.now()
        assert not newcomers(now - timedelta(days=1), now).filter(group=sister).exists()

    def test_whom_they_had_asked_in_is_asked_no_more(self, network, group, host):
        goes, both = member_of(group), member_of(group)
        first, second = PersonFactory(network=network), PersonFactory(network=network)
        invite_person(group, first, by=goes)
        sister = parted(group, host, goes, both=[both])
        invite_person(sister, second, by=both)

        finish_budding(Budding.objects.get().both_until)

        assert (state_in(group, first), state_in(sister, second)) == ("left", "left")
        assert not Invitation.objects.open().exists()

    def test_parting_costs_the_same_for_few_and_many(self, network, count_queries):
        def cost(number):
            host = PersonFactory(network=network)
            group = MicroGroupFactory(network=network, founder=host)
            going = [member_of(group) for _ in range(number)]
            approved(group, host, facilitator=going[0])
            for person in going[:-1]:
                choose(group, person, choice="go")
            choose(group, going[-1], choice="both")
            return count_queries(lambda: finish(group, host))

        assert cost(3) == cost(9) <= 28


class TestBoth:
    @pytest.fixture
    def both(self, group):
        return member_of(group)

    @pytest.fixture
    def sister(self, group, host, both):
        return parted(group, host, member_of(group), both=[both])

    @pytest.fixture
    def until(self, sister):
        return Budding.objects.get(sister=sister).both_until

    def test_after_thirty_days_they_stay_and_are_told_before(self, group, sister, both, until):
        finish_budding(until - timedelta(days=2))
        finish_budding(until - timedelta(days=1))
        assert told("both_ends") == keys(both)
        assert state_in(sister, both) == "active"

        finish_budding(until)
        finish_budding(until)

        assert (state_in(group, both), state_in(sister, both)) == ("active", "left")
        assert Notice.objects.filter(kind="both_ended").count() == 1
        assert list(violations()) == []

    def test_they_may_end_it_themselves_either_way(self, client_of, group, sister, both):
        thread = thread_in(group, now=timezone.now() - timedelta(days=1))

        choose(group, both, choice="go")

        assert (state_in(group, both), state_in(sister, both)) == ("left", "active")
        assert client_of(both).get(f"/threads/{thread.pk}/").status_code == 200
        no("not_a_member", choose, group, both, choice="stay")

    def test_stay_gives_the_seat_back_at_once(self, group, sister, both):
        choose(group, both, choice="stay")

        assert (state_in(group, both), state_in(sister, both)) == ("active", "left")
        no("not_choosing", choose, group, both, choice="go")

    def test_until_it_ends_no_other_sister_is_begun(self, group, host, sister, both, until):
        no("already_budding", bud, group, host, name="Third")
        bud(group, host, name="Third", now=until)

    def test_it_does_not_count_against_the_groups_one_may_be_in(self, group, sister, both):
        for _ in range(2):
            join(MicroGroupFactory(network=group.network), both)

        no("too_many_groups", join, MicroGroupFactory(network=group.network), both)

    def test_who_left_the_group_meanwhile_keeps_the_other_seat(self, group, sister, both, until):
        leave(group, both)

        finish_budding(until)

        place = sister.memberships.of(both)
        assert (place.state, place.both_until) == ("active", None)

    def test_the_last_who_looks_after_the_sister_stays_in_it(self, group, host):
        found = approved(group, host)
        finish(group, host)
        found.refresh_from_db()

        finish_budding(found.both_until)

        assert [state_in(each, host) for each in (group, found.sister)] == ["active", "active"]
        assert list(violations()) == []


@pytest.mark.django_db(transaction=True)
def test_64_at_once_choose_join_and_finish_and_it_happens_once():
    network = NetworkFactory()
    host = PersonFactory(network=network)
    group = MicroGroupFactory(network=network, founder=host, cap=24)
    people = [member_of(group) for _ in range(20)]
    found = approved(group, host, facilitator=people[0], cap=12)
    choose(group, people[0], choice="go")
    strangers = [PersonFactory(network=network) for _ in range(34)]

    def attempt(deed, *args, **facts):
        try:
            deed(*args, **facts)
        except Refused as refusal:
            return refusal.code
        return None

    calls = [(choose, group, person, "go") for person in people[1:]]
    calls += [(join, group, person) for person in strangers]
    calls += [(finish, group, host)] * 5 + [(finish_budding, found.closes_at)] * 6
    all_at_once(
        lambda deed, *args: attempt(
            deed, *args[:2], **({"choice": args[2]} if deed is choose else {})
        ),
        calls,
    )

    found.sister.refresh_from_db()
    group.refresh_from_db()
    assert found.sister.is_open
    assert found.sister.seats_taken <= 12 and group.seats_taken <= 24
    assert Notice.objects.filter(kind="sister_open", person=people[0]).count() == 1
    twice = Counter(
        Membership.objects.active().filter(person__in=people).values_list("person", flat=True)
    )
    assert set(twice.values()) == {1}
    assert list(violations()) == []
