"""What somebody reads when a page fails: what they wrote, and never a secret."""

import pytest
from django.test import Client
from django.urls import path

from network.config.urls import handler500 as handler500
from network.config.urls import urlpatterns as house
from network.errors import TooOften
from tests.factories import NetworkFactory, PersonFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
WORDS = "My tomatoes have <given up> on me."


def break_down(request):
    raise RuntimeError("A lamp fell down.")


def ask_to_wait(request):
    raise TooOften(60, "a minute")


urlpatterns = [path("break/", break_down), path("wait/", ask_to_wait), *house]


@pytest.fixture
def browser():
    browser = Client(raise_request_exception=False)
    browser.force_login(PersonFactory(network=NetworkFactory()))
    return browser


@pytest.mark.parametrize(("address", "status"), [("/break/", 500), ("/wait/", 429)])
def test_what_was_written_is_given_back(browser, address, status):
    page = browser.post(address, {"title": "Tomatoes", "body": WORDS})

    assert page.status_code == status
    assert "My tomatoes have &lt;given up&gt; on me.</textarea>" in page.content.decode()


@pytest.mark.parametrize("name", ["password", "oldpassword", "code", "csrfmiddlewaretoken"])
def test_a_secret_is_not_shown(browser, name):
    page = browser.post("/break/", {name: "four plain words here"})

    assert "four plain words" not in page.content.decode()


def test_a_page_that_broke_names_its_request_to_write_about(browser):
    page = browser.get("/break/", headers={"x-request-id": "a-number-to-name"})

    assert page.status_code == 500
    assert "a-number-to-name" in page.content.decode()
    assert "Your words are kept" not in page.content.decode()


def test_a_form_that_did_not_come_whole_breaks_nothing_more(browser):
    page = browser.generic("POST", "/break/", b"--x\r\n", "multipart/form-data")

    assert page.status_code in (400, 500)
