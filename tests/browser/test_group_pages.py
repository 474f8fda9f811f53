"""The pages of groups before a pair of eyes: each state of a group, and of who stands before it."""

from itertools import chain
from types import SimpleNamespace

import pytest
from django.urls import NoReverseMatch, reverse

from facilitation.urls import urlpatterns as facilitation
from microgroups.appeals.actions import appeal, resolve
from microgroups.budding.actions import bud
from microgroups.budding.choosing import choose
from microgroups.budding.finishing import finish
from microgroups.budding.merging import merge
from microgroups.charter.actions import confirm
from microgroups.conversation.actions import delete_thread
from microgroups.groups.actions import approve, archive, decline, edit, propose
from microgroups.groups.drafts import begin
from microgroups.groups.models import MicroGroup
from microgroups.groups.pledging import pledge
from microgroups.membership.actions import (
    decline_request,
    describe,
    join,
    leave,
    remove,
    rest,
)
from microgroups.membership.invitations import invite_person, make_link
from microgroups.membership.letters import invite_addresses, stop_token
from microgroups.urls import urlpatterns as microgroups
from tests.browser import eyes, test_care_pages, test_moderation_pages
from tests.browser.addresses import ANY, all_complaints, names_at
from tests.browser.hands import press, reach, write
from tests.factories import (
    MicroGroupFactory,
    NetworkFactory,
    PersonFactory,
    admin_of,
    facilitator_of,
    member_of,
    thread_in,
)

LONG = "Donaudampfschifffahrtsgesellschaftskapitänskajütenschlüssel"
CHARTER = {
    "name": f"Second {LONG[:40]}",
    "purpose": "To play the instrument we gave up at fifteen, badly, in company.",
    "difference": "Nobody performs.",
    "belonging": "Whoever once played something and stopped.",
    "agreements": "No applause.",
    "care_plan": "Iris says hello.",
    "colour": "rose",
}
QUESTIONS = [
    "What is on your bench, or in your cupboard, just now?",
    "Have you opened one before? It is fine if not.",
    "Which evening could you carry it to Stair 6?",
]
TAKEN_BACK = "/threads/{thread}/undelete/"
DONE_ELSEWHERE = {  # looked at in test_conversation.py
    *("group", "thread", "new_thread", "edit_thread", "delete_thread", "catch_up"),
    *("edit_post", "delete_post", "post_history"),
    "nudge_letter",  # in test_care_pages.py
    *("hidden_post", "slow_thread"),  # lead on to the decision
}

