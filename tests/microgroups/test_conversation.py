"""What people do with words: rules of threads, posts, reactions and lamps."""

from datetime import timedelta

import pytest

from microgroups.conversation import actions, keeping
from microgroups.conversation.models import Kind, Post, Thread
from microgroups.conversation.reading import load_posts, load_threads
from microgroups.conversation.rules import EMOJI, reaction_of
from microgroups.groups.actions import archive
from microgroups.membership.actions import leave, remove, rest
from microgroups.membership.models import Membership, Visit
from network.activity.models import Activity
from network.errors import Invalid, Refused
from network.notifications.models import Notice
from tests.factories import (
    NOW,
    MicroGroupFactory,
    NetworkFactory,
    PersonFactory,
    facilitator_of,
    member_of,
    say,
    thread_in,
)
from tests.microgroups.test_lamps import unread
from tests.threads import all_at_once

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def refusal(action, *args, **facts):
    """What the action says no with: its code, and the fields it names."""
    with pytest.raises(Refused) as caught:
        action(*args, **facts)
    return caught.value.code, sorted(getattr(caught.value, "errors", {}))


# Opening and writing


def test_a_thread_begins_with_its_opening_post():
    group = MicroGroupFactory()
    ruth = member_of(group)

    thread = thread_in(group, ruth, "What fruits?", "My *tomatoes* gave up.", now=NOW)

    post = thread.posts.get()
    assert (post.author, post.body, post.at) == (ruth, "My *tomatoes* gave up.", NOW)
    assert post.body_html == "<p>My <em>tomatoes</em> gave up.</p>"
    assert (thread.posts_count, thread.last_at, thread.last_author) == (1, NOW, ruth)
    assert thread.gist == "My tomatoes gave up."


def test_writing_moves_what_the_group_the_thread_and_the_membership_know():
    group = MicroGroupFactory()
    ruth, jun = member_of(group), member_of(group)
    thread = thread_in(group, ruth, now=NOW)

    reply = say(thread, jun, now=NOW + HOUR)

    thread.refresh_from_db()
    group.refresh_from_db()
    membership = group.memberships.of(jun)
    assert (thread.posts_count, thread.last_at, thread.last_author) == (2, reply.at, jun)
    assert thread.answered_at == reply.at
    assert group.last_post_at == reply.at
    assert group.alive_until == reply.at.date() + timedelta(days=6)
    assert membership.first_post_at == reply.at
    assert membership.visits.get(on=reply.at.date()).wrote


def test_a_day_on_which_one_wrote_is_noted_once():
    group = MicroGroupFactory()
    ruth = member_of(group)
    thread = thread_in(group, ruth)

    say(thread, ruth)
    say(thread, ruth)

    assert Visit.objects.filter(membership__person=ruth, wrote=True).count() == 1


def test_ones_own_words_do_not_answer_ones_thread():
    group = MicroGroupFactory()
    ruth = member_of(group)
    thread = thread_in(group, ruth)

    say(thread, ruth, "Anybody?")

    thread.refresh_from_db()
    assert not thread.is_answered


def test_every_deed_leaves_a_row_without_words():
    group = MicroGroupFactory()
    ruth = member_of(group)
    thread = thread_in(group, ruth, "A secret title", "a secret text")
    post = say(thread, ruth, "a secret reply")
    actions.edit_post(post, ruth, body="another secret")
    actions.react(post, ruth, emoji="👍")
    actions.delete_post(post, ruth)

    rows = Activity.objects.filter(group_id=group.pk, actor=ruth, verb__regex="^(thread|post)")
    assert [row.verb for row in rows.order_by("pk")] == [
        "thread.opened",
        "post.written",
        "post.edited",
        "post.reacted",
        "post.deleted",
    ]
    assert "secret" not in str(list(rows.values()))


@pytest.mark.parametrize(
    ("title", "body", "wrong"),
    [
        ("", "words", ["title"]),
        (" \u200b ", "words", ["title"]),
        ("x" * 201, "words", ["title"]),
        ("title", "", ["body"]),
        ("title", " \n\t ", ["body"]),
        ("title", "x" * 40_001, ["body"]),
        ("title", " ".join(f"https://example.com/{n}" for n in range(31)), ["body"]),
    ],
)
def test_what_does_not_fit_is_refused_by_field_and_writes_nothing(title, body, wrong):
    group = MicroGroupFactory()
    ruth = member_of(group)

    assert refusal(thread_in, group, ruth, title, body) == ("invalid", wrong)
    assert not Thread.objects.exists()
    assert not Post.objects.exists()


