"""A second look before words go out, where a group wants it. Whoever wrote them decides."""

import pytest

from facilitation.starters.actions import publish, write
from microgroups.conversation.actions import edit_post, edit_thread, open_thread, post
from microgroups.conversation.models import Post, Thread
from microgroups.groups.models import MicroGroup
from microgroups.reminders.actions import WorthASecondLook, reminder_of, set_reminder
from microgroups.reminders.models import Reminder
from microgroups.reminders.rules import DESPAIR, noticed
from network.activity.models import Activity
from network.errors import Invalid, NotAllowed
from tests.factories import MicroGroupFactory, PersonFactory, inside, member_of, say, thread_in

pytestmark = pytest.mark.django_db

LOUD = "PLEASE READ THIS BEFORE YOU WATER ANYTHING"


@pytest.fixture
def group():
    return MicroGroupFactory()


@pytest.fixture
def host(group):
    return inside(group, group.memberships.facilitating().get().person)


@pytest.fixture
def zoe(group):
    return inside(group, member_of(group))


@pytest.fixture
def wanted(group, host):
    """The group wants it, with two words of its own."""
    set_reminder(group, host, on=True, words=["just", "for sale"])
    group.refresh_from_db()
    return group


def figures(group):
    row = Reminder.objects.get(group=group)
    return row.shown, row.changed, row.kept, row.left


class TestWhatIsNoticed:
    @pytest.mark.parametrize(
        "text",
        [
            "Just do it.",
            "You could JUST ask.",
            "My bike is for\nsale.",
            "“Just” is a word.",
            "> You have asked.\n\nJust do it.",
            LOUD,
            "Water it!!! Now.",
            "No! No! No! No! No! No!",
            "ПОЖАЛУЙСТА ПОЛЕЙТЕ ЦВЕТЫ НА БАЛКОНЕ",
        ],
    )
    def test_the_groups_own_words_capitals_and_marks(self, text):
        assert noticed(text, words=["just", "for sale"], capitals=True, marks=True)

    @pytest.mark.parametrize(
        "text",
        [
            "Justice for the tomatoes.",
            "It is forsale.",
            "BRAVO, NASA and UNESCO.",
            "Oh! How nice!! Really!",
            "> JUST WHAT SOMEBODY ELSE HAS SAID!!!\n\nNo.",
            "`just = 1`",
            "```\njust\n```",
            "https://example.org/just!!!",
            "@just said so.",
            "请给植物浇水，谢谢大家的帮助，请给植物浇水。",
            "123 456 !!",
        ],
    )
    def test_and_nothing_else(self, text):
        assert noticed(text, words=["just", "for sale"], capitals=True, marks=True) is None

    def test_each_can_be_left_out(self):
        assert noticed(LOUD, words=[], capitals=False, marks=True) is None
        assert noticed("No!!!", words=[], capitals=True, marks=False) is None

    @pytest.mark.parametrize("words", DESPAIR)
    def test_despair_is_never_asked_about(self, words):
        shouted = f"I JUST {words.upper()} AND NOBODY IS THERE!!!"

        assert noticed(shouted, words=["just"], capitals=True, marks=True) is None

    def test_a_curly_quote_or_a_new_line_hides_no_despair(self):
        said = "I just CAN’T\n  GO ON!!!"

        assert noticed(said, words=["just"], capitals=True, marks=True) is None

    def test_long_texts_are_read_quickly(self):
        for text in (
            "`" * 40_000,
            "just " * 8_000,
            "> " * 20_000,
            "```" + "a " * 19_000,
            "!" * 40_000,
        ):
            noticed(text, words=["nothing"] * 30, capitals=True, marks=True)


class TestSettings:
    def test_it_is_off_until_a_group_wants_it(self, group, zoe):
        open_thread(group, zoe, title="Hello", body=f"{LOUD}!!!", as_it_is=False)

        assert not MicroGroup.objects.get(pk=group.pk).looks_twice
        assert not Reminder.objects.exists()

    def test_only_who_facilitates_says_so(self, group, zoe):
        with pytest.raises(NotAllowed):
            set_reminder(group, zoe, on=True)

    def test_what_is_not_given_stays(self, wanted, host):
        set_reminder(wanted, host, marks=False)

        reminder = reminder_of(wanted)
        assert (reminder.words, reminder.capitals, reminder.marks) == (
            ["just", "for sale"],
            True,
            False,
        )
        assert MicroGroup.objects.get(pk=wanted.pk).looks_twice
        assert Activity.objects.filter(verb="reminder.changed").count() == 2

    @pytest.mark.parametrize(
        "words",
        [[f"word{n}" for n in range(31)], ["a" * 41], ["..."], ["suicide"], ["kill myself"]],
    )
    def test_too_many_long_ones_and_words_of_despair_are_no_list(self, group, host, words):
        with pytest.raises(Invalid) as refusal:
            set_reminder(group, host, on=True, words=words)

        assert list(refusal.value.errors) == ["words"]

    def test_lines_that_are_empty_or_there_twice_are_left_out(self, group, host):
        reminder = set_reminder(group, host, words=["just", " ", "just", "  for   sale "])

        assert reminder.words == ["just", "for sale"]