# By who stands before them; groups by their slugs, people by their usernames.
PAGES = {
    "outsider": [
        "/groups/",
        "/groups/?q=growers&room=free",
        "/groups/?q=nothing+holds+this",
        "/groups/?room=mine",
        "/groups/?room=proposed",
        "/groups/start/",
        "/groups/start/{draft}/",
        "/groups/start/{draft}/difference/",
        "/groups/start/{draft}/name/",
        "/groups/start/{draft}/door/",
        "/groups/start/{draft}/size/",
        "/groups/start/{draft}/drop/",
        "/groups/second-fiddles/",
        "/groups/open-yard/charter/",
        "/groups/open-yard/join/",
        "/groups/repair-club/",
        "/groups/repair-club/join/",
        "/groups/slow-readers/",
        "/groups/slow-readers/join/",
        "/groups/old-choir/",
        "/groups/old-choir/join/",
        "/groups/open-yard/people/host/",
    ],
    "pledged": ["/groups/second-fiddles/"],
    "knocking": ["/groups/repair-club/", "/groups/repair-club/join/", "/groups/repair-club/leave/"],
    "turned_away": [
        "/groups/repair-club/",
        "/groups/repair-club/join/",
        "/appeals/of/{declined}/",
    ],
    "waiting": ["/groups/slow-readers/", "/groups/slow-readers/join/"],
    "offered": ["/groups/slow-readers/", "/groups/slow-readers/join/"],
    "member": [
        "/groups/",
        "/groups/open-yard/charter/",
        "/groups/open-yard/charter/history/",
        "/groups/open-yard/people/",
        "/groups/open-yard/people/member/",
        "/groups/open-yard/leave/",
        "/groups/open-yard/rest/",
        "/groups/old-choir/",
    ],
    "invited": [
        "/groups/quiet-room/",
        "/groups/quiet-room/join/",
        "/groups/quiet-room/leave/",
        "/invitations/{named}/",
        "/invitations/{link}/",
        "/invitations/stop/{stop}/",
    ],
    "removed": [
        "/groups/open-yard/",
        "/groups/open-yard/join/",
        "/appeals/",
        "/appeals/of/{removed}/",
    ],
    "resting": ["/groups/open-yard/", "/groups/open-yard/charter/", "/groups/open-yard/return/"],
    "host": [
        "/groups/open-yard/charter/confirm/",
        "/groups/open-yard/people/member/",
        "/groups/open-yard/people/member/remove/",
        "/groups/open-yard/requests/",
        "/groups/repair-club/requests/",
        "/groups/repair-club/requests/knocking/decline/",
        "/groups/slow-readers/requests/",
        "/groups/open-yard/settings/",
        "/groups/old-choir/settings/",
        "/groups/open-yard/invitations/",
        "/groups/quiet-room/invitations/",
        "/groups/quiet-room/people/",
        "/groups/open-yard/archive/",
        "/groups/open-yard/bud/",
        "/groups/two-tables/",
        "/groups/two-tables/budding/",
        "/groups/two-tables/budding/finish/",
        "/groups/two-tables/budding/drop/",
        "/groups/quiet-room/merge/",
        "/groups/old-tables/merge/",
        "/mergings/{merging}/",
    ],
    "gone": [
        "/groups/old-tables/",
        "/groups/old-tables/past/",
        "/groups/far-tables/",
        "/groups/two-tables/budding/",
    ],
    "founder": [
        "/groups/second-fiddles/",
        "/groups/second-fiddles/charter/",
        "/groups/stair-band/",
        "/groups/stair-band/charter/",
        "/groups/stair-band/propose/",
    ],
    "admin": [
        "/network/",
        "/appeals/",
        "/appeals/{appeal}/",
        "/appeals/{answered}/",
        "/groups/second-fiddles/",
        "/groups/second-fiddles/charter/",
        "/groups/second-fiddles/approve/",
        "/groups/second-fiddles/decline/",
        "/groups/orphans/people/",
        "/groups/orphans/people/lone/",
        "/groups/old-choir/restore/",
        "/groups/open-yard/cap/",
    ],
}