def test_the_longest_title_and_text_fit():
    group = MicroGroupFactory()

    thread = thread_in(group, None, "x" * 200, "word " * 8_000)

    assert len(thread.title) == 200
    assert len(thread.posts.get().body) == 40_000


def test_a_new_account_may_link_three_times():
    group = MicroGroupFactory()
    new = member_of(group, person=PersonFactory(network=group.network, joined_at=NOW), now=NOW)
    links = " ".join(f"https://example.com/{n}" for n in range(4))

    assert refusal(thread_in, group, new, text=links, now=NOW + HOUR) == ("invalid", ["body"])
    assert thread_in(group, new, text=links, now=NOW + 2 * DAY)


def test_the_kind_is_one_we_know():
    group = MicroGroupFactory()

    assert refusal(thread_in, group, None, kind="rant") == ("invalid", ["kind"])


@pytest.mark.parametrize("kind", [Kind.STARTER, Kind.ANNOUNCEMENT])
def test_starters_and_announcements_are_a_facilitators(kind):
    group = MicroGroupFactory()

    assert refusal(thread_in, group, member_of(group), kind=kind)[0] == "not_allowed"
    assert thread_in(group, facilitator_of(group), kind=kind).kind == kind


# Who may


def test_an_outsider_is_told_that_they_are_not_in_the_group():
    group = MicroGroupFactory()
    thread = thread_in(group)
    outsider = PersonFactory(network=group.network)

    assert refusal(thread_in, group, outsider)[0] == "not_a_member"
    assert refusal(say, thread, outsider)[0] == "not_a_member"
    assert refusal(actions.react, thread.posts.get(), outsider, emoji="👍")[0] == "not_a_member"
    assert refusal(actions.mark_read, thread, outsider)[0] == "not_a_member"


def test_who_rests_reads_and_does_not_write():
    group = MicroGroupFactory()
    ruth = member_of(group)
    thread = thread_in(group)
    rest(group, ruth)

    assert Thread.objects.visible_to(ruth).get() == thread
    assert refusal(say, thread, ruth)[0] == "not_allowed"
    assert refusal(actions.react, thread.posts.get(), ruth, emoji="👍")[0] == "not_allowed"
    actions.mark_read(thread, ruth)
    assert unread(thread, ruth) == 0


def test_who_left_or_was_removed_reads_no_more():
    group = MicroGroupFactory()
    ruth, jun = member_of(group), member_of(group)
    thread = thread_in(group)
    leave(group, ruth)
    remove(group, jun, by=facilitator_of(group), reason="Three times unkind.")

    for person in (ruth, jun):
        assert not Thread.objects.visible_to(person).exists()
        assert not Post.objects.visible_to(person).exists()
        assert refusal(say, thread, person)[0] == "not_a_member"


def test_an_admin_of_the_network_does_not_read_along():
    group = MicroGroupFactory()
    thread_in(group)
    admin = PersonFactory(network=group.network, network__role="admin")

    assert not Thread.objects.visible_to(admin).exists()


def test_nobody_reads_from_another_network():
    ours, theirs = MicroGroupFactory(), MicroGroupFactory(network=NetworkFactory())
    ruth, jun = member_of(ours), member_of(theirs)
    thread_in(ours, ruth)

    assert not Thread.objects.visible_to(jun).exists()


def test_an_archived_group_is_read_on_and_written_in_no_more():
    group = MicroGroupFactory()
    ruth = member_of(group)
    thread = thread_in(group, ruth)
    archive(group, facilitator_of(group))

    assert Thread.objects.visible_to(ruth).exists()
    assert refusal(say, thread, ruth)[0] == "group_not_open"
    assert refusal(thread_in, group, ruth)[0] == "group_not_open"


def test_nobody_writes_in_a_closed_thread_until_it_is_opened_again():
    group = MicroGroupFactory()
    ruth, host = member_of(group), facilitator_of(group)
    thread = actions.close(thread_in(group, ruth), host)

    assert refusal(say, thread, ruth)[0] == "not_allowed"
    assert say(actions.close(thread, host), ruth)


def test_only_facilitators_close_and_pin():
    group = MicroGroupFactory()
    ruth = member_of(group)
    thread = thread_in(group, ruth)

    assert refusal(actions.close, thread, ruth)[0] == "not_allowed"
    assert refusal(actions.pin, thread, ruth)[0] == "not_allowed"
    pinned = actions.pin(thread, facilitator_of(group))
    assert pinned.is_pinned
    assert not actions.pin(pinned, facilitator_of(group)).is_pinned


