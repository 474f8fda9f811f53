"""A thread may move: everybody who wrote in it is asked, and says so."""

import pytest

from facilitation.distress.actions import call_for_help
from facilitation.moderation.actions import hide, undo
from facilitation.moderation.models import Decision
from facilitation.moderation.moves import move_threads
from facilitation.moderation.redirects import accept, decline, redirect
from facilitation.moderation.reporting import report, resolve
from microgroups.conversation.actions import (
    delete_post,
    edit_post,
    retitle,
)
from microgroups.conversation.models import Post, Thread
from microgroups.groups.actions import edit
from microgroups.membership.actions import change_role, leave
from microgroups.membership.models import Role
from network.activity.models import Activity
from network.errors import Invalid, NotAllowed, Refused
from network.networks.actions import suspend
from network.notifications.models import Notice
from network.operations.invariants import violations
from tests.facilitation.moves.steps import DAY, HOUR, NOW, WHY, agreed, ask, stands_in, told
from tests.factories import (
    MicroGroupFactory,
    NetworkFactory,
    PersonFactory,
    admin_of,
    member_of,
    moderator_of,
    say,
    thread_in,
)

pytestmark = pytest.mark.django_db


class TestAsking:
    def test_whoever_opens_the_question_or_answers_it_has_read_that_they_were_asked(
        self, thread, host, place, zoe, jun, client_of, api_of
    ):
        asked = Notice.objects.filter(subject_type="decision")
        decision = ask(thread, host, place)
        assert asked.filter(person__in=[zoe, jun], read_at=None).count() == 2

        client_of(zoe).get(decision.get_absolute_url())
        api_of(jun, place.network).post(f"/redirects/{decision.pk}/accept/")

        assert not asked.filter(person__in=[zoe, jun], read_at=None).exists()

    def test_everybody_who_wrote_in_it_is_asked_and_nothing_moves(
        self, thread, group, host, place, zoe, jun
    ):
        decision = ask(thread, host, place, now=NOW)

        assert told("move_asked") == {zoe, jun}
        assert (decision.state, stands_in(thread)) == ("proposed", group)
        notice = Notice.objects.filter(kind="move_asked").first()
        assert notice.words == WHY

    def test_also_who_has_taken_it_back_since_and_who_has_left(self, thread, group, host, place):
        shy, gone = member_of(group), member_of(group)
        delete_post(say(thread, shy, "Never mind."), shy)
        say(thread, gone, "I know.")
        leave(group, gone)

        ask(thread, host, place)

        assert {shy, gone} <= told("move_asked")

    def test_asked_twice_for_the_same_place_it_is_one_question(self, thread, host, place):
        assert ask(thread, host, place) == ask(thread, host, place)
        assert Notice.objects.filter(kind="move_asked").count() == 2

        with pytest.raises(Refused) as refusal:
            ask(thread, host, MicroGroupFactory(network=place.network))
        assert refusal.value.code == "in_progress"

    def test_a_hidden_group_is_as_unknown_as_one_that_is_not_there(self, thread, host, place):
        edit(place, place.memberships.facilitating().get().person, visibility="hidden")
        place.refresh_from_db()
        member_of(place, person=host)
        elsewhere = MicroGroupFactory(network=NetworkFactory())

        said = []
        for slug in (place.slug, "nowhere", "", elsewhere.slug, thread.group.slug):
            with pytest.raises(Invalid) as refusal:
                redirect(thread, host, step="move", to=slug, reason=WHY)
            said.append(refusal.value.errors)

        assert said == [said[0]] * 5
        assert list(said[0]) == ["to"]

    def test_nothing_moves_out_of_a_hidden_group(self, thread, group, host, place):
        edit(group, host, visibility="hidden")

        with pytest.raises(Refused) as refusal:
            ask(thread, host, place)

        assert refusal.value.code == "group_hidden"

    def test_only_who_facilitates_here_asks(self, thread, place, zoe, keeper):
        for person in (zoe, keeper):
            with pytest.raises(NotAllowed):
                ask(thread, person, place)

    @pytest.mark.parametrize("kind", ["introduction", "starter", "announcement"])
    def test_what_was_said_to_this_one_group_stays(self, group, host, place, kind):
        thread = thread_in(group, host, kind=kind)

        with pytest.raises(NotAllowed, match="the group it was said in"):
            ask(thread, host, place)

    def test_first_words_are_answered_where_they_were_said(self, group, host, place):
        thread = thread_in(group)

        with pytest.raises(Refused) as refusal:
            ask(thread, host, place)
        assert refusal.value.code == "answer_first"

        say(thread, host)
        assert ask(thread, host, place).is_proposed

    def test_words_of_nobody_who_could_be_asked_stay(self, thread, group, host, place, jun):
        suspend(group.network, jun, by=admin_of(group.network), reason="Spam, spam, spam.")

        with pytest.raises(Refused) as refusal:
            ask(thread, host, place)

        assert refusal.value.code == "consent_needed"

    def test_nor_those_of_a_former_member_or_of_somebody_without_an_account(
        self, thread, host, place, jun
    ):
        Post.objects.filter(author=jun).update(author=PersonFactory(claimed_at=None))
        with pytest.raises(Refused):
            ask(thread, host, place)
        Post.objects.exclude(reply_to=None).update(author=None)
        Post.objects.filter(thread=thread).exclude(at=thread.opened_at).update(author=None)
        with pytest.raises(Refused):
            ask(thread, host, place)

        Post.objects.filter(author=None).update(body="", body_html="")
        assert ask(thread, host, place).is_proposed

    def test_a_reason_is_needed(self, thread, host, place):
        with pytest.raises(Invalid):
            ask(thread, host, place, reason=" ")


