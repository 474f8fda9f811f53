"""What people are told: once, in words they may still read, never at night, and not for ever."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail

from microgroups.conversation.actions import delete_post
from microgroups.membership.actions import leave, remove
from network.config.celery import app
from network.notifications import actions
from network.notifications.actions import claim_due, deliver, deliver_due, notify, settle_unknown
from network.notifications.kinds import KINDS
from network.notifications.letters import WHY
from network.notifications.models import Mail, MailStop, Notice, Silence
from network.notifications.reading import tell
from network.notifications.rules import quiet_until
from network.notifications.tasks import deliver_notices
from network.people.models import Person
from tests.factories import (
    NOW,
    MicroGroupFactory,
    NetworkFactory,
    PersonFactory,
    member_of,
    say,
    thread_in,
)
from tests.threads import all_at_once

NIGHT = datetime(2026, 5, 20, 23, 30, tzinfo=UTC)


@pytest.fixture
def group(db):
    group = MicroGroupFactory()
    Notice.objects.all().delete()
    return group


def note(group, person, *, at=NOW, cause="test:1", words="Hello"):
    notify(
        [person],
        "note",
        network=group.network,
        subject=("group", group.pk),
        cause=cause,
        at=at,
        actor=group.memberships.first().person,
        group=group,
        words=words,
    )
    return Notice.objects.filter(cause=cause).first()


@pytest.mark.django_db
class TestTelling:
    def test_one_cause_makes_one_notice(self, group):
        person = member_of(group)

        note(group, person)
        note(group, person)

        assert person.notices.filter(kind="note").count() == 1

    def test_nobody_is_told_of_their_own_deed(self, group):
        founder = group.memberships.first().person

        note(group, founder)

        assert not founder.notices.exists()

    def test_a_notice_is_told_by_names(self, group):
        person = member_of(group)
        notice = note(group, person)

        (told,) = tell([notice], person)

        assert told.text == f"{notice.actor.name} wrote you a few words from {group.name}."
        assert told.url == group.get_absolute_url()

    def test_words_of_a_lost_place_are_blanked(self):
        group = MicroGroupFactory(visibility="hidden")
        person = PersonFactory(network=group.network)
        notice = note(group, person, words="A secret")

        (told,) = tell([notice], person)

        assert told.is_lost
        assert "secret" not in f"{told.text}{told.words}{told.title}"
        assert group.name not in told.text


class TestQuietHours:
    VIENNA = ZoneInfo("Europe/Vienna")

    @pytest.mark.parametrize(
        ("now", "until"),
        [
            ("2026-05-20 20:59", None),
            ("2026-05-20 21:00", "2026-05-21 08:00"),
            ("2026-05-21 07:59", "2026-05-21 08:00"),
            ("2026-05-21 08:00", None),
            ("2026-03-28 23:00", "2026-03-29 08:00"),  # clocks go forward in the night
            ("2026-10-24 23:00", "2026-10-25 08:00"),  # and back
        ],
    )
    def test_nothing_comes_between_21_and_8(self, now, until):
        here = datetime.fromisoformat(now).replace(tzinfo=self.VIENNA)
        morning = datetime.fromisoformat(until).replace(tzinfo=self.VIENNA) if until else None

        assert quiet_until(here.astimezone(UTC), self.VIENNA) == morning


@pytest.mark.django_db
class TestDelivering:
    def test_letters_stand_in_a_line_of_their_own(self):
        route = app.amqp.router.route({}, deliver_notices.name)

        assert route["queue"].name == "mail"

    def test_what_is_due_is_mailed_once(self, group):
        note(group, member_of(group))

        deliver_due(NOW)
        deliver_due(NOW + timedelta(hours=1))

        assert [letter.subject for letter in mail.outbox if "wrote to you" in letter.subject] != []
        assert Notice.objects.get(kind="note").mail == Mail.SENT
        assert len([m for m in mail.outbox if "wrote to you" in m.subject]) == 1

    def test_at_night_it_waits_for_the_morning(self, group):
        person = member_of(group)
        notice = note(group, person, at=NIGHT)

        deliver_due(NIGHT)
        notice.refresh_from_db()
        assert (notice.mail, notice.mail_due_at.hour) == (Mail.DUE, 8)
        deliver_due(notice.mail_due_at)

        notice.refresh_from_db()
        assert (notice.mail, notice.attempts) == (Mail.SENT, 1)

    def test_who_lost_the_right_in_between_gets_nothing(self, group):
        group.visibility = "hidden"
        group.save()
        person = member_of(group)
        notice = note(group, person, words="A secret")
        remove(group, person, by=group.memberships.first().person, reason="Because.")

        deliver_due(NOW)

        notice.refresh_from_db()
        assert notice.mail == Mail.WITHHELD
        assert not any("A secret" in letter.body for letter in mail.outbox)

    @pytest.mark.parametrize("fact", [{"email": None}, {"claimed_at": None}, {"is_active": False}])
    def test_who_has_no_address_or_account_gets_nothing(self, group, fact):
        person = member_of(group)
        Person.objects.filter(pk=person.pk).update(**fact)
        notice = note(group, person)

        deliver_due(NOW)

        notice.refresh_from_db()
        assert (notice.mail, notice.withheld_why) == (Mail.WITHHELD, "unreachable")

    def test_who_is_suspended_gets_nothing(self, group):
        person = member_of(group)
        notice = note(group, person)
        person.network_memberships.update(suspended_at=NOW)

        deliver_due(NOW)

        notice.refresh_from_db()
        assert (notice.mail, notice.withheld_why) == (Mail.WITHHELD, "unreachable")

    def test_a_restored_copy_sends_nothing_until_told_to(self, group):
        Silence.objects.create(since=NOW)
        note(group, member_of(group))

        deliver_due(NOW)

        assert mail.outbox == []

    def test_a_worker_that_died_while_it_held_the_claim_loses_it(self, group):
        notice = note(group, member_of(group))
        claim_due(now=NOW)

        deliver_due(NOW + timedelta(minutes=5))
        assert len(mail.outbox) == 0
        deliver_due(NOW + timedelta(minutes=11))

        notice.refresh_from_db()
        assert (notice.mail, notice.attempts) == (Mail.SENT, 2)

    def test_a_worker_that_died_while_handing_over_is_not_followed_by_another(self, group):
        notice = note(group, member_of(group))
        (held,) = claim_due(now=NOW)
        actions.settle(held, Mail.HANDING_OVER)

        settle_unknown(NOW + timedelta(minutes=11))
        deliver_due(NOW + timedelta(hours=1))

        notice.refresh_from_db()
        assert notice.mail == Mail.UNKNOWN
        assert mail.outbox == []

    def test_whoever_wakes_while_handing_over_changes_nothing_any_more(self, group):
        notice = note(group, member_of(group))
        (held,) = claim_due(now=NOW)
        actions.settle(held, Mail.HANDING_OVER)
        settle_unknown(NOW + timedelta(minutes=11))

        assert actions.settle(held, Mail.SENT, Mail.HANDING_OVER) is None
        assert actions.try_later(held, NOW, Mail.HANDING_OVER) is None

        notice.refresh_from_db()
        assert notice.mail == Mail.UNKNOWN

    def test_what_waited_for_hours_is_not_unknown_while_a_worker_hands_it_over(self, group):
        notice = note(group, member_of(group))
        (held,) = claim_due(now=NOW + timedelta(hours=3))
        actions.settle(held, Mail.HANDING_OVER)

        settle_unknown(NOW + timedelta(hours=3, minutes=9))

        assert actions.settle(held, Mail.SENT, Mail.HANDING_OVER) == Mail.SENT
        notice.refresh_from_db()
        assert (notice.mail, notice.claimed_until) == (Mail.SENT, None)

    def test_one_that_breaks_does_not_keep_the_others(self, group):
        broken = note(group, member_of(group), cause="test:broken")
        Notice.objects.filter(pk=broken.pk).update(kind="a kind that nobody knows")
        note(group, member_of(group), cause="test:sound")

        deliver_due(NOW)

        broken.refresh_from_db()
        assert len(mail.outbox) == 1
        assert broken.mail == Mail.DUE
        assert broken.mail_due_at == NOW + timedelta(minutes=2)

    def test_one_that_ends_eight_workers_is_given_up(self, group):
        notice = note(group, member_of(group))
        for hours in range(8):
            assert claim_due(now=NOW + timedelta(hours=hours))

        later = NOW + timedelta(hours=9)
        assert claim_due(now=later) == []
        settle_unknown(later)

        notice.refresh_from_db()
        assert notice.mail == Mail.FAILED

    def test_a_zombie_that_wakes_up_late_sends_nothing(self, group):
        note(group, member_of(group))
        (zombie,) = claim_due(now=NOW)
        deliver_due(NOW + timedelta(minutes=11))

        assert deliver(zombie, now=NOW + timedelta(minutes=12)) is None
        assert len(mail.outbox) == 1

    def test_a_zombie_takes_nothing_from_whoever_has_it_by_now(self, group):
        note(group, member_of(group))
        (zombie,) = claim_due(now=NOW)
        (notice,) = claim_due(now=NOW + timedelta(minutes=11))

        assert deliver(zombie, now=NOW + timedelta(minutes=12)) is None
        assert mail.outbox == []
        assert deliver(notice, now=NOW + timedelta(minutes=12)) == Mail.SENT

    def test_what_the_far_end_refuses_is_tried_again_and_not_for_ever(self, group, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # nobody listens there
        notice = note(group, member_of(group))
        now = NOW

        for _ in range(8):
            deliver_due(now)
            notice.refresh_from_db()
            now = notice.mail_due_at.replace(hour=12) + timedelta(days=1)

        assert (notice.mail, notice.attempts) == (Mail.FAILED, 8)

    def test_a_name_with_a_line_break_adds_no_header(self, group):
        group.name = "Growers\r\nBcc: everybody@people.example"
        group.save()
        note(group, member_of(group))

        deliver_due(NOW)

        assert mail.outbox[-1].message()["Bcc"] is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("note", "somebody in the group wrote to you"),
        ("be_buddy", "you offered to show newcomers around"),
        ("invited", "somebody invited you"),
        ("removed", "it is about your place in the group"),
        ("seat_offered", "you asked for a seat"),
        ("cover_missing", "you look after the network"),
        ("asked_to_step_in", "somebody asks you to step in"),
        ("budding_begun", "you live in the group"),
    ],
)
def test_a_letter_says_truly_why_it_came(group, kind, why):
    facts = {"network": group.network, "subject": ("group", group.pk), "group": group}
    notify([member_of(group)], kind, cause="why:1", at=NOW, actor=group.founder, **facts)

    deliver_due(NOW)

    (letter,) = mail.outbox
    assert f"You get this because {why}." in letter.body


def test_each_kind_that_is_mailed_says_why():
    told = [wording for wording in KINDS.values() if wording.by_mail or wording.by_wish]
    assert [wording.text for wording in told if not (wording.why or wording.category in WHY)] == [
        KINDS[kind].text
        for kind in ("digest", "digest_of_threads")  # which say it themselves
    ]


class TestStopping:
    def stop_link(self):
        header = mail.outbox[-1].extra_headers["List-Unsubscribe"]
        return re.search(r"/notices/stop/[^>]+", header)[0]

    def test_one_click_without_cookie_stops_that_kind(self, group, client):
        person = member_of(group)
        note(group, person)
        deliver_due(NOW)
        link = self.stop_link()

        assert client.get(link).status_code == 200
        assert not MailStop.objects.exists()  # mail scanners follow links
        assert client.post(link).status_code == 200
        note(group, person, cause="test:2")
        deliver_due(NOW)

        assert MailStop.objects.get().person == person
        assert len(mail.outbox) == 1

    def test_a_made_up_token_opens_nothing(self, group, client):
        assert client.post("/notices/stop/made-up/").status_code == 404

    def test_mail_can_be_had_again(self, group, client_of):
        person = member_of(group)
        browser = client_of(person)

        browser.post("/notices/mail/", {"stop": "care"})
        assert MailStop.objects.filter(person=person, category="care").exists()
        browser.post("/notices/mail/", {"start": "care"})

        assert not MailStop.objects.exists()

    def test_only_what_is_mailed_can_be_stopped(self, group, client_of):
        page = client_of(member_of(group)).get("/notices/").content.decode()

        assert 'value="seats"' in page
        assert 'value="talk"' not in page


@pytest.mark.django_db
class TestReading:
    def test_the_page_costs_the_same_at_every_size(self, group, client_of, count_queries):
        person = member_of(group)
        browser = client_of(person)
        note(group, person)
        few = count_queries(lambda: browser.get("/notices/"))
        for number in range(15):
            note(group, person, cause=f"test:{number + 2}")
        many = count_queries(lambda: browser.get("/notices/"))

        assert few == many <= 9

    def test_what_was_said_can_be_read_until_it_is_taken_back(self, group, client_of):
        person, other = member_of(group), member_of(group)
        post = say(thread_in(group, person), other, "Two *hours* in <June>.")
        browser = client_of(person)

        before = browser.get("/notices/").content.decode()
        delete_post(post, other)
        after = browser.get("/notices/").content.decode()

        assert "Two hours in &lt;June&gt;." in before
        assert "Two hours" not in after

    def test_having_seen_them_puts_the_lamps_out(self, group, client_of):
        person = member_of(group)
        note(group, person)
        browser = client_of(person)

        browser.post("/notices/read/")

        assert not person.notices.unread().exists()

    def test_the_count_costs_four_queries_at_most(self, group, api_of, count_queries):
        person = member_of(group)
        note(group, person)
        program = api_of(person, group.network)
        assert program.get("/notices/count/").json()["unread"] == person.notices.count()

        assert count_queries(lambda: program.get("/notices/count/")) <= 4

    def test_over_the_api_some_or_all_are_read(self, group, api_of):
        person = member_of(group)
        one, _ = note(group, person), note(group, person, cause="test:2")
        program = api_of(person, group.network)
        before = program.get("/notices/count/").json()["unread"]

        after_one = program.post("/notices/read/", {"ids": [str(one.pk)]}).json()["unread"]
        after_all = program.post("/notices/read/", {"all": True}).json()["unread"]

        assert (after_one, after_all) == (before - 1, 0)

    def test_nobody_reads_anothers_notices(self, group, api_of):
        person, other = member_of(group), member_of(group)
        notice = note(group, person)

        api_of(other, group.network).post("/notices/read/", {"ids": [str(notice.pk)]})

        notice.refresh_from_db()
        assert not notice.is_read


@pytest.mark.django_db(transaction=True)
def test_eight_workers_at_once_mail_each_notice_once():
    group = MicroGroupFactory(network=NetworkFactory())
    people = [member_of(group) for _ in range(20)]
    Notice.objects.all().delete()
    for person in people:
        note(group, person, cause=f"test:{person.pk}")
    before = len(mail.outbox)

    all_at_once(deliver_due, [(NOW,)] * 8)

    assert len(mail.outbox) - before == 20
    assert set(Notice.objects.values_list("mail", "attempts")) == {(Mail.SENT, 1)}


@pytest.mark.django_db
def test_who_left_by_themselves_can_still_read_that_they_were_told(group):
    person = member_of(group)
    notice = note(group, person)
    leave(group, person)

    (told,) = tell([notice], person)

    assert not told.is_lost  # the group's card is open to the network