class TestAsking:
    def test_a_thread_a_reply_and_a_change_are_asked_about_and_nothing_is_written(
        self, wanted, zoe
    ):
        thread = thread_in(wanted, zoe)
        first = thread.posts.get()
        deeds = [
            lambda: open_thread(wanted, zoe, title="Just this", body="Hello.", as_it_is=False),
            lambda: post(thread, zoe, body="Just do it.", as_it_is=False),
            lambda: edit_post(first, zoe, body="Just do it.", as_it_is=False),
            lambda: edit_thread(thread, zoe, body="Just do it.", as_it_is=False),
        ]
        for ask in deeds:
            with pytest.raises(WorthASecondLook, match="just"):
                ask()

        assert (Thread.objects.count(), Post.objects.get().body) == (1, "Something to begin with.")
        assert figures(wanted) == (4, 0, 0, 4)

    def test_as_it_is_it_goes_out_at_once(self, wanted, zoe):
        thread = thread_in(wanted, zoe)
        with pytest.raises(WorthASecondLook):
            post(thread, zoe, body="Just do it.", as_it_is=False)

        post(thread, zoe, body="Just do it.", as_it_is=True)

        assert Post.objects.filter(body="Just do it.").exists()
        assert figures(wanted) == (1, 0, 1, 0)

    def test_in_other_words_it_goes_out_and_is_not_asked_about_again(self, wanted, zoe):
        thread = thread_in(wanted, zoe)
        with pytest.raises(WorthASecondLook):
            post(thread, zoe, body="Just do it.", as_it_is=False)

        post(thread, zoe, body="Do it when you can.", as_it_is=True)

        assert figures(wanted) == (1, 1, 0, 0)

    def test_what_nobody_was_asked_about_is_not_counted(self, wanted, zoe):
        thread = thread_in(wanted, zoe)

        post(thread, zoe, body="Just do it.", as_it_is=True)
        post(thread, zoe, body="Do it.", as_it_is=True)

        assert figures(wanted) == (0, 0, 0, 0)

    def test_what_nobody_types_is_not_asked_about(self, wanted, host):
        starter = write(wanted, host, title="Just one thing", body=LOUD)

        publish(starter, host)
        say(Thread.objects.get(), host, "Just so!!!")

        assert Post.objects.count() == 2

    def test_neither_words_nor_people_are_kept(self, wanted, zoe):
        kept = {field.name for field in Reminder._meta.get_fields()}

        assert kept == {
            "id",
            "group",
            "words",
            "capitals",
            "marks",
            "shown",
            "changed",
            "kept",
        }
        with pytest.raises(WorthASecondLook):
            open_thread(wanted, zoe, title="Just this", body="Hello.", as_it_is=False)
        assert not Activity.objects.filter(actor=zoe, verb__contains="remind").exists()


