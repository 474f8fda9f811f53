"""A reaction tells somebody that they were heard; it never counts as an answer (R20, M2 to M4)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from facilitation.comfort.actions import ask_for_comfort
from facilitation.cues.models import Cue
from facilitation.nudges.threads import live_thread
from facilitation.presence import reading
from facilitation.presence.actions import notice_absences
from facilitation.rescue.actions import rescue_threads
from facilitation.rescue.models import Rescue
from facilitation.welcome.actions import watch_first_posts
from facilitation.welcome.reading import promises
from microgroups.conversation.actions import react
from microgroups.conversation.counting import recount
from microgroups.conversation.models import Thread
from microgroups.membership.models import Membership
from tests.facilitation.test_dashboard import quiet
from tests.factories import member_of, say, thread_in

pytestmark = pytest.mark.django_db

NOW = timezone.now()
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def thread(group, ruth, ana):
    """A question of 26 hours ago, with a heart and no answer."""
    thread = thread_in(group, ana, "How?", "What now?", kind="question", now=NOW - 26 * HOUR)
    react(thread.posts.get(), ruth, emoji="❤️", now=NOW - 25 * HOUR)
    return Thread.objects.get(pk=thread.pk)


def test_a_thread_with_a_reaction_alone_has_no_answer_counted_again_neither(thread):
    assert (thread.answered_at, thread.posts_count) == (None, 1)

    recount(Thread.objects.filter(pk=thread.pk))

    thread.refresh_from_db()
    assert (thread.answered_at, thread.is_answered) == (None, False)


def test_a_first_post_with_a_reaction_alone_waits_and_a_promise_was_missed(thread, ruth, ana):
    watch_first_posts(NOW - 24 * HOUR)
    react(thread.posts.get(), member_of(thread.group), emoji="👍", now=NOW - 23 * HOUR)
    watch_first_posts(NOW)

    assert Cue.objects.open().get(kind="answer").person == ana
    assert (promises(ruth, NOW).kept, promises(ruth, NOW).missed) == (0, 1)


def test_who_may_know_and_then_the_facilitators_are_asked_all_the_same(thread, ana):
    Membership.objects.filter(person=ana).update(first_post_at=NOW - 99 * DAY)
    rescue_threads(NOW)
    assert Rescue.objects.get().answered_at is None

    rescue_threads(NOW + 2 * DAY)

    assert Cue.objects.get(kind="answer").reason.startswith("Has waited for three days")


def test_it_is_an_open_question_to_whoever_is_asked_back(thread, group):
    """Newer talk stands behind it."""
    say(thread_in(group, title="Newer", now=NOW - HOUR), member_of(group), now=NOW - HOUR)
    away = quiet(group)

    assert live_thread(group.memberships.of(away), NOW) == thread


def test_a_silence_after_a_post_with_a_reaction_alone_is_one_after_no_answer(group, ruth):
    away = quiet(group)
    post = thread_in(group, away, now=NOW - 18 * DAY).posts.get()
    react(post, ruth, emoji="❤️", now=NOW - 18 * DAY)
    Membership.objects.filter(person=away).update(last_visit_on=(NOW - 17 * DAY).date())
    notice_absences(NOW)

    (absence,) = reading.silences(group, ruth, NOW)

    assert absence.unanswered


def test_a_reaction_is_enough_to_be_heard(group, ruth, ana):
    thread = thread_in(group, ana, "Evenings", "I feel so alone.", now=NOW - 9 * HOUR)
    say(thread, member_of(group), "Try the choir.", now=NOW - 8 * HOUR)
    ask_for_comfort(NOW)
    assert Cue.objects.open().get().person == ana

    react(thread.posts.earliest("at"), ruth, emoji="❤️")
    ask_for_comfort(NOW)

    assert Cue.objects.get().state == "done"
