"""A thread without an answer for a day: two are asked who may know, then the facilitators."""

from datetime import timedelta

import pytest
from django.utils import timezone

from facilitation.cues.models import Cue
from facilitation.rescue.actions import ask_who_may_know, rescue_threads
from facilitation.rescue.models import Rescue
from facilitation.welcome.actions import watch_first_posts
from microgroups.conversation.models import Thread
from microgroups.groups.actions import archive
from microgroups.membership.models import Membership, Visit
from network.notifications.actions import notify, read
from network.notifications.models import Notice
from network.people.blocking import block
from tests.facilitation.test_dashboard import words
from tests.factories import MicroGroupFactory, facilitator_of, member_of, say
from tests.factories import thread_in as opened
from tests.threads import all_at_once

pytestmark = pytest.mark.django_db

NOW = timezone.now()
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ASKED = "could_you_help"


@pytest.fixture
def group():
    return MicroGroupFactory()


@pytest.fixture
def jun(group):
    """Somebody whose first post is long answered."""
    jun = member_of(group)
    Membership.objects.filter(person=jun).update(first_post_at=NOW - 100 * DAY)
    return jun


def seen(group, days_ago=0, **facts):
    """A member who was here so many days ago."""
    person = member_of(group, **facts)
    day = (NOW - days_ago * DAY).date()
    Membership.objects.filter(group=group, person=person).update(last_visit_on=day)
    return person


def knows(group, title, person=None, kind="talk", days_ago=0):
    """Somebody who has answered another's thread of this title."""
    person = person or seen(group)
    founder = group.memberships.get(is_founder=True).person
    thread = opened(group, founder, title, kind=kind, now=NOW - HOUR)
    say(thread, person, "I do.", now=NOW - HOUR)
    day = (NOW - days_ago * DAY).date()
    Membership.objects.filter(group=group, person=person).update(last_visit_on=day)
    return person


def waiting(group, person, title="Do worms mind the frost?", hours=25, **facts):
    """A thread that has waited so many hours."""
    thread = opened(group, person, title, now=NOW - hours * HOUR, **facts)
    thread.refresh_from_db()
    return thread


def asked(now=NOW):
    rescue_threads(now)
    return set(Notice.objects.filter(kind=ASKED).values_list("person__username", flat=True))


class TestWhoIsAsked:
    def test_two_who_answered_what_is_alike_the_likeliest_first(self, group, jun):
        waiting(group, jun, kind="question")
        kind = knows(group, "Which pot for basil?", kind="question")
        worms = knows(group, "Worms in the bin")
        frost = knows(group, "The first frost")
        other = knows(group, "Soup on Sunday")

        assert asked() == {worms.username, frost.username}
        assert {kind.username, other.username}.isdisjoint(asked())

    def test_by_kind_where_no_words_are_alike(self, group, jun):
        waiting(group, jun, kind="question")
        kind = knows(group, "Which pot for basil?", kind="question")
        knows(group, "Soup on Sunday")

        assert asked() == {kind.username}

    def test_nobody_who_was_not_here_this_week(self, group, jun):
        waiting(group, jun)
        knows(group, "Worms in the bin", days_ago=8)

        assert asked() == set()
        assert Rescue.objects.get().asked == 0

    def test_nobody_who_has_blocked_the_other(self, group, jun):
        waiting(group, jun)
        one, two = knows(group, "Worms"), knows(group, "Worms again")
        block(jun, one)
        block(two, jun)

        assert asked() == set()

    def test_nobody_who_was_asked_three_times_this_week_in_whichever_group(self, group, jun):
        waiting(group, jun)
        tired, fresh = knows(group, "Worms and frost"), knows(group, "Worms")
        elsewhere = MicroGroupFactory(network=group.network)
        for number in range(3):
            notify(
                [tired],
                "could_you_answer",
                network=group.network,
                group=elsewhere,
                subject=("group", elsewhere.pk),
                cause=f"ring:{number}",
                at=NOW - 2 * DAY,
            )

        assert asked() == {fresh.username}

    def test_who_had_no_room_is_asked_later_when_there_is(self, group, jun):
        waiting(group, jun)
        tired = knows(group, "Worms and frost")
        for number in range(3):
            facts = {"network": group.network, "group": group, "subject": ("group", group.pk)}
            at = NOW - 7 * DAY + 5 * HOUR
            notify([tired], "could_you_answer", cause=f"ring:{number}", at=at, **facts)
        read(tired, now=NOW)

        assert asked() == set()
        assert asked(NOW + 4 * HOUR) == set()
        assert asked(NOW + 6 * HOUR) == {tired.username}
        assert Rescue.objects.get().asked == 1

    def test_a_second_is_found_later_and_nobody_is_asked_twice(self, group, jun):
        waiting(group, jun)
        first = knows(group, "Worms and frost")

        assert asked() == {first.username}
        second, third = knows(group, "Worms and frost"), knows(group, "Soup")
        assert asked(NOW + HOUR) == {first.username}
        assert asked(NOW + 7 * HOUR) == {first.username, second.username}
        assert third.username not in asked(NOW + 14 * HOUR)
        assert not ask_who_may_know(Rescue.objects.get().thread_id, now=NOW + 14 * HOUR)
        assert Notice.objects.filter(kind=ASKED).count() == Rescue.objects.get().asked == 2

    def test_once_the_facilitators_are_asked_helpers_are_left_alone(self, group, jun):
        waiting(group, jun, hours=71)
        asked()
        late = knows(group, "Worms")

        assert late.username not in asked(NOW + 8 * HOUR)

    def test_nor_by_a_worker_that_had_found_it_due_before(self, group, jun):
        thread = waiting(group, jun, hours=71)
        rescue_threads(NOW)
        rescue_threads(NOW + HOUR)
        knows(group, "Worms")

        assert not ask_who_may_know(thread.pk, now=NOW + 8 * HOUR)
        assert Rescue.objects.get().told_at == NOW + HOUR

    def test_members_are_asked_and_not_who_facilitates(self, group, jun):
        waiting(group, jun)
        knows(group, "Worms and frost", facilitator_of(group))

        assert asked() == set()

    def test_not_who_only_answered_themselves(self, group, jun):
        alone = seen(group)
        thread = opened(group, alone, "Worms in the bin", now=NOW - HOUR)
        say(thread, alone, "They are well.", now=NOW - HOUR)
        waiting(group, jun)

        assert asked() == set()