@pytest.fixture
def quarter(live_server):
    """A network with a group in each state, and somebody in each state before them."""
    network = NetworkFactory(name="Harbour Quarter", founding_pledges=3, founding_threads=1)
    who = {"admin": admin_of(network)} | {
        name: PersonFactory(network=network, username=name, name=f"{name.capitalize()} Okafor")
        for name in {*PAGES, "lone"} - {"admin"}
    }
    people = SimpleNamespace(**who)
    host, admin = people.host, people.admin

    def group(name, **facts):
        made = MicroGroupFactory(network=network, founder=admin, name=name, **facts)
        facilitator_of(made, person=host)
        return made

    yard = group("Open Yard", cap=12, visibility="network")
    for person in (people.member, people.resting, people.removed):
        member_of(yard, person=person)
    describe(yard, people.member, offers="Beans, and where to get soil", asks=f"Worms. {LONG}")
    rest(yard, people.resting)
    confirm(yard, host, agreements=f"Be kind.\nBring the {LONG} back.", care_plan="Iris does.")
    place = remove(yard, people.removed, by=host, reason="You sold our addresses.")
    waits = appeal(place, people.removed, text=f"I sold my own. {LONG * 2}")

    club = group("Repair Club", cap=30, join_policy="ask", questions=QUESTIONS)
    join(club, people.turned_away, answers=["A lamp.", "No.", "Thursday."])
    declined = decline_request(club, people.turned_away, by=host, reason="No more lamps.")
    lone = member_of(yard, person=people.lone)
    again = remove(yard, lone, by=host, reason="It was too loud.")
    answered = appeal(again, lone, text="It was the neighbours.")
    resolve(answered, admin, decision="lifted", reason="It was.")
    people.keys = {
        "removed": place.pk,
        "declined": declined.pk,
        "appeal": waits.pk,
        "answered": answered.pk,
    }
    join(club, people.knocking, answers=[f"A Pavoni. {LONG}", "No.", "Thursdays."])

    readers = group("Slow Readers", cap=4)
    going, _ = member_of(readers), member_of(readers)
    join(readers, people.offered)
    join(readers, people.waiting)
    leave(readers, going)

    quiet = edit(group("Quiet Room"), host, join_policy="invite")
    _, people.keys["named"] = invite_person(quiet, people.invited, by=host, words=f"Come. {LONG}")
    _, people.keys["mailed"] = invite_addresses(quiet, [f"{'long' * 15}@people.example"], by=host)[
        0
    ]
    people.keys["stop"] = stop_token("hilde@people.example")
    _, people.keys["link"] = make_link(yard, by=host, max_uses=3, words="We keep a chair.")

    people.keys["merging"] = tables_that_part(group, people).pk

    choir = group("Old Choir")
    member_of(choir, person=people.member)
    archive(choir, host)
    orphans = group("Orphans")
    member_of(orphans, person=people.lone)
    orphans.memberships.update(role="member")

    fiddles = propose(network, people.founder, **CHARTER | {"name": "Second Fiddles"})
    pledge(fiddles, people.pledged, facilitate=True)
    people.draft = begin(network, people.outsider, **CHARTER | {"belonging": ""}).pk
    refused = propose(network, people.founder, **CHARTER | {"name": "Stair Band"})
    decline(refused, admin, reason="There is one like it; have you met them?")
    return people


def tables_that_part(group, people):
    """A group that chooses; one that has parted, and asks another to take its people in."""
    host, admin = people.host, people.admin
    for name, sister in (("Old Tables", "Far Tables"), ("Two Tables", f"Third {LONG}")):
        tables = group(name, cap=6)
        member_of(tables, person=people.gone)
        thread_in(tables, host, title=f"Where we sit {LONG}")
        why = "Two tables have formed by themselves."
        found = bud(tables, host, name=sister, facilitator=people.gone, why=why)
        approve(found.sister, admin)
        choose(tables, people.gone, choice="go")
        if name == "Old Tables":
            finish(tables, host)
    yard = MicroGroup.objects.get(slug="open-yard")
    return merge(MicroGroup.objects.get(slug="old-tables"), host, into=yard)


@pytest.mark.parametrize("who", PAGES)
def test_the_pages_of_groups_look_right_to(who, quarter, visit, look):
    person = getattr(quarter, who)

    keys = {"draft": quarter.draft, **quarter.keys}
    paths = [path.format(**keys) for path in PAGES[who]]

    assert all_complaints(look, visit, paths, person) == {}


def test_a_visitor_reads_what_they_are_invited_to(quarter, visit, look):
    for way in ("link", "mailed"):
        assert look(visit(f"/invitations/{quarter.keys[way]}/")) == []
    assert look(visit("/invitations/nothing/")) == []


def test_a_new_network_has_no_groups_yet(live_server, visit, look):
    assert look(visit("/groups/", PersonFactory(network=NetworkFactory()))) == []


def test_a_thread_that_was_taken_back_can_be_put_back_there(quarter, visit, look):
    thread = thread_in(MicroGroup.objects.get(slug="open-yard"), quarter.member, LONG)
    delete_thread(thread, quarter.member)

    assert look(visit(TAKEN_BACK.format(thread=thread.pk), quarter.member)) == []


def test_every_page_of_these_floors_is_looked_at(client_of):
    seen = [*chain(*PAGES.values()), *test_care_pages.PAGES, *test_care_pages.NEWCOMERS, TAKEN_BACK]
    seen += [*test_moderation_pages.RUTH, *test_moderation_pages.MAREN, *test_moderation_pages.PIET]
    looked_at = names_at(seen) | DONE_ELSEWHERE
    browser = client_of(PersonFactory(network=NetworkFactory()))

    names = {pattern.name for pattern in microgroups + facilitation}
    deeds = {name for name in names if browser.get(address_of(name)).status_code == 405}

    assert names - deeds - looked_at == set()


