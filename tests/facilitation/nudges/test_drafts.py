"""A word to somebody who is away: drafted once, for a person to send."""

import re

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from facilitation.cues.actions import dismiss, reopen
from facilitation.cues.models import Cue
from facilitation.nudges import actions
from facilitation.nudges.jobs import draft_nudges
from facilitation.nudges.models import Nudge
from facilitation.nudges.threads import live_thread
from facilitation.nudges.wording import draft_text
from facilitation.presence import sweep
from facilitation.presence.actions import notice_absences, pause
from facilitation.presence.models import Absence
from facilitation.presence.reading import silences
from microgroups.conversation.actions import close, open_thread, post
from microgroups.membership.actions import describe, leave, rest
from microgroups.membership.models import Membership
from microgroups.membership.visits import note_visit
from network.activity.models import Activity
from network.errors import Invalid, NotAllowed, Refused
from network.networks.door import come_in
from network.networks.models import Network
from network.notifications.actions import deliver_due
from network.notifications.models import Attention, Notice
from network.people.blocking import block
from network.people.models import Person
from tests.facilitation.nudges.steps import DAY, draft_of, lapsed, move_away
from tests.facilitation.test_silences import away
from tests.factories import (
    NOW,
    PersonFactory,
    member_of,
    thread_in,
)


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

    def test_two_people_are_not_asked_the_same_where_there_is_a_choice(self, group, ruth, ana):
        nadia = member_of(group)
        for title in ("Moths on kale?", "Worms in frost?"):
            open_thread(group, nadia, title=title, body="Who?", kind="question")
        oskar = lapsed(group, name="Oskar")

        assert draft_of(ana).thread != draft_of(oskar).thread

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

    def test_left_be_by_mistake_it_is_there_again_with_its_cue(self, group, ruth, ana):
        actions.discard(draft_of(ana), ruth)
        cue = Cue.objects.get(kind="presence", person=ana)

        reopen(cue, ruth)
        reopen(cue, ruth)

        nudge, cue = Nudge.objects.get(), Cue.objects.get(kind="presence", person=ana)
        assert (nudge.state, cue.state) == ("draft", "open")
        actions.discard(nudge, ruth)
        actions.take_back(nudge, ruth)
        actions.take_back(nudge, ruth)
        nudge.refresh_from_db()
        cue.refresh_from_db()
        assert (nudge.state, cue.state) == ("draft", "open")
        verbs = Activity.objects.filter(verb="nudge.taken_back")
        assert verbs.count() == 2

    def test_a_draft_goes_with_the_cue_that_is_left_be_and_comes_back_with_it(
        self, group, ruth, ana
    ):
        nudge, cue = draft_of(ana), Cue.objects.get(kind="presence", person=ana)

        dismiss(cue, ruth, reason="On holiday.")
        nudge.refresh_from_db()
        assert nudge.state == "discarded"
        reopen(cue, ruth)

        nudge.refresh_from_db()
        assert nudge.state == "draft"

    def test_people_have_their_days_anew_before_kith_writes(self, group, ruth, ana):
        actions.let_kith_write(group, ruth, by_kith=True)
        now = timezone.now()
        nudge = draft_of(ana, now)
        actions.discard(nudge, ruth, now=now + 4 * DAY)

        actions.take_back(nudge, ruth, now=now + 4 * DAY)
        draft_nudges(now + 6 * DAY)

        assert Nudge.objects.get().state == "draft"

    def test_of_who_is_back_or_was_written_to_nothing_is_drafted_again(self, group, ruth, ana):
        nudge = draft_of(ana)
        actions.discard(nudge, ruth)
        actions.stay(group, ana)

        with pytest.raises(Refused) as refusal:
            actions.take_back(nudge, ruth)
        assert refusal.value.code == "no_longer"
        reopen(Cue.objects.get(kind="presence", person=ana), ruth)
        assert Nudge.objects.get().state == "discarded"