class TestAnswering:
    def test_all_have_said_yes_and_the_other_group_is_asked_last(
        self, thread, group, host, place, zoe, jun, keeper
    ):
        decision = ask(thread, host, place, now=NOW)
        assert told("move_waits") == set()
        accept(decision, zoe, now=NOW)
        with pytest.raises(NotAllowed):
            accept(decision, keeper, now=NOW)
        accept(decision, jun, now=NOW)
        assert (told("move_waits"), stands_in(thread)) == ({keeper}, group)

        accept(decision, keeper, now=NOW)

        decision.refresh_from_db()
        assert (stands_in(thread), decision.state, thread.moved_at) == (place, "standing", NOW)
        assert set(thread.posts.values_list("group", flat=True)) == {place.pk}
        assert told("thread_moved") == {zoe, jun, host, keeper}
        assert list(violations()) == []

    def test_who_facilitates_both_needs_nobody_else_there(self, thread, host, place, zoe, jun):
        member_of(place, person=host)
        change_role(place, host, Role.FACILITATOR, by=place.memberships.facilitating().get().person)

        decision = ask(thread, host, place, now=NOW)
        accept(decision, zoe, now=NOW)
        accept(decision, jun, now=NOW)

        assert stands_in(thread) == place

    def test_one_no_ends_it_and_nobody_learns_whose(self, thread, group, host, place, zoe, jun):
        decision = ask(thread, host, place, now=NOW)
        accept(decision, zoe, now=NOW)

        decline(decision, jun, now=NOW)

        decision.refresh_from_db()
        notice = Notice.objects.get(kind="move_not_agreed")
        assert (notice.person, notice.actor, stands_in(thread)) == (host, None, group)
        assert (decision.state, decision.ended_by) == ("declined", None)
        said = Activity.objects.filter(verb__startswith="decision.move").exclude(
            verb="decision.move_proposed"
        )
        assert {row.actor for row in said} == {None}

    def test_a_yes_may_become_a_no_until_it_has_moved(self, thread, group, host, place, zoe):
        decision = ask(thread, host, place)
        accept(decision, zoe)

        decline(decision, zoe)

        assert Decision.objects.get().state == "declined"
        assert stands_in(thread) == group

    def test_a_yes_after_it_has_ended_is_too_late_and_so_is_a_no_after_it_has_moved(
        self, thread, host, place, zoe, jun
    ):
        decision = ask(thread, host, place)
        decline(decision, zoe)
        decline(decision, jun)

        with pytest.raises(Refused, match="nobody is asked any more") as refusal:
            accept(decision, zoe)
        assert (refusal.value.code, refusal.value.status) == ("no_longer", 409)

        other = thread_in(thread.group, zoe)
        moved = agreed(other, host, place, zoe)
        accept(moved, zoe)
        with pytest.raises(Refused, match="has moved already") as refusal:
            decline(moved, zoe)
        assert refusal.value.code == "no_longer"

    def test_the_other_group_may_say_no(self, thread, group, host, place, zoe, jun, keeper):
        decision = ask(thread, host, place)
        for person in (zoe, jun):
            accept(decision, person)

        decline(decision, keeper)

        assert (told("move_not_agreed"), stands_in(thread)) == ({host}, group)

    def test_a_week_of_silence_ends_it(self, thread, group, host, place, zoe):
        ask(thread, host, place, now=NOW)

        move_threads(NOW + 7 * DAY - HOUR)
        assert Decision.objects.get().is_proposed
        move_threads(NOW + 7 * DAY)
        move_threads(NOW + 8 * DAY)

        assert Decision.objects.get().state == "declined"
        assert Notice.objects.get(kind="move_not_agreed").person == host

    def test_whoever_said_yes_waits_for_who_was_asked_later(self, thread, host, place, zoe, jun):
        accept(ask(thread, host, place, now=NOW), zoe, now=NOW)
        say(thread, member_of(thread.group), "I cast them, too.", now=NOW + 3 * DAY)
        move_threads(NOW + 3 * DAY)
        accept(Decision.objects.get(), jun, now=NOW + 3 * DAY)

        move_threads(NOW + 8 * DAY)

        assert Decision.objects.get().is_proposed

    def test_and_it_is_let_be_for_a_week(self, thread, host, place, zoe):
        decline(ask(thread, host, place, now=NOW), zoe, now=NOW)

        with pytest.raises(Refused) as refusal:
            ask(thread, host, place, now=NOW + 6 * DAY)
        assert refusal.value.code == "declined_recently"
        assert ask(thread, host, place, now=NOW + 8 * DAY).is_proposed

    def test_nobody_else_says_anything(self, thread, group, host, place):
        decision = ask(thread, host, place)

        for person in (host, member_of(group), moderator_of(group.network)):
            for answer in (accept, decline):
                with pytest.raises(NotAllowed):
                    answer(decision, person)

    def test_whoever_asked_may_ask_no_more(self, thread, host, place, zoe, jun):
        decision = ask(thread, host, place)
        accept(decision, zoe)

        undo(decision, host)

        with pytest.raises(Refused, match="nobody is asked any more"):
            accept(decision, jun)
        assert Decision.objects.get().state == "undone"

    def test_moved_it_moves_back_by_asking_alone(self, thread, host, place, zoe, jun):
        decision = agreed(thread, host, place, zoe, jun)

        with pytest.raises(NotAllowed, match="everybody"):
            undo(decision, host, now=NOW)


