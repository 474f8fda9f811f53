"""Whoever has let two lapses pass without an answer rests, where somebody waits for a seat."""

import threading
from contextlib import closing
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from facilitation.nudges import actions
from facilitation.nudges.models import Nudge
from facilitation.nudges.resting import rest_silent_members
from facilitation.presence.actions import pause
from facilitation.presence.models import Absence
from microgroups.groups.models import MicroGroup
from microgroups.membership.actions import change_role, join, leave, rest, return_
from microgroups.membership.models import Membership, Role
from microgroups.membership.visits import note_visit
from network.activity.models import Activity
from network.errors import NotAllowed
from network.networks.models import Network
from network.notifications.actions import deliver_due, notify
from network.notifications.models import Attention, Notice
from network.operations.invariants import violations
from tests.factories import MicroGroupFactory, PersonFactory, inside, member_of
from tests.threads import all_at_once

pytestmark = pytest.mark.django_db

NOW = timezone.now().replace(hour=12)
DAY = timedelta(days=1)


@pytest.fixture
def group():
    return MicroGroupFactory(cap=2, name="Balcony Growers")


@pytest.fixture
def host(group):
    return inside(group, group.memberships.facilitating().get().person)


@pytest.fixture
def ana(group):
    return inside(group, member_of(group))


@pytest.fixture
def next_in_line(group, ana):
    return member_of(group)


@pytest.fixture
def silent(group, ana, next_in_line):
    """Ana was asked to choose a month ago, and let the lapse before pass as well."""
    lapse(group, ana, last_visit=400, words=380, ended=300)
    return lapse(group, ana, last_visit=130, words=110, choice=31)


def lapse(group, person, *, last_visit, words, ended=None, choice=None):
    """An absence with a word sent in it; all given in days before now."""
    place = group.memberships.of(person)
    on = (NOW - last_visit * DAY).date()
    if ended is None:
        Membership.objects.filter(pk=place.pk).update(last_visit_on=on)
    absence = Absence.objects.create(
        membership=place,
        last_visit_on=on,
        level="lapsed",
        chance=0.01,
        days_away=last_visit,
        usual_gap=3,
        noticed_at=NOW - last_visit * DAY,
        ended_at=None if ended is None else NOW - ended * DAY,
    )
    for step, days in ((1, words), (3, choice)):
        if days is not None:
            sent(absence, step, days)
    return absence


def sent(absence, step, days):
    place, at = absence.membership, NOW - days * DAY
    facts = {"network": place.group.network, "group": place.group, "person": place.person}
    Nudge.objects.create(
        absence=absence, step=step, state="sent", opened_at=at, sent_at=at, **facts
    )


def place_of(group, person):
    return group.memberships.of(person)


def was_told(person):
    return Notice.objects.filter(person=person, kind="will_rest").exists()


