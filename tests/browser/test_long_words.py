"""The longest names, titles and lists there may be: no page is wider than a phone."""

from datetime import timedelta

import pytest
from django.utils import timezone

from facilitation.cover.actions import set_rota, write_note
from facilitation.cues.models import Cue
from facilitation.moderation.reporting import report
from facilitation.starters import actions as starters
from facilitation.welcome.actions import watch_first_posts, welcome_newcomers
from microgroups.conversation.models import Post
from network.networks.door import come_in
from tests.browser import eyes
from tests.facilitation.test_dashboard import quiet
from tests.factories import (
    MicroGroupFactory,
    PersonFactory,
    facilitator_of,
    member_of,
    say,
    thread_in,
)

NAMES = [
    "Donaudampfschifffahrtsgesellschaftskapit",  # 40 characters without a space
    "🌻🧑‍🌾" * 8,
    "محمدعبدالرحمنالمنصوريالبغداديالقرطبيالاند",
    "W" * 40,
]
TITLE = "Wwwwwwwwwwwwwwwwwwww" * 10
POSTS = 1000
PAGES = [
    "/care/",
    "/care/?part=reply",
    "/reports/",
    "/notices/",
    "/me/attention/",
    "/me/notifications/",
    "{group}",
    "{group}care/",
    "{group}cover/",
    "{group}presence/",
    "{group}nudges/",
    "{group}welcome/",
    "{group}starters/",
    "{group}decisions/",
    "{group}reminder/",
    "{group}people/",
    "{notes}",
    "{thread}",
    "{cue}done/",
    "{cue}dismiss/",
    "{cue}snooze/",
    "{cue}assign/",
]
CUT = """
() => [...document.querySelectorAll("main h1, main h2, main h3, main .name, main .button")]
  .filter(e => e.checkVisibility() && getComputedStyle(e).overflow === "hidden"
    && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1))
  .map(e => e.textContent.trim().slice(0, 40))
"""


@pytest.fixture
def world(live_server):
    """A group of the longest name, whose people have names as people choose them."""
    now = timezone.now()
    group = MicroGroupFactory(name="W" * 80)
    ruth, *others = [PersonFactory(network=group.network, name=name) for name in NAMES]
    facilitator_of(group, person=ruth)
    come_in(ruth, group.network)
    for name in NAMES[1:] * 2:
        facilitator_of(group, person=PersonFactory(network=group.network, name=name))
    facilitator_of(group, person=others[0])
    group.memberships.filter(person=others[0]).update(
        last_visit_on=None, joined_at=now - timedelta(days=90), since=now - timedelta(days=90)
    )
    quiet(group, person=others[1])
    for n in range(60):
        name = NAMES[n % len(NAMES)]
        member_of(group, person=PersonFactory(network=group.network, name=name))
    jun = member_of(group, person=others[2], now=now - timedelta(days=1))
    thread = thread_in(group, jun, TITLE, TITLE, now=now - timedelta(hours=2))
    welcome_newcomers(now)
    watch_first_posts(now)
    said = thread.posts.get()
    report(others[0], "post", said.pk, group.network, reason=TITLE)
    set_rota(group, ruth, days={0: [ruth], 1: [ruth, others[0]]})
    write_note(group, ruth, about=jun, text=TITLE)
    starters.write(group, ruth, title=TITLE, body=TITLE)
    long = thread_in(group, ruth, TITLE, TITLE)
    first = say(long, others[0], TITLE)
    facts = {f.attname: getattr(first, f.attname) for f in Post._meta.concrete_fields}
    facts = {name: told for name, told in facts.items() if name != "id"}
    Post.objects.bulk_create(
        Post(**facts | {"at": first.at + timedelta(seconds=n)}) for n in range(POSTS)
    )
    places = {
        "group": group.get_absolute_url(),
        "notes": f"/groups/{group.slug}/notes/{jun.username}/",
        "thread": long.get_absolute_url(),
        "cue": f"/care/{Cue.objects.get(kind='answer', person=jun).pk}/",
    }
    return ruth, [page.format(**places) for page in PAGES]


def test_no_page_is_wider_than_its_window_and_no_name_is_cut(world, visit):
    ruth, pages = world
    page = visit("about:blank", ruth)
    page.set_viewport_size({"width": 390, "height": 900})
    found = {}

    for path in pages:
        answer = page.goto(path)
        found[path] = [answer.status, *eyes.too_wide(page), *page.evaluate(CUT)]

    assert found == {path: [200] for path in pages}
