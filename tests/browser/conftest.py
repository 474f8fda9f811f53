"""A browser before the product: `visit("/", person)` opens a page, `look(page)` judges it."""

import os

import pytest
from django.conf import settings
from django.test import Client

from tests.browser import eyes

# Playwright's synchronous door runs a loop in this thread; Django must not mind being asked here.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(scope="session")
def chromium():
    with eyes.open_browser() as browser:
        yield browser


@pytest.fixture
def visit(chromium, live_server):
    """Open an address as somebody (nobody: a visitor). Contexts are kept apart and closed."""
    contexts = {}

    def open_page(path, person=None, *, javascript=True, theme="light", width=1280):
        key = (person and person.pk, javascript)
        if key not in contexts:
            contexts[key] = chromium.new_context(
                base_url=live_server.url,
                color_scheme=theme,
                java_script_enabled=javascript,
                viewport={"width": width, "height": 900},
            )
            if person:
                sign_in(contexts[key], live_server.url, person)
        page = eyes.watch(contexts[key].new_page())
        page.goto(path)
        return page

    yield open_page
    for context in contexts.values():
        context.close()


@pytest.fixture
def look():
    return eyes.look


def sign_in(context, url, person):
    """Give the browser a session of the person, as signing in would."""
    client = Client()
    client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": url}])
