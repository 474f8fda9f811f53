"""The queue: names first, one act for each, and nothing lost by a slip."""

from datetime import timedelta

import pytest
from django.utils import timezone

from facilitation.cues import actions
from facilitation.cues.actions import ask_for_requests
from facilitation.cues.models import Cue
from facilitation.dashboard.reading import queue
from facilitation.welcome.actions import watch_first_posts, welcome_newcomers
from microgroups.membership.actions import join
from network.errors import Invalid, NotAllowed
from network.networks.door import come_in
from tests.factories import (
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
def ruth(group):
    return facilitator_of(group)


@pytest.fixture
def jun(group):
    return member_of(group)


@pytest.fixture
def cue(group, ruth, jun):
    welcome_newcomers(timezone.now())
    return Cue.objects.get(kind="welcome", person=jun)


class TestDeeds:
    def test_a_note_goes_to_the_person_in_the_facilitators_name(self, cue, ruth, jun):
        actions.done(cue, ruth, note="Hello Jun, the basil group meets here.")

        notice = jun.notices.get(kind="note")
        assert (notice.actor, notice.words) == (ruth, "Hello Jun, the basil group meets here.")
        cue.refresh_from_db()
        assert (cue.state, cue.closed_by) == ("done", ruth)

    def test_sending_it_twice_sends_it_once(self, cue, ruth, jun):
        actions.done(cue, ruth, note="Hello")
        actions.done(cue, ruth, note="Hello")

        assert jun.notices.filter(kind="note").count() == 1

    def test_only_the_groups_facilitators_see_to_it(self, cue, jun):
        with pytest.raises(NotAllowed):
            actions.done(cue, jun)

    def test_leaving_it_be_asks_for_a_reason(self, cue, ruth):
        with pytest.raises(Invalid):
            actions.dismiss(cue, ruth, reason=" ")

        actions.dismiss(cue, ruth, reason="We met at the market.")

        cue.refresh_from_db()
        assert (cue.state, cue.closed_why) == ("dismissed", "We met at the market.")

    def test_another_facilitator_can_be_asked_and_is_told(self, cue, group, ruth):
        maren = facilitator_of(group)

        actions.assign(cue, ruth, to=maren)

        assert maren.notices.filter(kind="cue_assigned").count() == 1

    def test_a_member_cannot_be_asked(self, cue, group, ruth):
        with pytest.raises(Invalid):
            actions.assign(cue, ruth, to=member_of(group))

    def test_put_aside_it_comes_back_at_its_time(self, cue, ruth):
        now = timezone.now()

        actions.snooze(cue, ruth, until=now + timedelta(hours=1))

        assert not Cue.objects.waiting(now).filter(pk=cue.pk).exists()
        assert Cue.objects.waiting(now + timedelta(hours=2)).filter(pk=cue.pk).exists()

    def test_undo_puts_it_back(self, cue, ruth):
        actions.dismiss(cue, ruth, reason="A slip.")

        actions.reopen(cue, ruth)

        cue.refresh_from_db()
        assert (cue.state, cue.closed_why) == ("open", "")

    def test_writing_back_answers_in_the_thread_and_closes_it(self, group, ruth, jun):
        now = timezone.now()
        thread = thread_in(group, jun, now=now - timedelta(hours=2))
        watch_first_posts(now)
        cue = Cue.objects.get(kind="answer", person=jun)

        actions.answer(cue, ruth, body="Let it go.")

        cue.refresh_from_db()
        assert cue.state == "done"
        assert thread.posts.filter(author=ruth, body="Let it go.").exists()


class TestRequests:
    @pytest.fixture
    def group(self):
        return MicroGroupFactory(join_policy="ask", questions=["Why?"])

    def test_who_knocks_is_shown_and_let_in_in_one_act(self, group, ruth):
        bram = PersonFactory(network=group.network)
        join(group, bram, answers=["A bag of soil."])
        ask_for_requests(timezone.now())
        cue = Cue.objects.get(kind="request")

        actions.let_in(cue, ruth)

        assert group.memberships.of(bram).is_active
        cue.refresh_from_db()
        assert cue.state == "done"

    def test_an_answer_by_another_door_closes_it(self, group, ruth):
        from microgroups.membership.actions import admit

        bram = PersonFactory(network=group.network)
        join(group, bram, answers=["A bag of soil."])
        ask_for_requests(timezone.now())

        admit(group, bram, by=ruth)
        ask_for_requests(timezone.now())

        assert Cue.objects.get(kind="request").closed_why == "They have their answer."


class TestTheQueue:
    def test_who_needs_a_reply_comes_before_who_is_new(self, group, ruth):
        newcomer, asker = member_of(group), member_of(group)
        now = timezone.now()
        thread_in(group, asker, now=now - timedelta(hours=3))
        welcome_newcomers(now)
        watch_first_posts(now)

        come_in(ruth, group.network)
        (section, *_) = queue(ruth, now)

        assert section[0] == "Waiting for a reply now"
        people = [item.person for item in section[2]]
        assert people[0] == asker
        assert newcomer in people

    def test_what_the_world_has_settled_is_gone_at_once(self, group, ruth, jun):
        now = timezone.now()
        thread = thread_in(group, jun, now=now - timedelta(hours=2))
        watch_first_posts(now)

        say(thread, member_of(group))

        come_in(ruth, group.network)
        assert queue(ruth, timezone.now()) == []

    def test_nobody_finds_themselves_in_it(self, group):
        founder = group.memberships.get().person
        ruth = facilitator_of(group)
        welcome_newcomers(timezone.now())

        come_in(ruth, group.network)
        come_in(founder, group.network)
        assert queue(ruth, timezone.now()) == []
        assert len(queue(founder, timezone.now())) == 1

    def test_the_page_costs_the_same_at_every_size(
        self, group, cue, ruth, client_of, count_queries
    ):
        browser = client_of(ruth)
        few = count_queries(lambda: browser.get("/care/"))
        for _ in range(20):
            member_of(group)
        welcome_newcomers(timezone.now())
        many = count_queries(lambda: browser.get("/care/"))

        assert few == many <= 9

    def test_it_is_no_door_for_others(self, group, cue, jun, client_of):
        assert client_of(jun).get("/care/").status_code == 404
        assert client_of(jun).get(f"/groups/{group.slug}/care/").status_code == 404
        assert client_of(jun).get(f"/care/{cue.pk}/done/").status_code == 404

    def test_an_empty_queue_is_good_news(self, ruth, client_of):
        assert "Nobody is waiting for you" in client_of(ruth).get("/care/").content.decode()

    def test_writing_in_a_browser_and_undoing_it(self, cue, ruth, jun, client_of):
        browser = client_of(ruth)

        answer = browser.post(f"/care/{cue.pk}/done/", {"note": "Hello Jun"}, follow=True)
        assert "has heard from you" in answer.content.decode()
        browser.post(f"/care/{cue.pk}/reopen/")

        cue.refresh_from_db()
        assert cue.state == "open"

    def test_a_note_that_is_too_long_stays_in_its_box(self, cue, ruth, jun, client_of):
        answer = client_of(ruth).post(f"/care/{cue.pk}/done/", {"note": "x" * 1001})

        assert answer.status_code == 422
        assert "x" * 1001 in answer.content.decode()
        assert not jun.notices.filter(kind="note").exists()


class TestOverTheApi:
    def test_a_facilitator_reads_and_does(self, group, cue, ruth, api_of):
        program = api_of(ruth, group.network)

        (shown, *_) = program.get(f"/groups/{group.slug}/cues/").json()["results"]
        done = program.post(f"/cues/{cue.pk}/done/", {"note": "Hello"})

        assert shown["kind"] == "welcome"
        assert set(shown["subject"]) == {"type", "id", "url"}
        assert (done.status_code, done.json()["state"]) == (200, "done")

    def test_a_member_is_refused_and_an_outsider_of_a_hidden_group_sees_nothing(
        self, group, cue, jun, api_of
    ):
        hidden = MicroGroupFactory(network=group.network, visibility="hidden")
        program = api_of(jun, group.network)

        assert program.get(f"/groups/{group.slug}/cues/").json()["code"] == "not_allowed"
        assert program.get(f"/groups/{hidden.slug}/cues/").status_code == 404
        assert program.post(f"/cues/{cue.pk}/done/").json()["code"] == "not_allowed"

    def test_the_scope_of_a_facilitator_is_asked_for_reading_too(self, group, cue, ruth, api_of):
        program = api_of(ruth, group.network, scopes=["read", "write"])

        assert program.get("/cues/").json()["code"] == "insufficient_scope"

    @pytest.mark.parametrize(
        ("deed", "body", "field"),
        [
            ("dismiss", {}, "reason"),
            ("snooze", {"until": "tomorrow"}, "until"),
            ("snooze", {"until": "2020-01-01T00:00:00Z"}, "until"),
            ("assign", {"to": "nobody_here"}, "to"),
            ("done", {"note": 7}, "note"),
        ],
    )
    def test_bad_input_is_told_by_field_and_writes_nothing(
        self, group, cue, ruth, api_of, deed, body, field
    ):
        answer = api_of(ruth, group.network).post(f"/cues/{cue.pk}/{deed}/", body)

        cue.refresh_from_db()
        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == [field]
        assert cue.state == "open"

    def test_the_list_costs_the_same_at_every_size(self, group, cue, ruth, api_of, count_queries):
        program = api_of(ruth, group.network)
        program.get("/cues/")
        few = count_queries(lambda: program.get("/cues/"))
        for _ in range(20):
            member_of(group)
        welcome_newcomers(timezone.now())
        many = count_queries(lambda: program.get("/cues/"))

        assert few == many <= 7
