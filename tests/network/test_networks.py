"""The network: which one a request is for, who may change it, and what its policy allows."""

from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.utils import timezone

from network.activity.models import Activity
from network.errors import Invalid, NotAllowed, Refused
from network.networks.actions import (
    add_member,
    change_role,
    create_network,
    edit_policy,
    suspend,
)
from network.networks.door import come_in
from network.networks.models import Network, NetworkMembership, Role
from network.people.models import Person, Visitor
from tests.factories import NetworkFactory, PersonFactory, admin_of, moderator_of

pytestmark = pytest.mark.django_db

PASSWORD = "four plain words here"
POLICY = {
    "name": "Harbour",
    "max_cap": "150",
    "default_cap": "150",
    "max_groups_per_person": "3",
    "who_may_propose": "members",
    "sign_up": "open",
    "minimum_age": "16",
    "founding_pledges": "0",
    "founding_threads": "0",
    "founding_facilitators": "1",
}


def sign_in_as(client, person):
    """Sign in as people do, just now."""
    person.set_password(PASSWORD)
    person.save()
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})


class TestWhichNetwork:
    def test_a_single_network_answers_under_every_name(self, client):
        network = NetworkFactory(name="Harbour Quarter")

        page = client.get("/", headers={"host": "127.0.0.1"})

        assert network.name in page.content.decode()

    def test_with_several_each_answers_under_its_own_name(self, client):
        create_network("East", slug="east", hosts=["east.example"])
        create_network("West", slug="west", hosts=["west.example"])

        assert "East" in client.get("/", headers={"host": "east.example"}).content.decode()
        assert "West" in client.get("/", headers={"host": "WEST.example:8000"}).content.decode()
        assert client.get("/", headers={"host": "north.example"}).status_code == 404

    def test_without_any_network_the_page_says_how_to_make_one(self, client):
        page = client.get("/")

        assert page.status_code == 404
        assert "createnetwork" in page.content.decode()

    def test_a_host_belongs_to_one_network(self):
        create_network("East", slug="east", hosts=["same.example"])

        with pytest.raises(Refused):
            create_network("West", slug="west", hosts=["same.example"])

        assert Network.objects.count() == 1


class TestTheDoor:
    def test_one_query_tells_how_somebody_stands(self, django_assert_num_queries):
        network = NetworkFactory()
        admin = admin_of(network)

        with django_assert_num_queries(1):
            here = come_in(admin, network)

        assert here.is_admin
        assert here.unread_about == []

    def test_a_stranger_stands_outside_and_sees_nobody(self):
        network, other = NetworkFactory(), NetworkFactory()
        PersonFactory(network=network)
        stranger = PersonFactory(network=other)

        come_in(stranger, network)

        assert not stranger.here.is_current
        assert not Person.objects.visible_to(stranger).exists()

    def test_somebody_of_two_networks_sees_only_the_one_they_came_through(self):
        one, two = NetworkFactory(), NetworkFactory()
        person = PersonFactory(network=one)
        add_member(two, person)
        PersonFactory(network=two)

        come_in(person, one)

        assert list(Person.objects.visible_to(person)) == [person]

    def test_who_is_suspended_stands_outside(self):
        network = NetworkFactory()
        person = PersonFactory(network=network)
        network.memberships.update(suspended_at=person.joined_at)

        assert not come_in(person, network).is_current

    def test_a_visitor_sees_nothing(self):
        PersonFactory(network=NetworkFactory())

        assert not Person.objects.visible_to(Visitor()).exists()


class TestRoles:
    def test_an_admin_makes_a_moderator_and_they_are_told(self):
        network = NetworkFactory()
        admin, person = admin_of(network), PersonFactory(network=network)

        place = change_role(network, person, role=Role.MODERATOR, by=admin)

        assert place.role == Role.MODERATOR
        assert person.notices.get().kind == "role_changed"

    @pytest.mark.parametrize("make", [moderator_of, lambda network: PersonFactory(network=network)])
    def test_nobody_else_changes_roles(self, make):
        network = NetworkFactory()
        person = PersonFactory(network=network)

        with pytest.raises(NotAllowed):
            change_role(network, person, role=Role.ADMIN, by=make(network))

        assert network.memberships.of(person).role == Role.MEMBER

    def test_the_last_admin_stays_one(self):
        network = NetworkFactory()
        admin = admin_of(network)

        with pytest.raises(Refused) as refusal:
            change_role(network, admin, role=Role.MEMBER, by=admin)

        assert refusal.value.code == "last_admin"

    def test_coming_in_twice_changes_nothing(self):
        network = NetworkFactory()
        admin = admin_of(network)

        add_member(network, admin)

        assert NetworkMembership.objects.get().role == Role.ADMIN


