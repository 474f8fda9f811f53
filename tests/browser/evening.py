"""Whoever looks after the groups, at a phone: opens the queue, does the first act of each cue, and
goes to bed after a quarter of an hour. Reading and typing move the clock, as they do in life."""

import re
from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone

from facilitation.cues.models import Cue

SECONDS = {  # what it takes a person, with reading
    "open": 15,
    "answer": 75,
    "welcome": 45,
    "presence": 75,
    "request": 20,
    "report": 120,
    "appeal": 120,
    "distress": 60,
    "starter": 30,
    "charter": 60,
}
ELSE = 40
WORDS = {
    "answer": "Welcome, and thank you for asking. Begin with the smaller pot; I wrote down how in "
    "“The barrel, the key, and who waters when”. What do you see from your window?",
    "welcome": "Hello, and good that you are here. What grows where you are?",
    "presence": "You are the one who knows about this. Would you look when you can?",
}


@dataclass
class Evening:
    """One sitting: `minutes` to spend; what was done, by kind; what did not go as it should."""

    page: object
    clock: object
    minutes: float
    seen: int = 0
    done: dict = field(default_factory=dict)
    refused: list = field(default_factory=list)
    skipped: set = field(default_factory=set)

    def live(self):
        """Through the queue from its top, as far as the time reaches; answers the minutes used."""
        began = timezone.now()
        self.goes_by("open")
        self.page.goto("/care/")
        self.seen = self.page.locator("article.cue").count()
        while (timezone.now() - began) < timedelta(minutes=self.minutes):
            cue = self.next_one()
            if cue is None:
                break
            self.goes_by(cue.kind)
            self.see_to(cue)
            self.page.goto("/care/")
        return (timezone.now() - began).total_seconds() / 60

    def goes_by(self, what):
        self.clock.shift(SECONDS.get(what, ELSE))

    def next_one(self):
        """The cue that stands topmost, of those that were not put off in this sitting."""
        for article in self.page.locator("article.cue").all():
            key = article.get_attribute("id").removeprefix("cue-")
            if key not in self.skipped:
                return Cue.objects.get(pk=key)
        return None

    def see_to(self, cue):
        """Its first act; what that refuses is put off."""
        key = str(cue.pk)
        self.article = self.page.locator(f"#cue-{key}")
        act = getattr(self, f"do_{cue.kind}", None)
        if act is None:
            self.leave_for_a_week(cue)
        else:
            act(cue)
        self.done[cue.kind] = self.done.get(cue.kind, 0) + 1
        self.skipped.add(key)

    def first_act(self):
        """Press the one button that is lit."""
        self.press(self.article.locator(".primary").first)

    def press(self, button):
        with self.page.expect_navigation():
            button.click()

    def button(self, name):
        return self.page.get_by_role("button", name=re.compile(name)).first

    def complaint(self):
        """What the page says is wrong with what was typed, or ""."""
        found = self.page.locator("#main .errors, #main [role=alert], .told.warn")
        return found.first.inner_text() if found.count() else ""

    # One act of each kind

    def do_answer(self, cue):
        self.write_in_place(cue, "Write back")

    def do_welcome(self, cue):
        self.write_in_place(cue, "Send it")

    def write_in_place(self, cue, button):
        """In the queue itself; a draft that stands there is taken as it is."""
        self.article.locator(".acts .primary").click()
        words = self.article.locator("textarea[name=note]")
        words.wait_for()
        if not words.input_value():
            words.fill(WORDS[cue.kind])
        self.article.get_by_role("button", name=button).click()
        self.page.locator(f"#closed-{cue.pk}").wait_for()

    def do_presence(self, cue):
        self.first_act()
        if self.button("^Send it in my name").count():
            self.press(self.button("^Send it in my name"))
            if "/nudges/" in self.page.url and self.button("^Send it in my name").count():
                self.refused.append((cue.kind, self.complaint()))
                self.page.goto("/care/")
                self.leave_for_a_week(cue)
            return
        self.page.locator("textarea[name=note]").fill(WORDS["presence"])
        self.press(self.button("^Send it"))

    def do_request(self, cue):
        self.article.locator(".primary").first.click()
        self.page.locator(f"#cue-{cue.pk} .primary").wait_for(state="detached")

    def do_report(self, cue):
        self.first_act()
        self.page.locator("input[name=step]").first.check()
        self.fill_reason("I read it in its place. Nobody is meant; I have asked for a kinder tone.")
        self.press(self.button("^Decide it"))

    def do_appeal(self, cue):
        self.first_act()
        self.page.locator("input[name=decision]").first.check()
        self.fill_reason("I have read all of it again. It may be tried once more.")
        self.press(self.button("^Tell them"))

    def fill_reason(self, words):
        agreement = self.page.locator("select[name=agreement]")
        if agreement.count():
            agreement.select_option(index=1)
        self.page.locator("textarea[name=reason]").fill(words)

    def do_distress(self, cue):
        self.first_act()
        self.press(self.button("^I am here"))

    def do_starter(self, cue):
        ask = self.article.get_by_role("button", name="Ask it now")
        ask.click()
        ask.wait_for(state="detached")

    def do_charter(self, cue):
        self.first_act()
        self.press(self.button("^Yes, this is us"))

    def leave_for_a_week(self, cue):
        """What takes more than an evening."""
        self.page.goto(f"/care/{cue.pk}/snooze/")
        self.page.get_by_label("A week").check()
        self.press(self.page.locator("#main form button.primary").first)