# Answers and mentions


def test_a_reply_answers_a_standing_post_of_its_own_thread():
    group = MicroGroupFactory()
    ruth = member_of(group)
    thread, other = thread_in(group, ruth), thread_in(group, ruth)
    gone = say(thread, ruth)
    actions.delete_post(gone, ruth)

    for post in (other.posts.get(), gone):
        assert refusal(say, thread, ruth, reply_to=post) == ("invalid", ["reply_to"])


def test_writing_back_tells_whoever_is_answered_once_and_by_no_mail():
    group = MicroGroupFactory()
    ruth, jun, maren = (member_of(group) for _ in range(3))
    thread = thread_in(group, ruth)
    first = say(thread, jun)

    reply = say(thread, maren, f"Yes, @{jun.username}.", reply_to=first)

    told = Notice.objects.filter(subject_id=reply.pk)
    assert {(notice.person, notice.kind) for notice in told} == {(ruth, "reply"), (jun, "reply")}
    assert {notice.mail for notice in told} == {"none"}
    assert not Notice.objects.filter(person=maren, kind="reply").exists()


def test_who_left_hears_nothing_of_replies():
    group = MicroGroupFactory()
    ruth, jun = member_of(group), member_of(group)
    thread = thread_in(group, ruth)
    leave(group, ruth)

    say(thread, jun)

    assert not Notice.objects.filter(person=ruth, kind="reply").exists()


def test_a_mention_names_a_member_and_tells_them():
    group = MicroGroupFactory()
    ruth, jun = member_of(group), member_of(group)

    post = thread_in(group, ruth, text=f"Ask @{jun.username.upper()}.").posts.get()

    assert f'href="/people/{jun.username}/"' in post.body_html
    assert [mention.person for mention in post.mentions.all()] == [jun]
    assert Notice.objects.get(kind="mention").person == jun


def test_a_mention_of_anybody_else_stays_plain_text_and_tells_nobody():
    group, other = MicroGroupFactory(), MicroGroupFactory()
    outsider, left = member_of(other), member_of(group)
    leave(group, left)

    text = f"@{outsider.username} @{left.username} @nobody_at_all"
    post = thread_in(group, text=text).posts.get()

    assert post.body_html == f"<p>{text}</p>"
    assert not post.mentions.exists()
    assert not Notice.objects.filter(kind="mention").exists()


def test_ten_people_can_be_named_and_not_eleven():
    group = MicroGroupFactory()
    names = [f"@{member_of(group).username}" for _ in range(11)]

    assert thread_in(group, text=" ".join(names[:10]))
    assert refusal(thread_in, group, text=" ".join(names)) == ("invalid", ["body"])


def test_an_announcement_is_told_to_all_who_read_but_its_author():
    group = MicroGroupFactory()
    host, ruth, resting = facilitator_of(group), member_of(group), member_of(group)
    rest(group, resting)

    thread_in(group, host, kind=Kind.ANNOUNCEMENT, text=f"Hello @{ruth.username}")

    told = Notice.objects.filter(kind__in=["announcement", "mention"])
    assert {notice.kind for notice in told} == {"announcement"}
    readers = Membership.objects.filter(group=group).reading().exclude(person=host)
    assert {notice.person_id for notice in told} == {row.person_id for row in readers}


def test_a_question_has_an_answer_by_who_asked_or_a_facilitator():
    group = MicroGroupFactory()
    ruth, jun = member_of(group), member_of(group)
    thread = thread_in(group, ruth, kind=Kind.QUESTION)
    reply = say(thread, jun)

    assert refusal(actions.choose_answer, thread, jun, post=reply)[0] == "not_allowed"
    assert actions.choose_answer(thread, ruth, post=reply).answer == reply
    assert actions.drop_answer(thread, facilitator_of(group)).answer is None
    opening = thread.posts.order_by("at").first()
    assert refusal(actions.choose_answer, thread, ruth, post=opening) == ("invalid", ["post"])
    talk = thread_in(group, ruth)
    assert refusal(actions.choose_answer, talk, ruth, post=say(talk, jun))[0] == "not_allowed"


# Reactions


