"""The facilitator's queue and everything one can do with a cue, before a pair of eyes."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from facilitation.comfort.actions import ask_for_comfort
from facilitation.cover.actions import go_away, set_rota, write_note
from facilitation.cues.actions import ask_for_requests
from facilitation.cues.charters import ask_for_charters
from facilitation.cues.models import Cue
from facilitation.nudges.jobs import draft_nudges
from facilitation.nudges.models import Nudge
from facilitation.presence.models import Absence
from facilitation.starters import actions as starters
from facilitation.starters.drafting import draft_starters
from facilitation.welcome.actions import watch_first_posts, welcome_newcomers
from facilitation.welcome.greeting import set_greeting
from microgroups.membership.actions import join
from network.networks.door import come_in
from tests.browser.addresses import all_complaints
from tests.browser.hands import press, reach, write
from tests.facilitation.test_dashboard import quiet
from tests.factories import (
    MicroGroupFactory,
    PersonFactory,
    crowd,
    facilitator_of,
    member_of,
    say,
    thread_in,
)

LONG = "Donaudampfschifffahrtsgesellschaftskapitänskajütenschlüssel"
PAGES = [  # {kind}: the key of the cue of this kind
    "/care/",
    "/groups/balcony-growers/care/",
    "/groups/balcony-growers/welcome/",
    "/care/{answer}/done/",
    "/care/{welcome}/done/",
    "/care/{presence}/done/",
    "/care/{presence}/dismiss/",
    "/care/{presence}/snooze/",
    "/care/{charter}/snooze/",
    "/care/{request}/dismiss/",
    "/care/{answer}/assign/",
    "/groups/balcony-growers/cover/",
    "/groups/balcony-growers/starters/",
    "/groups/quiet-street/starters/",
    "/groups/balcony-growers/starters/new/?opener=lend",
    "/starters/{question}/",
    "/groups/balcony-growers/notes/jun/",
    "/care/{presence}/write/",
    "/groups/balcony-growers/nudges/",
    "/nudges/{draft}/",
    "/groups/balcony-growers/presence/",
    "/groups/balcony-growers/rhythm/",
    "/groups/balcony-growers/stay/",
]

NEWCOMERS = [
    "/groups/balcony-growers/",
    "/groups/balcony-growers/fit/",
    "/groups/balcony-growers/people/bram/",
]


@pytest.fixture
def care(live_server):
    """A group in which somebody of each kind waits for Ruth."""
    now = timezone.now()
    group = MicroGroupFactory(name="Balcony Growers")

    def somebody(name):
        return PersonFactory(network=group.network, name=name, username=name.split()[0].lower())

    names = ["Ruth Vandersteen", "Dora Kim", f"Jun {LONG[:50]}", "Bram de Groot", "Ana Ferreira"]
    ruth, dora, jun, bram, ana = map(somebody, names)
    facilitator_of(group, person=ruth)
    come_in(ruth, group.network)
    member_of(group, person=jun, now=now - timedelta(days=1))
    ask = f"One basil, mostly stalk. {LONG * 2}"
    thread = thread_in(group, jun, "One sad basil", ask, now=now - timedelta(hours=2))
    member_of(group, person=bram)
    quiet(group, person=ana)
    began = now - timedelta(days=190)
    group.network.groups.update(join_policy="ask", questions=["Why?"], founded_at=began)
    group.refresh_from_db()
    join(group, dora, answers=["A balcony, a bag of soil, and no idea which goes first."])
    for notice in (ask_for_requests, watch_first_posts, welcome_newcomers, ask_for_charters):
        notice(timezone.now())
    nils = facilitator_of(group)
    set_rota(group, ruth, days={0: [ruth], 1: [ruth, nils]})
    today = now.astimezone(ruth.zone).date()
    week = {"starts_on": today + timedelta(days=3), "back_on": today + timedelta(days=9)}
    go_away(group, ruth, note=f"The key. {LONG * 2}", deputy=jun, **week)
    write_note(group, ruth, about=jun, text=f"Likes {LONG * 2}")
    Absence.objects.update(is_held_out=False)
    draft_nudges(timezone.now())
    calm = MicroGroupFactory(name="Quiet Street", network=group.network)
    facilitator_of(calm, person=ruth)
    crowd(calm, 5)
    group.network.groups.filter(pk=calm.pk).update(founded_at=now - timedelta(days=60))
    draft_starters(timezone.now())
    own = {"title": f"{LONG}?", "body": f"One thing. {LONG * 2}"}
    starters.publish(starters.write(group, ruth, **own), ruth, at=now + timedelta(days=1))
    starters.write_and_ask(group, ruth, **own)
    cues = {cue.kind: cue.pk for cue in Cue.objects.exclude(person=ruth).order_by("due_at")}
    cues["draft"] = Nudge.objects.get(person=ana).pk
    cues["question"] = calm.starters.get().pk
    people = {"ruth": ruth, "dora": dora, "jun": jun, "bram": bram, "ana": ana}
    return SimpleNamespace(group=group, cues=cues, thread=thread, **people)


def test_the_queue_and_every_page_of_a_cue_look_right(care, visit, look):
    pages = [path.format(**care.cues) for path in PAGES]

    assert all_complaints(look, visit, pages, care.ruth) == {}


def test_a_hint_that_somebody_had_no_comfort_looks_right_and_a_line_takes_it_off(care, visit, look):
    now, group = timezone.now(), care.group
    group.network.groups.update(join_policy="open", questions=[])
    group.refresh_from_db()
    mina = PersonFactory(network=group.network, name=f"Mina {LONG[:50]}", username="mina")
    member_of(group, person=mina, now=now - timedelta(days=1))
    hard = f"I feel so alone. {LONG * 2}"
    thread = thread_in(group, mina, "Evenings", hard, now=now - timedelta(hours=9))
    say(thread, care.ruth, "There is a choir.", now=now - timedelta(hours=8))
    ask_for_comfort(now)
    cue = Cue.objects.get(kind="comfort")

    pages = ["/care/", f"/care/{cue.pk}/done/", f"/care/{cue.pk}/dismiss/"]
    assert all_complaints(look, visit, pages, care.ruth) == {}

    page = visit("/care/", care.ruth)
    page.click(f"#cue-{cue.pk} >> text=Write back to Mina")
    page.fill(f"#cue-{cue.pk} textarea", "I read it, and I am with you.")
    page.click(f"#cue-{cue.pk} >> button:has-text('Write back')")
    page.wait_for_selector(f"#closed-{cue.pk}")
    assert thread.posts.latest("at").body == "I read it, and I am with you."


def test_what_a_newcomer_finds_looks_right(care, visit, look):
    set_greeting(care.group, care.ruth, words=f"Come in, mind the bees. {LONG}")
    come_in(care.bram, care.group.network)

    assert all_complaints(look, visit, NEWCOMERS, care.bram) == {}


def test_keys_go_from_one_cue_to_the_next_and_take_back_the_last(care, visit):
    page = visit("/care/", care.ruth)

    def act():
        return page.evaluate("document.activeElement.textContent.trim()")

    page.keyboard.press("j")
    first = act()
    page.keyboard.press("j")
    second = act()
    page.keyboard.press("k")
    assert (first, act()) == ("Write back to Jun", first)
    assert second not in ("", first)
    page.click("article.cue:has-text('Bram de Groot has come in') button:has-text('In an hour')")
    page.locator(".told.good").wait_for()
    page.keyboard.press("u")
    page.locator(f"#cue-{care.cues['welcome']}").wait_for()

    assert Cue.objects.get(pk=care.cues["welcome"]).snoozed_until is None


def test_how_many_wait_is_told_anew_with_each_deed(care, visit):
    page = visit("/care/", care.ruth)
    before, mark = page.inner_text("h1"), page.inner_text("#count-reply")

    page.click("article.cue:has-text('Bram de Groot has come in') button:has-text('In an hour')")
    page.wait_for_function("text => document.querySelector('h1').innerText !== text", arg=before)

    assert (before, mark) == ("Ruth, four people could use you", "2 people")
    assert page.inner_text("h1") == "Ruth, three people could use you"
    assert page.inner_text("#count-reply") == "1 person"
    assert page.locator(".told.good:focus").count() == 1


def test_an_empty_queue_and_a_facilitator_alone_look_right(live_server, visit, look):
    group = MicroGroupFactory()
    host = group.memberships.get().person
    come_in(host, group.network)
    empty = visit("/care/", host)
    assert empty.inner_text("h1") == "Nobody is waiting for you"
    assert look(empty) == []

    bram = member_of(group)
    welcome_newcomers(timezone.now())
    alone = visit(f"/care/{Cue.objects.get(person=bram).pk}/assign/", host)

    assert "Nobody else facilitates" in alone.inner_text("main")
    assert look(alone) == []


def test_what_was_typed_about_going_away_is_kept(care, visit, look):
    page = visit("/groups/balcony-growers/cover/", care.ruth)
    page.fill("#leave [name=starts_on]", "2999-05-09")
    page.fill("#leave [name=back_on]", "2999-05-01")
    write(page, "A note for those who look after it meanwhile", "The blue door.")
    press(page, "Hand over")

    assert page.input_value("#leave [name=note]") == "The blue door."
    assert "Come back on a later day" in page.inner_text("#leave")
    assert look(page) == []


# Which cue, what, what is typed, and what is wrong with it.
MISTAKES = [
    ("answer", "done", {"note": "  "}, ["note"]),
    ("presence", "done", {"note": "x" * 1001}, ["note"]),
    ("presence", "dismiss", {"reason": "x" * 1001}, ["reason"]),
    ("request", "dismiss", {"reason": ""}, ["reason"]),
    ("welcome", "snooze", {}, ["hours"]),
]


def test_what_needs_another_look_is_said_at_its_field_and_everything_typed_is_kept(
    care, visit, look
):
    for kind, deed, typed, wrong in MISTAKES:
        page = visit(f"/care/{care.cues[kind]}/{deed}/", care.ruth)
        for name, words in typed.items():
            page.fill(f"main [name={name}]", words)
        page.eval_on_selector_all(
            "main :checked", "chosen => chosen.forEach(e => e.checked = false)"
        )
        with page.expect_navigation():
            page.click("main form button.primary")

        assert wrong_fields(page) == wrong, (kind, deed)
        kept = {name: page.input_value(f"main [name={name}]") for name in typed}
        assert kept == typed, (kind, deed)
        assert page.evaluate("document.activeElement.id") == "errors", (kind, deed)
        assert look(page) == [], (kind, deed)


def wrong_fields(page):
    """The names of the fields beside which something is said."""
    return page.eval_on_selector_all(
        "main .field:has(.error) :is(input:first-of-type, textarea)",
        "found => [...new Set(found.map(e => e.name))]",
    )


@pytest.mark.parametrize("javascript", [True, False])
def test_who_knocks_is_let_in_where_they_stand(care, visit, look, javascript):
    page = visit("/care/", care.ruth, javascript=javascript)

    page.click("text=Let Dora in")

    told = page.locator(".told.good", has_text="Dora Kim has your answer.")
    told.wait_for()
    assert page.locator("article.cue", has_text="Dora Kim").count() == 0
    assert care.group.memberships.of(care.dora).is_active
    if javascript:
        assert page.url.endswith("/care/")
        page.locator(".told.good:focus").wait_for()
        page.locator("h1", has_text="three people").wait_for()  # counted anew, a moment later
        assert look(page) == []


@pytest.mark.parametrize("javascript", [True, False])
def test_a_cue_is_put_aside_in_one_press_and_taken_back_in_another(care, visit, javascript):
    page = visit("/care/", care.ruth, javascript=javascript)
    bram = page.locator("article.cue", has_text="Bram de Groot has come in")

    bram.locator("text=In an hour").click()
    told = page.locator(".told.good", has_text="Bram de Groot is put aside until")
    told.wait_for()
    assert bram.count() == 0

    told.locator("text=Undo").click()
    bram.wait_for()
    assert Cue.objects.get(pk=care.cues["welcome"]).snoozed_until is None


def test_what_is_refused_in_place_is_said_there(care, visit, look):
    care.group.network.groups.update(state="archived")
    page = visit("/care/", care.ruth)

    page.click("text=Let Dora in")

    page.locator(".told.wrong:focus").wait_for()
    assert "nobody can come in now" in page.inner_text(".told.wrong")
    assert look(page) == []


def test_one_writes_back_and_sends_a_note_with_the_keyboard_alone(care, visit):
    page = visit("/care/", care.ruth)

    reach(page, "Write back to Jun")
    page.keyboard.press("Enter")
    page.locator("textarea:focus").wait_for()
    page.keyboard.insert_text("Let it go.")
    reach(page, "Write back")
    page.keyboard.press("Enter")
    page.locator(".told.good:focus").wait_for()
    assert "Jun" in page.inner_text(".told.good:focus")
    assert care.thread.posts.filter(author=care.ruth, body="Let it go.").exists()

    press(page, "Write to Ana")
    write(page, "Yours to change", "Would you look at Nadia’s worms?")
    press(page, "Send it in my name")
    assert care.ana.notices.get(kind="nudge").words == "Would you look at Nadia’s worms?"
    assert "Sent to Ana Ferreira in your name." in page.inner_text(".told.good")


def test_what_is_written_in_the_queue_stays_when_it_cannot_be_sent(care, visit, look):
    page = visit("/care/", care.ruth)
    cue = page.locator(f"#cue-{care.cues['answer']}")
    cue.get_by_role("link", name="Write back to Jun").click()
    cue.locator("textarea").wait_for()
    assert look(page) == []
    care.group.network.groups.update(state="archived")

    cue.locator("textarea").fill("Let it go.")
    cue.get_by_role("button", name="Write back").click()

    cue.get_by_role("alert").first.wait_for()
    assert cue.locator("textarea").input_value() == "Let it go."
    cue.get_by_role("link", name="Not now").click()
    cue.get_by_role("link", name="Write back to Jun").wait_for()


def test_escape_and_not_now_close_an_empty_box_and_lose_nothing_typed(care, visit):
    page = visit("/care/", care.ruth)
    act = page.get_by_role("link", name="Write back to Jun")
    box = page.locator("article.cue textarea")

    for close in ("Escape", "Not now"):
        act.focus()
        page.keyboard.press("Enter")
        page.locator("textarea:focus").wait_for()
        if close == "Escape":
            page.keyboard.press("Escape")
        else:
            page.get_by_role("link", name="Not now").click()
        box.wait_for(state="detached")
        page.locator(":focus", has_text="Write back to Jun").wait_for()
        assert page.url.endswith("/care/")

    page.keyboard.press("Enter")
    page.locator("textarea:focus").wait_for()
    page.keyboard.insert_text("Let it go.")
    page.keyboard.press("Escape")
    assert box.input_value() == "Let it go."


def test_without_a_script_one_writes_back_on_a_page(care, visit):
    page = visit("/care/", care.ruth, javascript=False)

    page.get_by_role("link", name="Write back to Jun").click()
    page.fill("textarea", "Let it go.")
    with page.expect_navigation():
        page.get_by_role("button", name="Write back").click()

    assert "Jun" in page.inner_text(".told.good")
    assert care.thread.posts.filter(author=care.ruth, body="Let it go.").exists()


def test_a_letter_is_changed_and_sent_and_read_by_whoever_it_is_to(care, visit, look):
    page = visit(f"/nudges/{care.cues['draft']}/", care.ruth)
    page.fill("textarea", f"Would you look in? {LONG}")

    with page.expect_navigation():
        page.get_by_role("button", name="Send it in my name").click()

    assert "Sent to Ana Ferreira in your name." in page.inner_text("main")
    assert look(page) == []
    letter = visit(f"/nudges/{care.cues['draft']}/letter/", care.ana)
    assert "Would you look in?" in letter.inner_text("main")
    assert look(letter) == []


def test_one_lets_nobody_look_by_a_switch(care, visit, look):
    page = visit("/groups/balcony-growers/people/ana/", care.ana)
    page.get_by_role("switch", name="Tell my facilitators").uncheck()

    with page.expect_navigation():
        page.locator("#rhythm").locator("..").get_by_role("button", name="Keep it").click()

    assert "Kith does not look at how often you come here" in page.inner_text("main")
    assert look(page) == []
