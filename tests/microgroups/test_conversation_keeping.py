"""What is kept of a person's words, how it goes, and what always holds."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from microgroups.conversation import actions, keeping
from microgroups.conversation.models import (
    Kind,
    Mention,
    Post,
    PostVersion,
    Reaction,
    ReadMark,
    Thread,
)
from microgroups.conversation.words import forget_deleted, render_old
from network.registries import invariants, periodic_jobs, personal_data
from network.text import RENDERER_VERSION
from tests.factories import NOW, MicroGroupFactory, facilitator_of, member_of, say, thread_in

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
OURS = (Thread, Post, Reaction, Mention, ReadMark)
HELD = (
    "threads_are_counted",
    "reactions_are_counted",
    "groups_know_their_last_post",
    "replies_stay_in_their_thread",
)


def violations():
    return [line for name in HELD for line in invariants[name]()]


def export(person):
    return {model.__name__: list(personal_data[model].export(person)) for model in OURS}


def erase(person):
    for model in OURS:
        personal_data[model].erase(person)


# Export and erasure


def test_a_person_gets_all_their_words_with_history_and_nobody_elses():
    group = MicroGroupFactory(name="Growers")
    ruth, jun = member_of(group), member_of(group)
    thread = thread_in(group, ruth, "My title", "My first words.")
    post = say(thread, ruth, "Words I took back.")
    actions.edit_post(post, ruth, body="Words I changed, then took back.")
    actions.delete_post(post, ruth)
    other = say(thread, jun, f"Somebody else's words for @{ruth.username}.")
    actions.react(other, ruth, emoji="👍")
    actions.mark_read(thread, ruth)

    given = export(ruth)

    assert [row["title"] for row in given["Thread"]] == ["My title"]
    assert {row["body"] for row in given["Post"]} == {
        "My first words.",
        "Words I changed, then took back.",
    }
    assert [row["before"][0]["body"] for row in given["Post"] if row["before"]] == [
        "Words I took back."
    ]
    assert [row["emoji"] for row in given["Reaction"]] == ["👍"]
    assert [row["post"] for row in given["Mention"]] == [str(other.pk)]
    assert [row["thread"] for row in given["ReadMark"]] == [str(thread.pk)]
    assert "Somebody else" not in str(given)


def test_words_of_an_erased_person_stay_under_a_former_member(client_of):
    group = MicroGroupFactory()
    ruth, jun = member_of(group), member_of(group)
    thread = thread_in(group, ruth, "Her title", "Her words.")
    gone = say(thread, ruth, "Words she took back.")
    actions.delete_post(gone, ruth)
    named = say(thread, jun, f"Ask @{ruth.username.upper()} or @{jun.username}.")
    actions.edit_post(named, jun, body=f"Do ask @{ruth.username} or @{jun.username}.")
    actions.react(named, ruth, emoji="👍")
    actions.react(named, jun, emoji="👍")

    erase(ruth)

    assert all(rows == [] for rows in export(ruth).values())
    assert Post.objects.get(pk=gone.pk).body == ""
    assert Post.objects.get(pk=named.pk).reactions_count == {"👍": 1}
    texts = [*Post.objects.values_list("body", "body_html")]
    texts += [*PostVersion.objects.values_list("body", "body_html")]
    assert ruth.username not in str(texts).lower()
    assert f'href="/people/{jun.username}/"' in Post.objects.get(pk=named.pk).body_html
    assert violations() == []
    shown = client_of(jun).get(thread.get_absolute_url()).content.decode()
    assert "Her words." in shown
    assert "a former member" in shown
    assert ruth.name not in shown


def test_every_table_with_a_person_in_it_says_how_it_is_given_and_how_it_goes():
    assert all(model in personal_data for model in OURS)


# Letting go


def test_words_that_were_taken_back_are_gone_after_two_weeks():
    group = MicroGroupFactory()
    ruth = member_of(group)
    thread = thread_in(group, ruth, "Kept", "Kept words.", now=NOW)
    old = say(thread, ruth, "Old regret.", now=NOW)
    actions.edit_post(old, ruth, body="Old regret, changed.", now=NOW)
    fresh = say(thread, ruth, "Fresh regret.", now=NOW)
    whole = thread_in(group, ruth, "Regretted title", "Regretted thread.", now=NOW)
    actions.delete_post(old, ruth, now=NOW)
    actions.delete_thread(whole, ruth, now=NOW)
    actions.delete_post(fresh, ruth, now=NOW + 2 * DAY)

    forget_deleted(NOW + 15 * DAY)

    bodies = set(Post.objects.values_list("body", flat=True))
    assert bodies == {"Kept words.", "Fresh regret.", ""}
    assert not PostVersion.objects.exists()
    assert set(Thread.objects.values_list("title", flat=True)) == {"Kept", "Taken back"}
    assert violations() == []


def test_letting_go_is_a_daily_job():
    assert periodic_jobs["forget_deleted"].facts["every"] == DAY


# Rendering again


def test_posts_of_an_older_renderer_are_rendered_again_with_their_history(capsys):
    group = MicroGroupFactory()
    ruth, jun = member_of(group), member_of(group)
    post = thread_in(group, ruth, text=f"*one* @{jun.username}").posts.get()
    actions.edit_post(post, ruth, body=f"*two* @{jun.username}")
    Post.objects.update(body_html="old", html_version=0)
    PostVersion.objects.update(body_html="old")

    call_command("rerenderposts")

    post.refresh_from_db()
    assert capsys.readouterr().out == "Rendered 1 posts again.\n"
    assert post.html_version == RENDERER_VERSION
    assert post.body_html.startswith(f'<p><em>two</em> <a href="/people/{jun.username}/"')
    assert post.versions.get().body_html.startswith("<p><em>one</em>")
    assert render_old() == 0


# What always holds


def test_everything_is_counted_after_all_that_people_do():
    group = MicroGroupFactory()
    ruth, jun, host = member_of(group), member_of(group), facilitator_of(group)
    thread = thread_in(group, ruth, kind=Kind.QUESTION)
    reply = say(thread, jun, reply_to=thread.posts.get())
    actions.choose_answer(thread, ruth, post=reply)
    actions.react(reply, ruth, emoji="👍")
    actions.unreact(reply, ruth, emoji="👍")
    actions.react(reply, host, emoji="thank-you")
    spam = thread_in(group, jun)
    actions.delete_thread(spam, host)
    actions.undelete_thread(spam, host)
    actions.delete_post(spam.posts.get(), jun)

    assert violations() == []


@pytest.mark.parametrize(
    "harm",
    [
        lambda thread: Thread.objects.filter(pk=thread.pk).update(posts_count=7),
        lambda thread: Thread.objects.filter(pk=thread.pk).update(answered_at=NOW),
        lambda thread: Thread.objects.filter(pk=thread.pk).update(last_at=NOW),
        lambda thread: Thread.objects.filter(pk=thread.pk).update(last_author=None),
        lambda thread: thread.posts.update(reactions_count={"👍": 3}),
        lambda thread: type(thread.group).objects.update(last_post_at=None),
        lambda thread: thread.posts.update(reply_to=thread_in(thread.group).posts.get()),
        lambda thread: Thread.objects.filter(pk=thread.pk).update(
            answer=thread_in(thread.group).posts.get()
        ),
    ],
)
def test_what_does_not_add_up_is_told(harm):
    thread = thread_in(MicroGroupFactory())
    assert violations() == []

    harm(thread)

    assert violations()


def test_a_post_stands_in_the_group_of_its_thread_and_nowhere_else():
    thread, elsewhere = thread_in(MicroGroupFactory()), MicroGroupFactory()

    with pytest.raises(IntegrityError, match="posts_stay_in_the_group"), transaction.atomic():
        thread.posts.update(group=elsewhere)
        connection.check_constraints()


def test_posts_go_along_when_their_thread_is_moved():
    thread, elsewhere = thread_in(MicroGroupFactory()), MicroGroupFactory()

    Thread.objects.filter(pk=thread.pk).update(group=elsewhere)

    assert thread.posts.get().group == elsewhere


def test_a_recount_mends_the_counters():
    thread = thread_in(MicroGroupFactory())
    Thread.objects.update(posts_count=7, answered_at=NOW, last_author=None)
    assert list(keeping.threads_are_counted())

    actions.recount(Thread.objects.all())

    thread.refresh_from_db()
    assert (thread.posts_count, thread.answered_at, thread.last_author) == (1, None, thread.author)
    assert violations() == []
