"""Starters on pages and over the API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from facilitation.cues.models import Cue
from facilitation.starters import actions
from facilitation.starters.drafting import draft_starters
from facilitation.starters.models import Starter
from microgroups.groups.actions import archive
from tests.facilitation.test_dashboard import HTMX, words
from tests.facilitation.test_starters import WORDS, begun, old_group
from tests.factories import PersonFactory, facilitator_of, member_of

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def group():
    return old_group()


@pytest.fixture
def ruth(group):
    return facilitator_of(group)


@pytest.fixture
def draft(group, ruth):
    """What Kith has drafted for a quiet group."""
    draft_starters(timezone.now())
    return group.starters.get()


@pytest.fixture
def program_of(group, api_of):
    return lambda person: api_of(person, group.network)


@pytest.fixture
def page(group):
    return f"/groups/{group.slug}/starters/"


class TestThePage:
    def test_drafts_stand_first_and_say_whose_they_are(self, group, ruth, draft, page, client_of):
        begun(group, *range(20, 26))
        actions.write(group, ruth, **WORDS)

        said = words(client_of(ruth).get(page))

        assert "Drafted by Kith; nobody has changed it yet" in said
        assert f"Written by {ruth.name}" in said
        assert "Members began 6 of the 6 threads of the last eight weeks." in said
        assert said.index(draft.title) < said.index("The library")

    def test_the_library_opens_where_it_suits_and_can_be_turned(self, group, ruth, page, client_of):
        browser = client_of(ruth)
        assert "What lies on your bench right now?" in words(browser.get(page))

        said = words(browser.get(f"{page}?kind=readers"))

        assert "The book you put down" in said
        assert "What lies on your bench right now?" not in said
        assert browser.get(f"{page}?kind=none").status_code == 200

    def test_what_was_asked_rests(self, group, ruth, page, client_of):
        starter = actions.write(group, ruth, opener="on-the-bench")
        actions.publish(starter, ruth)

        said = words(client_of(ruth).get(page))

        assert "Asked lately" in said
        assert "it rests for eight weeks" in said

    def test_two_this_week_are_said_to_be_plenty(self, group, ruth, page, client_of):
        for _ in range(2):
            actions.write_and_ask(group, ruth, **WORDS)

        assert "Two were asked this week." in words(client_of(ruth).get(page))

    def test_who_does_not_look_after_the_group_finds_no_page(self, group, ruth, draft, client_of):
        for person in (member_of(group), PersonFactory(network=group.network)):
            browser = client_of(person)
            for path in (f"/groups/{group.slug}/starters/", f"/starters/{draft.pk}/"):
                assert browser.get(path).status_code == 404
            assert browser.post(f"/starters/{draft.pk}/publish/").status_code == 404

    def test_a_closed_group_is_read_and_nothing_offered(self, group, ruth, draft, page, client_of):
        archive(group, ruth)

        said = words(client_of(ruth).get(page))

        assert "Nothing can be asked here while the group is not open." in said
        assert "Ask it now" not in said and "Take this one" not in said

    def test_it_costs_the_same_for_one_and_for_many(
        self, group, ruth, page, client_of, count_queries
    ):
        browser = client_of(ruth)

        def costs():
            return count_queries(lambda: browser.get(page))

        actions.write(group, ruth, **WORDS)
        costs()
        few = costs()
        for _ in range(5):
            actions.write(group, ruth, **WORDS)
            actions.write_and_ask(group, ruth, **WORDS)
            scheduled = actions.write(group, ruth, **WORDS)
            actions.publish(scheduled, ruth, at=timezone.now() + DAY)

        assert costs() == few == 11


class TestWriting:
    def test_an_opener_is_changed_and_asked(self, group, ruth, page, client_of):
        browser = client_of(ruth)
        assert "What could you lend" in browser.get(f"{page}new/?opener=lend").content.decode()

        answer = browser.post(
            f"{page}new/?opener=lend", {"title": "Lend what?", "body": "One.", "when": "now"}
        )

        starter = group.starters.get()
        assert answer.url == starter.thread.get_absolute_url()
        assert (starter.opener, starter.thread.title) == ("lend", "Lend what?")

    def test_tomorrow_at_eight_is_eight_where_one_is(self, group, ruth, page, client_of):
        ruth.time_zone = "Asia/Tokyo"
        ruth.save(update_fields=["time_zone"])

        client_of(ruth).post(f"{page}new/", {**WORDS, "when": "morning"})

        at = group.starters.get(state="scheduled").publish_at
        assert (at.hour, at.minute) == (23, 0)  # UTC

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ({"when": "then"}, "Choose a day and an hour first."),
            ({"when": "then", "at": "soon"}, "Choose a day and an hour, like"),
            ({"when": "then", "at": "2020-01-01T08:00"}, "between now and 60 days from now"),
            ({"title": "", "when": "now"}, "Give it a title"),
        ],
    )
    def test_what_does_not_fit_is_said_and_nothing_typed_is_lost(
        self, group, ruth, page, client_of, typed, said
    ):
        answer = client_of(ruth).post(f"{page}new/", {**WORDS, **typed})

        assert answer.status_code == 422
        assert said in words(answer)
        assert WORDS["body"] in answer.content.decode()
        assert not group.starters.exists()

    def test_changed_it_is_kept_or_asked(self, group, ruth, draft, client_of):
        browser, path = client_of(ruth), f"/starters/{draft.pk}/"
        assert draft.title in words(browser.get(path)) + browser.get(path).content.decode()

        browser.post(path, {**WORDS, "when": "keep"})
        draft.refresh_from_db()
        assert (draft.title, draft.author, draft.is_untouched) == (WORDS["title"], ruth, False)

        browser.post(path, {**WORDS, "when": "now"})
        draft.refresh_from_db()
        assert draft.state == "published"
        assert "It was asked" in words(browser.get(path))
        assert browser.post(path, {**WORDS, "when": "now"}).status_code == 422


class TestInTheQueue:
    def test_the_draft_stands_there_whole_with_its_acts(self, group, ruth, draft, client_of):
        said = words(client_of(ruth).get("/care/"))

        assert "One question, drafted for you" in said
        assert f"{group.name} could use a question" in said
        assert "No member has begun a thread for" in said
        assert draft.title in said and "Ask it now" in said and "Leave it be" in said

    def test_it_is_asked_in_its_place(self, group, ruth, draft, client_of):
        path = f"/starters/{draft.pk}/publish/"

        answer = client_of(ruth).post(path, {"when": "now"}, headers=HTMX)

        assert f"Asked: {draft.title}" in words(answer)
        assert "could use a question" not in words(client_of(ruth).get("/care/"))

    def test_left_be_it_can_be_undone(self, group, ruth, draft, client_of):
        browser = client_of(ruth)
        answer = browser.post(f"/starters/{draft.pk}/discard/", headers=HTMX)
        assert "It is left be." in words(answer)
        assert "could use a question" not in words(browser.get("/care/"))

        assert browser.post(f"/starters/{draft.pk}/put-back/").status_code == 302

        assert "could use a question" in words(browser.get("/care/"))

    def test_without_a_script_each_deed_says_what_came_of_it(self, draft, ruth, page, client_of):
        browser, at = client_of(ruth), f"/starters/{draft.pk}/"

        def said_by(address, typed):
            return words(browser.post(address, typed, follow=True))

        later = said_by(f"{at}publish/", {"when": "morning"})
        assert f"“{draft.title}” is asked tomorrow, 8:00, in your name." in later
        assert "To be asked tomorrow, 8:00 by" in later
        assert f"“{draft.title}” is left be." in said_by(f"{at}discard/", {})
        assert f"“{draft.title}” is kept as a draft." in said_by(f"{at}put-back/", {})
        assert "“Bread” is kept as a draft." in said_by(
            f"{page}new/", {"title": "Bread", "body": "Who bakes?", "when": "keep"}
        )
        assert f"Asked: “{draft.title}”" in said_by(f"{at}publish/", {"when": "now"})

    def test_refused_it_says_why_in_its_place(self, group, ruth, draft, client_of):
        actions.publish(draft, ruth)
        browser, path = client_of(ruth), f"/starters/{draft.pk}/publish/"

        answer = browser.post(path, headers=HTMX)

        assert answer.status_code == 422
        assert "This was asked already." in words(answer)
        assert "This was asked already." in words(browser.post(path, follow=True))


class TestTheAPI:
    def test_the_life_of_a_starter(self, group, ruth, program_of):
        program = program_of(ruth)
        made = program.post(f"/groups/{group.slug}/starters/", {"opener": "lend"})
        assert made.status_code == 201
        starter = made.json()
        assert (starter["state"], starter["opener"]) == ("drafted", "lend")

        path = f"/starters/{starter['id']}/"
        assert program.patch(path, {"body": "One thing."}).json()["body"] == "One thing."
        at = (timezone.now() + DAY).isoformat()
        assert program.post(f"{path}publish/", {"at": at}).json()["state"] == "scheduled"
        asked = program.post(f"{path}publish/", {}).json()

        assert (asked["state"], asked["at"], asked["body"]) == ("published", None, "")
        assert program.get(f"/threads/{asked['thread']}/").json()["kind"] == "starter"
        refused = program.delete(path)
        assert (refused.status_code, refused.json()["code"]) == (409, "starter_over")

    def test_let_go_and_listed(self, group, ruth, draft, program_of):
        program, path = program_of(ruth), f"/groups/{group.slug}/starters/"
        (told,) = program.get(path).json()["results"]
        assert (told["by_kith"], told["author"]) == (True, None)

        assert program.delete(f"/starters/{draft.pk}/").status_code == 204

        assert program.get(f"{path}?state=drafted").json()["results"] == []

    def test_the_cue_brings_the_words(self, group, ruth, draft, program_of):
        cues = program_of(ruth).get("/cues/").json()["results"]
        (cue,) = [cue for cue in cues if cue["kind"] == "starter"]

        assert cue["drafted"] == f"{draft.title}\n\n{draft.body}"
        assert cue["subject"]["url"] == f"/starters/{draft.pk}/"

    def test_a_member_is_refused_and_an_outsider_too(self, group, ruth, draft, program_of):
        for person in (member_of(group), PersonFactory(network=group.network)):
            program = program_of(person)
            for path in (f"/groups/{group.slug}/starters/", f"/starters/{draft.pk}/"):
                assert program.get(path).status_code == 403
            assert program.post(f"/starters/{draft.pk}/publish/", {}).status_code == 403
            assert program.get("/starter-library/").status_code == 403

    def test_the_library_by_kind_and_language(self, ruth, program_of):
        program = program_of(ruth)
        found = program.get("/starter-library/?kind=support&limit=5").json()
        assert {row["kind"] for row in found["results"]} == {"support"}
        assert len(found["results"]) == 5 and found["next"]
        assert program.get("/starter-library/?language=de").json()["results"] == []
        assert program.get("/starter-library/?kind=none").status_code == 400

    def test_lists_and_deeds_cost_the_same_at_every_size(
        self, group, ruth, draft, program_of, count_queries
    ):
        program, path = program_of(ruth), f"/groups/{group.slug}/starters/"

        def costs():
            return [
                count_queries(lambda path=path: program.get(path))
                for path in (path, f"/starters/{draft.pk}/", "/starter-library/", "/cues/")
            ]

        costs()
        few = costs()
        for _ in range(4):
            actions.write(group, ruth, **WORDS)
            draft_starters(timezone.now())

        assert costs() == few == [6, 5, 3, 6]


def test_a_cue_that_is_only_closed_leaves_the_draft(group, ruth, draft, program_of):
    cue = Cue.objects.get(kind="starter")

    program_of(ruth).post(f"/cues/{cue.pk}/done/", {})

    assert Starter.objects.get().state == "drafted"
