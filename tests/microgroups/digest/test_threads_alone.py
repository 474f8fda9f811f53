"""Threads of others in a digest: named where nothing else waits, once a week at most."""

from datetime import UTC, date, datetime

import pytest
from django.utils import timezone

from microgroups.conversation.actions import open_thread
from microgroups.digest.models import Digest
from microgroups.membership.models import Membership
from network.notifications.actions import notify
from network.notifications.attention import may_send
from network.notifications.models import Attention, Mail, Notice
from network.notifications.wishes import wish
from tests.factories import thread_in
from tests.microgroups.digest.steps import (
    DAY,
    HOUR,
    answer,
    deliver,
    letters_to,
    often_here,
)


@pytest.mark.django_db
class TestThreadsAlone:
    @pytest.fixture
    def thread(self, group, person, other):
        return thread_in(group, other, title="Who has a ladder?", now=timezone.now() + HOUR)

    def test_they_are_named_once_a_week(self, group, person, other, thread, evening):
        deliver(evening)
        open_thread(group, other, title="And a saw?", body="x", now=evening + HOUR)
        often_here(group, person, evening + DAY)
        deliver(evening + DAY)
        deliver(evening + 7 * DAY)

        first, second = letters_to(person)
        assert first.subject == "A conversation began in one of your groups"
        assert f"“Who has a ladder?”, begun by {other.name}." in first.body
        assert "And a saw?" in second.body

    def test_in_a_week_with_another_message_from_kith_they_are_not(
        self, group, person, thread, evening
    ):
        facts = {"network": group.network, "group": group, "now": timezone.now()}
        assert may_send(person, "budding_ends", cause="a", **facts)

        deliver(evening)

        assert letters_to(person) == []

    def test_they_take_the_place_of_no_other_message(self, group, person, thread, evening):
        deliver(evening)

        facts = {"network": group.network, "group": group, "now": evening + DAY}
        assert may_send(person, "budding_ends", cause="a", **facts)

    def test_after_five_messages_that_stayed_unread_they_are_not(
        self, group, person, thread, evening
    ):
        for number in range(5):
            at = evening - (60 - 8 * number) * DAY
            facts = {"network": group.network, "subject": ("group", group.pk), "group": group}
            notify([person], "could_you_help", cause=f"help:{number}", at=at, **facts)
        Notice.objects.update(read_at=None, mail=Mail.SENT)

        deliver(evening)

        assert letters_to(person) == []
        assert Attention.objects.get(kind="digest_of_threads").reason == "stopped"

    @pytest.mark.parametrize(
        "place",
        [
            {"last_visit_on": date(2020, 1, 1)},
            {"rhythm_paused_at": datetime(2026, 1, 1, tzinfo=UTC), "last_visit_on": None},
            {"read_before": datetime(2100, 1, 1, tzinfo=UTC)},
        ],
    )
    def test_not_to_who_is_away_lets_nobody_look_or_has_read_all(
        self, group, person, thread, evening, place
    ):
        Membership.objects.filter(person=person).update(**place)

        deliver(evening)

        assert not Digest.objects.filter(person=person).exists()

    def test_who_wants_only_what_is_written_to_them_hears_of_none(
        self, group, person, other, thread, evening
    ):
        answer(group, person, other)
        wish(person, much="named")

        deliver(evening)

        (letter,) = letters_to(person)
        assert "ladder" not in letter.body
