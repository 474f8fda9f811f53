"""Answers at a door, kept for later: theirs alone, there again, and gone when they ask."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from microgroups.groups.actions import archive, edit
from microgroups.groups.fading import forget_drafts
from microgroups.membership.actions import admit, join, leave, remove
from microgroups.membership.drafts import AnswersDraft
from microgroups.membership.for_later import keep_for_later
from microgroups.membership.invitations import accept, make_link
from microgroups.membership.models import Membership, State
from microgroups.membership.seats import move
from network.activity.models import Activity
from network.errors import Invalid, NotAllowed, Refused
from network.networks.door import come_in
from network.notifications.models import Notice
from network.registries import personal_data
from tests.factories import NOW, MicroGroupFactory, PersonFactory, member_of

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
WHY, WHAT = "Why us?", "What do you grow?"
ANSWERS = ["The company.", "Figs."]


@pytest.fixture
def founder(network):
    return PersonFactory(network=network)


@pytest.fixture
def group(network, founder):
    asks = {"join_policy": "ask", "questions": [WHY, WHAT]}
    return MicroGroupFactory(network=network, founder=founder, **asks)


@pytest.fixture
def somebody(network):
    return here(PersonFactory(network=network), network)


@pytest.fixture
def door(group):
    return f"/groups/{group.slug}/join/"


def here(person, network):
    come_in(person, network)
    return person


def seen_by(person):
    return AnswersDraft.objects.visible_to(person).count()


class TestThePage:
    def test_what_is_kept_is_there_again_and_nobody_elses(
        self, client_of, group, founder, somebody, door
    ):
        client, typed = client_of(somebody), {"answer_0": "The company.", "answer_1": ""}
        other = client_of(PersonFactory(network=group.network))
        said, told = Activity.objects.count(), Notice.objects.count()

        kept = client.post(door, {**typed, "later": "1"}, follow=True).content.decode()
        again = client.get(door)

        assert "It is kept; only you see it." in kept
        assert "This is what you kept for later." in again.content.decode()
        form = again.context["form"]
        assert [form["answer_0"].value(), form["answer_1"].value()] == ["The company.", ""]
        assert "The company." not in other.get(door).content.decode()
        assert group.memberships.of(somebody) is None
        assert (Activity.objects.count(), Notice.objects.count()) == (said, told)
        assert seen_by(here(founder, group.network)) == 0

    def test_asking_needs_all_answers_still_and_lets_it_go(self, client_of, group, somebody, door):
        client = client_of(somebody)
        keep_for_later(group, somebody, ["The company."])

        missing = client.post(door, {"answer_0": "The company.", "answer_1": ""})
        assert (missing.status_code, seen_by(somebody)) == (422, 1)

        client.post(door, {"answer_0": "The company.", "answer_1": "Figs."})

        assert group.memberships.of(somebody).is_requested
        assert not AnswersDraft.objects.exists()

    def test_taking_it_all_back_is_said(self, client_of, group, somebody, door):
        keep_for_later(group, somebody, ANSWERS)

        answer = client_of(somebody).post(door, {"later": "1"}, follow=True).content.decode()

        assert "Nothing is kept." in answer
        assert not AnswersDraft.objects.exists()

    def test_what_is_too_long_is_said_and_stays_on_the_page(self, client_of, somebody, door):
        answer = client_of(somebody).post(door, {"answer_0": "x" * 2001, "later": "1"})

        assert (answer.status_code, "x" * 2001 in answer.content.decode()) == (422, True)
        assert not AnswersDraft.objects.exists()

    def test_where_nothing_is_asked_there_is_nothing_to_keep(self, client_of, network, somebody):
        group = MicroGroupFactory(network=network)

        page = client_of(somebody).get(f"/groups/{group.slug}/join/").content.decode()

        assert "Keep for later" not in page

    def test_a_seat_that_is_kept_asks_nothing_again(self, client_of, network, founder, somebody):
        group = MicroGroupFactory(
            network=network, founder=founder, cap=2, join_policy="ask", questions=[WHY]
        )
        member = member_of(group)
        join(group, somebody, answers=["The company."])
        admit(group, somebody, by=founder)
        leave(group, member)

        page = client_of(somebody).get(f"/groups/{group.slug}/join/").content.decode()

        assert "Take the seat" in page
        assert WHY not in page
        client_of(somebody).post(f"/groups/{group.slug}/join/")
        assert group.memberships.of(somebody).is_active

    def test_the_page_asks_as_much_for_one_as_for_many(
        self, client_of, group, somebody, door, count_queries
    ):
        client = client_of(somebody)
        client.get(door)
        without = count_queries(lambda: client.get(door))
        keep_for_later(group, somebody, ANSWERS)
        few = count_queries(lambda: client.get(door))
        for _ in range(5):
            other = MicroGroupFactory(network=group.network, join_policy="ask", questions=[WHY])
            keep_for_later(other, somebody, ["The company."])
            keep_for_later(group, PersonFactory(network=group.network), ANSWERS)

        assert count_queries(lambda: client.get(door)) == few == without == 6


class TestItsEnd:
    @pytest.fixture
    def draft(self, group, somebody):
        return keep_for_later(group, somebody, ANSWERS, now=NOW)

    def test_coming_in_by_a_link_ends_it(self, draft, group, founder, somebody):
        invitation, _ = make_link(group, by=founder)

        accept(invitation, somebody)

        assert not AnswersDraft.objects.exists()

    def test_saying_no_to_an_invitation_or_leaving_ends_it(self, group, founder, somebody):
        join(group, somebody, answers=ANSWERS)
        AnswersDraft.objects.create(group=group, by=somebody, words={WHY: "?"}, kept_at=NOW)

        leave(group, somebody)

        assert not AnswersDraft.objects.exists()

    def test_behind_a_closed_door_or_inside_nobody_sees_it(self, draft, group, founder, somebody):
        assert seen_by(somebody) == 1
        move(Membership(group=group, person=somebody), State.ACTIVE, NOW, actor=None)
        assert seen_by(somebody) == 0
        leave(group, somebody)
        keep_for_later(group, somebody, ANSWERS)
        assert seen_by(somebody) == 1

        archive(group, founder)

        assert seen_by(somebody) == 0

    def test_what_is_not_asked_any_more_is_seen_until_they_come_in(
        self, draft, group, founder, somebody, client_of, door
    ):
        client = client_of(somebody)
        assert "It is not asked any more" not in client.get(door).content.decode()
        edit(group, founder, questions=[WHAT])
        some = client.get(door)
        edit(group, founder, questions=[])
        page = client.get(door)

        assert some.context["form"]["answer_0"].value() == "Figs."
        assert some.context["not_asked"] == [(WHY, "The company.")]
        assert page.context["not_asked"] == [(WHY, "The company."), (WHAT, "Figs.")]
        assert "The company." in page.content.decode()
        client.post(door)
        assert group.memberships.of(somebody).is_requested
        assert not AnswersDraft.objects.exists()

    def test_other_questions_find_what_still_answers_them(self, draft, group, founder, client_of):
        edit(group, founder, questions=["Since when?", WHAT])

        form = client_of(draft.by).get(f"/groups/{group.slug}/join/").context["form"]

        assert [form["answer_0"].value(), form["answer_1"].value()] == ["", "Figs."]

    def test_it_goes_as_other_drafts_go(self, draft, somebody):
        forget_drafts(NOW + 22 * DAY)
        assert not Notice.objects.filter(kind="draft_goes").exists()
        forget_drafts(NOW + 23 * DAY)
        forget_drafts(NOW + 24 * DAY)
        assert Notice.objects.filter(person=somebody, kind="draft_goes").count() == 1

        forget_drafts(NOW + 30 * DAY)

        assert not AnswersDraft.objects.exists()

    def test_the_warning_leads_back_and_a_touch_begins_the_days_again(
        self, draft, group, somebody, client_of, door
    ):
        forget_drafts(NOW + 23 * DAY)
        told = client_of(somebody).get("/notices/").content.decode()

        keep_for_later(group, somebody, ANSWERS, now=NOW + 24 * DAY)
        forget_drafts(NOW + 32 * DAY)

        assert f"Answers for {group.name}" in told
        assert AnswersDraft.objects.get().warned_at is None
        client_of(somebody).get(door)
        assert not Notice.objects.filter(person=somebody, read_at=None).exists()


class TestWhoMay:
    def test_whoever_could_not_ask_keeps_nothing(self, group, founder, somebody):
        with pytest.raises(NotAllowed):
            keep_for_later(group, PersonFactory(), ANSWERS)
        with pytest.raises(Refused, match="already in"):
            keep_for_later(group, founder, ANSWERS)
        member = member_of(group)
        remove(group, member, by=founder, reason="A word.")
        with pytest.raises(Refused, match="closed to you"):
            keep_for_later(group, member, ANSWERS)
        with pytest.raises(Invalid):
            keep_for_later(group, somebody, ["x" * 2001])
        archive(group, founder)
        with pytest.raises(Refused, match="not open"):
            keep_for_later(group, somebody, ANSWERS)
        assert not AnswersDraft.objects.exists()

    def test_whoever_has_asked_keeps_nothing(self, group, somebody):
        join(group, somebody, answers=ANSWERS)

        assert keep_for_later(group, somebody, ["Else."]) is None
        assert group.memberships.of(somebody).answers == ANSWERS
        assert not AnswersDraft.objects.exists()

    def test_it_is_exported_and_erased(self, group, somebody):
        keep_for_later(group, somebody, ANSWERS)
        kept = personal_data[AnswersDraft]

        assert [row["words"] for row in kept.export(somebody)] == [
            dict(zip((WHY, WHAT), ANSWERS, strict=True))
        ]
        kept.erase(somebody)
        assert not AnswersDraft.objects.exists()


class TestMigration:
    def test_who_was_told_by_the_draft_finds_it_by_the_group(self, group, somebody):
        draft = keep_for_later(group, somebody, ANSWERS, now=NOW)
        forget_drafts(NOW + 23 * DAY)
        there = MigrationExecutor(connection)
        there.migrate([("microgroups", "0015_by_kith")])
        told = Notice.objects.get(person=somebody, kind="draft_goes")
        assert told.subject_id == draft.pk

        there.loader.build_graph()
        there.migrate([("microgroups", "0016_drafts_found_by_group")])

        told.refresh_from_db()
        assert told.subject_id == group.pk
        assert AnswersDraft.objects.get() == draft
