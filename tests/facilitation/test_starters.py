"""Openers: written, scheduled, asked in one's name; drafted where a group has gone quiet."""

from datetime import timedelta

import pytest
from django.utils import timezone

from facilitation.cues import actions as cues
from facilitation.cues.models import Cue
from facilitation.starters import actions, rules
from facilitation.starters.drafting import (
    draft,
    draft_starters,
    fresh_opener,
    publish_starters,
    settle_drafts,
)
from facilitation.starters.library import KINDS, LIBRARY, openers
from facilitation.starters.measure import figures
from facilitation.starters.models import Starter
from microgroups.conversation.models import Thread
from microgroups.groups.actions import archive, restore
from microgroups.groups.models import MicroGroup
from microgroups.membership.actions import change_role, leave
from network.activity.models import Activity
from network.errors import Refused
from network.networks.door import come_in
from network.registries import personal_data
from tests.factories import MicroGroupFactory, crowd, facilitator_of, member_of, thread_in
from tests.threads import all_at_once, one_behind_the_other

pytestmark = pytest.mark.django_db

NOW = timezone.now()
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WORDS = {"title": "What did you mend?", "body": "One thing, and who showed you how."}


def old_group(days=60, people=5, **facts):
    """A group that began so many days ago, with so many people beside its founder."""
    group = MicroGroupFactory(**facts)
    crowd(group, people)
    MicroGroup.objects.filter(pk=group.pk).update(founded_at=NOW - days * DAY)
    return MicroGroup.objects.select_related("network").get(pk=group.pk)


def begun(group, *days_ago, person=None, **facts):
    """Threads that somebody began so many days ago each; a member, unless it is said who."""
    person = person or group.memberships.filter(role="member").order_by("pk").first().person
    for ago in days_ago:
        thread = thread_in(group, person, **facts)
        at = NOW - ago * DAY
        Thread.objects.filter(pk=thread.pk).update(opened_at=at, last_at=at)


@pytest.fixture
def group():
    return old_group()


@pytest.fixture
def ruth(group):
    ruth = facilitator_of(group)
    come_in(ruth, group.network)
    return ruth


def drafted(now=NOW, **facts):
    draft_starters(now)
    return Starter.objects.filter(from_kith=True, **facts)


def refusal(deed, *args, **facts):
    with pytest.raises(Refused) as caught:
        deed(*args, **facts)
    return caught.value.code


class TestTheRules:
    @pytest.mark.parametrize(
        ("by_members", "threads", "stands"),
        [
            (0, 0, "inception"),
            (4, 9, "inception"),
            (5, 10, "establishment"),
            (8, 9, "establishment"),
            (9, 10, "mature"),
            (7, 7, "establishment"),
            (8, 8, "mature"),
        ],
    )
    def test_a_group_stands_where_its_members_carry_it(self, by_members, threads, stands):
        assert rules.badge(by_members, threads) == stands

    def test_patience_is_twice_the_usual_gap_and_three_days_at_least(self):
        assert [rules.patience(gap) for gap in (0.5, 1.5, 4, None)] == [3, 3, 8, 14]

    def test_the_first_of_a_month_has_room_and_more_only_among_many(self):
        assert rules.has_room(0, 0)
        assert not rules.has_room(1, 5)
        assert rules.has_room(1, 6)

    def test_the_reason_has_its_figures(self):
        assert rules.in_words(6, 2.2) == (
            "No member has begun a thread for 6 days; usually somebody does every second day."
        )
        assert rules.in_words(20, 9.4).endswith("usually somebody does every 9 days.")

    @pytest.mark.parametrize(
        ("card", "kind"),
        [
            ("Balcony Growers: we grow things.", "makers"),
            ("Night Readers", "readers"),
            ("The neighbours of Mill Street", "neighbours"),
            ("Run before breakfast", "habits"),
            ("Young widows", "support"),
            ("Saxophonists", "any"),
        ],
    )
    def test_the_card_tells_the_kind_of_group(self, card, kind):
        assert rules.kind_of(card) == kind

    def test_there_are_eight_openers_of_each_kind_and_each_asks_for_something(self):
        assert {kind: len(openers(kind)) for kind in KINDS} == dict.fromkeys(KINDS, 8)
        assert len({opener.key for opener in LIBRARY}) == len(LIBRARY)
        assert all(len(opener.title) <= 60 and len(opener.body) > 100 for opener in LIBRARY)
        assert openers(language="de") == []


