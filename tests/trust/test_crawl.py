"""The canary crawl: every address, as everybody; no private word where the matrix has none.

Routes join by themselves. A route for which the crawl knows no parameters fails it, and so does one
that nobody could open.
"""

import gzip
import io
import logging
import re
import zipfile
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

from tests.trust.world import ROLES, build

pytestmark = pytest.mark.django_db

NOT_OURS = ("admin/", "accounts/", "^static")
NEVER_READ = (
    "reactions/<emoji>/",
    "api/v1/tokens/<pk>/",
    "api/v1/people/<username>/block/",
    "api/v1/network/membership/",
    "api/v1/groups/<slug>/buddy/",
    "/invitations/<pk>/",
    "api/v1/absences/<id>/",
    "/cover/rota/",
    "/cover/days/",
    "/cover/leave/",
    "/cover/<pk>/back/",
)
OF_WHAT = {
    r"appeals/of/$": "place",
    r"appeals/$": "appeal",
    r"threads/$": "thread",
    r"posts/$": "post",
    r"(care|cues)/$": "cue",
    r"(cover|absences)/$": "leave",
    r"starters/$": "starter",
    r"highlights/$": "highlight",
    r"tokens/$": "token",
    r"notices/$": "notice",
    r"reports/$": "report",
    r"(decisions|redirects)/$": "decision",
    r"distress/$": "distress",
    r"invitations/stop/$": "letter_stop",
    r"stop/$": "stop",
    r"(start|group-drafts)/$": "draft",
    r"mergings/$": "merging",
    r"nudges/$": "nudge",
    r"groups/[^/]+/invitations/$": "invitation",
}
# What answers only to a deed: opened with POST, so no reader ever gets a page of it.
NO_PAGE = re.compile(
    r"(accept|read|mail|close|pin|answer|react|undelete|snooze|assign|reopen|let-in|role|unbar|admit|"
    r"consent|decline|share|withdraw|theme|echoes|csp|done|dismiss|archive|restore|approve|propose|"
    r"appeal|resolve|join|rest|return|remove|charter/confirm|pledge|suspend|unsuspend|revoke|search|"
    r"choice|merge/drop|undo|seen|word|send|discard|take-back|publish)/?$|"
    r"^api/v1/.*/(bud|finish|drop|hide|pause|redirect|stay)/$|^api/v1/distress/$"
)


def routes(resolver=None, prefix=""):
    """(path with <parameters>, view) of every route there is."""
    for entry in (resolver or get_resolver()).url_patterns:
        path = prefix + plain(entry.pattern)
        if path.startswith(NOT_OURS):
            continue
        if isinstance(entry, URLResolver):
            yield from routes(entry, path)
        elif isinstance(entry, URLPattern):
            yield path


def plain(pattern):
    """A route as text with <parameters>, whether it was written as a path or as an expression."""
    if isinstance(pattern, RoutePattern):
        return re.sub(r"<(?:\w+:)?(\w+)>", r"<\1>", str(pattern))
    text = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", r"<\1>", str(pattern))
    return text.lstrip("^").rstrip("$").replace("\\Z", "").replace("\\.", ".").replace("/?", "/")


def addresses(path, world):
    """The path with every combination of parameters that the world has for it."""
    first = re.search(r"<(\w+)>", path)
    if first is None:
        return [f"/{path}"]
    before = path[: first.start()]
    return [
        address
        for value in values_for(first[1], before, world)
        for address in addresses(before + str(value) + path[first.end() :], world)
    ]


def values_for(name, before, world):
    if name in ("slug", "group_slug"):
        return [group.slug for group in world.groups.values()]
    if name == "username":
        return PEOPLE if before.count("/") < 3 else PEOPLE[:2]
    if name in ("id", "pk", "token", "post_id", "thread_id", "highlight_id", "cue_id"):
        for ending, kind in OF_WHAT.items():
            if re.search(ending, before):
                return world.ids[kind]
    if name == "step":
        return STEPS
    if name == "code":
        return world.ids["code"]
    if name == "emoji":
        return ["👍"]
    if name == "lang":
        return ["en"]
    raise AssertionError(f"The crawl knows no {name} after {before}: add it to the world.")


STEPS = ["why", "difference", "belonging", "agreements", "care", "name", "door", "size"]
PEOPLE = ["rolemember", "roleknocking", "roleformer", "elsewhere"]


class Browser(Client):
    """Django's own, that keeps nothing of how a page was made: that costs much in thousands."""

    def request(self, **request):
        answer = self.handler(self._base_environ(**request))
        assert answer.status_code != 500, request["PATH_INFO"]
        self.cookies.update(answer.cookies)
        return answer


