"""How often one may ask, and that the counters outlive their server."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from microgroups.groups.actions import propose
from microgroups.membership.actions import join
from network import pace
from network.errors import TooOften
from network.rest import limits, steady
from tests.factories import (
    NOW,
    MicroGroupFactory,
    PersonFactory,
    admin_of,
    member_of,
    say,
    thread_in,
)

pytestmark = pytest.mark.django_db
PAGE = "/accounts/login/"
HERE = "127.0.0.1"
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture(autouse=True)
def as_they_are(settings):
    settings.LIMITS_SCALE = 1


@pytest.fixture
def person(network):
    person = PersonFactory(network=network)
    person.set_password(PASSWORD)
    person.save()
    return person


def used_up(what, who, but=0):
    """As if `who` had asked as often as one may, but for so many times."""
    most, seconds = limits.LIMITS[what]
    for _ in range(most - but):
        assert not pace.take(f"limit:{what}:{who}", most, seconds, NOW.timestamp())


class TestCounting:
    def test_ten_in_a_minute_are_ten(self):
        waits = [pace.take("x", 10, 60, 6000) for _ in range(11)]

        assert waits[:10] == [0] * 10
        assert waits[10] > 0

    @pytest.mark.parametrize("start", [0, 7, 30.5, 59.9])
    @pytest.mark.parametrize("most", [1, 2, 10, 60])
    def test_whoever_waits_as_long_as_was_said_gets_in_and_not_sooner(self, start, most):
        begin = 6000 + start
        for _ in range(most):
            assert not pace.take("x", most, 60, begin)
        wait = pace.take("x", most, 60, begin)

        assert pace.take("x", most, 60, begin + wait - 0.1) > 0
        assert pace.take("x", most, 60, begin + wait + 0.001) == 0

    def test_the_edge_of_a_window_lets_nobody_in_twice_over(self):
        taken = [pace.take("x", 10, 60, 5999 + n / 10) for n in range(20)]

        assert taken.count(0) == 10

    def test_what_is_refused_is_not_counted(self):
        for _ in range(50):
            pace.take("x", 10, 60, 6000)

        assert cache.get("x:100") == 10

    def test_many_at_once_are_let_in_as_often_as_one_after_another(self):
        with ThreadPoolExecutor(16) as pool:
            taken = list(pool.map(lambda _: pace.take("x", 10, 60, 6000), range(64)))

        assert taken.count(0) == 10

    def test_what_was_counted_is_forgotten_when_its_time_is_over(self):
        pace.take("x", 10, 60, 6000)

        assert 60 < cache._cache.get_client().ttl(cache.make_key("x:100")) <= 120

    def test_without_the_server_the_memory_counts_alike(self):
        with cache_away():
            taken = [pace.take("x", 10, 60, 5999 + n / 10) for n in range(20)]

        assert taken.count(0) == 10


class TestVisitors:
    def test_the_121st_page_in_a_minute_is_429_and_says_when_to_come_back(self, client, network):
        used_up("visitor", HERE, but=1)

        assert client.get(PAGE).status_code == 200
        refused = client.get(PAGE)
        assert refused.status_code == 429
        assert 1 <= int(refused["Retry-After"]) <= 120
        assert "That was a lot at once" in refused.content.decode()

    def test_the_api_counts_who_brings_a_token_that_is_none(self, client, network):
        used_up("visitor", HERE, but=1)
        guess = {"authorization": "Bearer kith_guess"}

        assert client.get("/api/v1/me/", headers=guess).status_code == 401
        refused = client.get("/api/v1/me/", headers=guess)
        assert refused.status_code == 429
        assert refused["Content-Type"] == "application/problem+json"
        assert refused.json()["code"] == "too_often"
        assert int(refused["Retry-After"]) >= 1

    def test_each_address_counts_for_itself(self, network):
        used_up("visitor", "192.0.2.1")

        assert Client(REMOTE_ADDR="192.0.2.1").get(PAGE).status_code == 429
        assert Client(REMOTE_ADDR="192.0.2.2").get(PAGE).status_code == 200

    def test_a_household_of_ipv6_counts_as_one(self, network):
        used_up("visitor", "2001:db8:1:2::")

        assert Client(REMOTE_ADDR="2001:db8:1:2:ffff::9").get(PAGE).status_code == 429
        assert Client(REMOTE_ADDR="2001:db8:1:3::1").get(PAGE).status_code == 200

    def test_a_made_up_forwarding_header_makes_nobody_new(self, network):
        used_up("visitor", HERE)

        client = Client(headers={"x-forwarded-for": "198.51.100.7"})
        assert client.get(PAGE).status_code == 429

    def test_behind_a_trusted_proxy_the_visitors_own_address_counts(self, network, settings):
        settings.TRUSTED_PROXIES = [limits.ipaddress.ip_network("127.0.0.0/8")]
        used_up("visitor", "198.51.100.1")

        one = Client(headers={"x-forwarded-for": "198.51.100.1"})
        other = Client(headers={"x-forwarded-for": "198.51.100.2"})
        assert one.get(PAGE).status_code == 429
        assert other.get(PAGE).status_code == 200

    def test_health_is_not_counted(self, client):
        used_up("visitor", HERE)

        assert client.get("/health/live").status_code == 200

    def test_the_scale_multiplies_the_limits(self, client, network, settings):
        settings.LIMITS_SCALE = 2
        used_up("visitor", HERE)

        assert client.get(PAGE).status_code == 200


class TestPeople:
    def test_a_persons_writes_are_counted_apart_from_what_they_read(self, client_of, person):
        used_up("write", person.pk, but=1)
        browser = client_of(person)

        assert browser.post("/theme/", {"theme": "dark"}).status_code == 302
        assert browser.post("/theme/", {"theme": "dark"}).status_code == 429
        assert browser.get("/me/").status_code == 200

    def test_a_token_has_its_own_count(self, api_of, person, network):
        used_up("person", person.pk)
        api = api_of(person, network)

        assert api.get("/me/").status_code == 200
        used_up("token", person.access_tokens.get().pk, but=1)
        assert api.get("/me/").status_code == 429

    def test_a_session_that_asks_the_api_is_counted_once(self, client_of, person):
        client_of(person).get("/api/v1/me/")

        window = int(NOW.timestamp() // 60)
        assert cache.get(f"limit:person:{person.pk}:{window}") == 1


class TestSignIn:
    def guess(self, client, person, times):
        for _ in range(times):
            client.post(PAGE, {"login": person.email, "password": "wrong"})

    def enters(self, client, person):
        client.post(PAGE, {"login": person.email, "password": PASSWORD})
        return "_auth_user_id" in client.session

    def test_after_five_wrong_passwords_not_even_the_right_one_opens(
        self, client, person, settings
    ):
        settings.LIMITS_SCALE = 1000
        self.guess(client, person, 5)

        assert not self.enters(client, person)

    def test_guessing_stays_held_up_while_the_cache_is_away(self, client, person):
        with cache_away():
            self.guess(client, person, 5)

            assert not self.enters(client, person)
        assert steady.Away.until == 0


class cache_away:
    """The server of the counters does not answer."""

    def __enter__(self):
        self.servers = cache._cache._servers
        self.point_at(["redis://127.0.0.1:1/0"])

    def __exit__(self, *error):
        self.point_at(self.servers)
        steady.Away.until = 0.0
        cache.memory.clear()

    def point_at(self, servers):
        cache._cache._servers = servers
        cache._cache._pools.clear()


class TestSizes:
    def test_a_form_over_two_megabytes_is_413(self, client, network):
        too_much = {"login": "x" * (2 * 1024 * 1024 + 1)}

        assert client.post(PAGE, too_much).status_code == 413

    def test_a_form_of_one_and_a_half_megabytes_is_read(self, client, network):
        body = "login=" + "x" * (3 * 1024 * 1024 // 2)
        form = "application/x-www-form-urlencoded"

        assert client.post(PAGE, body, content_type=form).status_code in (200, 422)

    def test_the_link_that_stops_mail_cannot_be_guessed(self, client, network, settings):
        settings.LIMITS_SCALE = 1000
        tried = [client.get("/notices/stop/abc/").status_code for _ in range(11)]

        assert tried == [404] * 10 + [429]


class TestPace:
    @pytest.fixture
    def thread(self, network):
        return thread_in(MicroGroupFactory(network=network))

    def test_one_writes_twenty_posts_a_minute(self, thread, clock):
        person = member_of(thread.group)
        for _ in range(20):
            say(thread, person)

        with pytest.raises(TooOften) as refused:
            say(thread, person)
        assert thread.posts.filter(author=person).count() == 20
        clock.shift(refused.value.wait)
        assert say(thread, person)

    def test_one_writes_three_hundred_posts_a_day(self, thread, clock):
        person = member_of(thread.group)
        for n in range(300):
            pace.keep_pace("post", person, NOW + n * timedelta(seconds=6))

        clock.shift(1800)
        with pytest.raises(TooOften):
            say(thread, person)

    def test_a_new_account_begins_slowly(self, thread):
        person = member_of(
            thread.group,
            person=PersonFactory(network=thread.group.network, joined_at=NOW - timedelta(hours=23)),
        )
        for _ in range(10):
            say(thread, person)

        with pytest.raises(TooOften):
            thread_in(thread.group, person)

    def test_the_api_says_when_there_is_room_again(self, thread, api_of):
        person = member_of(thread.group)
        for _ in range(20):
            say(thread, person)

        refused = api_of(person, thread.group.network).post(
            f"/threads/{thread.pk}/posts/", {"body": "One more."}
        )

        assert (refused.status_code, refused.json()["code"]) == (429, "too_often")
        assert 0 < int(refused["Retry-After"]) <= 120

    def test_the_page_keeps_what_was_written(self, thread, client_of):
        person = member_of(thread.group)
        for _ in range(20):
            say(thread, person)

        answer = client_of(person).post(thread.get_absolute_url(), {"body": "A long story."})

        assert answer.status_code in (422, 429)
        assert "A long story." in answer.content.decode()
        assert "There is room again in" in answer.content.decode()

    def test_one_asks_to_join_ten_groups_a_day(self, network):
        person = PersonFactory(network=network)
        doors = [MicroGroupFactory(network=network, join_policy="ask") for _ in range(11)]
        for door in doors[:10]:
            join(door, person)

        with pytest.raises(TooOften):
            join(doors[10], person)
        assert doors[10].memberships.of(person) is None

    def test_one_proposes_three_groups_a_day_and_an_admin_as_many_as_they_like(self, network):
        charter = {
            "name": "Balconies",
            "purpose": "We grow things.",
            "difference": "Small ones.",
            "belonging": "Whoever has one.",
            "agreements": "Be kind.",
            "care_plan": "We take turns.",
        }
        person, admin = PersonFactory(network=network), admin_of(network)
        for proposer in (person, person, person, admin, admin, admin, admin):
            propose(network, proposer, **charter)

        with pytest.raises(TooOften):
            propose(network, person, **charter)
