"""Newcomers are greeted once, and their first post is watched until a person answers."""

from datetime import timedelta

import pytest

from facilitation.cues.actions import done, snooze
from facilitation.cues.models import Cue
from facilitation.welcome.actions import ring, watch_first_posts, welcome, welcome_newcomers
from facilitation.welcome.models import Welcome
from facilitation.welcome.rules import stage_at, steps_between
from microgroups.conversation import actions as conversation
from microgroups.conversation.models import Post
from microgroups.groups.actions import archive
from microgroups.membership.actions import change_role, leave
from microgroups.membership.models import Membership
from network.networks.door import come_in
from network.notifications.actions import deliver_due, notify
from network.notifications.models import Mail, Notice
from tests.factories import (
    NOW,
    MicroGroupFactory,
    admin_of,
    facilitator_of,
    member_of,
    say,
    thread_in,
)
from tests.threads import all_at_once

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def group(db):
    return MicroGroupFactory()


def newcomer(group, **facts):
    return member_of(group, now=NOW, **facts)


class TestWelcome:
    def test_each_newcomer_is_greeted_and_a_facilitator_asked_by_name(self, group):
        jun = newcomer(group)

        welcome_newcomers(NOW)

        greeting = jun.notices.get(kind="welcome")
        assert (greeting.actor, greeting.mail) == (None, Mail.DUE)
        assert Cue.objects.get(kind="welcome").person == jun

    def test_the_greeting_says_that_it_is_from_kith(self, group, mailoutbox):
        newcomer(group)
        welcome_newcomers(NOW)

        deliver_due(NOW)

        (letter,) = [m for m in mailoutbox if m.subject.startswith("Welcome")]
        assert "Kith wrote this letter, not a person." in letter.body

    def test_among_the_notices_it_says_so_too_and_a_persons_note_does_not(self, group, client_of):
        jun, host = newcomer(group), group.memberships.get(is_founder=True).person
        come_in(jun, group.network)
        welcome_newcomers(NOW)
        done(Cue.objects.get(kind="welcome"), host, note="Hello Jun", now=NOW)

        page = client_of(jun).get("/notices/").content.decode()

        assert page.count("From Kith, not from a person") == 1
        assert "Hello Jun" in page

    def test_nobody_is_greeted_twice(self, group):
        newcomer(group)

        for hours in range(3):
            welcome_newcomers(NOW + hours * HOUR)

        assert Notice.objects.filter(kind="welcome").count() == 1
        assert Welcome.objects.count() == 1

    def test_a_founder_is_never_greeted(self, group):
        welcome_newcomers(NOW + 24 * HOUR)

        assert not Welcome.objects.exists()

    def test_who_came_in_two_weeks_ago_is_new_no_more(self, group):
        newcomer(group)

        welcome_newcomers(NOW + timedelta(days=14))

        assert not Welcome.objects.exists()

    def test_meeting_the_newcomer_closes_the_cue(self, group):
        jun = newcomer(group)
        welcome_newcomers(NOW)
        thread = thread_in(group, jun, now=NOW + HOUR)

        say(thread, member_of(group), now=NOW + 2 * HOUR)
        welcome_newcomers(NOW + 3 * HOUR)

        cue = Cue.objects.get(kind="welcome", person=jun)
        assert (cue.state, cue.closed_why) == ("done", "Somebody has met them.")

    def test_who_left_before_the_job_ran_is_not_greeted(self, group):
        jun = newcomer(group)
        key = group.memberships.of(jun).pk
        leave(group, jun)

        assert not welcome(key, now=NOW)

        assert not jun.notices.filter(kind="welcome").exists()

    def test_in_a_closed_group_nobody_is_greeted_and_no_cue_stays(self, group):
        early = newcomer(group)
        welcome_newcomers(NOW)
        newcomer(group)

        archive(group, group.memberships.get(is_founder=True).person)
        welcome_newcomers(NOW + HOUR)

        assert Welcome.objects.count() == 1
        assert Cue.objects.get(person=early).state == "lapsed"

    def test_leaving_again_lets_the_cue_lapse(self, group):
        jun = newcomer(group)
        welcome_newcomers(NOW)

        leave(group, jun)
        welcome_newcomers(NOW + HOUR)

        assert Cue.objects.get(kind="welcome").state == "lapsed"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("workers", [2, 16])
def test_workers_at_once_greet_each_newcomer_once(workers):
    group = MicroGroupFactory()
    people = [newcomer(group) for _ in range(6)]

    all_at_once(welcome_newcomers, [(NOW,)] * workers)

    assert Notice.objects.filter(kind="welcome").count() == len(people)
    assert Welcome.objects.count() == len(people)
    assert Cue.objects.filter(kind="welcome").count() == len(people)