class TestWordsThatChange:
    """A yes is to the words as they stood."""

    @pytest.fixture
    def decision(self, thread, host, place, zoe, jun):
        decision = ask(thread, host, place, now=NOW)
        accept(decision, zoe, now=NOW)
        return decision

    def waits_for(self, decision, now):
        move_threads(now)
        return {each.person for each in decision.consents.filter(answer="asked")}

    def test_who_changes_them_is_asked_anew(self, decision, thread, zoe, jun):
        edit_post(thread.posts.first(), zoe, body="Which one does not run?", now=NOW + HOUR)

        assert self.waits_for(decision, NOW + 2 * HOUR) == {zoe, jun}
        assert Notice.objects.filter(kind="move_asked", person=zoe).count() == 2

    def test_who_writes_more_is_asked_anew(self, decision, thread, zoe, jun):
        say(thread, zoe, "And the blue?", now=NOW + HOUR)

        assert self.waits_for(decision, NOW + 2 * HOUR) == {zoe, jun}

    def test_a_title_belongs_to_whoever_opened_it(self, decision, thread, host, zoe, jun):
        retitle(thread, host, title="Running glazes", now=NOW + HOUR)

        assert self.waits_for(decision, NOW + 2 * HOUR) == {zoe, jun}

    def test_a_post_of_somebody_else_asks_them_too(self, decision, thread, group, jun, host, place):
        late = member_of(group)
        say(thread, late, "May I?", now=NOW + HOUR)

        accept(decision, jun, now=NOW + 2 * HOUR)

        assert late in told("move_asked")
        assert stands_in(thread) == group
        decision.refresh_from_db()
        assert decision.asked_there_at is None

    def test_not_for_ever(self, decision, thread, zoe, jun):
        for week in range(4):
            at = NOW + week * 7 * DAY
            say(thread, jun, "More.", now=at)
            accept(decision, zoe, now=at + HOUR)
            say(thread, zoe, "More.", now=at + 2 * HOUR)
            accept(decision, jun, now=at + 3 * HOUR)

        move_threads(NOW + 28 * DAY - HOUR)
        assert Decision.objects.get().is_proposed
        move_threads(NOW + 28 * DAY)

        assert Decision.objects.get().state == "declined"

    def test_the_other_groups_yes_waits_for_who_came_late(
        self, decision, thread, group, place, jun, keeper
    ):
        late = member_of(group)
        accept(decision, jun, now=NOW)
        say(thread, late, now=NOW + HOUR)

        accept(decision, keeper, now=NOW + 2 * HOUR)
        assert stands_in(thread) == group
        accept(decision, late, now=NOW + 3 * HOUR)

        assert stands_in(thread) == place

    @pytest.mark.parametrize("change", ["gone", "hidden", "closed", "erased"])
    def test_what_has_become_impossible_ends_kindly(
        self, decision, thread, group, place, host, keeper, jun, change
    ):
        if change == "gone":
            Thread.objects.filter(pk=thread.pk).update(deleted_at=NOW)
        elif change == "hidden":
            edit(place, keeper, visibility="hidden")
        elif change == "closed":
            type(place).objects.filter(pk=place.pk).update(state="archived", archived_at=NOW)
        else:
            Post.objects.filter(author=jun).update(author=None)

        move_threads(NOW + HOUR)

        assert Decision.objects.get().state == "declined"
        assert told("move_not_agreed") == {host}


