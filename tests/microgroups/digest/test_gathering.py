"""The digest: what waits for somebody in their groups, in one letter, in their evening."""

from collections import Counter
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.utils import timezone

from microgroups.digest import rules
from microgroups.digest.actions import gather_digests
from microgroups.digest.models import Digest
from microgroups.membership.actions import leave, rest
from network.networks.actions import suspend
from network.notifications import actions as notifications
from network.notifications.actions import deliver_due, notify
from network.notifications.kinds import KINDS
from network.notifications.models import Mail, MailStop, Notice
from network.notifications.wishes import wish
from tests.factories import (
    MicroGroupFactory,
    PersonFactory,
    admin_of,
    facilitator_of,
    member_of,
    say,
    thread_in,
)
from tests.microgroups.digest.steps import (
    DAY,
    HOUR,
    LONG_AGO,
    answer,
    deliver,
    letters_to,
    often_here,
)
from tests.threads import all_at_once


class TestEvenings:
    ZONES = [
        *("Pacific/Auckland", "Asia/Tokyo", "Asia/Kathmandu", "Asia/Kolkata", "Africa/Cairo"),
        *("Europe/Vienna", "Europe/London", "America/St_Johns", "America/New_York"),
        *("America/Los_Angeles", "Pacific/Honolulu", "Pacific/Kiritimati"),
    ]

    @pytest.mark.parametrize(
        "change", ["2026-03-08", "2026-03-29", "2026-04-05", "2026-09-27", "2026-10-25"]
    )
    def test_each_zone_has_one_evening_a_day_whatever_its_clocks_do(self, change):
        start = datetime.fromisoformat(change).replace(tzinfo=UTC) - 2 * DAY
        seen = {zone: Counter() for zone in self.ZONES}

        for hours in range(24 * 5):
            now = start + hours * HOUR
            evenings = rules.evenings(now)
            for zone in self.ZONES:
                if evenings[zone] is not None:
                    seen[zone][evenings[zone]] += 1
                    assert 18 <= now.astimezone(ZoneInfo(zone)).hour < 21

        days = {start.date() + number * DAY for number in range(1, 4)}
        for zone, evenings in seen.items():
            assert days <= set(evenings), zone
            assert {evenings[day] for day in days} == {3}, zone

    def test_nobody_is_written_to_in_the_afternoon(self):
        now = datetime(2026, 5, 20, 17, 59, tzinfo=UTC)

        assert rules.evenings(now)["UTC"] is None
        assert rules.evenings(now + HOUR)["UTC"] == date(2026, 5, 20)


