"""A facilitator takes a group along: what an import reads again, and nothing that is not theirs."""

import io
import json
import zipfile
from datetime import timedelta
from gzip import decompress

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.utils import timezone

from bridging.importing.actions import import_community
from microgroups.conversation.actions import delete_post, react
from microgroups.conversation.models import Thread
from microgroups.groups.actions import archive, propose
from microgroups.groups.models import MicroGroup
from microgroups.membership.actions import describe, leave, remove
from network.activity.models import Activity
from network.networks.door import come_in
from network.operations.invariants import violations
from tests.factories import (
    MicroGroupFactory,
    NetworkFactory,
    PersonFactory,
    admin_of,
    member_of,
    say,
    thread_in,
)
from tests.microgroups.test_groups import CHARTER

pytestmark = pytest.mark.django_db

SECRET = "zqsecret"  # in all that has no place in the file


@pytest.fixture
def group():
    """A group with talk, somebody who left and somebody who was asked to go, and another beside."""
    group = MicroGroupFactory(name="Sparrow Owners")
    keeper = group.memberships.get(is_founder=True).person
    writer, gone, removed = (member_of(group) for _ in range(3))
    describe(group, writer, offers=SECRET, asks=SECRET)
    thread = thread_in(group, writer, title="Seeds", text="Which seeds?")
    answer = say(thread, gone, "Sunflower.", reply_to=thread.posts.get())
    react(answer, keeper, emoji="👍")
    delete_post(say(thread, removed, SECRET), removed)
    leave(group, gone)
    remove(group, removed, by=keeper, reason=SECRET)
    thread_in(MicroGroupFactory(network=group.network), title=SECRET, text=SECRET)
    PersonFactory(network=group.network, name=SECRET)
    return group


@pytest.fixture
def keeper(group):
    return group.memberships.get(is_founder=True).person


@pytest.fixture
def browser(client, keeper):
    """One in which the keeper has signed in just now."""
    return signed_in(client, keeper)


def signed_in(client, person, password="four plain words here"):
    person.set_password(password)
    person.save()
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    client.post("/accounts/login/", {"login": person.email, "password": password})
    return client


def rows_in(answer):
    """The rows of the file, by kind."""
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as file:
        return {
            name.split(".")[0]: [
                json.loads(line) for line in decompress(file.read(name)).splitlines()
            ]
            for name in file.namelist()
            if name.endswith(".gz")
        }


def address_of(group):
    return f"/api/v1/groups/{group.slug}/export/"


def test_it_holds_the_groups_talk_and_no_more_of_people_than_they_show(group, keeper, browser):
    answer = browser.get(address_of(group))

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    assert answer["Content-Disposition"] == f'attachment; filename="{group.slug}.zip"'
    found = rows_in(answer)
    assert {kind: len(rows) for kind, rows in found.items()} == {
        "people": 4,
        "groups": 1,
        "memberships": 4,
        "threads": 1,
        "posts": 3,
        "reactions": 1,
    }
    assert set().union(*found["people"]) == {"id", "name", "handle", "joined"}
    assert SECRET not in json.dumps(found)
    assert "@people.example" not in json.dumps(found)


def test_an_import_elsewhere_reads_it_again(group, browser, tmp_path):
    file = tmp_path / "group.zip"
    file.write_bytes(b"".join(browser.get(address_of(group)).streaming_content))
    network = NetworkFactory()

    report = import_community(network, file)

    assert not report.refused
    there = MicroGroup.objects.get(network=network)
    for field in ("name", "purpose", "difference", "belonging", "agreements", "care_plan"):
        assert getattr(there, field) == getattr(group, field)
    assert {each.person.name for each in there.memberships.active()} == {
        each.person.name for each in group.memberships.active()
    }
    assert there.memberships.facilitating().count() == 1
    ours, theirs = Thread.objects.get(group=group), Thread.objects.get(group=there)
    for told in (
        lambda post: (post.at, post.author.name, post.is_deleted or post.body),
        lambda post: (post.reply_to and post.reply_to.body, post.reactions_count),
    ):
        assert [told(post) for post in theirs.posts.order_by("at")] == [
            told(post) for post in ours.posts.order_by("at")
        ]
    assert list(violations()) == []


def test_an_archived_group_is_taken_along_and_it_is_on_record(group, keeper, browser):
    archive(group, keeper)

    page = browser.get(f"/groups/{group.slug}/export/").content.decode()
    answer = browser.post(f"/groups/{group.slug}/export/")

    assert "No e-mail addresses" in page
    assert rows_in(answer)["groups"][0]["archived"] is True
    row = Activity.objects.get(verb="group.exported")
    assert (row.actor, row.group_id) == (keeper, group.pk)


class TestWhoMay:
    def test_no_token_and_no_session_of_some_while_ago(self, group, keeper, browser, api_of):
        by_token = api_of(keeper, group.network).get(f"/groups/{group.slug}/export/")
        with time_machine.travel(timezone.now() + timedelta(minutes=11)):
            stale = browser.get(address_of(group))
            page = browser.get(f"/groups/{group.slug}/export/")

        for answer in (by_token, stale):
            assert (answer.status_code, answer.json()["code"]) == (403, "fresh_sign_in_needed")
        assert page.url.startswith("/accounts/reauthenticate/")

    @pytest.mark.parametrize(
        ("who", "visibility", "status"),
        [
            ("member", "hidden", 403),
            ("admin", "listed", 403),
            ("outsider", "listed", 403),
            ("outsider", "hidden", 404),
        ],
    )
    def test_its_facilitators_alone(self, group, client, who, visibility, status):
        person = admin_of(group.network) if who == "admin" else PersonFactory(network=group.network)
        if who == "member":
            member_of(group, person=person)
        MicroGroup.objects.filter(pk=group.pk).update(visibility=visibility)
        signed_in(client, person)

        assert client.get(address_of(group)).status_code == status
        assert client.get(f"/groups/{group.slug}/export/").status_code == 404
        assert not Activity.objects.filter(verb="group.exported")

    def test_a_proposal_has_nothing_to_take(self, group, keeper, browser):
        founder = keeper
        come_in(founder, group.network)
        group.network.memberships.filter(person=founder).update(role="member")
        proposal = propose(group.network, founder, **CHARTER)

        answer = browser.get(address_of(proposal))

        assert (answer.status_code, answer.json()["code"]) == (409, "group_not_open")

    def test_twice_a_day(self, group, browser, settings):
        settings.LIMITS_SCALE = 1
        codes = [browser.get(address_of(group)).status_code for _ in range(3)]
        page = browser.post(f"/groups/{group.slug}/export/")

        assert codes == [200, 200, 429]
        assert page.status_code == 429
        assert "There is room again in" in page.content.decode()


def test_it_asks_as_much_of_a_talkative_group(group, keeper, browser, count_queries, settings):
    settings.LIMITS_SCALE = 10
    few = count_queries(lambda: browser.get(address_of(group)))
    for _ in range(3):
        say(thread_in(group), member_of(group))

    assert count_queries(lambda: browser.get(address_of(group))) == few <= 20
