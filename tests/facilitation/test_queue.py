"""Who stands in the facilitator's queue, in which order, and in which words."""

from datetime import timedelta

import pytest
from django.utils import timezone

from facilitation.cues.models import Cue
from facilitation.dashboard.reading import SHOWN, queue
from facilitation.distress.actions import call_for_help
from facilitation.moderation.reporting import report
from facilitation.presence.models import Absence
from facilitation.welcome.actions import watch_first_posts, welcome_newcomers
from microgroups.membership.models import Membership
from network.ids import uuid7
from network.networks.door import come_in
from tests.facilitation.test_dashboard import cue, group, jun, knock, quiet, ruth, words
from tests.factories import (
    MicroGroupFactory,
    PersonFactory,
    facilitator_of,
    member_of,
    say,
    thread_in,
)

__all__ = ["cue", "group", "jun", "ruth"]  # fixtures

pytestmark = pytest.mark.django_db


class TestTheQueue:
    def test_it_is_in_the_order_in_which_people_need_somebody(self, group, ruth):
        ana = quiet(group)
        asker = member_of(group, now=timezone.now() - timedelta(days=1))
        thread_in(group, asker, now=timezone.now() - timedelta(hours=3))
        newcomer = member_of(group)
        bram, _ = knock(group)
        now = timezone.now()
        watch_first_posts(now)
        welcome_newcomers(now)

        parts = queue(ruth, now).parts

        assert [part.title for part in parts] == [
            "Waiting for a reply now",
            "Unusually quiet",
            "Knocking",
        ]
        people = [[item.person for item in part.items] for part in parts]
        assert people[0][0] == asker
        assert newcomer in people[0]
        assert people[1:] == [[ana], [bram]]

    def test_help_comes_first_then_people_then_what_is_to_be_decided_then_threads(
        self, group, ruth
    ):
        now = timezone.now()
        asker = member_of(group, now=now - timedelta(days=1))
        thread = thread_in(group, asker, now=now - timedelta(hours=3))
        opening = thread.posts.get()
        report(member_of(group), "post", opening.pk, group.network, reason="Look at it.", now=now)
        call_for_help(group, asker, now=now)
        watch_first_posts(now)
        found = Cue.objects.get(kind="answer")
        found.pk, found.key, found._state.adding = uuid7(), "rescue:1", True
        found.save()

        assert [part.title for part in queue(ruth, now).parts] == [
            "Now",
            "Waiting for a reply now",
            "To be decided",
            "Threads without an answer",
        ]

    def test_who_waits_longest_comes_first(self, group, ruth):
        now = timezone.now()
        people = [member_of(group, now=now - timedelta(days=2)) for _ in range(3)]
        for hours, person in zip((2, 9, 5), people, strict=True):
            thread_in(group, person, now=now - timedelta(hours=hours))
        watch_first_posts(now)

        (part,) = queue(ruth, now).parts
        items = part.items

        assert [item.person for item in items] == [people[1], people[2], people[0]]

    def test_each_has_a_sentence_a_reason_their_words_and_one_act_by_name(self, group, ruth):
        now = timezone.now()
        jun = PersonFactory(network=group.network, name="Jun Watanabe")
        member_of(group, person=jun, now=now - timedelta(days=2))
        thread_in(group, jun, text="One **basil**, mostly stalk.", now=now - timedelta(hours=3))
        watch_first_posts(now)

        (part,) = queue(ruth, now).parts
        (item,) = part.items

        assert item.heading == "Jun Watanabe wrote for the first time"
        assert item.why == "That was <b>3 hours ago</b>, and nobody has written back yet."
        assert item.said == "One basil, mostly stalk."
        assert item.act == "Write back to Jun"

    def test_who_has_come_in_and_written_is_there_once(self, group, ruth, jun):
        thread_in(group, jun, now=timezone.now() - timedelta(hours=2))
        welcome_newcomers(timezone.now())
        watch_first_posts(timezone.now())

        (part,) = queue(ruth, timezone.now()).parts
        items = part.items

        assert [item.cue.kind for item in items if item.person == jun] == ["answer"]

    def test_a_silence_is_told_by_rhythm_with_no_score(self, group, ruth):
        quiet(group)

        (part,) = queue(ruth, timezone.now()).parts
        (item,) = part.items

        assert "own rhythm" in part.note
        assert "now it has been <b>17 days</b>" in item.why
        assert "%" not in item.why

    def test_a_silence_is_told_as_it_is_today_with_what_else_speaks_for_a_word(self, group, ruth):
        ana = quiet(group)
        thread_in(group, ana, now=timezone.now() - timedelta(days=18))
        later = timezone.now() + timedelta(days=4)

        (part,) = queue(ruth, later).parts
        (item,) = part.items

        assert "now it has been <b>21 days</b>. Nobody has written back to their last" in item.why

    def test_a_program_and_each_page_tell_of_it_as_it_is_today(
        self, group, ruth, api_of, client_of
    ):
        ana = quiet(group)
        last = timezone.now().date() - timedelta(days=21)  # four more days have passed
        Absence.objects.update(last_visit_on=last)
        place = Membership.objects.filter(person=ana)
        place.update(last_visit_on=last, last_visit_alive=279)
        cue = Cue.objects.get(person=ana)
        assert "17 days" in cue.reason

        (told,) = api_of(ruth, group.network).get("/cues/").json()["results"]
        pages = [
            words(client_of(ruth).get(f"/care/{cue.pk}/{page}/"))
            for page in ("done", "dismiss", "snooze", "assign")
        ]

        assert "now it has been 21 days" in told["reason"]
        assert ["now it has been 21 days" in page for page in pages] == [True] * 4
        cue.refresh_from_db()
        assert "17 days" in cue.reason  # what was so when it was opened

    def test_whom_a_word_would_help_most_comes_first_among_the_quiet(self, group, ruth):
        heard, unheard = quiet(group, days=20), quiet(group, days=20)
        thread_in(group, unheard, now=timezone.now() - timedelta(days=21))
        Cue.objects.filter(person=unheard).update(due_at=timezone.now() + timedelta(minutes=1))

        (part,) = queue(ruth, timezone.now() + timedelta(minutes=2)).parts

        assert [item.person for item in part.items] == [unheard, heard]

    def test_among_nine_who_are_quiet_nobody_is_overlooked_for_coming_last(self, group, ruth):
        other = MicroGroupFactory(network=group.network)
        facilitator_of(other, person=ruth)
        for place in [group] * 4 + [other] * 4:
            quiet(place, days=20)
        unheard = quiet(other, days=20)
        thread_in(other, unheard, now=timezone.now() - timedelta(days=21))
        Cue.objects.filter(person=unheard).update(due_at=timezone.now() + timedelta(minutes=1))

        (part,) = queue(ruth, timezone.now() + timedelta(minutes=2)).parts

        assert part.items[0].person == unheard
        assert (len(part.items), part.more) == (SHOWN, 1)

    def test_a_name_with_markup_stays_a_name(self, group, ruth, client_of):
        jun = PersonFactory(network=group.network, name="<i>Jun</i> & Co")
        member_of(group, person=jun)
        welcome_newcomers(timezone.now())

        page = client_of(ruth).get("/care/").content.decode()

        assert "&lt;i&gt;Jun&lt;/i&gt; &amp; Co has come in" in page
        assert "<i>Jun</i>" not in page

    def test_what_the_world_has_settled_is_gone_at_once(self, group, ruth, jun):
        now = timezone.now()
        thread = thread_in(group, jun, now=now - timedelta(hours=2))
        watch_first_posts(now)
        assert queue(ruth, now).parts

        say(thread, member_of(group))

        assert queue(ruth, timezone.now()).parts == []

    def test_as_the_past_is_replayed_the_queue_shows_what_the_job_has_seen(self, group, ruth, jun):
        then = timezone.now() - timedelta(days=30)
        thread = thread_in(group, jun, now=then - timedelta(hours=2))
        say(thread, member_of(group), now=then + timedelta(days=1))

        watch_first_posts(then)

        assert [
            item.person for part in queue(ruth, timezone.now()).parts for item in part.items
        ] == [jun]

    def test_nobody_finds_themselves_in_it(self, group, ruth):
        founder = group.memberships.get(is_founder=True).person
        come_in(founder, group.network)
        welcome_newcomers(timezone.now())

        assert queue(ruth, timezone.now()).parts == []
        assert len(queue(founder, timezone.now()).parts) == 1

    def test_the_helper_who_is_offered_is_neither_asked_already_nor_the_one_in_need(
        self, group, ruth, cue
    ):
        founder = group.memberships.get(is_founder=True).person
        (part,) = queue(ruth, timezone.now()).parts
        (item,) = part.items
        assert item.helper == founder

        Cue.objects.filter(pk=cue.pk).update(assigned_to=founder)

        (part,) = queue(ruth, timezone.now()).parts
        (item,) = part.items
        assert item.helper is None
