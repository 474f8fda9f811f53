"""What every endpoint of the API promises, held on those of this floor."""

import json
from datetime import timedelta

import pytest
from django.conf import settings as product
from django.db import connection
from django.test import Client
from django.utils import timezone

from microgroups.conversation.models import Post
from microgroups.membership.actions import leave
from network.networks.models import NetworkHost
from network.rest.schema import WrittenOnce
from network.tokens.models import IdempotencyKey
from tests.factories import (
    MicroGroupFactory,
    NetworkFactory,
    PersonFactory,
    admin_of,
    member_of,
    thread_in,
)
from tests.threads import all_at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(network):
    return PersonFactory(network=network)


@pytest.fixture
def api(api_of, person, network):
    return api_of(person, network)


def problem(response):
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == response.status_code
    assert {"type", "title", "detail", "code"} <= set(body)
    return body


class TestComingIn:
    def test_nobody_signed_in_is_401(self, client, network):
        response = client.get("/api/v1/me/")

        assert response.status_code == 401
        assert problem(response)["code"] == "not_signed_in"
        assert response["WWW-Authenticate"] == 'Bearer realm="kith"'

    def test_a_made_up_token_is_401(self, client, network):
        response = client.get("/api/v1/me/", headers={"authorization": "Bearer kith_nonsense"})

        assert response.status_code == 401

    def test_a_token_speaks_for_its_person(self, api, person):
        assert api.get("/me/").json()["username"] == person.username

    def test_a_token_opens_only_the_network_it_was_made_for(self, api_of, network, person):
        NetworkHost.objects.create(network=network, host="here.example")
        other = NetworkFactory()
        NetworkHost.objects.create(network=other, host="there.example")
        api = api_of(person, network)

        assert api.get("/me/", Host="here.example").status_code == 200
        assert api.get("/me/", Host="there.example").status_code == 401

    def test_a_suspended_persons_token_is_401(self, api, person, network):
        network.memberships.filter(person=person).update(suspended_at=timezone.now())

        assert api.get("/me/").status_code == 401

    def test_a_closed_accounts_token_is_401(self, api, person):
        person.is_active = False
        person.save()

        assert api.get("/me/").status_code == 401

    def test_a_session_reads(self, client_of, person):
        assert client_of(person).get("/api/v1/me/").status_code == 200

    def test_a_session_writes_only_with_the_token_of_the_page(self, person):
        client = Client(enforce_csrf_checks=True)
        client.force_login(person, backend=product.AUTHENTICATION_BACKENDS[0])

        response = client.patch("/api/v1/me/", {"intro": "x"}, content_type="application/json")

        assert response.status_code == 403
        assert problem(response)["code"] == "csrf_failed"


class TestScopes:
    def test_reading_needs_read(self, api_of, person, network):
        response = api_of(person, network, scopes=["write"]).get("/me/")

        assert response.status_code == 403
        assert problem(response)["code"] == "insufficient_scope"

    def test_writing_needs_write(self, api_of, person, network):
        api = api_of(person, network, scopes=["read"])

        assert api.patch("/me/", {"intro": "x"}).status_code == 403

    def test_an_admins_deed_needs_admin(self, api_of, network):
        api = api_of(admin_of(network), network, scopes=["read", "write", "facilitate"])

        assert problem(api.patch("/network/", {"name": "New"}))["code"] == "insufficient_scope"

    def test_a_scope_adds_nothing_to_what_the_person_may(self, api):
        assert problem(api.patch("/network/", {"name": "New"}))["code"] == "not_allowed"


class TestBadInput:
    @pytest.mark.parametrize(
        "body",
        ["{", "nonsense", "\xff", '{"name": NaN}', "[" * 100_000, '{"intro": 1e999}', ""],
    )
    def test_a_body_that_is_no_json_is_400(self, api, body):
        response = api.client.generic(
            "PATCH", "/api/v1/me/", body.encode("latin-1"), content_type="application/json"
        )

        assert response.status_code == (200 if body == "" else 400)

    @pytest.mark.parametrize("body", [[], "text", 5, None, True])
    def test_a_body_that_is_no_object_is_400(self, api, body):
        assert api.patch("/me/", body).status_code == (200 if body is None else 400)

    @pytest.mark.parametrize("wrong", [5, True, [], {}, ["a"], 1.5, None, "a\0b", "\ud800"])
    def test_a_wrong_type_is_400_by_field(self, api, wrong):
        response = api.patch("/me/", {"name": wrong})

        assert response.status_code == 400
        assert list(problem(response)["errors"]) == ["name"]

    @pytest.mark.parametrize("wrong", [10**30, -1, 0, "5", 1.5, True])
    def test_a_number_out_of_range_or_of_another_type_is_400(self, api_of, network, wrong):
        response = api_of(admin_of(network), network).patch("/network/", {"max_cap": wrong})

        assert response.status_code == 400
        assert list(problem(response)["errors"]) == ["max_cap"]

    def test_unknown_and_read_only_fields_are_ignored(self, api, person):
        response = api.patch("/me/", {"intro": "Hello", "role": "admin", "id": 3, "x": {}})

        assert response.status_code == 200
        assert response.json()["role"] == "member"
        assert response.json()["intro"] == "Hello"

    def test_another_kind_of_body_is_415(self, api):
        response = api.client.patch("/api/v1/me/", "name=x", content_type="text/plain")

        assert response.status_code == 415
        assert problem(response)["code"] == "unsupported_media_type"

    def test_a_body_over_a_megabyte_is_413(self, api):
        assert api.patch("/me/", {"intro": "x" * 1_000_001}).status_code == 413

    def test_a_method_that_is_not_there_is_405(self, api):
        response = api.delete("/network/")

        assert response.status_code == 405
        assert "GET" in response["Allow"]
        problem(response)

    def test_another_language_than_json_is_406(self, api):
        response = api.get("/me/", Accept="text/html")

        assert response.status_code == 406
        problem(response)

    @pytest.mark.parametrize(
        "path", ["/nowhere/", "/tokens/abc/", "/people/a%00b/", "/people/?q=%00"]
    )
    def test_an_address_that_names_nothing_is_404(self, api, path):
        response = api.get(path) if "tokens" not in path else api.delete(path)

        assert response.status_code == (400 if "?" in path else 404)
        problem(response)

    def test_a_question_said_twice_is_400(self, api):
        assert list(problem(api.get("/people/?q=a&q=b"))["errors"]) == ["q"]