class TestPolicy:
    def test_a_new_network_has_the_usual_policy(self):
        network = create_network("Harbour", slug="harbour")

        assert (network.default_cap, network.max_cap) == (150, 150)
        assert (network.max_groups_per_person, network.who_may_propose) == (3, "members")

    def test_an_admin_changes_it_and_the_log_names_the_fields(self):
        network = NetworkFactory()

        changed = edit_policy(network, admin_of(network), max_cap=60, default_cap=50)

        assert (changed.max_cap, changed.default_cap) == (60, 50)

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"max_cap": 0}, "max_cap"),
            ({"max_groups_per_person": 11}, "max_groups_per_person"),
            ({"max_cap": 100}, "default_cap"),
            ({"name": "  "}, "name"),
            ({"intro": "x" * 281}, "intro"),
            ({"who_may_propose": "everybody"}, "who_may_propose"),
        ],
    )
    def test_what_does_not_fit_is_refused_by_field_and_nothing_is_written(self, change, field):
        network = NetworkFactory()

        with pytest.raises(Invalid) as refusal:
            edit_policy(network, admin_of(network), **change)

        assert list(refusal.value.errors) == [field]
        assert Network.objects.get(pk=network.pk).max_cap == 150

    def test_the_page_is_for_admins_and_hides_itself_from_others(self, client_of):
        network = NetworkFactory()

        assert client_of(admin_of(network)).get("/network/").status_code == 200
        assert client_of(moderator_of(network)).get("/network/").status_code == 404

    def test_the_page_keeps_what_was_typed(self, client):
        network = NetworkFactory(name="Harbour")
        typed = {"name": "New name", "max_cap": "40", "default_cap": "50"}
        sign_in_as(client, admin_of(network))

        answer = client.post("/network/", typed)

        assert answer.status_code == 422
        assert 'value="New name"' in answer.content.decode()
        assert Network.objects.get().name == "Harbour"

    def test_an_admin_changes_it_on_the_page(self, client):
        network = NetworkFactory(name="Harbour")
        sign_in_as(client, admin_of(network))

        answer = client.post("/network/", {**POLICY, "max_cap": "60", "default_cap": "50"})

        network.refresh_from_db()
        assert answer.status_code == 302
        assert (network.name, network.max_cap, network.default_cap) == ("Harbour", 60, 50)

    def test_what_only_the_action_knows_is_said_at_its_field(self, client):
        sign_in_as(client, admin_of(NetworkFactory()))

        answer = client.post("/network/", {**POLICY, "max_cap": "60", "default_cap": "61"})

        assert answer.status_code == 422
        assert "cannot be above the highest one" in answer.content.decode()

    def test_after_a_while_one_shows_again_who_one_is_and_what_was_typed_comes_along(self, client):
        network = NetworkFactory(name="Harbour")
        boss = admin_of(network)
        sign_in_as(client, boss)
        typed = {**POLICY, "max_cap": "60", "default_cap": "50"}

        with time_machine.travel(timezone.now() + timedelta(minutes=11)):
            stopped = client.post("/network/", typed)
            client.post(stopped.url, {"password": PASSWORD})

        network.refresh_from_db()
        assert stopped.url.startswith("/accounts/reauthenticate/")
        assert network.max_cap == 60

    def test_the_log_names_what_changed_and_who_did_it(self):
        network = NetworkFactory()
        boss = admin_of(network)

        edit_policy(network, boss, max_cap=60, default_cap=50)

        row = Activity.objects.get(verb="network.policy_changed")
        assert (row.actor, row.facts) == (boss, {"fields": ["default_cap", "max_cap"]})


class TestPagesCostTheSame:
    @pytest.mark.parametrize(
        ("path", "most"),
        [("/people/{}/", 9), ("/network/", 11), ("/me/", 4), ("/people/{}/avatar.svg", 5)],
    )
    def test_at_every_size(self, path, most, client_of, count_queries):
        network = NetworkFactory()
        browser, one = client_of(admin_of(network)), PersonFactory(network=network)
        path = path.format(one.username)

        few = count_queries(lambda: browser.get(path))
        for person in PersonFactory.create_batch(12, network=network)[:3]:
            suspend(network, person, reason="x", by=admin_of(network))
        many = count_queries(lambda: browser.get(path))

        assert few == many <= most

    @pytest.mark.parametrize(
        ("path", "most"), [("/me/", 4), ("/people/{}/", 6), ("/network/", 6), ("/people/", 6)]
    )
    def test_over_the_api(self, path, most, api_of, count_queries):
        network = NetworkFactory()
        boss, one = admin_of(network), PersonFactory(network=network)
        program, path = api_of(boss, network), path.format(one.username)
        program.get(path)  # the first use of a token in a day is noted

        few = count_queries(lambda: program.get(path))
        PersonFactory.create_batch(12, network=network)
        many = count_queries(lambda: program.get(path))

        assert few == many <= most


