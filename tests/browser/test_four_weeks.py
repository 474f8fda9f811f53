"""Four weeks with three groups of the demo network, a quarter of an hour a day at a phone: nobody
in them is left without an answer.

`KITH_SHOTS=FOLDER` keeps a picture of the queue at each sitting, and a diary.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from facilitation.cover.models import Leave
from facilitation.cues.models import Cue
from facilitation.dashboard.reading import queue
from facilitation.distress.models import Call, Distress
from facilitation.moderation.models import Report
from facilitation.nudges.models import Nudge
from microgroups.conversation.models import Post, Thread
from microgroups.groups.models import MicroGroup
from microgroups.membership.actions import admit, change_role, join
from microgroups.membership.models import Membership
from network.notifications.models import Notice
from network.operations import jobs
from network.operations.demo.loading import load_demo
from network.people.models import Person
from tests.browser.evening import Evening
from tests.browser.street import Street

BEGINS = datetime(2027, 3, 15, 5, 0, tzinfo=UTC)  # two weeks before the clocks change
PHONE = {"width": 390, "height": 844}
QUARTER, HOUR, DAY = timedelta(minutes=15), timedelta(hours=1), timedelta(days=1)
SITTINGS = ((7, 6), (20, 9))  # (the hour, how many minutes)
GROUPS = ["balcony-growers", "stair-14", "newborn-nights"]
SHOTS = os.environ.get("KITH_SHOTS")


class Clock:
    """A hand on the clock, which goes on by itself as well."""

    def __init__(self, traveller):
        self.traveller = traveller

    def now(self):
        return datetime.now(UTC)

    def move_to(self, moment):
        """On to a moment; never back."""
        self.traveller.move_to(max(moment.astimezone(UTC), self.now()), tick=True)

    def shift(self, seconds):
        self.traveller.shift(seconds)


@pytest.fixture
def clock():
    with time_machine.travel(BEGINS, tick=True) as traveller:
        yield Clock(traveller)


class Weeks:
    """The demo network, and the days of Tomasz, who looks after three of its groups."""

    def __init__(self, clock, page_of, days):
        self.clock, self.days, self.diary = clock, days, []
        network = load_demo()
        self.tomasz = Person.objects.get(username="tomasz")
        self.groups = [MicroGroup.objects.get(slug=slug) for slug in GROUPS]
        Leave.objects.filter(person=self.tomasz).delete()
        self.take_on(self.groups[2])
        self.street = Street(network, self.groups, self.tomasz, BEGINS, days)
        self.page = page_of("/care/", self.tomasz)
        self.page.set_viewport_size(PHONE)

    def take_on(self, group):
        by = group.memberships.facilitating().first().person
        join(group, self.tomasz, answers=["I can."] * len(group.questions))
        admit(group, self.tomasz, by=by)
        change_role(group, self.tomasz, "facilitator", by=by)

    def live(self):
        """Day by day: people live, jobs run, and Tomasz sits down twice."""
        for day in range(self.days):
            deeds = self.street.plan(day)
            for hour, minutes in SITTINGS:
                deeds = self.go_on_until(self.street.moment(day, hour, 30), deeds)
                self.sit_down(day, hour, minutes)
            sent = Nudge.objects.filter(sent_at__gt=self.clock.now() - DAY)
            self.street.hear(sent.values_list("absence__membership", flat=True))
            self.go_on_until(self.street.moment(day + 1, 0), deeds)

    def go_on_until(self, moment, deeds):
        """Members do what they do, and jobs run each hour, each quarter while somebody calls for
        help; answers the deeds of later."""
        while self.clock.now() < moment:
            then = min(self.clock.now() + self.step(), moment)
            while deeds and deeds[0][0] <= then:
                at, do = deeds.pop(0)
                self.clock.move_to(at)
                do()
                then = min(then, self.clock.now() + self.step())
            self.clock.move_to(then)
            now = self.clock.now()
            for name, slot in jobs.due(now):
                jobs.run(name, slot, now)
            self.wake()
        return deeds

    def step(self):
        return QUARTER if Distress.objects.unseen().exists() else HOUR

    def wake(self):
        """Whoever is called for help gets up, at any hour."""
        for call in Call.objects.filter(person=self.tomasz, distress__seen_at=None):
            self.page.goto(f"/distress/{call.distress_id}/")
            self.page.get_by_role("button", name="I am here").click()
            self.page.get_by_role("button", name="I am here").wait_for(state="detached")

    def sit_down(self, day, hour, minutes):
        if SHOTS:
            self.page.goto("/care/")
            self.page.screenshot(path=Path(SHOTS) / f"{day:02}-{hour:02}.png", full_page=True)
        sitting = Evening(self.page, self.clock, minutes)
        used = sitting.live()
        left = sum(part.count for part in queue(self.tomasz, self.clock.now()).parts)
        self.diary.append((day, hour, sitting.seen, round(used, 1), left, sitting.done))
        self.diary += [(day, hour, "refused", *each) for each in sitting.refused]

    # Who was left

    def late_first_answers(self):
        """First words of those who came in that nobody answered within a day; what they had said
        in other groups before these weeks is not Tomasz's to answer."""
        first = Post.objects.filter(author__memberships__in=self.street.newcomers, is_first=True)
        first = first.filter(at__gt=BEGINS, at__lt=self.clock.now() - DAY)
        return [
            post
            for post in first
            if not post.thread.posts.exclude(author=post.author).filter(at__lte=post.at + DAY)
        ]

    def silent_threads(self):
        """Members' threads of these weeks, older than four days, in which only they speak."""
        old = self.clock.now() - 4 * DAY
        threads = Thread.objects.standing().filter(group__in=self.groups, opened_at__gt=BEGINS)
        threads = threads.exclude(author__in=self.street.guides)
        return list(threads.filter(opened_at__lt=old, answered_at=None))

    def at_the_door(self):
        """Those who knocked more than a day ago and wait."""
        asked = Membership.objects.filter(group__in=self.groups, state="requested")
        return list(asked.filter(since__lt=self.clock.now() - DAY))

    def unread_reports(self):
        reports = Report.objects.filter(group__in=self.groups, decided_at=None)
        return list(reports.filter(at__lt=self.clock.now() - DAY))

    def unasked_absences(self):
        """Cues about somebody who is quiet that stood for more than two days."""
        cues = Cue.objects.filter(group__in=self.groups, kind="presence")
        old = cues.waiting(self.clock.now()).filter(created_at__lt=self.clock.now() - 2 * DAY)
        return list(old.exclude(person=self.tomasz))

    def unheard_calls(self):
        """Calls for help that no person saw within half an hour."""
        calls = Distress.objects.filter(group__in=self.groups)
        return [call for call in calls if not call.seen_at or call.seen_at > call.at + HOUR / 2]

    def keep_the_diary(self):
        told = Notice.objects.filter(person=self.tomasz, at__gt=BEGINS)
        lines = [
            *self.diary,
            ("notices", told.count()),
            ("letters", told.exclude(mailed_at=None).count()),
        ]
        Path(SHOTS, "diary.txt").write_text("\n".join(map(str, lines)))


@pytest.mark.parametrize(
    "days", [2, pytest.param(28, marks=pytest.mark.long)], ids=["two days", "four weeks"]
)
def test_nobody_is_left_without_an_answer(clock, visit, days):
    weeks = Weeks(clock, visit, days)

    weeks.live()
    if SHOTS:
        weeks.keep_the_diary()

    assert weeks.late_first_answers() == []
    assert weeks.silent_threads() == []
    assert weeks.at_the_door() == []
    assert weeks.unread_reports() == []
    assert weeks.unasked_absences() == []
    assert weeks.unheard_calls() == []
    assert weeks.page.noticed == []
