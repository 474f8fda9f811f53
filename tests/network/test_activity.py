"""The log: it only grows, holds no words, and is read by those who answer for what is in it."""

import pytest
from django.db import DatabaseError, connection, transaction

from network.activity.models import Activity
from network.networks.models import NetworkHost
from tests.factories import (
    MicroGroupFactory,
    NetworkFactory,
    PersonFactory,
    admin_of,
    facilitator_of,
    member_of,
    moderator_of,
    thread_in,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def group(network):
    return MicroGroupFactory(network=network, name="Balcony Growers")


def ask(api_of, person, network, path="/activity/", **facts):
    return api_of(person, network, **facts).get(path)


def code(response):
    return response.status_code, response.json().get("code")


@pytest.mark.parametrize("statement", ["UPDATE {} SET verb = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_log_only_grows(group, statement):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(Activity._meta.db_table))


def test_an_admin_reads_the_whole_log_the_newest_first(api_of, network, group):
    member_of(group)

    body = ask(api_of, admin_of(network), network).json()

    rows = body["results"]
    assert set(rows[0]) == {"verb", "actor", "about", "group", "at", "facts"}
    assert [row["verb"] for row in rows[:2]] == ["token.created", "network.joined"]
    joined = next(row for row in rows if row["verb"] == "membership.active")
    assert set(joined["actor"]) == {"username", "name", "avatar"}
    assert joined["about"]["type"] == "membership"
    assert joined["group"] == str(group.pk)


def test_the_log_holds_no_words(api_of, network, group):
    thread_in(group, title="Lighthouse", text="Xylophone")
    admin = admin_of(network)

    log = ask(api_of, admin, network).content.decode()

    assert "thread." in log
    assert "Lighthouse" not in log and "Xylophone" not in log


def test_another_networks_admin_reads_nothing_of_it(api_of, group):
    other = NetworkFactory()
    NetworkHost.objects.create(network=other, host="there.example")

    api = api_of(admin_of(other), other)
    rows = api.get("/activity/", Host="there.example").json()["results"]

    assert len(rows) == 2  # that its admin came, and made the token
    assert not any(row["group"] for row in rows)


@pytest.mark.parametrize("who", [PersonFactory, moderator_of])
def test_members_and_moderators_do_not_read_the_networks_log(api_of, network, who):
    person = who(network=network) if who is PersonFactory else who(network)

    assert code(ask(api_of, person, network)) == (403, "not_allowed")


def test_a_facilitator_reads_the_log_of_their_own_group_alone(api_of, network, group):
    other = MicroGroupFactory(network=network)
    person = facilitator_of(group)
    api = api_of(person, network)

    rows = api.get(f"/activity/?group={group.slug}").json()["results"]

    assert rows and {row["group"] for row in rows} == {str(group.pk)}
    assert code(api.get(f"/activity/?group={other.slug}")) == (403, "not_allowed")
    assert code(api.get("/activity/")) == (403, "not_allowed")


def test_a_member_does_not_read_their_groups_log(api_of, network, group):
    response = ask(api_of, member_of(group), network, f"/activity/?group={group.slug}")

    assert code(response) == (403, "not_allowed")


def test_a_group_that_one_does_not_see_is_404(api_of, network):
    hidden = MicroGroupFactory(network=network, visibility="hidden")
    person = PersonFactory(network=network)

    unseen = ask(api_of, person, network, f"/activity/?group={hidden.slug}")
    unknown = ask(api_of, person, network, "/activity/?group=nowhere")

    assert unseen.status_code == unknown.status_code == 404
    assert unseen.content == unknown.content


def test_a_visitor_is_401(client, network):
    assert client.get("/api/v1/activity/").status_code == 401


def test_the_networks_log_asks_for_the_scope_admin(api_of, network):
    response = ask(api_of, admin_of(network), network, scopes=["read", "facilitate"])

    assert code(response) == (403, "insufficient_scope")


def test_a_token_to_facilitate_does_not_reach_as_far_as_its_admin(api_of, network, group):
    api = api_of(admin_of(network), network, scopes=["facilitate"])

    assert code(api.get(f"/activity/?group={group.slug}")) == (403, "not_allowed")


def test_a_short_and_a_long_log_take_the_same_queries(api_of, network, group, count_queries):
    api = api_of(admin_of(network), network)
    api.get("/activity/")
    few = count_queries(lambda: api.get("/activity/?limit=100"))
    for _ in range(20):
        member_of(group)

    assert count_queries(lambda: api.get("/activity/?limit=100")) == few <= 5
