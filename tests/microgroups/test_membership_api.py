"""Coming into groups and belonging to them, over the API."""

import pytest

from microgroups.membership.actions import join, leave, rest
from network.networks.models import Network
from tests.factories import MicroGroupFactory, PersonFactory, admin_of, member_of
from tests.microgroups.test_groups_api import (
    MEMBERSHIP,
    asking,
    code_of,
    group,
    host,
    program,
)

__all__ = ["asking", "group", "host", "program"]  # fixtures

pytestmark = pytest.mark.django_db


class TestTheDoor:
    def test_a_seat_is_201_and_the_line_is_202_with_the_place(self, program, group):
        first, second, third = program(), program(), program()
        address = f"/groups/{group.slug}/join/"

        seated, waiting, later = (each.post(address) for each in (first, second, third))

        assert (seated.status_code, seated.json()["state"]) == (201, "active")
        assert (waiting.status_code, waiting.json()["position"]) == (202, 1)
        assert (later.json()["state"], later.json()["position"]) == ("waitlisted", 2)
        assert third.post(address).json()["position"] == 2
        assert code_of(first.post(address)) == (409, "already_member")

    def test_where_the_group_asks_answers_are_required(self, program, asking):
        asker, address = program(), f"/groups/{asking.slug}/join/"

        assert list(asker.post(address).json()["errors"]) == ["answers"]
        assert asker.post(address, {"answers": [7]}).status_code == 400
        assert asker.post(address, {"answers": "no list"}).status_code == 400
        answer = asker.post(address, {"answers": ["Figs."]})
        assert (answer.status_code, answer.json()["state"]) == (202, "requested")
        assert asker.post(address, {"answers": ["Figs."]}).status_code == 202

    def test_the_same_key_joins_once(self, program, group):
        asker, address = program(), f"/groups/{group.slug}/join/"

        first = asker.post(address, idempotency_key="one")
        second = asker.post(address, idempotency_key="one")

        assert (first.status_code, second.status_code) == (201, 201)
        assert second["Idempotency-Replayed"] == "true"

    def test_the_same_key_after_leaving_says_what_was_and_moves_nobody_in(self, program, group):
        asker, address = program(), f"/groups/{group.slug}/join/"
        first = asker.post(address, idempotency_key="one")
        asker.delete(f"/groups/{group.slug}/membership/")
        stands = group.memberships.count(), asker.get(f"/groups/{group.slug}/").json()

        again = asker.post(address, idempotency_key="one")

        assert again["Idempotency-Replayed"] == "true"
        assert (again.status_code, again.json()) == (201, first.json())
        assert asker.get(f"/groups/{group.slug}/membership/").json()["state"] == "left"
        now = group.memberships.count(), asker.get(f"/groups/{group.slug}/").json()
        assert now == stands
        assert asker.post(address, idempotency_key="two").status_code == 201

    def test_my_membership_is_read_changed_and_ended(self, program, group):
        asker, address = program(member_of(group)), f"/groups/{group.slug}/membership/"

        assert set(asker.get(address).json()) == MEMBERSHIP
        assert asker.patch(address, {"offers": "Sourdough"}).json()["offers"] == "Sourdough"
        assert asker.patch(address, {"asks": "x" * 281}).status_code == 400
        assert asker.delete(address).status_code == 204
        assert asker.get(address).json()["state"] == "left"
        assert code_of(asker.delete(address)) == (409, "not_a_member")

    def test_somebody_who_never_was_in_has_no_membership(self, program, group):
        assert program().get(f"/groups/{group.slug}/membership/").status_code == 404

    def test_resting_and_returning(self, program, group):
        asker = program(member_of(group))

        assert asker.post(f"/groups/{group.slug}/rest/").json()["state"] == "resting"
        member_of(group)
        waiting = asker.post(f"/groups/{group.slug}/return/")
        assert (waiting.status_code, waiting.json()["position"]) == (202, 1)

    def test_the_last_facilitator_stays(self, program, group, host):
        answer = program(host).delete(f"/groups/{group.slug}/membership/")

        assert code_of(answer) == (409, "last_facilitator")

    def test_too_many_groups_is_said_when_a_seat_is_taken(self, program, network):
        Network.objects.filter(pk=network.pk).update(max_groups_per_person=1)
        person = member_of(MicroGroupFactory(network=network))
        full, free = MicroGroupFactory(network=network, cap=1), MicroGroupFactory(network=network)

        asker = program(person)
        assert code_of(asker.post(f"/groups/{free.slug}/join/")) == (409, "too_many_groups")
        assert asker.post(f"/groups/{full.slug}/join/").status_code == 202


