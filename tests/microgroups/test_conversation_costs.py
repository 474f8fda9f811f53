"""What the pages of a conversation cost at every size; and nothing in them that runs."""

from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.utils import timezone

from microgroups.conversation import actions
from microgroups.conversation.models import Kind, Thread
from microgroups.conversation.rules import title_of
from microgroups.membership.actions import join
from tests.factories import MicroGroupFactory, facilitator_of, member_of, say, thread_in
from tests.microgroups.test_conversation_pages import HTMX, many_posts, text_of

pytestmark = pytest.mark.django_db


VECTORS = (Path(__file__).parents[1] / "trust/corpus/script_vectors.txt").read_text().splitlines()


# What runs, and what it costs


class Looking(HTMLParser):
    """Reads a page as a browser would and keeps what could run or lead elsewhere."""

    SAFE = ("/", "#", "?", "http://", "https://", "mailto:", "data:image/svg+xml,")

    def __init__(self, source):
        super().__init__()
        self.wrong, self.scripts = [], 0
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.scripts += tag == "script"
        if tag in ("iframe", "object", "embed", "base", "img", "style", "math", "audio", "video"):
            self.wrong.append(tag)
        for name, value in attrs:
            leads = name in ("href", "src", "action", "formaction", "hx-post", "hx-get")
            runs = name.startswith("on") or name in ("style", "srcdoc")
            if runs or (leads and value and not value.lower().startswith(self.SAFE)):
                self.wrong.append((tag, name, value))


def assert_harmless(answer):
    looking = Looking(text_of(answer))
    assert (looking.wrong, looking.scripts) == ([], 2)


def test_nothing_that_runs_comes_through_a_title(client_of):
    group = MicroGroupFactory()
    client = client_of(member_of(group))
    titles = [title_of(f"x{vector}"[:200]) for vector in VECTORS]
    facts = {"group": group, "opened_at": timezone.now(), "last_at": timezone.now()}
    Thread.objects.bulk_create(Thread(title=title, gist=title, **facts) for title in titles)

    path, seen = group.get_absolute_url(), 0
    while path:
        answer = client.get(path)
        assert_harmless(answer)
        seen += len(answer.context["rows"])
        path = answer.context["threads"].next_url
    assert seen == len(VECTORS)
    assert_harmless(client.get("/catch-up/"))


def test_nothing_that_runs_comes_through_a_text(client_of):
    group = MicroGroupFactory()
    ruth = member_of(group)
    client = client_of(ruth)
    for start in range(0, len(VECTORS), 20):
        first, *others = VECTORS[start : start + 20]
        thread = thread_in(group, ruth, f"x{first}"[:200], f"x{first}\n\n{first}")
        for vector in others:
            say(thread, ruth, f"x{vector}\n\n{vector}")
        answer = client.get(thread.get_absolute_url())
        assert len(answer.context["posts"].items) == len(others) + 1
        assert_harmless(answer)
    assert_harmless(client.get(f"/posts/{thread.posts.last().pk}/edit/"))


@pytest.fixture
def cost(count_queries, client_of):
    """How many queries a person's page takes, once the visit is noted and the lamp is out."""

    def of(person, path):
        client = client_of(person)
        client.get(path)
        return count_queries(lambda: client.get(path))

    return of


def test_a_thread_costs_the_same_at_every_size(cost):
    group = MicroGroupFactory()
    ruth, jun = member_of(group), member_of(group)
    short, long = thread_in(group, ruth), thread_in(group, ruth)
    many_posts(short, jun, 9)
    many_posts(long, jun, 999)
    actions.recount(Thread.objects.all())

    assert cost(ruth, short.get_absolute_url()) == cost(ruth, long.get_absolute_url()) <= 9


def test_a_groups_home_costs_the_same_at_every_size(cost):
    small, large = MicroGroupFactory(), MicroGroupFactory()
    ruth, jun = member_of(small), member_of(large)
    thread_in(small, ruth)
    for _ in range(20):
        member_of(large)
    for number in range(25):
        say(thread_in(large, jun, f"Thread {number}"), jun)

    few, many = cost(ruth, small.get_absolute_url()), cost(jun, large.get_absolute_url())

    assert few == many <= 9


def test_catching_up_costs_the_same_at_every_size(cost):
    group = MicroGroupFactory()
    ruth = member_of(group)
    thread_in(group)
    few = cost(ruth, "/catch-up/")
    other = MicroGroupFactory(network=group.network)
    join(other, ruth)
    for _ in range(12):
        thread_in(other)

    assert cost(ruth, "/catch-up/") == few <= 9


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_reply_takes_at_most_twelve_queries(client_of, count_queries, headers):
    group = MicroGroupFactory()
    ruth = member_of(group)
    thread = thread_in(group)
    first = say(thread, member_of(group))
    client = client_of(ruth)
    say(thread, ruth)

    def write(**more):
        path = thread.get_absolute_url()
        return client.post(path, {"body": "Another word.", **more}, headers=headers)

    assert count_queries(write) <= 12
    assert count_queries(lambda: write(reply_to=first.pk)) <= 12


def test_a_thread_of_20_posts_is_no_more_than_50_kilobytes(client_of):
    group = MicroGroupFactory()
    host, jun = facilitator_of(group), member_of(group)
    thread = thread_in(group, host, kind=Kind.QUESTION)
    many_posts(thread, jun, 19)

    answer = client_of(host).get(thread.get_absolute_url())

    assert len(answer.context["posts"].items) == 20
    assert len(answer.content) <= 50_000
