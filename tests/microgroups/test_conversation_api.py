"""Threads and posts over the API, as api.md says."""

from types import SimpleNamespace
from urllib.parse import quote

import pytest

from microgroups.conversation import actions
from microgroups.conversation.models import Kind, Post, Thread
from microgroups.membership.actions import leave, rest
from tests.factories import (
    MicroGroupFactory,
    PersonFactory,
    facilitator_of,
    member_of,
    say,
    thread_in,
)

pytestmark = pytest.mark.django_db

THREAD = {
    *("id", "group", "kind", "title", "author", "opened_at", "last_at", "posts", "unread"),
    *("answer", "pinned", "closed", "body", "body_html", "mentions", "by_kith"),
}
POST = {
    *("id", "thread", "author", "body", "body_html", "at", "edited_at", "reply_to", "reactions"),
    *("mine", "attachments", "deleted", "by_kith"),
}


@pytest.fixture
def talk(api_of):
    """A group with a thread, its path, and what Ruth, Jun and a facilitator ask the API."""
    group = MicroGroupFactory(name="Balcony Growers")
    ruth, jun, host = member_of(group), member_of(group), facilitator_of(group)
    thread = thread_in(group, ruth, "What fruits?", "North side.", kind=Kind.QUESTION)
    return SimpleNamespace(
        group=group,
        ruth=ruth,
        jun=jun,
        host=host,
        as_ruth=api_of(ruth, group.network),
        as_jun=api_of(jun, group.network),
        as_host=api_of(host, group.network),
        thread=thread,
        path=f"/threads/{thread.pk}/",
    )


def test_a_thread_is_opened_and_shown_with_its_opening_text(talk):
    body = {"title": "Hello", "body": f"Ask @{talk.jun.username}, **please**.", "kind": "talk"}

    made = talk.as_ruth.post("/groups/balcony-growers/threads/", body)

    shown = made.json()
    assert made.status_code == 201
    assert set(shown) == THREAD
    assert shown["group"] == "balcony-growers"
    assert shown["author"]["username"] == talk.ruth.username
    assert shown["author"]["avatar"] == f"/people/{talk.ruth.username}/avatar.svg"
    assert (shown["body"], shown["mentions"]) == (body["body"], [talk.jun.username])
    assert "<strong>please</strong>" in shown["body_html"]
    assert (shown["posts"], shown["unread"], shown["pinned"], shown["closed"]) == (
        *(1, 0),
        *(False, False),
    )
    assert talk.as_jun.get(f"/threads/{shown['id']}/").json() == shown | {"unread": 1}


def test_threads_of_a_group_are_listed_newest_talk_first_and_can_be_narrowed(talk):
    second = thread_in(talk.group, talk.ruth, "Second")
    say(talk.thread, talk.ruth)
    path = "/groups/balcony-growers/threads/"

    def titles(query=""):
        return [each["title"] for each in talk.as_jun.get(path + query).json()["results"]]

    assert titles() == ["What fruits?", "Second"]
    assert titles("?kind=question") == ["What fruits?"]
    actions.mark_read(second, talk.jun)
    assert titles("?unread=1") == ["What fruits?"]
    first = talk.as_jun.get(path + "?limit=1").json()
    assert first["previous"] is None
    assert "cursor=" in first["next"]
    assert talk.as_jun.get(path + "?kind=rant").status_code == 400


def test_what_is_unread_is_told_over_all_my_groups(talk):
    other = MicroGroupFactory(network=talk.group.network)
    member_of(other, person=talk.jun)
    elsewhere = thread_in(other)
    thread_in(MicroGroupFactory(network=talk.group.network))

    found = talk.as_jun.get("/threads/?unread=1").json()["results"]
    assert [each["id"] for each in found] == [str(elsewhere.pk), str(talk.thread.pk)]

    assert talk.as_jun.post(f"{talk.path}read/").json()["unread"] == 0
    read = talk.as_jun.post(f"/groups/{other.slug}/read/")
    assert (read.status_code, read.json()) == (200, {"group": other.slug, "unread": 0})
    assert talk.as_jun.get("/threads/?unread=1").json()["results"] == []