def address_of(name):
    """Some address of this name; no matter of what."""
    for places in (
        [],
        ["slug"],
        ["slug", "username"],
        ["username"],
        ["id"],
        ["pk"],
        ["pk", "step"],
        ["code"],
        ["token"],
        ["slug", "pk"],
    ):
        try:
            return reverse(name, kwargs=dict.fromkeys(places, ANY))
        except NoReverseMatch:
            continue
    raise LookupError(name)


# What needs another look: who, where, what is typed, and what is wrong with it.
MISTAKES = {
    "start": (
        "outsider",
        "/groups/start/",
        {"purpose": "x" * 141},
        ["purpose"],
    ),
    "size": ("outsider", "/groups/start/{draft}/size/", {"cap": "0"}, ["cap"]),
    "door": ("outsider", "/groups/start/{draft}/door/", {"questions": "a\nb\nc\nd"}, ["questions"]),
    "settings": (
        "host",
        "/groups/open-yard/settings/",
        {"purpose": "Kept.", "cap": "1"},
        ["cap"],
    ),
    "join": (
        "outsider",
        "/groups/repair-club/join/",
        {"answer_0": "A Pavoni.", "answer_1": "  "},
        ["answer_1", "answer_2"],
    ),
    "describe": (
        "member",
        "/groups/open-yard/people/member/",
        {"offers": "x" * 281, "asks": "Worms"},
        ["offers"],
    ),
    "remove": ("host", "/groups/open-yard/people/member/remove/", {"reason": ""}, ["reason"]),
    "turn away": (
        "host",
        "/groups/repair-club/requests/knocking/decline/",
        {"reason": "x" * 1001},
        ["reason"],
    ),
    "decline": ("admin", "/groups/second-fiddles/decline/", {"reason": ""}, ["reason"]),
    "propose again": ("founder", "/groups/stair-band/propose/", {"answer": ""}, ["answer"]),
}


def test_what_needs_another_look_is_said_at_its_field_and_everything_typed_is_kept(
    quarter, visit, look
):
    for who, path, typed, wrong in MISTAKES.values():
        page = visit(path.format(draft=quarter.draft), getattr(quarter, who))

        send(page, typed)

        assert mistakes(page) == wrong, path
        assert {name: page.input_value(f"main [name={name}]") for name in typed} == typed, path
        assert page.evaluate("document.activeElement.id") == "errors", path
        assert look(page) == [], path


def send(page, typed):
    for name, words in typed.items():
        page.fill(f"main [name={name}]", words)
    with page.expect_navigation():
        page.click("main form:has(.field) button[type=submit]")


def mistakes(page):
    return page.eval_on_selector_all("main [aria-invalid=true]", "found => found.map(e => e.name)")


@pytest.mark.parametrize("width", eyes.WIDTHS)
def test_a_press_is_not_lost_when_the_card_is_drawn_in_the_middle_of_it(quarter, visit, width):
    page = visit("/groups/start/", quarter.outsider)
    page.set_viewport_size({"width": width, "height": 900})
    page.fill("[name=purpose]", "x" * 141)
    button = page.get_by_role("button", name="Next")
    button.scroll_into_view_if_needed()
    at = button.bounding_box()

    page.mouse.move(at["x"] + 9, at["y"] + 9)
    page.mouse.down()
    page.locator("#sketch p", has_text="xxx").wait_for()
    page.mouse.up()

    page.locator("main [aria-invalid=true]").wait_for()


def test_the_card_is_drawn_while_one_writes(quarter, visit, look):
    page = visit("/groups/start/", quarter.outsider)
    card = page.locator("#sketch")
    assert card.locator("h3").inner_text() == "Your group"

    page.fill("[name=purpose]", "To read when nobody else is awake.")
    card.locator("p", has_text="To read when nobody else is awake.").wait_for()
    assert page.evaluate("document.activeElement.name") == "purpose"

    page = visit(f"/groups/start/{quarter.draft}/name/", quarter.outsider)
    page.fill("[name=name]", "Night Readers")
    page.select_option("[name=colour]", "plum")
    page.locator("#sketch h3", has_text="Night Readers").wait_for()
    page.locator("#sketch [data-paint=plum]").first.wait_for()

    page = visit(f"/groups/start/{quarter.draft}/size/", quarter.outsider)
    page.fill("[name=cap]", "24")
    page.locator("#sketch figcaption", has_text="24 seats would look like this.").wait_for()
    assert look(page) == []


