"""Where people talk, before a pair of eyes: group home, thread, opening one, catching up."""

from types import SimpleNamespace

import pytest

from microgroups.conversation import actions
from microgroups.conversation.models import Kind
from microgroups.membership.actions import rest
from tests.browser.addresses import all_complaints
from tests.factories import (
    MicroGroupFactory,
    PersonFactory,
    facilitator_of,
    member_of,
    say,
    thread_in,
)

LONG = "Donaudampfschifffahrtsgesellschaftskapitänskajütenschlüsselanhänger " * 2


@pytest.fixture
def talk(live_server):
    """A group in which some things were said."""
    group = MicroGroupFactory(
        name="Balcony Growers",
        purpose="Food from the fourth floor, with whatever light we get.",
        agreements="No photo without its failures. Ask before you advise. Keep it possible.",
    )
    known = [
        PersonFactory(network=group.network, name=name, username=name.split()[0].lower())
        for name in ("Ruth Vandersteen", "Jun Watanabe", "Maren Okafor")
    ]
    ruth, jun, maren = (member_of(group, person=person) for person in known)
    host = facilitator_of(group)
    thread = thread_in(
        group,
        ruth,
        "North-facing and stubborn: what actually fruits?",
        "My tomatoes have given up on me. Has anybody had luck with *anything that fruits*?",
        kind=Kind.QUESTION,
    )
    first = say(thread, maren, "Redcurrants in a deep pot, and runner beans for the height.")
    say(thread, ruth, "Three! I’ll bring a jar.", reply_to=first)
    code = "```\nwide = " + "x" * 200 + "\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |"
    say(thread, maren, f"{LONG}\n\n> quoted\n\n{code}\n\n1. one\n2. two", reply_to=first)
    actions.react(first, ruth, emoji="thank-you")
    actions.react(first, ruth, emoji="🌱")
    actions.choose_answer(thread, ruth, post=first)
    actions.delete_post(say(thread, ruth, "Words to regret."), ruth)
    say(thread, host, "Late to this, but @ruth is right.", reply_to=first)
    actions.pin(thread_in(group, host, "Rain barrel rota"), host)
    thread_in(group, jun, "Hello from the fifth floor", kind=Kind.INTRODUCTION)
    return SimpleNamespace(group=group, ruth=ruth, jun=jun, host=host, thread=thread, first=first)


def test_the_pages_where_people_talk_look_right_to_each_who_may_see_them(talk, visit, look):
    outsider = PersonFactory(network=talk.group.network)
    new, resting = member_of(talk.group), member_of(talk.group)
    rest(talk.group, resting)
    home, thread = talk.group.get_absolute_url(), talk.thread.get_absolute_url()
    post = talk.thread.posts.order_by("at").first()
    pages = {
        talk.host: [
            home,
            f"{thread}?reply={talk.first.pk}",
            f"{home}threads/new/?kind=talk",
            f"/threads/{talk.thread.pk}/delete/",
        ],
        new: [home, thread, f"{home}threads/new/"],
        outsider: [home],
        resting: [home, thread],
        talk.ruth: [
            thread,
            f"/posts/{post.pk}/edit/",
            f"/posts/{post.pk}/delete/",
            f"/posts/{post.pk}/history/",
            f"/threads/{talk.thread.pk}/edit/",
        ],
        talk.jun: ["/catch-up/"],
    }

    said = {who.name: all_complaints(look, visit, paths, who) for who, paths in pages.items()}

    assert {name: complaints for name, complaints in said.items() if complaints} == {}


def test_a_refused_form_looks_right_and_is_met_at_its_mistakes(talk, visit, look):
    page = visit(f"{talk.group.get_absolute_url()}threads/new/", talk.jun)
    page.fill("[name=body]", "Words to keep.")

    with page.expect_navigation():
        page.click("button:has-text('Start it')")

    assert page.input_value("[name=body]") == "Words to keep."
    assert page.evaluate("document.activeElement.id") == "errors"
    assert look(page) == []


@pytest.mark.parametrize("javascript", [True, False])
def test_a_reply_is_written_with_and_without_javascript(talk, visit, javascript):
    page = visit(talk.thread.get_absolute_url(), talk.jun, javascript=javascript)

    page.fill("[name=body]", "Hazel, in a tub.")
    page.click("button:has-text('Write back')")

    written = page.locator("article.post", has_text="Hazel, in a tub.")
    written.wait_for()
    assert page.input_value("[name=body]") == ""
    assert talk.thread.posts.get(author=talk.jun).body == "Hazel, in a tub."
    assert page.noticed == []
    if javascript:
        page.locator("[name=body]:focus").wait_for()
        page.locator("#announce", has_text="You wrote back.").wait_for(state="attached")


@pytest.mark.parametrize("javascript", [True, False])
def test_a_reaction_goes_on_and_off_where_it_stands(talk, visit, javascript):
    page = visit(talk.thread.get_absolute_url(), talk.jun, javascript=javascript)
    button = page.locator(f"#post-{talk.first.pk} .react", has_text="Same here")

    button.click()
    pressed = page.locator(f"#post-{talk.first.pk} .react[aria-pressed=true]")
    pressed.wait_for()
    assert pressed.inner_text().split() == ["Same", "here", "1"]
    talk.first.refresh_from_db()
    assert talk.first.reactions_count["same-here"] == 1
    if javascript:
        assert page.url.endswith(talk.thread.get_absolute_url())
        page.locator("[value=same-here]:focus").wait_for()

    pressed.click()
    pressed.wait_for(state="detached")
    talk.first.refresh_from_db()
    assert "same-here" not in talk.first.reactions_count
    assert page.noticed == []


@pytest.mark.parametrize("reacts", [False, True])
def test_to_answer_a_post_leads_to_the_box_for_it(talk, visit, reacts):
    page = visit(f"{talk.thread.get_absolute_url()}?new=1", talk.jun)
    post = page.locator(f"#post-{talk.first.pk}")
    if reacts:
        post.locator("button.react").first.click()
        post.locator("[aria-pressed=true]").first.wait_for()

    post.locator("a.react").click()
    page.wait_for_url(f"**?new=1&reply={talk.first.pk}#write")

    assert page.locator("main").count() == 1
    assert page.input_value("[name=reply_to]") == str(talk.first.pk)


def test_one_can_talk_with_the_keyboard_alone(talk, visit):
    page = visit(talk.thread.get_absolute_url(), talk.ruth)

    page.focus(f"#post-{talk.first.pk} summary")
    page.keyboard.press("Enter")
    for _ in range(5):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Not the answer":
            break
    with page.expect_navigation():
        page.keyboard.press("Enter")

    talk.thread.refresh_from_db()
    assert talk.thread.answer is None