def test_posts_are_written_and_listed_in_order(talk):
    first = talk.as_jun.post(f"{talk.path}posts/", {"body": "Alpine strawberries."})
    second = talk.as_ruth.post(
        f"{talk.path}posts/", {"body": "Three!", "reply_to": first.json()["id"]}
    )

    assert (first.status_code, second.status_code) == (201, 201)
    assert set(first.json()) == POST
    assert second.json()["reply_to"] == first.json()["id"]
    listed = talk.as_jun.get(f"{talk.path}posts/").json()["results"]
    assert [each["body"] for each in listed] == ["North side.", "Alpine strawberries.", "Three!"]
    assert listed[1:] == [first.json(), second.json()]
    assert talk.as_jun.get(f"/posts/{first.json()['id']}/").json() == first.json()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"),
        ({"body": ""}, "body"),
        ({"body": "  \n"}, "body"),
        ({"body": 7}, "body"),
        ({"body": "a\0b"}, "body"),
        ({"body": "x" * 40_001}, "body"),
        ({"body": "x", "reply_to": "no-uuid"}, "reply_to"),
        ({"body": "x", "reply_to": "00000000-0000-0000-0000-000000000000"}, "reply_to"),
    ],
)
def test_what_does_not_fit_is_named_by_field_and_nothing_is_written(talk, body, field):
    answer = talk.as_jun.post(f"{talk.path}posts/", body)

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert list(answer.json()["errors"]) == [field]
    assert Post.objects.count() == 1


def test_unknown_and_read_only_fields_are_ignored(talk):
    made = talk.as_jun.post(
        f"{talk.path}posts/", {"body": "Mine.", "author": talk.ruth.username, "at": "2000-01-01"}
    ).json()

    assert made["author"]["username"] == talk.jun.username
    assert not made["at"].startswith("2000")
    changed = talk.as_ruth.patch(talk.path, {"title": "New", "pinned": True, "posts": 99}).json()
    assert (changed["title"], changed["pinned"], changed["posts"]) == ("New", False, 2)


def test_a_post_is_changed_with_its_history(talk):
    post = say(talk.thread, talk.jun, "First.")

    changed = talk.as_jun.patch(f"/posts/{post.pk}/", {"body": "Second."})

    assert (changed.status_code, changed.json()["body"]) == (200, "Second.")
    assert changed.json()["edited_at"].endswith("Z")
    history = talk.as_ruth.get(f"/posts/{post.pk}/history/").json()
    assert [each["body"] for each in history["results"]] == ["First."]
    assert talk.as_ruth.patch(f"/posts/{post.pk}/", {"body": "Mine."}).status_code == 403


def test_a_change_of_what_has_changed_since_is_412(talk):
    post = say(talk.thread, talk.jun, "First.")
    path = f"/posts/{post.pk}/"
    etag = talk.as_jun.get(path)["ETag"]
    assert talk.as_jun.get(path, If_None_Match=etag).status_code == 304

    assert talk.as_jun.patch(path, {"body": "Second."}, If_Match=etag).status_code == 200
    late = talk.as_jun.patch(path, {"body": "Third."}, If_Match=etag)

    assert (late.status_code, late.json()["code"]) == (412, "edit_conflict")
    assert talk.as_jun.delete(path, If_Match=etag).status_code == 412


def test_a_deleted_post_keeps_its_place_without_words(talk):
    post = say(talk.thread, talk.jun, "Words to regret.")
    actions.react(post, talk.ruth, emoji="👍")

    assert talk.as_jun.delete(f"/posts/{post.pk}/").status_code == 204

    shown = talk.as_ruth.get(f"/posts/{post.pk}/").json()
    assert (shown["deleted"], shown["body"], shown["body_html"]) == (True, "", "")
    assert shown["reactions"] == {}
    assert "regret" not in talk.as_ruth.get(f"{talk.path}posts/").content.decode()
    assert talk.as_ruth.get(f"/posts/{post.pk}/history/").status_code == 404
    assert talk.as_host.delete(f"/posts/{post.pk}/").status_code == 403


