"""A browser before the product: `visit("/", person)` opens a page, `look(page)` judges it."""

import os
import threading

import pytest
from django.conf import settings
from django.test import Client

from tests.browser import eyes
from tests.processes import until

# Playwright's synchronous door runs a loop in this thread; Django must not mind being asked here.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(scope="session")
def chromium():
    with eyes.open_browser() as browser:
        yield browser


@pytest.fixture(scope="session")
def idle(chromium, django_db_setup, live_server):
    """Pages that earlier tests have left, with and without JavaScript: their fonts are read."""
    pages = {True: [], False: []}
    yield pages
    for page in (*pages[True], *pages[False]):
        page.context.close()
    until(nobody_is_served)


def nobody_is_served():
    """Whether every connection is closed: each had one to the database, which goes now."""
    return not any("process_request_thread" in thread.name for thread in threading.enumerate())


@pytest.fixture
def visit(chromium, live_server, idle):
    """Open an address as somebody (nobody: a visitor). Each has a jar of cookies of their own."""
    jars, warm = {}, []

    def open_page(path, person=None, *, javascript=True):
        key = (person and person.pk, javascript)
        if key in jars:
            page = eyes.watch(jars[key].new_page())
        else:
            page = idle[javascript].pop() if idle[javascript] else new_page(javascript)
            warm.append((javascript, page))
            jars[key] = page.context
            if person:
                sign_in(page.context, live_server.url, person)
        page.goto(path)
        return page

    def new_page(javascript):
        jar = chromium.new_context(
            base_url=live_server.url, java_script_enabled=javascript, **eyes.AT_FIRST
        )
        return eyes.watch(jar.new_page())

    yield open_page
    for javascript, page in warm:
        idle[javascript] += [] if page.is_closed() else [page]
        leave(page)


def leave(page):
    """Forget who was here and what they did; the browser's own store of files stays."""
    for other in page.context.pages:
        if other != page:
            other.close()
    if page.is_closed():
        page.context.close()
        return
    page.goto("about:blank")
    page.unroute_all()
    page.context.clear_cookies()
    page.set_viewport_size(eyes.AT_FIRST["viewport"])
    page.emulate_media(color_scheme=eyes.AT_FIRST["color_scheme"], reduced_motion="no-preference")
    page.noticed.clear()


@pytest.fixture
def look():
    return eyes.look


def sign_in(context, url, person):
    """Give the browser a session of the person, as signing in would."""
    client = Client()
    client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": url}])
