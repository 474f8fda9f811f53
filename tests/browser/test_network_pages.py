"""The door, one's own pages and the admin's: before a pair of eyes, and by the keyboard alone."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core import mail
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import URLPattern, get_resolver
from django.utils import timezone

from microgroups.conversation.actions import react
from microgroups.groups import actions as groups
from network.config import urls as house
from network.networks.actions import suspend
from network.networks.models import Network
from network.notifications.actions import notify
from network.notifications.letters import stop_token
from network.people.models import Visitor
from network.tokens.actions import create_token
from network.urls import urlpatterns
from tests.browser.addresses import all_complaints, names_at
from tests.browser.hands import press, reach, write
from tests.factories import (
    MicroGroupFactory,
    NetworkFactory,
    PersonFactory,
    admin_of,
    member_of,
    say,
    thread_in,
)

PASSWORD = "four plain words here"
LONG = "Donaudampfschifffahrtsgesellschaftskapitän"

PAGES = {
    "visitor": [
        "/",
        "/house-rules/",
        "/accounts/login/",
        "/accounts/signup/",
        "/accounts/inactive/",
        "/accounts/password/reset/",
        "/accounts/password/reset/done/",
        "/accounts/password/reset/key/{uid}-{key}/",
        "/accounts/password/reset/key/{uid}-used-up/",
        "/accounts/password/reset/key/done/",
        "/notices/stop/{stop}/",
        "/nowhere/",
    ],
    "member": [
        "/people/",
        "/people/?q=nobody",
        "/people/{maren.username}/",
        "/people/{jun.username}/",
        "/people/{jun.username}/block/",
        "/me/",
        "/me/blocks/",
        "/me/leave/",
        "/me/notifications/",
        "/me/attention/",
        "/notices/",
        "/accounts/email/",
        "/accounts/password/change/",
        "/accounts/reauthenticate/",
        "/accounts/logout/",
        "/nowhere/",
    ],
    "newcomer": ["/accounts/password/set/", "/notices/", "/people/{newcomer.username}/"],
    "admin": ["/network/", "/people/{maren.username}/"],
    "shut out": ["/", "/nowhere/"],
    "from elsewhere": ["/"],
}
ON_THE_WAY = ["/accounts/confirm-email/", "/me/tokens/", "/api/v1/docs/"]  # below, in a test
NO_PAGES = {
    "admin pages change one thing, and show another page": (
        "person_role",
        "suspend",
        "unsuspend",
    ),
    "one's own deeds show another page": (
        "choose_mail",
        "move_in",
        "read_notices",
        "revoke_token",
        "theme",
        "unblock",
    ),
    "a picture": ("avatar",),
    "for programs": ("health_live", "health_ready", "csp_report", "api_schema"),
    "codes instead of passwords are not offered": ("account_confirm_login_code",),
}


def test_every_page_is_looked_at():
    own = {one.name for one in (*urlpatterns, *house.urlpatterns) if isinstance(one, URLPattern)}
    account = {name for name in get_resolver("allauth.urls").reverse_dict if isinstance(name, str)}
    paths = [path for paths in (*PAGES.values(), ON_THE_WAY) for path in paths]
    looked_at = names_at([path for path in paths if path not in ("/", "/nowhere/")])

    reasons = {name for names in NO_PAGES.values() for name in names}

    assert own | account | {"api_docs", "api_schema"} == looked_at | reasons
    assert not looked_at & reasons


@pytest.fixture
def town(live_server):
    """A network in which somebody was told something, somebody waits, somebody is shut out."""
    network = NetworkFactory(
        name="Harbour Quarter", intro="Three thousand people.", house_rules="Be kind.\n\nAsk."
    )
    group = MicroGroupFactory(network=network, name="Balcony Growers")
    jun = PersonFactory(network=network, name="Jun Watanabe", intro="Ask me about worms.")
    maren = PersonFactory(network=network, name=f"Maren {LONG}")
    admin = admin_of(network)
    for person in (jun, admin):
        person.set_password(PASSWORD)
        person.save()
        EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    EmailAddress.objects.create(user=jun, email="jun@elsewhere.example", verified=True)
    for person in (jun, maren):
        member_of(group, person=person)
    thread = thread_in(group, jun)
    react(say(thread, maren, f"@{jun.username} " + LONG * 3), jun, emoji="thank-you")
    groups.propose(network, maren, **charter())
    for number in range(2):
        remind(group, jun, cause=f"reminder {number}")
    shut_out = PersonFactory(network=network)
    suspend(network, shut_out, reason="Please talk to us.", by=admin)
    newcomer = PersonFactory(network=network)
    return SimpleNamespace(
        network=network,
        jun=jun,
        maren=maren,
        admin=admin,
        newcomer=newcomer,
        uid=user_pk_to_url_str(jun),
        key=default_token_generator.make_token(jun),
        stop=stop_token(jun, "seats"),
        roles={
            "visitor": None,
            "member": jun,
            "newcomer": newcomer,
            "admin": admin,
            "shut out": shut_out,
            "from elsewhere": PersonFactory(),
        },
    )


def remind(group, person, *, cause):
    """Kith thinks of reminding somebody: the first time it does, the second time it does not."""
    facts = {"network": group.network, "group": group, "subject": ("group", group.pk)}
    notify([person], "budding_ends", cause=cause, at=timezone.now(), **facts)


def charter():
    texts = ("purpose", "difference", "belonging", "agreements", "care_plan")
    return {"name": f"Night {LONG}"[:80], "colour": "plum", **dict.fromkeys(texts, "Because.")}


@pytest.mark.parametrize("role", PAGES)
def test_the_pages_look_right_to(role, town, visit, look):
    paths = [path.format(**vars(town)) for path in PAGES[role]]

    assert all_complaints(look, visit, paths, town.roles[role]) == {}


@pytest.mark.django_db(transaction=True)
def test_what_goes_wrong_is_told_on_a_page_that_looks_right(visit, look):
    said = {"nobody lives here": look(visit("/"))}
    network = NetworkFactory()
    page = visit("/house-rules/")
    for name in ("400", "403", "403_csrf", "413", "429", "500", "503"):
        body = unreachable_page(f"{name}.html", network)
        page.route(f"**/broken/{name}", answer_with(body))
        page.goto(f"/broken/{name}")
        said[name] = look(page)

    assert {name: complaints for name, complaints in said.items() if complaints} == {}


def answer_with(body):
    return lambda route: route.fulfill(body=body, content_type="text/html; charset=utf-8")


def unreachable_page(name, network):
    """A page that no address leads to; the proxy's own is a file."""
    if name == "503.html":
        return (Path(settings.BASE_DIR) / "static" / name).read_text()
    request = RequestFactory().get("/")
    request.network, request.user = network, Visitor()
    alone = name in ("400.html", "500.html")  # shown without a request, as Django does
    return render_to_string(name, {}, request=None if alone else request)


