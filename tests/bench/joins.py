"""Many join at once over HTTP: spread over the groups, and all into one."""

import http.client
import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import cycle

CLIENTS, JOINS = 64, 1_200  # of each kind
HOT_CAP = 5_000


def flood(kith, floor_rate):
    """Joins per second as shares of the floor's requests, and of each other; all must have fit."""
    from microgroups.groups.models import MicroGroup
    from microgroups.membership.models import Membership
    from network.networks.models import Network

    Network.objects.update(max_cap=HOT_CAP)
    groups = list(MicroGroup.objects.order_by("-pk").values_list("slug", flat=True)[:500])
    hot = groups.pop()
    MicroGroup.objects.filter(slug=hot).update(cap=HOT_CAP)
    before = Membership.objects.count()
    values = tokens(2 * JOINS)
    spread = joins_a_second(kith.port, zip(values[:JOINS], cycle(groups), strict=False))
    heat = joins_a_second(kith.port, zip(values[JOINS:], cycle([hot]), strict=False))
    added = Membership.objects.count() - before
    over = sum(group.seats_taken > group.cap for group in MicroGroup.objects.all())
    if added != 2 * JOINS or over:
        raise RuntimeError(f"{added} of {2 * JOINS} joins are there; {over} groups are too full.")
    return {
        "spread": round(spread),
        "hot": round(heat),
        "spread_to_floor": round(spread / floor_rate, 2),
        "hot_to_spread": round(heat / spread, 2),
    }


def tokens(count):
    """The tokens of so many new people of the network."""
    from django.utils import timezone

    from network.networks.models import Network, NetworkMembership
    from network.people.models import Person
    from network.tokens.models import AccessToken, digest_of

    network, now = Network.objects.get(), timezone.now()
    people = Person.objects.bulk_create(
        Person(
            username=f"new{n}",
            skeleton=f"new{n}",
            email=f"new{n}@bench.example",
            name=f"Newcomer {n}",
            password="!",
            joined_at=now,
            claimed_at=now,
        )
        for n in range(count)
    )
    NetworkMembership.objects.bulk_create(
        NetworkMembership(network=network, person=person, joined_at=now) for person in people
    )
    AccessToken.objects.bulk_create(
        AccessToken(
            network=network,
            person=person,
            name="bench",
            scopes=["write"],
            digest=digest_of(f"kith_{person.username}"),
            created_at=now,
            expires_at=now + timedelta(days=1),
        )
        for person in people
    )
    return [f"kith_{person.username}" for person in people]


def joins_a_second(port, asked):
    """How many of these (token, group) join in a second, asked by CLIENTS at once."""
    asked = list(asked)
    started = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(join_all, [port] * CLIENTS, (asked[n::CLIENTS] for n in range(CLIENTS))))
    return len(asked) / (time.perf_counter() - started)


def join_all(port, asked):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for token, slug in asked:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        body = json.dumps({"answers": []})
        connection.request("POST", f"/api/v1/groups/{slug}/join/", body, headers)
        answer = connection.getresponse()
        words = answer.read()
        if answer.status not in (200, 201, 202):
            raise RuntimeError(f"Joining {slug} answered {answer.status}: {words[:200]}")
