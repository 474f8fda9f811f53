"""Nudges on pages and over the API."""

from django.utils import timezone

from facilitation.cues.actions import done
from facilitation.cues.models import Cue
from facilitation.nudges import actions
from facilitation.nudges.jobs import draft_nudges
from facilitation.nudges.models import Nudge
from microgroups.membership.actions import leave
from network.notifications.models import Attention, Notice
from tests.facilitation.nudges.steps import DAY, draft_of, lapsed
from tests.factories import (
    PersonFactory,
    admin_of,
    member_of,
    thread_in,
)


class TestPages:
    def test_the_first_act_of_the_cue_leads_to_the_draft_or_to_a_few_words(
        self, group, ruth, ana, client_of
    ):
        cue = Cue.objects.get(person=ana, kind="presence")
        reader = client_of(ruth)
        assert reader.get(f"/care/{cue.pk}/write/").url == f"/care/{cue.pk}/done/"

        nudge = draft_of(ana)

        assert reader.get(f"/care/{cue.pk}/write/").url == f"/nudges/{nudge.pk}/"
        assert f"/care/{cue.pk}/write/" in reader.get("/care/").content.decode()

    def test_a_facilitator_reads_changes_keeps_and_sends(self, group, ruth, ana, client_of):
        thread = thread_in(group, title="Worms")
        nudge, reader = draft_of(ana), client_of(ruth)
        page = reader.get(f"/nudges/{nudge.pk}/").content.decode()
        assert "A word to Ana-Lucía" in page
        assert "From Kith, not from a person." in page
        assert f"/threads/{thread.pk}/" in page

        reader.post(f"/nudges/{nudge.pk}/", {"body": "Mine.", "save": "1"})
        assert Nudge.objects.get().body == "Mine."
        answer = reader.post(f"/nudges/{nudge.pk}/", {"body": "Mine now.", "send": "1"})

        assert answer.url == f"/groups/{group.slug}/nudges/"
        assert Notice.objects.get(kind="nudge").words == "Mine now."

    def test_nothing_typed_is_lost_when_it_is_not_the_time(self, group, ruth, ana, client_of):
        nudge = draft_of(ana)
        Attention.objects.create(
            network=group.network,
            person=ana,
            kind="nudge",
            cause="nudge:other:1",
            episode="absence:other",
            subject_type="group",
            subject_id=group.pk,
            budget="nudge",
            is_sent=True,
            reason="nudge_room",
            at=timezone.now() - DAY,
        )

        answer = client_of(ruth).post(f"/nudges/{nudge.pk}/", {"body": "My words.", "send": "1"})

        assert answer.status_code == 422
        assert "It is not the time" in answer.content.decode()
        assert "My words." in answer.content.decode()

    def test_of_one_that_is_left_be_nobody_reads_that_it_will_be_seen(
        self, group, ruth, ana, client_of
    ):
        nudge, reader = draft_of(ana), client_of(ruth)
        assert "will see</h2>" in reader.get(f"/nudges/{nudge.pk}/").text

        reader.post(f"/nudges/{nudge.pk}/", {"body": "", "discard": "1"})

        page = reader.get(f"/nudges/{nudge.pk}/").text
        assert "It was not sent, and need not be." in page and "Draft it again" in page
        assert "What was drafted</h2>" in page and "will see" not in page

    def test_left_be_the_queue_says_so_with_the_undo(self, group, ruth, ana, client_of):
        nudge, reader = draft_of(ana), client_of(ruth)
        address = f"/nudges/{nudge.pk}/"

        left = reader.post(address, {"body": "", "discard": "1"}, follow=True).text
        cue = Cue.objects.get(person=ana, kind="presence")
        undone = reader.post(f"/care/{cue.pk}/reopen/", follow=True).text

        assert f"{ana.name} is left be." in left and "Thank you for saying why" not in left
        assert f'action="/care/{cue.pk}/reopen/"' in left and "data-undo" in left
        assert "is back in your queue" in undone
        assert "Send it in my name" in reader.get(address).text
        reader.post(address, {"body": "", "discard": "1"})
        again = reader.post(address, {"take_back": "1"}, follow=True).text
        assert "It is drafted again." in again and "Send it in my name" in again

    def test_where_no_cue_goes_with_it_the_letter_has_the_undo(self, group, ruth, ana, client_of):
        nudge, reader = draft_of(ana), client_of(ruth)
        done(Cue.objects.get(person=ana, kind="presence"), ruth)

        left = reader.post(f"/nudges/{nudge.pk}/", {"body": "", "discard": "1"}, follow=True).text

        assert "is left be." in left and "Draft it again" in left

    def test_empty_words_come_back_with_what_to_do(self, group, ruth, ana, client_of):
        nudge = draft_of(ana)

        answer = client_of(ruth).post(f"/nudges/{nudge.pk}/", {"body": " ", "send": "1"})

        assert answer.status_code == 422
        assert "one line is enough" in answer.content.decode()

    def test_it_is_there_for_facilitators_alone(self, group, ruth, ana, client_of):
        nudge = draft_of(ana)

        for person in (ana, member_of(group), admin_of(group.network)):
            assert client_of(person).get(f"/nudges/{nudge.pk}/").status_code == 404
            assert client_of(person).get(f"/groups/{group.slug}/nudges/").status_code == 404
            assert client_of(person).get(f"/nudges/{nudge.pk}/letter/").status_code == 404

    def test_who_is_written_to_reads_it_and_is_here_by_that(self, group, ruth, ana, client_of):
        thread = thread_in(group, title="Worms")
        nudge = draft_of(ana)
        actions.send(nudge, ruth, body="Would you look in?")
        mine = client_of(ana)

        assert f"/nudges/{nudge.pk}/letter/" in mine.get("/notices/").content.decode()
        page = mine.get(f"/nudges/{nudge.pk}/letter/").content.decode()

        assert "Would you look in?" in page
        assert f"/threads/{thread.pk}/" in page
        assert f"/groups/{group.slug}/rhythm/" in page
        assert group.memberships.of(ana).last_visit_on == timezone.now().date()
        leave(group, ana)
        assert mine.get(f"/nudges/{nudge.pk}/letter/").status_code == 404

    def test_pages_ask_the_same_for_few_and_many(self, group, ruth, ana, client_of, count_queries):
        nudge, reader = draft_of(ana), client_of(ruth)
        listed, single = f"/groups/{group.slug}/nudges/", f"/nudges/{nudge.pk}/"
        reader.get(listed)
        few = count_queries(lambda: reader.get(listed)), count_queries(lambda: reader.get(single))
        for _ in range(3):
            lapsed(group)
        draft_nudges(timezone.now())

        many = count_queries(lambda: reader.get(listed)), count_queries(lambda: reader.get(single))

        assert Nudge.objects.count() == 4
        assert many == few
        assert few[0] <= 9
        assert few[1] <= 10


