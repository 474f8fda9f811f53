"""What pages and deeds take, as multiples of the bench's floor, in every run of the tests.

`make bench` measures all of them over HTTP. This holds those that belonging is made of: in turns
with the floor's view in one process, by seconds of CPU, of which a busy machine takes no more, and
by the lower quartile, which knows no pauses. What a query costs the database is not seen here: the
number of queries is held with each page, their time in the bench.
"""

import json
import statistics
import time
from io import BytesIO

import pytest
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client, RequestFactory, override_settings
from django.urls import path

from microgroups.conversation.models import Post, Thread
from microgroups.groups.models import MicroGroup
from microgroups.membership.models import Membership
from network.networks.models import Network
from network.people.models import Person
from network.tokens.actions import create_token
from tests.bench.floor.view import page_over
from tests.bench.world import put_down

ROUNDS, WARM = 30, 5
LIMITS = {  # about 40 % above the middle of twenty runs on a busy machine
    "group home": 2.4,
    "discover": 2.2,
    "people": 2.3,
    "API members": 1.3,
    "API join and leave": 2.3,
}

urlpatterns = [path("floor/<uuid:key>/", page_over(Thread, Membership, Post))]


def at_the_floor(get_response):
    """A middleware: the floor has addresses of its own."""

    def answer(request):
        request.urlconf = __name__
        return get_response(request)

    return answer


FLOOR = [
    f"{__name__}.at_the_floor",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]


@pytest.fixture
def one_connection():
    """A request closes no connection: what this test has written is not committed."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def kith():
    return get_wsgi_application()


@pytest.fixture
def floor():
    with override_settings(MIDDLEWARE=FLOOR):
        return get_wsgi_application()


@pytest.fixture
def asked(db, settings, one_connection):
    """{what: the requests that it takes} of a member, and "floor"."""
    settings.LIMITS_SCALE = 100_000
    put_down("tiny")
    me, network = Person.objects.get(username="p1"), Network.objects.get()
    thread = Thread.objects.filter(group__memberships__person=me, posts_count=20).first()
    mine = thread.group.slug
    strange = MicroGroup.objects.exclude(memberships__person=me).first().slug
    _, token = create_token(me, network, name="ratios", scopes=["read", "write"])
    seen, told = {"cookie": cookie_of(me)}, {"authorization": f"Bearer {token}"}
    return {
        "floor": [request("GET", f"/floor/{thread.pk}/", seen)],
        "group home": [request("GET", f"/groups/{mine}/", seen)],
        "discover": [request("GET", "/groups/", seen)],
        "people": [request("GET", "/people/", seen)],
        "API members": [request("GET", f"/api/v1/groups/{mine}/members/", told)],
        "API join and leave": [
            request("POST", f"/api/v1/groups/{strange}/join/", told),
            request("DELETE", f"/api/v1/groups/{strange}/membership/", told),
        ],
    }


def cookie_of(person):
    client = Client()
    client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def request(method, address, headers):
    """(what a server would hand over, the body)"""
    body = json.dumps({}).encode() if method == "POST" else b""
    made = RequestFactory(headers=headers).generic(method, address, body, "application/json")
    return made.environ, body


def seconds_of(application, requests):
    """Seconds of CPU that the answers take, each."""
    began = time.process_time()
    for facts, body in requests:
        statuses = []
        answer = application(
            {**facts, "wsgi.input": BytesIO(body)}, lambda status, _, to=statuses: to.append(status)
        )
        words = b"".join(answer)
        answer.close()
        assert statuses[0][0] == "2", f"{facts['PATH_INFO']}: {statuses[0]} {words[:300]}"
    return (time.process_time() - began) / len(requests)


def test_pages_and_deeds_stay_within_their_multiples_of_the_floor(asked, kith, floor):
    ratios = ratios_of(asked, kith, floor)

    assert not {name: ratio for name, ratio in ratios.items() if ratio > LIMITS[name]}


def ratios_of(asked, kith, floor):
    """{what: how many times what the floor takes}"""
    least = asked["floor"]
    times = {name: ([], []) for name in asked if name != "floor"}
    for _ in range(ROUNDS + WARM):
        for name, (ours, theirs) in times.items():
            ours.append(seconds_of(kith, asked[name]))
            theirs.append(seconds_of(floor, least))
    return {
        name: round(quick(ours[WARM:]) / quick(theirs[WARM:]), 2)
        for name, (ours, theirs) in times.items()
    }


def quick(times):
    """The lower quartile: a quarter of the rounds was quicker."""
    return statistics.quantiles(times, n=4)[0]
