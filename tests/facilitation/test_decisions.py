"""Decisions on record: with a reason, told, answered, undone, looked at again by somebody else."""

from datetime import UTC, datetime, timedelta

import pytest

from facilitation.cues.actions import ask_for_appeals
from facilitation.cues.models import Cue
from facilitation.moderation.actions import appeal, hide, pause, rewrite, undo
from facilitation.moderation.models import Decision
from facilitation.moderation.redirects import accept, decline, redirect
from microgroups.appeals.actions import resolve as resolve_appeal
from microgroups.appeals.models import Appeal
from microgroups.conversation.actions import open_thread, react, retitle
from microgroups.conversation.models import Post, Thread
from microgroups.conversation.words import forget_deleted
from microgroups.membership.actions import leave
from microgroups.membership.models import Membership
from network.activity.models import Activity
from network.errors import Invalid, NotAllowed, Refused, TooOften
from network.notifications.actions import read
from network.notifications.models import Notice
from network.operations.invariants import violations
from network.registries import personal_data
from tests.factories import (
    MicroGroupFactory,
    NetworkFactory,
    PersonFactory,
    facilitator_of,
    inside,
    member_of,
    moderator_of,
    say,
    thread_in,
)
from tests.threads import all_at_once

pytestmark = pytest.mark.django_db

NOW = datetime(2050, 6, 15, 12, tzinfo=UTC)  # after what the factories make, however late
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WHY = "Giving away or swapping is what the yard is for."


@pytest.fixture
def group():
    network = NetworkFactory()
    founder = PersonFactory(network=network)
    agreements = "Not for selling plants.\nBe kind."
    return MicroGroupFactory(network=network, founder=founder, agreements=agreements)


@pytest.fixture
def host(group):
    return inside(group, group.founder)


@pytest.fixture
def zoe(group):
    return inside(group, member_of(group))


@pytest.fixture
def post(group, zoe):
    return thread_in(group, zoe, title="Seedlings", text="Two euros each.").posts.get()


def place_of(person):
    return Membership.objects.get(person=person)


class TestHiding:
    def test_its_author_reads_the_reason_and_the_agreement(self, post, host, zoe):
        decision = hide(post, host, reason=WHY, agreement="Not for selling plants.", now=NOW)

        notice = Notice.objects.get(kind="post_hidden")
        assert (notice.person, notice.actor, notice.words) == (zoe, host, WHY)
        assert decision.agreement == "Not for selling plants."
        assert Post.objects.get(pk=post.pk).body == "Two euros each."

    def test_only_a_facilitator_hides_and_never_their_own(self, group, post, host, zoe):
        mine = thread_in(group, host).posts.get()

        with pytest.raises(NotAllowed):
            hide(post, zoe, reason=WHY)
        with pytest.raises(NotAllowed):
            hide(mine, host, reason=WHY)

    def test_hidden_twice_it_is_one_decision(self, post, host):
        assert hide(post, host, reason=WHY) == hide(post, host, reason="Again.")
        assert Decision.objects.get().reason == WHY

    def test_in_other_words_it_is_back_at_once_and_whoever_hid_it_is_told(self, post, host, zoe):
        decision = hide(post, host, reason=WHY, now=NOW)

        rewrite(decision, zoe, body="For a jar of something.", now=NOW + HOUR)

        post.refresh_from_db()
        assert (post.body, post.is_deleted) == ("For a jar of something.", False)
        assert post.versions.get().body == "Two euros each."
        assert Notice.objects.get(kind="post_rewritten").person == host
        assert Decision.objects.get().state == "rewritten"
        assert list(violations()) == []

    def test_the_same_words_are_no_answer_and_nothing_is_lost(self, post, host, zoe):
        decision = hide(post, host, reason=WHY, now=NOW)

        with pytest.raises(Invalid):
            rewrite(decision, zoe, body="Two euros each. ", now=NOW + HOUR)
        with pytest.raises(Invalid):
            rewrite(decision, zoe, body=" ", now=NOW + HOUR)

        assert Post.objects.get(pk=post.pk).is_hidden

    def test_hidden_again_somebody_else_has_to_look(self, post, host, zoe):
        first = hide(post, host, reason=WHY, now=NOW)
        rewrite(first, zoe, body="One euro each.", now=NOW)
        again = hide(post, host, reason=WHY, now=NOW + HOUR)

        with pytest.raises(NotAllowed, match="Ask somebody else"):
            rewrite(again, zoe, body="Fifty cents.", now=NOW + HOUR)
        with pytest.raises(NotAllowed):
            rewrite(again, host, body="Free.", now=NOW + HOUR)

    def test_its_words_are_kept_while_somebody_may_still_ask(self, post, host):
        hide(post, host, reason=WHY, now=NOW)

        forget_deleted(NOW + 59 * DAY)
        assert Post.objects.get(pk=post.pk).body
        forget_deleted(NOW + 61 * DAY)
        assert Post.objects.get(pk=post.pk).body == ""