class TestWriting:
    def test_one_writes_changes_and_asks_it_in_ones_own_name(self, group, ruth):
        starter = actions.write(group, ruth, **WORDS, now=NOW)
        actions.edit(starter, ruth, body="One thing.", now=NOW)

        asked = actions.publish(starter, ruth, now=NOW)

        assert asked.state == "published"
        thread = asked.thread
        assert (thread.kind, thread.author, thread.title) == ("starter", ruth, WORDS["title"])
        assert thread.posts.get().body == "One thing."
        assert (asked.title, asked.body) == ("", "")
        verbs = Activity.objects.filter(about_type="starter").order_by("pk")
        assert [row.verb for row in verbs] == [
            "starter.drafted",
            "starter.edited",
            "starter.published",
        ]

    def test_a_member_does_none_of_it(self, group, ruth):
        jun, starter = member_of(group), actions.write(group, ruth, **WORDS)

        assert refusal(actions.write, group, jun, **WORDS) == "not_allowed"
        for deed in (actions.edit, actions.publish, actions.discard, actions.put_back):
            assert refusal(deed, starter, jun) == "not_allowed"

    def test_words_are_needed(self, group, ruth):
        assert refusal(actions.write, group, ruth, title="What?", body=" ") == "invalid"
        assert refusal(actions.write, group, ruth, title="", body="So?") == "invalid"
        assert refusal(actions.write, group, ruth, opener="none of ours") == "invalid"

    def test_an_opener_brings_its_words_and_rests_for_56_days(self, group, ruth):
        starter = actions.write(group, ruth, opener="lend", now=NOW)
        assert starter.title == "What could you lend for a weekend?"
        assert refusal(actions.write, group, ruth, opener="lend", now=NOW) == "opener_rests"

        actions.publish(starter, ruth, now=NOW)

        assert refusal(actions.write, group, ruth, opener="lend", now=NOW + 55 * DAY)
        assert actions.write(group, ruth, opener="lend", now=NOW + 57 * DAY)
        other = old_group(network=group.network, founder=ruth)
        assert actions.write(other, ruth, opener="lend", now=NOW)

    def test_ones_own_words_are_never_held_back(self, group, ruth):
        for _ in range(4):
            actions.write_and_ask(group, ruth, **WORDS)

        assert group.starters.filter(state="published").count() == 4

    def test_refused_to_ask_nothing_is_written(self, group, ruth):
        at = NOW - DAY
        assert refusal(actions.write_and_ask, group, ruth, **WORDS, at=at, now=NOW) == "invalid"
        assert not group.starters.exists()

    def test_what_was_asked_is_over(self, group, ruth):
        starter = actions.write_and_ask(group, ruth, **WORDS)

        for deed in (actions.publish, actions.discard, actions.put_back):
            assert refusal(deed, starter, ruth) == "starter_over"
        assert refusal(actions.edit, starter, ruth, body="Else.") == "starter_over"

    def test_left_be_it_can_be_put_back_for_a_day(self, group, ruth):
        starter = actions.write(group, ruth, **WORDS, now=NOW)
        actions.discard(starter, ruth, now=NOW)
        assert actions.discard(starter, ruth, now=NOW).decided_at == NOW
        assert refusal(actions.publish, starter, ruth, now=NOW) == "starter_over"

        late = NOW + DAY + timedelta(minutes=1)
        assert refusal(actions.put_back, starter, ruth, now=late) == "starter_over"
        assert actions.put_back(starter, ruth, now=NOW + DAY).state == "drafted"

    def test_where_the_group_is_closed_it_can_only_be_left_be(self, group, ruth):
        starter = actions.write(group, ruth, **WORDS)
        archive(group, ruth)

        assert refusal(actions.publish, starter, ruth) == "group_not_open"
        assert refusal(actions.write, group, ruth, **WORDS) == "group_not_open"
        assert actions.discard(starter, ruth).state == "discarded"

    def test_who_leaves_for_good_takes_along_what_was_not_asked(self, group, ruth):
        kept = personal_data[Starter]
        actions.write(group, ruth, **WORDS)
        actions.write_and_ask(group, ruth, **WORDS)
        assert [row["title"] for row in kept.export(ruth)] in (
            [WORDS["title"], ""],
            ["", WORDS["title"]],
        )

        kept.erase(ruth)

        (left,) = group.starters.all()
        assert (left.state, left.author, left.decided_by) == ("published", None, None)