@pytest.mark.parametrize(
    "emoji",
    ["👍", "❤️", "❤", "👍🏽", "👩‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "1️⃣", "☕", "same-here", "thank-you"],
)
def test_one_emoji_or_one_of_our_words_is_a_reaction(emoji):
    assert reaction_of(emoji) == emoji


@pytest.mark.parametrize(
    "text", ["", "a", "👍👍", "👍 ", "yes", "1", "<b>", "\u200d", "\ufe0f", "❤️\n", "x" * 100]
)
def test_nothing_else_is_a_reaction(text):
    with pytest.raises(Invalid):
        reaction_of(text)


def test_an_emoji_is_short_enough_to_keep():
    longest = "👩🏽" + "\u200d👩🏽" * 4

    assert EMOJI.match(longest)
    assert len(longest) <= 60


def test_a_person_reacts_once_of_each_kind_and_can_take_it_back():
    group = MicroGroupFactory()
    ruth, jun = member_of(group), member_of(group)
    post = thread_in(group, ruth).posts.get()

    for person in (ruth, jun, jun):
        actions.react(post, person, emoji="👍")
    assert actions.react(post, jun, emoji="same-here").reactions_count == {
        "👍": 2,
        "same-here": 1,
    }
    actions.unreact(post, jun, emoji="👍")
    assert actions.unreact(post, jun, emoji="👍").reactions_count == {"👍": 1, "same-here": 1}
    assert Post.objects.with_mine(jun).get(pk=post.pk).mine == ["same-here"]


def test_twenty_kinds_fit_on_a_post():
    group = MicroGroupFactory()
    ruth = member_of(group)
    post = thread_in(group, ruth).posts.get()
    kinds = [chr(code) for code in range(0x1F600, 0x1F600 + 21)]
    for emoji in kinds[:20]:
        actions.react(post, ruth, emoji=emoji)

    assert refusal(actions.react, post, ruth, emoji=kinds[20]) == ("invalid", ["emoji"])
    assert actions.react(post, member_of(group), emoji=kinds[0]).reactions_count[kinds[0]] == 2


# Subjects of notices


def test_a_notice_is_about_what_its_reader_may_still_read():
    group = MicroGroupFactory(name="Balcony Growers")
    ruth, outsider = member_of(group), PersonFactory(network=group.network)
    thread = thread_in(group, ruth, "What fruits?")
    post = thread.posts.get()

    assert load_threads([thread.pk], ruth)[thread.pk].title == "What fruits?"
    assert load_posts([post.pk], ruth)[post.pk].url == post.get_absolute_url()
    assert load_posts([post.pk], ruth)[post.pk].group_name == "Balcony Growers"
    assert load_threads([thread.pk], outsider) == load_posts([post.pk], outsider) == {}


# At the same moment


@pytest.mark.django_db(transaction=True)
def test_32_people_writing_at_once_are_all_counted_in_order():
    group = MicroGroupFactory()
    people = [member_of(group) for _ in range(32)]
    thread = thread_in(group, people[0])

    all_at_once(say, [(thread, person) for person in people])

    thread.refresh_from_db()
    group.refresh_from_db()
    posts = list(thread.posts.order_by("at", "id"))
    assert thread.posts_count == len(posts) == 33
    assert (thread.last_at, thread.last_author_id) == (posts[-1].at, posts[-1].author_id)
    assert group.last_post_at == thread.last_at
    assert thread.answered_at == min(
        post.at for post in posts[1:] if post.author_id != people[0].pk
    )
    assert list(keeping.threads_are_counted()) == []


@pytest.mark.django_db(transaction=True)
def test_16_people_reacting_at_once_are_all_counted():
    group = MicroGroupFactory()
    people = [member_of(group) for _ in range(16)]
    post = thread_in(group, people[0]).posts.get()

    def thank(person):
        actions.react(post, person, emoji="thank-you")

    all_at_once(thank, [(person,) for person in people])

    post.refresh_from_db()
    assert post.reactions_count == {"thank-you": 16}


@pytest.mark.django_db(transaction=True)
def test_writing_and_leaving_at_once_ends_without_a_deadlock():
    group = MicroGroupFactory()
    people = [member_of(group) for _ in range(12)]
    thread = thread_in(group, people[0])

    def write_or_leave(person, goes):
        try:
            leave(group, person) if goes else say(thread, person)
        except Refused as no:
            assert no.code == "not_a_member"

    all_at_once(write_or_leave, [(person, goes) for person in people[1:] for goes in (0, 1)])

    assert list(keeping.threads_are_counted()) == []
    assert group.memberships.active().count() == 2
