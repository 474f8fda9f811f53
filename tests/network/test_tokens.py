"""Tokens: made by somebody who is there, shown once, ended at will, and of no use elsewhere."""

from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from network.activity.models import Activity
from network.errors import Refused
from network.networks.models import NetworkMembership
from network.registries import personal_data
from network.tokens.actions import MOST, create_token, revoke_token
from network.tokens.models import AccessToken, IdempotencyKey
from tests.factories import NetworkFactory, PersonFactory

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
PAGE = "/me/tokens/"


@pytest.fixture
def person(network):
    person = PersonFactory(network=network)
    person.set_password(PASSWORD)
    person.save()
    return person


@pytest.fixture
def browser(client, person):
    """A browser in which the person has just signed in."""
    from allauth.account.models import EmailAddress

    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    assert "_auth_user_id" in client.session
    return client


def make(person, network, **facts):
    return create_token(person, network, name="A script", scopes=["read"], **facts)


class TestMaking:
    def test_only_a_trace_of_the_value_is_kept(self, person, network):
        token, value = make(person, network)

        assert value.startswith("kith_")
        assert len(value) >= 5 + 43  # 256 bits
        row = AccessToken.objects.filter(pk=token.pk).values().get()
        assert value not in str(row) and value.encode() not in bytes(row["digest"])

    def test_a_token_lasts_a_year(self, person, network):
        now = timezone.now()
        _, value = make(person, network, now=now)

        later = now + timedelta(days=365)
        assert AccessToken.objects.with_value(value, network, now=later - timedelta(seconds=1))
        assert AccessToken.objects.with_value(value, network, now=later) is None

    def test_nobody_has_more_than_twenty(self, person, network):
        for _ in range(MOST):
            make(person, network)

        with pytest.raises(Refused) as refusal:
            make(person, network)

        assert refusal.value.code == "too_many_tokens"

    def test_an_ended_one_makes_room(self, person, network):
        tokens = [make(person, network)[0] for _ in range(MOST)]
        revoke_token(tokens[0], person)

        make(person, network)

        assert person.access_tokens.count() == MOST

    def test_the_log_knows_that_it_was_made_and_ended(self, person, network):
        token, _ = make(person, network)
        revoke_token(token, person)

        verbs = Activity.objects.filter(about_id=str(token.pk)).order_by("id")
        assert list(verbs.values_list("verb", flat=True)) == ["token.created", "token.revoked"]


class TestUsing:
    def test_an_ended_token_is_401_at_once(self, api_of, person, network):
        api = api_of(person, network)
        assert api.get("/me/").status_code == 200

        revoke_token(person.access_tokens.get(), person)

        assert api.get("/me/").status_code == 401

    def test_who_has_left_the_network_is_401(self, api_of, person, network):
        api = api_of(person, network)

        NetworkMembership.objects.filter(person=person).delete()

        assert api.get("/me/").status_code == 401

    def test_the_day_of_the_last_use_is_remembered(self, api_of, person, network, count_queries):
        api = api_of(person, network)

        api.get("/me/")
        first = person.access_tokens.get().last_used_on
        again = count_queries(lambda: api.get("/notices/count/"))

        assert first == timezone.now().date()
        assert again <= 4


class TestOverTheApi:
    def test_mine_are_listed_without_their_value(self, api_of, person, network):
        make(PersonFactory(network=network), network)

        (token,) = api_of(person, network).get("/tokens/").json()["results"]

        assert token["name"] == "test"
        assert set(token) == {"id", "name", "scopes", "created_at", "expires_at", "last_used_on"}

    def test_a_token_makes_no_token(self, api_of, person, network):
        response = api_of(person, network).post("/tokens/", {"name": "x", "scopes": ["read"]})

        assert response.status_code == 403
        assert response.json()["code"] == "fresh_sign_in_needed"
        assert person.access_tokens.count() == 1

    def test_a_session_of_just_now_makes_one_that_works(self, browser, client, network):
        response = ask(browser, {"name": "My script", "scopes": ["read", "read", "write"]})

        assert response.status_code == 201
        made = response.json()
        assert made["scopes"] == ["read", "write"]
        headers = {"authorization": f"Bearer {made['token']}"}
        client.logout()
        assert client.get("/api/v1/me/", headers=headers).status_code == 200

    def test_a_session_of_eleven_minutes_ago_makes_none(self, browser):
        with time_machine.travel(timezone.now() + timedelta(minutes=11)):
            response = ask(browser, {"name": "x", "scopes": ["read"]})

        assert response.status_code == 403
        assert response.json()["code"] == "fresh_sign_in_needed"

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", ""),
            ("name", "x" * 61),
            ("scopes", []),
            ("scopes", ["root"]),
            ("scopes", "read"),
            ("scopes", [["read"]]),
        ],
    )
    def test_bad_input_is_told_by_field(self, browser, person, field, value):
        response = ask(browser, {"name": "x", "scopes": ["read"], field: value})

        assert response.status_code == 400
        assert [name.partition(".")[0] for name in response.json()["errors"]] == [field]
        assert not person.access_tokens.exists()

    def test_the_value_is_not_kept_for_a_repeated_request(self, browser, person):
        body = {"name": "x", "scopes": ["read"]}
        value = ask(browser, body, key="once").json()["token"]

        again = ask(browser, body, key="once")

        assert again.status_code == 201
        assert again["Idempotency-Replayed"] == "true"
        assert again.json()["token"] is None
        assert person.access_tokens.count() == 1
        assert value not in IdempotencyKey.objects.get().answer

    def test_ending_one_by_a_token_is_allowed(self, api_of, person, network):
        token, _ = make(person, network)

        response = api_of(person, network).delete(f"/tokens/{token.pk}/")

        assert response.status_code == 204
        assert not AccessToken.objects.filter(pk=token.pk).exists()

    def test_nobody_ends_somebody_elses(self, api_of, person, network):
        token, _ = make(PersonFactory(network=network), network)

        assert api_of(person, network).delete(f"/tokens/{token.pk}/").status_code == 404
        assert AccessToken.objects.filter(pk=token.pk).exists()


