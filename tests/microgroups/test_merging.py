"""Two groups become one: a quiet one asks, the other says yes, and each member is invited."""

import pytest

from microgroups.budding.actions import bud
from microgroups.budding.merging import accept, decline, merge, withdraw
from microgroups.budding.models import Merging
from microgroups.groups.actions import archive, edit
from microgroups.groups.models import MicroGroup
from microgroups.membership.actions import join, remove, rest
from network.errors import Invalid, NotAllowed, Refused
from network.notifications.models import Notice
from network.operations.invariants import violations
from tests.factories import (
    MicroGroupFactory,
    NetworkFactory,
    PersonFactory,
    facilitator_of,
    member_of,
)
from tests.threads import all_at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def host(network):
    return PersonFactory(network=network)


@pytest.fixture
def keeper(network):
    return PersonFactory(network=network)


@pytest.fixture
def quiet(network, host):
    return MicroGroupFactory(network=network, founder=host, name="Quiet")


@pytest.fixture
def other(network, keeper):
    return MicroGroupFactory(network=network, founder=keeper, name="Lively", join_policy="invite")


def told(kind):
    return set(Notice.objects.filter(kind=kind).values_list("person", flat=True))


def state_in(group, person):
    place = group.memberships.of(person)
    return place.state if place else None


def no(code, deed, *args, **facts):
    with pytest.raises(Refused) as refusal:
        deed(*args, **facts)
    assert refusal.value.code == code


class TestMerging:
    def test_the_group_is_archived_and_each_is_invited_never_moved(
        self, quiet, other, host, keeper
    ):
        member, resting = member_of(quiet), member_of(quiet)
        rest(quiet, resting)
        asked = merge(quiet, host, into=other, words="We are three.")
        assert told("merge_asked") == {keeper.pk}

        accept(asked, keeper)

        quiet.refresh_from_db()
        other.refresh_from_db()
        assert quiet.is_archived
        people = (host, member, resting)
        assert [state_in(other, one) for one in people] == ["invited"] * 3
        assert [state_in(quiet, one) for one in people] == ["active", "active", "resting"]
        assert other.seats_taken == 1
        assert told("merged") == {one.pk for one in people}
        assert join(
            other, member
        ).is_active  # by the invitation, where one comes in by no other way
        assert list(violations()) == []

    def test_who_is_in_stays_as_they_are_and_who_may_not_come_in_is_not_asked(
        self, quiet, other, host, keeper
    ):
        both, barred, blocks = member_of(quiet), member_of(quiet), member_of(quiet)
        edit(other, keeper, join_policy="open")
        for person in (both, barred):
            join(other, person)
        remove(other, barred, by=keeper, reason="No.")
        blocks.blocks.create(blocked=keeper, at=keeper.joined_at)

        accept(merge(quiet, host, into=other), keeper)

        assert [state_in(other, one) for one in (both, barred, blocks)] == [
            *("active", "removed", None)
        ]

    def test_a_no_is_told_with_its_reason_and_another_may_be_asked(
        self, quiet, other, host, keeper
    ):
        second = facilitator_of(quiet)

        decline(merge(quiet, host, into=other), keeper, reason="We are nearly full.")

        assert told("merge_declined") == {host.pk, second.pk}
        assert set(
            Notice.objects.filter(kind="merge_declined").values_list("words", flat=True)
        ) == {"We are nearly full."}
        assert merge(quiet, host, into=MicroGroupFactory(network=quiet.network)).is_asked

    def test_who_may_not_and_when_not(self, quiet, other, host, keeper):
        member, third = member_of(quiet), MicroGroupFactory(network=quiet.network)
        with pytest.raises(NotAllowed):
            merge(quiet, member, into=other)
        for into in (quiet, MicroGroupFactory()):
            with pytest.raises(Invalid):
                merge(quiet, host, into=into)
        asked = merge(quiet, host, into=other)
        assert merge(quiet, host, into=other) == asked
        no("already_merging", merge, quiet, host, into=third)
        for deed in (accept, withdraw):
            with pytest.raises(NotAllowed):
                deed(asked, member)
        with pytest.raises(NotAllowed):
            decline(asked, host, reason="Never mind.")
        withdraw(asked, host)
        no("not_asked", accept, asked, keeper)
        archive(other, keeper)
        no("group_not_open", merge, quiet, host, into=other)

    def test_a_group_that_is_closed_meanwhile_neither_asks_nor_answers(
        self, quiet, other, host, keeper
    ):
        asked = merge(quiet, host, into=other)

        archive(quiet, host)

        no("not_asked", accept, asked, keeper)

    def test_said_twice_it_happens_once(self, quiet, other, host, keeper):
        member_of(quiet)
        asked = merge(quiet, host, into=other)

        accept(asked, keeper)
        accept(asked, keeper)

        assert Notice.objects.filter(kind="merged").count() == 2

    def test_a_sister_that_was_growing_is_called_off(self, quiet, other, host, keeper):
        found = bud(quiet, host, name="Sister")

        accept(merge(quiet, host, into=other), keeper)

        found.refresh_from_db()
        assert found.is_dropped

    def test_it_costs_the_same_for_few_and_many(self, network, other, keeper, count_queries):
        def cost(number):
            host = PersonFactory(network=network)
            group = MicroGroupFactory(network=network, founder=host)
            for _ in range(number):
                member_of(group)
            asked = merge(group, host, into=other)
            return count_queries(lambda: accept(asked, keeper))

        cost(1)
        assert cost(2) == cost(8) <= 34


