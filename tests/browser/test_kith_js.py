"""What kith.js and htmx add to a page, under the strict Content-Security-Policy.

The pages are made up and served by the browser itself: no server, only our files.
"""

import gzip
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.middleware.csrf import get_token
from django.template import Context, Template
from django.test import RequestFactory

from tests.browser import eyes

HOME = "http://127.0.0.1/"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; form-action 'self'"
)
STATIC = Path(settings.BASE_DIR) / "static"
FRAME = '{% extends "base.html" %}{% load kith %}{% block title %}A page{% endblock %}'
MAIN = '{% block main %}<div class="narrow"><h1>A page</h1>'


NEVER = {}  # an answer that the page waits for


class Street:
    """A made-up place: addresses with answers, and what was asked of them."""

    def __init__(self):
        self.answers = {}
        self.asked = []

    def page(self, path, body):
        request = RequestFactory().get(path)
        get_token(request)
        source = FRAME + MAIN + body + "</div>{% endblock %}"
        html = Template(source).render(Context({"request": request}))
        self.answer(path, html)

    def answer(self, path, body, status=200):
        self.answers[path] = {
            "status": status,
            "body": body,
            "headers": {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": CSP},
        }

    def serve(self, route):
        path = urlsplit(route.request.url).path
        if path.startswith("/static/"):
            route.fulfill(path=STATIC / path.removeprefix("/static/"))
            return
        self.asked.append((route.request.method, path, route.request.post_data or ""))
        answer = self.answers.get(path)
        if answer is None:
            route.abort()
        elif answer != NEVER:
            route.fulfill(**answer)


@pytest.fixture
def street():
    return Street()


@pytest.fixture
def page(chromium, street):
    context = chromium.new_context(base_url=HOME)
    page = eyes.watch(context.new_page())
    page.route("**/*", street.serve)
    yield page
    context.close()


def told(page):
    return page.locator("#announce").inner_text()


REPLY = """
<form method="post" action="/reply" hx-post="/reply" hx-target="#posts" hx-swap="beforeend">
<label for="w">Words</label><textarea id="w" name="body"></textarea>
<button class="button primary" name="send" value="1">Write back</button></form>
<div id="posts"></div>"""


def test_a_page_keeps_its_content_security_policy(street, page):
    street.page("/", REPLY)

    page.goto("/")

    assert page.evaluate("typeof htmx") == "object"
    assert page.evaluate("htmx.config.allowEval") is False
    assert page.evaluate("htmx.config.historyCacheSize") == 0
    assert page.noticed == []


def test_a_reply_is_swapped_in_and_announced(street, page):
    street.page("/", REPLY)
    street.answer("/reply", '<p data-announce="Sent." tabindex="-1" data-focus>Here it is.</p>')
    page.goto("/")

    page.fill("#w", "Bring the runners.")
    page.click("button.primary")
    page.wait_for_selector("#posts p:focus")
    page.locator("#announce", has_text="Sent.").wait_for(state="attached")

    assert street.asked[-1] == ("POST", "/reply", "body=Bring%20the%20runners.&send=1")
    assert page.inner_text("#posts p") == "Here it is."
    assert page.locator("[aria-busy]").count() == 0


def test_a_refusal_comes_back_into_its_form(street, page):
    street.page("/", REPLY.replace("#posts", "this").replace("beforeend", "outerHTML"))
    refusal = '<form><div class="told wrong" role="alert" tabindex="-1">Too long.</div></form>'
    street.answer("/reply", refusal, status=422)
    page.goto("/")

    page.click("button.primary")
    page.wait_for_selector(".told.wrong:focus")

    assert page.inner_text(".told.wrong") == "Too long."


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (500, "Something broke on our side. Your words are still here."),
        (429, "That was a lot at once. Try again in a minute."),
        (None, "The network did not answer. Your words are still here; send them again."),
    ],
)
def test_what_fails_says_so_and_keeps_the_words(street, page, status, words):
    street.page("/", REPLY)
    if status:
        street.answer("/reply", "<h1>Broken</h1>", status=status)
    page.goto("/")

    page.fill("#w", "A long story")
    page.click("button.primary")
    page.wait_for_selector("form > .told.failed")

    assert page.inner_text("form > .told.failed") == words
    assert page.input_value("#w") == "A long story"
    assert page.locator("[aria-busy]").count() == 0


ACTS = """
<article class="cue"><form class="acts" id="act" method="post">
<a class="button primary" href="/box" hx-get="/box" hx-target="#act" hx-swap="outerHTML">Answer</a>
</form></article>"""
BOX = '<form class="composer" id="act"><textarea autofocus></textarea></form>'
ESCAPE_AT_ONCE = """() => new MutationObserver(() => {
  const box = document.querySelector("textarea");
  box?.dispatchEvent(new KeyboardEvent("keydown", {key: "Escape", bubbles: true}));
}).observe(document.body, {childList: true, subtree: true})"""