@pytest.mark.django_db
class TestForWhom:
    def test_an_answer_that_nobody_read_is_told_once(self, group, person, other, evening):
        answer(group, person, other)

        deliver(evening)
        deliver(evening + HOUR)
        deliver(evening + 7 * DAY)

        assert len(letters_to(person)) == 1
        assert Digest.objects.get(person=person).mail == Mail.SENT

    def test_where_nothing_waits_nothing_is_written(self, group, person, other, evening):
        answer(group, person, other)
        notifications.read(person)
        group.memberships.filter(person=person).update(read_before=evening)

        deliver(evening)

        assert not Digest.objects.filter(person=person).exists()

    def test_who_is_here_now_and_then_hears_once_a_week(self, group, person, other, evening):
        thread = answer(group, person, other).thread
        deliver(evening)
        days = []

        for number in range(1, 9):
            now = evening + number * DAY
            say(thread, other, now=now - HOUR)
            deliver(now)
            days.append(len(letters_to(person)))

        assert days == [1, 1, 1, 1, 1, 1, 2, 2]

    def test_who_is_here_often_hears_each_evening(self, group, person, other, evening):
        thread = thread_in(group, person)
        counts = []

        for number in range(3):
            now = evening + number * DAY
            say(thread, other, now=now - HOUR)
            often_here(group, person, now)
            deliver(now)
            counts.append(len(letters_to(person)))

        assert counts == [1, 2, 3]

    def test_nobody_counts_the_days_of_who_lets_nobody_look(self, group, person, other, evening):
        answer(group, person, other)
        deliver(evening)
        now = evening + DAY
        often_here(group, person, now)
        group.memberships.filter(person=person).update(rhythm_paused_at=evening)
        say(thread_in(group, person, title="More", now=now - HOUR), other, now=now - HOUR)

        deliver(now)

        assert len(letters_to(person)) == 1

    def test_it_comes_in_the_evening_of_each(self, group, other, evening):
        people = {
            zone: member_of(group, person=PersonFactory(network=group.network, time_zone=zone))
            for zone in ("Asia/Tokyo", "America/Los_Angeles", "nowhere at all")
        }
        for one in people.values():
            answer(group, one, other)
        written = {}

        for hours in range(24):
            now = evening + hours * HOUR
            gather_digests(now)
            for digest in Digest.objects.filter(person__in=people.values()):
                written.setdefault(digest.person.time_zone, (now, digest.period))

        for zone, (now, period) in written.items():
            here = now.astimezone(people[zone].zone)
            assert (here.hour, here.date()) == (18, period), zone
        assert set(written) == set(people)

    @pytest.mark.parametrize(
        "gone",
        [
            lambda group, person: MailStop.objects.create(
                person=person, category="digest", at=timezone.now()
            ),
            lambda group, person: wish(person, much="nothing"),
            lambda group, person: wish(person, groups={group.slug: "nothing"}),
            lambda group, person: wish(person, channels={"digest": False}),
            lambda group, person: rest(group, person),
            lambda group, person: leave(group, person),
            lambda group, person: suspend(
                group.network, person, by=admin_of(group.network), reason="Because of that."
            ),
            lambda group, person: type(person).objects.filter(pk=person.pk).update(email=None),
        ],
    )
    def test_who_stopped_rests_left_or_is_out_hears_nothing(
        self, group, person, other, evening, gone
    ):
        answer(group, person, other)
        gone(group, person)
        mail.outbox.clear()

        deliver(evening)

        assert letters_to(person) == []

    def test_who_stops_them_after_it_was_gathered_hears_nothing(
        self, group, person, other, evening
    ):
        answer(group, person, other)
        gather_digests(evening)
        MailStop.objects.create(person=person, category="digest", at=evening)
        mail.outbox.clear()

        deliver_due(evening)

        assert letters_to(person) == []

    def test_ones_own_thread_is_no_news(self, group, person, evening):
        group.memberships.filter(person=person).update(last_visit_on=evening.date())
        group.threads.all().delete()
        thread_in(group, person, now=evening - HOUR)

        gather_digests(evening)

        assert not Digest.objects.filter(person=person).exists()

    def test_who_wants_letters_from_one_group_alone_hears_of_that(
        self, group, person, other, evening
    ):
        quiet = MicroGroupFactory(network=group.network)
        member_of(quiet, person=person)
        answer(group, person, other)
        answer(quiet, person, member_of(quiet), title="Elsewhere")
        wish(person, much="nothing", groups={group.slug: "all"})

        deliver(evening)

        (letter,) = letters_to(person)
        assert "Worms" in letter.body
        assert "Elsewhere" not in letter.body

    def test_what_was_mailed_is_not_told_again(self, group, person, other, evening):
        wish(person, channels={"talk": True})
        answer(group, person, other)
        deliver_due(timezone.now().replace(hour=12) + DAY)
        group.memberships.filter(person=person).update(read_before=evening)
        assert len(letters_to(person)) == 1

        deliver(evening)

        assert len(letters_to(person)) == 1

    def test_each_is_told_in_one_letter_only(self, group, person, other, evening):
        answer(group, person, other, title="Worms")
        deliver(evening)
        later = evening + 7 * DAY
        thread = thread_in(group, person, title="Melons", now=later - HOUR)
        say(thread, other, now=later - HOUR)

        deliver(later)

        first, second = letters_to(person)
        assert "Worms" in first.body
        assert "Worms" not in second.body
        assert "Melons" in second.body

    def test_duties_of_who_looks_after_a_group_stay_out_of_it(self, group, other, evening):
        keeper = facilitator_of(group)
        Notice.objects.all().delete()
        gathered = {kind for kind, wording in KINDS.items() if wording.is_gathered}
        for kind in ("report_waits", "asked_to_join", "distress_taken", "cover_missing"):
            facts = {"network": group.network, "subject": ("group", group.pk), "group": group}
            notify([keeper], kind, cause=kind, at=timezone.now(), actor=other, **facts)
        Notice.objects.update(mail=Mail.NONE)

        deliver(evening)

        assert letters_to(keeper) == []
        assert {KINDS[kind].category for kind in gathered} == {"talk", "care", "highlights"}

    def test_several_networks_write_each_for_themselves(self, group, person, other, evening):
        there = MicroGroupFactory()
        there.network.memberships.create(person=person, joined_at=timezone.now() - LONG_AGO)
        member_of(there, person=person)
        answer(group, person, other)
        answer(there, person, member_of(there), title="Elsewhere")

        deliver(evening)

        assert sorted("Elsewhere" in letter.body for letter in letters_to(person)) == [False, True]

    def test_two_who_gather_at_once_write_one(self, transactional_db, evening):
        group = MicroGroupFactory()
        person = member_of(group)
        answer(group, person, member_of(group))

        all_at_once(gather_digests, [(evening,)] * 4)

        assert Digest.objects.filter(person=person).count() == 1

    def test_old_rows_go(self, group, person, other, evening):
        answer(group, person, other)
        gather_digests(evening)

        gather_digests(evening + 91 * DAY)

        assert not Digest.objects.exists()
