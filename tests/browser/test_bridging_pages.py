"""What crosses between groups, before a pair of eyes: home, postcards on their way, search."""

from types import SimpleNamespace

import pytest

from bridging.highlights import actions
from bridging.highlights.models import State
from bridging.urls import urlpatterns
from tests.browser.addresses import all_complaints, names_at
from tests.browser.hands import press, write
from tests.factories import (
    MicroGroupFactory,
    PersonFactory,
    facilitator_of,
    member_of,
    say,
    thread_in,
)

LONG = "Donaudampfschifffahrtsgesellschaftskapitän"
WORDS = f"Redcurrants *in a deep pot*.\n\n- one\n- {LONG * 2}\n\n> quoted\n\n`{'x' * 90}`"

PAGES = {
    "author": [
        "/",
        "/highlights/",
        "/highlights/{proposed}/",
        "/highlights/{consented}/",
        "/highlights/{shared}/",
        "/highlights/{taken_back}/",
        "/highlights/{declined}/",
        "/posts/{post}/share/",
        "/search/",
        "/search/?q=redcurrants",
        "/search/?q=redcurrants&in=post",
        "/search/?q=nothing-like-it",
    ],
    "facilitator": [
        "/highlights/",
        "/highlights/{proposed}/",
        "/highlights/{consented}/",
        "/highlights/{shared}/",
        "/posts/{post}/share/",
    ],
    "newcomer": ["/", "/highlights/", "/highlights/{shared}/"],
}
FRESH = ("group_export",)  # asks for a sign-in of just now, which these browsers have not
DEEDS = ("consent_highlight", "decline_highlight", "share_highlight", "withdraw_highlight")


def test_every_page_is_looked_at():
    looked_at = names_at([path for paths in PAGES.values() for path in paths])

    assert {one.name for one in urlpatterns} == looked_at | {*DEEDS, *FRESH}


@pytest.fixture
def town(live_server):
    """A group with a postcard in each state."""
    group = MicroGroupFactory(name=f"Growers {LONG}"[:80])
    author = member_of(group, person=PersonFactory(network=group.network, name=f"Maren {LONG}"))
    facilitator = facilitator_of(group)
    cards = {}
    for state in ("proposed", "consented", "shared", "taken_back", "declined"):
        post = thread_in(group, author, f"North side, {state}", WORDS).posts.get()
        by = facilitator if state in ("proposed", "declined") else author
        cards[state] = actions.propose(post, by, note="Half the Quarter faces north.")
    for state in ("shared", "taken_back"):
        actions.share(cards[state], facilitator)
    newcomer = PersonFactory(network=group.network)
    actions.echo(cards["shared"], newcomer, body=f"We built one. {LONG * 3}")
    actions.withdraw(cards["taken_back"], author)
    actions.decline(cards["declined"], author)
    thread = thread_in(group, author, "Redcurrants, again", "Redcurrants fruit in June.")
    return SimpleNamespace(
        group=group,
        author=author,
        facilitator=facilitator,
        newcomer=newcomer,
        cards=cards,
        post=say(thread, author, "They are red.").pk,
        **{state: card.pk for state, card in cards.items()},
    )


@pytest.mark.parametrize("role", PAGES)
def test_the_pages_look_right_to(role, town, visit, look):
    paths = [path.format(**vars(town)) for path in PAGES[role]]

    assert all_complaints(look, visit, paths, getattr(town, role)) == {}


@pytest.mark.parametrize("javascript", [True, False])
def test_a_post_travels_and_comes_back_with_the_keyboard_alone(town, visit, look, javascript):
    """Somebody asks, its author says yes, it is sent, answered, and taken back."""
    page = visit(f"/posts/{town.post}/share/", town.facilitator, javascript=javascript)
    write(page, "A line to its author", "x" * 1001)
    press(page, "Ask for a yes")
    assert page.input_value("[name=note]") == "x" * 1001
    assert "1001 characters" in page.inner_text(".field .error")
    if javascript:
        assert look(page) == []
    write(page, "A line to its author", "May we?")
    press(page, "Ask for a yes")
    card, address = town.group.highlights.latest("proposed_at"), page.url

    mine = visit(address, town.author, javascript=javascript)
    assert "Not sent." in mine.inner_text(".consent")
    press(mine, "Yes, share these words")
    page.reload()
    press(page, "Send it to the network")
    assert "said yes to sharing this" in page.inner_text(".consent")

    theirs = visit("/", town.newcomer, javascript=javascript)
    press(theirs, "Write back")
    write(theirs, "Write back", "We built one on the roof.")
    press(theirs, "Write back")
    theirs.locator("article.post", has_text="We built one on the roof.").wait_for()

    mine.reload()
    press(mine, "Take it back")
    card.refresh_from_db()
    assert card.state == State.WITHDRAWN
    theirs.reload()
    assert theirs.inner_text("h1") == "There is no door here"
    assert [*page.noticed, *mine.noticed, *theirs.noticed] == []


def test_words_are_found_with_the_keyboard_alone(town, visit):
    page = visit("/", town.author)
    press(page, "Search")

    write(page, "Search for", "redcurrants")
    press(page, "Search")
    assert page.inner_text("h1") == "Found for “redcurrants”"
    press(page, "Posts")
    press(page, "Redcurrants, again")

    assert page.inner_text("h1") == "Redcurrants, again"
    assert page.noticed == []