class TestWhatIsLookedAfter:
    """Nobody learns of it, whoever it is about; the thread moves when it is over."""

    @pytest.fixture
    def agree(self, thread, host, place, zoe, jun):
        def all_of_them():
            decision = ask(thread, host, place, now=NOW)
            for person in (zoe, jun):
                accept(decision, person, now=NOW)
            return decision

        return all_of_them

    def test_a_report_keeps_it_here_until_it_is_decided(
        self, agree, thread, group, host, place, jun, keeper
    ):
        post = thread.posts.first()
        made = report(jun, "post", post.pk, group.network, reason="Look.", now=NOW)
        decision = agree()
        assert told("move_waits") == set()

        resolve(made, host, decision="keep", reason="It is fine.", now=NOW + HOUR)
        move_threads(NOW + 2 * HOUR)
        accept(decision, keeper, now=NOW + 3 * HOUR)

        assert stands_in(thread) == place

    def test_so_does_a_hidden_post(self, agree, thread, group, host, jun):
        hide(say(thread, jun, "Ugly."), host, reason=WHY, now=NOW)

        agree()
        move_threads(NOW + HOUR)

        assert (stands_in(thread), told("move_waits")) == (group, set())

    def test_so_does_a_call_for_help(self, agree, thread, group, jun):
        call_for_help(group, jun, post=thread.posts.first(), note="Please look.")

        agree()

        assert (stands_in(thread), told("move_waits")) == (group, set())