def test_a_page_that_was_open_too_long_sends_nothing(town, visit, look):
    page = visit("/accounts/password/reset/")
    page.fill("[name=email]", town.jun.email)
    page.context.clear_cookies()

    page.click("button:has-text('Send me the letter')")

    page.locator("h1", has_text="This page was open for too long").wait_for()
    assert mail.outbox == []


def test_a_letter_looks_right(visit, look):
    facts = {
        "heading": "Maren wrote back to you",
        "body": ["You asked about worms."],
        "quote": LONG * 2,
        "quote_by": "Maren",
        "code": "ABCD-EFGH",
        "button_url": "http://127.0.0.1/",
        "button_text": "Write back to Maren",
        "why": "You get this because you asked.",
        "change_url": "http://127.0.0.1/notices/",
        "stop_url": "http://127.0.0.1/notices/stop/x/",
        "network": "Harbour Quarter",
    }
    page = visit("about:blank")
    page.set_content(render_to_string("email/letter.html", facts))

    assert look(page) == []


def test_the_description_of_the_api_keeps_to_itself(town, visit, look):
    """What it draws is Swagger's own; the frame around it is ours."""
    page = visit("/api/v1/docs/")
    page.locator("main h1").wait_for()
    page.locator(".opblock-summary").first.wait_for()

    assert page.noticed == []


@pytest.mark.parametrize("javascript", [True, False])
def test_somebody_comes_in_with_the_keyboard_alone(town, visit, javascript):
    page = visit("/accounts/login/", javascript=javascript)

    write(page, "E-mail", town.jun.email)
    write(page, "Password", "not the words")
    press(page, "Sign in")
    assert "do not match" in page.inner_text("#errors")
    assert page.input_value("[name=login]") == town.jun.email
    write(page, "Password", PASSWORD)
    press(page, "Sign in")

    assert page.inner_text("h1") == "Hello, Jun"
    assert page.noticed == []


