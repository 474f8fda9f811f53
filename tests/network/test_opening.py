"""Whoever opens what a Notice is about has read it; so has whoever answers it."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.utils import timezone

from bridging.highlights import actions as highlights
from microgroups.conversation import actions as conversation
from microgroups.membership.actions import join, leave
from microgroups.membership.invitations import invite_people
from network.notifications.actions import deliver_due, notify
from network.notifications.attention import may_send
from network.notifications.models import Mail, Notice
from network.notifications.reading import tell
from network.notifications.wishes import wish
from network.registries import subjects
from tests.factories import (
    MicroGroupFactory,
    PersonFactory,
    facilitator_of,
    member_of,
    say,
    thread_in,
)
from tests.trust.world import build

pytestmark = pytest.mark.django_db

# Nobody is told of these: a starter has its Cue, a digest is a letter without a Notice.
NEVER_TOLD = {"digest", "starter"}


@pytest.fixture
def group():
    return MicroGroupFactory()


@pytest.fixture
def reader(group):
    """Somebody with nothing unread."""
    person = member_of(group)
    Notice.objects.all().delete()
    return person


def unread(person):
    return person.notices.filter(read_at=None).count()


def browser_of(person, host="testserver"):
    client = Client(headers={"host": host})
    client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


def tell_of_the_rest(world):
    """A notice of each type of which nobody in the world was told by a deed."""
    member, group = world.people["member"], world.groups["network"]
    place = group.memberships.of(member)
    rest = {
        "attention": group.network_id,
        "charter": group.pk,
        "fit": place.pk,
        "group_draft": world.ids["draft"][0],
        "nudge": member.nudges.get(group=group, state="sent").pk,
        "person": world.people["net_member"].pk,
        "thread": world.ids["thread"][0],
        "welcome": place.pk,
    }
    facts = {"network": group.network, "at": timezone.now()}
    for about, key in rest.items():
        notify([member], "note", subject=(about, key), cause=f"test:{about}", **facts)
    for about, role in {"appeal": "former", "cue": "facilitator", "merging": "facilitator"}.items():
        subject, cause = (about, world.ids[about][0]), f"test:{about}"
        notify([world.people[role]], "note", subject=subject, cause=cause, **facts)
    drafts = {
        "charter_draft": ("facilitator", group.pk),
        "answers_draft": ("net_member", group.pk),
    }
    for about, (role, key) in drafts.items():
        whom = [world.people[role]]
        notify(whom, "note", subject=(about, key), cause=f"test:{about}", **facts)


class TestPages:
    def test_every_page_that_a_notice_leads_to_marks_it(self):
        world = build()
        tell_of_the_rest(world)
        kept, types = [], set()

        for person in set(world.people.values()) - {world.people["stranger"]}:
            browser, done = browser_of(person), set()
            for told in tell(list(person.notices.order_by("-at")), person):
                kind, about = told.notice.kind, told.notice.subject_type
                if told.is_lost or about in done:
                    continue
                answer = browser.get(told.url, follow=True)
                assert answer.status_code == 200, told.url
                told.notice.refresh_from_db()
                kept += [] if told.notice.is_read else [(kind, told.url)]
                done.add(about)
            types |= done

        assert kept == []
        assert set(subjects) - types == NEVER_TOLD

    def test_a_thread_marks_what_was_said_on_the_part_that_is_shown(self, group, reader):
        thread = thread_in(group, reader)
        other = member_of(group)
        posts = [say(thread, other, f"Number {number}") for number in range(22)]
        elsewhere = say(thread_in(group, reader, title="Another"), other)

        browser_of(reader).get(posts[0].get_absolute_url())

        left = set(reader.notices.filter(read_at=None).values_list("subject_id", flat=True))
        assert elsewhere.pk in left
        assert posts[0].pk not in left
        assert posts[-1].pk in left

    def test_the_lamp_goes_out_on_the_very_page(self, group, reader):
        post = say(thread_in(group, reader), member_of(group))
        browser = browser_of(reader)

        before = browser.get("/people/").context["chrome"]["unread"]
        after = browser.get(post.get_absolute_url()).context["chrome"]["unread"]

        assert (before, after) == (True, False)

    def test_where_something_else_is_new_the_lamp_stays(self, group, reader):
        other = member_of(group)
        post = say(thread_in(group, reader), other)
        say(thread_in(group, reader, title="Another"), other)

        page = browser_of(reader).get(post.get_absolute_url())

        assert page.context["chrome"]["unread"] is True

    def test_a_program_with_a_token_opens_nothing(self, group, reader, api_of):
        post = say(thread_in(group, reader), member_of(group))
        program = api_of(reader, group.network)

        for path in (f"/threads/{post.thread_id}/", f"/threads/{post.thread_id}/posts/"):
            assert program.get(path).status_code == 200

        assert unread(reader) == 1

    def test_what_only_asks_for_the_head_changes_nothing(self, group, reader):
        post = say(thread_in(group, reader), member_of(group))

        browser_of(reader).head(post.get_absolute_url())

        assert unread(reader) == 1

    def test_what_others_were_told_stays_new_to_them(self, group, reader):
        thread = thread_in(group, reader)
        other = member_of(group)
        say(thread, other, f"@{reader.username} look.")
        mine = say(thread, reader, f"@{other.username} I see.")

        browser_of(reader).get(thread.get_absolute_url())

        assert other.notices.get(subject_id=mine.pk).read_at is None

    def test_it_costs_nothing_but_where_something_of_its_kind_is_new(
        self, group, reader, count_queries
    ):
        other = member_of(group)
        thread, another = thread_in(group, reader), thread_in(group, reader, title="Another")
        browser = browser_of(reader)

        def costs(page):
            return count_queries(lambda: browser.get(page))

        for page in (thread.get_absolute_url(), group.get_absolute_url()):
            browser.get(page)
        nothing = costs(thread.get_absolute_url()), costs(group.get_absolute_url())
        say(another, other)
        something = costs(thread.get_absolute_url()), costs(group.get_absolute_url())
        this = costs(another.get_absolute_url())

        assert (nothing, something) == ((7, 9), (8, 9))
        assert this == 7 + 4  # the notice, the lamp, and how far one has read


class TestDeeds:
    def test_writing_back_over_the_api_marks_what_was_said_there(self, group, reader, api_of):
        thread = thread_in(group, reader)
        say(thread, member_of(group))
        elsewhere = say(thread_in(group, reader, title="Another"), member_of(group))

        api_of(reader, group.network).post(f"/threads/{thread.pk}/posts/", {"body": "Thank you."})

        assert reader.notices.get(read_at=None).subject_id == elsewhere.pk

    def test_a_reaction_is_an_answer(self, group, reader):
        post = say(thread_in(group, reader), member_of(group))

        conversation.react(post, reader, emoji="👍")

        assert unread(reader) == 0

    @pytest.mark.parametrize("answer", [join, leave])
    def test_a_yes_and_a_no_answer_an_invitation(self, group, answer):
        one = PersonFactory(network=group.network)
        invite_people(group, [one], by=facilitator_of(group))
        assert unread(one) == 1

        answer(group, one)

        assert not one.notices.filter(read_at=None, kind="invited").exists()

    def test_a_yes_to_a_postcard_answers_the_question(self, group, reader):
        post = thread_in(group, reader).posts.get()
        card = highlights.propose(post, facilitator_of(group))
        assert unread(reader) == 1

        highlights.consent(card, reader)

        assert unread(reader) == 0


class TestWhatFollows:
    def test_what_was_opened_does_not_count_as_ignored(self, group):
        now = timezone.now()
        long_ago = now - timedelta(days=200)
        person = PersonFactory(joined_at=long_ago, network=group.network)
        member_of(group, person=person, now=long_ago)
        other = facilitator_of(group)
        posts = [thread_in(group, other, title=f"T{n}").posts.get() for n in range(5)]
        for number, post in enumerate(posts):
            at = now - timedelta(days=100 - 14 * number)
            notify(
                [person],
                "could_you_help",
                network=group.network,
                subject=("post", post.pk),
                cause=f"help:{number}",
                at=at,
                group=group,
            )
        facts = {"network": group.network, "group": group}

        assert may_send(person, "could_you_help", cause="a", now=now, **facts).reason == "stopped"
        browser_of(person).get(posts[-1].get_absolute_url())

        assert may_send(person, "could_you_help", cause="b", now=now, **facts)

    def test_an_answer_that_was_read_before_the_morning_is_not_mailed(self, group, reader):
        wish(reader, channels={"talk": True})
        night = timezone.now().replace(hour=23)
        post = say(thread_in(group, reader), member_of(group), now=night)
        deliver_due(night)

        browser_of(reader).get(post.get_absolute_url())
        deliver_due(night + timedelta(hours=12))

        notice = reader.notices.get()
        assert (notice.mail, notice.withheld_why) == (Mail.WITHHELD, "not_needed")
        assert mail.outbox == []
