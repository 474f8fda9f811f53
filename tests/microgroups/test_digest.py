"""The digest: what waits for somebody in their groups, in one letter, in their evening."""

import re
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.utils import timezone

from microgroups.conversation.actions import delete_post, open_thread
from microgroups.digest import rules
from microgroups.digest.actions import gather_digests
from microgroups.digest.models import Digest
from microgroups.membership.actions import leave, rest
from microgroups.membership.models import Membership, Visit
from network.networks.actions import suspend
from network.notifications import actions as notifications
from network.notifications.actions import claim_due, deliver_due, notify, settle_unknown
from network.notifications.attention import may_send
from network.notifications.kinds import KINDS
from network.notifications.models import Attention, Mail, MailStop, Notice
from network.notifications.wishes import wish
from network.people.blocking import block
from tests.factories import (
    MicroGroupFactory,
    PersonFactory,
    admin_of,
    facilitator_of,
    member_of,
    say,
    thread_in,
)
from tests.threads import all_at_once
from tests.trust.world import build

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LONG_AGO = timedelta(days=40)


@pytest.fixture
def group(db):
    return MicroGroupFactory()


@pytest.fixture
def evening():
    """Tomorrow, at five past six in UTC, where people of the factory live."""
    return (timezone.now() + DAY).replace(hour=18, minute=5)


@pytest.fixture
def other(group):
    return member_of(group)


@pytest.fixture
def person(group, evening):
    """Somebody who has lived here for long, and was not here on three of the last days."""
    one = PersonFactory(network=group.network, joined_at=timezone.now() - LONG_AGO)
    member_of(group, person=one)
    Notice.objects.all().delete()
    return one


def answer(group, person, other, title="Worms", text="Feed them melon."):
    """The other writes back to the person."""
    return say(thread_in(group, person, title=title), other, text)


def often_here(group, person, until):
    """Their visits on the three days before this evening."""
    place = group.memberships.of(person)
    days = [until.date() - number * DAY for number in range(3)]
    Visit.objects.bulk_create(
        [Visit(membership=place, on=day, alive=1) for day in days], ignore_conflicts=True
    )


def deliver(now):
    """What the two jobs do; the letters to the address of somebody are in the outbox."""
    gather_digests(now)
    deliver_due(now)


def deliver_claimed(digest, now):
    """What a worker makes of this one alone."""
    digest.mail, digest.attempts = Mail.CLAIMED, digest.attempts + 1
    digest.save()
    return notifications.deliver(digest, now=now)


def is_digest(letter):
    return "something waits for you" in letter.body


def letters_to(person):
    return [letter for letter in mail.outbox if letter.to == [person.email]]


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
