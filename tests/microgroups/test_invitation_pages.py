"""The pages of invitations, and what each way to invite and to come in costs."""

import pytest
from django.test import Client

from microgroups.groups.models import MicroGroup
from microgroups.membership.actions import decline_request, join
from microgroups.membership.invitations import invite_person, make_link
from microgroups.membership.letters import invite_addresses
from microgroups.membership.models import Invitation
from network.people.blocking import block
from tests.factories import PersonFactory, member_of
from tests.microgroups.test_invitations import group_with, somebody, state_of

pytestmark = pytest.mark.django_db


def at(group):
    return f"/groups/{group.slug}/invitations/"


class TestByName:
    def test_several_who_may_be_meant_are_there_to_choose_from(self, client_of):
        group = group_with()
        for name in ("Imani Brooks", "Imani Wolf", "Kofi Mensah"):
            PersonFactory(network=group.network, name=name)
        PersonFactory(network=group.network, name="Ada", intro="Imani grows my figs.")
        PersonFactory(name="Imani Elsewhere")
        browser = client_of(group.keeper)

        page = browser.post(at(group), {"who": "imani", "words": "Bring figs."})

        found = page.context["found"]
        assert [person.name for person in found] == ["Imani Brooks", "Imani Wolf"]
        assert not Invitation.objects.exists()
        assert 'name="words" value="Bring figs."' in page.content.decode()
        browser.post(at(group), {"who": found[1].username, "words": "Bring figs."})
        made = Invitation.objects.get()
        assert (made.person.name, made.words) == ("Imani Wolf", "Bring figs.")

    def test_a_whole_name_is_enough_where_one_alone_has_it(self, client_of):
        group = group_with()
        kofi = PersonFactory(network=group.network, name="Kofi Mensah")
        PersonFactory(network=group.network, name="Kofi Mensah-Boateng")

        answer = client_of(group.keeper).post(at(group), {"who": "kofi  mensah"})

        assert answer.status_code == 302
        assert Invitation.objects.get().person == kofi

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ({"who": "Nobody"}, "is called that"),
            ({"who": ""}, "Please write whom you mean"),
            ({"emails": "hilde@people.example jonas@example"}, "“jonas@example” lacks"),
            ({"emails": ""}, "Please write one address"),
            ({"max_uses": "0", "words": "For the notice board"}, "greater than or equal to 1"),
        ],
    )
    def test_what_was_typed_is_kept_and_what_is_wrong_is_said(self, client_of, typed, said):
        group = group_with()

        answer = client_of(group.keeper).post(at(group), typed)

        page = answer.content.decode()
        assert answer.status_code == 422
        assert said in page
        assert all(word in page for word in typed.values())
        assert not Invitation.objects.exists()


class TestComingIn:
    def test_who_has_knocked_finds_a_yes_where_they_knocked(self, client_of):
        group = group_with("ask")
        MicroGroup.objects.filter(pk=group.pk).update(questions=["Why?"])
        person = somebody(group)
        join(group, person, answers=["Figs."])
        browser, door = client_of(person), f"/groups/{group.slug}/join/"
        assert "Its facilitators read your words" in browser.get(door).content.decode()

        invite_person(group, person, by=group.keeper, words="At last.")

        assert door in browser.get("/notices/").content.decode()
        page = browser.get(door).content.decode()
        assert f"<b>{group.keeper.name}</b> invites you; you need not ask." in page
        assert "At last." in page
        browser.post(door)
        assert state_of(group, person) == "active"

    def test_who_has_blocked_who_invites_reads_nothing_of_theirs_where_they_knocked(
        self, client_of
    ):
        group = group_with("ask")
        person = somebody(group)
        join(group, person)
        block(person, group.keeper)
        invite_person(group, person, by=group.keeper, words="I know where you live.")

        page = client_of(person).get(f"/groups/{group.slug}/join/").content.decode()

        assert "I know where you live." not in page
        assert "Its facilitators read your words" in page

    def test_a_vouch_asks_what_the_group_asks_and_keeps_the_answers(self, client_of):
        group = group_with("ask")
        MicroGroup.objects.filter(pk=group.pk).update(questions=["Why?", "Since when?"])
        person = somebody(group)
        _, code = invite_person(group, person, by=group.member)
        browser, card = client_of(person), f"/invitations/{code}/"

        half = browser.post(card, {"answer_0": "Figs."})
        assert (half.status_code, "Figs." in half.content.decode()) == (422, True)
        browser.post(card, {"answer_0": "Figs.", "answer_1": "Always."})

        membership = group.memberships.of(person)
        assert (membership.state, membership.answers) == ("requested", ["Figs.", "Always."])

    def test_who_was_told_not_this_time_reads_when_they_can_ask_again(self, client_of):
        group = group_with("ask")
        person = somebody(group)
        join(group, person)
        decline_request(group, person, by=group.keeper, reason="Not now")
        _, code = invite_person(group, person, by=group.member)

        answer = client_of(person).post(f"/invitations/{code}/")

        assert "You can ask again after a week." in answer.content.decode()

    def test_a_suspended_person_does_not_come_in_by_a_link(self, client_of):
        group = group_with()
        person = somebody(group)
        group.network.memberships.filter(person=person).update(suspended_at=person.joined_at)
        _, code = make_link(group, by=group.keeper)

        answer = client_of(person).post(f"/invitations/{code}/")

        assert answer.status_code == 422
        assert group.memberships.of(person) is None