class TestTheTimeItIsAsked:
    @pytest.fixture
    def starter(self, group, ruth):
        starter = actions.write(group, ruth, **WORDS, now=NOW)
        return actions.publish(starter, ruth, at=NOW + DAY, now=NOW)

    def test_it_is_asked_then_once_and_in_the_name_of_who_decided(self, starter, ruth):
        publish_starters(NOW + DAY - timedelta(minutes=1))
        starter.refresh_from_db()
        assert starter.state == "scheduled"

        publish_starters(NOW + DAY)
        publish_starters(NOW + DAY)

        starter.refresh_from_db()
        assert (starter.state, starter.thread.author) == ("published", ruth)
        assert starter.thread.opened_at == NOW + DAY
        assert starter.group.threads.count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_workers_at_once_ask_it_once(self, starter):
        all_at_once(publish_starters, [(NOW + DAY,)] * 4)

        starter.refresh_from_db()
        assert (starter.state, starter.group.threads.count()) == ("published", 1)
        assert not Activity.objects.filter(verb="starter.given_back").exists()

    def test_who_changes_it_asks_it(self, starter, group):
        ola = facilitator_of(group)
        actions.edit(starter, ola, body="And why?", now=NOW)

        publish_starters(NOW + DAY)

        starter.refresh_from_db()
        assert starter.thread.author == ola

    def test_who_does_not_look_after_the_group_any_more_asks_nothing(self, starter, group, ruth):
        founder = group.memberships.get(is_founder=True).person
        change_role(group, ruth, "member", by=founder)

        publish_starters(NOW + DAY)

        starter.refresh_from_db()
        assert (starter.state, starter.publish_at) == ("drafted", None)
        cue = Cue.objects.get(kind="starter")
        assert f"{ruth.name} does not look after the group any more." in cue.reason
        assert not group.threads.exists()

    def test_who_is_suspended_or_left_asks_nothing(self, starter, group, ruth):
        group.network.memberships.filter(person=ruth).update(suspended_at=NOW)
        publish_starters(NOW + DAY)
        starter.refresh_from_db()
        assert starter.state == "drafted"

        assert Cue.objects.get(kind="starter").reason.endswith("is not here just now.")

    def test_a_closed_group_is_asked_nothing_and_nobody_is_rung(self, starter, group, ruth):
        archive(group, ruth)
        publish_starters(NOW + DAY)

        starter.refresh_from_db()
        assert starter.state == "drafted"
        assert not Cue.objects.filter(kind="starter").exists()

    def test_not_before_now_and_not_in_a_year(self, group, ruth):
        starter = actions.write(group, ruth, **WORDS, now=NOW)
        for at in (NOW, NOW - DAY, NOW + 61 * DAY):
            assert refusal(actions.publish, starter, ruth, at=at, now=NOW) == "invalid"

    def test_undone_it_is_a_draft_again(self, starter, ruth):
        assert actions.put_back(starter, ruth, now=NOW).publish_at is None
        publish_starters(NOW + DAY)
        starter.refresh_from_db()
        assert starter.state == "drafted"