@pytest.mark.parametrize("javascript", [True, False])
def test_answers_at_the_door_are_asked_for_and_kept_until_they_are_whole(
    quarter, visit, javascript
):
    page = visit("/groups/repair-club/join/", quarter.outsider, javascript=javascript)

    send(page, {"answer_0": "A Pavoni."})
    assert mistakes(page) == ["answer_1", "answer_2"]
    send(page, {"answer_1": "No.", "answer_2": "Thursdays."})

    club = MicroGroup.objects.get(slug="repair-club")
    assert page.url.endswith("/groups/repair-club/")
    assert page.inner_text("main .mark.lit") == "You have asked to come in"
    assert club.memberships.of(quarter.outsider).answers == ["A Pavoni.", "No.", "Thursdays."]
    assert page.noticed == []


@pytest.mark.parametrize("javascript", [True, False])
def test_answers_at_the_door_are_kept_for_later(quarter, visit, look, javascript):
    door = "/groups/repair-club/join/"
    page = visit(door, quarter.outsider, javascript=javascript)

    page.fill("main [name=answer_0]", "A Pavoni.")
    press(page, "Keep for later")
    page.goto(page.url.replace("/groups/repair-club/", door))

    assert page.input_value("main [name=answer_0]") == "A Pavoni."
    assert "This is what you kept for later." in page.inner_text("main")
    assert not javascript or look(page) == []


def test_a_group_is_founded_with_the_keyboard_alone(quarter, visit):
    page = visit("/groups/", quarter.outsider)

    press(page, "Start a group")
    for label, words, onward in (
        ("Why would somebody come, and stay?", "To read at night.", "Next: What is different"),
        ("What makes it different from the whole network?", "We wake.", "Next: Who belongs"),
        ("Who belongs, and who does not?", "Who wakes.", "Next: How we treat each other"),
        ("How do you treat each other?", "Quietly.", "Next: Who looks after people"),
        ("Who welcomes newcomers, and keeps talk alive?", "I do.", "Next: Name"),
        ("What is it called?", "Night Readers", "Next: The door"),
    ):
        write(page, label, words)
        press(page, onward)
    reach(page, "They walk in")
    page.keyboard.press("ArrowDown")
    press(page, "Next: Seats")
    press(page, "Look at the whole")
    press(page, "Propose it")

    group = MicroGroup.objects.get(name="Night Readers")
    assert (group.state, group.join_policy) == ("proposed", "ask")
    assert "It waits for an admin’s yes." in page.inner_text(".messages")


def test_one_comes_in_and_leaves_with_the_keyboard_alone(quarter, visit):
    yard = MicroGroup.objects.get(slug="open-yard")
    page = visit("/groups/open-yard/", quarter.outsider)

    press(page, "Come in")
    press(page, "Come in")
    assert yard.memberships.of(quarter.outsider).is_active

    press(page, "Charter")
    press(page, "Leave Open Yard")
    press(page, "Leave")
    assert yard.memberships.of(quarter.outsider).state == "left"


def test_one_knocks_and_is_let_in_with_the_keyboard_alone(quarter, visit):
    club = MicroGroup.objects.get(slug="repair-club")
    page = visit("/groups/repair-club/", quarter.outsider)

    press(page, "Ask to come in")
    for question in QUESTIONS:
        write(page, question, "Yes.")
    press(page, "Ask to come in")
    assert club.memberships.of(quarter.outsider).is_requested

    page = visit("/groups/repair-club/requests/", quarter.host)
    press(page, "Let Outsider in")
    assert club.memberships.of(quarter.outsider).is_active
    assert page.inner_text(".messages").strip() == "Outsider Okafor is in."
