"""Words that ask somebody back: drafted from what is there, sent by a person, few, and no more."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from facilitation.cues.models import Cue
from facilitation.nudges import actions
from facilitation.nudges.jobs import draft_nudges
from facilitation.nudges.models import Nudge
from facilitation.nudges.reading import erase, nudges_about
from facilitation.nudges.threads import live_thread
from facilitation.nudges.wording import draft_text
from facilitation.presence import sweep
from facilitation.presence.actions import notice_absences, pause
from facilitation.presence.models import Absence
from facilitation.presence.reading import silences
from microgroups.conversation.actions import close, open_thread, post
from microgroups.groups.models import MicroGroup
from microgroups.membership.actions import describe, leave, rest
from microgroups.membership.models import Membership
from microgroups.membership.visits import note_visit
from network.activity.models import Activity
from network.errors import Invalid, NotAllowed, Refused
from network.networks import actions as networks
from network.networks.door import come_in
from network.networks.models import Network
from network.notifications.actions import deliver_due
from network.notifications.models import Attention, Notice
from network.people.blocking import block
from network.people.models import Person
from tests.facilitation.test_silences import alive, away
from tests.factories import (
    NOW,
    MicroGroupFactory,
    NetworkFactory,
    PersonFactory,
    admin_of,
    facilitator_of,
    member_of,
    thread_in,
)
from tests.threads import all_at_once

DAY = timedelta(days=1)


@pytest.fixture
def group(db):
    return alive(MicroGroupFactory(visibility="network", name="Balcony Growers"))


@pytest.fixture
def ruth(group):
    return keeper(group)


def keeper(group, **facts):
    person = facilitator_of(group, **facts)
    come_in(person, group.network)
    return person


@pytest.fixture
def ana(group):
    return lapsed(group, name="Ana-Lucía Ferreira")


def lapsed(group, name="Ana", days=20, *, held_out=False, person=None):
    """A member who has lapsed and is not held out; the sweep has seen it."""
    person = person or PersonFactory(network=group.network, name=name)
    person.memberships.filter(group=group).delete()
    away(group, days, person=person)
    notice_absences(timezone.now())
    Absence.objects.filter(membership__person=person).update(is_held_out=held_out)
    return person


def move_away(group, person):
    """They leave the network, and this group with it."""
    networks.leave(group.network, person)


def draft_of(person, now=None):
    draft_nudges(now or timezone.now())
    return Nudge.objects.drafts().get(person=person)


def keep_away(group, days):
    """So many more days pass, on all of which the group is alive."""
    until = timezone.now().date() + timedelta(days=days + 6)
    MicroGroup.objects.filter(pk=group.pk).update(alive_days=1006 + days, alive_until=until)


class TestTheDraft:
    def test_who_has_lapsed_gets_one_and_who_is_quiet_none(self, group, ruth, ana):
        quiet = away(group, 13)
        notice_absences(timezone.now())
        assert Absence.objects.get(membership__person=quiet).level == "quiet"

        draft_nudges(timezone.now())

        nudge = Nudge.objects.get()
        assert (nudge.person, nudge.step, nudge.state) == (ana, 1, "draft")

    def test_where_children_may_be_among_them_nobody_is_asked_back(self, group, ruth, ana):
        draft_of(ana)
        networks = Network.objects.filter(pk=group.network_id)
        networks.update(minimum_age=15)
        other = lapsed(group, name="Oskar")

        draft_nudges(timezone.now())
        assert [nudge.state for nudge in Nudge.objects.all()] == ["lapsed"]
        networks.update(minimum_age=16)

        assert draft_of(other).step == 1

    def test_running_it_again_drafts_nothing_more(self, group, ruth, ana):
        for _ in range(3):
            draft_nudges(timezone.now())

        assert Nudge.objects.count() == 1

    def test_it_asks_what_they_may_be_asked_about_and_points_to_an_open_question(
        self, group, ruth, ana
    ):
        describe(group, ana, offers="Netting against moths.")
        Membership.objects.filter(person=ana).update(last_visit_alive=980)
        nadia = member_of(group, person=PersonFactory(network=group.network, name="Nadia Rahman"))
        open_thread(group, nadia, title="Something else?", body="Who?", kind="question")
        asked = open_thread(group, nadia, title="Moths on kale?", body="Who?", kind="question")
        thread_in(group, nadia, title="The newest talk")

        nudge = draft_of(ana)

        assert nudge.thread == asked
        assert nudge.body == (
            "Ana-Lucía, Nadia asks “Moths on kale?” and has no answer yet. You wrote that one may "
            "ask you about this: “Netting against moths”. Would you say what you know about it?"
        )

    def test_without_a_question_it_points_to_a_thread_in_which_they_wrote(self, group, ruth):
        ana = lapsed(group, days=20)
        theirs = thread_in(group, title="Worms")
        row = Membership.objects.filter(person=ana)
        kept = row.values("last_visit_on", "last_visit_alive", "recent_gaps", "recent_gaps_sum")[0]
        post(theirs, ana, body="Mine are fine.")
        row.update(**kept)
        thread_in(group, title="The newest talk")

        nudge = draft_of(ana)

        assert nudge.thread == theirs
        assert "you had a part in it" in nudge.body

    @pytest.mark.parametrize("why", ["closed", "old", "theirs", "announcement", "blocked"])
    def test_it_points_to_no_thread_to_which_they_could_say_nothing(self, group, ruth, ana, why):
        author = ana if why == "theirs" else ruth
        row = Membership.objects.filter(person=ana)
        kept = row.values("last_visit_on", "last_visit_alive", "recent_gaps", "recent_gaps_sum")[0]
        at = timezone.now() - (31 * DAY if why == "old" else DAY)
        kind = "announcement" if why == "announcement" else "talk"
        thread = open_thread(group, author, title="One", body="Words.", kind=kind, now=at)
        row.update(**kept)
        if why == "closed":
            close(thread, ruth)
        if why == "blocked":
            block(ana, ruth)

        nudge = draft_of(ana)

        assert nudge.thread is None
        assert "what should Balcony Growers talk about next?" in nudge.body

    @pytest.mark.parametrize("step", [1, 2])
    @pytest.mark.parametrize("offers", ["", "Worms."])
    @pytest.mark.parametrize("kind", [None, "talk", "question"])
    def test_it_speaks_of_no_days_and_of_no_guilt(self, group, ruth, ana, step, offers, kind):
        if kind:
            open_thread(group, ruth, title="Kale", body="Words.", kind=kind)
        place = group.memberships.select_related("group", "person").get(person=ana)
        place.offers = offers

        text = draft_text(place, live_thread(place, timezone.now()), step)

        told = re.compile(r"\d|days?\b|weeks?\b|miss(ed)?\b|away|gone|silent|while|inactive|sorry")
        assert not told.search(text), text
        assert text.startswith("Ana-Lucía, ")
        assert ("“Kale”" in text) == (kind is not None)

    def test_a_held_out_silence_is_listed_and_nothing_is_drafted_ever(self, group, ruth):
        held = lapsed(group, held_out=True)
        now = timezone.now()

        for days in (0, 14, 30, 100):
            draft_nudges(now + days * DAY)

        assert [each.membership.person for each in silences(group, ruth, now)] == [held]
        assert Cue.objects.open().filter(person=held).exists()
        assert not Nudge.objects.exists()

    def test_one_silence_in_ten_is_held_out(self, db):
        silences = "SELECT uuidv7() AS id, date '2026-05-20' - n AS last_visit_on"
        many = f"FROM ({silences} FROM generate_series(1, 10000) n) s"
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) {many} WHERE {sweep.HELD_OUT}", [])
            (held,) = cursor.fetchone()

        assert 850 <= held <= 1150  # five standard deviations

    def test_a_silence_that_is_told_anew_is_held_out_as_before(self, group):
        for days in range(20, 28):
            away(group, days)
        notice_absences(timezone.now())
        held = dict(Absence.objects.values_list("membership", "is_held_out"))
        Absence.objects.all().delete()

        notice_absences(timezone.now() + DAY)

        assert dict(Absence.objects.values_list("membership", "is_held_out")) == held

    @pytest.mark.parametrize("what", ["unclaimed", "left be"])
    def test_nobody_is_written_to_who_cannot_read_or_is_to_be_left_be(self, group, ruth, ana, what):
        if what == "unclaimed":
            Person.objects.filter(pk=ana.pk).update(claimed_at=None)
        else:
            Cue.objects.filter(person=ana).update(state="dismissed")

        draft_nudges(timezone.now())

        assert not Nudge.objects.exists()

    @pytest.mark.parametrize("deed", [rest, leave, move_away, pause, "back"])
    def test_a_draft_lapses_when_the_world_moves_on(self, group, ruth, ana, deed):
        nudge = draft_of(ana)
        if deed == "back":
            note_visit(group.memberships.of(ana), timezone.now())
        else:
            deed(group, ana)

        draft_nudges(timezone.now())

        nudge.refresh_from_db()
        assert nudge.state == "lapsed"


class TestSending:
    def test_it_goes_in_the_facilitators_name_and_closes_the_cue(self, group, ruth, ana):
        nudge = draft_of(ana)

        actions.send(nudge, ruth, body="Would you tell us about the netting?")

        notice = Notice.objects.get(kind="nudge")
        assert (notice.person, notice.actor) == (ana, ruth)
        assert notice.words == "Would you tell us about the netting?"
        cue = Cue.objects.get(kind="presence", person=ana)
        assert (cue.state, cue.closed_why) == ("done", "Somebody wrote to them.")
        assert Activity.objects.get(verb="nudge.sent").facts == {}

    def test_doing_it_twice_sends_once(self, group, ruth, ana):
        nudge = draft_of(ana)

        actions.send(nudge, ruth)
        actions.send(nudge, ruth, body="Other words.")

        assert Notice.objects.filter(kind="nudge").count() == 1
        assert Nudge.objects.get().body != "Other words."

    @pytest.mark.parametrize("deed", [rest, leave, move_away, pause, "back"])
    def test_nothing_goes_to_who_is_back_or_belongs_no_more(self, group, ruth, ana, deed):
        nudge = draft_of(ana)
        if deed == "back":
            note_visit(group.memberships.of(ana), timezone.now())
        else:
            deed(group, ana)

        with pytest.raises(Refused) as refusal:
            actions.send(nudge, ruth)

        assert refusal.value.code == "no_longer"
        assert not Notice.objects.filter(kind="nudge").exists()

    @pytest.mark.parametrize("deed", [None, rest, leave, move_away, pause, "back"])
    def test_its_letter_is_asked_about_again_when_it_goes(self, group, ruth, ana, deed):
        at = NOW.replace(year=timezone.now().year + 1)  # noon: nobody's night
        actions.send(draft_of(ana), ruth, body="Would you look in?")
        if deed == "back":
            note_visit(group.memberships.of(ana), timezone.now())
        elif deed:
            deed(group, ana)
        mail.outbox.clear()

        deliver_due(at)

        to = [letter for letter in mail.outbox if letter.to == [ana.email]]
        assert len([letter for letter in to if "wrote to you" in letter.subject]) == (deed is None)

    def test_words_to_who_has_blocked_one_seem_sent_and_do_not_arrive(self, group, ruth, ana):
        nudge = draft_of(ana)
        block(ana, ruth)
        come_in(ruth, group.network)

        sent = actions.send(nudge, ruth)

        assert sent.is_sent
        assert not Notice.objects.filter(kind="nudge").exists()
        assert not Attention.objects.filter(kind="nudge").exists()

    def test_one_does_not_write_to_whom_one_has_blocked(self, group, ruth, ana):
        nudge = draft_of(ana)
        block(ruth, ana)

        with pytest.raises(Refused) as refusal:
            actions.send(nudge, ruth)

        assert refusal.value.code == "blocked"

    def test_only_facilitators_see_to_it_and_nobody_to_their_own(self, group, ruth, ana):
        nudge, host = draft_of(ana), member_of(group)

        for deed in (actions.send, actions.discard):
            with pytest.raises(NotAllowed):
                deed(nudge, host)
        Membership.objects.filter(group=group, person=ana).update(role="facilitator")
        with pytest.raises(NotAllowed):
            actions.send(nudge, ana)

    def test_words_must_be_there_and_fit(self, group, ruth, ana):
        nudge = draft_of(ana)

        for body in ("  ", "x" * 1001):
            with pytest.raises(Invalid):
                actions.edit(nudge, ruth, body=body)

    def test_left_be_it_goes_with_its_cue_and_does_not_come_again(self, group, ruth, ana):
        actions.discard(draft_of(ana), ruth)

        for days in (0, 14, 30, 100):
            draft_nudges(timezone.now() + days * DAY)

        assert Nudge.objects.get().state == "discarded"
        assert Cue.objects.get(kind="presence", person=ana).state == "dismissed"
        with pytest.raises(Refused):
            actions.send(Nudge.objects.get(), ruth)


class TestTheLadder:
    def test_two_words_then_the_choice_then_nothing_more(self, group, ruth, ana):
        """The first at once, the second 14 days later, the choice at 90 days, and no fourth."""
        start, seen = timezone.now(), []
        for day in range(0, 150, 2):
            now = start + day * DAY
            draft_nudges(now)
            for nudge in Nudge.objects.drafts():
                actions.send(nudge, ruth, now=now)
            fresh = Nudge.objects.sent().filter(sent_at=now)
            seen += [(day, nudge.step) for nudge in fresh]

        assert seen == [(0, 1), (14, 2), (70, 3)]  # they had been away for 20 days
        kinds = list(
            Notice.objects.filter(person=ana).order_by("at").values_list("kind", flat=True)
        )
        assert kinds[-3:] == ["nudge", "nudge", "stay_rest_or_leave"]

    def test_the_second_speaks_otherwise_and_asks_facilitators_anew(self, group, ruth, ana):
        now = timezone.now()
        first = actions.send(draft_of(ana), ruth, now=now)

        second = draft_of(ana, now + 14 * DAY)

        assert second.step == 2
        assert second.body != first.body
        cue = Cue.objects.open().get(person=ana, kind="presence")
        assert cue.reason.startswith("Has not come by since somebody wrote.")

    def test_a_new_absence_begins_anew(self, group, ruth, ana):
        now = timezone.now()
        actions.send(draft_of(ana), ruth, now=now)
        note_visit(group.memberships.of(ana), now + DAY)
        keep_away(group, 60)
        notice_absences(now + 60 * DAY)
        Absence.objects.update(is_held_out=False)

        again = draft_of(ana, now + 60 * DAY)

        assert again.step == 1
        assert actions.send(again, ruth, now=now + 60 * DAY).is_sent

    def test_what_nobody_sends_for_a_month_lapses_and_the_choice_is_asked_in_its_place(
        self, group, ruth, ana
    ):
        now = timezone.now()
        actions.send(draft_of(ana), ruth, now=now)

        for day in (14, 43, 44, 70):
            draft_nudges(now + day * DAY)

        assert list(Nudge.objects.order_by("step").values_list("step", "state")) == [
            (1, "sent"),
            (2, "lapsed"),
            (3, "sent"),
        ]

    def test_no_choice_is_asked_of_who_was_never_written_to(self, group, ruth, ana):
        draft_of(ana)

        draft_nudges(timezone.now() + 100 * DAY)

        assert not Nudge.objects.filter(step=3).exists()

    @pytest.mark.parametrize("by_kith", [True, False])
    def test_kith_writes_only_where_the_group_lets_it_after_three_days_and_says_so(
        self, group, ruth, ana, by_kith
    ):
        actions.let_kith_write(group, ruth, by_kith=by_kith)
        now = timezone.now()
        draft_nudges(now)
        draft_nudges(now + 2 * DAY)
        assert not Nudge.objects.sent().exists()

        draft_nudges(now + 3 * DAY)

        assert Nudge.objects.sent().exists() == by_kith
        notices = Notice.objects.filter(person=ana, kind="nudge_by_kith", actor=None)
        assert notices.exists() == by_kith

    def test_kith_does_not_send_what_a_person_has_begun(self, group, ruth, ana):
        actions.let_kith_write(group, ruth, by_kith=True)
        actions.edit(draft_of(ana), ruth, body="I am not done.")

        draft_nudges(timezone.now() + 9 * DAY)

        assert not Nudge.objects.sent().exists()


class TestAcrossTheNetwork:
    def three_groups(self):
        """Three groups that miss the same person, each with a draft and somebody to send it."""
        network, found = NetworkFactory(max_groups_per_person=10), []
        person = PersonFactory(network=network)
        for _ in range(3):
            group = alive(MicroGroupFactory(network=network))
            ruth = keeper(group)
            lapsed(group, person=person)
            found.append((group, ruth))
        draft_nudges(timezone.now())
        return person, [(Nudge.objects.get(group=group), ruth) for group, ruth in found]

    @pytest.mark.django_db
    def test_the_second_group_is_told_that_it_is_not_the_time_and_nothing_of_why(self):
        person, ((one, ruth), (two, tom), _) = self.three_groups()
        actions.send(one, ruth)

        with pytest.raises(Refused) as refusal:
            actions.send(two, tom, body="My words.")

        assert refusal.value.code == "not_now"
        assert one.group.name not in str(refusal.value)
        two.refresh_from_db()
        assert (two.state, two.body) == ("draft", "My words.")
        assert Attention.objects.filter(person=person, kind="nudge", is_sent=False).exists()
        later = timezone.now() + 15 * DAY
        assert actions.send(two, tom, now=later).is_sent

    @pytest.mark.django_db(transaction=True)
    def test_three_groups_at_once_never_write_to_one_person_three_times(self):
        person, drafts = self.three_groups()
        now = timezone.now()

        def try_to(nudge, ruth):
            try:
                return actions.send(nudge, ruth, now=now).state
            except Refused as refusal:
                return refusal.code

        told = all_at_once(try_to, drafts)

        assert sorted(told) == ["not_now", "not_now", "sent"]
        assert Notice.objects.filter(person=person, kind="nudge").count() == 1
        assert Nudge.objects.sent().count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_eight_jobs_at_once_draft_once_and_send_once(self):
        group = alive(MicroGroupFactory())
        ruth = keeper(group)
        ana = lapsed(group)
        actions.let_kith_write(group, ruth, by_kith=True)
        draft_nudges(timezone.now())
        Nudge.objects.update(opened_at=timezone.now() - 3 * DAY)

        all_at_once(draft_nudges, [(timezone.now(),)] * 8)

        assert Nudge.objects.filter(person=ana).count() == 1
        assert Notice.objects.filter(person=ana, kind="nudge_by_kith").count() == 1


class TestStaying:
    def test_each_choice_is_one_button_and_does_what_it_says(self, group, ruth, client_of):
        for choice, state in (("stay", "active"), ("rest", "resting"), ("leave", "left")):
            person = lapsed(group)
            answer = client_of(person).post(f"/groups/{group.slug}/stay/", {"choice": choice})

            assert answer.status_code == 302
            assert group.memberships.of(person).state == state

    def test_staying_ends_the_silence_its_cue_and_its_draft(self, group, ruth, ana):
        nudge = draft_of(ana)

        actions.stay(group, ana)
        notice_absences(timezone.now())

        nudge.refresh_from_db()
        assert nudge.state == "lapsed"
        assert Absence.objects.get().ended_at is not None
        assert Cue.objects.get(kind="presence", person=ana).state == "done"

    def test_a_choice_that_is_none_is_said_so(self, group, ana, client_of):
        assert client_of(ana).post(f"/groups/{group.slug}/stay/", {}).status_code == 422

    def test_who_is_not_inside_finds_no_such_page(self, group, client_of):
        outsider = PersonFactory(network=group.network)

        assert client_of(outsider).get(f"/groups/{group.slug}/stay/").status_code == 404


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


@pytest.mark.django_db
def test_everything_about_somebody_is_theirs_to_take_and_goes_with_them(group, ruth, ana):
    actions.send(draft_of(ana), ruth, body="Would you look in?")
    assert [each["words"] for each in nudges_about(ana)] == ["Would you look in?"]

    erase(ruth)
    assert Nudge.objects.get().sent_by is None
    erase(ana)

    assert not Nudge.objects.exists()
