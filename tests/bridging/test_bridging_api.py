"""Highlights, echoes, the feed and search over the API."""

import pytest
import time_machine

from microgroups.conversation.actions import delete_post, delete_thread
from tests.factories import (
    NOW,
    MicroGroupFactory,
    PersonFactory,
    facilitator_of,
    member_of,
    say,
    thread_in,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def group():
    return MicroGroupFactory()


@pytest.fixture
def maren(group):
    return member_of(group)


@pytest.fixture
def post(group, maren):
    return thread_in(group, maren, "North side", "Redcurrants in a deep pot.").posts.get()


def test_the_whole_way_over_the_api(group, maren, post, api_of):
    author = api_of(maren, group.network)
    facilitator = api_of(facilitator_of(group), group.network)
    reader = api_of(PersonFactory(network=group.network), group.network)

    made = facilitator.post("/highlights/", {"post": str(post.pk), "note": "May we?"})
    where = f"/highlights/{made.json()['id']}/"
    assert (made.status_code, made.json()["state"]) == (201, "proposed")
    assert reader.get(where).status_code == 404
    assert facilitator.post(f"{where}share/").json()["code"] == "consent_needed"
    assert author.post(f"{where}consent/").json()["state"] == "consented"
    assert facilitator.post(f"{where}share/").json()["state"] == "shared"
    assert [card["id"] for card in reader.get("/feed/").json()["results"]] == [made.json()["id"]]
    echo = reader.post(f"{where}echoes/", {"body": "We built one."})
    assert echo.status_code == 201
    assert author.get(f"{where}echoes/").json()["results"][0]["body"] == "We built one."
    assert author.post(f"{where}withdraw/").json()["state"] == "withdrawn"
    assert reader.get(where).status_code == 404
    assert reader.get("/feed/").json()["results"] == []


def test_an_outsider_cannot_propose_what_they_cannot_read(group, post, api_of):
    outsider = api_of(PersonFactory(network=group.network), group.network)

    assert outsider.post("/highlights/", {"post": str(post.pk)}).status_code == 404


def test_sharing_asks_for_the_scope_of_a_facilitator(group, maren, post, api_of):
    facilitator = facilitator_of(group)
    made = api_of(maren, group.network).post("/highlights/", {"post": str(post.pk)}).json()
    program = api_of(facilitator, group.network, scopes=["read", "write"])

    assert program.post(f"/highlights/{made['id']}/share/").json()["code"] == "insufficient_scope"


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/highlights/", {}, "post"),
        ("/highlights/", {"post": "none"}, "post"),
        ("/highlights/", {"post": 7}, "post"),
    ],
)
def test_bad_input_is_told_by_field(group, maren, api_of, path, body, field):
    answer = api_of(maren, group.network).post(path, body)

    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]


