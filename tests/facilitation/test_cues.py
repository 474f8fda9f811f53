"""Cues: each opens once, somebody sees to it or the world does, and no slip is lost."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from facilitation.cues import actions
from facilitation.cues.actions import ask_for_requests
from facilitation.cues.models import Cue
from facilitation.welcome.actions import watch_first_posts, welcome_newcomers
from microgroups.appeals.actions import appeal
from microgroups.conversation.actions import delete_post
from microgroups.groups.models import MicroGroup
from microgroups.membership.actions import admit, join, leave, remove
from network.activity.models import Activity
from network.errors import Invalid, NotAllowed, Refused
from network.networks.models import Network
from network.notifications.actions import deliver_due
from network.notifications.models import Notice
from tests.factories import (
    MicroGroupFactory,
    PersonFactory,
    facilitator_of,
    member_of,
    say,
    thread_in,
)
from tests.threads import all_at_once

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


def fill(group, people):
    """So many newcomers, each with a cue that somebody was asked to look after."""
    founder = group.memberships.get(is_founder=True).person
    newcomers = [member_of(group) for _ in range(people)]
    welcome_newcomers(timezone.now())
    Cue.objects.filter(person__in=newcomers).update(assigned_to=founder)


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

    @pytest.mark.parametrize("kind", ["request", "appeal", "report", "distress"])
    def test_where_somebody_waits_for_a_decision_nothing_else_closes_it(
        self, cue, group, ruth, jun, client_of, api_of, kind
    ):
        Cue.objects.update(kind=kind, person=jun)
        later = {"until": (timezone.now() + timedelta(hours=1)).isoformat()}
        deeds = {"done": {"note": "Hello"}, "dismiss": {"reason": "Not now."}}
        deeds |= {"snooze": later} if kind == "distress" else {}

        program = api_of(ruth, group.network)
        answers = [program.post(f"/cues/{cue.pk}/{deed}/", said) for deed, said in deeds.items()]
        pages = [client_of(ruth).post(f"/care/{cue.pk}/{deed}/", {"hours": 1}) for deed in deeds]

        assert [answer.status_code for answer in answers] == [409] * len(deeds)
        assert {answer.json()["code"] for answer in answers} == {"decision_needed"}
        assert {page.status_code for page in pages} <= {302, 422}
        assert Cue.objects.open(timezone.now()).filter(pk=cue.pk).exists()
        assert not jun.notices.filter(kind="note").exists()

    def test_another_facilitator_can_be_asked_and_is_told(self, cue, group, ruth):
        maren = facilitator_of(group)

        actions.assign(cue, ruth, to=maren)

        assert maren.notices.filter(kind="cue_assigned").count() == 1

    @pytest.mark.parametrize("taken_back", [True, False])
    def test_whoever_is_asked_no_more_gets_no_letter(self, cue, group, ruth, taken_back):
        maren, noon = facilitator_of(group), timezone.now().replace(hour=12)
        actions.assign(cue, ruth, to=maren, now=noon)

        if taken_back:
            actions.reopen(cue, ruth, now=noon)
        deliver_due(noon)

        letters = [letter for letter in mail.outbox if letter.to == [maren.email]]
        assert [letter.subject for letter in letters if "look after" in letter.subject] == [
            f"{ruth.name} asks you to look after {cue.person.name}"
        ] * (not taken_back)

    def test_a_member_cannot_be_asked(self, cue, group, ruth):
        with pytest.raises(Invalid):
            actions.assign(cue, ruth, to=member_of(group))

    def test_nobody_is_asked_to_look_after_themselves(self, group, ruth):
        maren = facilitator_of(group)
        welcome_newcomers(timezone.now())
        about_maren = Cue.objects.get(kind="welcome", person=maren)

        with pytest.raises(Invalid, match="Ask somebody else"):
            actions.assign(about_maren, ruth, to=maren)

    def test_nobody_is_asked_to_look_again_at_what_they_decided(self, group, ruth, jun):
        founder, now = group.founder, timezone.now()
        place = remove(group, jun, by=founder, reason="It was too loud.", now=now)
        appeal(place, jun, text="It was not me.", now=now)
        actions.ask_for_appeals(now)

        with pytest.raises(Invalid, match="decided this before"):
            actions.assign(Cue.objects.get(kind="appeal"), ruth, to=founder)

    def test_asked_for_again_it_is_the_one_there_is(self, cue):
        twin = Cue.objects.get(pk=cue.pk)
        twin.pk, twin.reason = None, "Again."

        actions.open_cues([twin])

        assert Cue.objects.get(key=cue.key).reason == cue.reason

    def test_a_note_that_is_too_long_is_refused_by_its_field(self, cue, ruth):
        with pytest.raises(Invalid) as refusal:
            actions.done(cue, ruth, note="x" * 1001)

        assert list(refusal.value.errors) == ["note"]

    @pytest.mark.parametrize("hours", [-1, 0, 30 * 24 + 1])
    def test_it_is_put_aside_for_a_month_at_most_and_never_into_the_past(self, cue, ruth, hours):
        now = timezone.now()

        with pytest.raises(Invalid):
            actions.snooze(cue, ruth, until=now + timedelta(hours=hours), now=now)

    def test_a_closed_cue_is_neither_assigned_nor_put_aside(self, cue, group, ruth):
        maren = facilitator_of(group)
        actions.done(cue, ruth)

        actions.assign(cue, ruth, to=maren)
        actions.snooze(cue, ruth, until=timezone.now() + timedelta(hours=1))

        cue.refresh_from_db()
        assert (cue.assigned_to, cue.snoozed_until) == (None, None)

    @pytest.mark.parametrize("hours", [1, 30 * 24])
    def test_put_aside_it_comes_back_at_its_time(self, cue, ruth, hours):
        now = timezone.now()
        later = now + timedelta(hours=hours)

        actions.snooze(cue, ruth, until=later, now=now)

        assert not Cue.objects.open(later - timedelta(minutes=1)).filter(pk=cue.pk).exists()
        assert Cue.objects.open(later).filter(pk=cue.pk).exists()

    @pytest.mark.django_db(transaction=True)
    def test_left_be_by_four_at_once_it_is_on_record_once(self, cue, ruth):
        def dismiss():
            return actions.dismiss(cue, ruth, reason="A slip.").state

        assert all_at_once(dismiss, [()] * 4) == ["dismissed"] * 4

        assert Activity.objects.filter(verb="cue.dismissed").count() == 1

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

    def test_writing_back_to_a_post_that_was_taken_back_says_so_and_closes_nothing(
        self, group, ruth, jun
    ):
        now = timezone.now()
        thread = thread_in(group, jun, now=now - timedelta(hours=2))
        watch_first_posts(now)
        cue = Cue.objects.get(kind="answer", person=jun)
        delete_post(thread.posts.get(), jun)

        with pytest.raises(Refused):
            actions.answer(cue, ruth, body="Let it go.")

        cue.refresh_from_db()
        assert cue.is_open

    def test_each_deed_is_on_record_without_a_word(self, cue, ruth):
        actions.dismiss(cue, ruth, reason="We met at the market.")
        actions.reopen(cue, ruth)

        records = Activity.objects.filter(about_id=str(cue.pk)).order_by("pk")
        assert [row.verb for row in records] == ["cue.dismissed", "cue.reopened"]
        assert "market" not in str([row.facts for row in records])

    def test_two_facilitators_at_once_send_one_note_each_at_most(self, cue, group, ruth, jun):
        maren = facilitator_of(group)

        actions.done(cue, ruth, note="Hello")
        actions.done(cue, maren, note="Hello from me, too")

        assert [notice.actor for notice in jun.notices.filter(kind="note")] == [ruth]


class TestRequests:
    @pytest.fixture
    def group(self):
        return MicroGroupFactory(join_policy="ask", questions=["Why?"])

    @pytest.fixture
    def bram(self, group):
        bram = PersonFactory(network=group.network)
        join(group, bram, answers=["A bag of soil."])
        ask_for_requests(timezone.now())
        return bram

    @pytest.fixture
    def request_cue(self, bram):
        return Cue.objects.get(kind="request", person=bram)

    def test_who_knocks_is_shown_and_let_in_in_one_act(self, group, ruth, bram, request_cue):
        actions.let_in(request_cue, ruth)

        assert group.memberships.of(bram).is_active
        request_cue.refresh_from_db()
        assert request_cue.state == "done"

    def test_who_is_turned_away_reads_why(self, group, ruth, bram, request_cue):
        actions.turn_away(request_cue, ruth, reason="We are full of balconies.")

        assert group.memberships.of(bram).state == "declined"
        assert bram.notices.get(kind="request_declined").words == "We are full of balconies."
        request_cue.refresh_from_db()
        assert request_cue.state == "done"

    def test_where_the_group_refuses_nothing_is_closed(self, group, ruth, bram, request_cue):
        Network.objects.update(max_groups_per_person=1)
        member_of(MicroGroupFactory(network=group.network), person=bram)

        with pytest.raises(Refused) as refusal:
            actions.let_in(request_cue, ruth)

        request_cue.refresh_from_db()
        assert (refusal.value.code, request_cue.state) == ("too_many_groups", "open")

    def test_it_is_gone_at_once_when_another_door_was_taken(self, group, ruth, bram):
        now = timezone.now()
        assert Cue.objects.waiting(now).filter(kind="request").exists()

        admit(group, bram, by=ruth)

        assert not Cue.objects.waiting(now).filter(kind="request").exists()

    def test_an_answer_by_another_door_closes_it(self, group, ruth, bram, request_cue):
        admit(group, bram, by=ruth)
        ask_for_requests(timezone.now())

        request_cue.refresh_from_db()
        assert request_cue.closed_why == "They have their answer."

    def test_who_asks_no_more_lets_it_lapse_and_asking_again_opens_another(
        self, group, bram, request_cue
    ):
        leave(group, bram)
        join(group, bram, answers=["I changed my mind again."])

        ask_for_requests(timezone.now())

        states = Cue.objects.filter(person=bram).order_by("created_at").values_list("state")
        assert [state for (state,) in states] == ["done", "open"]

    def test_asking_the_job_again_says_nothing_new(self, bram):
        ask_for_requests(timezone.now())
        ask_for_requests(timezone.now())

        assert Cue.objects.filter(kind="request").count() == 1

    def test_as_of_the_past_nobody_has_knocked_yet(self, group):
        bram = PersonFactory(network=group.network)
        join(group, bram, answers=["A bag of soil."])

        ask_for_requests(timezone.now() - timedelta(days=1))

        assert not Cue.objects.filter(person=bram).exists()


SHAPE = {
    *("id", "group", "kind", "person", "reason", "subject", "drafted"),
    *("state", "assigned_to", "due_at", "created_at"),
}


class TestOverTheApi:
    def test_a_facilitator_reads_and_does(self, group, cue, ruth, jun, api_of):
        program = api_of(ruth, group.network)

        listed = program.get(f"/groups/{group.slug}/cues/").json()["results"]
        done = program.post(f"/cues/{cue.pk}/done/", {"note": "Hello"})

        (shown,) = [each for each in listed if each["id"] == str(cue.pk)]
        assert set(shown) == SHAPE
        assert shown["person"]["username"] == jun.username
        assert shown["subject"] == {
            "type": "membership",
            "id": str(group.memberships.of(jun).pk),
            "url": group.get_absolute_url(),
        }
        assert (done.status_code, done.json()["state"]) == (200, "done")
        assert jun.notices.get(kind="note").words == "Hello"

    def test_each_deed_answers_with_the_cue_as_it_stands(self, group, cue, ruth, api_of):
        maren = facilitator_of(group)
        program = api_of(ruth, group.network)
        later = (timezone.now() + timedelta(hours=2)).isoformat()

        def do(deed, **body):
            answer = program.post(f"/cues/{cue.pk}/{deed}/", body)
            assert answer.status_code == 200
            return answer.json()

        assert do("assign", to=maren.username)["assigned_to"]["username"] == maren.username
        assert do("snooze", until=later)["state"] == "open"
        assert do("dismiss", reason="We met.")["state"] == "dismissed"
        assert do("reopen")["state"] == "open"

    def test_open_ones_are_listed_unless_another_state_is_asked_for(self, group, cue, ruth, api_of):
        program = api_of(ruth, group.network)

        def listed(query=""):
            return [each["id"] for each in program.get(f"/cues/{query}").json()["results"]]

        assert str(cue.pk) in listed()
        program.post(f"/cues/{cue.pk}/dismiss/", {"reason": "We met."})

        assert str(cue.pk) not in listed()
        assert listed("?state=dismissed") == [str(cue.pk)]
        assert program.get("/cues/?state=lost").json()["errors"].keys() == {"state"}

    def test_what_is_put_aside_or_settled_is_not_listed(self, group, cue, ruth, jun, api_of):
        program = api_of(ruth, group.network)
        now = timezone.now()
        thread = thread_in(group, jun, now=now - timedelta(hours=2))
        watch_first_posts(now)
        actions.snooze(cue, ruth, until=now + timedelta(hours=1))
        kinds = [each["kind"] for each in program.get("/cues/").json()["results"]]
        assert kinds.count("answer") == 1

        say(thread, member_of(group))

        about_jun = [
            each
            for each in program.get("/cues/").json()["results"]
            if each["person"]["username"] == jun.username
        ]
        assert about_jun == []

    def test_nobody_reads_cues_about_themselves(self, group, cue, ruth, api_of):
        listed = api_of(ruth, group.network).get("/cues/").json()["results"]

        assert Cue.objects.filter(person=ruth, state="open").exists()
        assert ruth.username not in [each["person"]["username"] for each in listed]

    def test_who_facilitates_nothing_has_an_empty_queue(self, group, cue, jun, api_of):
        assert api_of(jun, group.network).get("/cues/").json()["results"] == []

    @pytest.mark.parametrize("deed", ["done", "dismiss", "assign", "snooze", "reopen"])
    def test_members_and_outsiders_are_refused_and_of_a_hidden_group_nothing_is_there(
        self, group, cue, jun, api_of, deed
    ):
        outsider = PersonFactory(network=group.network)
        path = f"/cues/{cue.pk}/{deed}/"

        for person in (jun, outsider):
            assert api_of(person, group.network).post(path).status_code == 403
            assert api_of(person, group.network).post(path).json()["code"] == "not_allowed"
        MicroGroup.objects.filter(pk=group.pk).update(visibility="hidden")
        assert api_of(outsider, group.network).post(path).status_code == 404

    @pytest.mark.parametrize(
        ("visibility", "who", "status"),
        [
            ("network", "jun", 403),
            ("network", "outsider", 403),
            ("listed", "outsider", 403),
            ("hidden", "jun", 403),
            ("hidden", "outsider", 404),
        ],
    )
    def test_a_groups_queue_is_its_facilitators_alone(
        self, group, cue, jun, api_of, visibility, who, status
    ):
        MicroGroup.objects.filter(pk=group.pk).update(visibility=visibility)
        person = jun if who == "jun" else PersonFactory(network=group.network)

        answer = api_of(person, group.network).get(f"/groups/{group.slug}/cues/")

        assert answer.status_code == status

    @pytest.mark.parametrize("path", ["/cues/", "/groups/{slug}/cues/"])
    def test_the_scope_of_a_facilitator_is_asked_for_reading_too(
        self, group, cue, ruth, api_of, path
    ):
        program = api_of(ruth, group.network, scopes=["read", "write"])

        assert program.get(path.format(slug=group.slug)).json()["code"] == "insufficient_scope"

    @pytest.mark.parametrize(
        ("deed", "body", "field"),
        [
            ("dismiss", {}, "reason"),
            ("dismiss", {"reason": "  "}, "reason"),
            ("dismiss", {"reason": "x" * 1001}, "reason"),
            ("snooze", {}, "until"),
            ("snooze", {"until": "tomorrow"}, "until"),
            ("snooze", {"until": "2020-01-01T00:00:00Z"}, "until"),
            ("snooze", {"until": "9999-12-31T23:59:59Z"}, "until"),
            ("assign", {}, "to"),
            ("assign", {"to": "nobody_here"}, "to"),
            ("done", {"note": 7}, "note"),
            ("done", {"note": "x" * 1001}, "note"),
            ("done", {"note": "a\u0000b"}, "note"),
        ],
    )
    def test_bad_input_is_told_by_field_and_writes_nothing(
        self, group, cue, ruth, api_of, deed, body, field
    ):
        answer = api_of(ruth, group.network).post(f"/cues/{cue.pk}/{deed}/", body)

        was = (cue.state, cue.snoozed_until, cue.assigned_to)
        cue.refresh_from_db()
        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == [field]
        assert (cue.state, cue.snoozed_until, cue.assigned_to) == was
        assert not Notice.objects.filter(kind__in=["note", "cue_assigned"]).exists()

    def test_the_lists_cost_the_same_at_every_size(self, group, ruth, api_of, count_queries):
        program = api_of(ruth, group.network)
        paths = ["/cues/?limit=100", f"/groups/{group.slug}/cues/?limit=100"]

        def costs():
            return [count_queries(lambda path=path: program.get(path)) for path in paths]

        fill(group, 2)
        costs()  # the first one of a process asks more
        few = costs()
        fill(group, 48)

        assert len(program.get(paths[0]).json()["results"]) == 50
        assert costs() == few
        assert max(few) <= 9

    def test_a_deed_costs_the_same_at_every_size(self, group, cue, ruth, api_of, count_queries):
        program = api_of(ruth, group.network)
        fill(group, 2)
        first, second, third = Cue.objects.filter(kind="welcome").exclude(person=ruth)[:3]

        def cost(cue):
            return count_queries(lambda: program.post(f"/cues/{cue.pk}/done/", {"note": "Hello"}))

        cost(first)
        few = cost(second)
        fill(group, 47)

        assert cost(third) == few <= 16