class TestLists:
    @pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "1.5", "", "9" * 5000, "١"])
    def test_a_limit_outside_1_to_100_is_400(self, api, limit):
        response = api.get(f"/people/?limit={limit}")

        assert response.status_code == 400
        assert list(problem(response)["errors"]) == ["limit"]

    def test_pages_go_on_and_back_over_everybody_once(self, api, network):
        PersonFactory.create_batch(6, network=network)

        first = api.get("/people/?limit=3").json()
        second = follow(api, first["next"])
        third = follow(api, second["next"])

        names = [one["name"] for page in (first, second, third) for one in page["results"]]
        assert len(names) == len(set(names)) == 7
        assert names == sorted(names)
        assert first["previous"] is None and third["next"] is None
        assert follow(api, third["previous"])["results"] == second["results"]
        assert follow(api, second["previous"])["results"] == first["results"]

    def test_a_cursor_is_for_its_reader_and_its_list_alone(self, api, api_of, network):
        others = PersonFactory.create_batch(3, network=network)
        cursor = api.get("/people/?limit=1").json()["next"].partition("cursor=")[2]

        assert api.get(f"/people/?cursor={cursor}").status_code == 200
        assert api.get(f"/notices/?cursor={cursor}").status_code == 404
        assert api_of(others[0], network).get(f"/people/?cursor={cursor}").status_code == 404
        assert api.get("/people/?cursor=nonsense").status_code == 404

    def test_links_come_from_the_networks_own_host(self, api, network):
        NetworkHost.objects.create(network=network, host="neighbours.example")
        PersonFactory(network=network)

        link = api.get("/people/?limit=1", Host="evil.example").json()["next"]

        assert link.startswith("https://neighbours.example/api/v1/people/?")

    def test_a_page_of_five_and_of_fifty_take_the_same_queries(self, api, network, count_queries):
        PersonFactory.create_batch(5, network=network)
        api.get("/people/")
        few = count_queries(lambda: api.get("/people/?limit=100"))
        PersonFactory.create_batch(45, network=network)

        assert count_queries(lambda: api.get("/people/?limit=100")) == few


def follow(api, link):
    return api.get(link.partition("/api/v1")[2]).json()


class TestETags:
    def test_what_is_known_already_is_304(self, api):
        etag = api.get("/me/")["ETag"]

        response = api.get("/me/", If_None_Match=f'"other", W/{etag}')

        assert response.status_code == 304
        assert response.content == b""
        assert response["ETag"] == etag

    def test_two_people_never_share_an_etag(self, api, api_of, network):
        etag = api.get("/network/")["ETag"]
        other = api_of(PersonFactory(network=network), network)

        assert other.get("/network/").json() == api.get("/network/").json()
        assert other.get("/network/", If_None_Match=etag).status_code == 200

    def test_a_change_of_what_was_read_goes_through(self, api):
        etag = api.get("/me/")["ETag"]

        assert api.patch("/me/", {"intro": "New"}, If_Match=etag).status_code == 200

    def test_a_change_of_something_that_has_changed_since_is_412(self, api):
        etag = api.get("/me/")["ETag"]
        api.patch("/me/", {"intro": "First"})

        response = api.patch("/me/", {"intro": "Second"}, If_Match=etag)

        assert response.status_code == 412
        assert problem(response)["code"] == "edit_conflict"
        assert api.get("/me/").json()["intro"] == "First"

    def test_nothing_is_stored_on_the_way(self, api):
        assert api.get("/me/")["Cache-Control"] == "private, no-store"
        assert api.get("/nowhere/")["Cache-Control"] == "private, no-store"