def ask(browser, body, key="k"):
    return browser.post(
        "/api/v1/tokens/",
        body,
        content_type="application/json",
        headers={"idempotency-key": key},
    )


class TestThePage:
    def test_a_visitor_is_asked_to_sign_in(self, client, network):
        assert client.get(PAGE).url.startswith("/accounts/login/")

    def test_a_stale_session_is_asked_to_show_who_it_is_and_comes_back(self, browser, person):
        with time_machine.travel(timezone.now() + timedelta(minutes=11)):
            asked = browser.get(PAGE)
            assert asked.url == "/accounts/reauthenticate/?next=%2Fme%2Ftokens%2F"
            back = browser.post(asked.url, {"password": PASSWORD})
            assert back.url == PAGE
            assert browser.get(PAGE).status_code == 200

    def test_the_value_stands_on_the_page_once(self, browser, person):
        page = browser.post(PAGE, {"name": "My script", "scopes": ["read"]})

        value = page.context["made"]
        assert value in page.content.decode()
        assert page["Cache-Control"].count("no-store")
        again = browser.get(PAGE).content.decode()
        assert "My script" in again and value not in again

    def test_what_is_missing_is_said_and_what_was_typed_is_kept(self, browser):
        page = browser.post(PAGE, {"name": "My script"})

        assert page.status_code == 422
        assert "Choose at least one." in page.content.decode()
        assert 'value="My script"' in page.content.decode()

    def test_one_ends_ones_own(self, browser, person, network):
        token, _ = make(person, network)

        assert browser.post(f"{PAGE}{token.pk}/revoke/").url == PAGE
        assert not person.access_tokens.exists()

    def test_nobody_ends_somebody_elses(self, browser, network):
        token, _ = make(PersonFactory(network=network), network)

        assert browser.post(f"{PAGE}{token.pk}/revoke/").status_code == 404

    def test_ending_is_not_a_link(self, browser, person, network):
        token, _ = make(person, network)

        assert browser.get(f"{PAGE}{token.pk}/revoke/").status_code == 405

    def test_two_and_twenty_tokens_take_the_same_queries(
        self, browser, person, network, count_queries
    ):
        make(person, network)
        make(person, network)
        few = count_queries(lambda: browser.get(PAGE))
        for _ in range(18):
            make(person, network)

        assert count_queries(lambda: browser.get(PAGE)) == few <= 6


class TestTheCommand:
    def run(self, *arguments):
        out = StringIO()
        call_command("createtoken", *arguments, stdout=out)
        return out.getvalue()

    def test_it_prints_the_token_alone_on_the_last_line(self, person, network):
        value = self.run(person.email.upper(), "--scopes", "read,write").splitlines()[-1]

        token = AccessToken.objects.with_value(value, network, now=timezone.now())
        assert token.person == person
        assert token.scopes == ["read", "write"]

    def test_without_scopes_it_has_them_all(self, person):
        self.run(person.email)

        assert person.access_tokens.get().scopes == ["read", "write", "facilitate", "admin"]

    @pytest.mark.parametrize(
        "arguments",
        [
            ["nobody@people.example"],
            ["{email}", "--scopes", "root"],
            ["{email}", "--scopes", ""],
            ["{email}", "--network", "elsewhere"],
        ],
    )
    def test_what_is_wrong_ends_it_with_a_line(self, person, arguments):
        with pytest.raises(CommandError):
            self.run(*[word.format(email=person.email) for word in arguments])

        assert not person.access_tokens.exists()

    def test_with_two_networks_it_asks_which(self, person):
        other = NetworkFactory()
        NetworkMembership.objects.create(network=other, person=person, joined_at=timezone.now())

        with pytest.raises(CommandError):
            self.run(person.email)
        self.run(person.email, "--network", other.slug)

        assert person.access_tokens.get().network == other


def test_tokens_are_given_back_and_taken_away(person, network):
    make(person, network)
    kept = personal_data[AccessToken]

    assert [row["name"] for row in kept.export(person)] == ["A script"]
    kept.erase(person)
    assert not person.access_tokens.exists()