class TestApi:
    def test_drafts_are_listed_changed_sent_and_put_aside(
        self, group, ruth, ana, api_of, count_queries
    ):
        nudge, program = draft_of(ana), api_of(ruth, group.network)
        address = f"/groups/{group.slug}/nudges/"
        (found,) = program.get(address).json()["results"]
        assert (found["id"], found["state"], found["step"]) == (str(nudge.pk), "draft", 1)
        assert found["person"]["username"] == ana.username
        assert count_queries(lambda: program.get(address)) <= 6

        changed = program.patch(f"/nudges/{nudge.pk}/", {"body": "Mine."}).json()
        sent = program.post(f"/nudges/{nudge.pk}/send/").json()

        assert changed["body"] == "Mine."
        assert program.get(f"/nudges/{nudge.pk}/").json() == sent
        assert (sent["state"], sent["sent_by"]["username"]) == ("sent", ruth.username)
        assert program.get(f"{address}?state=sent").json()["results"] == [sent]
        assert program.post(f"/nudges/{nudge.pk}/discard/").json()["code"] == "no_longer"
        assert program.post(f"/nudges/{nudge.pk}/take-back/").json()["code"] == "no_longer"

    def test_one_that_was_left_be_is_taken_back(self, group, ruth, ana, api_of):
        nudge, program = draft_of(ana), api_of(ruth, group.network)

        left = program.post(f"/nudges/{nudge.pk}/discard/").json()
        back = program.post(f"/nudges/{nudge.pk}/take-back/").json()

        assert (left["state"], back["state"]) == ("discarded", "draft")

    def test_members_are_refused_and_whoever_it_is_about_finds_nothing(
        self, group, ruth, ana, api_of
    ):
        nudge = draft_of(ana)
        member = api_of(member_of(group), group.network)

        assert member.get(f"/groups/{group.slug}/nudges/").status_code == 403
        assert member.post(f"/nudges/{nudge.pk}/send/").json()["code"] == "not_allowed"
        assert api_of(ana, group.network).post(f"/nudges/{nudge.pk}/send/").status_code == 404
        elsewhere = PersonFactory(network=group.network)
        outside = api_of(elsewhere, group.network)
        assert outside.post(f"/nudges/{nudge.pk}/send/").status_code == 404

    def test_a_group_says_whether_kith_writes(self, group, ruth, api_of):
        program, address = api_of(ruth, group.network), f"/groups/{group.slug}/nudges/habit/"

        assert program.get(address).json() == {"by_kith": False, "rests": True}
        assert program.put(address, {"by_kith": True}).json() == {"by_kith": True, "rests": True}
        assert program.get(address).json() == {"by_kith": True, "rests": True}
        assert api_of(member_of(group), group.network).get(address).status_code == 403
