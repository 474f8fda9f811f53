"""Nobody meets a dead end: who is refused, waits or is late reads what they can do instead."""

from datetime import timedelta

import pytest
from django.utils import timezone

from microgroups.groups.actions import archive, edit, propose
from microgroups.groups.models import MicroGroup
from microgroups.membership.actions import decline_request, join, leave, remove, rest
from microgroups.membership.elsewhere import others_for
from microgroups.membership.invitations import invite_person, make_link
from network.networks.models import Network
from network.templatetags.kith import at_hour
from tests.facilitation.test_dashboard import words
from tests.factories import NOW, MicroGroupFactory, PersonFactory, member_of, thread_in
from tests.microgroups.test_groups import CHARTER

pytestmark = pytest.mark.django_db


@pytest.fixture
def group():
    return MicroGroupFactory(name="The Slow Readers", visibility="network")


@pytest.fixture
def keeper(group):
    return group.memberships.get(is_founder=True).person


@pytest.fixture
def reader(group):
    return PersonFactory(network=group.network)


@pytest.fixture
def other(group):
    """A group with a free window, about something like it."""
    return MicroGroupFactory(network=group.network, name="Readers by night")


def change(group, **facts):
    MicroGroup.objects.filter(pk=group.pk).update(**facts)


def is_archived(group, reader):
    archive(group, group.memberships.get(is_founder=True).person)


def is_over_policy(group, reader):
    for _ in range(2):
        member_of(group)
    Network.objects.filter(pk=group.network_id).update(max_cap=2, default_cap=2)


def was_removed(group, reader):
    keeper = group.memberships.get(is_founder=True).person
    member_of(group, person=reader)
    remove(group, reader, by=keeper, reason="It was too loud.")


def was_declined(group, reader):
    keeper = group.memberships.get(is_founder=True).person
    change(group, join_policy="ask")
    join(group, reader)
    decline_request(group, reader, by=keeper, reason="We know each other by now.")


def is_in_many(group, reader):
    for name in ("Figs", "Sourdough", "Sparrows"):
        member_of(MicroGroupFactory(network=group.network, name=name), person=reader)


def by_invitation(group, reader):
    change(group, join_policy="invite")


REFUSALS = {
    "group_not_open": (is_archived, "is not open, so nobody can come in now", None),
    "group_over_policy": (is_over_policy, "it takes nobody in", None),
    "barred": (was_removed, "is closed to you", "/appeals/of/"),
    "declined_recently": (was_declined, "You can ask again after a week", "/appeals/of/"),
    "too_many_groups": (is_in_many, "Rest in Figs", "/groups/figs/rest/"),
    "invitation_needed": (by_invitation, "everybody inside can invite", "/groups/the-slow"),
}


@pytest.mark.parametrize("code", REFUSALS)
def test_whoever_is_refused_reads_what_they_can_do(code, group, reader, other, client_of):
    arrange, said, step = REFUSALS[code]
    arrange(group, reader)
    browser, door = client_of(reader), f"/groups/{group.slug}/join/"

    looked, knocked = browser.get(door), browser.post(door)

    assert (looked.status_code, knocked.status_code) == (200, 422)
    for page in (looked, knocked):
        assert page.context["obstacle"].code == code
        assert said in words(page)
        assert (step or f"/groups/{other.slug}/") in page.content.decode()
        leads_on = code != "too_many_groups"  # no other group would take them, either
        assert ("Groups with a free window" in words(page)) == leads_on
        assert (f"/groups/{other.slug}/" in page.content.decode()) == leads_on


def test_who_is_invited_and_in_as_many_groups_as_one_may_reads_it_before_coming(
    group, reader, client_of
):
    by_invitation(group, reader)
    invite_person(group, reader, by=group.memberships.get(is_founder=True).person)
    browser, door = client_of(reader), f"/groups/{group.slug}/join/"
    assert browser.get(door).context["obstacle"] is None

    is_in_many(group, reader)

    assert "Rest in Figs" in words(browser.get(door))


def test_the_card_of_a_group_that_takes_nobody_in_leads_on(group, reader, client_of):
    for arrange, said in ((is_over_policy, "takes nobody in"), (is_archived, "It is closed")):
        arrange(group, reader)
        page = client_of(reader).get(f"/groups/{group.slug}/")

        assert said in words(page)
        assert "/groups/?room=free" in page.content.decode()


def test_a_proposal_is_pledged_to(group, reader, keeper, client_of):
    proposal = propose(group.network, reader, **CHARTER)
    somebody = PersonFactory(network=group.network)

    page = client_of(somebody).get(f"/groups/{proposal.slug}/join/")

    assert "Who pledges to come has a seat the day it opens" in words(page)


