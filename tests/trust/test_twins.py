"""Twin worlds: what is hidden changes nothing outside (trust.md rule 2).

One world, asked twice by each who stands outside: before and after something happened that they
may not see. Every answer is the same, byte for byte: status, headers, body. Routes join by
themselves, as in the canary crawl; the clock stands still, and what is random in every answer is
put out of sight: tokens against forgery, the request's number, and the ETag made of them.
"""

import logging
import re
from datetime import UTC, datetime

import pytest
import time_machine

from facilitation.moderation.redirects import accept, redirect
from microgroups.conversation import actions as conversation
from microgroups.groups.actions import edit, propose
from microgroups.groups.drafts import begin
from microgroups.membership import actions as membership
from microgroups.membership.invitations import invite_person, make_link
from network.networks.models import Network
from network.people.blocking import block
from tests.factories import PersonFactory
from tests.trust.test_crawl import browser_of, pages, undone
from tests.trust.world import build

pytestmark = pytest.mark.django_db

OUTSIDE = ("visitor", "stranger", "net_member", "former")
LISTS = [
    *("/groups/?q={}", "/search/?q={}", "/people/?q={}"),
    *("/api/v1/search/?q={}", "/api/v1/groups/?q={}", "/api/v1/people/?q={}"),
]
SOUGHT = ["secret", "zq", "role", "a"]
CHARTER = ("purpose", "difference", "belonging", "agreements", "care_plan")
RANDOM = re.compile(
    r'(?<=name="csrfmiddlewaretoken" value=")\w+|(?<="X-CSRFToken": ")\w+|(?<=nonce-)[\w+/=-]+'
)
OF_EACH_ANSWER = {"X-Request-Id", "ETag", "Set-Cookie"}


def a_secret_group_is_founded(world, before):
    """With people, somebody in line, a thread, an invitation by name and one by link."""
    keeper, member = world.people["facilitator"], world.people["member"]
    texts = dict.fromkeys(CHARTER, "Our secret.")
    facts = {"name": "Secret Role", "colour": "plum", "visibility": "hidden", "cap": 3, **texts}
    group = propose(world.groups["listed"].network, world.people["admin"], **facts)
    for person in (keeper, member):
        membership.join(group, person)
    membership.join(group, world.people["moderator"])
    conversation.open_thread(group, member, title="Secret", body="A secret, @rolenetmember.")
    invite_person(group, world.people["knocking"], by=keeper)
    make_link(group, by=member, max_uses=3)


def a_hidden_group_changes(world, before):
    group, keeper = world.groups["hidden"], world.people["facilitator"]
    edit(group, keeper, purpose="Another secret.", cap=40)
    membership.admit(group, world.people["knocking"], by=keeper)
    membership.leave(group, world.people["member"])


def words_are_said_inside(world, before):
    member, keeper = world.people["member"], world.people["facilitator"]
    for group in world.groups.values():
        if group.network_id == world.groups["listed"].network_id:
            thread = conversation.open_thread(group, member, title="Role", body="Secret zq a.")
            reply = conversation.post(thread, keeper, body="A secret role.")
            conversation.react(reply, member, emoji="👍")
            membership.describe(group, member, offers="Secrets", asks="Roles")


def a_thread_moves(world, before):
    """Out of one group into another, both of which show their card."""
    member, keeper = world.people["member"], world.people["facilitator"]
    group, place = world.groups["listed"], world.groups["network"]
    thread = conversation.open_thread(group, member, title="Role", body="Secret zq a.")
    conversation.post(thread, keeper, body="A secret role.")
    move = redirect(thread, keeper, step="move", to=place.slug, reason="A secret.")
    accept(move, member)
    thread.refresh_from_db()
    assert thread.group_id == place.pk


def somebody_is_turned_away(world, before):
    for group in (world.groups["listed"], world.groups["network"]):
        keeper = world.people["facilitator"]
        membership.decline_request(group, world.people["knocking"], by=keeper, reason="A secret.")


def somebody_is_asked_in(world, before):
    for group in (world.groups["listed"], world.groups["network"]):
        invite_person(group, before, by=world.people["facilitator"], words="A secret.")
        make_link(group, by=world.people["member"], words="A secret.")


def somebody_blocks_them(world, before):
    for role in ("member", "facilitator"):
        for other in ("net_member", "former"):
            block(world.people[role], world.people[other])


def somebody_begins_to_write(world, before):
    begin(world.groups["listed"].network, world.people["member"], name="Secret", purpose="Role")


SECRETS = [
    a_secret_group_is_founded,
    words_are_said_inside,
    a_thread_moves,
    a_hidden_group_changes,
    somebody_is_turned_away,
    somebody_is_asked_in,
    somebody_blocks_them,
    somebody_begins_to_write,
]


@pytest.fixture(autouse=True)
def no_lines():
    """No line is written of a request: there are thousands."""
    logging.disable(logging.INFO)
    yield
    logging.disable(logging.NOTSET)


def asked_for(world):
    """Every address, and searches and lists."""
    for path, address in pages(world):
        if not path.startswith("health/"):
            yield address
    for page in LISTS:
        yield from (page.format(word) for word in SOUGHT)


def seen_from_outside(world, role):
    """{address: its whole answer}; what asking may have written is undone."""
    with undone():
        client = browser_of(role, world)
        return {address: whole(client.get(address)) for address in asked_for(world)}


def whole(answer):
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    headers = {name: value for name, value in answer.items() if name not in OF_EACH_ANSWER}
    text = f"{answer.status_code} {headers}\n{body.decode(errors='replace')}"
    return RANDOM.sub("", text)


@pytest.mark.parametrize(
    "secrets",
    [
        pytest.param(SECRETS, id="all"),
        *(pytest.param([each], id=each.__name__, marks=pytest.mark.long) for each in SECRETS),
    ],
)
def test_what_is_hidden_changes_nothing_outside(secrets, settings, subtests):
    settings.LIMITS_SCALE = 10**6
    with time_machine.travel(datetime(2026, 5, 20, 12, tzinfo=UTC), tick=False):
        world = build()
        Network.objects.update(max_groups_per_person=10)
        guest = PersonFactory(network=world.groups["listed"].network)
        before = {role: seen_from_outside(world, role) for role in OUTSIDE}

        for secret in secrets:
            secret(world, guest)

        for role in OUTSIDE:
            with subtests.test(role=role):
                after = seen_from_outside(world, role)
                assert after.keys() == before[role].keys()
                told = {at: both_of(said, after[at]) for at, said in before[role].items()}
                assert {at: said for at, said in told.items() if said} == {}


def test_what_is_shown_is_seen_to_change():
    """A comparison that finds nothing would prove nothing."""
    with time_machine.travel(datetime(2026, 5, 20, 12, tzinfo=UTC), tick=False):
        world = build()
        client = browser_of("net_member", world)
        before, again = whole(client.get("/groups/")), whole(client.get("/groups/"))

        membership.leave(world.groups["listed"], world.people["member"])

        assert both_of(before, again) is None
        assert both_of(before, whole(client.get("/groups/"))) is not None


def both_of(before, after):
    """Where two answers differ first, a little of each; None where they are the same."""
    if before == after:
        return None
    first = next((n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), 0)
    return before[max(0, first - 60) : first + 60], after[max(0, first - 60) : first + 60]