def browser_of(role, world):
    """A browser of this role, signed in just now."""
    client = Browser(headers={"host": "testserver"})
    if role != "visitor":
        client.force_login(world.people[role], backend=settings.AUTHENTICATION_BACKENDS[0])
        request = SimpleNamespace(session=client.session)
        record_authentication(request, world.people[role], "password")
        request.session.save()
    return client


def unpacked(file):
    """What stands in the files of a ZIP, which may be gzipped themselves."""
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    packed = [gzip.decompress(text) for name, text in files.items() if name.endswith(".gz")]
    return b"".join([*files.values(), *packed])


def words_in(answer, asked):
    """The canaries in an answer's body and headers; what was asked does not count as said."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if answer.get("Content-Type") == "application/zip":
        body = unpacked(body)
    text = body.decode(errors="replace") + "".join(f"{k}: {v}\n" for k, v in answer.items())
    return set(re.findall(r"zq[a-z]+x\d+x", text)) - set(re.findall(r"zq[a-z]+x\d+x", asked))


SEARCHES = ["/search/?q={}", "/api/v1/search/?q={}"]


def ask(client, wanted):
    """(route, address, answer) of each; a route that says it knows no GET is asked no more."""
    deaf = set()
    for path, address in wanted:
        if path not in deaf:
            answer = client.get(address)
            if answer.status_code == 405:
                deaf.add(path)
            yield path, address, answer


def everything(world):
    """Every address with its route; and searches for the words themselves."""
    yield from pages(world)
    for word in world.canaries:
        for search in SEARCHES:
            yield search, search.format(word)


def pages(world):
    return [(path, address) for path in routes() for address in addresses(path, world)]


# A crawl that finds nothing would prove nothing: each canary is read by the first of these who may.
READERS = ("facilitator", "member", "knocking", "former")


OPENERS = ("facilitator", "member", "admin", "visitor")  # each page is for one of these
OTHERS = tuple(role for role in ROLES if role not in OPENERS)


@pytest.fixture(scope="module")
def built(django_db_setup, django_db_blocker):
    """The world, built once and taken back at the end."""
    with django_db_blocker.unblock(), undone():
        yield build()


@pytest.fixture
def world(built, db, settings):
    """The world as it was built; nobody is told to wait, and no line is written of a request."""
    settings.LIMITS_SCALE = 10**6
    logging.disable(logging.INFO)
    yield built
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("roles", [OPENERS, OTHERS], ids=["openers", "others"])
def test_nobody_reads_a_private_word_and_whoever_may_reads_it(roles, world, subtests):
    opened = set()

    for role in roles:
        with subtests.test(role=role), undone():
            crawl = Crawl(role, world)
            opened |= crawl.opened if role in OPENERS else set()

            assert crawl.errors == []
            assert sorted(crawl.leaks) == []
            assert {
                w for w in world.canaries if first_reader(world, w) == role
            } - crawl.seen == set()

    paths = (path for path in routes() if not (NO_PAGE.search(path) or path.endswith(NEVER_READ)))
    if set(OPENERS) <= set(roles):
        assert [path for path in paths if path not in opened] == []


@contextmanager
def undone():
    """What is asked in here leaves nothing behind."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class Crawl:
    """Everything as one role: what it read, what of that is not for it, what broke, what opened."""

    def __init__(self, role, world):
        self.seen, self.leaks, self.errors, self.opened = set(), set(), [], set()
        client = browser_of(role, world)
        for path, address, answer in ask(client, everything(world)):
            if answer.status_code in (200, 302, 304, 503):
                self.opened.add(path)
            if answer.status_code >= 500 and not path.startswith("health/"):
                self.errors.append(f"{answer.status_code} {address}")
            words = words_in(answer, address)
            self.seen |= words
            self.leaks |= {
                f"{role} read {word} at {path}" for word in words if not world.may_see(word, role)
            }


def first_reader(world, word):
    if world.canaries[word][0] == "reason":
        return "former"  # who facilitates wrote it, and has no page of it
    return next((role for role in READERS if world.may_see(word, role)), None)


def test_whoever_lives_elsewhere_reads_what_is_theirs_there(world):
    browser = Browser(headers={"host": "there.example"})
    browser.force_login(world.people["stranger"], backend=settings.AUTHENTICATION_BACKENDS[0])
    theirs = {word for word, (line, _) in world.canaries.items() if line == "elsewhere"}

    for _, _, answer in ask(browser, everything(world)):
        theirs -= words_in(answer, "") if theirs else set()

    assert theirs == set()