def test_few_windows_are_said_and_another_group_is_shown(
    group, keeper, reader, other, client_of, count_queries
):
    edit(group, keeper, cap=5)
    browser, door = client_of(reader), f"/groups/{group.slug}/join/"
    member_of(group)
    assert other.name not in words(browser.get(door))

    for _ in range(2):
        member_of(group)
    for path in (door, f"/groups/{group.slug}/", "/groups/"):
        page = browser.get(path)
        assert "1 window left" in words(page)
        assert 'aria-label="4 of 5 seats taken, 1 window left"' in page.content.decode()
    assert other.name in words(browser.get(door))
    assert "Walk in while a window is free." in words(browser.get("/groups/"))

    member_of(group)
    for path, said in ((door, "Every window is lit"), ("/groups/", "Every window is lit; you can")):
        assert said in words(browser.get(path))
    join(group, reader)
    waiting = words(browser.get(door))
    assert count_queries(lambda: browser.get(door)) <= 10
    assert "You have a place in line" in waiting
    assert other.name in waiting


def test_who_comes_back_too_late_or_with_an_old_link_is_led_on(
    group, keeper, reader, other, client_of
):
    member_of(group, person=reader)
    rest(group, reader)
    archive(group, keeper)

    back = client_of(reader).post(f"/groups/{group.slug}/return/")
    assert back.status_code == 409
    assert "Groups with a free window" in words(back)

    link, code = make_link(other, by=other.memberships.get(is_founder=True).person)
    type(link).objects.filter(pk=link.pk).update(expires_at=timezone.now())
    is_in_many(group, reader)
    late = client_of(reader).get(f"/invitations/{code}/")
    assert "This invitation is over" in words(late)
    assert late.context["others"] == others_for(other, reader)


class TestOthers:
    def test_those_that_fit_come_first_and_say_why(self, group, reader):
        reader.intro = "I keep pigeons."
        about, alike, known, _ = (
            MicroGroupFactory(
                network=group.network, visibility="network", name=name, purpose="We do it together."
            )
            for name in ("Pigeons above", "Late readers", "Figs", "Walkers")
        )
        friend = member_of(known)
        shared = MicroGroupFactory(network=group.network)
        for person in (reader, friend):
            member_of(shared, person=person)

        found = others_for(group, reader)

        assert [(other, other.why) for other in found] == [
            (known, f"You know {friend.name} from another group."),
            (alike, "“Readers” is what it is about, too."),
            (about, "You wrote “pigeons” about yourself."),
        ]

    def test_a_sister_comes_first_however_old_she_is(self, group, reader):
        sister = MicroGroupFactory(network=group.network)
        other = MicroGroupFactory(network=group.network, purpose=group.purpose)
        MicroGroup.objects.filter(pk=sister.pk).update(
            sister_of=group, founded_at=NOW - timedelta(900)
        )

        assert [each.pk for each in others_for(group, reader)] == [sister.pk, other.pk]
        assert others_for(group, reader)[0].why == f"It is a sister of {group.name}."
        sister.refresh_from_db()
        assert others_for(sister, reader)[0].pk == group.pk

    def test_none_that_is_full_closed_hidden_or_ones_own(self, group, reader):
        network = group.network
        full = MicroGroupFactory(network=network, cap=1)
        member_of(MicroGroupFactory(network=network), person=reader)
        left = MicroGroupFactory(network=network)
        member_of(left, person=reader)
        leave(left, reader)
        MicroGroupFactory(network=network, visibility="hidden")
        MicroGroupFactory(network=network, join_policy="invite")
        is_archived(MicroGroupFactory(network=network), reader)

        assert full.seats_left == 0
        assert others_for(group, reader) == []

    def test_what_is_said_inside_names_nobody(self, group, reader, other):
        """Where names are not shown, nobody is named as known."""
        friend = member_of(other)
        thread_in(other, friend)
        shared = MicroGroupFactory(network=group.network)
        for person in (reader, friend):
            member_of(shared, person=person)

        assert friend.name not in others_for(group, reader)[0].why

    def test_it_asks_as_much_for_one_as_for_many(self, group, reader, other, count_queries):
        few = count_queries(lambda: others_for(group, reader))
        for _ in range(5):
            MicroGroupFactory(network=group.network, visibility="network")

        assert count_queries(lambda: others_for(group, reader)) <= max(few, 2)


def test_whoever_a_seat_is_kept_for_reads_until_when(group, reader, client_of):
    change(group, cap=2)
    goes = member_of(group)
    join(group, reader)
    leave(group, goes)
    until = group.memberships.of(reader).offer_until

    page = words(client_of(reader).get(group.get_absolute_url()))

    assert f"A window is kept for you It is yours until {at_hour(until)}." in page
    assert "Take your seat" in page
    assert "No, thank you" in page