def test_facilitators_see_beside_the_seats_who_is_asked_in(client_of):
    group = group_with()
    kofi = PersonFactory(network=group.network, name="Kofi Mensah")
    invite_person(group, kofi, by=group.member)
    invite_addresses(group, ["hilde@people.example"], by=group.keeper)
    path = f"/groups/{group.slug}/people/"

    page = client_of(group.keeper).get(path).content.decode()

    assert "Two people are invited and have not answered yet." in page
    assert "Kofi Mensah" in page
    assert "hilde@people.example" in page
    assert "have not answered yet" not in client_of(group.member).get(path).content.decode()
    group.refresh_from_db()
    assert group.seats_taken == 2


# What each deed costs in queries, whoever else is there: pages and endpoints.
PAGES = {"name": 20, "mail": 14, "link": 11, "take back": 11, "come in": 21, "decline": 7}
CALLS = {"name": 19, "mail": 12, "link": 8, "take back": 11, "come in": 23}


def crowd(group):
    """Some who live here, and some who are asked in each way."""
    for _ in range(3):
        member_of(group)
    for number in range(3):
        invite_person(group, somebody(group), by=group.keeper)
        make_link(group, by=group.keeper)
        invite_addresses(group, [f"crowd{number}@people.example"], by=group.keeper)


def by_page(group, client_of, number):
    """What each deed does in a browser, set up and ready."""
    keeper, path = client_of(group.keeper), at(group)
    person, comer = somebody(group), somebody(group)
    taken, _ = make_link(group, by=group.keeper)
    _, code = make_link(group, by=group.keeper)
    _, mailed = invite_addresses(group, [f"no{number}@people.example"], by=group.keeper)[0]
    mail = {"emails": f"n{number}@people.example"}
    comes = client_of(comer)
    return {
        "name": lambda: keeper.post(path, {"who": person.username}),
        "mail": lambda: keeper.post(path, mail),
        "link": lambda: keeper.post(path, {"max_uses": 1}),
        "take back": lambda: keeper.post(f"{path}{taken.pk}/revoke/"),
        "come in": lambda: comes.post(f"/invitations/{code}/"),
        "decline": lambda: Client().post(f"/invitations/{mailed}/decline/"),
    }


def by_call(group, api_of, number):
    """The same for a program."""
    keeper, path = api_of(group.keeper, group.network), at(group)
    person, comer = somebody(group), somebody(group)
    taken, _ = make_link(group, by=group.keeper)
    _, code = make_link(group, by=group.keeper)
    comes = api_of(comer, group.network)
    return {
        "name": lambda: keeper.post(path, {"usernames": [person.username]}),
        "mail": lambda: keeper.post(path, {"emails": [f"n{number}@people.example"]}),
        "link": lambda: keeper.post(path),
        "take back": lambda: keeper.delete(f"{path}{taken.pk}/"),
        "come in": lambda: comes.post(f"/invitations/{code}/accept/"),
    }


@pytest.mark.parametrize("way", ["page", "call"])
def test_deeds_take_the_same_queries_in_a_crowd(way, client_of, api_of, count_queries):
    group = group_with(cap=40)
    ready = (by_page, client_of) if way == "page" else (by_call, api_of)
    most = PAGES if way == "page" else CALLS

    def costs(number):
        deeds = ready[0](group, ready[1], number)
        return {name: count_queries(deed) for name, deed in deeds.items()}

    costs(0)  # whatever is asked only once
    few = costs(1)
    crowd(group)

    assert costs(2) == few
    assert few == most