class TestTimes:
    def test_times_are_said_in_utc_whatever_zone_one_lives_in(self, api, person):
        person.time_zone = "Asia/Tokyo"
        person.save()

        joined = api.get("/me/").json()["joined_at"]

        assert joined.endswith("Z")
        assert joined == person.joined_at.isoformat().replace("+00:00", "Z")


class TestIdempotency:
    @pytest.fixture
    def group(self, network):
        return MicroGroupFactory(network=network)

    @pytest.fixture
    def writer(self, group, person):
        return member_of(group, person=person)

    @pytest.fixture
    def thread(self, group, writer):
        return thread_in(group, writer)

    def posts(self, thread):
        return Post.objects.filter(thread=thread, body="Again and again.").count()

    def write(self, api, thread, key="k-1", body="Again and again."):
        return api.post(f"/threads/{thread.pk}/posts/", {"body": body}, Idempotency_Key=key)

    def test_the_same_request_has_one_effect_and_one_answer(self, api, thread):
        first = self.write(api, thread)
        again = self.write(api, thread)

        assert first.status_code == again.status_code == 201
        assert first.json() == again.json()
        assert "Idempotency-Replayed" not in first
        assert again["Idempotency-Replayed"] == "true"
        assert self.posts(thread) == 1

    def test_another_body_under_the_same_key_is_refused(self, api, thread):
        self.write(api, thread)

        response = self.write(api, thread, body="Something else.")

        assert response.status_code == 409
        assert problem(response)["code"] == "idempotency_key_reused"

    def test_another_key_is_another_request(self, api, thread):
        self.write(api, thread)
        self.write(api, thread, key="k-2")

        assert self.posts(thread) == 2

    def test_a_refusal_is_kept_too(self, api, thread):
        first = self.write(api, thread, body="")
        again = self.write(api, thread, body="")

        assert first.status_code == again.status_code == 400
        assert first.json() == again.json()
        assert again["Content-Type"] == "application/problem+json"
        assert again["Idempotency-Replayed"] == "true"

    def test_who_has_left_since_hears_what_everybody_outside_hears(
        self, api, thread, group, writer
    ):
        group.visibility = "hidden"
        group.save()
        self.write(api, thread)
        leave(group, writer)

        response = self.write(api, thread)

        assert response.status_code == 404
        assert "Again" not in response.content.decode()

    def test_after_a_day_the_key_is_new(self, api, thread):
        self.write(api, thread)
        IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))

        assert "Idempotency-Replayed" not in self.write(api, thread)
        assert self.posts(thread) == 2

    @pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "é"])
    def test_a_key_that_is_none_is_400(self, api, thread, key):
        assert list(problem(self.write(api, thread, key=key))["errors"]) == ["Idempotency-Key"]

    def test_a_key_belongs_to_one_person(self, api, api_of, thread, group, network):
        self.write(api, thread)
        other = api_of(member_of(group), network)

        assert "Idempotency-Replayed" not in self.write(other, thread)

    def test_what_breaks_on_our_side_is_tried_again_by_the_same_key(self, api, thread):
        api.client.raise_request_exception = False
        with connection.execute_wrapper(break_at('INSERT INTO "microgroups_post"')):
            broken = self.write(api, thread)

        assert broken.status_code == 500
        assert problem(broken)["code"] == "error"
        assert not IdempotencyKey.objects.exists()
        assert self.write(api, thread).status_code == 201

    @pytest.mark.django_db(transaction=True)
    def test_64_at_once_have_one_effect_and_one_answer(self, api, thread, settings):
        settings.LIMITS_SCALE = 2  # more than 60 writes a minute

        answers = all_at_once(self.write, [(api, thread)] * 64)

        given = [answer for answer in answers if answer.status_code == 201]
        late = [answer for answer in answers if answer.status_code != 201]
        assert len({answer.content for answer in given}) == 1
        assert sum("Idempotency-Replayed" not in answer for answer in given) == 1
        assert {problem(answer)["code"] for answer in late} <= {"in_progress"}
        assert self.posts(thread) == 1


def break_at(beginning):
    """A database that fails at the statement that begins so."""

    def execute(execute, sql, params, many, context):
        if sql.startswith(beginning):
            raise RuntimeError("The cable was pulled.")
        return execute(sql, params, many, context)

    return execute


def test_a_body_is_read_once(api):
    """The whole JSON of a request is one document."""
    response = api.client.generic(
        "PATCH", "/api/v1/me/", json.dumps({"intro": "a"}) * 2, content_type="application/json"
    )

    assert response.status_code == 400


class TestDescription:
    def test_it_is_made_once_and_says_the_same_to_everybody(self, network, api_of, client):
        first = client.get("/api/v1/schema/")

        again = WrittenOnce().get_schema(public=True)
        assert WrittenOnce().get_schema(public=True) is again
        theirs = api_of(PersonFactory(network=network), network).get("/schema/")
        assert theirs.json() == first.json()
        assert first.json()["openapi"] == "3.1.1"
