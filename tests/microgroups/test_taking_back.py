"""What was said is changed, taken back and put back; what it said before stays in its history."""

import pytest

from microgroups.conversation import actions
from microgroups.conversation.models import Kind, Post, Thread
from network import registries
from network.notifications.models import Notice
from tests.factories import NOW, MicroGroupFactory, facilitator_of, member_of, say, thread_in
from tests.microgroups.test_conversation import DAY, HOUR, refusal

pytestmark = pytest.mark.django_db


# Changing and taking back


def test_what_was_said_before_stays_in_the_history():
    group = MicroGroupFactory()
    ruth = member_of(group)
    post = thread_in(group, ruth, text="first", now=NOW).posts.get()

    actions.edit_post(post, ruth, body="second", now=NOW + HOUR)
    actions.edit_post(post, ruth, body="third", now=NOW + 2 * HOUR)
    actions.edit_post(post, ruth, body="third", now=NOW + 3 * HOUR)

    post.refresh_from_db()
    assert (post.body, post.body_html, post.edited_at) == ("third", "<p>third</p>", NOW + 2 * HOUR)
    before = post.versions.order_by("at").values_list("body", "body_html", "at")
    assert list(before) == [
        ("first", "<p>first</p>", NOW),
        ("second", "<p>second</p>", NOW + HOUR),
    ]
    assert Thread.objects.get().gist == "third"


def test_only_its_author_changes_a_post():
    group = MicroGroupFactory()
    post = thread_in(group, member_of(group)).posts.get()

    for other in (member_of(group), facilitator_of(group)):
        assert refusal(actions.edit_post, post, other, body="mine now")[0] == "not_allowed"


def test_a_change_names_others_and_tells_only_the_newly_named():
    group = MicroGroupFactory()
    ruth, jun, maren = (member_of(group) for _ in range(3))
    post = thread_in(group, ruth, text=f"@{jun.username}").posts.get()

    actions.edit_post(post, ruth, body=f"@{maren.username}")
    actions.edit_post(post, ruth, body=f"@{jun.username} @{maren.username}")

    assert {mention.person for mention in post.mentions.all()} == {jun, maren}
    assert Notice.objects.filter(kind="mention").count() == 2


def test_the_author_or_a_facilitator_gives_a_thread_another_title():
    group = MicroGroupFactory()
    ruth = member_of(group)
    thread = thread_in(group, ruth)

    assert actions.retitle(thread, ruth, title=" Two  words ").title == "Two words"
    assert actions.retitle(thread, facilitator_of(group), title="Three").title == "Three"
    assert refusal(actions.retitle, thread, member_of(group), title="x")[0] == "not_allowed"


def test_a_post_that_was_taken_back_counts_no_more_and_keeps_its_place():
    group = MicroGroupFactory()
    ruth, jun = member_of(group), member_of(group)
    thread = thread_in(group, ruth, kind=Kind.QUESTION, now=NOW)
    reply = say(thread, jun, now=NOW + HOUR)
    actions.choose_answer(thread, ruth, post=reply)

    actions.delete_post(reply, jun, now=NOW + 2 * HOUR)

    thread.refresh_from_db()
    group.refresh_from_db()
    assert Post.objects.visible_to(ruth).get(pk=reply.pk).shown_body == ""
    assert (thread.posts_count, thread.last_at, thread.last_author) == (1, NOW, ruth)
    assert (thread.answered_at, thread.answer, group.last_post_at) == (None, None, NOW)
    assert refusal(actions.edit_post, reply, jun, body="again")[0] == "not_allowed"
    assert refusal(actions.react, reply, ruth, emoji="👍")[0] == "not_allowed"


