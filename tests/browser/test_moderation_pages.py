"""Reports, decisions and calls for help, before a pair of eyes, in each of their states."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from bridging.highlights.actions import propose, share
from facilitation.distress.actions import call_for_help, send_word
from facilitation.moderation.actions import hide, pause
from facilitation.moderation.models import Decision
from facilitation.moderation.redirects import accept, redirect
from facilitation.moderation.reporting import report
from microgroups.conversation.models import Post
from microgroups.reminders.actions import set_reminder
from network.networks.door import come_in
from network.networks.models import Network
from tests.browser.addresses import all_complaints
from tests.browser.hands import press, write
from tests.factories import (
    MicroGroupFactory,
    PersonFactory,
    facilitator_of,
    member_of,
    say,
    thread_in,
)

LONG = "Donaudampfschifffahrtsgesellschaftskapitänskajütenschlüssel"
WHY = f"Giving away is what the yard is for. {LONG}"
RUTH = [  # who facilitates
    "/care/",
    "/groups/balcony-growers/decisions/",
    "/reports/",
    "/reports/{report}/",
    "/decisions/{hidden}/",
    "/posts/{reported}/hide/",
    "/threads/{thread}/redirect/",
    "/threads/{thread}/move/",
    "/decisions/{move}/",
    "/groups/balcony-growers/reminder/",
    "/threads/{thread}/",
    "/groups/balcony-growers/people/piet/pause/",
    "/distress/{call}/",
]
MAREN = [  # who reports, and calls for help
    "/posts/{reported}/report/",
    "/people/piet/report/",
    "/groups/balcony-growers/report/",
    "/highlights/{card}/report/",
    "/reports/{report}/",
    "/groups/balcony-growers/distress/",
    "/posts/{reported}/distress/",
    "/distress/{call}/",
]
PIET = [  # whom it is about
    "/decisions/",
    "/decisions/{hidden}/",
    "/decisions/{pause}/",
    "/decisions/{title}/",
    "/decisions/{slow}/",
    "/decisions/{move}/",
    "/groups/balcony-growers/reminder/",
    "/threads/{thread}/",
    "/groups/balcony-growers/",
]


@pytest.fixture
def yard(live_server):
    """A group where something was reported, hidden, and decided, and somebody calls for help."""
    now = timezone.now()
    group = MicroGroupFactory(name="Balcony Growers", agreements=f"Be kind.\nNo {LONG}.")
    Network.objects.update(help_text=f"112, ambulance and police\n0800 0113, {LONG}\nBoth free.")

    def somebody(name):
        person = PersonFactory(network=group.network, name=name, username=name.split()[0].lower())
        come_in(person, group.network)
        return person

    ruth, maren, piet = map(somebody, ["Ruth Vandersteen", "Maren Solheim", f"Piet {LONG[:50]}"])
    facilitator_of(group, person=ruth)
    for person in (maren, piet):
        member_of(group, person=person)
    group.memberships.update(joined_at=now - timedelta(days=30))
    thread = thread_in(group, piet, "Seedlings", f"A jar of {LONG * 2}.")
    reported = say(thread, piet, "Read a book first.")
    made = report(maren, "post", reported.pk, group.network, reason=WHY, agreement="Be kind.")
    hidden = hide(say(thread, piet, "Two euros each."), ruth, reason=WHY, agreement="Be kind.")
    title = redirect(thread, ruth, step="retitle", to=f"Seeds {LONG}", reason=WHY)
    slow = redirect(thread, ruth, step="slow", reason=WHY)
    place = MicroGroupFactory(network=group.network, name=f"The Yard {LONG[:40]}")
    bench = thread_in(group, piet, "A bench")
    move = redirect(bench, ruth, step="move", to=place.slug, reason=WHY)
    set_reminder(group, ruth, on=True, words=["just", LONG[:40]])
    paused = pause(group, piet, by=ruth, hours=24, reason=WHY)
    call = call_for_help(group, maren, post=reported, note=f"Above the bakery. {LONG}")
    card = shared(thread_in(group, maren, "A card").posts.get(), ruth)
    rows = {"report": made, "hidden": hidden, "title": title, "pause": paused, "call": call}
    send_word(call, maren, word="safe")
    rows |= {
        "slow": slow,
        "move": move,
        "bench": bench,
        "thread": thread,
        "reported": reported,
        "card": card,
    }
    keys = {name: row.pk for name, row in rows.items()}
    people = {"ruth": ruth, "maren": maren, "piet": piet}
    return SimpleNamespace(group=group, keys=keys, **people)


def shared(post, facilitator):
    """The post as a postcard that the whole network reads."""
    return share(propose(post, post.author), facilitator)


@pytest.mark.parametrize(("who", "pages"), [("ruth", RUTH), ("maren", MAREN), ("piet", PIET)])
def test_each_page_looks_right_for_whom_it_is_made(yard, visit, look, who, pages):
    paths = [path.format(**yard.keys) for path in pages]

    assert all_complaints(look, visit, paths, getattr(yard, who)) == {}


def test_a_report_is_decided_without_javascript(yard, visit):
    page = visit(f"/reports/{yard.keys['report']}/", yard.ruth, javascript=False)

    page.check("input[value=note]")
    write(page, "What you tell Piet", "Would you ask first?")
    press(page, "Decide it")

    assert Decision.objects.filter(kind="note", reason="Would you ask first?").exists()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_second_look_keeps_what_was_typed_and_lets_it_go(yard, visit, look, javascript):
    page = visit(f"/threads/{yard.keys['bench']}/", yard.maren, javascript=javascript)
    write(page, "Your reply", "Just paint it.")
    page.click("form.composer button.primary")
    page.wait_for_selector("#second-look")

    assert page.input_value("textarea") == "Just paint it."
    assert not javascript or look(page) == []
    page.click("text=Post it as it is")
    page.wait_for_selector(".post >> text=Just paint it.")

    assert Post.objects.filter(body="Just paint it.", author=yard.maren).exists()


def test_a_thread_moves_by_a_press_of_each(yard, visit):
    page = visit(f"/decisions/{yard.keys['move']}/", yard.piet, javascript=False)

    press(page, "Yes, it may move")

    assert "You said yes" in page.inner_text("main")


def test_an_old_link_says_where_a_thread_went(yard, visit, look):
    move = Decision.objects.get(pk=yard.keys["move"])
    keeper = move.to_group.memberships.facilitating().get().person
    for person in (yard.piet, keeper):
        accept(move, person)

    page = visit(f"/threads/{yard.keys['bench']}/", yard.maren)

    assert page.inner_text("h1") == "This conversation has moved"
    assert look(page) == []
    press(page, f"See {move.to_group.name}")
    assert page.inner_text("h1") == move.to_group.name


def test_help_is_two_presses_away_from_a_thread(yard, visit):
    page = visit(f"/threads/{yard.keys['thread']}/", yard.maren)

    with page.expect_navigation():
        page.click("text=Get help at once")
    press(page, "Call somebody now")

    assert "Somebody is being called now" in page.inner_text("h1")
    assert page.is_visible("a[href='tel:112']")