class TestTelling:
    def test_after_two_lapses_without_an_answer_one_is_told_once_and_nothing_happens(
        self, group, ana, silent
    ):
        for day in range(3):
            rest_silent_members(NOW + day * DAY)

        notice = Notice.objects.get(person=ana, kind="will_rest")
        assert (notice.actor, notice.group_id) == (None, group.pk)
        assert place_of(group, ana).is_active
        assert Attention.objects.filter(person=ana, kind="will_rest").count() == 1

    def test_one_lapse_is_not_enough(self, group, ana, next_in_line):
        lapse(group, ana, last_visit=130, words=110, choice=31)

        rest_silent_members(NOW)

        assert not was_told(ana)

    def test_but_one_that_goes_on_for_three_more_months_is_two(self, group, ana, next_in_line):
        lapse(group, ana, last_visit=200, words=180, choice=91)

        rest_silent_members(NOW)

        assert was_told(ana)

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ({"words": 320, "ended": 300}, {"words": 110, "choice": 31}),  # they answered
            ({"words": None, "ended": 300}, {"words": 110, "choice": 31}),  # nobody wrote
            ({"words": 380, "ended": 300}, {"words": 110, "choice": 29}),  # asked lately
            ({"words": 380, "ended": 300}, {"words": 110}),  # never asked to choose
        ],
    )
    def test_a_lapse_that_was_answered_or_not_asked_about_does_not_count(
        self, group, ana, next_in_line, before, after
    ):
        lapse(group, ana, last_visit=400, **before)
        lapse(group, ana, last_visit=130, **after)

        rest_silent_members(NOW)

        assert not was_told(ana)

    def test_an_answered_lapse_in_between_begins_anew(self, group, ana, silent):
        lapse(group, ana, last_visit=200, words=190, ended=180)

        rest_silent_members(NOW)

        assert not was_told(ana)

    def test_where_nobody_waits_a_window_is_kept(self, group, ana, silent, next_in_line):
        leave(group, next_in_line)

        rest_silent_members(NOW)

        assert not was_told(ana)

    def test_never_who_looks_after_the_group(self, group, ana, silent, host):
        change_role(group, ana, Role.FACILITATOR, by=host)

        rest_silent_members(NOW)

        assert not was_told(ana)

    def test_never_who_tries_two_sisters(self, group, ana, silent):
        group.memberships.filter(person=ana).update(both_until=NOW + DAY)

        rest_silent_members(NOW)

        assert not was_told(ana)

    def test_who_came_back_soon_after_the_last_word_has_answered(self, group, ana, next_in_line):
        before = lapse(group, ana, last_visit=400, words=380, ended=300)
        sent(before, 2, 310)
        lapse(group, ana, last_visit=130, words=110, choice=31)

        rest_silent_members(NOW)

        assert not was_told(ana)

    def test_never_where_children_may_be_among_them(self, group, ana, silent):
        Network.objects.update(minimum_age=15)

        rest_silent_members(NOW)

        assert not was_told(ana)

    def test_never_who_is_held_out_or_lets_nobody_look(self, group, ana, silent):
        Absence.objects.filter(pk=silent.pk).update(is_held_out=True)
        rest_silent_members(NOW)
        Absence.objects.filter(pk=silent.pk).update(is_held_out=False)
        pause(group, ana)
        rest_silent_members(NOW)

        assert not was_told(ana)

    def test_not_where_the_group_does_not_want_it(self, group, ana, silent, host):
        actions.let_kith_write(group, host, rests=False)

        rest_silent_members(NOW)

        assert not was_told(ana)

    def test_not_where_their_attention_has_no_room_and_then_later(self, group, ana, silent):
        facts = {"network": group.network, "subject": ("group", group.pk), "group": group}
        notify([ana], "does_it_fit", cause="other", at=NOW - DAY, **facts)

        rest_silent_members(NOW)
        assert (was_told(ana), Nudge.objects.filter(step=4).exists()) == (False, False)
        rest_silent_members(NOW + 7 * DAY)

        assert was_told(ana)


class TestResting:
    @pytest.fixture
    def told(self, silent):
        rest_silent_members(NOW)
        return silent

    def test_two_weeks_later_they_rest_and_whoever_waits_is_offered_the_seat(
        self, group, ana, told, next_in_line
    ):
        rest_silent_members(NOW + 13 * DAY)
        assert place_of(group, ana).is_active

        for day in (14, 15, 16):
            rest_silent_members(NOW + day * DAY)

        assert place_of(group, ana).is_resting
        assert place_of(group, next_in_line).is_offered
        assert not Absence.objects.going_on().filter(membership__person=ana).exists()
        assert Notice.objects.filter(person=ana, kind="rests_now").count() == 1
        rows = Activity.objects.filter(verb="membership.resting")
        assert [row.actor for row in rows] == [None]
        assert list(violations()) == []

    def test_they_read_on_and_come_back_as_everybody_who_rests(self, group, ana, told):
        rest_silent_members(NOW + 14 * DAY)
        MicroGroup.objects.filter(pk=group.pk).update(cap=3)

        assert place_of(group, ana).may_read
        back = return_(group, ana, now=NOW + 20 * DAY)

        assert back.is_active or back.is_waitlisted

    @pytest.mark.parametrize("sign", ["visit", "button", "rest", "leave"])
    def test_any_sign_ends_it(self, group, ana, told, sign):
        later = NOW + 5 * DAY
        if sign == "visit":
            note_visit(place_of(group, ana), later)
        else:
            {"button": actions.stay, "rest": rest, "leave": leave}[sign](group, ana, now=later)

        rest_silent_members(NOW + 14 * DAY)

        assert not Notice.objects.filter(kind="rests_now").exists()

    def test_so_does_a_line_that_is_empty_by_then(self, group, ana, told, next_in_line):
        leave(group, next_in_line)

        rest_silent_members(NOW + 14 * DAY)

        assert place_of(group, ana).is_active

    @pytest.mark.parametrize("stays", [True, False])
    def test_the_letter_goes_only_while_it_is_true(self, group, ana, told, mailoutbox, stays):
        if stays:
            actions.stay(group, ana, now=NOW)

        deliver_due(NOW + DAY)

        asked = [letter for letter in mailoutbox if "are you still here" in letter.subject]
        assert len(asked) == (0 if stays else 1)

    @pytest.mark.django_db(transaction=True)
    def test_four_jobs_at_once_tell_once_and_rest_once(self):
        group = MicroGroupFactory(cap=2)
        ana = member_of(group)
        first = member_of(group)
        lapse(group, ana, last_visit=200, words=180, choice=91)

        all_at_once(rest_silent_members, [(NOW,)] * 4)
        all_at_once(rest_silent_members, [(NOW + 14 * DAY,)] * 4)

        kinds = Notice.objects.filter(person=ana).values_list("kind", flat=True)
        assert sorted(kind for kind in kinds if "rest" in kind) == ["rests_now", "will_rest"]
        assert place_of(group, first).is_offered

    @pytest.mark.django_db(transaction=True)
    def test_who_stays_while_the_job_waits_for_the_group_keeps_the_seat(self):
        group = MicroGroupFactory(cap=2)
        ana = member_of(group)
        member_of(group)
        lapse(group, ana, last_visit=200, words=180, choice=91)
        rest_silent_members(NOW)

        def job():
            with closing(connection):
                rest_silent_members(NOW + 14 * DAY)

        with transaction.atomic():
            actions.stay(group, ana, now=NOW + 14 * DAY)
            other = threading.Thread(target=job)
            other.start()
            other.join(timeout=0.3)
            assert other.is_alive()
        other.join()

        assert place_of(group, ana).is_active


