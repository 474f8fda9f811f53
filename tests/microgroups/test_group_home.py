"""The home of a group: what a member finds there, and what somebody outside."""

import pytest
from django.utils import timezone

from microgroups.conversation import actions
from microgroups.conversation.models import Kind
from microgroups.membership.actions import leave, rest, return_
from network import registries
from tests.factories import MicroGroupFactory, PersonFactory, facilitator_of, member_of, thread_in
from tests.microgroups.test_conversation_pages import DAY, text_of

pytestmark = pytest.mark.django_db


# The home of a group


def test_a_member_finds_purpose_charter_people_and_threads(client_of):
    group = MicroGroupFactory(name="Balcony Growers", purpose="Food from the fourth floor.")
    ruth = member_of(group)
    thread_in(group, title="What fruits on the north side?")

    shown = text_of(client_of(ruth).get("/groups/balcony-growers/"))

    for words in ("Food from the fourth floor.", "Be kind.", ruth.name, "What fruits on the north"):
        assert words in shown
    assert "Start a thread" in shown
    assert "New thread" in shown


def test_an_outsider_finds_card_charter_and_the_door_and_nothing_from_inside(client_of):
    group = MicroGroupFactory(name="Balcony Growers")
    ruth = member_of(group)
    thread_in(group, ruth, title="Our secret harvest", text="figs")
    outsider = PersonFactory(network=group.network)

    shown = text_of(client_of(outsider).get("/groups/balcony-growers/"))

    assert "Be kind." in shown
    assert "/groups/balcony-growers/join/" in shown
    for inside in ("secret harvest", "figs", ruth.name, "Start a thread"):
        assert inside not in shown


def test_who_left_stands_outside_again(client_of):
    group = MicroGroupFactory()
    ruth = member_of(group)
    thread_in(group, title="Our secret harvest")
    leave(group, ruth)

    assert "secret harvest" not in text_of(client_of(ruth).get(group.get_absolute_url()))


def test_a_hidden_group_is_no_page_for_outsiders_and_one_for_its_members(client_of):
    group = MicroGroupFactory(visibility="hidden")
    outsider = PersonFactory(network=group.network)

    assert client_of(outsider).get(group.get_absolute_url()).status_code == 404
    assert client_of(member_of(group)).get(group.get_absolute_url()).status_code == 200


def test_a_visitor_is_asked_to_sign_in(client):
    group = MicroGroupFactory()

    for path in (group.get_absolute_url(), "/catch-up/", thread_in(group).get_absolute_url()):
        answer = client.get(path)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/login/")


def test_this_week_in_us_tells_names_and_words(client_of):
    now = timezone.now()
    group = MicroGroupFactory()
    old = member_of(group, now=now - 30 * DAY)
    back = member_of(group, now=now - 30 * DAY)
    rest(group, back, now=now - 20 * DAY)
    thread_in(group, old, "An old story", now=now - 9 * DAY)
    thread_in(group, old, "Do worms mind the frost?", kind=Kind.QUESTION, now=now - 3 * DAY)
    return_(group, back, now=now - 2 * DAY)
    new = member_of(group, now=now - DAY)

    week = text_of(client_of(old).get(group.get_absolute_url()))
    week = week[week.index('id="week"') : week.index('id="talk"')]

    assert f"{back.name} is back." in week
    assert f"{new.name}" in week
    assert f"{old.name} asked: " in week
    assert "Do worms mind the frost?" in week
    assert "An old story" not in week


def test_opening_a_groups_page_notes_the_visit_once_a_day(client_of, count_queries):
    group = MicroGroupFactory()
    ruth = member_of(group, now=timezone.now() - 2 * DAY)
    client = client_of(ruth)

    first = count_queries(lambda: client.get(group.get_absolute_url()))
    second = count_queries(lambda: client.get(group.get_absolute_url()))

    assert second < first
    assert group.memberships.of(ruth).last_visit_on == timezone.now().date()
    assert group.memberships.of(ruth).visits.count() == 2


def test_pinned_threads_stand_on_top_of_the_first_page_only(client_of):
    group = MicroGroupFactory()
    host = facilitator_of(group)
    pinned = actions.pin(thread_in(group, host, "Read me first"), host)
    for number in range(21):
        thread_in(group, host, f"Thread {number}")
    client = client_of(host)

    first = client.get(group.get_absolute_url())
    older = client.get(first.context["threads"].next_url)

    assert first.context["rows"][0] == pinned
    assert len(first.context["rows"]) == 21
    assert [thread.title for thread in older.context["rows"]] == ["Thread 0"]


def test_panels_of_the_floors_above_stand_on_the_home(client_of, monkeypatch):
    group = MicroGroupFactory()
    panel = ("ui/machine.html", {"text": "From above."})
    monkeypatch.setattr(registries.panels, "entries", {"test": lambda group, membership: panel})

    assert "From above." in text_of(client_of(member_of(group)).get(group.get_absolute_url()))