class TestAPause:
    def test_who_is_paused_reads_and_does_not_write(self, group, post, host, zoe):
        pause(group, zoe, by=host, hours=24, reason=WHY, now=NOW)

        deeds = [
            lambda: open_thread(group, zoe, title="A", body="B", now=NOW + HOUR),
            lambda: say(post.thread, zoe, now=NOW + HOUR),
            lambda: react(post, zoe, emoji="👍", now=NOW + HOUR),
        ]
        for deed in deeds:
            with pytest.raises(Refused) as refusal:
                deed()
            assert (refusal.value.code, refusal.value.status) == ("paused", 409)
        assert Thread.objects.visible_to(zoe).exists()
        say(post.thread, zoe, now=NOW + 25 * HOUR)

    def test_it_lasts_a_week_at_most(self, group, host, zoe):
        for hours in (0, 169):
            with pytest.raises(Invalid):
                pause(group, zoe, by=host, hours=hours, reason=WHY)
        pause(group, zoe, by=host, hours=168, reason=WHY, now=NOW)
        assert place_of(zoe).paused_until == NOW + 168 * HOUR

    def test_neither_oneself_nor_another_facilitator(self, group, host, zoe):
        ruth = facilitator_of(group)

        for by, whom in ((host, host), (host, ruth), (zoe, host)):
            with pytest.raises(NotAllowed):
                pause(group, whom, by=by, hours=1, reason=WHY)

    def test_another_takes_the_place_of_the_first(self, group, host, zoe):
        first = pause(group, zoe, by=host, hours=24, reason=WHY, now=NOW)
        pause(group, zoe, by=host, hours=2, reason=WHY, now=NOW)

        first.refresh_from_db()
        assert first.state == "undone"
        assert place_of(zoe).paused_until == NOW + 2 * HOUR

    def test_undone_one_writes_again(self, group, post, host, zoe):
        decision = pause(group, zoe, by=host, hours=24, reason=WHY, now=NOW)

        undo(decision, host, now=NOW + HOUR)

        say(post.thread, zoe, now=NOW + HOUR)
        assert Notice.objects.filter(kind="decision_undone", person=zoe).exists()

    def test_the_page_says_so_and_shows_no_box(self, client_of, group, post, host, zoe):
        pause(group, zoe, by=host, hours=24, reason=WHY)
        client = client_of(zoe)

        for url in (f"/threads/{post.thread_id}/", f"/groups/{group.slug}/"):
            page = client.get(url).content.decode()
            assert "do not write" in page and 'href="/decisions/"' in page
            assert "<textarea" not in page
        assert client.get(f"/groups/{group.slug}/threads/new/").status_code == 302