class TestPages:
    def test_asking_answering_and_taking_back(self, client_of, quiet, other, host, keeper):
        asking, answering = client_of(host), client_of(keeper)
        page = f"/groups/{quiet.slug}/merge/"
        assert "When it has grown quiet" in asking.get(page).content.decode()

        wrong = asking.post(page, {"into": "nowhere", "words": "Kept words"})
        assert wrong.status_code == 422
        assert "Kept words" in wrong.content.decode()
        assert asking.post(page, {"into": other.slug}).status_code == 302
        assert asking.post(f"{page}drop/").status_code == 302
        asking.post(page, {"into": other.slug, "words": "We are three."})
        asked = Merging.objects.asked().get()
        answer = f"/mergings/{asked.pk}/"
        assert "We are three." in answering.get(answer).content.decode()
        assert answering.post(answer, {"reason": ""}).status_code == 422
        assert answering.post(answer, {"accept": "1"}).status_code == 302

        quiet.refresh_from_db()
        assert quiet.is_archived
        assert "invited the people of Quiet" in answering.get(answer).content.decode()

    def test_others_see_nothing_of_it(self, client_of, quiet, other, host):
        asked = merge(quiet, host, into=other)
        for person in (member_of(quiet), PersonFactory(network=quiet.network)):
            client = client_of(person)
            assert client.get(f"/groups/{quiet.slug}/merge/").status_code == 404
            assert client.get(f"/mergings/{asked.pk}/").status_code == 404

    def test_they_ask_little_whatever_there_is(
        self, client_of, quiet, other, host, keeper, count_queries
    ):
        asking, answering = client_of(host), client_of(keeper)
        page = f"/groups/{quiet.slug}/merge/"
        asked = merge(quiet, host, into=other)

        def cost():
            return [
                count_queries(lambda: asking.get(page)),
                count_queries(lambda: answering.get(f"/mergings/{asked.pk}/")),
            ]

        cost()
        few = cost()
        for _ in range(4):
            member_of(quiet)
            MicroGroupFactory(network=quiet.network)

        assert cost() == few == [9, 7]
        withdraw(asked, host)
        assert count_queries(lambda: asking.post(page, {"into": other.slug})) <= 22


