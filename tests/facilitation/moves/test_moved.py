"""A thread has moved: what hangs on it moves along, stays, or is gone."""

import threading

import pytest
from django.db import connection, transaction

from bridging.highlights import actions as highlights
from facilitation.cues.actions import open_cues
from facilitation.cues.models import Cue
from facilitation.moderation.actions import hide, undo
from facilitation.moderation.models import Consent, Decision
from facilitation.moderation.moves import move_threads
from facilitation.moderation.redirects import accept, redirect
from microgroups.conversation.actions import (
    close,
    delete_post,
    edit_post,
    mark_read,
    pin,
    react,
    undelete_post,
)
from microgroups.conversation.models import Mention, Post, Thread
from microgroups.groups.actions import edit
from microgroups.membership.actions import join, leave
from microgroups.membership.models import Membership
from network.errors import Refused
from network.notifications.models import Notice
from network.operations.invariants import violations
from network.registries import personal_data
from tests.facilitation.moves.steps import DAY, HOUR, NOW, WHY, agreed, ask, stands_in
from tests.factories import (
    MicroGroupFactory,
    PersonFactory,
    inside,
    member_of,
    say,
    thread_in,
)
from tests.threads import all_at_once, one_behind_the_other

pytestmark = pytest.mark.django_db


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
            for behind in (jun, stays, host):
                page = client_of(behind).get(address).content.decode()
                assert "This conversation has moved" in page
                assert not any(words in page for words in ("Glazes", "green one", zoe.name))
        assert "another group" in client_of(reader).get(addresses[0]).content.decode()
        assert "Glazes" not in client_of(stays).get(f"/groups/{group.slug}/").content.decode()
        assert "Glazes" in client_of(reader).get(f"/groups/{place.slug}/").content.decode()

    def test_an_old_link_says_kindly_where_it_went_and_nothing_else(
        self, client_of, api_of, thread, group, host, place, zoe, jun, count_queries
    ):
        reader, address = member_of(group), f"/threads/{thread.pk}/"
        client, stranger = client_of(reader), client_of(PersonFactory(network=group.network))
        client.get(address)
        agreed(thread, host, place, zoe, jun)

        answer = client.get(address)

        page = answer.content.decode()
        assert answer.status_code == 200
        assert place.name in page and f"/groups/{place.slug}/" in page
        assert "Glazes" not in page and "Which one runs?" not in page
        assert count_queries(lambda: client.get(address)) == 5
        late = client.post(address, {"body": "Which glaze, then?"})
        assert late.status_code == 409
        assert "Which glaze, then?" in late.content.decode()
        assert not Post.objects.filter(body="Which glaze, then?").exists()
        assert stranger.post(address, {"body": "Hello?"}).status_code == 404
        assert stranger.get(address).status_code == 404
        assert api_of(reader, group.network).get(f"/threads/{thread.pk}/").status_code == 404
        join(place, reader)
        assert "Glazes" in client.get(address).content.decode()

    @pytest.mark.parametrize("what", ["it hides", "taken back", "they left"])
    def test_an_old_link_says_nothing_where_there_is_nothing_to_see(
        self, client_of, thread, group, host, place, zoe, jun, keeper, what
    ):
        reader = member_of(group)
        agreed(thread, host, place, zoe, jun)
        if what == "it hides":
            edit(place, keeper, visibility="hidden")
        elif what == "taken back":
            Thread.objects.filter(pk=thread.pk).update(deleted_at=NOW)
        else:
            leave(group, reader)

        assert client_of(reader).get(f"/threads/{thread.pk}/").status_code == 404

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
        redirect(thread, host, step="slow", to="30", reason=WHY, now=NOW)
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

    @pytest.mark.django_db(transaction=True)
    def test_the_last_yes_moves_it_though_all_say_it_at_once(self, thread, host, place, zoe, jun):
        decision = ask(thread, host, place, now=NOW)
        keeper = place.memberships.facilitating().get().person
        Decision.objects.update(asked_there_at=NOW)

        all_at_once(accept, [(decision, person) for person in (zoe, jun, keeper)])

        assert stands_in(thread) == place
        assert Notice.objects.filter(person=zoe, kind="thread_moved").count() == 1

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


@pytest.mark.django_db(transaction=True)
def test_what_is_undone_at_that_moment_stays_undone():
    group = MicroGroupFactory()
    host = group.memberships.facilitating().get().person
    thread = thread_in(group, member_of(group))
    say(thread, host)
    decision = ask(thread, host, MicroGroupFactory(network=group.network), now=NOW)
    Decision.objects.update(to_group=None)

    one_behind_the_other(
        lambda: undo(decision, host, now=NOW + HOUR), lambda: move_threads(NOW + HOUR)
    )

    assert Decision.objects.get().state == "undone"
