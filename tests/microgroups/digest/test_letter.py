"""The letter of a digest as it is written and sent, and why somebody got it."""

import re
from datetime import time

import pytest
from django.core import mail
from django.utils import timezone

from microgroups.conversation.actions import delete_post
from microgroups.digest.actions import gather_digests
from microgroups.digest.models import Digest
from microgroups.membership.actions import leave, rest
from network.notifications import actions as notifications
from network.notifications.actions import claim_due, deliver_due, settle_unknown
from network.notifications.models import Mail, MailStop, Notice
from network.notifications.wishes import wish
from network.people.blocking import block
from tests.factories import MicroGroupFactory, member_of, say, thread_in
from tests.microgroups.digest.steps import (
    DAY,
    HOUR,
    answer,
    deliver,
    deliver_claimed,
    is_digest,
    letters_to,
    often_here,
)
from tests.trust.world import build


@pytest.mark.django_db
class TestTheLetter:
    def test_it_names_who_wrote_and_no_group_in_its_subject(self, group, person, other, evening):
        group.name = "Wormery"
        group.save()
        answer(group, person, other, title="A secret title", text="A secret text")
        thread_in(group, other, title="A new one", now=timezone.now() + HOUR)

        deliver(evening)

        (letter,) = letters_to(person)
        html = letter.alternatives[0][0]
        assert letter.subject == f"{other.name} wrote to you"
        for text in (letter.body, html):
            assert "Wormery" in text
            assert "A secret title" in text
            assert "A new one" in text
            assert "A secret text" not in text
            assert "/notices/" in text

    def test_nobody_is_written_what_they_may_not_read(self, evening):
        world = build()
        mail.outbox.clear()

        deliver(evening)

        roles = {one.email: role for role, one in world.people.items()}
        letters = [one for one in mail.outbox if one.to[0] in roles and is_digest(one)]
        seen = set()
        for letter in letters:
            text = f"{letter.body}{letter.alternatives[0][0]}"
            words = set(re.findall(r"zq[a-z]+x\d+x", text))
            role = roles[letter.to[0]]
            assert [word for word in words if not world.may_see(word, role)] == [], role
            assert "zq" not in letter.subject
            seen |= words
        assert {world.canaries[word][0] for word in seen} >= {"card", "talk"}

    def test_many_names_are_two_and_a_number(self, group, person, evening):
        thread = thread_in(group, person)
        people = [member_of(group) for _ in range(5)]
        for one in people:
            say(thread, one)

        deliver(evening)

        (letter,) = letters_to(person)
        names = f"{people[0].name}, {people[1].name} and three others"
        assert letter.subject == f"{names} wrote to you"

    def test_what_reads_alike_stands_once(self, group, person, other, evening):
        thread = thread_in(group, person, title="Worms")
        for _ in range(3):
            say(thread, other)

        deliver(evening)

        assert letters_to(person)[0].body.count("Worms") == 1

    def test_one_click_stops_it_and_nothing_else(self, group, person, other, evening, client):
        answer(group, person, other)
        deliver(evening)
        headers = letters_to(person)[0].extra_headers
        link = re.search(r"/notices/stop/[^>]+", headers["List-Unsubscribe"])[0]

        assert client.post(link).status_code == 200

        assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert MailStop.objects.get().category == "digest"

    def test_at_night_it_waits_for_the_morning(self, group, person, other, evening):
        wish(person, quiet_from=time(17), quiet_until=time(9))
        answer(group, person, other)

        deliver(evening)
        assert letters_to(person) == []
        deliver_due((evening + DAY).replace(hour=9))

        assert len(letters_to(person)) == 1

    def test_what_stood_still_for_days_is_not_sent(self, group, person, other, evening):
        answer(group, person, other)
        gather_digests(evening)

        deliver_due(evening + 3 * DAY)

        assert letters_to(person) == []

    def test_yesterdays_that_comes_late_is_the_one_of_today(self, group, person, other, evening):
        thread = answer(group, person, other).thread
        gather_digests(evening)
        today = evening + DAY
        often_here(group, person, today)
        say(thread, other, "And apples.", now=today - HOUR)
        gather_digests(today)
        letters = Digest.objects.filter(person=person).order_by("-period")
        newer, older = letters.to_write()

        assert deliver_claimed(newer, today) == Mail.DUE
        assert deliver_claimed(older, today) == Mail.SENT
        deliver_due(today + HOUR)
        assert len(letters_to(person)) == 1
        assert [one.mail for one in letters] == [Mail.WITHHELD, Mail.SENT]

        say(thread, other, "And pears.", now=today + DAY - HOUR)
        often_here(group, person, today + DAY)
        deliver(today + DAY)
        assert len(letters_to(person)) == 2

    @pytest.mark.parametrize(
        "lost",
        [
            lambda post, person, other: delete_post(post, other),
            lambda post, person, other: block(person, other),
            lambda post, person, other: notifications.read(person),
            lambda post, person, other: leave(post.group, person),
            lambda post, person, other: rest(post.group, person),
            lambda post, person, other: MailStop.objects.create(
                person=person, category="talk", at=timezone.now()
            ),
        ],
    )
    def test_what_is_read_taken_back_or_lost_by_then_is_left_out(
        self, group, person, other, evening, lost
    ):
        post = answer(group, person, other)
        gather_digests(evening)
        lost(post, person, other)
        deliver_due(evening)

        assert letters_to(person) == []
        assert Digest.objects.get(person=person).mail == Mail.WITHHELD

    def test_what_was_moved_to_another_group_is_left_out(self, group, person, other, evening):
        post = answer(group, person, other)
        there = MicroGroupFactory(network=group.network)
        member_of(there, person=person)
        gather_digests(evening)
        Notice.objects.filter(subject_id=post.pk).update(group_id=there.pk)

        deliver_due(evening)

        assert letters_to(person) == []

    def test_a_letter_that_was_withheld_leaves_what_it_had_to_the_next(
        self, group, person, other, evening
    ):
        answer(group, person, other)
        gather_digests(evening)
        wish(person, much="nothing")
        deliver_due(evening)
        wish(person, much="all")

        deliver(evening + DAY)

        assert len(letters_to(person)) == 1

    def test_whoever_dies_while_handing_it_over_is_followed_by_nobody(
        self, group, person, other, evening
    ):
        answer(group, person, other)
        gather_digests(evening)
        (held,) = (one for one in claim_due(Digest, now=evening) if one.person == person)
        notifications.settle(held, Mail.HANDING_OVER)

        settle_unknown(evening + HOUR)
        deliver(evening + HOUR)
        deliver(evening + DAY)

        assert Digest.objects.get(person=person).mail == Mail.UNKNOWN
        assert letters_to(person) == []


@pytest.mark.django_db
class TestWhy:
    def test_everybody_reads_why_they_got_it(self, group, person, other, evening, client_of):
        answer(group, person, other)
        deliver(evening)

        page = client_of(person).get("/me/attention/").content.decode()

        assert "What waited for you, in one letter." in page
        assert "People wrote to you; one letter brings it together" in page

    def test_the_api_says_that_it_was_mailed(self, group, person, other, evening, api_of):
        answer(group, person, other)
        deliver(evening)

        answered = api_of(person, group.network).get("/me/attention/").json()

        (line,) = [one for one in answered["results"] if one["kind"] == "digest"]
        assert (line["sent"], line["mail"]) == (True, "sent")

    def test_it_is_a_wish_of_its_own(self, person, client_of):
        page = client_of(person).get("/me/notifications/").content.decode()

        assert 'value="digest"' in page