class TestUndoing:
    def test_within_thirty_days(self, post, host, zoe):
        decision = hide(post, host, reason=WHY, now=NOW)

        with pytest.raises(NotAllowed):
            undo(decision, zoe, now=NOW)
        with pytest.raises(Refused) as refusal:
            undo(decision, host, now=NOW + 31 * DAY)
        assert refusal.value.code == "too_late"
        undo(decision, host, now=NOW + 30 * DAY)

        assert not Post.objects.get(pk=post.pk).is_hidden
        assert undo(decision, host, now=NOW + 30 * DAY).state == "undone"
        assert list(violations()) == []

    @pytest.mark.django_db(transaction=True)
    def test_undone_by_four_at_once_it_is_told_once(self, post, host):
        decision = hide(post, host, reason=WHY, now=NOW)

        all_at_once(undo, [(decision, host)] * 4)

        assert Activity.objects.filter(verb="decision.undone").count() == 1
        assert Notice.objects.filter(kind="decision_undone").count() == 1

    def test_nobody_undoes_what_is_about_themselves(self, group, host):
        ruth = inside(group, facilitator_of(group))
        post = thread_in(group, ruth).posts.get()
        decision = hide(post, host, reason=WHY, now=NOW)

        with pytest.raises(NotAllowed):
            undo(decision, ruth, now=NOW)

    def test_a_note_that_was_read_is_not_unsaid(self, post, host):
        decision = redirect(post.thread, host, step="note", reason=WHY)

        with pytest.raises(NotAllowed):
            undo(decision, host)


class TestLookingAgain:
    def test_it_goes_to_somebody_who_did_not_decide(self, group, post, host, zoe):
        ruth = inside(group, facilitator_of(group))
        decision = hide(post, host, reason=WHY, now=NOW)

        made = appeal(decision, zoe, text="They were a gift.", now=NOW + HOUR)
        ask_for_appeals(NOW + HOUR)

        assert Notice.objects.get(kind="decision_waits").person == ruth
        assert Cue.objects.visible_to(ruth).filter(kind="appeal").exists()
        assert not Cue.objects.visible_to(host).filter(kind="appeal").exists()
        with pytest.raises(NotAllowed):
            resolve_appeal(made, host, decision="lifted", reason="x")

    def test_once_and_by_whom_it_is_about(self, post, host, zoe):
        decision = hide(post, host, reason=WHY, now=NOW)
        with pytest.raises(NotAllowed):
            appeal(decision, host, text="x", now=NOW)
        appeal(decision, zoe, text="They were a gift.", now=NOW)

        with pytest.raises(Refused) as refusal:
            appeal(decision, zoe, text="Again.", now=NOW)
        assert refusal.value.code == "already_appealed"

    @pytest.mark.parametrize("kind", ["hide", "pause"])
    def test_lifted_it_is_undone_and_upheld_it_stays(self, group, post, host, zoe, kind):
        ruth = inside(group, facilitator_of(group))
        made = {
            "hide": lambda: hide(post, host, reason=WHY, now=NOW),
            "pause": lambda: pause(group, zoe, by=host, hours=24, reason=WHY, now=NOW),
        }
        decision = made[kind]()
        asked = appeal(decision, zoe, text="They were a gift.", now=NOW)
        assert (asked.about, asked.told) == (kind, WHY)

        resolve_appeal(asked, ruth, decision="lifted", reason="They were.", now=NOW)

        decision.refresh_from_db()
        assert (decision.state, decision.ended_by) == ("undone", ruth)
        assert not Post.objects.get(pk=post.pk).is_hidden
        assert place_of(zoe).paused_until is None
        assert Notice.objects.get(kind="decision_lifted").words == "They were."
        assert list(violations()) == []

    def test_whoever_looks_again_reads_the_post_and_others_outside_do_not(
        self, client_of, group, post, host, zoe
    ):
        moderator, other = moderator_of(group.network), moderator_of(group.network)
        decision = hide(post, host, reason=WHY)
        address = f"/decisions/{decision.pk}/"
        assert "Two euros" not in client_of(moderator).get(address).content.decode()

        made = appeal(decision, zoe, text="They were a gift.")

        page = client_of(moderator).get(f"/appeals/{made.pk}/").content.decode()
        assert WHY in page and address in page and "It is taken back" in page
        assert "Two euros" in client_of(other).get(address).content.decode()
        answer = client_of(moderator).post(
            f"/appeals/{made.pk}/", {"decision": "lifted", "reason": "They were."}
        )
        assert answer.status_code == 302
        assert Decision.objects.get().state == "undone"
        assert "Somebody else has taken it back" in client_of(zoe).get(address).content.decode()