def test_somebody_moves_in_by_the_code_from_the_letter(town, visit, look):
    page = visit("/accounts/signup/")
    write(page, "What people may call you", "Ana-Lucía")
    write(page, "E-mail", "no address")
    write(page, "Password", "short")
    press(page, "Move in")
    assert page.locator(".error").count() == 3
    assert page.evaluate("document.activeElement.id") == "errors"
    assert page.input_value("[name=name]") == "Ana-Lucía"
    assert page.input_value("[name=email]") == "no address"
    assert look(page) == []

    write(page, "E-mail", "ana@people.example")
    write(page, "Password", PASSWORD)
    reach(page, "I am 16 or older", field=True)
    page.keyboard.press("Space")
    press(page, "Move in")
    assert look(page) == []

    write(page, "The code from the letter", "WRONG-CODE")
    press(page, "Come in")
    assert "This is not the code" in page.inner_text(".error")
    code = re.search(r"^\s*([A-Z0-9]+-[A-Z0-9]+)\s*$", mail.outbox[-1].body, re.M)[1]
    write(page, "The code from the letter", code)
    press(page, "Come in")

    assert page.inner_text("h1") == "Hello, Ana-Lucía"
    assert page.noticed == []


@pytest.mark.parametrize("javascript", [True, False])
def test_one_says_something_about_oneself(town, visit, look, javascript):
    page = visit("/me/", town.jun, javascript=javascript)

    write(page, "Name", "")
    write(page, "Username", "jun_of_the_worms")
    write(page, "One line about you", "x" * 141)
    press(page, "Keep it")
    assert page.input_value("[name=username]") == "jun_of_the_worms"
    assert page.input_value("[name=intro]") == "x" * 141
    assert page.locator(".field .error").count() == 2
    if javascript:
        assert look(page) == []

    write(page, "Name", "Jun")
    write(page, "One line about you", "Worms, and the bin they live in.")
    press(page, "Keep it")

    assert page.inner_text(".told.good") == "Kept."
    town.jun.refresh_from_db()
    assert (town.jun.username, town.jun.intro) == (
        "jun_of_the_worms",
        "Worms, and the bin they live in.",
    )


def test_a_token_is_made_by_who_is_really_there_and_shown_once(town, visit, look):
    create_token(town.jun, town.network, name=f"Old {LONG}"[:60], scopes=["read"])
    page = visit("/me/tokens/", town.jun)
    assert page.inner_text("h1") == "Is it still you?"
    write(page, "Password", PASSWORD)
    press(page, "Go on")

    press(page, "Make the token")
    assert page.locator(".field .error").count() == 2
    assert look(page) == []
    write(page, "What is it for?", "A script")
    reach(page, "Read", field=True)
    page.keyboard.press("Space")
    press(page, "Make the token")

    assert page.input_value("#value").startswith("kith_")
    assert look(page) == []
    press(page, "End A script")
    assert "A script opens nothing any more." in page.inner_text(".told.good")
    assert page.locator("#value").count() == 0


def test_an_admin_sets_the_policy_and_closes_a_place(town, visit, look):
    page = visit("/network/", town.admin)
    write(page, "The most seats a group may have", "99999")
    press(page, "Keep the policies")
    write(page, "Password", PASSWORD)
    press(page, "Go on")
    assert page.input_value("[name=max_cap]") == "99999"
    assert page.locator(".field .error").count() == 1
    assert look(page) == []

    write(page, "The most seats a group may have", "200")
    press(page, "Keep the policies")
    assert Network.objects.get(pk=town.network.pk).max_cap == 200
    assert page.inner_text(".told.good") == "The policy is kept."

    page.goto(town.maren.get_absolute_url())
    reach(page, "Close Maren")
    page.keyboard.press("Enter")
    press(page, "Close Maren’s place")
    assert "still empty" in page.inner_text(".field .error")
    assert look(page) == []
    write(page, "Why their place is closed", "Please talk to us.")
    press(page, "Close Maren’s place")
    assert "does not come in" in page.inner_text(".told.good")
    press(page, "Let Maren in again")
    assert "can come in again" in page.inner_text(".told.good")
    assert page.noticed == []


@pytest.mark.parametrize("javascript", [True, False])
def test_notices_are_read_and_letters_stopped(town, visit, javascript):
    page = visit("/notices/", town.jun, javascript=javascript)
    assert page.inner_text("h1") == "One thing is new"

    press(page, "I have seen these")
    assert page.inner_text("h1") == "Nothing new. All is well."
    press(page, "Stop: Postcards")
    assert page.inner_text("button[name=start]").startswith("Mail again")

    page.goto(f"/notices/stop/{town.stop}/")
    press(page, "Stop them")
    assert page.inner_text("h1") == "Stopped"
    page.goto("/notices/")
    assert page.locator("button[name=start]").count() == 2


def test_somebody_is_found_and_the_light_is_chosen(town, visit):
    page = visit("/people/", town.jun)

    write(page, "Find somebody", "mar")
    press(page, "Find")
    press(page, "Maren")
    assert page.inner_text("h1") == town.maren.name
    press(page, "Evening")

    assert page.get_attribute("html", "data-theme") == "dark"
    assert page.inner_text("h1") == town.maren.name
