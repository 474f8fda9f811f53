"""An archived group: closed and opened by people's decision, read-only, to be taken along."""

import re

import pytest

from microgroups.groups.actions import archive
from microgroups.membership.actions import rest
from tests.facilitation.test_dashboard import words
from tests.factories import (
    MicroGroupFactory,
    PersonFactory,
    admin_of,
    facilitator_of,
    member_of,
    thread_in,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def group():
    return MicroGroupFactory(name="Stair 14", visibility="network")


@pytest.fixture
def ruth(group):
    return facilitator_of(group)


@pytest.mark.parametrize("who", ["facilitator", "admin"])
def test_people_close_it_and_open_it_again_after_being_asked_once_more(group, client_of, who):
    person = facilitator_of(group) if who == "facilitator" else admin_of(group.network)
    browser, home = client_of(person), f"/groups/{group.slug}/"
    leads = f"{home}settings/" if who == "facilitator" else f"{home}charter/"

    for deed, asked, is_archived in (
        ("archive", "Archive Stair 14?", True),
        ("restore", "Open Stair 14 again?", False),
    ):
        assert f"{home}{deed}/" in browser.get(leads).content.decode()
        assert asked in words(browser.get(f"{home}{deed}/"))
        group.refresh_from_db()
        assert group.is_archived != is_archived
        browser.post(f"{home}{deed}/")
        group.refresh_from_db()
        assert group.is_archived == is_archived


def test_its_home_says_when_by_whom_and_what_one_can_do(group, ruth, client_of, count_queries):
    jun, home = member_of(group), f"/groups/{group.slug}/"
    archive(group, ruth)

    for person, can in ((jun, False), (ruth, True)):
        page = client_of(person).get(home)
        assert f"Stair 14 was archived just now by {ruth.name}" in words(page)
        assert "Groups with a free window" in words(page)
        for deed in ("restore", "export"):
            assert (f"{home}{deed}/" in page.content.decode()) == can
    outside = words(client_of(PersonFactory(network=group.network)).get(home))
    assert "It is closed" in outside
    assert "Groups with a free window" in outside
    browser = client_of(jun)
    assert count_queries(lambda: browser.get(home)) <= 14


FORMS = re.compile(r"<form\b[^>]*>.*?</form>", re.DOTALL)
HARMLESS = ("/accounts/logout/", "/theme/", 'role="search"')


def test_no_form_to_write_with_is_left(group, ruth, client_of):
    jun = member_of(group)
    thread = thread_in(group, jun)
    quiet = member_of(group)
    rest(group, quiet)
    archive(group, ruth)
    pages = ["", "charter/", "people/", f"people/{jun.username}/", "settings/", "requests/"]
    paths = [f"/groups/{group.slug}/{page}" for page in pages] + [thread.get_absolute_url()]

    for person in (jun, quiet, ruth):
        browser = client_of(person)
        for path in paths:
            page = browser.get(path).content.decode()
            left = [form for form in FORMS.findall(page) if not any(h in form for h in HARMLESS)]
            kept = [form for form in left if "/role/" not in form]
            assert kept == [], (person, path)
            for link in ("/threads/new/", "/edit/", "/invitations/", "/rest/", "/return/"):
                assert link not in page, (person, path, link)
        new = browser.get(f"/groups/{group.slug}/threads/new/")
        assert new.url == f"/groups/{group.slug}/"


def test_nothing_of_it_is_changed_over_the_api_either(group, ruth, api_of):
    archive(group, ruth)
    program, admin = api_of(ruth, group.network), api_of(admin_of(group.network), group.network)
    home = f"/groups/{group.slug}/"

    for asks, path, change in (
        (program, home, {"purpose": "Something else."}),
        (program, home, {"cap": 12}),
        (admin, home, {"cap": 12}),
        (program, f"{home}membership/", {"offers": "Bread"}),
    ):
        answer = asks.patch(path, change)
        assert (answer.status_code, answer.json()["code"]) == (409, "group_not_open"), change
