"""How somebody wants to be reached: their own quiet hours, which letters, how much; and why not."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from microgroups.membership.actions import leave
from network.errors import Invalid
from network.notifications.actions import deliver_due, notify
from network.notifications.models import Mail, MailChoice, MailStop, MailWish, Notice, QuietHours
from network.notifications.rules import quiet_until
from network.notifications.telling import deliver_soon
from network.notifications.wishes import is_quiet, wish, wishes_of
from tests.factories import NOW, MicroGroupFactory, PersonFactory, member_of, say, thread_in

NIGHT = datetime(2026, 5, 20, 23, 30, tzinfo=UTC)
DAY = timedelta(days=1)
ZONES = {  # the nights of 2026 in which the clocks are changed, where they are
    "Europe/Vienna": ("2026-03-28", "2026-10-24"),
    "Europe/London": ("2026-03-28", "2026-10-24"),
    "Atlantic/Azores": ("2026-03-28", "2026-10-24"),
    "America/New_York": ("2026-03-07", "2026-10-31"),
    "America/St_Johns": ("2026-03-07", "2026-10-31"),
    "America/Santiago": ("2026-09-05", "2026-04-04"),
    "Australia/Sydney": ("2026-10-03", "2026-04-04"),
    "Australia/Lord_Howe": ("2026-10-03", "2026-04-04"),
    "Pacific/Auckland": ("2026-09-26", "2026-04-04"),
    "Africa/Cairo": ("2026-04-23", "2026-10-29"),
    "Asia/Jerusalem": ("2026-03-26", "2026-10-24"),
    "Asia/Kolkata": ("2026-03-28", "2026-10-24"),  # which changes none
}


@pytest.fixture
def group(db):
    return MicroGroupFactory()


@pytest.fixture
def person(group):
    return member_of(group, person=PersonFactory(network=group.network, time_zone="Europe/Vienna"))


def tell(group, person, kind, *, cause="test:1", at=NOW, actor=None):
    notify(
        [person],
        kind,
        network=group.network,
        subject=("group", group.pk),
        cause=cause,
        at=at,
        actor=actor,
        group=group,
        words="Hello",
    )
    deliver_due(at)
    return Notice.objects.filter(person=person, cause=cause).first()


class TestQuietHours:
    @pytest.mark.parametrize("zone", ZONES)
    @pytest.mark.parametrize("which", [0, 1])
    def test_nobody_is_woken_when_the_clocks_change(self, zone, which):
        evening = date.fromisoformat(ZONES[zone][which])
        zone = ZoneInfo(zone)
        begins = datetime.combine(evening, time(21), tzinfo=zone).astimezone(UTC)
        ends = datetime.combine(evening + DAY, time(8), tzinfo=zone).astimezone(UTC)
        minutes = int((ends - begins).total_seconds() // 60)

        asked = [begins + timedelta(minutes=n) for n in range(0, minutes, 20)]

        assert quiet_until(begins - timedelta(minutes=1), zone) is None
        assert {quiet_until(now, zone) for now in asked} == {ends}
        assert quiet_until(ends, zone) is None

    @given(
        st.sampled_from(sorted(ZONES)),
        st.integers(0, 365 * 24 * 60),
        st.times(),
        st.times(),
    )
    def test_the_end_of_a_night_is_not_in_the_night(self, zone, minute, evening, morning):
        now, zone = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute), ZoneInfo(zone)

        end = quiet_until(now, zone, evening, morning)

        here = now.astimezone(zone).time()
        assert (end is not None) == is_quiet(here, evening, morning)
        if end is not None:
            assert now < end <= now + timedelta(hours=25)
            assert end.astimezone(zone).time() == morning or is_skipped(end, morning)

    def test_no_hours_are_quiet_where_both_times_are_the_same(self):
        assert quiet_until(NIGHT, ZoneInfo("UTC"), time(9), time(9)) is None

    def test_ones_own_hours_hold_for_letters(self, group, person):
        wish(person, quiet_from=time(13), quiet_until=time(16, 30))

        notice = tell(group, person, "note", at=NOW, actor=group.memberships.first().person)

        assert notice.mail == Mail.DUE
        assert notice.mail_due_at == datetime(2026, 5, 20, 14, 30, tzinfo=UTC)  # 16:30 in Vienna
        deliver_due(notice.mail_due_at)
        notice.refresh_from_db()
        assert notice.mail == Mail.SENT
        assert "Nothing comes between 13:00 and 16:30." in mail.outbox[-1].body
        assert "/me/notifications/" in mail.outbox[-1].body

    def test_who_has_no_night_is_written_to_at_night(self, group, person):
        wish(person, quiet_from=time(0), quiet_until=time(0))

        assert tell(group, person, "seat_offered", at=NIGHT).mail == Mail.SENT


def is_skipped(end, morning):
    """Whether the clocks pass over this time on that day."""
    there = datetime.combine(end.date(), morning, tzinfo=end.tzinfo)
    return there.astimezone(UTC).astimezone(end.tzinfo).time() != morning


class TestHowMuch:
    @pytest.mark.parametrize(
        ("everywhere", "here", "kind", "why"),
        [
            ("all", None, "seat_offered", ""),
            ("named", None, "seat_offered", "only_named"),
            ("named", None, "note", ""),
            ("nothing", None, "note", "nothing"),
            ("nothing", "all", "seat_offered", ""),
            ("all", "named", "seat_offered", "only_named"),
            ("all", "nothing", "note", "nothing"),
        ],
    )
    def test_what_a_group_may_mail(self, group, person, everywhere, here, kind, why):
        wish(person, much=everywhere, groups={group.slug: here})

        notice = tell(group, person, kind, actor=group.memberships.first().person)

        assert notice.withheld_why == why
        assert notice.mail == (Mail.WITHHELD if why else Mail.SENT)

    def test_another_group_goes_on_as_before(self, group, person):
        other = MicroGroupFactory(network=group.network)
        wish(person, groups={group.slug: "nothing"})

        assert tell(other, person, "seat_offered").mail == Mail.SENT

    def test_what_is_not_said_stays(self, person, group):
        wish(person, much="named", channels={"seats": False}, groups={group.slug: "all"})
        wish(person, quiet_from=time(20))

        wishes = wishes_of(person)

        assert (wishes.much, wishes.channels["seats"]) == ("named", False)
        assert wishes.hours.starts == time(20)
        assert wishes.hours.ends == time(8)
        assert [(own.slug, much) for own, much in wishes.per_group] == [(group.slug, "all")]

    def test_as_everywhere_and_as_usual_leave_no_row(self, person, group):
        wish(person, much="nothing", groups={group.slug: "nothing"})
        wish(person, much="all", groups={group.slug: None})

        assert not MailChoice.objects.exists()

    def test_a_group_one_is_not_in_has_no_choice(self, person, group):
        leave(group, person)

        with pytest.raises(Invalid, match="You are in no group called"):
            wish(person, groups={group.slug: "all"})


class TestAnswersByMail:
    def listen(self, person):
        """They ask for answers by mail, at any hour."""
        wish(person, channels={"talk": True}, quiet_from=time(0), quiet_until=time(0))

    def test_they_come_to_those_who_ask(self, group, person):
        self.listen(person)
        thread, other, now = thread_in(group, person), member_of(group), timezone.now()

        say(thread, other, "An answer.", now=now)
        deliver_due(now)

        letters = [letter for letter in mail.outbox if letter.to == [person.email]]
        assert letters[-1].subject == f"{other.name} wrote back to you"

    def test_a_worker_hears_of_it_with_the_commit(
        self, group, person, django_capture_on_commit_callbacks
    ):
        self.listen(person)
        thread, other = thread_in(group, person), member_of(group)

        with django_capture_on_commit_callbacks() as asked:
            say(thread, other, "An answer.")

        assert deliver_soon in asked

    def test_and_not_to_others(self, group, person):
        say(thread_in(group, person), member_of(group))

        assert person.notices.get(kind="reply").mail == Mail.NONE

    def test_one_letter_an_hour_from_one_group(self, group, person):
        self.listen(person)
        thread, other, now = thread_in(group, person), member_of(group), timezone.now()

        for minutes in (0, 59, 60):
            say(thread, other, now=now + timedelta(minutes=minutes))
            deliver_due(now + timedelta(minutes=minutes))

        told = person.notices.filter(kind="reply").order_by("at")
        assert [(one.mail, one.withheld_why) for one in told] == [
            (Mail.SENT, ""),
            (Mail.WITHHELD, "one_an_hour"),
            (Mail.SENT, ""),
        ]

    def test_two_groups_write_within_one_hour(self, group, person):
        self.listen(person)
        other, now = MicroGroupFactory(network=group.network), timezone.now()
        member_of(other, person=person)

        for place in (group, other):
            say(thread_in(place, person), member_of(place), now=now)
        deliver_due(now)

        told = person.notices.filter(kind="reply")
        assert [one.mail for one in told] == [Mail.SENT, Mail.SENT]

    def test_everybody_reads_why_one_was_not_mailed(self, group, person, client_of, api_of):
        self.listen(person)
        say(thread_in(group, person), member_of(group))
        wish(person, groups={group.slug: "nothing"})
        deliver_due(timezone.now() + timedelta(hours=1))

        page = client_of(person).get("/notices/").content.decode()
        told = api_of(person, group.network).get("/notices/?unread=1").json()["results"]

        why = "You want nothing by mail, or nothing from this group."
        assert f"Not mailed. {why}" in page
        assert [one["why_not_mailed"] for one in told if one["kind"] == "reply"] == [why]
        assert {one["why_not_mailed"] for one in told if one["kind"] != "reply"} <= {"", why}

    def test_one_click_ends_them_and_a_wish_begins_them_again(self, group, person, client_of):
        wish(person, channels={"talk": True})
        client_of(person).post("/notices/mail/", {"stop": "talk"})
        assert not wishes_of(person).channels["talk"]

        wish(person, channels={"talk": True})

        assert wishes_of(person).channels["talk"]
        assert not MailStop.objects.exists()
        wish(person, channels={"talk": False})
        assert not MailWish.objects.exists()


class TestThePage:
    URL = "/me/notifications/"

    def form(self, person, **changes):
        return {
            "quiet_from": "21:00",
            "quiet_until": "08:00",
            "much": "all",
            "channels": ["seats"],
            **changes,
        }

    def test_it_keeps_what_was_chosen(self, group, person, client_of):
        browser = client_of(person)
        said = self.form(person, quiet_from="22:15", much="named")

        answer = browser.post(self.URL, said | {f"group_{group.slug}": "nothing"})

        assert answer.status_code == 302
        wishes = wishes_of(person)
        assert (wishes.hours.starts, wishes.much) == (time(22, 15), "named")
        assert [much for _, much in wishes.per_group] == ["nothing"]
        assert {name for name, by_mail in wishes.channels.items() if by_mail} == {"seats"}
        page = browser.get(self.URL).content.decode()
        assert 'value="22:15"' in page

    def test_keeping_the_page_as_it_is_stops_nothing(self, group, person, client_of):
        browser = client_of(person)
        page = browser.get(self.URL).content.decode()
        ticked = re.findall(r'name="channels" value="(\w+)"[^>]*checked', page)
        before = wishes_of(person).channels

        browser.post(self.URL, self.form(person, channels=ticked))

        assert sorted(ticked) == sorted(name for name, by_mail in before.items() if by_mail)
        assert wishes_of(person).channels == before
        assert not MailStop.objects.exists()

    def test_a_time_that_is_none_is_said_and_the_rest_is_kept(self, group, person, client_of):
        said = self.form(person, quiet_from="late", much="nothing")

        answer = client_of(person).post(self.URL, said)

        page = answer.content.decode()
        assert answer.status_code == 422
        assert "Write a time like 21:00." in page
        assert 'value="late"' in page
        assert not QuietHours.objects.exists()

    def test_a_group_that_was_left_meanwhile_takes_nothing_away(self, group, person, client_of):
        said = self.form(person) | {f"group_{group.slug}": "nothing"}
        leave(group, person)

        assert client_of(person).post(self.URL, said).status_code == 302
        assert not MailChoice.objects.exists()

    def test_it_costs_the_same_for_many_groups(self, group, person, client_of, count_queries):
        browser = client_of(person)
        few = count_queries(lambda: browser.get(self.URL))
        for _ in range(2):
            member_of(MicroGroupFactory(network=group.network), person=person)

        assert count_queries(lambda: browser.get(self.URL)) == few == 8


class TestOverTheApi:
    URL = "/me/notifications/"

    def test_what_one_reads_one_may_write_back(self, group, person, api_of):
        program = api_of(person, group.network)
        before = program.get(self.URL).json()

        after = program.put(self.URL, before)

        assert after.status_code == 200
        assert after.json() == before
        assert before["quiet_from"], before["quiet_until"] == ("21:00", "08:00")
        assert before["groups"] == {group.slug: None}
        assert before["channels"]["talk"] is False
        assert before["channels"]["seats"] is True

    def test_changes_are_kept(self, group, person, api_of):
        program = api_of(person, group.network)
        said = {"quiet_until": "09:30", "much": "named", "groups": {group.slug: "all"}}

        answer = program.put(self.URL, said).json()

        assert (answer["quiet_from"], answer["quiet_until"]) == ("21:00", "09:30")
        assert answer["much"] == "named"
        assert answer["groups"] == {group.slug: "all"}

    @pytest.mark.parametrize(
        ("said", "field"),
        [
            ({"quiet_from": "25:00"}, "quiet_from"),
            ({"much": "plenty"}, "much"),
            ({"channels": {"pigeons": True}}, "channels"),
            ({"channels": {"seats": "yes"}}, "channels"),
            ({"groups": {"not-mine": "all"}}, "groups"),
        ],
    )
    def test_what_does_not_fit_is_said_by_field(self, group, person, api_of, said, field):
        answer = api_of(person, group.network).put(self.URL, said)

        assert answer.status_code == 400
        assert field in answer.json()["errors"]
        assert not MailChoice.objects.exists()


class TestWhy:
    @pytest.fixture
    def told(self, group, person):
        old = group.network.memberships.filter(person=person)
        old.update(joined_at=NOW - 100 * DAY)
        tell(group, person, "budding_ends", cause="first", at=NOW)
        tell(group, person, "budding_ends", cause="second", at=NOW + DAY)
        wish(person, channels={"seats": False})
        tell(group, person, "seat_offered", cause="seat", at=NOW + 2 * DAY)

    def test_both_halves_are_readable(self, group, person, told, client_of):
        page = client_of(person).get("/me/attention/").content.decode()

        assert page.count("Not written") == 1
        assert "You had a message from Kith within the week; one is the most." in page
        assert "Here, and by mail" in page
        assert "You have stopped letters of this kind." in page

    def test_over_the_api(self, group, person, told, api_of):
        rows = api_of(person, group.network).get("/me/attention/").json()["results"]

        assert [(row["kind"], row["sent"], row["mail"]) for row in rows] == [
            ("seat_offered", True, "withheld"),
            ("budding_ends", False, "none"),
            ("budding_ends", True, "sent"),
        ]
        assert rows[0]["why"] == "You have stopped letters of this kind."
        assert rows[2]["mailed_at"] == "2026-05-20T12:00:00Z"
        assert rows[2]["group"] == group.slug

    def test_nobody_reads_anothers(self, group, told, api_of, client_of):
        other = member_of(group)

        assert api_of(other, group.network).get("/me/attention/").json()["results"] == []
        assert "Nothing yet" in client_of(other).get("/me/attention/").content.decode()

    def test_words_of_a_lost_group_are_blanked(self, group, person, told, client_of):
        leave(group, person)
        type(group).objects.filter(pk=group.pk).update(visibility="hidden")

        page = client_of(person).get("/me/attention/").content.decode()

        assert group.name not in page
        assert "no longer open to you" in page

    def test_it_costs_the_same_at_every_size(self, group, person, told, client_of, count_queries):
        browser = client_of(person)
        few = count_queries(lambda: browser.get("/me/attention/"))
        for number in range(12):
            tell(group, person, "seat_offered", cause=f"more:{number}")

        assert count_queries(lambda: browser.get("/me/attention/")) == few == 10

    def test_mail_that_waits_says_until_when(self, group, person, client_of):
        tell(group, person, "seat_offered", at=NIGHT)

        page = client_of(person).get("/me/attention/").content.decode()

        assert "It waits for your morning." in page