class TestApi:
    def test_asking_and_answering(self, api_of, quiet, other, host, keeper):
        asking, answering = api_of(host, quiet.network), api_of(keeper, quiet.network)
        base = f"/groups/{quiet.slug}/merge/"

        made = asking.post(base, {"into": other.slug, "words": "We are three."})
        assert made.status_code == 201
        assert made.json() == {
            "group": quiet.slug,
            "into": other.slug,
            "state": "asked",
            "words": "We are three.",
            "by": {
                "username": host.username,
                "name": host.name,
                "avatar": f"/people/{host.username}/avatar.svg",
            },
            "at": made.json()["at"],
            "reason": "",
        }
        assert asking.get(base).json() == made.json()
        assert asking.post(f"{base}accept/").status_code == 403
        assert answering.post(f"{base}decline/").status_code == 400
        no = answering.post(f"{base}decline/", {"reason": "Not now."})
        assert (no.status_code, no.json()["state"], no.json()["reason"]) == (
            *(200, "declined"),
            "Not now.",
        )
        asking.post(base, {"into": other.slug})
        assert asking.delete(base).status_code == 204
        assert answering.post(f"{base}accept/").json()["code"] == "not_asked"
        asking.post(base, {"into": other.slug})
        assert answering.post(f"{base}accept/").json()["state"] == "accepted"
        assert asking.get(f"/groups/{quiet.slug}/").json()["state"] == "archived"

    def test_a_member_is_told_403_and_an_outsider_of_a_hidden_group_404(
        self, api_of, quiet, other, host
    ):
        group = edit(quiet, host, visibility="hidden")
        member = api_of(member_of(quiet), quiet.network)
        outsider = api_of(PersonFactory(network=quiet.network), quiet.network)

        for call in ("accept/", "decline/"):
            address = f"/groups/{group.slug}/merge/{call}"
            assert member.post(address, {"reason": "No."}).status_code == 403
            assert outsider.post(address, {"reason": "No."}).status_code == 404
        asked = {"into": other.slug}
        assert member.post(f"/groups/{group.slug}/merge/", asked).status_code == 403
        assert outsider.post(f"/groups/{group.slug}/merge/", asked).status_code == 404
        wrong = api_of(host, quiet.network).post(f"/groups/{group.slug}/merge/", {"into": "none"})
        assert wrong.json()["errors"] == {"into": ["There is no such group."]}

    def test_whom_it_concerns_reads_of_it_and_a_hidden_name_is_left_out(
        self, api_of, quiet, other, host, keeper
    ):
        member, barred = member_of(quiet), member_of(quiet)
        hidden = edit(other, keeper, visibility="hidden", join_policy="open")
        join(hidden, barred)
        remove(hidden, barred, by=keeper, reason="No.")
        accept(merge(quiet, host, into=hidden), keeper)

        def text(person):
            (notice,) = [
                each
                for each in api_of(person, quiet.network).get("/notices/").json()["results"]
                if each["kind"] == "merged"
            ]
            return notice["text"]

        assert text(member).endswith("Lively invites all of you in.")
        assert "Lively" not in text(barred)


@pytest.mark.django_db(transaction=True)
def test_two_groups_that_ask_each_other_at_once_are_merged_one_way_alone():
    network = NetworkFactory()
    one, two = (MicroGroupFactory(network=network) for _ in range(2))
    hosts = [group.memberships.get(is_founder=True).person for group in (one, two)]
    there, back = merge(one, hosts[0], into=two), merge(two, hosts[1], into=one)

    def attempt(merging, person):
        try:
            return accept(merging, person).state
        except Refused as refusal:
            return refusal.code

    said = all_at_once(attempt, [(there, hosts[1]), (back, hosts[0])] * 16)

    assert {"accepted", "not_asked"} >= set(said) and "accepted" in said
    assert MicroGroup.objects.filter(state="archived").count() == 1
    assert list(violations()) == []