class TestWhichThreads:
    def test_once_however_often_it_runs(self, group, jun):
        waiting(group, jun)
        knows(group, "Worms in the bin")

        for minutes in range(3):
            rescue_threads(NOW + minutes * HOUR)

        assert Notice.objects.filter(kind=ASKED).count() == Rescue.objects.count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_workers_at_once_ask_once(self, group, jun):
        waiting(group, jun)
        knows(group, "Worms in the bin")

        all_at_once(rescue_threads, [(NOW,)] * 3)

        assert Notice.objects.filter(kind=ASKED).count() == Rescue.objects.count() == 1

    def test_a_worker_that_found_it_due_and_comes_late_asks_nobody_besides(self, group, jun):
        thread = waiting(group, jun)
        knows(group, "Worms in the bin")
        assert ask_who_may_know(thread.pk, now=NOW)
        knows(group, "Worms again")

        assert not ask_who_may_know(thread.pk, now=NOW + HOUR)

        assert Notice.objects.filter(kind=ASKED).count() == Rescue.objects.get().asked == 1

    def test_not_before_a_day_not_after_two_weeks_not_answered_closed_or_taken_back(
        self, group, jun
    ):
        waiting(group, jun, hours=23)
        answered, closed, gone, old = (waiting(group, jun) for _ in range(4))
        Thread.objects.filter(pk=old.pk).update(opened_at=NOW - 15 * DAY)
        say(answered, knows(group, "Worms in the bin"))
        Thread.objects.filter(pk=closed.pk).update(closed_at=NOW)
        Thread.objects.filter(pk=gone.pk).update(deleted_at=NOW)

        rescue_threads(NOW)

        assert not Rescue.objects.exists()

    def test_a_first_post_is_the_welcomes_business(self, group):
        newcomer = member_of(group)
        waiting(group, newcomer)

        rescue_threads(NOW)

        assert not Rescue.objects.exists()

    def test_what_facilitators_open_and_what_is_in_a_closed_group_is_left(self, group, jun):
        host = facilitator_of(group)
        Membership.objects.filter(person=host).update(first_post_at=NOW - 100 * DAY)
        waiting(group, host)
        waiting(group, jun)
        archive(group, host)

        rescue_threads(NOW)

        assert not Rescue.objects.exists()


class TestTheFacilitators:
    def test_after_three_days_they_are_asked_once_and_any_answer_settles_it(self, group, jun):
        thread = waiting(group, jun, hours=73)
        knows(group, "Worms in the bin")
        rescue_threads(NOW)
        rescue_threads(NOW + HOUR)

        cue = Cue.objects.get(kind="answer")
        assert (cue.person, cue.due_at) == (jun, thread.opened_at)
        assert cue.reason == "Has waited for three days; one who may know was asked before."

        say(thread, member_of(group))
        watch_first_posts(NOW + DAY)

        cue.refresh_from_db()
        assert (cue.state, cue.closed_why) == ("done", "Somebody wrote back.")

    def test_it_rings_nobody_as_a_first_post_would(self, group, jun):
        waiting(group, jun, hours=73)
        rescue_threads(NOW)

        watch_first_posts(NOW)

        assert Cue.objects.get(kind="answer").rings == 0
        assert not Notice.objects.filter(kind__in=["answer_wanted", "answer_overdue"]).exists()

    def test_the_queue_says_what_is_so(self, group, jun, client_of):
        ruth = facilitator_of(group)
        waiting(group, jun, hours=73)
        rescue_threads(NOW)

        said = words(client_of(ruth).get("/care/"))

        assert f"{jun.name} waits for an answer" in said
        assert "wrote for the first time" not in said


class TestWhatCameOfIt:
    def test_it_counts_as_rescued_only_if_who_asked_returns(self, group, jun):
        thread = waiting(group, jun)
        rescue_threads(NOW)
        say(thread, member_of(group), now=NOW + HOUR)

        rescue_threads(NOW + 2 * DAY)
        rescue = Rescue.objects.get()
        assert (rescue.answered_at, rescue.returned_at) == (NOW + HOUR, None)

        membership = group.memberships.of(jun)
        Visit.objects.create(membership=membership, on=(NOW + 3 * DAY).date(), alive=3)
        rescue_threads(NOW + 3 * DAY)

        rescue.refresh_from_db()
        assert rescue.returned_at == NOW + 3 * DAY


def test_many_threads_that_were_asked_about_cost_no_more_than_one(group, jun, count_queries):
    waiting(group, jun)
    rescue_threads(NOW)
    few = count_queries(lambda: rescue_threads(NOW))
    for _ in range(4):
        waiting(group, jun)
    rescue_threads(NOW)

    assert count_queries(lambda: rescue_threads(NOW)) == few == 5
