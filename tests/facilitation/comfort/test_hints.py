"""Somebody told of a hard time and had answers, and no comfort: facilitators see one hint (R20)."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from facilitation.comfort.actions import REASON, ask_for_comfort
from facilitation.cues.models import Cue
from facilitation.distress.actions import call_for_help
from facilitation.moderation.actions import hide
from microgroups.conversation.actions import (
    close,
    delete_post,
    delete_thread,
    edit_post,
    edit_thread,
    react,
    unreact,
)
from microgroups.conversation.models import Reaction, Thread
from microgroups.groups.actions import archive
from microgroups.membership.actions import leave
from microgroups.membership.models import Membership
from network.notifications.models import Notice
from network.people.blocking import block
from tests.factories import (
    MicroGroupFactory,
    facilitator_of,
    inside,
    member_of,
    say,
    thread_in,
)
from tests.threads import all_at_once

pytestmark = pytest.mark.django_db

NOW = timezone.now()
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HARD = "I feel so alone since he left. What do you do with the evenings?"
ADVICE = "Try the choir on Tuesdays, it is free."
KIND = "I am so sorry, Ana. I am with you."


@pytest.fixture
def oskar(group):
    return inside(group, member_of(group))


def told(group, person, text=HARD, hours=9, **facts):
    return thread_in(group, person, "Evenings", text, now=NOW - hours * HOUR, **facts)


@pytest.fixture
def thread(group, ana, oskar):
    """Ana has told of something hard nine hours ago; an hour later she had advice."""
    thread = told(group, ana)
    say(thread, oskar, ADVICE, now=NOW - 8 * HOUR)
    return Thread.objects.get(pk=thread.pk)


def opening(thread):
    return thread.posts.earliest("at", "pk")


def hints(now=NOW):
    """About whom there are open hints, when the job has looked."""
    ask_for_comfort(now)
    return [cue.person for cue in Cue.objects.open().filter(kind="comfort").order_by("pk")]


def closed():
    """How the one hint was closed."""
    cue = Cue.objects.get(kind="comfort")
    return cue.state, cue.closed_why


class TestWhoIsHintedAt:
    def test_who_told_of_something_hard_and_had_nothing_but_advice_for_hours(self, thread, ana):
        assert hints(NOW - 3 * HOUR) == []
        assert hints() == [ana]

        cue = Cue.objects.get()
        assert (cue.reason, cue.subject_id) == (REASON, opening(thread).pk)
        assert (cue.due_at, cue.group) == (thread.opened_at, thread.group)

    def test_the_title_may_tell_it(self, group, ana, oskar):
        thread = thread_in(group, ana, "I can't cope any more", "How?", now=NOW - 9 * HOUR)
        say(thread, oskar, ADVICE, now=NOW - 8 * HOUR)

        assert hints() == [ana]

    def test_once_however_often_it_runs(self, thread, ana):
        for minutes in range(3):
            hints(NOW + minutes * HOUR)

        assert Cue.objects.get(kind="comfort").person == ana

    @pytest.mark.django_db(transaction=True)
    def test_workers_at_once_hint_once(self, thread):
        all_at_once(ask_for_comfort, [(NOW,)] * 4)

        assert Cue.objects.filter(kind="comfort").count() == 1

    def test_not_where_nobody_has_answered(self, group, ana):
        thread = told(group, ana)
        say(thread, ana, "Or the mornings.", now=NOW - 8 * HOUR)

        assert hints() == []

    @pytest.mark.parametrize("text", ["How do you prune it?", "> I feel so alone\n\nWhose line?"])
    def test_not_where_nothing_hard_is_told_of_oneself(self, group, ana, oskar, text):
        say(told(group, ana, text), oskar, ADVICE, now=NOW - 8 * HOUR)

        assert hints() == []

    def test_what_is_told_further_down_opens_none(self, group, ana, oskar):
        """Whoever answers there has it before their eyes."""
        thread = told(group, ana, "How do you prune it?")
        say(thread, oskar, ADVICE, now=NOW - 8 * HOUR)
        say(thread, ana, HARD, now=NOW - 7 * HOUR)

        assert hints() == []

    def test_not_where_one_of_the_answers_is_kind(self, thread, group):
        say(thread, member_of(group), KIND, now=NOW - 7 * HOUR)

        assert hints() == []

    def test_ones_own_kind_words_and_ones_own_reaction_are_no_comfort(self, thread, ana):
        say(thread, ana, "So sorry for the long text.", now=NOW - 7 * HOUR)
        react(opening(thread), ana, emoji="❤️")

        assert hints() == [ana]

    def test_a_reaction_of_anybody_else_is_enough(self, thread, oskar):
        react(opening(thread), oskar, emoji="❤️")

        assert hints() == []

    def test_also_one_to_what_they_wrote_later_or_an_imported_one_without_a_name(
        self, group, thread, ana, oskar
    ):
        react(say(thread, ana, "Thank you.", now=NOW - HOUR), oskar, emoji="❤️")
        other = told(group, ana)
        say(other, oskar, ADVICE, now=NOW - 8 * HOUR)
        Reaction.objects.create(post=opening(other), emoji="❤️")

        assert hints() == []

    def test_a_reaction_to_the_advice_is_no_comfort(self, thread, group, ana, oskar):
        react(thread.posts.get(author=oskar), member_of(group), emoji="❤️")

        assert hints() == [ana]

    def test_what_is_over_a_week_old_is_not_dug_up(self, group, ana, oskar):
        say(told(group, ana, hours=7 * 24), oskar, ADVICE, now=NOW - 8 * HOUR)

        assert hints() == []

    def test_not_who_has_left_nor_in_a_closed_group_or_thread_nor_what_was_taken_back(
        self, group, ruth, oskar
    ):
        gone, shut, back, hidden = (member_of(group) for _ in range(4))
        threads = [told(group, person) for person in (gone, shut, back, hidden)]
        for each in threads:
            say(each, oskar, ADVICE, now=NOW - 8 * HOUR)
        leave(group, gone, now=NOW)
        close(threads[1], ruth, now=NOW)
        delete_thread(threads[2], ruth, now=NOW)
        hide(opening(threads[3]), ruth, reason="Not here.", now=NOW)
        elsewhere = MicroGroupFactory()
        say(told(elsewhere, member_of(elsewhere)), member_of(elsewhere), now=NOW - 8 * HOUR)
        archive(elsewhere, facilitator_of(elsewhere))

        assert hints() == []

    def test_a_question_to_begin_with_tells_of_nobody(self, group, ruth, oskar):
        say(told(group, ruth, kind="starter"), oskar, ADVICE, now=NOW - 8 * HOUR)

        assert hints() == []


class TestBlocks:
    def test_whom_they_have_blocked_neither_answers_nor_comforts(self, group, thread, ana, oskar):
        block(ana, oskar)
        assert hints() == []  # to her it is a thread without an answer

        say(thread, member_of(group), ADVICE, now=NOW - 7 * HOUR)
        say(thread, oskar, KIND, now=NOW - 7 * HOUR)
        react(opening(thread), oskar, emoji="❤️")

        assert hints() == [ana]

    @pytest.mark.parametrize("who", ["they", "the facilitator"])
    def test_no_facilitator_reads_of_somebody_where_either_has_blocked_the_other(
        self, group, thread, ana, ruth, client_of, api_of, who
    ):
        block(*((ana, ruth) if who == "they" else (ruth, ana)))
        other = inside(group, facilitator_of(group))
        hints()
        cue = Cue.objects.get(kind="comfort")

        assert ana.name not in client_of(ruth).get("/care/").content.decode()
        assert client_of(ruth).get(f"/care/{cue.pk}/done/").status_code == 404
        program = api_of(ruth, group.network)
        assert program.get("/cues/").json()["results"] == []
        assert program.post(f"/cues/{cue.pk}/done/").status_code == 404
        assert f"{ana.name} may not feel heard" in client_of(other).get("/care/").content.decode()


class TestCallsForHelp:
    @pytest.fixture(params=["by them", "about their words", "about an answer"])
    def call(self, request, group, thread, ana, oskar):
        post = {"about their words": opening(thread), "about an answer": thread.posts.last()}
        who = ana if request.param == "by them" else oskar
        return lambda: call_for_help(group, who, post=post.get(request.param), now=NOW)

    def test_where_somebody_called_people_see_to_it(self, thread, call):
        call()

        assert hints() == []

    def test_a_hint_goes_when_somebody_calls_and_no_word_tells_why(
        self, thread, ruth, ana, call, client_of
    ):
        hints()
        call()
        page = client_of(ruth).get("/care/").content.decode()
        assert f"{ana.name} may not feel heard" not in page

        assert hints(NOW + HOUR) == []
        assert closed() == ("lapsed", "")


class TestWhatTakesItAway:
    @pytest.fixture(autouse=True)
    def hint(self, thread, ana):
        assert hints() == [ana]

    def test_a_kind_word_of_anybody(self, thread, group):
        say(thread, member_of(group), KIND, now=NOW + HOUR)

        assert hints(NOW + HOUR) == []
        assert closed() == ("done", "Somebody is with them.")

    def test_more_advice_does_not(self, thread, group, ana):
        say(thread, member_of(group), "Or the library.", now=NOW + HOUR)

        assert hints(NOW + HOUR) == [ana]

    def test_a_reaction_at_once_in_the_queue_and_then_for_good(
        self, thread, ruth, ana, oskar, client_of
    ):
        react(opening(thread), oskar, emoji="❤️")
        page = client_of(ruth).get("/care/").content.decode()
        assert f"{ana.name} may not feel heard" not in page

        assert hints(NOW + HOUR) == []
        assert closed() == ("done", "Somebody reacted.")
        assert "Somebody reacted." in client_of(ruth).get("/care/").content.decode()

        unreact(opening(thread), oskar, emoji="❤️")
        assert hints(NOW + 2 * HOUR) == []

    @pytest.mark.parametrize(
        ("deed", "why"),
        [
            (lambda thread, ana, answer: delete_post(opening(thread), ana), "It was taken back."),
            (lambda thread, ana, answer: leave(thread.group, ana), "They have left the group."),
            (lambda thread, ana, answer: rewrite(thread, ana), "It reads otherwise now."),
            (lambda thread, ana, answer: delete_post(*answer), "It reads otherwise now."),
        ],
    )
    def test_what_makes_it_a_hint_about_nothing(self, thread, ana, oskar, deed, why):
        deed(thread, ana, (thread.posts.get(author=oskar), oskar))

        assert hints(NOW + HOUR) == []
        assert closed() == ("lapsed", why)

    def test_an_answer_that_becomes_kind(self, thread, oskar):
        edit_post(thread.posts.get(author=oskar), oskar, body=f"{KIND} {ADVICE}")

        assert hints(NOW + HOUR) == []
        assert closed() == ("done", "Somebody is with them.")

    def test_a_week(self, thread):
        assert hints(NOW + 7 * DAY) == []
        assert closed() == ("lapsed", "It was too long ago.")


def rewrite(thread, person):
    edit_thread(thread, person, title=thread.title, body="What do you do with the evenings?")


class TestTheQueue:
    @pytest.fixture
    def cue(self, thread, ruth):
        hints()
        return Cue.objects.get(kind="comfort")

    def test_it_says_so_shows_their_words_and_asks_for_a_line_or_a_reaction(
        self, cue, thread, ruth, client_of
    ):
        page = client_of(ruth).get("/care/").content.decode()

        assert f"{cue.person.name} may not feel heard" in page
        assert "Others wrote back; nobody has said anything like “I am with you” yet." in page
        assert "I feel so alone since he left." in page
        assert f"Write back to {cue.person.name}" in page
        assert f'href="/threads/{thread.pk}/?post={cue.subject_id}#post-' in page
        assert "Waiting for a reply now" not in page

    def test_a_line_written_there_stands_in_the_thread_and_closes_it(
        self, cue, thread, ruth, client_of
    ):
        browser = client_of(ruth)
        box = browser.get(f"/care/{cue.pk}/done/").content.decode()
        browser.post(f"/care/{cue.pk}/done/", {"note": "I read it, Ana."})

        assert "Nothing has to be solved." in box
        assert "Write back to" in box
        assert thread.posts.latest("at").body == "I read it, Ana."
        assert closed() == ("done", "")
        assert hints(NOW + HOUR) == []

    def test_left_be_it_does_not_come_again(self, cue, ruth, client_of):
        client_of(ruth).post(f"/care/{cue.pk}/dismiss/", {"reason": "She is well."})

        assert hints(NOW + HOUR) == []
        assert closed() == ("dismissed", "She is well.")

    def test_it_is_nobodys_task(self, cue, group, ruth, client_of, api_of):
        other = facilitator_of(group)
        browser, path = client_of(ruth), f"/care/{cue.pk}/assign/"

        assert f"Ask {other.name} to" not in browser.get("/care/").content.decode()
        assert path not in browser.get(f"/care/{cue.pk}/done/").content.decode()
        assert browser.post(path, {"to": other.username}).status_code == 404
        body = {"to": other.username}
        told = api_of(ruth, group.network).post(f"/cues/{cue.pk}/assign/", body)
        assert (told.status_code, told.json()["code"]) == (403, "not_allowed")

    def test_a_program_reads_it_as_any_cue(self, cue, thread, ruth, api_of):
        program = api_of(ruth, cue.group.network)

        (told,) = program.get("/cues/").json()["results"]
        assert (told["kind"], told["reason"], told["drafted"]) == ("comfort", REASON, None)
        assert told["subject"]["url"].startswith(f"/threads/{thread.pk}/")
        done = program.post(f"/cues/{cue.pk}/done/").json()

        assert done["state"] == "done"

    def test_the_page_asks_no_more_for_many_hints_than_for_one(
        self, cue, group, ana, oskar, ruth, client_of, count_queries
    ):
        browser = client_of(ruth)
        browser.get("/care/")
        few = count_queries(lambda: browser.get("/care/"))
        for _ in range(3):
            say(told(group, ana), oskar, ADVICE, now=NOW - 8 * HOUR)
        hints()

        assert count_queries(lambda: browser.get("/care/")) == few <= 9

    def test_nobody_else_sees_it_and_whom_it_is_about_reads_nothing(
        self, cue, ana, oskar, client_of
    ):
        for person in (ana, oskar):
            browser = client_of(person)
            assert browser.get(f"/care/{cue.pk}/done/").status_code == 404
            pages = [browser.get(path) for path in ("/", cue.group.get_absolute_url())]
            pages.append(browser.get(f"/threads/{opening_thread(cue)}/"))
            assert not any("feel heard" in page.content.decode() for page in pages)

    def test_a_facilitator_who_told_it_is_not_hinted_at_themselves(
        self, group, ruth, oskar, client_of
    ):
        say(told(group, ruth), oskar, ADVICE, now=NOW - 8 * HOUR)

        assert hints() == [ruth]
        assert "may not feel heard" not in client_of(ruth).get("/care/").content.decode()


def opening_thread(cue):
    return Thread.objects.get(posts=cue.subject_id).pk


class TestWhereItNeverStands:
    def test_nobody_is_told_and_no_figure_changes(self, thread, group, ruth, ana, api_of):
        from facilitation.cover.duty import Watch
        from facilitation.cover.reading import load
        from facilitation.cover.watching import cover_groups
        from facilitation.cues.actions import done
        from facilitation.welcome.reading import promises

        def figures():
            return (
                promises(ruth, NOW),
                [(one.person, one.this_week, one.usual) for one in load(Watch(group, NOW))],
                api_of(ruth, group.network).get(f"/groups/{group.slug}/load/").json(),
            )

        Membership.objects.filter(group=group, role="facilitator").update(
            joined_at=NOW - 99 * DAY, since=NOW - 99 * DAY, last_visit_on=(NOW - 9 * DAY).date()
        )
        before, told_before = figures(), set(Notice.objects.values_list("pk", flat=True))
        hints()
        cover_groups(NOW)

        assert figures() == before
        done(Cue.objects.get(), ruth, now=NOW)
        assert figures() == before
        assert set(Notice.objects.values_list("pk", flat=True)) == told_before
        assert mail.outbox == []


def test_many_threads_and_many_hints_cost_no_more_than_one(group, ana, oskar, count_queries):
    def two_more():
        for text in (HARD, "How do you prune it?"):
            say(told(group, ana, text), oskar, ADVICE, now=NOW - 8 * HOUR)

    two_more()
    hints()
    two_more()
    few = count_queries(lambda: ask_for_comfort(NOW))
    for _ in range(4):
        two_more()

    assert count_queries(lambda: ask_for_comfort(NOW)) == few == 11
    assert len(hints()) == 6


def test_what_was_hinted_at_is_not_read_again(thread, count_queries):
    hints()
    Cue.objects.update(state="dismissed")

    assert count_queries(lambda: ask_for_comfort(NOW)) == 2


def test_where_nothing_is_hard_it_asks_twice(group, ana, oskar, count_queries):
    say(told(group, ana, "How do you prune it?"), oskar, ADVICE, now=NOW - 8 * HOUR)
    ask_for_comfort(NOW)

    assert count_queries(lambda: ask_for_comfort(NOW)) == 2