def test_what_was_taken_back_can_be_put_back_for_a_day():
    group = MicroGroupFactory()
    ruth, jun = member_of(group), member_of(group)
    thread = thread_in(group, ruth, now=NOW)
    reply = say(thread, jun, "still here", now=NOW + HOUR)
    actions.delete_post(reply, jun, now=NOW + 2 * HOUR)

    late = {"now": NOW + 2 * HOUR + DAY + HOUR}
    assert refusal(actions.undelete_post, reply, jun, **late)[0] == "not_allowed"
    actions.undelete_post(reply, jun, now=NOW + DAY)

    thread.refresh_from_db()
    assert Post.objects.get(pk=reply.pk).shown_body == "still here"
    assert (thread.posts_count, thread.answered_at) == (2, reply.at)


def test_it_comes_back_by_the_hand_that_took_it_or_by_another_facilitator():
    group = MicroGroupFactory()
    ruth, host, other_host = member_of(group), facilitator_of(group), facilitator_of(group)
    own = thread_in(group, ruth).posts.get()
    spam = thread_in(group, ruth).posts.get()
    actions.delete_post(own, ruth)
    actions.delete_post(spam, host)

    assert refusal(actions.delete_post, thread_in(group).posts.get(), ruth)[0] == "not_allowed"
    assert refusal(actions.undelete_post, own, host)[0] == "not_allowed"
    assert refusal(actions.undelete_post, spam, ruth)[0] == "not_allowed"
    assert actions.undelete_post(own, ruth)
    assert actions.undelete_post(spam, other_host)


def test_an_opening_that_was_taken_back_leaves_no_gist():
    group = MicroGroupFactory()
    ruth = member_of(group)
    thread = thread_in(group, ruth, text="Words to regret.")

    actions.delete_post(thread.posts.get(), ruth)

    thread.refresh_from_db()
    assert (thread.gist, thread.posts_count) == ("", 0)


def test_a_thread_goes_by_its_author_until_others_have_written():
    group = MicroGroupFactory()
    ruth, jun = member_of(group), member_of(group)
    alone, shared = thread_in(group, ruth), thread_in(group, ruth)
    say(shared, jun)

    actions.delete_thread(alone, ruth)

    assert not Thread.objects.visible_to(ruth).filter(pk=alone.pk).exists()
    assert refusal(actions.delete_thread, shared, ruth)[0] == "not_allowed"
    assert refusal(actions.delete_thread, shared, jun)[0] == "not_allowed"
    actions.delete_thread(shared, facilitator_of(group))
    assert not Post.objects.visible_to(jun).exists()
    assert refusal(say, shared, jun)[0] == "not_allowed"


def test_a_thread_that_was_taken_back_can_be_put_back_for_a_day():
    group = MicroGroupFactory()
    ruth = member_of(group)
    thread = thread_in(group, ruth, now=NOW)
    actions.delete_thread(thread, ruth, now=NOW)
    assert Thread.objects.taken_back_by(ruth).get() == thread

    late = {"now": NOW + DAY + HOUR}
    assert refusal(actions.undelete_thread, thread, ruth, **late)[0] == "not_allowed"
    assert refusal(actions.undelete_thread, thread, facilitator_of(group), now=NOW)
    actions.undelete_thread(thread, ruth, now=NOW + HOUR)

    group.refresh_from_db()
    assert Thread.objects.visible_to(ruth).get() == thread
    assert group.last_post_at == NOW


def test_the_floors_above_hear_of_every_change(monkeypatch):
    heard = []
    entries = {"test": lambda post, now: heard.append((post.pk, post.body, post.is_deleted, now))}
    monkeypatch.setattr(registries.post_changed, "entries", entries)
    group = MicroGroupFactory()
    ruth = member_of(group)
    thread = thread_in(group, ruth, text="one", now=NOW)
    post = thread.posts.get()

    actions.edit_post(post, ruth, body="two", now=NOW)
    actions.delete_post(post, ruth, now=NOW)
    actions.undelete_post(post, ruth, now=NOW)
    actions.delete_thread(thread, ruth, now=NOW)

    assert heard == [
        (post.pk, "two", False, NOW),
        (post.pk, "two", True, NOW),
        (post.pk, "two", False, NOW),
        (post.pk, "two", True, NOW),
    ]