class TestRolesOnThePage:
    def test_an_admin_makes_a_moderator(self, client_of):
        network = NetworkFactory()
        jun = PersonFactory(network=network)

        answer = client_of(admin_of(network)).post(
            f"/people/{jun.username}/role/", {"role": "moderator"}
        )

        assert answer.url == jun.get_absolute_url()
        assert network.memberships.of(jun).role == Role.MODERATOR

    @pytest.mark.parametrize("role", ["", "king"])
    def test_a_role_that_is_none_is_said_and_changes_nothing(self, role, client_of):
        network = NetworkFactory()
        jun = PersonFactory(network=network)

        answer = client_of(admin_of(network)).post(f"/people/{jun.username}/role/", {"role": role})

        assert answer.status_code == 422
        assert network.memberships.of(jun).role == Role.MEMBER

    def test_the_last_admin_reads_why_not(self, client_of):
        network = NetworkFactory()
        boss = admin_of(network)

        answer = client_of(boss).post(f"/people/{boss.username}/role/", {"role": "member"})

        assert answer.status_code == 422
        assert "needs an admin" in answer.content.decode()

    def test_others_find_no_such_page(self, client_of):
        network = NetworkFactory()
        jun = PersonFactory(network=network)

        page = client_of(jun).get(f"/people/{jun.username}/").content.decode()
        answer = client_of(jun).post(f"/people/{jun.username}/role/", {"role": "admin"})

        assert "For admins" not in page
        assert answer.status_code == 404


class TestOverTheApi:
    def test_a_member_reads_the_policy_and_the_counts(self, api_of):
        network = NetworkFactory()
        PersonFactory(network=network)

        told = api_of(PersonFactory(network=network), network).get("/network/").json()

        assert (told["members"], told["groups"], told["max_cap"]) == (2, 0, 150)

    def test_an_admin_changes_a_role_and_others_do_not(self, api_of):
        network = NetworkFactory()
        jun = PersonFactory(network=network)
        path, body = f"/people/{jun.username}/", {"role": "moderator", "name": "Somebody else"}

        refused = api_of(jun, network).patch(path, body)
        done = api_of(admin_of(network), network).patch(path, body)
        wrong = api_of(admin_of(network), network).patch(path, {"role": "king"})

        assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
        assert (done.status_code, done.json()["role"]) == (200, "moderator")
        assert done.json()["name"] == jun.name
        assert (wrong.status_code, list(wrong.json()["errors"])) == (400, ["role"])

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"max_cap": "many"}, "max_cap"),
            ({"max_cap": 0}, "max_cap"),
            ({"max_cap": 10**12}, "max_cap"),
            ({"sign_up": "never"}, "sign_up"),
            ({"name": ""}, "name"),
            ({"name": None}, "name"),
            ({"default_cap": 151}, "default_cap"),
        ],
    )
    def test_bad_input_is_400_by_field_and_writes_nothing(self, body, field, api_of):
        network = NetworkFactory()

        answer = api_of(admin_of(network), network).patch("/network/", body)

        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
        assert Network.objects.get().max_cap == 150

    def test_a_session_of_some_while_ago_does_not_change_the_policy(self, client_of):
        network = NetworkFactory()
        browser = client_of(admin_of(network))

        answer = browser.patch(
            "/api/v1/network/", {"max_cap": 200}, content_type="application/json"
        )

        assert (answer.status_code, answer.json()["code"]) == (403, "fresh_sign_in_needed")

    def test_a_visitor_reads_the_card_alone(self, client):
        NetworkFactory()

        assert set(client.get("/api/v1/network/").json()) == {"slug", "name", "intro"}

    def test_only_an_admin_changes_the_policy(self, api_of):
        network = NetworkFactory()
        member, admin = PersonFactory(network=network), admin_of(network)

        refused = api_of(member, network).patch("/network/", {"max_cap": 200})
        done = api_of(admin, network).patch("/network/", {"max_cap": 200})

        assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
        assert (done.status_code, done.json()["max_cap"]) == (200, 200)

    def test_a_token_without_the_admin_scope_does_not_reach_so_far(self, api_of):
        network = NetworkFactory()
        program = api_of(admin_of(network), network, scopes=["read", "write"])

        answer = program.patch("/network/", {"max_cap": 200})

        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")

    def test_a_token_of_one_network_opens_no_other(self, api_of, client):
        one = create_network("One", slug="one", hosts=["testserver"])
        two = create_network("Two", slug="two", hosts=["two.example"])
        person = PersonFactory(network=one)
        add_member(two, person)

        answer = api_of(person, one).get("/me/", host="two.example")

        assert answer.status_code == 401
