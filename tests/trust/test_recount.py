"""The recount finds what it is there to find: each rule is broken here by hand."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.mail import EmailMessage

from facilitation.distress.actions import call_for_help, ring_on, see
from facilitation.distress.models import Call
from facilitation.nudges.models import Nudge
from facilitation.presence.models import Absence
from microgroups.digest.models import Digest
from network.notifications.actions import deliver_due, stop_mail
from network.notifications.models import Attention, Notice
from tests.factories import (
    MicroGroupFactory,
    NetworkFactory,
    PersonFactory,
    admin_of,
    facilitator_of,
    member_of,
    moderator_of,
)
from tests.trust import recount
from tests.trust.faulty_broker import Broker, Sent

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 10, 5, 12, 0, tzinfo=UTC)
EVENING = NOON + timedelta(hours=6)
MINUTE, QUARTER, DAY = timedelta(minutes=1), timedelta(minutes=15), timedelta(days=1)


def sent(row, at, stood="handing_over", words="Hello."):
    """The letter of this row, as it left."""
    headers = {"Message-ID": f"<{row.pk}@here.kith>"}
    return Sent(at, EmailMessage("A letter", words, to=[row.person.email], headers=headers), stood)


@pytest.fixture
def group():
    network = NetworkFactory()
    return MicroGroupFactory(network=network, founder=PersonFactory(network=network))


# Letters


@pytest.fixture
def digest(group):
    """One evening's, for somebody who was here on one day of the week."""
    person = member_of(group)

    def made(day, at=None, **facts):
        at = at or EVENING + day * DAY
        return Digest.objects.create(
            network=group.network, person=person, period=at.date(), since=at, until=at, **facts
        )

    return made


@pytest.mark.parametrize(
    ("stood", "found"), [("handing_over", 0), ("unknown", 0), ("claimed", 1), ("due", 1), ("", 1)]
)
def test_a_letter_that_left_before_it_was_committed_is_found(digest, stood, found):
    assert len([*recount.handed_over_unsaid([sent(digest(0), NOON, stood)])]) == found


@pytest.mark.parametrize(("stood", "found"), [("handing_over", 1), ("unknown", 0)])
def test_a_letter_at_night_is_found_but_for_a_sleepers(digest, stood, found):
    assert len([*recount.at_night([sent(digest(0), NOON + 11 * 60 * MINUTE, stood)])]) == found


@pytest.mark.parametrize("mail", ["due", "claimed", "handing_over", "failed"])
def test_what_lies_about_in_any_outbox_is_found(digest, mail):
    digest(0, mail=mail, mail_due_at=NOON)

    assert len([*recount.left_lying(NOON)]) == 1


def test_a_letter_may_fail_after_a_week_of_nights(digest):
    digest(0, mail="failed")

    assert len([*recount.left_lying(EVENING + 6 * DAY)]) == 1
    assert [*recount.left_lying(EVENING + 7 * DAY)] == []


def test_two_digests_in_one_evening_are_found(digest):
    twice = [sent(digest(0), EVENING), sent(digest(7), EVENING + MINUTE)]

    assert len([*recount.digested_too_often(twice)]) == 1


def test_a_digest_after_it_was_stopped_is_found(digest):
    row = digest(0)
    stop_mail(row.person, "digest", now=EVENING)

    assert [*recount.digested_too_often([sent(row, EVENING)])] == []
    assert len([*recount.digested_too_often([sent(row, EVENING + MINUTE)])]) == 1


def test_a_second_digest_within_a_week_is_found_where_somebody_is_hardly_here(digest):
    near = [sent(digest(0), EVENING), sent(digest(6), EVENING + 6 * DAY)]
    far = [near[0], sent(digest(7), EVENING + 7 * DAY)]

    assert [*recount.digested_too_often(far)] == []
    assert len([*recount.digested_too_often(near)]) == 1


def test_titles_of_threads_beside_another_message_are_found(group):
    person = PersonFactory(network=group.network, joined_at=NOON - 90 * DAY)
    facts = {"network": group.network, "person": person, "subject_id": group.pk}
    facts |= {"subject_type": "group", "kind": "does_it_fit", "cause": "x"}
    Notice.objects.create(at=NOON - 6 * DAY, **facts)
    facts |= {"kind": "digest_of_threads", "budget": "yields", "reason": "threads_room"}
    Attention.objects.create(at=NOON, is_sent=True, **facts)

    assert len([*recount.digested_too_often([])]) == 1