class TestPages:
    def test_a_reply_comes_back_with_all_that_was_typed_and_two_ways_on(
        self, client_of, wanted, zoe
    ):
        thread, browser = thread_in(wanted, zoe), client_of(zoe)

        asked = browser.post(f"/threads/{thread.pk}/", {"body": "Just do it."})
        page = asked.content.decode()

        assert asked.status_code == 422
        assert "Post it as it is" in page and "Change it" in page
        assert "Just do it.</textarea>" in page
        assert 'role="alert"' not in page
        sent = browser.post(f"/threads/{thread.pk}/", {"body": "Just do it.", "as_it_is": "on"})
        assert sent.status_code == 302
        assert thread.posts.count() == 2

    def test_so_does_it_without_a_whole_page(self, client_of, wanted, zoe):
        thread = thread_in(wanted, zoe)
        facts = {"HTTP_HX_REQUEST": "true"}

        asked = client_of(zoe).post(f"/threads/{thread.pk}/", {"body": "Just do it."}, **facts)

        assert asked.status_code == 422
        assert "<html" not in asked.content.decode()
        assert 'name="as_it_is"' in asked.content.decode()

    def test_a_thread_and_a_change(self, client_of, wanted, zoe):
        browser = client_of(zoe)
        said = {"title": "Just this", "body": "Hello.", "kind": "talk"}

        asked = browser.post(f"/groups/{wanted.slug}/threads/new/", said)
        assert (asked.status_code, Thread.objects.count()) == (422, 0)
        assert 'value="Just this"' in asked.content.decode()
        browser.post(f"/groups/{wanted.slug}/threads/new/", {**said, "as_it_is": "on"})
        first = Post.objects.get()
        asked = browser.post(f"/posts/{first.pk}/edit/", {"body": "Just."})
        assert (asked.status_code, Post.objects.get().body) == (422, "Hello.")

    def test_facilitators_say_at_what_and_everybody_inside_reads_it(
        self, client_of, group, host, zoe
    ):
        care, address = client_of(host), f"/groups/{group.slug}/reminder/"
        said = {"on": "on", "marks": "on", "words": "just\nsimply"}
        wrong = care.post(address, {**said, "words": "suicide"})
        assert wrong.status_code == 422
        assert "suicide" in wrong.content.decode()
        care.post(address, said)

        page = client_of(zoe).get(address).content.decode()

        assert "“simply”" in page and "Three exclamation marks" in page
        assert "mostly in capitals" not in page
        assert "<textarea" not in page
        assert "What it is not" in page
        assert client_of(zoe).post(address, said).status_code == 404
        care.post(address, {"words": ""})
        assert "What it is not" not in client_of(zoe).get(address).content.decode()
        outsider = inside(group, PersonFactory(network=group.network))
        assert client_of(outsider).get(address).status_code == 404

    def test_a_group_without_it_costs_no_query_and_one_with_it_a_row_or_two(
        self, client_of, count_queries, wanted, host, zoe
    ):
        thread, browser = thread_in(wanted, zoe), client_of(zoe)
        address = f"/threads/{thread.pk}/"
        say(thread, zoe)
        sends = [
            lambda: browser.post(address, {"body": "One more."}),
            lambda: browser.post(address, {"body": "Just one more."}),
            lambda: browser.post(address, {"body": "Just one more.", "as_it_is": "on"}),
        ]
        sends[0]()

        with_it = [count_queries(send) for send in sends]
        set_reminder(wanted, host, on=False)
        without = [count_queries(send) for send in sends]

        assert without[0] == without[1] == without[2] == with_it[0] - 1 == with_it[2] - 2


class TestApi:
    def test_a_program_is_told_and_goes_ahead_with_as_it_is(self, api_of, wanted, zoe):
        thread, mine = thread_in(wanted, zoe), api_of(zoe, wanted.network)
        calls = [
            (mine.post, f"/groups/{wanted.slug}/threads/", {"title": "T", "body": "Just T"}, 201),
            (mine.post, f"/threads/{thread.pk}/posts/", {"body": "Just T"}, 201),
            (mine.patch, f"/threads/{thread.pk}/", {"body": "Just T"}, 200),
            (mine.patch, f"/posts/{thread.posts.get().pk}/", {"body": "Just U"}, 200),
        ]
        for call, address, body, done in calls:
            asked = call(address, body)
            assert (asked.status_code, asked.json()["code"]) == (409, "worth_a_second_look")
            assert "as_it_is" in asked.json()["detail"]
            assert call(address, {**body, "as_it_is": True}).status_code == done

        assert figures(wanted) == (4, 0, 4, 0)

    def test_the_settings(self, api_of, group, host, zoe):
        care, mine = api_of(host, group.network), api_of(zoe, group.network)
        address = f"/groups/{group.slug}/reminder/"

        put = care.put(address, {"on": True, "words": ["just"]})

        nothing = {"shown": 0, "changed": 0, "kept": 0, "left": 0}
        shape = {"on": True, "words": ["just"], "capitals": True, "marks": True}
        assert (put.status_code, put.json()) == (200, {**shape, "figures": nothing})
        assert mine.get(address).json() == {**shape, "figures": None}
        assert mine.put(address, {"on": False}).status_code == 403
        outsider = api_of(PersonFactory(network=group.network), group.network)
        assert outsider.get(address).status_code == 404
        wrong = care.put(address, {"words": ["suicide"]})
        assert (wrong.status_code, list(wrong.json()["errors"])) == (400, ["words"])