class TestPages:
    def test_one_press_is_enough(self, client_of, group, ana, silent):
        rest_silent_members(NOW)
        browser, address = client_of(ana), f"/groups/{group.slug}/stay/"

        page = browser.get(address).content.decode()
        notices = browser.get("/notices/").content.decode()
        answer = browser.post(address, {"choice": "stay"})

        assert "From Kith, not from a person" in page
        assert "I am still here" in page
        assert address in notices
        assert answer.status_code == 302
        rest_silent_members(NOW + 14 * DAY)
        assert place_of(group, ana).is_active

    def test_who_rests_by_now_is_shown_the_group(self, client_of, group, ana, silent):
        rest_silent_members(NOW)
        rest_silent_members(NOW + 14 * DAY)

        assert client_of(ana).get(f"/groups/{group.slug}/stay/").url == group.get_absolute_url()

    def test_who_looks_after_the_group_sees_it_and_may_turn_it_off(
        self, client_of, count_queries, group, ana, silent, host
    ):
        care, address = client_of(host), f"/groups/{group.slug}/nudges/"
        before = count_queries(lambda: care.get(address))
        rest_silent_members(NOW)

        page = care.get(address).content.decode()

        assert "Asked whether they are still here" in page and ana.name in page
        assert count_queries(lambda: care.get(address)) == before
        care.post(address, {"by_kith": "1"})
        rest_silent_members(NOW + 14 * DAY)
        assert place_of(group, ana).is_active
        nudge = Nudge.objects.get(step=4)
        assert care.get(f"/nudges/{nudge.pk}/").status_code == 404
        assert client_of(ana).get(f"/nudges/{nudge.pk}/letter/").url.endswith("/stay/")


class TestApi:
    def test_i_am_still_here(self, api_of, group, ana, silent):
        rest_silent_members(NOW)

        answer = api_of(ana, group.network).post(f"/groups/{group.slug}/stay/")

        assert (answer.status_code, answer.json()["state"]) == (200, "active")
        rest_silent_members(NOW + 14 * DAY)
        assert place_of(group, ana).is_active
        outsider = inside(group, PersonFactory(network=group.network))
        refused = api_of(outsider, group.network).post(f"/groups/{group.slug}/stay/")
        assert (refused.status_code, refused.json()["code"]) == (409, "not_a_member")
        said = f"This needs a place in {group.name}, and there is none."
        assert refused.json()["detail"] == said

    def test_what_kith_may_do_by_itself(self, api_of, group, host, ana):
        address = f"/groups/{group.slug}/nudges/habit/"
        care = api_of(host, group.network)

        assert care.get(address).json() == {"by_kith": False, "rests": True}
        assert care.put(address, {"rests": False}).json() == {"by_kith": False, "rests": False}
        assert care.put(address, {"by_kith": True}).json() == {"by_kith": True, "rests": False}
        assert api_of(ana, group.network).put(address, {"rests": True}).status_code == 403


def test_a_member_says_nothing_of_what_kith_may_do(group, ana):
    with pytest.raises(NotAllowed):
        actions.let_kith_write(group, ana, rests=False)


def test_who_takes_the_seat_is_in_by_the_same_door(group, ana, silent, next_in_line):
    rest_silent_members(NOW)
    rest_silent_members(NOW + 14 * DAY)

    assert join(group, next_in_line, now=NOW + 14 * DAY).is_active
    assert place_of(group, ana).is_resting