# Nudges


@pytest.fixture
def nudged(group):
    """Somebody who is away, and the notice that they were written to."""
    place = group.memberships.get(person=member_of(group))
    place.visits.all().delete()
    away = Absence.objects.create(
        membership=place,
        last_visit_on=NOON.date() - 30 * DAY,
        level="lapsed",
        chance=0.01,
        days_away=30,
        usual_gap=3,
        noticed_at=NOON - DAY,
    )
    facts = {"network": group.network, "group": group, "person": place.person, "absence": away}
    facts |= {"step": 1, "state": "sent", "opened_at": NOON, "sent_at": NOON}
    nudge = Nudge.objects.create(**facts)
    facts = {"network": group.network, "person": place.person, "kind": "nudge", "at": NOON}
    facts |= {"subject_type": "nudge", "subject_id": nudge.pk, "cause": f"nudge:{away.pk}:1"}
    return place, Notice.objects.create(**facts)


def test_a_nudge_to_somebody_who_is_back_is_found(nudged):
    place, row = nudged
    letters = [sent(row, NOON + 2 * DAY)]

    assert [*recount.nudged_when_back(letters)] == []
    place.visits.create(on=NOON.date() + DAY, alive=1)
    assert len([*recount.nudged_when_back(letters)]) == 1


def test_a_nudge_kept_from_somebody_who_is_away_is_found(nudged):
    place, row = nudged
    row.withheld_why = "not_needed"
    row.save()

    assert len([*recount.nudged_when_back([])]) == 1
    place.visits.create(on=NOON.date() + DAY, alive=1)
    assert [*recount.nudged_when_back([])] == []


# Calls for help


@pytest.fixture
def called(group):
    """A call, and what became of it when it was rung on at these minutes."""
    facilitator_of(group)
    moderator_of(group.network)
    admin_of(group.network)
    person = member_of(group)

    def rung(*minutes):
        with Broker().at_work() as broker:
            call = call_for_help(group, person, now=NOON)
            for minute in (0, *minutes):
                ring_on(NOON + minute * MINUTE)
                deliver_due(NOON + minute * MINUTE)
        return call, broker.letters

    return rung


def wrong(letters, late=MINUTE, now=NOON + 2 * DAY):
    return [*recount.calls_unheard(letters, late, now)]


def test_a_call_that_climbs_each_quarter_of_an_hour_until_somebody_comes_is_well(called, group):
    call, letters = called(15, 30, 45, 60)
    see(call, admin_of(group.network), now=NOON + 61 * MINUTE)

    assert wrong(letters) == []


def test_who_was_rung_too_late_is_found(called):
    assert len(wrong(called(17)[1])) == 1
    assert wrong(called(17)[1], late=2 * MINUTE) != []  # there are two calls now


def test_a_call_that_nobody_hears_of_while_it_waits_is_found(called, group):
    call, letters = called(15)
    see(call, admin_of(group.network), now=NOON + 40 * MINUTE)

    assert len(wrong(letters)) == 1


def test_who_is_called_after_somebody_came_is_found(called, group):
    call, letters = called(15)
    see(call, admin_of(group.network), now=NOON + 16 * MINUTE)
    Call.objects.create(
        distress=call, person=admin_of(group.network), ring=2, at=NOON + 20 * MINUTE
    )

    assert wrong(letters)


def test_an_hour_without_an_admin_is_found(called, group):
    call, letters = called(15, 30, 45, 60)
    admins = group.network.memberships.filter(role="admin").values("person")
    call.calls.filter(person__in=admins).delete()
    see(call, admin_of(group.network), now=NOON + 65 * MINUTE)

    assert any("no admin" in said for said in wrong(letters))


def test_a_letter_about_a_call_that_has_not_left_is_found(called):
    _, letters = called()

    assert wrong(letters) == []
    assert len(wrong(letters[1:])) == 1


def test_a_letter_about_a_call_that_was_seen_at_once_has_a_day_to_leave(called, group):
    call, letters = called()
    see(call, admin_of(group.network), now=NOON + MINUTE / 2)

    assert wrong(letters[1:], now=NOON + DAY / 2) == []
    assert len(wrong(letters[1:])) == 1


def test_who_reads_of_a_call_elsewhere_is_found(digest):
    letter = sent(digest(0), EVENING, words="A hedgehog sits on my chest.")

    assert len([*recount.read_elsewhere([letter], "hedgehog")]) == 1