class TestSearch:
    def test_members_find_the_talk_of_their_groups_and_nobody_else_does(
        self, group, maren, post, api_of
    ):
        outsider = PersonFactory(network=group.network)

        found = api_of(maren, group.network).get("/search/?q=redcurrant&in=posts").json()
        hidden = api_of(outsider, group.network).get("/search/?q=redcurrant").json()

        assert found["results"][0]["id"] == str(post.pk)
        assert "<mark>Redcurrants</mark>" in found["results"][0]["excerpt_html"]
        assert hidden["results"] == []

    def test_a_thread_is_found_by_its_title(self, group, maren, post, api_of):
        found = api_of(maren, group.network).get("/search/?q=north&in=posts").json()

        assert [hit["id"] for hit in found["results"]] == [str(post.pk)]

    def test_what_was_written_is_shown_as_text(self, group, maren, api_of):
        thread_in(group, maren, "Script", "<script>alert(1)</script> marmalade")

        found = api_of(maren, group.network).get("/search/?q=marmalade&in=posts").json()

        assert "<script" not in found["results"][0]["excerpt_html"]

    def test_groups_and_people_are_found_by_their_words(self, group, maren, api_of):
        program = api_of(maren, group.network)

        groups = program.get("/search/?q=balconies&in=groups").json()["results"]
        people = program.get(f"/search/?q={maren.username}&in=people").json()["results"]

        assert [hit["id"] for hit in groups] == [str(group.pk)]
        assert [hit["id"] for hit in people] == [str(maren.pk)]

    def test_a_hidden_group_is_found_by_nobody_outside(self, maren, group, api_of):
        MicroGroupFactory(network=group.network, visibility="hidden", purpose="Secret zeppelins")

        assert api_of(maren, group.network).get("/search/?q=zeppelins").json()["results"] == []

    @pytest.mark.parametrize("query", ["", "?q=", "?q=a&in=everything", "?q=a&q=b"])
    def test_a_question_that_is_none_is_400(self, group, maren, api_of, query):
        assert api_of(maren, group.network).get(f"/search/{query}").status_code == 400

    def test_it_costs_the_same_however_much_is_found(self, group, maren, api_of, count_queries):
        program = api_of(maren, group.network)
        thread_in(group, maren, "One", "marmalade")
        program.get("/search/?q=marmalade")
        few = count_queries(lambda: program.get("/search/?q=marmalade"))
        for number in range(8):
            thread_in(group, maren, f"More {number}", "marmalade")
        many = count_queries(lambda: program.get("/search/?q=marmalade"))

        assert few == many <= 7

    def test_a_person_may_search_thirty_times_a_minute_on_pages_too(
        self, maren, client_of, settings
    ):
        settings.LIMITS_SCALE = 1

        with time_machine.travel(NOW, tick=False):  # else the first may be over before the last
            browser = client_of(maren)
            answers = [browser.get("/search/?q=marmalade").status_code for _ in range(31)]

        assert answers == [200] * 30 + [429]
        browser = client_of(maren)
        assert browser.get("/search/").status_code == 200

    def test_what_was_taken_back_or_lies_in_a_thread_that_was_is_not_found(
        self, group, maren, api_of
    ):
        thread, spoken = thread_in(group, maren, "Jam", "marmalade"), thread_in(group, maren)
        delete_thread(thread, facilitator_of(group), now=NOW)
        delete_post(say(spoken, maren, "marmalade"), maren, now=NOW)
        program = api_of(maren, group.network)

        assert program.get("/search/?q=marmalade").json()["results"] == []
        assert program.get("/search/?q=jam").json()["results"] == []

    def test_pages_of_hits_follow_each_other_without_a_double(self, group, maren, api_of):
        for number in range(7):
            thread_in(group, maren, f"More {number}", "marmalade")
        program = api_of(maren, group.network)

        first = program.get("/search/?q=marmalade&in=posts&limit=4").json()
        second = program.get("/search/" + first["next"].split("/search/", 1)[1]).json()

        seen = [hit["id"] for page in (first, second) for hit in page["results"]]
        assert len(seen) == len(set(seen)) == 7

    def test_the_page_of_all_kinds_shows_five_of_each_and_where_the_others_are(
        self, group, maren, client_of
    ):
        for number in range(7):
            thread_in(group, maren, f"More {number}", "marmalade")
        browser = client_of(maren)

        of_all = browser.get("/search/?q=marmalade").content.decode()
        of_posts = browser.get("/search/?q=marmalade&in=posts").content.decode()

        assert of_all.count("<mark>marmalade</mark>") == 5
        assert "Posts 5+" in of_all
        assert 'href="/search/?q=marmalade&amp;in=posts">All<' in of_all
        assert of_posts.count("<mark>marmalade</mark>") == 7
        assert "Posts 7" in of_posts

    def test_the_page_shows_what_was_found_and_says_when_nothing_was(
        self, group, maren, client_of, count_queries
    ):
        thread_in(group, maren, "One", "marmalade")
        browser = client_of(maren)

        assert "<mark>marmalade</mark>" in browser.get("/search/?q=marmalade").content.decode()
        assert "Nothing holds these words" in browser.get("/search/?q=zzz").content.decode()
        assert browser.get(f"/search/?q={'x' * 201}").status_code == 422
        assert count_queries(lambda: browser.get("/search/?q=marmalade")) <= 7