class TestRedirects:
    def test_a_note_is_read_by_its_author_alone(self, post, host, zoe):
        redirect(post.thread, host, step="note", note="Swap them?", reason="Selling.")

        notice = Notice.objects.get(kind="note_on_words")
        assert (notice.person, notice.words) == (zoe, "Swap them?")

    def test_another_title_comes_by_the_authors_yes(self, post, host, zoe):
        decision = redirect(post.thread, host, step="retitle", to="Seeds to swap", reason=WHY)
        assert Thread.objects.get(pk=post.thread_id).title == "Seedlings"

        accept(decision, zoe)
        accept(decision, zoe)

        assert Thread.objects.get(pk=post.thread_id).title == "Seeds to swap"
        assert Notice.objects.filter(kind="title_accepted", person=host).count() == 1
        undo(decision, host)
        assert Thread.objects.get(pk=post.thread_id).title == "Seedlings"

    def test_or_it_stays(self, post, host, zoe):
        decision = redirect(post.thread, host, step="retitle", to="Seeds to swap", reason=WHY)
        with pytest.raises(NotAllowed):
            accept(decision, host)

        decline(decision, zoe)

        assert Thread.objects.get(pk=post.thread_id).title == "Seedlings"
        assert decline(decision, zoe).state == "declined"
        assert Notice.objects.filter(kind="title_declined", person=host).count() == 1

    def test_who_said_no_takes_it_after_all_while_the_title_is_as_it_was(
        self, client_of, post, host, zoe
    ):
        decision = redirect(post.thread, host, step="retitle", to="Seeds to swap", reason=WHY)
        decline(decision, zoe)
        address = f"/decisions/{decision.pk}/"
        page = client_of(zoe).get(address).content.decode()
        assert "Take the new title after all" in page and "Keep mine" not in page

        client_of(zoe).post(f"/redirects/{decision.pk}/accept/")

        decision.refresh_from_db()
        assert (decision.state, decision.ended_at, decision.ended_by) == ("standing", None, None)
        assert Thread.objects.get(pk=post.thread_id).title == "Seeds to swap"
        assert Notice.objects.filter(kind="title_accepted", person=host).exists()
        with pytest.raises(Refused, match="has the new title already") as refusal:
            decline(decision, zoe)
        assert (refusal.value.code, refusal.value.status) == ("no_longer", 409)

    @pytest.mark.parametrize("meanwhile", ["retitled", "a month later", "undone"])
    def test_else_it_is_not_asked_any_more(self, client_of, post, host, zoe, meanwhile):
        now = NOW
        decision = redirect(
            post.thread, host, step="retitle", to="Seeds to swap", reason=WHY, now=now
        )
        if meanwhile == "undone":
            accept(decision, zoe, now=now)
            undo(decision, host, now=now)
        else:
            decline(decision, zoe, now=now)
        if meanwhile == "retitled":
            retitle(post.thread, zoe, title="Plants", now=now)
        if meanwhile == "a month later":
            now += 31 * DAY

        with pytest.raises(Refused, match="not asked any more") as refusal:
            accept(decision, zoe, now=now)

        assert (refusal.value.code, refusal.value.status) == ("no_longer", 409)
        assert decline(decision, zoe, now=now).state in ("declined", "undone")
        if meanwhile != "a month later":
            page = client_of(zoe).get(f"/decisions/{decision.pk}/").content.decode()
            assert "Take the new title" not in page

    def test_a_slow_thread_takes_one_post_an_hour_of_each(self, group, post, host, zoe):
        redirect(post.thread, host, step="slow", reason=WHY, now=NOW)
        other = member_of(group)
        say(post.thread, zoe, now=NOW + HOUR)

        with pytest.raises(TooOften, match="goes slowly"):
            say(post.thread, zoe, now=NOW + HOUR + timedelta(minutes=59))
        say(post.thread, other, now=NOW + HOUR)
        say(post.thread, zoe, now=NOW + 2 * HOUR)
        say(post.thread, zoe, now=NOW + DAY + timedelta(minutes=1))
        say(post.thread, zoe, now=NOW + DAY + timedelta(minutes=2))

    def test_whoever_opened_a_slow_thread_reads_why_and_not_who_slowed_their_own(
        self, group, post, host, zoe
    ):
        own = thread_in(group, host, title="Ours")
        for thread in (post.thread, own):
            redirect(thread, host, step="slow", reason=WHY, now=NOW)

        (told,) = Notice.objects.filter(kind="thread_slowed")
        decision = Decision.objects.get(thread=post.thread)
        assert (told.person, told.subject_id, told.words) == (zoe, decision.pk, WHY)

    @pytest.mark.parametrize(
        ("facts", "field"),
        [
            ({"step": "retitle", "to": " "}, "to"),
            ({"step": "retitle", "to": "Seedlings"}, "to"),
            ({"step": "slow", "to": "soon"}, "to"),
            ({"step": "slow", "to": "0"}, "to"),
            ({"step": "note", "reason": ""}, "reason"),
            ({"step": "shout"}, "step"),
        ],
    )
    def test_what_is_missing_is_said_by_its_field(self, post, host, facts, field):
        with pytest.raises(Invalid) as refusal:
            redirect(post.thread, host, **{"reason": WHY, **facts})

        assert list(refusal.value.errors) == [field]

    def test_a_member_redirects_nobody_and_nobody_themselves(self, group, post, host, zoe):
        with pytest.raises(NotAllowed):
            redirect(thread_in(group), zoe, step="note", reason=WHY)
        with pytest.raises(NotAllowed):
            redirect(thread_in(group, host), host, step="note", reason=WHY)


