"""A token that reaches no hidden group reaches nothing of this floor in it: each call answers as if
there were no such group, and no list counts what is there."""

import re
from datetime import timedelta

import pytest
from django.urls import URLResolver, get_resolver
from django.utils import timezone

from facilitation.cover.actions import go_away
from facilitation.distress.actions import call_for_help
from facilitation.moderation.actions import hide
from facilitation.moderation.redirects import redirect
from facilitation.moderation.reporting import report
from facilitation.starters.actions import write
from facilitation.welcome.actions import welcome_newcomers
from microgroups.groups.actions import edit
from microgroups.membership.actions import remove
from network.ids import uuid7
from tests.facilitation.nudges.steps import draft_of, lapsed
from tests.facilitation.test_silences import alive
from tests.factories import (
    MicroGroupFactory,
    NetworkFactory,
    PersonFactory,
    facilitator_of,
    inside,
    member_of,
    moderator_of,
    say,
    thread_in,
)
from tests.trust.test_crawl import plain

pytestmark = pytest.mark.django_db

WHY = "Be kind."
# What any of the calls may ask for; what one does not know it passes over.
BODY = dict.fromkeys(["reason", "note", "text", "body", "title", "greeting"], WHY)
BODY |= {"decision": "keep", "step": "note", "hours": 24, "word": "safe", "by_kith": True}
BODY |= {"from": "2050-01-01", "until": "2050-01-02", "paused": True, "steps": [], "days": {}}


def calls(resolver=None, prefix=""):
    """(method, path with <parameters>) of every call of this floor, however it was registered."""
    for entry in (resolver or get_resolver()).url_patterns:
        path = prefix + plain(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from calls(entry, path)
            continue
        view = getattr(entry.callback, "cls", None)
        if path.startswith("api/v1/") and view and view.__module__.startswith("facilitation."):
            methods = getattr(entry.callback, "actions", None) or {}
            asked = [method.upper() for method in methods if method != "head"]
            yield from ((method, path.removeprefix("api/v1")) for method in asked)


@pytest.fixture
def secret():
    """A hidden group in which something of each kind waits, by the name it has in an address."""
    group = alive(MicroGroupFactory(network=NetworkFactory(), agreements="Be kind."))
    host, jun, piet = inside(group, facilitator_of(group)), member_of(group), member_of(group)
    away = lapsed(group)
    welcome_newcomers(timezone.now())
    thread = thread_in(group, jun)
    post = say(thread, piet)
    starts = timezone.now().date() + timedelta(days=1)
    edit(group, host, visibility="hidden")
    group.refresh_from_db()
    return {
        "group": group,
        "host": host,
        "slug": group.slug,
        "username": jun.username,
        "threads": thread.pk,
        "posts": post.pk,
        "reports": report(jun, "post", post.pk, group.network, reason=WHY).pk,
        "decisions": hide(say(thread, piet), host, reason=WHY).pk,
        "redirects": redirect(thread, host, step="retitle", to="Other", reason=WHY).pk,
        "distress": call_for_help(group, jun).pk,
        "cues": group.cues.first().pk,
        "nudges": draft_of(away).pk,
        "starters": write(group, host, opener="lend").pk,
        "absences": go_away(group, host, starts_on=starts, back_on=starts + timedelta(days=3)).pk,
    }


def filled(path, known):
    """The path with what is known, and the same path with what nobody knows."""
    there, nowhere = path, path
    for name in re.findall(r"<(\w+)>", path):
        room = re.search(r"(\w+)/<" + name, path)[1]
        value = known[name if name in ("slug", "username") else room]
        unknown = value if name == "username" else "nowhere" if name == "slug" else uuid7()
        there = there.replace(f"<{name}>", str(value))
        nowhere = nowhere.replace(f"<{name}>", str(unknown))
    return there, nowhere


def outsider(kind, group):
    if kind == "moderator":
        return moderator_of(group.network)
    if kind == "removed":
        person = member_of(group)
        remove(group, person, by=group.memberships.facilitating().first().person, reason=WHY)
        return person
    return PersonFactory(network=group.network)


@pytest.mark.parametrize("kind", ["member of the network", "moderator", "removed"])
def test_no_call_tells_a_token_from_outside_that_there_is_such_a_group(
    api_of, settings, secret, kind
):
    settings.LIMITS_SCALE = 10**6
    program = api_of(outsider(kind, secret["group"]), secret["group"].network)
    asked, other = 0, []

    for method, path in calls():
        if "<" in path:
            there, nowhere = filled(path, secret)
            found, none = (program.ask(method, each, BODY) for each in (there, nowhere))
            asked += 1
            if found.status_code != 404 or found.content != none.content:
                other.append((method, path, found.status_code, found.content[:80]))

    assert asked > 45
    assert other == []


@pytest.mark.parametrize("kind", ["member of the network", "moderator"])
def test_no_list_and_nothing_named_in_a_body_tells_of_it(api_of, secret, kind):
    program = api_of(outsider(kind, secret["group"]), secret["group"].network)

    for path in ("/cues/", "/cues/?state=done", "/reports/", "/decisions/", "/appeals/"):
        assert program.get(path).json()["results"] == [], path
    for path in ("/distress/", "/reports/"):
        for name, known, unknown in (("group", secret["slug"], "x"), ("post", secret["posts"], 0)):
            unknown = str(uuid7()) if name == "post" else unknown
            said = [{name: str(key), "reason": WHY} for key in (known, unknown)]
            found, none = (program.post(path, body) for body in said)
            assert (found.status_code, found.json()) == (404, none.json())


def test_who_looks_after_it_is_answered(api_of, secret):
    """Else the others would prove nothing."""
    program = api_of(secret["host"], secret["group"].network)

    reads = [path for method, path in calls() if method == "GET" and "<" in path]
    answers = {path: program.get(filled(path, secret)[0]).status_code for path in reads}

    assert {path for path, status in answers.items() if status != 200} == set()