def test_a_deleted_opening_leaves_the_thread_without_words(talk):
    opening = talk.thread.posts.get()
    talk.as_ruth.delete(f"/posts/{opening.pk}/")

    shown = talk.as_jun.get(talk.path).json()

    assert (shown["title"], shown["body"], shown["body_html"]) == ("What fruits?", "", "")


def test_a_thread_is_taken_back(talk):
    assert talk.as_jun.delete(talk.path).status_code == 403
    assert talk.as_ruth.delete(talk.path).status_code == 204
    assert talk.as_ruth.get(talk.path).status_code == 404


def test_both_title_and_text_of_a_thread_are_changed_by_its_author(talk):
    changed = talk.as_ruth.patch(talk.path, {"title": "What else?", "body": "South side."}).json()

    assert (changed["title"], changed["body"]) == ("What else?", "South side.")
    half = talk.as_host.patch(talk.path, {"title": "Retitled", "body": "Not mine."})
    assert half.status_code == 403
    assert talk.as_ruth.get(talk.path).json()["title"] == "What else?"


def test_close_and_pin_are_a_facilitators_and_undone_by_asking_again(talk):
    for act, shows in (("close", "closed"), ("pin", "pinned")):
        refused = talk.as_ruth.post(f"{talk.path}{act}/")
        assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
        assert talk.as_host.post(f"{talk.path}{act}/").json()[shows] is True
        assert talk.as_host.post(f"{talk.path}{act}/").json()[shows] is False
    talk.as_host.post(f"{talk.path}close/")
    assert talk.as_ruth.post(f"{talk.path}posts/", {"body": "Still?"}).status_code == 403


def test_a_reaction_is_put_and_deleted(talk):
    post = talk.thread.posts.get()
    path = f"/posts/{post.pk}/reactions/{quote('❤️')}/"

    for _ in range(2):
        put = talk.as_jun.put(path)
        assert (put.status_code, put.json()["reactions"]) == (200, {"❤️": 1})
        assert put.json()["mine"] == ["❤️"]
    assert talk.as_ruth.get(f"/posts/{post.pk}/").json()["mine"] == []
    assert talk.as_jun.delete(path).status_code == 204
    assert talk.as_jun.delete(path).status_code == 204
    assert talk.as_ruth.get(f"/posts/{post.pk}/").json()["reactions"] == {}
    assert talk.as_jun.put(f"/posts/{post.pk}/reactions/abc/").status_code == 400


def test_the_answer_of_a_question_is_put_and_deleted(talk):
    reply = say(talk.thread, talk.jun)

    assert talk.as_jun.put(f"{talk.path}answer/", {"post": str(reply.pk)}).status_code == 403
    put = talk.as_ruth.put(f"{talk.path}answer/", {"post": str(reply.pk)})
    assert (put.status_code, put.json()["answer"]) == (200, str(reply.pk))
    assert talk.as_ruth.delete(f"{talk.path}answer/").status_code == 204
    assert talk.as_ruth.get(talk.path).json()["answer"] is None
    assert talk.as_ruth.put(f"{talk.path}answer/", {}).status_code == 400


def test_the_week_tells_who_is_new_and_what_was_said(talk):
    say(talk.thread, talk.jun)

    week = talk.as_jun.get("/groups/balcony-growers/week/").json()

    assert {each["username"] for each in week["new"]} >= {talk.ruth.username, talk.jun.username}
    assert (week["threads"], week["posts"], week["people"]) == (1, 2, 2)
    assert [each["title"] for each in week["said"]] == ["What fruits?"]
    assert week["returned"] == []