def slow_down(thread, by, *, to="", now=NOW):
    return redirect(thread, by, step="slow", to=to, reason=WHY, now=now)


def pace_of(thread):
    return Thread.objects.values_list("slow_minutes", flat=True).get(pk=thread.pk)


class TestAPace:
    """A thread has one at a time; whoever opened it answers, as anybody does who is restrained."""

    def test_a_slow_thread_is_given_no_other_pace(self, post, host):
        slow_down(post.thread, host, to="30")

        with pytest.raises(Refused, match="goes slowly already") as refusal:
            slow_down(post.thread, host, now=NOW + HOUR)

        assert (refusal.value.code, refusal.value.status) == ("already_slow", 409)
        assert (pace_of(post.thread), Decision.objects.count()) == (30, 1)

    def test_undone_it_goes_as_before_and_whoever_opened_it_is_told(self, post, host, zoe):
        decision = slow_down(post.thread, host, to="30")

        undo(decision, host, now=NOW)

        say(post.thread, zoe, now=NOW)
        assert Notice.objects.get(kind="pace_given_back").person == zoe
        assert not Notice.objects.filter(kind="decision_undone").exists()

    def test_undoing_one_that_is_over_leaves_the_pace_of_the_next(self, post, host):
        over = slow_down(post.thread, host)
        slow_down(post.thread, host, to="30", now=NOW + DAY)

        undo(over, host, now=NOW + DAY + HOUR)

        assert pace_of(post.thread) == 30
        assert not Notice.objects.filter(kind="pace_given_back").exists()

    def test_whoever_opened_it_asks_somebody_else_who_gives_the_pace_back(
        self, group, post, host, zoe
    ):
        ruth = inside(group, facilitator_of(group))
        decision = slow_down(post.thread, host)
        asked = appeal(decision, zoe, text="We all agree.", now=NOW)
        assert (asked.about, asked.told) == ("slow", WHY)
        with pytest.raises(NotAllowed):
            resolve_appeal(asked, host, decision="lifted", reason="x", now=NOW)

        resolve_appeal(asked, ruth, decision="lifted", reason="You do.", now=NOW)

        decision.refresh_from_db()
        assert (decision.state, decision.ended_by) == ("undone", ruth)
        assert pace_of(post.thread) is None
        assert Notice.objects.get(kind="decision_lifted").person == zoe
        assert not Notice.objects.filter(kind="pace_given_back").exists()

    def test_upheld_it_stays_slow(self, group, post, host, zoe):
        ruth = inside(group, facilitator_of(group))
        asked = appeal(slow_down(post.thread, host), zoe, text="We all agree.", now=NOW)

        resolve_appeal(asked, ruth, decision="upheld", reason="Till tomorrow.", now=NOW)

        assert pace_of(post.thread) == 60

    def test_nobody_else_asks_nor_undoes_it_for_themselves(self, group, post, host, zoe):
        ruth, other = inside(group, facilitator_of(group)), inside(group, member_of(group))
        hers = slow_down(thread_in(group, ruth), host)
        own = slow_down(thread_in(group, host), host)

        for whose, decision in ((other, hers), (host, hers), (host, own)):
            with pytest.raises(NotAllowed):
                appeal(decision, whose, text="x", now=NOW)
        with pytest.raises(NotAllowed, match="about you"):
            undo(hers, ruth, now=NOW)
        undo(own, host, now=NOW)

    def test_whoever_opened_it_has_left_and_reads_of_it_no_more(self, group, post, host, zoe):
        decision = slow_down(post.thread, host)
        assert list(Decision.objects.about(zoe)) == [decision]

        leave(group, zoe)

        assert not Decision.objects.visible_to(zoe).exists()

    def test_who_looks_after_the_network_reads_of_it_while_they_are_asked(
        self, client_of, group, post, host, zoe
    ):
        moderator = moderator_of(group.network)
        decision = slow_down(post.thread, host, now=None)
        address, care = f"/decisions/{decision.pk}/", client_of(moderator)
        assert care.get(address).status_code == 404

        asked = appeal(decision, zoe, text="We all agree.")

        page = care.get(f"/appeals/{asked.pk}/").content.decode()
        assert "A thread that they opened was slowed down" in page and address in page
        assert "Seedlings" in care.get(address).content.decode()
        care.post(f"/appeals/{asked.pk}/", {"decision": "upheld", "reason": "Till tomorrow."})
        assert care.get(address).status_code == 404
        assert address not in care.get(f"/appeals/{asked.pk}/").content.decode()

    def test_the_pages_of_whoever_opened_it(self, client_of, group, post, host, zoe):
        decision = slow_down(post.thread, host, now=None)
        thread, address = f"/threads/{post.thread_id}/", f"/decisions/{decision.pk}/"
        mine, other = client_of(zoe), client_of(inside(group, member_of(group)))

        assert f'href="{thread}slow/"' in mine.get(thread).content.decode()
        assert "slow/" not in other.get(thread).content.decode()
        assert mine.get(f"{thread}slow/").url == address
        assert other.get(f"{thread}slow/").status_code == 404
        page = mine.get(address).content.decode()
        assert "Your thread goes slowly" in page and WHY in page and "I think this was" in page
        assert address in mine.get("/decisions/").content.decode()
        mine.post(f"{address}appeal/", {"text": "We all agree."})
        assert Appeal.objects.get().about == "slow"
        assert "Undo it" in client_of(host).get(address).content.decode()
        undo(decision, host)
        assert "goes at its usual pace again" in mine.get(address).content.decode()
        assert mine.get(f"{thread}slow/").status_code == 404

    def test_over_the_api(self, api_of, group, post, host, zoe):
        care, mine = api_of(host, group.network), api_of(zoe, group.network)
        said = {"step": "slow", "reason": WHY}
        made = care.post(f"/threads/{post.thread_id}/redirect/", said).json()

        again = care.post(f"/threads/{post.thread_id}/redirect/", said)
        listed = mine.get("/decisions/").json()["results"]
        asked = mine.post(f"/decisions/{made['id']}/appeal/", {"text": "We all agree."})

        assert (again.status_code, again.json()["code"]) == (409, "already_slow")
        assert [each["id"] for each in listed] == [made["id"]]
        assert (asked.status_code, asked.json()["about"]) == (201, "slow")


