"""A thread moves to another group by the yes of everybody who wrote in it, and of that group."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from bridging.highlights import actions as highlights
from facilitation.cues.actions import open_cues
from facilitation.cues.models import Cue
from facilitation.distress.actions import call_for_help
from facilitation.moderation.actions import hide, undo
from facilitation.moderation.models import Consent, Decision
from facilitation.moderation.moves import move_threads
from facilitation.moderation.redirects import accept, decline, redirect
from facilitation.moderation.reporting import report, resolve
from microgroups.conversation.actions import (
    close,
    delete_post,
    edit_post,
    mark_read,
    pin,
    react,
    retitle,
    undelete_post,
)
from microgroups.conversation.models import Mention, Post, Thread
from microgroups.groups.actions import edit
from microgroups.membership.actions import change_role, leave
from microgroups.membership.models import Membership, Role
from network.activity.models import Activity
from network.errors import Invalid, NotAllowed, Refused
from network.networks.actions import suspend
from network.networks.door import come_in
from network.notifications.models import Notice
from network.operations.invariants import violations
from network.registries import personal_data
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

NOW = timezone.now() + timedelta(days=1)  # after what the factories make
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WHY = "Potters talk about glazes every day."


@pytest.fixture
def group():
    return MicroGroupFactory(network=NetworkFactory())


@pytest.fixture
def place(group):
    return MicroGroupFactory(network=group.network)


@pytest.fixture
def host(group):
    return inside(group, group.memberships.facilitating().get().person)


@pytest.fixture
def keeper(place):
    return inside(place, place.memberships.facilitating().get().person)


@pytest.fixture
def zoe(group):
    return inside(group, member_of(group))


@pytest.fixture
def jun(group):
    return inside(group, member_of(group))


@pytest.fixture
def thread(group, zoe, jun):
    """Zoe has asked, Jun has answered."""
    thread = thread_in(group, zoe, title="Glazes", text="Which one runs?", kind="question")
    say(thread, jun, "The green one.")
    thread.refresh_from_db()
    return thread


def inside(group, person):
    come_in(person, group.network)
    return person


def ask(thread, host, place, **facts):
    return redirect(thread, host, **{"step": "move", "to": place.slug, "reason": WHY, **facts})


def agreed(thread, host, place, *people, now=NOW):
    """The proposal, with the yes of these people and of the other group."""
    decision = ask(thread, host, place, now=now)
    for person in people:
        accept(decision, person, now=now)
    keeper = place.memberships.facilitating().first().person
    decision.refresh_from_db()
    if decision.is_proposed:
        accept(decision, keeper, now=now)
    decision.refresh_from_db()
    return decision


def told(kind):
    return {notice.person for notice in Notice.objects.filter(kind=kind)}


def stands_in(thread):
    thread.refresh_from_db()
    return thread.group


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
        accept(decision, zoe)

        assert Decision.objects.get().state == "declined"
        assert stands_in(thread) == group

    def test_the_other_group_may_say_no(self, thread, group, host, place, zoe, jun, keeper):
        decision = ask(thread, host, place)
        for person in (zoe, jun):
            accept(decision, person)

        decline(decision, keeper)

        assert (told("move_not_agreed"), stands_in(thread)) == ({host}, group)

    def test_a_week_of_silence_ends_it(self, thread, group, host, place, zoe):
        decision = ask(thread, host, place, now=NOW)
        accept(decision, zoe, now=NOW)

        move_threads(NOW + 7 * DAY - HOUR)
        assert Decision.objects.get().is_proposed
        move_threads(NOW + 7 * DAY)
        move_threads(NOW + 8 * DAY)

        assert Decision.objects.get().state == "declined"
        assert Notice.objects.get(kind="move_not_agreed").person == host

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
            accept(decision, zoe, now=at)
            accept(decision, jun, now=at)
            say(thread, zoe, "More.", now=at + HOUR)
            move_threads(at + 2 * HOUR)

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


class TestWhatHangsOnIt:
    def test_old_places_read_it_no_more_and_new_ones_do(
        self, client_of, thread, group, host, place, zoe, jun, keeper
    ):
        member_of(place, person=zoe)
        reader = inside(place, member_of(place))
        stays = inside(group, member_of(group))
        agreed(thread, host, place, zoe, jun)
        post = thread.posts.last()

        addresses = [f"/threads/{thread.pk}/", post.get_absolute_url()]
        for address in addresses:
            assert client_of(zoe).get(address).status_code == 200
            assert client_of(reader).get(address).status_code == 200
            for outside in (jun, stays, host):
                browser = client_of(outside)
                nowhere = address.replace(str(thread.pk), str(group.pk))
                answer, unknown = browser.get(address), browser.get(nowhere)
                assert answer.status_code == 404
                assert len(answer.content) == len(unknown.content)
        assert "another group" in client_of(reader).get(addresses[0]).content.decode()
        assert "Glazes" not in client_of(stays).get(f"/groups/{group.slug}/").content.decode()
        assert "Glazes" in client_of(reader).get(f"/groups/{place.slug}/").content.decode()

    def test_it_is_found_where_it_stands_alone(self, client_of, thread, host, place, zoe, jun):
        reader = inside(place, member_of(place))
        agreed(thread, host, place, zoe, jun)

        assert "The green one" not in client_of(jun).get("/search/?q=green").content.decode()
        assert "Glazes" in client_of(reader).get("/search/?q=green").content.decode()

    def test_notices_of_it_say_nothing_to_who_lost_it(
        self, client_of, thread, host, place, zoe, jun
    ):
        assert "Glazes" in client_of(zoe).get("/notices/").content.decode()
        decision = agreed(thread, host, place, zoe, jun)
        Notice.objects.filter(subject_type="decision").delete()

        assert "Glazes" not in client_of(zoe).get("/notices/").content.decode()
        assert decision.is_standing

    def test_counters_pins_paces_and_first_words_follow(self, thread, group, host, place, zoe, jun):
        new = member_of(group)
        say(thread, new, "My first words.")
        pin(thread, host)
        redirect(thread, host, step="slow", to="30", reason=WHY)
        slow = Decision.objects.get(kind="slow")

        agreed(thread, host, place, zoe, jun, new)

        group.refresh_from_db()
        place.refresh_from_db()
        thread.refresh_from_db()
        assert (group.last_post_at, place.last_post_at) == (None, thread.last_at)
        assert (thread.pinned_at, thread.slow_minutes) == (None, None)
        assert not thread.posts.filter(is_first=True).exists()
        slow.refresh_from_db()
        assert (slow.thread, slow.was) == (None, "Glazes")
        undo(slow, host, now=NOW)
        assert list(violations()) == []

    def test_whoever_is_named_and_not_there_is_a_plain_word(
        self, thread, group, host, place, zoe, jun
    ):
        both = member_of(place, person=member_of(group))
        say(thread, jun, f"Ask @{both.username} or @{zoe.username}.", now=NOW - HOUR)
        assert Mention.objects.count() == 2

        agreed(thread, host, place, zoe, jun)

        assert Mention.objects.get().person == both
        body = thread.posts.get(body__contains="Ask").body_html
        assert f"/people/{both.username}/" in body
        assert f"/people/{zoe.username}/" not in body

    def test_a_postcard_on_its_way_is_taken_back_and_a_shared_one_stays(
        self, thread, host, place, zoe, jun
    ):
        first, second = thread.posts.order_by("at")
        shared = highlights.share(highlights.propose(first, zoe), host)
        on_its_way = highlights.propose(second, jun)

        agreed(thread, host, place, zoe, jun)

        shared.refresh_from_db()
        on_its_way.refresh_from_db()
        assert (shared.state, on_its_way.state) == ("shared", "withdrawn")

    def test_cues_about_it_lapse_and_its_own_stay_as_they_were(
        self, thread, group, host, place, zoe, jun
    ):
        about = {"group": group, "person": zoe, "kind": "answer", "reason": "Waits."}
        facts = {"subject_type": "post", "due_at": NOW, "created_at": NOW}
        open_cues(
            [
                Cue(key="a", subject_id=thread.posts.first().pk, **about, **facts),
                Cue(key="b", subject_id=thread_in(group, zoe).posts.first().pk, **about, **facts),
            ]
        )

        agreed(thread, host, place, zoe, jun)

        assert dict(Cue.objects.values_list("key", "state")) == {"a": "lapsed", "b": "open"}

    def test_who_left_the_other_group_by_budding_reads_nothing_that_came_later(
        self, client_of, thread, host, place, zoe, jun
    ):
        went = inside(place, member_of(place))
        leave(place, went)
        Membership.objects.filter(group=place, person=went).update(reads_until=NOW - HOUR)
        Thread.objects.filter(pk=thread.pk).update(opened_at=NOW - 2 * DAY)
        Post.objects.filter(thread=thread).update(at=NOW - 2 * DAY)
        agreed(thread, host, place, zoe, jun)

        assert client_of(went).get(f"/threads/{thread.pk}/").status_code == 404
        assert not Post.objects.visible_to(went).filter(thread=thread).exists()
        assert not Thread.objects.visible_to(went).filter(pk=thread.pk).exists()

    def test_unread_marks_stay_with_their_people(self, client_of, thread, host, place, zoe, jun):
        member_of(place, person=zoe)
        mark_read(thread, zoe)
        agreed(thread, host, place, zoe, jun)

        assert not Thread.objects.news_for(zoe).filter(pk=thread.pk).exists()


class TestAtOnce:
    """Whoever came with the thread as it stood before finds it gone."""

    def test_every_deed_that_came_too_late_is_refused(self, thread, host, place, zoe, jun):
        stale = Thread.objects.select_related("group").get(pk=thread.pk)
        post = Post.objects.select_related("thread__group").filter(author=jun).get()
        taken = Post.objects.select_related("thread__group").get(pk=say(thread, jun, "Oh.").pk)
        delete_post(taken, jun)
        agreed(thread, host, place, zoe, jun)

        deeds = [
            lambda: say(stale, jun, "Late."),
            lambda: say(stale, jun, "Late.", reply_to=post),
            lambda: edit_post(post, jun, body="Late."),
            lambda: delete_post(post, jun),
            lambda: undelete_post(taken, jun),
            lambda: react(post, jun, emoji="👍"),
            lambda: close(stale, host),
            lambda: hide(post, host, reason=WHY),
            lambda: redirect(stale, host, step="slow", reason=WHY),
        ]
        for late in deeds:
            with pytest.raises(Refused):
                late()
        assert list(violations()) == []

    @pytest.mark.django_db(transaction=True)
    def test_a_post_that_waited_for_the_move_is_not_written_where_its_author_is_not(self):
        group = MicroGroupFactory()
        place = MicroGroupFactory(network=group.network)
        host = group.memberships.facilitating().get().person
        keeper = place.memberships.facilitating().get().person
        zoe = member_of(group)
        thread = thread_in(group, zoe)
        say(thread, host)
        decision = ask(thread, host, place)
        accept(decision, zoe)
        stale = Thread.objects.select_related("group").get(pk=thread.pk)
        came = []

        def write():
            try:
                say(stale, zoe, "While it moves.")
            except Refused as refusal:
                came.append(refusal.code)
            finally:
                connection.close()

        with transaction.atomic():
            accept(decision, keeper)
            late = threading.Thread(target=write)
            late.start()
            late.join(timeout=0.3)
            assert late.is_alive()
        late.join()

        assert came == ["not_allowed"]
        assert thread.posts.count() == 2
        assert stands_in(thread) == place


class TestPages:
    def test_asked_on_a_page_answered_on_a_page(
        self, client_of, thread, group, host, place, zoe, jun, keeper
    ):
        care = client_of(host)
        form = care.get(f"/threads/{thread.pk}/move/").content.decode()
        assert place.name in form
        wrong = care.post(f"/threads/{thread.pk}/move/", {"to": place.slug, "reason": " "})
        assert wrong.status_code == 422
        answer = care.post(f"/threads/{thread.pk}/move/", {"to": place.slug, "reason": WHY})
        decision = Decision.objects.get()
        assert answer.url == f"/decisions/{decision.pk}/"

        asked = client_of(zoe).get(answer.url).content.decode()
        assert "would not see it any more" in asked
        assert (WHY in asked, "Which one runs?" in asked) == (True, True)
        assert "The green one" not in asked
        for person in (zoe, jun):
            client_of(person).post(f"/redirects/{decision.pk}/accept/")
        assert (
            "Glazes" in client_of(keeper).get(f"/groups/{place.slug}/decisions/").content.decode()
        )
        taking = client_of(keeper).get(answer.url).content.decode()
        assert ("Let it come" in taking or "let it come" in taking) and "Which one" not in taking
        client_of(keeper).post(f"/redirects/{decision.pk}/accept/")

        assert stands_in(thread) == place
        assert "You are not in" in client_of(jun).get(answer.url).content.decode()
        assert "Read on in" in client_of(keeper).get(answer.url).content.decode()
        record = care.get(f"/groups/{group.slug}/decisions/").content.decode()
        assert f"moved to {place.name}" in record

    def test_a_part_of_a_name_will_do_where_one_group_is_meant(
        self, client_of, thread, group, host
    ):
        shared = {"network": group.network}
        glaze = MicroGroupFactory(name="Kiln and fire", **shared)
        MicroGroupFactory(name="Kiln watchers", **shared)
        MicroGroupFactory(name="Hidden kiln", visibility="hidden", **shared)
        care, address = client_of(host), f"/threads/{thread.pk}/move/"

        for words, said in (
            ("kiln", f"Which do you mean: {glaze.name} ({glaze.slug})"),
            ("Hidden", "No open group is called that"),
            (group.name, "No open group is called that"),
        ):
            answer = care.post(address, {"to": words, "reason": WHY})
            assert (answer.status_code, said in answer.text) == (422, True)
            assert f'value="{words}"' in answer.text
        care.post(address, {"to": "and FIRE", "reason": WHY})

        assert Decision.objects.get().to_group == glaze

    def test_the_page_names_twenty_groups_however_many_there_are(
        self, client_of, thread, group, host
    ):
        MicroGroupFactory.create_batch(24, network=group.network, name="Another")
        mine = MicroGroupFactory(network=group.network, name="Zither", founder=host)

        page = client_of(host).get(f"/threads/{thread.pk}/move/").text
        named = page.partition("<datalist")[2].partition("</datalist>")[0]

        assert named.count("<option") == 20
        assert mine.name in named

    def test_nobody_is_told_of_an_asking_that_does_not_come(
        self, client_of, thread, host, place, zoe
    ):
        before = "those who look after"
        asked = client_of(zoe).get(ask(thread, host, place).get_absolute_url()).content.decode()
        member_of(place, person=host)
        change_role(place, host, Role.FACILITATOR, by=place.memberships.facilitating().get().person)
        again = client_of(zoe).get(Decision.objects.get().get_absolute_url()).content.decode()

        assert (before in asked, before in again) == (True, False)

    def test_whoever_asked_sees_nothing_of_who_said_what(
        self, client_of, thread, host, place, zoe, jun
    ):
        decision = ask(thread, host, place)
        before = client_of(host).get(f"/decisions/{decision.pk}/").content
        accept(decision, zoe)

        after = client_of(host).get(f"/decisions/{decision.pk}/").content

        assert len(before) == len(after)

    def test_who_has_left_reads_their_own_words_and_not_what_it_is_called(
        self, client_of, thread, group, host, place, jun
    ):
        leave(group, jun)
        decision = ask(thread, host, place)
        mine = client_of(jun)

        page = mine.get(f"/decisions/{decision.pk}/").content.decode()
        notices = mine.get("/notices/").content.decode()

        assert "The green one" in page
        assert "Glazes" not in page
        assert "Glazes" not in notices
        assert "a thread of yours" in notices

    def test_nobody_else_knows_of_it(self, client_of, thread, group, host, place, keeper):
        decision = ask(thread, host, place)
        others = [keeper, member_of(group), member_of(place), moderator_of(group.network)]

        for person in others:
            address = f"/decisions/{decision.pk}/"
            assert client_of(inside(group, person)).get(address).status_code == 404

    def test_they_cost_the_same_whatever_there_is(
        self, client_of, count_queries, thread, host, place, zoe, jun
    ):
        decision = ask(thread, host, place)
        care, mine = client_of(host), client_of(zoe)
        asks = [
            lambda: care.get(f"/threads/{thread.pk}/move/"),
            lambda: care.get(f"/decisions/{decision.pk}/"),
            lambda: mine.get(f"/decisions/{decision.pk}/"),
        ]
        asks[-1]()  # which marks that she was asked as read
        few = [count_queries(each) for each in asks]
        for _ in range(3):
            MicroGroupFactory(network=place.network)
            say(thread, zoe)

        assert [count_queries(each) for each in asks] == few == [6, 9, 9]


class TestApi:
    def test_each_call_answers_as_the_contract_says(
        self, api_of, thread, group, host, place, zoe, jun, keeper
    ):
        care, network = api_of(host, group.network), group.network
        said = {"step": "move", "to": place.slug, "reason": WHY}

        made = care.post(f"/threads/{thread.pk}/redirect/", said)
        shape = made.json()

        assert (made.status_code, shape["kind"], shape["to"]) == (201, "move", place.slug)
        assert (shape["state"], shape["person"], shape["mine"]) == ("proposed", None, None)
        mine = api_of(zoe, network).get("/decisions/").json()["results"]
        assert [(each["id"], each["mine"]) for each in mine] == [(shape["id"], "asked")]
        answer = api_of(zoe, network).post(f"/redirects/{shape['id']}/accept/")
        assert (answer.status_code, answer.json()["mine"]) == (200, "yes")
        stranger = api_of(member_of(group), network)
        assert stranger.post(f"/redirects/{shape['id']}/accept/").status_code == 404
        assert api_of(keeper, network).post(f"/redirects/{shape['id']}/accept/").status_code == 404
        api_of(jun, network).post(f"/redirects/{shape['id']}/accept/")
        moved = api_of(keeper, network).post(f"/redirects/{shape['id']}/accept/")
        assert moved.json()["state"] == "standing"
        assert api_of(jun, network).get(f"/threads/{thread.pk}/").status_code == 404
        there = api_of(keeper, network).get(f"/threads/{thread.pk}/").json()
        assert there["group"] == place.slug

    def test_refusals_have_their_codes(self, api_of, thread, group, host, place, zoe):
        care = api_of(host, group.network)
        said = {"step": "move", "to": "nowhere", "reason": WHY}
        wrong = care.post(f"/threads/{thread.pk}/redirect/", said)
        assert (wrong.status_code, list(wrong.json()["errors"])) == (400, ["to"])
        said["to"] = place.slug
        key = care.post(f"/threads/{thread.pk}/redirect/", said).json()["id"]
        api_of(zoe, group.network).post(f"/redirects/{key}/decline/")

        again = care.post(f"/threads/{thread.pk}/redirect/", said)

        assert (again.status_code, again.json()["code"]) == (409, "declined_recently")


def test_what_somebody_said_is_exported_and_goes_with_them(thread, host, place, zoe):
    decision = ask(thread, host, place)
    accept(decision, zoe)
    kept = personal_data[Consent]

    assert [row["answer"] for row in kept.export(zoe)] == ["yes"]
    kept.erase(zoe)

    assert not Consent.objects.filter(person=zoe).exists()


def test_a_moves_own_place_is_no_longer_there(thread, host, place):
    ask(thread, host, place, now=NOW)
    Decision.objects.update(to_group=None)

    move_threads(NOW + HOUR)

    assert Decision.objects.get().state == "declined"