class TestPeople:
    def test_who_is_in_a_listed_group_is_for_its_members(self, program, group):
        member = member_of(group)
        address = f"/groups/{group.slug}/members/"

        assert len(program(member).get(address).json()["results"]) == 2
        assert program().get(address).status_code == 404
        assert program().get(f"{address}{member.username}/").status_code == 404
        assert len(program(admin_of(group.network)).get(address).json()["results"]) == 2

    def test_names_are_the_network_s_and_what_they_offer_is_not(self, program, network):
        group = MicroGroupFactory(network=network, visibility="network")
        member = member_of(group)
        group.memberships.filter(person=member).update(offers="Sourdough", answers=["Because."])
        address = f"/groups/{group.slug}/members/{member.username}/"

        outside, inside = (
            program(person).get(address).json() for person in (None, member_of(group))
        )
        care = program(group.memberships.facilitating().get().person).get(address).json()

        assert (outside["offers"], outside["answers"]) == ("", None)
        assert (inside["offers"], inside["answers"]) == ("Sourdough", None)
        assert (care["offers"], care["answers"]) == ("Sourdough", ["Because."])

    def test_other_states_are_for_facilitators(self, program, group, host):
        left = member_of(group)
        leave(group, left)
        address = f"/groups/{group.slug}/members/?state=left"

        assert code_of(program(member_of(group)).get(address)) == (403, "not_allowed")
        (row,) = program(host).get(address).json()["results"]
        assert row["person"]["username"] == left.username

    def test_requests_are_admitted_or_declined(self, program, asking):
        host = program(asking.memberships.get().person)
        one, two = (PersonFactory(network=asking.network) for _ in range(2))
        for person in (one, two):
            join(asking, person, answers=["Figs."])
        address = f"/groups/{asking.slug}/requests/"

        names = [row["person"]["username"] for row in host.get(address).json()["results"]]
        admitted = host.post(f"{address}{one.username}/admit/")
        declined = host.post(f"{address}{two.username}/decline/", {"reason": "Not now."})

        assert names == [one.username, two.username]
        assert (admitted.status_code, admitted.json()["state"]) == (200, "active")
        assert (declined.status_code, declined.json()["state"]) == (200, "declined")
        again = program(two).post(f"/groups/{asking.slug}/join/", {"answers": ["Figs."]})
        assert code_of(again) == (409, "declined_recently")

    def test_the_waitlist_is_in_the_order_of_the_line(self, program, group, host):
        returning = member_of(group)
        rest(group, returning)
        people = [PersonFactory(network=group.network) for _ in range(3)]
        for person in people:
            join(group, person)
        program(returning).post(f"/groups/{group.slug}/return/")

        rows = program(host).get(f"/groups/{group.slug}/waitlist/").json()["results"]

        names = [returning.username, *(person.username for person in people[1:])]
        assert [row["person"]["username"] for row in rows] == names
        assert [row["position"] for row in rows] == [1, 2, 3]

    def test_removing_barring_and_letting_back(self, program, group, host):
        person = member_of(group)
        care, asker = program(host), program(person)
        address = f"/groups/{group.slug}/members/{person.username}/"

        assert list(care.post(f"{address}remove/").json()["errors"]) == ["reason"]
        removed = care.post(f"{address}remove/", {"reason": "You sold our addresses."})
        assert (removed.status_code, removed.json()["state"]) == (200, "removed")
        assert code_of(asker.post(f"/groups/{group.slug}/join/")) == (409, "barred")
        assert care.post(f"{address}unbar/").status_code == 200
        assert asker.post(f"/groups/{group.slug}/join/").status_code == 201

    def test_roles_are_changed_by_facilitators(self, program, group, host):
        person = member_of(group)
        address = f"/groups/{group.slug}/members/{person.username}/"

        assert program(host).patch(address, {"role": "facilitator"}).json()["role"] == "facilitator"
        assert program(host).patch(address, {"role": "king"}).status_code == 400
        assert program(host).patch(address, {"state": "left"}).status_code == 400

    def test_an_admin_names_the_first_facilitator(self, program, group):
        person = member_of(group)
        group.memberships.update(role="member")
        address = f"/groups/{group.slug}/members/{person.username}/"

        answer = program(admin_of(group.network)).patch(address, {"role": "facilitator"})

        assert (answer.status_code, answer.json()["role"]) == (200, "facilitator")