class TestPages:
    def test_a_post_is_hidden_from_its_menu_and_its_author_answers(
        self, client_of, group, post, host, zoe
    ):
        care, mine = client_of(host), client_of(zoe)
        thread, address = f"/threads/{post.thread_id}/", f"/posts/{post.pk}/hide/"
        assert f'href="{address}"' in care.get(thread).content.decode()

        empty = care.post(address, {"agreement": "", "reason": "Kept words."})
        care.post(address, {"agreement": "Not for selling plants.", "reason": WHY})
        why = mine.get(f"/posts/{post.pk}/hidden/", follow=True).content.decode()

        assert empty.status_code == 422 and "Kept words." in empty.content.decode()
        assert f'href="/posts/{post.pk}/hidden/"' in mine.get(thread).content.decode()
        assert WHY in why and "Two euros each." in why and "Send it in again" in why
        decision = Decision.objects.get()
        back = mine.post(f"/decisions/{decision.pk}/", {"body": "For a jar."})
        assert back.status_code == 302
        assert "For a jar." in mine.get(thread).content.decode()

    def test_the_record_of_a_group_with_its_undo(self, client_of, group, post, host, zoe):
        decision = hide(post, host, reason=WHY)
        care = client_of(host)

        page = care.get(f"/groups/{group.slug}/decisions/").content.decode()
        care.post(f"/decisions/{decision.pk}/undo/")

        assert f"A post by {zoe.name} hidden" in page and WHY in page
        assert Decision.objects.get().state == "undone"
        assert client_of(zoe).get(f"/groups/{group.slug}/decisions/").status_code == 404

    def test_a_pause_and_what_one_can_do_about_it(self, client_of, group, host, zoe):
        address = f"/groups/{group.slug}/people/{zoe.username}/pause/"
        said = {"hours": "72", "agreement": "Be kind.", "reason": WHY}
        client_of(host).post(address, said)
        decision = Decision.objects.get()
        mine = client_of(zoe)

        listed = mine.get("/decisions/").content.decode()
        empty = mine.post(f"/decisions/{decision.pk}/appeal/", {"text": ""})
        mine.post(f"/decisions/{decision.pk}/appeal/", {"text": "I was joking."})

        assert f'href="/decisions/{decision.pk}/"' in listed
        assert empty.status_code == 422
        assert Appeal.objects.get().text == "I was joking."

    def test_a_gentle_step_and_the_authors_yes(self, client_of, post, host, zoe):
        said = {"step": "retitle", "to": "Seeds", "agreement": "Be kind.", "reason": WHY}
        asked = client_of(host).post(f"/threads/{post.thread_id}/redirect/", said, follow=True)
        decision = Decision.objects.get()
        mine = client_of(zoe)

        assert f"{zoe.name} is asked for another title, and says yes or no." in asked.text
        page = mine.get(f"/decisions/{decision.pk}/").content.decode()
        mine.post(f"/redirects/{decision.pk}/accept/")

        assert "Take the new title" in page
        assert Thread.objects.get(pk=post.thread_id).title == "Seeds"

    @pytest.mark.parametrize(
        ("step", "came_of_it"),
        [("note", "Your note goes to {}, who alone reads it."), ("slow", "It is slowed down")],
    )
    def test_a_step_answers_with_what_came_of_it(
        self, client_of, post, host, zoe, step, came_of_it
    ):
        said = {"step": step, "agreement": "Be kind.", "reason": WHY}

        answer = client_of(host).post(f"/threads/{post.thread_id}/redirect/", said, follow=True)

        assert came_of_it.format(zoe.name) in answer.text

    def test_the_lists_cost_the_same_at_every_length(
        self, client_of, api_of, count_queries, group, post, host, zoe
    ):
        care, mine, api = client_of(host), client_of(zoe), api_of(host, group.network)
        hide(post, host, reason=WHY)
        asks = [
            lambda: care.get(f"/groups/{group.slug}/decisions/"),
            lambda: mine.get("/decisions/"),
            lambda: mine.get(f"/decisions/{Decision.objects.last().pk}/"),
            lambda: api.get(f"/groups/{group.slug}/decisions/"),
        ]
        for ask in asks:
            ask()
        few = [count_queries(ask) for ask in asks]
        for _ in range(3):
            hide(thread_in(group, zoe).posts.get(), host, reason=WHY)
        for person in (host, zoe):
            read(person)

        assert [count_queries(ask) for ask in asks] == few == [8, 4, 7, 6]


