"""Starters that Kith asks by itself, where a group lets it: late, few, in nobody's name."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from facilitation.cues import actions as cues
from facilitation.cues.models import Cue
from facilitation.dashboard.reading import queue
from facilitation.rescue.actions import rescue_threads
from facilitation.starters import actions
from facilitation.starters.asking import ask_as_kith, ask_one, zones_of
from facilitation.starters.drafting import draft_starters
from facilitation.starters.measure import figures
from facilitation.starters.models import Starter
from facilitation.starters.reading import what_kith_asked_is_in_nobodys_name
from microgroups.conversation.actions import delete_thread, post, undelete_thread
from microgroups.conversation.models import Post, Thread
from microgroups.digest.letters import begun as told_in_a_letter
from microgroups.groups.actions import archive
from microgroups.groups.models import MicroGroup
from microgroups.membership.models import Membership
from network.activity.models import Activity
from network.notifications.models import Notice
from network.people.models import Person
from tests.facilitation.test_dashboard import words
from tests.facilitation.test_starters import refusal
from tests.factories import (
    MicroGroupFactory,
    PersonFactory,
    crowd,
    facilitator_of,
    member_of,
    thread_in,
)
from tests.threads import all_at_once

pytestmark = pytest.mark.django_db

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOON = datetime(2027, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def group():
    """A group that has been quiet since it began, two months ago."""
    group = MicroGroupFactory()
    crowd(group, 5)
    MicroGroup.objects.filter(pk=group.pk).update(founded_at=NOON - 60 * DAY)
    return MicroGroup.objects.select_related("network").get(pk=group.pk)


@pytest.fixture
def ruth(group):
    return facilitator_of(group)


@pytest.fixture
def draft(group, ruth):
    """What Kith has drafted, in a group that lets it ask."""
    actions.let_kith_ask(group, ruth, by_kith=True, now=NOON - DAY)
    draft_starters(NOON)
    return group.starters.get()


@pytest.fixture
def thread(group, draft):
    """What Kith has asked by itself, a day later."""
    ask_as_kith(NOON + DAY)
    return group.threads.get()


def asks(at=NOON + DAY):
    """How many threads Kith begins then."""
    before = Thread.objects.filter(by_kith=True).count()
    ask_as_kith(at)
    return Thread.objects.filter(by_kith=True).count() - before


class TestWhetherItDoes:
    def test_off_unless_somebody_who_facilitates_says_so(self, group, ruth):
        draft_starters(NOON)
        assert asks() == 0

        actions.let_kith_ask(group, ruth, by_kith=True, now=NOON + DAY)

        assert asks(NOON + 2 * DAY) == 1

    def test_a_member_does_not_say_so(self, group):
        assert refusal(actions.let_kith_ask, group, member_of(group), by_kith=True) == "not_allowed"

    def test_whoever_changes_it_leaves_a_row_of_the_log_and_saying_it_twice_none(self, group, ruth):
        for by_kith in (True, True, False):
            actions.let_kith_ask(group, ruth, by_kith=by_kith)

        rows = Activity.objects.filter(verb="group.starters_changed", actor=ruth).order_by("pk")
        assert [row.facts["by_kith"] for row in rows] == [True, False]

    def test_what_waits_already_is_left_to_people_for_a_day_from_then(self, group, ruth):
        draft_starters(NOON)
        actions.let_kith_ask(group, ruth, by_kith=True, now=NOON + 3 * DAY)

        assert asks(NOON + 4 * DAY - HOUR) == 0
        assert asks(NOON + 4 * DAY) == 1

    def test_taken_back_it_asks_nothing_more(self, group, ruth, draft):
        actions.let_kith_ask(group, ruth, by_kith=False, now=NOON)

        assert asks() == 0


class TestWhatItAsks:
    def test_it_stands_in_nobodys_name(self, group, draft):
        title, body = draft.title, draft.body

        ask_as_kith(NOON + DAY)

        thread = group.threads.get()
        assert (thread.kind, thread.title, thread.author) == ("starter", title, None)
        assert thread.by_kith
        opening = thread.posts.get()
        assert (opening.body, opening.author) == (body, None)
        assert opening.by_kith and opening.is_system
        draft.refresh_from_db()
        assert (draft.state, draft.thread, draft.decided_by) == ("published", thread, None)
        assert draft.is_by_kith and (draft.title, draft.body) == ("", "")
        assert not list(what_kith_asked_is_in_nobodys_name())

    def test_the_database_holds_that_nobodys_name_is_on_it(self, thread, ruth):
        thread.author = ruth

        with pytest.raises(IntegrityError, match="what_kith_begins_is_in_nobodys_name"):
            thread.save()

    def test_a_starter_that_does_not_agree_with_its_thread_is_found(self, thread):
        Starter.objects.update(is_untouched=False)

        assert len(list(what_kith_asked_is_in_nobodys_name())) == 1

    def test_the_cue_closes_by_itself_and_says_so_and_the_log_names_nobody(self, thread):
        cue = Cue.objects.get(kind="starter")
        assert (cue.state, cue.closed_by) == ("done", None)
        assert cue.closed_why == "Kith has asked it, since nobody had seen to it for a day."
        rows = Activity.objects.filter(verb__in=["thread.opened", "starter.published"])
        assert {row.actor for row in rows} == {None} and rows.count() == 2

    def test_nobody_is_told_and_nobody_has_been_there(self, group, draft):
        alive, visits = group.alive_until, Membership.objects.filter(first_post_at=None).count()
        Notice.objects.all().delete()

        ask_as_kith(NOON + DAY)

        group.refresh_from_db()
        assert not Notice.objects.exists()
        assert group.alive_until == alive and group.last_post_at == NOON + DAY
        assert Membership.objects.filter(first_post_at=None).count() == visits


class TestWhen:
    def test_after_a_day_in_which_people_can_see_to_it(self, draft):
        assert asks(NOON + DAY - HOUR) == 0
        assert asks(NOON + DAY) == 1

    def test_once_however_often_it_is_asked_for(self, draft):
        assert [asks(NOON + DAY + n * HOUR) for n in range(3)] == [1, 0, 0]

    @pytest.mark.django_db(transaction=True)
    def test_workers_at_once_ask_once(self, draft):
        all_at_once(ask_as_kith, [(NOON + DAY,)] * 3)

        assert Thread.objects.filter(by_kith=True).count() == 1

    @pytest.mark.parametrize(
        ("zone", "hour", "many"),
        [
            ("UTC", 7, 0),
            ("UTC", 8, 1),
            ("UTC", 20, 1),
            ("UTC", 21, 0),
            ("Asia/Tokyo", 12, 0),  # 21 there
            ("Asia/Tokyo", 23, 1),  # 8 there
        ],
    )
    def test_by_day_where_most_of_the_group_live(self, group, draft, zone, hour, many):
        others = list(group.memberships.values_list("person", flat=True)[:4])
        Person.objects.filter(pk__in=others).update(time_zone=zone)

        assert asks((NOON + 2 * DAY).replace(hour=hour)) == many

    def test_of_two_zones_with_as_many_it_is_always_the_same(self, group):
        people = list(group.memberships.values_list("person", flat=True))
        Person.objects.filter(pk__in=people[:3]).update(time_zone="Europe/Berlin")
        Person.objects.filter(pk__in=people[3:]).update(time_zone="Asia/Tokyo")

        assert str(zones_of({group.pk})[group.pk]) == "Asia/Tokyo"

    def test_not_once_somebody_has_changed_it_asked_it_or_let_it_go(self, group, draft, ruth):
        actions.edit(draft, ruth, body="In my words.", now=NOON)
        assert asks() == 0

        actions.publish(draft, ruth, now=NOON)
        assert asks() == 0
        assert group.threads.get().author == ruth

    def test_not_by_a_worker_that_found_it_before_somebody_saw_to_it(self, group, draft, ruth):
        actions.edit(draft, ruth, body="In my words.", now=NOON)

        assert ask_one(draft.pk, group.pk, now=NOON + DAY) is None
        assert not group.threads.exists()

    def test_not_while_it_is_scheduled_and_a_day_after_that_was_undone(self, draft, ruth):
        actions.publish(draft, ruth, at=NOON + 5 * DAY, now=NOON)
        assert asks(NOON + 2 * DAY) == 0

        actions.put_back(draft, ruth, now=NOON + 2 * DAY)

        assert asks(NOON + 3 * DAY - HOUR) == 0
        assert asks(NOON + 3 * DAY) == 1

    def test_not_while_its_cue_is_put_off_or_once_somebody_has_closed_it(self, draft, ruth):
        cue = Cue.objects.get(kind="starter")
        cues.snooze(cue, ruth, until=NOON + 2 * DAY, now=NOON)
        assert asks(NOON + DAY) == 0
        cues.done(cue, ruth, now=NOON)

        assert asks(NOON + 3 * DAY) == 0

    def test_not_once_a_member_has_begun_a_thread(self, group, draft):
        thread_in(group, member_of(group), now=NOON + HOUR)

        assert asks() == 0

    def test_not_in_a_closed_group(self, group, draft, ruth):
        archive(group, ruth)

        assert asks() == 0


class TestHowOften:
    def test_it_counts_among_three_in_ten_and_is_no_thread_of_a_member(self, group, thread):
        row = figures(NOON + 2 * DAY, only=group.pk)[0]

        assert (row.threads, row.by_members, row.asked, row.begun_at) == (1, 0, 1, None)
        for day in (10, 20):
            draft_starters(NOON + day * DAY)
        assert group.starters.count() == 1

    def test_as_many_a_week_as_kith_may_draft(self, group, draft):
        for _ in range(12):  # so that three in ten are no matter
            thread_in(group, group.founder, now=NOON - 3 * DAY)
        for days in (2, 6):
            Starter.objects.create(
                group=group,
                state="published",
                from_kith=True,
                created_at=NOON - 9 * DAY,
                decided_at=NOON - days * DAY,
            )

        assert asks(NOON + DAY - 1 * HOUR + HOUR) == 1
        Thread.objects.filter(by_kith=True).delete()
        Starter.objects.filter(pk=draft.pk).update(
            state="drafted", title="What?", body="One.", decided_at=None, thread=None
        )
        Cue.objects.update(state="open")
        Starter.objects.filter(decided_at=NOON - 6 * DAY).update(decided_at=NOON - 4 * DAY)
        assert asks(NOON + DAY) == 0

    def test_taken_back_by_who_facilitates_none_comes_for_a_week(self, group, thread, ruth):
        delete_thread(thread, ruth, now=NOON + 30 * DAY)

        draft_starters(NOON + 36 * DAY)
        assert group.starters.count() == 1
        draft_starters(NOON + 38 * DAY)
        assert group.starters.count() == 2

    def test_where_nothing_is_left_to_kith_it_is_one_question(self, group, count_queries):
        draft_starters(NOON)

        assert count_queries(lambda: ask_as_kith(NOON + DAY)) <= 2


class TestTheThread:
    def test_it_is_answered_like_any_other_and_nobody_is_rung(self, group, thread):
        jun = member_of(group)
        Notice.objects.all().delete()

        reply = post(thread, jun, body="Mine is a sieve.", now=NOON + 2 * DAY)

        thread.refresh_from_db()
        assert (thread.posts_count, thread.answered_at) == (2, reply.at)
        assert not Notice.objects.filter(kind="reply").exists()

    def test_no_clock_runs_for_it(self, group, thread):
        rescue_threads(NOON + 6 * DAY)

        assert not Cue.objects.open().exists()

    def test_it_is_taken_back_and_put_back_as_any_other(self, group, thread, ruth):
        delete_thread(thread, ruth, now=NOON + DAY)
        assert undelete_thread(thread, ruth, now=NOON + DAY).by_kith

    def test_it_says_so_wherever_it_stands(self, group, thread, client_of, api_of):
        jun = member_of(group)
        browser, program = client_of(jun), api_of(jun, group.network)

        said = words(browser.get(thread.get_absolute_url()))
        assert "Started by Kith" in said and "No person wrote this." in said
        assert "a former member" not in said
        home = words(browser.get(f"/groups/{group.slug}/"))
        assert "Started by Kith" in home and "former member" not in home
        found = words(browser.get("/search/", {"q": thread.title.split()[0]}))
        assert "former member" not in found
        assert told_in_a_letter(thread) == f"“{thread.title}”, begun by Kith."
        told = program.get(f"/threads/{thread.pk}/").json()
        assert (told["author"], told["by_kith"]) == (None, True)
        (opening,) = program.get(f"/threads/{thread.pk}/posts/").json()["results"]
        assert (opening["author"], opening["by_kith"]) == (None, True)

    def test_a_reply_to_it_names_kith(self, group, thread, client_of):
        jun, opening = member_of(group), Post.objects.get(thread=thread)

        said = words(client_of(jun).get(f"{thread.get_absolute_url()}?reply={opening.pk}"))

        assert "Write back to Kith" in said


class TestPagesAndApi:
    def test_the_page_lets_it_and_says_when(self, group, ruth, client_of):
        now = timezone.now()
        MicroGroup.objects.update(founded_at=now - 60 * DAY)
        draft_starters(now)
        browser, page = client_of(ruth), f"/groups/{group.slug}/starters/"
        assert "Ask it without a person" in words(browser.get(page))
        assert "Kith asks it itself" not in words(browser.get(page))

        assert browser.post(page, {"by_kith": "1"}).url == page

        said = words(browser.get(page))
        assert "If nobody sees to it, Kith asks it itself" in said
        assert "If nobody sees to it, Kith asks it itself" in words(browser.get("/care/"))
        browser.post(page, {})
        assert "Kith asks it itself" not in words(browser.get("/care/"))

    def test_the_queue_knows_from_when(self, group, draft, ruth):
        (part,) = queue(ruth, NOON + HOUR, group=group).parts
        (item,) = part.items

        assert item.left_until == NOON + DAY

    def test_who_does_not_facilitate_finds_no_page_and_changes_nothing(self, group, client_of):
        browser = client_of(member_of(group))

        assert browser.post(f"/groups/{group.slug}/starters/", {"by_kith": "1"}).status_code == 404

    def test_asked_lately_by_kith(self, group, ruth, client_of):
        actions.let_kith_ask(group, ruth, by_kith=True)
        draft_starters(NOON)
        Starter.objects.update(left_until=NOON)
        ask_as_kith(NOON)
        Starter.objects.update(decided_at=timezone.now())

        assert f"{group.threads.get().title} , Kith," in words(
            client_of(ruth).get(f"/groups/{group.slug}/starters/")
        )

    def test_every_member_can_read_that_it_does(self, group, ruth, client_of):
        jun = member_of(group)
        browser, mine = client_of(jun), f"/groups/{group.slug}/people/{jun.username}/"
        assert "Kith asks" not in words(browser.get(mine))

        actions.let_kith_ask(group, ruth, by_kith=True)

        assert "When it is quiet, Kith asks" in words(browser.get(mine))

    def test_a_group_says_over_the_api_whether_kith_asks(self, group, ruth, api_of, count_queries):
        program, address = api_of(ruth, group.network), f"/groups/{group.slug}/starters/habit/"
        assert program.get(address).json() == {"by_kith": False}

        assert program.put(address, {"by_kith": True}).json() == {"by_kith": True}

        assert program.get(address).json() == {"by_kith": True}
        assert program.put(address, {}).status_code == 400
        assert count_queries(lambda: program.get(address)) == 6
        for person in (member_of(group), PersonFactory(network=group.network)):
            refused = api_of(person, group.network)
            assert refused.get(address).status_code == 403
            assert refused.put(address, {"by_kith": True}).status_code == 403