def test_a_box_to_write_in_hears_escape_from_the_moment_it_stands_there(street, page):
    street.page("/", ACTS)
    street.answer("/box", BOX)
    page.goto("/")
    page.evaluate(ESCAPE_AT_ONCE)

    page.click(".cue .primary")

    page.locator(".cue .primary:focus").wait_for()
    assert page.locator("textarea").count() == 0


DEED = """
<div id="how-many" hx-get="/how-many" hx-trigger="done from:body" hx-swap="outerHTML">Two</div>
<form id="one" hx-post="/one" hx-target="this" hx-swap="outerHTML"><button>Let in</button></form>
<a href="/two" id="next">Write back</a>"""


def test_what_is_told_takes_the_focus_once(street, page):
    street.page("/", DEED)
    street.answer("/one", '<p class="told" tabindex="-1" data-focus>Jun is in.</p>')
    street.answer("/how-many", '<div id="how-many">One</div>')
    page.goto("/")
    page.click("#one button")
    page.locator(".told:focus").wait_for()

    page.focus("#next")
    page.evaluate("htmx.trigger(document.body, 'done')")
    page.locator("#how-many", has_text="One").wait_for()

    assert page.evaluate("document.activeElement.id") == "next"


def test_a_button_pressed_twice_sends_once(street, page):
    street.page("/", REPLY.replace("hx-", "data-"))
    street.answers["/reply"] = NEVER
    page.goto("/")

    sent = page.evaluate("""async () => {
      let sent = 0;
      addEventListener("submit", () => { sent++; });
      const button = document.querySelector("button.primary");
      button.click();
      await new Promise(done => setTimeout(done, 20));
      button.click();
      return sent;
    }""")

    assert sent == 1


def test_a_menu_closes_by_escape_and_by_a_press_elsewhere(street, page):
    street.page("/", '{% include "ui/menu.html" with label="More" only %}<p id="far">Far away</p>')
    page.goto("/")
    menu = page.locator("details.menu")

    page.click(".menu summary")
    assert menu.get_attribute("open") is not None
    page.keyboard.press("Escape")
    assert menu.get_attribute("open") is None
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "More"

    page.click(".menu summary")
    page.click("#far")
    assert menu.get_attribute("open") is None


def test_mistakes_are_met_first(street, page):
    street.page(
        "/", '<div class="told wrong" role="alert" tabindex="-1" id="errors">Look again.</div>'
    )

    page.goto("/")
    page.locator("#errors:focus").wait_for()


def test_what_is_written_is_counted_where_only_so_much_fits(street, page):
    street.page(
        "/",
        '<label for="p">Purpose</label><textarea id="p"></textarea>'
        '<p class="count" id="p_count" data-most="5"></p>',
    )
    page.goto("/")
    page.locator("#p_count", has_text="0 of 5").wait_for()

    page.fill("#p", "Plants")

    assert page.inner_text("#p_count") == "6 of 5"
    assert page.get_attribute("#p_count", "class") == "count over"


def test_first_words_that_ask_nothing_are_met_with_a_hint(street, page):
    form = '<form><input name="title"><textarea name="body"></textarea>{}</form>'
    street.page("/", form.format('<p data-asks="20" hidden>Nothing is asked so far.</p>'))
    page.goto(HOME)
    hint = page.locator("[data-asks]")

    page.fill("textarea", "I grow beans.")
    assert not hint.is_visible()
    page.fill("textarea", "I grow beans on a sill to the north.")
    assert hint.is_visible()
    page.fill("[name=title]", "Does anything else grow there?")
    assert not hint.is_visible()


def test_the_page_is_whole_without_javascript(street, chromium):
    street.page("/", REPLY)
    street.page("/reply", "<p>Written.</p>")
    context = chromium.new_context(base_url=HOME, java_script_enabled=False)
    page = context.new_page()
    page.route("**/*", street.serve)

    page.goto("/")
    page.fill("#w", "Hello")
    page.click("button.primary")

    assert page.inner_text("main p") == "Written."
    context.close()


def compressed(path):
    return len(gzip.compress((STATIC / path).read_bytes()))


def test_a_first_visit_carries_little(street, page):
    scripts = [path.relative_to(STATIC) for path in STATIC.glob("js/*.js")]
    latin = [path.stat().st_size for path in STATIC.glob("fonts/*-latin-wght-normal.woff2")]

    weight = compressed("css/kith.css") + compressed("icons/kith.svg") + sum(latin)

    assert len(latin) == 2
    assert sum(map(compressed, scripts)) <= 30_000
    assert sum(map(compressed, scripts)) + weight <= 145_000  # and the page itself


def test_a_first_visit_asks_five_times(street, page):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    street.page("/", '{% icon "house" %}')

    page.goto("/", wait_until="networkidle")

    before_fonts = [url for url in asked if not url.endswith(".woff2") and "data:" not in url]
    assert len(before_fonts) <= 5