@pytest.mark.django_db(transaction=True)
def test_sixteen_workers_at_once_ring_once():
    group = MicroGroupFactory()
    for _ in range(3):
        thread_in(group, newcomer(group), now=NOW)

    all_at_once(watch_first_posts, [(NOW + 7 * HOUR,)] * 16)

    rung = Notice.objects.filter(cause__startswith="ring:")
    assert rung.count() == Cue.objects.filter(kind="answer", rings=2).count() == 3


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_ask_two_helpers_and_no_third():
    group = MicroGroupFactory()
    helpers = [member_of(group).pk for _ in range(6)]
    Membership.objects.filter(person__in=helpers).update(last_visit_on=NOW.date())
    thread_in(group, newcomer(group), now=NOW)

    all_at_once(watch_first_posts, [(NOW + 25 * HOUR,)] * 4)

    assert Notice.objects.filter(kind="could_you_answer").count() == 2


class TestTheWatch:
    @pytest.fixture
    def jun(self, group):
        return newcomer(group)

    @pytest.fixture
    def keeper(self, group):
        """Who founded the group: somebody whose own first post is not watched."""
        return group.memberships.get(is_founder=True).person

    @pytest.fixture
    def thread(self, group, jun):
        return thread_in(group, jun, "One basil", "Mostly stalk.", now=NOW)

    def test_it_waits_an_hour_before_it_asks(self, thread):
        watch_first_posts(NOW + HOUR - timedelta(minutes=1))
        assert not Cue.objects.filter(kind="answer").exists()

        watch_first_posts(NOW + HOUR)

        assert Cue.objects.filter(kind="answer").count() == 1

    def test_any_persons_answer_closes_it(self, thread, keeper):
        watch_first_posts(NOW + HOUR)

        say(thread, keeper, now=NOW + 2 * HOUR)
        watch_first_posts(NOW + 3 * HOUR)

        cue = Cue.objects.get(kind="answer")
        assert (cue.state, cue.closed_why) == ("done", "Somebody wrote back.")

    def test_an_answer_within_the_hour_opens_nothing(self, thread, keeper):
        say(thread, keeper, now=NOW + timedelta(minutes=20))

        watch_first_posts(NOW + 2 * HOUR)

        assert not Cue.objects.filter(kind="answer").exists()

    def test_ones_own_second_post_is_no_answer(self, jun, thread):
        say(thread, jun, now=NOW + timedelta(minutes=20))

        watch_first_posts(NOW + 2 * HOUR)

        assert Cue.objects.get(kind="answer").state == "open"

    def test_taking_the_post_back_lets_it_lapse(self, jun, thread):
        watch_first_posts(NOW + HOUR)

        conversation.delete_post(thread.posts.get(), jun)
        watch_first_posts(NOW + 2 * HOUR)

        assert Cue.objects.get(kind="answer").state == "lapsed"

    def test_a_first_reply_in_somebody_elses_thread_is_watched_too(self, group):
        thread = thread_in(group, group.memberships.get().person, now=NOW - HOUR)
        say(thread, newcomer(group), now=NOW)

        watch_first_posts(NOW + 2 * HOUR)

        assert Cue.objects.filter(kind="answer").count() == 1

    @pytest.mark.parametrize(("hours", "rings"), [(0.9, 0), (1, 1), (5.9, 1), (6, 2), (24, 3)])
    def test_it_rings_after_one_six_and_twenty_four_hours(self, hours, rings):
        assert stage_at(timedelta(hours=hours)) == rings

    @pytest.mark.parametrize(
        ("rung", "due", "steps"),
        [(0, 1, [0]), (0, 2, [1]), (0, 3, [1, 2]), (1, 2, [1]), (2, 3, [2]), (3, 3, [])],
    )
    def test_the_second_ring_stands_for_the_first_where_both_are_due(self, rung, due, steps):
        assert list(steps_between(rung, due)) == steps

    def test_each_ring_reaches_its_people_once(self, group, thread):
        first = group.memberships.filter(is_founder=True).get().person
        second, helper = facilitator_of(group), member_of(group)
        admin = admin_of(group.network)

        for hours in (1, 1, 6, 6, 24, 24, 30):
            watch_first_posts(NOW + hours * HOUR)

        rung = Notice.objects.filter(cause__startswith="ring:")
        assert rung.filter(kind="answer_wanted", cause__endswith=":0").count() == 1
        everybody = rung.filter(cause__endswith=":1").values_list("person", flat=True)
        assert set(everybody) == {first.pk, second.pk}
        assert rung.filter(person=helper, kind="could_you_answer").count() == 1
        assert rung.filter(person=admin, kind="answer_overdue").count() == 1

    def test_nobody_is_rung_about_themselves(self, group, jun, keeper, thread):
        change_role(group, jun, "facilitator", by=keeper)

        watch_first_posts(NOW + 25 * HOUR)

        assert {each.person for each in Notice.objects.filter(kind="answer_wanted")} == {keeper}

    def test_members_are_asked_for_help_and_first_who_was_asked_least(self, group, thread, keeper):
        often, *others = (member_of(group) for _ in range(3))
        Membership.objects.filter(person__in=others).update(last_visit_on=NOW.date() - 3 * DAY)
        here_last = [often, keeper, facilitator_of(group)]
        Membership.objects.filter(person__in=here_last).update(last_visit_on=NOW.date())
        facts = {"network": group.network, "group": group, "subject": ("group", group.pk)}
        notify([often], "could_you_answer", cause="before", at=NOW - HOUR, **facts)

        watch_first_posts(NOW + 25 * HOUR)

        asked = Notice.objects.filter(kind="could_you_answer", cause__startswith="ring:")
        assert {each.person for each in asked} == set(others)

    def test_who_was_answered_after_the_worker_looked_is_not_rung(self, thread, keeper):
        watch_first_posts(NOW + HOUR)
        say(thread, keeper, now=NOW + 6 * HOUR)

        assert ring(Cue.objects.get().pk, now=NOW + 7 * HOUR) is None

    def test_an_admin_is_rung_without_a_word_of_the_group(self, group, thread):
        admin, suspended = admin_of(group.network), admin_of(group.network)
        suspended.network_memberships.update(suspended_at=NOW)

        watch_first_posts(NOW + 25 * HOUR)

        notice = admin.notices.get(kind="answer_overdue")
        assert (notice.subject_type, notice.words) == ("group", "")
        assert not suspended.notices.exists()

    def test_beat_away_for_a_day_rings_everybody_who_should_know_by_then(self, group, thread):
        watch_first_posts(NOW + 25 * HOUR)

        assert Cue.objects.get(kind="answer").rings == 3
        founder = group.memberships.get(is_founder=True).person
        assert founder.notices.filter(kind="answer_wanted").count() == 1

    def test_at_night_the_cue_stands_and_the_letter_waits_for_the_morning(
        self, group, jun, mailoutbox
    ):
        night = NOW.replace(hour=2)
        founder = group.memberships.get(is_founder=True).person
        thread_in(group, jun, now=night)

        watch_first_posts(night + HOUR)
        deliver_due(night + HOUR)
        assert founder.notices.filter(kind="answer_wanted").exists()
        assert not mailoutbox

        deliver_due(night.replace(hour=8))
        assert [letter.to for letter in mailoutbox] == [[founder.email]]

    def test_who_was_asked_three_times_this_week_is_left_in_peace(self, group):
        helper = member_of(group, now=NOW - timedelta(days=30))
        Membership.objects.filter(person=helper).update(last_visit_on=NOW.date())
        for number in range(4):
            hour = NOW + number * HOUR
            thread_in(group, newcomer(group), now=hour)
            Membership.objects.exclude(person=helper).update(last_visit_on=None)
            watch_first_posts(hour + 25 * HOUR)

        assert helper.notices.filter(kind="could_you_answer").count() == 3

    def test_whoever_leaves_everything_unread_is_passed_over_for_the_next(self, group, thread):
        tired, helpers = member_of(group), [member_of(group) for _ in range(3)]
        facts = {"network": group.network, "group": group, "subject": ("group", group.pk)}
        for weeks in range(5):
            at = NOW - timedelta(weeks=10 - weeks)
            notify([tired], "could_you_answer", cause=f"unread {weeks}", at=at, **facts)

        watch_first_posts(NOW + 25 * HOUR)

        asked = Notice.objects.filter(kind="could_you_answer", cause__startswith="ring:")
        assert len({notice.person for notice in asked} & set(helpers)) == asked.count() == 2
        assert tired.attention.get(cause__startswith="ring:").reason == "stopped"

    def test_a_ring_brings_back_what_was_put_aside(self, group, thread):
        watch_first_posts(NOW + HOUR)
        founder = group.memberships.get(is_founder=True).person
        snooze(Cue.objects.get(), founder, until=NOW + 30 * HOUR, now=NOW + HOUR)

        watch_first_posts(NOW + 6 * HOUR)

        assert Cue.objects.waiting(NOW + 6 * HOUR).exists()

    def test_a_founders_first_post_is_nobodys_cue(self, group):
        thread_in(group, group.memberships.get(is_founder=True).person, now=NOW)

        watch_first_posts(NOW + 2 * HOUR)

        assert not Cue.objects.exists()

    def test_a_machines_post_is_no_answer(self, thread):
        Post.objects.create(
            thread=thread, group=thread.group, body="Welcome", at=NOW, is_system=True
        )

        watch_first_posts(NOW + 2 * HOUR)

        assert Cue.objects.get(kind="answer").state == "open"

    def test_as_of_the_past_a_later_answer_has_not_been_given_yet(self, group, thread):
        say(thread, member_of(group), now=NOW + timedelta(days=2))

        watch_first_posts(NOW + 2 * HOUR)

        assert Cue.objects.get(kind="answer").state == "open"
