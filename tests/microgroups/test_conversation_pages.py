"""The pages on which people read and write."""

from datetime import timedelta

import pytest

from microgroups.conversation import actions, page
from microgroups.conversation.models import Kind, Post, ReadMark, Thread
from microgroups.groups.actions import archive
from microgroups.groups.models import MicroGroup
from microgroups.membership.actions import join, leave, rest
from network import registries
from tests.factories import (
    MicroGroupFactory,
    PersonFactory,
    facilitator_of,
    member_of,
    say,
    thread_in,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
HTMX = {"HX-Request": "true"}


def text_of(response):
    return response.content.decode()


def many_posts(thread, author, number):
    """So many posts at once, as an import would write them."""
    Post.objects.bulk_create(
        Post(
            thread=thread,
            group_id=thread.group_id,
            author=author,
            body="Words " * 50,
            body_html="<p>" + "Words " * 50 + "</p>",
            at=thread.opened_at + timedelta(seconds=n + 1),
        )
        for n in range(number)
    )


# A thread


def test_a_thread_shows_its_posts_in_order_with_one_level_of_nesting(client_of):
    group = MicroGroupFactory()
    ruth, jun = member_of(group), member_of(group)
    thread = thread_in(group, ruth)
    first = say(thread, jun, "Alpine strawberries.")
    say(thread, ruth, "Three!", reply_to=first)
    say(thread, jun, "Yes, three.", reply_to=first)
    say(thread, jun, "Something else.", reply_to=thread.posts.order_by("at").first())
    say(thread, ruth, "Late to this.", reply_to=first)

    posts = client_of(ruth).get(thread.get_absolute_url()).context["posts"].items

    assert [post.nested for post in posts] == [False, False, True, True, False, False]
    assert [post.quoted for post in posts] == [None, None, None, None, None, first]
    assert posts[5].quoted.gist == "Alpine strawberries."


def test_outsiders_of_every_kind_find_no_thread(client_of):
    group = MicroGroupFactory()
    group.network.hosts.create(host="testserver")
    hidden = MicroGroupFactory(visibility="hidden", network=group.network)
    left = member_of(group)
    assert client_of(left).get(thread_in(group).get_absolute_url()).status_code == 200
    leave(group, left)
    outsider = PersonFactory(network=group.network)
    stranger = member_of(MicroGroupFactory())
    for thread in (thread_in(group), thread_in(hidden)):
        post = thread.posts.get()
        for person in (outsider, left, stranger):
            client = client_of(person)
            for path in (thread.get_absolute_url(), f"/posts/{post.pk}/history/"):
                assert client.get(path).status_code == 404
            for path in (
                thread.get_absolute_url(),
                f"/posts/{post.pk}/edit/",
                f"/posts/{post.pk}/delete/",
                f"/posts/{post.pk}/undelete/",
                f"/posts/{post.pk}/react/",
                f"/threads/{thread.pk}/close/",
                f"/threads/{thread.pk}/delete/",
            ):
                assert client.post(path, {"body": "x", "react": "👍"}).status_code == 404
    assert Post.objects.count() == 3


def test_who_rests_reads_a_thread_and_finds_no_box(client_of):
    group = MicroGroupFactory()
    ruth = member_of(group)
    thread = thread_in(group, text="Words to read.")
    rest(group, ruth)

    shown = text_of(client_of(ruth).get(thread.get_absolute_url()))

    assert "Words to read." in shown
    assert "You are resting from" in shown
    assert 'name="body"' not in shown
    assert 'name="react"' not in shown


def test_reading_a_thread_puts_its_lamp_out_as_far_as_one_has_read(client_of):
    group = MicroGroupFactory()
    ruth, jun = member_of(group), member_of(group)
    thread = thread_in(group, ruth)
    for _ in range(24):
        say(thread, ruth)
    client = client_of(jun)

    first = client.get(thread.get_absolute_url())
    assert Thread.objects.with_unread(jun).get(pk=thread.pk).unread == 5
    client.get(first.context["posts"].next_url)

    assert not Thread.objects.news_for(jun).exists()
    assert ReadMark.objects.filter(person=jun).count() == 1


def test_a_link_to_a_post_opens_the_thread_a_little_before_it(client_of):
    group = MicroGroupFactory()
    ruth = member_of(group)
    thread = thread_in(group, ruth)
    posts = [say(thread, ruth, f"Post {number}") for number in range(40)]

    shown = client_of(ruth).get(posts[30].get_absolute_url().split("#")[0])

    items = shown.context["posts"].items
    assert items[0] == posts[26]
    assert posts[30] in items
    assert "From the beginning" in text_of(shown)
    assert f'id="post-{posts[30].pk}"' in text_of(shown)


def test_the_lamp_leads_to_the_first_new_post(client_of):
    group = MicroGroupFactory()
    ruth, jun = member_of(group), member_of(group)
    thread = thread_in(group, ruth)
    for _ in range(30):
        say(thread, ruth)
    thread.refresh_from_db()
    actions.mark_read(thread, jun)
    new = say(thread, ruth, "The new one.")
    client = client_of(jun)
    (row,) = client.get(group.get_absolute_url()).context["rows"]
    assert (row.lamp, row.link) == ("1 new", f"{thread.get_absolute_url()}?new=1#new")

    shown = client.get(f"{thread.get_absolute_url()}?new=1")

    assert shown.context["posts"].items[-1] == new
    assert text_of(shown).count('id="new"') == 1


def test_an_address_with_anything_in_it_shows_the_thread(client_of):
    group = MicroGroupFactory()
    thread = thread_in(group)
    client = client_of(member_of(group))

    for query in ("post=x", f"post={group.pk}", "reply=\0", f"reply={group.pk}", "new="):
        assert client.get(f"{thread.get_absolute_url()}?{query}").status_code == 200
    assert client.get(f"{thread.get_absolute_url()}?cursor=made-up").status_code == 404


def test_the_first_three_posts_stand_beside_the_rules(client_of):
    group = MicroGroupFactory(agreements="No photo without its failures. Ask before you advise.")
    ruth = member_of(group)
    thread = thread_in(group)
    client = client_of(ruth)

    shown = client.get(thread.get_absolute_url())
    assert shown.context["rules"] == ["No photo without its failures.", "Ask before you advise."]
    assert 'class="rules small"' in text_of(shown)
    for _ in range(3):
        say(thread, ruth)
    assert 'class="rules small"' not in text_of(client.get(thread.get_absolute_url()))


@pytest.mark.parametrize(
    ("agreements", "rules"),
    [
        ("- Be kind\n- Be brief\n\n- Be here\n- Be four", ["Be kind", "Be brief", "Be here"]),
        ("Be kind. Be brief", ["Be kind.", "Be brief."]),
        ("x" * 201 + "\nBe kind", ["Be kind"]),
    ],
)
def test_rules_are_at_most_three_short_lines(agreements, rules):
    assert page.rules_of(MicroGroup(agreements=agreements)) == rules


# Writing


def test_a_reply_is_written_and_shown(client_of):
    group = MicroGroupFactory()
    ruth = member_of(group)
    thread = thread_in(group)

    answer = client_of(ruth).post(thread.get_absolute_url(), {"body": "Two hours is enough."})

    post = thread.posts.get(author=ruth)
    assert answer.status_code == 302
    assert answer["Location"] == post.get_absolute_url()
    assert post.body == "Two hours is enough."


def test_a_reply_by_htmx_comes_back_as_the_post_and_an_empty_box(client_of):
    group = MicroGroupFactory()
    ruth = member_of(group)
    thread = thread_in(group)
    first = say(thread, member_of(group), "Alpine strawberries.")

    answer = client_of(ruth).post(
        thread.get_absolute_url(), {"body": "Three!", "reply_to": first.pk}, headers=HTMX
    )

    assert answer.status_code == 200
    assert 'hx-swap-oob="beforeend:#posts"' in text_of(answer)
    assert "Three!" in text_of(answer)
    assert "Alpine strawberries." in text_of(answer)  # what it answers, in a line
    assert "<html" not in text_of(answer)
    assert thread.posts.get(author=ruth).reply_to == first


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_reply_that_does_not_fit_comes_back_as_it_was_typed(client_of, headers):
    group = MicroGroupFactory()
    ruth = member_of(group)
    thread = thread_in(group)
    long = "A sentence that I would not want to lose. " * 1_000

    answer = client_of(ruth).post(thread.get_absolute_url(), {"body": long}, headers=headers)

    assert answer.status_code == 422
    assert long.strip() in text_of(answer)
    assert "40,000 fit in a post" in text_of(answer)
    assert not thread.posts.filter(author=ruth).exists()


def test_what_is_refused_keeps_the_words_too(client_of):
    group = MicroGroupFactory()
    ruth = member_of(group)
    thread = thread_in(group)
    client = client_of(ruth)
    archive(group, facilitator_of(group))

    answer = client.post(thread.get_absolute_url(), {"body": "My long answer."}, headers=HTMX)

    assert answer.status_code == 422
    assert "My long answer." in text_of(answer)
    assert "is closed. What was said can be read on." in text_of(answer)


@pytest.mark.parametrize("body", ["", " \n", "a\0b"])
def test_no_words_are_no_post(client_of, body):
    group = MicroGroupFactory()
    thread = thread_in(group)

    answer = client_of(member_of(group)).post(thread.get_absolute_url(), {"body": body})

    assert answer.status_code == 422
    assert thread.posts.count() == 1


def test_a_thread_is_opened_and_what_does_not_fit_is_kept(client_of):
    group = MicroGroupFactory()
    ruth = member_of(group)
    client = client_of(ruth)
    path = f"/groups/{group.slug}/threads/new/"
    typed = {"title": "x" * 201, "body": "Words I want to keep.", "kind": "question"}

    refused = client.post(path, typed)
    assert refused.status_code == 422
    assert "Words I want to keep." in text_of(refused)
    assert "x" * 201 in text_of(refused)
    assert not Thread.objects.exists()

    opened = client.post(path, typed | {"title": "What fruits?"})
    thread = Thread.objects.get()
    assert opened["Location"] == thread.get_absolute_url()
    assert (thread.title, thread.kind, thread.author) == ("What fruits?", "question", ruth)


def test_somebody_new_is_asked_three_things_that_become_one_text(client_of):
    group = MicroGroupFactory()
    ruth = member_of(group)
    client = client_of(ruth)
    path = f"/groups/{group.slug}/threads/new/"
    said = {"brought": "The smell of mint.", "tried": "", "ask": "When does one let go?"}

    first = client.get(path)
    assert [f'name="{name}"' in text_of(first) for name in said] == [True] * 3
    assert "Nothing is asked so far" in text_of(first)
    wrong = client.post(path, said | {"title": "", "kind": "introduction"})
    assert wrong.status_code == 422
    assert "The smell of mint." in text_of(wrong)
    client.post(path, said | {"title": "Hello", "kind": "introduction"})

    thread = Thread.objects.get(kind=Kind.INTRODUCTION)
    assert thread.posts.get().body == "The smell of mint.\n\nWhen does one let go?"
    again = text_of(client.get(path))
    assert 'name="brought"' not in again and "Nothing is asked so far" not in again


def test_a_member_is_not_offered_what_only_facilitators_open(client_of):
    group = MicroGroupFactory()
    path = f"/groups/{group.slug}/threads/new/"
    typed = {"title": "Hear, hear", "body": "All of you.", "kind": "announcement"}

    member = client_of(member_of(group))
    assert "Announcement" not in text_of(member.get(path))
    assert member.post(path, typed).status_code == 422
    assert client_of(facilitator_of(group)).post(path, typed).status_code == 302


# Changing, taking back, history


def test_words_are_changed_and_their_history_is_there_for_the_group(client_of):
    group = MicroGroupFactory()
    ruth = member_of(group)
    post = thread_in(group, ruth, text="What I said first.").posts.get()
    client = client_of(ruth)
    path = f"/posts/{post.pk}/edit/"

    assert "What I said first." in text_of(client.get(path))
    wrong = client.post(path, {"body": ""})
    assert wrong.status_code == 422
    answer = client.post(path, {"body": "What I mean."})

    assert answer["Location"] == post.get_absolute_url()
    history = text_of(client_of(member_of(group)).get(f"/posts/{post.pk}/history/"))
    assert "What I mean." in history
    assert "What I said first." in history


def test_somebody_elses_words_are_not_changed_and_what_was_typed_is_kept(client_of):
    group = MicroGroupFactory()
    post = thread_in(group, text="Mine.").posts.get()

    answer = client_of(member_of(group)).post(f"/posts/{post.pk}/edit/", {"body": "Not yours."})

    assert answer.status_code == 422
    assert "Only who wrote this can change it." in text_of(answer)
    assert "Not yours." in text_of(answer)
    assert Post.objects.get().body == "Mine."


def test_words_are_taken_back_after_asking_and_put_back_from_their_place(client_of):
    group = MicroGroupFactory()
    ruth = member_of(group)
    thread = thread_in(group, ruth)
    post = say(thread, ruth, "Words to regret.")
    client, other = client_of(ruth), client_of(member_of(group))

    assert "Words to regret." in text_of(client.get(f"/posts/{post.pk}/delete/"))
    client.post(f"/posts/{post.pk}/delete/")

    shown = text_of(client.get(thread.get_absolute_url()))
    assert "Words to regret." not in shown
    assert f"/posts/{post.pk}/undelete/" in shown
    assert "undelete" not in text_of(other.get(thread.get_absolute_url()))
    assert other.get(f"/posts/{post.pk}/history/").status_code == 404
    client.post(f"/posts/{post.pk}/undelete/")
    assert "Words to regret." in text_of(client.get(thread.get_absolute_url()))


def test_a_thread_is_taken_back_after_asking_and_can_be_put_back(client_of):
    group = MicroGroupFactory()
    ruth = member_of(group)
    thread = thread_in(group, ruth)
    client = client_of(ruth)
    assert client.get(f"/threads/{thread.pk}/delete/").status_code == 200

    gone = client.post(f"/threads/{thread.pk}/delete/", follow=True)

    assert "Put it back" in text_of(gone)
    assert client.get(thread.get_absolute_url()).status_code == 404
    assert client_of(member_of(group)).get(f"/threads/{thread.pk}/undelete/").status_code == 404
    back = client.post(f"/threads/{thread.pk}/undelete/")
    assert back["Location"] == thread.get_absolute_url()
    assert client.get(thread.get_absolute_url()).status_code == 200


def test_a_refused_act_says_why_on_the_page(client_of):
    group = MicroGroupFactory()
    ruth = member_of(group)
    thread = thread_in(group, ruth)
    say(thread, member_of(group))

    shown = text_of(client_of(ruth).post(f"/threads/{thread.pk}/delete/", follow=True))

    assert "Others have written here" in shown


def test_a_facilitator_pins_and_closes_on_the_page(client_of):
    group = MicroGroupFactory()
    thread = thread_in(group)
    client = client_of(facilitator_of(group))

    client.post(f"/threads/{thread.pk}/pin/")
    shown = text_of(client.post(f"/threads/{thread.pk}/close/", follow=True))

    assert "Open it again" in shown
    assert "Take the pin off" in shown
    assert client.get(f"/threads/{thread.pk}/close/").status_code == 405


def test_who_asked_marks_the_answer_on_the_page(client_of):
    group = MicroGroupFactory()
    ruth = member_of(group)
    thread = thread_in(group, ruth, kind=Kind.QUESTION)
    reply = say(thread, member_of(group))
    client = client_of(ruth)
    path = f"/threads/{thread.pk}/answer/"

    assert "The answer" in text_of(client.post(path, {"post": reply.pk}, follow=True))
    assert "Not the answer" in text_of(client.get(thread.get_absolute_url()))
    client.post(path)
    thread.refresh_from_db()
    assert thread.answer is None


def test_what_the_floors_above_let_one_do_stands_in_the_menu(client_of, monkeypatch):
    group = MicroGroupFactory()
    thread = thread_in(group)
    act = {"test": lambda post, membership: ("Suggest as a postcard", f"/posts/{post.pk}/share/")}
    monkeypatch.setattr(registries.post_acts, "entries", act)

    shown = text_of(client_of(member_of(group)).get(thread.get_absolute_url()))

    assert f'href="/posts/{thread.posts.get().pk}/share/">Suggest as a postcard' in shown


# Reactions


def test_a_reaction_is_a_toggle_with_and_without_htmx(client_of):
    group = MicroGroupFactory()
    thread = thread_in(group)
    post = thread.posts.get()
    client = client_of(member_of(group))
    path = f"/posts/{post.pk}/react/"

    plain = client.post(path, {"react": "same-here"})
    assert plain["Location"] == post.get_absolute_url()
    shown = text_of(client.get(thread.get_absolute_url()))
    assert 'name="unreact" value="same-here" aria-pressed="true"><svg class="icon"' in shown

    swapped = text_of(client.post(path, {"unreact": "same-here"}, headers=HTMX))
    assert 'name="react" value="same-here" aria-pressed="false" data-focus' in swapped
    assert "<html" not in swapped
    assert Post.objects.get().reactions_count == {}


def test_who_reacts_in_a_later_part_of_a_thread_still_answers_there(client_of):
    post = thread_in(MicroGroupFactory()).posts.get()
    shown_at = f"http://testserver/threads/{post.thread_id}/?new=1&cursor=a%26b#post-{post.pk}"
    headers = {**HTMX, "hx-current-url": shown_at}

    answer = client_of(post.author).post(
        f"/posts/{post.pk}/react/", {"react": "👍"}, headers=headers
    )

    assert f'href="?cursor=a%26b&amp;new=1&amp;reply={post.pk}#write"' in text_of(answer)


def test_an_emoji_that_is_there_can_be_joined(client_of):
    group = MicroGroupFactory()
    ruth = member_of(group)
    thread = thread_in(group, ruth)
    actions.react(thread.posts.get(), ruth, emoji="🌱")

    shown = text_of(client_of(member_of(group)).get(thread.get_absolute_url()))

    assert 'name="react" value="🌱" aria-pressed="false">🌱 <span class="num">1</span>' in shown


@pytest.mark.parametrize("emoji", ["<script>", "abc", ""])
def test_what_is_no_reaction_changes_nothing(client_of, emoji):
    group = MicroGroupFactory()
    post = thread_in(group).posts.get()

    answer = client_of(member_of(group)).post(
        f"/posts/{post.pk}/react/", {"react": emoji}, headers=HTMX
    )

    assert answer.status_code == 400
    assert Post.objects.get().reactions_count == {}


# Catching up


def test_the_round_goes_through_all_groups_and_ends(client_of):
    group = MicroGroupFactory(name="Growers")
    quiet = MicroGroupFactory(name="Up by Seven", network=group.network)
    ruth = member_of(group)
    join(quiet, ruth)
    thread = thread_in(group, title="Do worms mind the frost?")
    client = client_of(ruth)

    shown = text_of(client.get("/catch-up/"))
    assert "One thread in one group" in shown
    assert "Do worms mind the frost?" in shown
    assert "Waiting for a first reply" in shown
    assert shown.index("Growers") < shown.index("Up by Seven")
    assert "That was all" in shown

    client.post(f"/groups/{group.slug}/read/")
    after = text_of(client.get("/catch-up/"))
    assert "Do worms mind the frost?" not in after
    assert "Nothing new. All is well." in after
    say(thread, member_of(group))
    client.post("/catch-up/read/")
    assert not Thread.objects.news_for(ruth).exists()


def test_one_cannot_put_out_lamps_where_one_is_not(client_of):
    group = MicroGroupFactory()
    outsider = PersonFactory(network=group.network)

    assert client_of(outsider).post(f"/groups/{group.slug}/read/").status_code == 404
    assert client_of(outsider).get("/catch-up/").status_code == 200