class TestApi:
    def test_each_call_answers_as_the_contract_says(self, api_of, group, post, host, zoe):
        care, mine = api_of(host, group.network), api_of(zoe, group.network)
        members = f"/groups/{group.slug}/members/{zoe.username}"

        hidden = care.post(f"/posts/{post.pk}/hide/", {"reason": WHY})
        paused = care.post(f"{members}/pause/", {"hours": 24, "reason": WHY})
        slow = {"step": "slow", "reason": WHY}
        slowed = care.post(f"/threads/{post.thread_id}/redirect/", slow)
        asked = mine.post(f"/decisions/{hidden.json()['id']}/appeal/", {"text": "A gift."})
        undone = care.post(f"/decisions/{paused.json()['id']}/undo/")

        assert (hidden.status_code, hidden.json()["kind"]) == (200, "hide")
        assert (paused.status_code, paused.json()["kind"]) == (200, "pause")
        assert (slowed.status_code, slowed.json()["to"]) == (201, "60")
        assert (asked.status_code, asked.json()["about"]) == (201, "hide")
        assert undone.json()["state"] == "undone"
        record = care.get(f"/groups/{group.slug}/decisions/").json()["results"]
        assert {each["kind"]: each["appeal"] for each in record} == {
            "hide": "open",
            "pause": None,
            "slow": None,
        }
        about_me = mine.get("/decisions/").json()["results"]
        assert {each["kind"] for each in about_me} == {"hide", "pause", "slow"}

    def test_who_may_not_is_refused(self, api_of, group, post, host, zoe):
        decision = hide(post, host, reason=WHY)
        member = api_of(member_of(group), group.network)
        outsider = api_of(PersonFactory(network=group.network), group.network)
        about = api_of(zoe, group.network)

        assert member.post(f"/posts/{post.pk}/hide/", {"reason": WHY}).status_code == 403
        assert outsider.post(f"/posts/{post.pk}/hide/", {"reason": WHY}).status_code == 404
        assert member.get(f"/groups/{group.slug}/decisions/").status_code == 403
        assert outsider.get(f"/groups/{group.slug}/decisions/").status_code == 403
        assert member.post(f"/decisions/{decision.pk}/undo/").status_code == 404
        assert about.post(f"/decisions/{decision.pk}/undo/").status_code == 403
        assert about.post(f"/redirects/{decision.pk}/accept/").status_code == 403
        care = api_of(host, group.network, scopes=["read", "write"])
        answer = care.post(f"/posts/{post.pk}/hide/", {"reason": WHY})
        assert answer.json()["code"] == "insufficient_scope"
        wanting = api_of(host, group.network).post(f"/posts/{post.pk}/hide/")
        assert list(wanting.json()["errors"]) == ["reason"]

    def test_a_paused_member_is_told_so(self, api_of, group, post, host, zoe):
        pause(group, zoe, by=host, hours=1, reason=WHY)

        answer = api_of(zoe, group.network).post(f"/threads/{post.thread_id}/posts/", {"body": "A"})

        assert (answer.status_code, answer.json()["code"]) == (409, "paused")


def test_what_was_decided_about_one_is_exported_and_goes_with_one(group, post, host, zoe):
    hide(post, host, reason=WHY)
    kept = personal_data[Decision]

    assert [row["reason"] for row in kept.export(zoe)] == [WHY]
    kept.erase(zoe)
    kept.erase(host)

    row = Decision.objects.get()
    assert (row.person, row.by, row.reason) == (None, None, "")
    assert list(violations()) == []
