"""How far one goes with somebody who is away, and when one stops."""

import pytest
from django.utils import timezone

from facilitation.cues.models import Cue
from facilitation.nudges import actions
from facilitation.nudges.jobs import draft_nudges, send_by_kith
from facilitation.nudges.models import Nudge
from facilitation.nudges.reading import erase, nudges_about
from facilitation.presence.actions import notice_absences
from facilitation.presence.models import Absence
from microgroups.membership.visits import note_visit
from network.errors import Refused
from network.notifications.models import Attention, Notice
from tests.facilitation.nudges.steps import DAY, draft_of, keep_away, keeper, lapsed
from tests.facilitation.test_silences import alive
from tests.factories import (
    MicroGroupFactory,
    NetworkFactory,
    PersonFactory,
)
from tests.threads import all_at_once


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

    def test_nobody_is_asked_to_choose_while_a_draft_waits(self, group, ruth, ana):
        now = timezone.now()
        actions.send(draft_of(ana), ruth, now=now)
        second = draft_of(ana, now + 68 * DAY)

        draft_nudges(now + 70 * DAY)

        assert Nudge.objects.drafts().get() == second
        assert not Nudge.objects.filter(step=3).exists()

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
        all_at_once(draft_nudges, [(timezone.now(),)] * 8)
        Nudge.objects.update(opened_at=timezone.now() - 3 * DAY)

        all_at_once(draft_nudges, [(timezone.now(),)] * 8)

        assert Nudge.objects.filter(person=ana).count() == 1
        assert Notice.objects.filter(person=ana, kind="nudge_by_kith").count() == 1

    def test_kith_writes_not_to_who_is_back_since_the_worker_looked(self, group, ruth, ana):
        actions.let_kith_write(group, ruth, by_kith=True)
        nudge, now = draft_of(ana), timezone.now()
        Nudge.objects.update(opened_at=now - 3 * DAY)
        Absence.objects.update(ended_at=now)

        send_by_kith(nudge.pk, now=now)

        assert Nudge.objects.get().is_draft
        assert not Notice.objects.filter(kind="nudge_by_kith").exists()


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


@pytest.mark.django_db
def test_everything_about_somebody_is_theirs_to_take_and_goes_with_them(group, ruth, ana):
    actions.send(draft_of(ana), ruth, body="Would you look in?")
    assert [each["words"] for each in nudges_about(ana)] == ["Would you look in?"]

    erase(ruth)
    assert Nudge.objects.get().sent_by is None
    erase(ana)

    assert not Nudge.objects.exists()