def test_outsiders_of_every_kind_get_404_for_what_is_inside(talk, api_of):
    network = talk.group.network
    network.hosts.create(host="testserver")
    left = member_of(talk.group)
    leave(talk.group, left)
    admin = PersonFactory(network=network, network__role="admin")
    outsider = PersonFactory(network=network)
    elsewhere = MicroGroupFactory()
    strangers = member_of(elsewhere)
    post = talk.thread.posts.get()
    inside = [
        ("get", "/groups/balcony-growers/threads/"),
        ("get", "/groups/balcony-growers/week/"),
        ("post", "/groups/balcony-growers/read/"),
        ("get", talk.path),
        ("patch", talk.path),
        ("delete", talk.path),
        ("post", f"{talk.path}read/"),
        ("post", f"{talk.path}close/"),
        ("post", f"{talk.path}pin/"),
        ("get", f"{talk.path}posts/"),
        ("post", f"{talk.path}posts/"),
        ("put", f"{talk.path}answer/"),
        ("delete", f"{talk.path}answer/"),
        ("get", f"/posts/{post.pk}/"),
        ("patch", f"/posts/{post.pk}/"),
        ("delete", f"/posts/{post.pk}/"),
        ("get", f"/posts/{post.pk}/history/"),
        ("put", f"/posts/{post.pk}/reactions/{quote('👍')}/"),
        ("delete", f"/posts/{post.pk}/reactions/{quote('👍')}/"),
    ]

    assert talk.as_ruth.get(talk.path).status_code == 200
    for program in [api_of(each, network) for each in (left, admin, outsider)]:
        for method, path in inside:
            body = {"body": {"body": "x"}} if method == "patch" else {}
            answer = getattr(program, method)(path, **body)
            assert answer.status_code == 404, (method, path)
        assert program.get("/threads/").json()["results"] == []
    foreign = api_of(strangers, elsewhere.network).get(talk.path)
    assert foreign.status_code in (401, 404)
    assert "North side." not in foreign.content.decode()
    assert (Post.objects.count(), Thread.objects.count()) == (1, 1)


def test_who_would_write_from_outside_is_told_that_they_are_not_in(talk, api_of):
    outsider = api_of(PersonFactory(network=talk.group.network), talk.group.network)

    answer = outsider.post("/groups/balcony-growers/threads/", {"title": "Hi", "body": "Hello"})

    assert (answer.status_code, answer.json()["code"]) == (409, "not_a_member")


def test_who_rests_reads_over_the_api_and_does_not_write(talk):
    rest(talk.group, talk.jun)

    assert talk.as_jun.get(talk.path).status_code == 200
    refused = talk.as_jun.post(f"{talk.path}posts/", {"body": "A word."})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")


def test_a_token_that_only_reads_writes_nothing(talk, api_of):
    reader = api_of(talk.jun, talk.group.network, scopes=["read"])
    writer = api_of(talk.host, talk.group.network, scopes=["read", "write"])

    refused = reader.post(f"{talk.path}posts/", {"body": "A word."})
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    assert writer.post(f"{talk.path}close/").json()["code"] == "insufficient_scope"


def test_the_same_key_writes_once(talk):
    body = {"body": "Once."}

    first = talk.as_jun.post(f"{talk.path}posts/", body, Idempotency_Key="a")
    again = talk.as_jun.post(f"{talk.path}posts/", body, Idempotency_Key="a")

    assert again.json() == first.json()
    assert talk.thread.posts.filter(author=talk.jun).count() == 1


@pytest.mark.parametrize(
    "path", ["/threads/x/", "/posts/x/", "/threads/x/posts/", "/posts/00000000-0000-0000-0000-0/"]
)
def test_an_address_that_can_name_nothing_is_404(talk, path):
    assert talk.as_jun.get(path).status_code == 404


def test_answers_cost_the_same_at_every_size(talk, count_queries):
    def costs():
        return [
            count_queries(lambda path=path: talk.as_jun.get(path))
            for path in (
                talk.path,
                f"{talk.path}posts/",
                "/groups/balcony-growers/threads/",
                "/threads/?unread=1",
                "/groups/balcony-growers/week/",
            )
        ]

    costs()
    few = costs()
    for number in range(12):
        say(thread_in(talk.group, talk.ruth, f"Thread {number}"), talk.host)
        actions.react(say(talk.thread, talk.ruth), talk.jun, emoji="👍")

    assert costs() == few
    assert max(few[:4]) <= 7
    assert few[4] <= 9
