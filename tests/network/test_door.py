"""The door: signing in, being kept out, coming from elsewhere, and what operators may look at."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.core import mail
from django.core.cache import cache
from django.core.management import CommandError, call_command

from network.errors import Invalid, NotAllowed, Refused
from network.networks.actions import (
    add_member,
    create_network,
    move_in,
    suspend,
    unsuspend,
)
from network.networks.models import NetworkMembership, Role, SignUp
from network.people.actions import create_person
from network.people.models import Person
from tests.factories import NetworkFactory, PersonFactory, admin_of, moderator_of

pytestmark = pytest.mark.django_db

PASSWORD = "four plain words here"


def account(email, network=None):
    """Somebody with a verified address and a password."""
    person = create_person(email, email.partition("@")[0], password=PASSWORD)
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    if network is not None:
        add_member(network, person)
    return person


def sign_in(client, email, password=PASSWORD):
    return client.post("/accounts/login/", {"login": email, "password": password})


def code_in(letter):
    return re.search(r"^\s*([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})\s*$", letter.body, re.M)[1]


def plain(page):
    """The page without what differs each time."""
    return re.sub(
        r'csrfmiddlewaretoken" value="[^"]+|X-CSRFToken": "\w+|nobody_at_all|person\w+',
        "",
        page.content.decode(),
    )


class TestSigningIn:
    def test_with_the_right_password_one_is_in(self, client):
        network = NetworkFactory()
        account("jun@people.example", network)

        answer = sign_in(client, " JUN@people.example ")

        assert answer.status_code == 302
        assert client.get("/me/").status_code == 200

    def test_a_wrong_password_and_an_unknown_address_read_the_same(self, client):
        account("jun@people.example", NetworkFactory())

        wrong = sign_in(client, "jun@people.example", "something else here")
        unknown = sign_in(client, "jan@people.example", "something else here")

        sentence = "do not match"
        assert wrong.status_code == unknown.status_code
        assert sentence in wrong.content.decode()
        assert sentence in unknown.content.decode()

    def test_guessing_is_stopped(self, client):
        account("jun@people.example", NetworkFactory())

        for _ in range(6):
            answer = sign_in(client, "jun@people.example", "a guess, and another one")
        right = sign_in(client, "jun@people.example")

        assert "/me/" not in answer.headers.get("Location", "")
        assert client.get("/me/").status_code == 302
        assert right.status_code != 302

    def test_who_is_suspended_does_not_come_in_with_the_right_password(self, client):
        network = NetworkFactory()
        jun = account("jun@people.example", network)
        suspend(network, jun, reason="Spam.", by=admin_of(network))

        answer = sign_in(client, "jun@people.example")

        assert answer.status_code == 302
        assert answer.url == "/accounts/inactive/"
        assert client.get("/me/").status_code == 302

    def test_an_imported_account_has_no_way_in_before_it_is_claimed(self, client):
        network = NetworkFactory()
        PersonFactory(
            network=network, email=None, imported_email="ann@people.example", claimed_at=None
        )

        sign_in(client, "ann@people.example", "!")

        assert client.get("/me/").status_code == 302

    def test_what_one_sees_is_kept_by_nobody_on_the_way(self, client_of):
        jun = PersonFactory(network=NetworkFactory())

        assert client_of(jun).get("/me/")["Cache-Control"] == "private, no-store"


class TestSigningUpTwice:
    TYPED = {"name": "Ana", "email": "ana@people.example", "old_enough": "on"}

    def imported(self, network):
        return PersonFactory(
            network=network, email=None, imported_email="ana@people.example", claimed_at=None
        )

    def test_who_asks_first_without_proof_gains_nothing(self, client):
        network = NetworkFactory()
        ana = self.imported(network)
        client.post("/accounts/signup/", {**self.TYPED, "password1": "the words of a thief"})

        sign_in(client, "ana@people.example", "the words of a thief")

        ana.refresh_from_db()
        assert not ana.is_claimed
        assert client.get("/me/").status_code == 302

    def test_whose_address_it_is_takes_the_account_over_by_a_new_password(self, client):
        network = NetworkFactory()
        ana = self.imported(network)
        client.post("/accounts/signup/", {**self.TYPED, "password1": "the words of a thief"})
        client.logout()

        client.post("/accounts/signup/", {**self.TYPED, "password1": PASSWORD})
        client.post("/accounts/password/reset/", {"email": "ana@people.example"})
        page = client.get(re.search(r"https?://[^/\s]+(/accounts/\S+)", mail.outbox[-1].body)[1])
        client.post(page.url, {"password1": PASSWORD, "password2": PASSWORD})
        cache.clear()  # a few minutes later, when another code may be sent
        sign_in(client, "ana@people.example")
        client.post("/accounts/confirm-email/", {"code": code_in(mail.outbox[-1])})

        ana.refresh_from_db()
        assert ana.is_claimed
        assert ana.check_password(PASSWORD)
        assert client.get("/me/").status_code == 200

    def test_a_letter_says_its_network(self, client):
        NetworkFactory(name="Harbour Quarter")

        client.post("/accounts/signup/", {**self.TYPED, "password1": PASSWORD})

        assert mail.outbox[-1].subject.startswith("Harbour Quarter: ")

    @pytest.mark.parametrize(("age", "asked"), [(16, True), (21, True), (0, False)])
    def test_the_form_asks_for_the_age_that_the_policy_names(self, client, age, asked):
        NetworkFactory(minimum_age=age)

        page = client.get("/accounts/signup/").content.decode()

        assert (f"I am {age} or older" in page) == asked

    @pytest.mark.parametrize("name", ["", "   ", "\u200b", "x" * 61])
    def test_a_name_that_is_none_is_said_at_its_field(self, client, name):
        NetworkFactory()

        answer = client.post(
            "/accounts/signup/", {**self.TYPED, "name": name, "password1": PASSWORD}
        )

        assert "error" in answer.content.decode()
        assert not Person.objects.exists()


class TestBeingKeptOut:
    def test_who_is_suspended_sees_nothing_at_once_and_reads_why(self, client_of):
        network = NetworkFactory()
        jun, maren = PersonFactory(network=network), PersonFactory(network=network)
        browser = client_of(jun)
        suspend(network, jun, reason="Please talk to us.", by=admin_of(network))

        page = browser.get(f"/people/{maren.username}/")
        door = browser.get("/")

        assert page.status_code == 404
        assert maren.name not in page.content.decode()
        assert "Please talk to us." in door.content.decode()

    def test_their_tokens_and_their_session_are_closed_to_the_api(self, client_of, api_of):
        network = NetworkFactory()
        jun = PersonFactory(network=network)
        program, browser = api_of(jun, network), client_of(jun)
        suspend(network, jun, reason="Spam.", by=admin_of(network))

        assert program.get("/me/").status_code == 401
        assert browser.get("/api/v1/me/").status_code == 401

    def test_others_do_not_find_them(self, client_of):
        network = NetworkFactory()
        jun, maren = PersonFactory(network=network), PersonFactory(network=network)
        suspend(network, jun, reason="Spam.", by=admin_of(network))

        assert client_of(maren).get(f"/people/{jun.username}/").status_code == 404

    def test_an_admin_lets_them_in_again_and_they_are_told(self, client_of):
        network = NetworkFactory()
        jun, boss = PersonFactory(network=network), admin_of(network)
        suspend(network, jun, reason="Spam.", by=boss)
        browser = client_of(boss)

        assert jun.name in browser.get("/network/").content.decode()
        browser.post(f"/people/{jun.username}/unsuspend/")

        assert network.memberships.of(jun).is_current
        assert jun.notices.get().kind == "place_opened"

    @pytest.mark.parametrize("make", [moderator_of, lambda network: PersonFactory(network=network)])
    def test_only_admins_close_and_open_places(self, make, client_of):
        network = NetworkFactory()
        jun, other = PersonFactory(network=network), make(network)

        with pytest.raises(NotAllowed):
            suspend(network, jun, reason="Spam.", by=other)
        with pytest.raises(NotAllowed):
            unsuspend(network, jun, by=other)
        answer = client_of(other).post(f"/people/{jun.username}/suspend/", {"reason": "Spam."})

        assert answer.status_code == 404
        assert network.memberships.of(jun).is_current

    def test_a_reason_is_needed_and_what_was_typed_stays(self, client_of):
        network = NetworkFactory()
        jun, boss = PersonFactory(network=network), admin_of(network)
        path = f"/people/{jun.username}/suspend/"

        with pytest.raises(Invalid):
            suspend(network, jun, reason=" ", by=boss)
        answer = client_of(boss).post(path, {"reason": "x" * 1001})

        assert answer.status_code == 422
        assert "x" * 1001 in answer.content.decode()
        assert network.memberships.of(jun).is_current

    def test_the_last_admin_is_not_kept_out(self):
        network = NetworkFactory()
        boss = admin_of(network)

        with pytest.raises(Refused) as refusal:
            suspend(network, boss, reason="Enough.", by=boss)

        assert refusal.value.code == "last_admin"

    def test_the_api_says_the_same(self, api_of):
        network = NetworkFactory()
        jun, boss = PersonFactory(network=network), admin_of(network)
        program = api_of(boss, network)

        missing = program.post(f"/people/{jun.username}/suspend/")
        closed = program.post(f"/people/{jun.username}/suspend/", {"reason": "Spam."})
        gone = program.get(f"/people/{jun.username}/")
        opened = program.post(f"/people/{jun.username}/unsuspend/")

        assert (missing.status_code, list(missing.json()["errors"])) == (400, ["reason"])
        assert (closed.status_code, closed.json()["username"]) == (200, jun.username)
        assert gone.status_code == 404
        assert opened.status_code == 200
        assert network.memberships.of(jun).is_current

    def test_a_member_cannot_by_the_api_either(self, api_of):
        network = NetworkFactory()
        jun, maren = PersonFactory(network=network), PersonFactory(network=network)

        answer = api_of(maren, network).post(f"/people/{jun.username}/suspend/", {"reason": "x"})

        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


class TestFromElsewhere:
    @pytest.fixture
    def networks(self):
        one = create_network("One", slug="one", hosts=["one.example"])
        return one, create_network("Two", slug="two", hosts=["testserver"])

    def test_who_lives_in_another_network_stands_at_the_door(self, networks, client_of):
        one, two = networks
        jun, maren = PersonFactory(network=one), PersonFactory(network=two)
        browser = client_of(jun)

        door = browser.get("/")
        page = browser.get(f"/people/{maren.username}/")

        assert door.status_code == 200
        assert "Move in" in door.content.decode()
        assert page.status_code == 404
        assert plain(page) == plain(browser.get("/people/nobody_at_all/"))

    def test_they_move_in_by_themselves_where_that_is_open(self, networks, client_of):
        one, two = networks
        jun = PersonFactory(network=one)

        answer = client_of(jun).post("/move-in/", follow=True)

        assert answer.status_code == 200
        assert jun.belongs_to(two)

    def test_not_where_one_is_invited(self, networks):
        one, two = networks
        jun = PersonFactory(network=one)
        two.sign_up = SignUp.INVITED

        with pytest.raises(Refused) as refusal:
            move_in(two, jun)

        assert refusal.value.code == "invitation_needed"
        assert not jun.belongs_to(two)

    def test_moving_in_opens_no_place_that_an_admin_has_closed(self, networks):
        _, two = networks
        jun = PersonFactory(network=two)
        suspend(two, jun, reason="Spam.", by=admin_of(two))

        with pytest.raises(NotAllowed):
            move_in(two, jun)

        assert not jun.belongs_to(two)

    def test_a_new_address_confirmed_elsewhere_lets_nobody_in(self, networks, client):
        one, two = networks
        jun = account("jun@people.example", one)

        sign_in(client, "jun@people.example")

        assert not jun.belongs_to(two)


class TestCommands:
    def test_an_account_is_made_verified_and_ready(self, client, capsys):
        call_command("createnetwork", "Harbour", "--slug", "harbour")
        call_command("createaccount", "Ada@People.example", "--name", "Ada", "--role", "admin")

        said = capsys.readouterr().out
        password = re.search(r"Password: (\S+)", said)[1]
        sign_in(client, "ada@people.example", password)
        assert client.get("/network/").status_code == 200

    def test_a_given_password_is_not_printed(self, capsys):
        NetworkFactory()

        call_command("createaccount", "a@people.example", "--name", "Ada", "--password", PASSWORD)

        assert PASSWORD not in capsys.readouterr().out

    def test_who_was_imported_keeps_their_account(self):
        network = NetworkFactory()
        ana = PersonFactory(
            network=network, email=None, imported_email="ana@people.example", claimed_at=None
        )

        call_command("createaccount", "ana@people.example", "--name", "Ana", "--role", "moderator")

        ana.refresh_from_db()
        assert ana.is_claimed
        assert Person.objects.count() == 1
        assert network.memberships.of(ana).role == Role.MODERATOR

    @pytest.mark.parametrize(
        "words",
        [
            ["not an address", "--name", "Ada"],
            ["a@people.example", "--name", " "],
            ["a@people.example", "--name", "Ada", "--username", "Ad"],
            ["a@people.example", "--name", "Ada", "--username", "admin"],
            ["a@people.example", "--name", "Ada", "--password", "short"],
            ["a@people.example", "--name", "Ada", "--network", "nowhere"],
            ["taken@people.example", "--name", "Ada"],
        ],
    )
    def test_what_does_not_fit_is_one_clear_line_and_leaves_nothing(self, words):
        network = NetworkFactory()
        PersonFactory(network=network, email="taken@people.example")

        with pytest.raises(CommandError):
            call_command("createaccount", *words)

        assert Person.objects.count() == 1

    def test_with_several_networks_one_is_to_be_named(self):
        NetworkFactory()
        NetworkFactory()

        with pytest.raises(CommandError, match="--network"):
            call_command("createaccount", "a@people.example", "--name", "Ada")

    @pytest.mark.parametrize(
        "words", [["Two", "--slug", "one"], ["Two", "--slug", "two", "--host", "one.example"]]
    )
    def test_a_network_that_is_there_is_not_made_again(self, words):
        create_network("One", slug="one", hosts=["one.example"])

        with pytest.raises(CommandError):
            call_command("createnetwork", *words)


class TestOperators:
    @pytest.fixture
    def operator(self):
        return PersonFactory(network=NetworkFactory(), is_operator=True)

    def test_a_role_in_the_network_opens_no_admin(self, client_of):
        browser = client_of(admin_of(NetworkFactory()))

        assert browser.get("/admin/", follow=True).status_code == 404

    def test_a_visitor_is_sent_to_the_one_way_of_signing_in(self, client):
        answer = client.get("/admin/")

        assert (answer.status_code, answer.url) == (302, "/admin/login/?next=/admin/")
        assert client.get(answer.url).url.startswith("/accounts/login/")

    def test_every_list_and_every_row_can_be_looked_at(self, operator, client_of):
        network = NetworkMembership.objects.get().network
        suspend(network, PersonFactory(network=network), reason="x", by=admin_of(network))
        browser = client_of(operator)

        for model, shown in admin.site._registry.items():
            path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
            assert browser.get(path).status_code == 200, path
            row = model._base_manager.first()
            if row is not None and shown.fields:
                page = browser.get(f"{path}{row.pk}/change/")
                assert page.status_code == 200, path

    def test_nothing_is_written_by_hand(self, operator, client_of):
        browser = client_of(operator)

        for model, shown in admin.site._registry.items():
            path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
            assert browser.get(f"{path}add/").status_code == 403, path
            row = model._base_manager.first()
            if row is not None:
                assert browser.post(f"{path}{row.pk}/change/", {}).status_code == 403, path
                assert browser.post(f"{path}{row.pk}/delete/").status_code == 403, path
            assert shown.fields, path

    def test_no_address_is_shown(self, operator, client_of):
        browser, jun = client_of(operator), PersonFactory()

        pages = [
            browser.get("/admin/network/person/"),
            browser.get(f"/admin/network/person/{jun.pk}/change/"),
        ]

        assert all(jun.email not in page.content.decode() for page in pages)