class TestDrafting:
    def test_a_quiet_group_is_drafted_one_question_and_a_facilitator_asked(self, group):
        begun(group, 6, 8, 10, 12, 14)

        starter = drafted().get()

        assert (starter.state, starter.is_untouched, starter.author) == ("drafted", True, None)
        cue = Cue.objects.get(kind="starter")
        assert (cue.group, cue.person, cue.subject_id) == (group, None, starter.pk)
        assert cue.reason == (
            "No member has begun a thread for 6 days; usually somebody does every second day."
        )

    @pytest.mark.parametrize("days", [(3, 5, 7, 9, 11), (19, 29, 39, 49), ()])
    def test_not_while_it_talks_as_usual(self, group, days):
        begun(group, *days)
        if not days:
            MicroGroup.objects.filter(pk=group.pk).update(founded_at=NOW - 13.9 * DAY)

        assert not drafted().exists()

    def test_what_facilitators_begin_is_no_sign_of_life(self, group, ruth):
        begun(group, 6, 8, 10, 12)
        begun(group, 1, person=ruth)

        assert drafted().exists()

    @pytest.mark.parametrize(("days", "many"), [(1, 0), (3.99, 0), (4, 1)])
    def test_but_after_a_starter_it_waits(self, group, ruth, days, many):
        begun(group, 6, 8, 10, 12)
        begun(group, days, person=ruth, kind="starter")

        assert drafted().count() == many

    def test_an_opener_rests_from_the_day_on_which_it_was_asked(self, group, ruth):
        first = fresh_opener(group, NOW)
        starter = actions.write(group, ruth, opener=first.key, now=NOW - 60 * DAY)
        actions.publish(starter, ruth, now=NOW - 10 * DAY)

        assert fresh_opener(group, NOW) != first

    def test_no_tiny_group_and_none_that_nobody_looks_after_or_that_is_closed(self):
        tiny, alone, closed = old_group(people=3), old_group(), old_group()
        alone.memberships.filter(role="facilitator").update(role="member")
        archive(closed, closed.memberships.get(is_founder=True).person)

        assert not drafted().exists()
        assert figures(NOW, only=tiny.pk) and not figures(NOW, only=closed.pk)

    def test_no_group_that_fell_silent_half_a_year_ago(self):
        begun(old_group(days=900), 400, 402, 404)

        assert not drafted().exists()

    def test_once_however_often_the_job_runs(self, group):
        for day in range(5):
            drafted(NOW + day * DAY)

        assert Starter.objects.count() == Cue.objects.filter(kind="starter").count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_workers_at_once_draft_once(self, group):
        all_at_once(draft_starters, [(NOW,)] * 3)

        assert Starter.objects.count() == Cue.objects.filter(kind="starter").count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_a_worker_that_comes_late_drafts_nothing(self, group):
        def once():
            return draft(group.pk, now=NOW)

        assert one_behind_the_other(once, once) is None
        assert Starter.objects.count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_what_is_let_go_at_that_moment_is_not_asked(self, group, ruth):
        starter, late = drafted().get(), NOW + 14 * DAY

        refused = one_behind_the_other(
            lambda: settle_drafts(late),
            lambda: refusal(actions.publish, starter, ruth, now=late),
        )

        assert refused == "starter_over"
        assert not group.threads.exists()

    def test_a_thread_of_a_member_settles_it(self, group):
        starter = drafted().get()
        member = group.memberships.filter(role="member").first().person
        thread_in(group, member, now=NOW + timedelta(hours=1))
        later = NOW + timedelta(hours=2)
        assert not Cue.objects.waiting(later).filter(kind="starter").exists()

        draft_starters(later)

        starter.refresh_from_db()
        assert (starter.state, starter.decided_by) == ("discarded", None)
        assert Cue.objects.get(kind="starter").closed_why == "A member has begun a thread."

    def test_what_a_person_has_changed_is_theirs_and_stays(self, group, ruth):
        starter = actions.edit(drafted().get(), ruth, body="In my words.", now=NOW)
        begun(group, -0.1)

        draft_starters(NOW + DAY)

        starter.refresh_from_db()
        assert (starter.state, starter.is_untouched) == ("drafted", False)

    def test_after_two_weeks_untouched_it_goes(self, group):
        starter = drafted().get()

        draft_starters(NOW + 14 * DAY)

        starter.refresh_from_db()
        assert starter.state == "discarded"
        assert Cue.objects.get(kind="starter", subject_id=starter.pk).state == "lapsed"

    def test_left_be_none_comes_for_a_week_and_then_another(self, group, ruth):
        first = drafted().get()
        actions.discard(first, ruth, now=NOW)
        assert Cue.objects.get(kind="starter").state == "dismissed"
        assert drafted(NOW + 6 * DAY).count() == 1

        second = drafted(NOW + 8 * DAY, state="drafted").get()

        assert second.opener != first.opener

    def test_put_back_its_cue_is_back(self, group, ruth):
        starter = drafted().get()
        actions.discard(starter, ruth, now=NOW)

        actions.put_back(starter, ruth, now=NOW)

        assert Cue.objects.waiting(NOW).filter(kind="starter").exists()

    def test_with_its_cue_dismissed_it_goes_and_with_it_reopened_it_is_back(self, group, ruth):
        starter, cue = drafted().get(), Cue.objects.get(kind="starter")

        cues.dismiss(cue, ruth, reason="We talk enough.", now=NOW)
        starter.refresh_from_db()
        assert (starter.state, starter.decided_by) == ("discarded", ruth)
        cues.reopen(cue, ruth, now=NOW + HOUR)
        starter.refresh_from_db()

        assert starter.state == "drafted"
        assert Cue.objects.waiting(NOW + HOUR).filter(pk=cue.pk).exists()

    def test_after_a_day_neither_comes_back(self, group, ruth):
        starter, cue = drafted().get(), Cue.objects.get(kind="starter")
        cues.dismiss(cue, ruth, reason="We talk enough.", now=NOW)

        assert refusal(cues.reopen, cue, ruth, now=NOW + 2 * DAY) == "starter_over"

        cue.refresh_from_db()
        starter.refresh_from_db()
        assert (cue.state, starter.state) == ("dismissed", "discarded")

    def test_asked_as_it_is_it_is_the_persons_and_the_cue_is_done(self, group, ruth):
        starter = actions.publish(drafted().get(), ruth, now=NOW)

        assert (starter.is_untouched, starter.thread.author) == (False, ruth)
        cue = Cue.objects.get(kind="starter")
        assert (cue.state, cue.closed_by) == ("done", ruth)

    def test_where_members_carry_the_talk_nothing_is_drafted(self, group):
        begun(group, *(day + 9.5 for day in range(0, 40, 4)))
        assert figures(NOW, only=group.pk)[0].badge == "mature"
        assert not drafted().exists()

    def test_kith_drafts_three_threads_in_ten_at_most(self, group, ruth):
        actions.publish(drafted().get(), ruth, now=NOW)

        assert not drafted(NOW + 20 * DAY, state="drafted").exists()
        assert drafted(NOW + 29 * DAY, state="drafted").exists()

    def test_many_groups_are_looked_at_in_as_many_queries_as_one(self, group, count_queries):
        begun(group, 1)
        few = count_queries(lambda: draft_starters(NOW))
        for _ in range(3):
            begun(old_group(), 1)

        assert count_queries(lambda: draft_starters(NOW)) == few == 4
        assert not Starter.objects.exists()

    def test_after_it_is_opened_again_it_goes_on(self, group):
        founder = group.memberships.get(is_founder=True).person
        archive(group, founder)
        assert not drafted().exists()
        restore(group, founder)
        assert drafted().exists()

    def test_who_left_began_it_all_the_same(self, group):
        jun = member_of(group)
        begun(group, 1, person=jun)
        leave(group, jun)

        assert not drafted().exists()
