"""Somebody asks for a look: who looks, and what hides until then."""

from datetime import timedelta

import pytest

from bridging.highlights import actions as highlights
from bridging.highlights.models import Highlight
from facilitation.cues.models import Cue
from facilitation.moderation.actions import end_review, end_reviews, hide
from facilitation.moderation.models import Decision, Report
from facilitation.moderation.reporting import report, resolve
from microgroups.conversation.models import Post, Thread
from microgroups.groups.models import MicroGroup
from network.activity.models import Activity
from network.errors import Invalid, NotAllowed, TooOften
from network.notifications.models import Notice
from network.operations.invariants import violations
from tests.facilitation.reports.steps import (
    DAY,
    HURT,
    NOW,
    WHY,
    hidden_by_two,
    old_member,
    reported,
    told,
)
from tests.factories import (
    PersonFactory,
    admin_of,
    facilitator_of,
    inside,
    member_of,
    moderator_of,
    say,
    thread_in,
)
from tests.threads import all_at_once, one_behind_the_other

pytestmark = pytest.mark.django_db


class TestAsking:
    def test_it_stands_before_facilitators_without_the_name_of_who_asked(self, post, host, piet):
        asker = old_member(post.thread.group)

        made = reported(post, asker, agreement="Be kind.")

        cue = Cue.objects.visible_to(host).get(kind="report")
        assert (cue.person, cue.subject_id) == (piet, made.pk)
        assert cue.reason == "Somebody asks you to look at a post. The agreement: Be kind."
        assert told("report_waits") == {host.pk}
        assert not Notice.objects.filter(actor=asker).exists()
        assert Activity.objects.get(verb="report.made").actor is None

    def test_asked_twice_by_one_it_is_one_report(self, post):
        asker = old_member(post.thread.group)

        assert reported(post, asker) == reported(post, asker, reason="Again.")
        assert Report.objects.get().reason == HURT

    def test_nobody_reports_their_own_words(self, post, piet):
        with pytest.raises(NotAllowed):
            reported(post, piet)

    def test_who_does_not_see_a_post_does_not_report_it(self, post, group):
        with pytest.raises(Invalid):
            reported(post, inside(group, PersonFactory(network=group.network)))

    @pytest.mark.parametrize(
        ("facts", "field"),
        [
            ({"reason": "  "}, "reason"),
            ({"agreement": "Be rich."}, "agreement"),
        ],
    )
    def test_a_reason_is_needed_and_an_agreement_is_one_of_the_groups(self, post, facts, field):
        with pytest.raises(Invalid) as refusal:
            reported(post, old_member(post.thread.group), **facts)

        assert list(refusal.value.errors) == [field]

    def test_twenty_a_day_are_enough(self, group, post, settings):
        settings.LIMITS_SCALE = 1
        asker = old_member(group)
        for _ in range(20):
            reported(post, asker)
            Report.objects.all().delete()

        with pytest.raises(TooOften):
            reported(post, asker)

    def test_a_person_is_reported_to_who_looks_after_the_network(self, group, piet, host):
        moderator = moderator_of(group.network)

        report(host, "person", piet.username, group.network, reason=HURT, now=NOW)

        assert told("report_waits") >= {moderator.pk}
        assert piet.pk not in told("report_waits")
        assert not Cue.objects.exists()

    def test_a_group_is_not_looked_into_by_those_who_look_after_it(self, group, piet):
        mayor = inside(group, admin_of(group.network))
        host = inside(group, facilitator_of(group))

        made = report(piet, "group", group.slug, group.network, reason=HURT, now=NOW)

        assert host.pk not in told("report_waits") and mayor.pk in told("report_waits")
        assert not Report.objects.visible_to(host).exists()
        with pytest.raises(NotAllowed):
            resolve(made, host, decision="keep", reason=WHY)

    def test_several_who_ask_are_one_cue_that_says_how_many(self, group, post):
        for _ in range(3):
            reported(post, old_member(group, days=1))

        assert Cue.objects.filter(kind="report").count() == 1
        assert Cue.objects.get().reason.startswith("Three people ask")
        assert Notice.objects.filter(kind="report_waits").count() == 1


class TestWhoLooks:
    def test_never_whose_words_they_are(self, group, host):
        ruth = inside(group, facilitator_of(group))
        post = say(thread_in(group), host, "Read a book first.")

        made = reported(post, old_member(group))

        assert told("report_waits") == {ruth.pk}
        assert not Cue.objects.visible_to(host).filter(kind="report").exists()
        assert not Report.objects.visible_to(host).exists()
        with pytest.raises(NotAllowed):
            resolve(made, host, decision="keep", reason=WHY)
        resolve(made, ruth, decision="keep", reason=WHY)

    def test_nor_who_asks(self, group, post, host):
        reported(post, inside(group, facilitator_of(group)))

        assert told("report_waits") == {host.pk}

    def test_without_another_facilitator_it_goes_to_moderators_and_admins(self, group, host):
        moderator, admin = moderator_of(group.network), admin_of(group.network)
        post = say(thread_in(group), host, "Read a book first.")

        made = reported(post, old_member(group))

        assert told("report_waits") >= {moderator.pk, admin.pk}
        assert host.pk not in told("report_waits")
        resolve(made, inside(group, moderator), decision="hide", reason=WHY)
        assert Decision.objects.get().by == moderator

    def test_of_a_hidden_group_moderators_learn_nothing(self, group, host):
        MicroGroup.objects.filter(pk=group.pk).update(visibility="hidden")
        moderator = inside(group, moderator_of(group.network))
        admin = inside(group, admin_of(group.network))
        post = say(thread_in(group), host, "Read a book first.")

        made = reported(post, old_member(group))

        assert moderator.pk not in told("report_waits") and admin.pk in told("report_waits")
        assert not Report.objects.visible_to(moderator).exists()
        assert Report.objects.visible_to(admin).get() == made

    def test_a_member_sees_their_own_report_alone(self, group, post):
        asker, other = old_member(group), old_member(group)
        made = reported(post, asker)

        assert Report.objects.visible_to(asker).get() == made
        assert not Report.objects.visible_to(other).exists()
        with pytest.raises(NotAllowed):
            resolve(made, asker, decision="keep", reason=WHY)


class TestHidingByReports:
    def test_two_who_have_been_here_a_week_hide_a_post_until_somebody_looks(self, post, piet):
        _, decision = hidden_by_two(post)

        post.refresh_from_db()
        assert post.is_hidden and post.shown_body == ""
        assert (decision.state, decision.until) == ("review", NOW + DAY)
        assert told("hidden_for_now") == {piet.pk}
        assert list(violations()) == []

    def test_ten_new_accounts_cannot(self, group, post):
        for _ in range(10):
            reported(post, old_member(group, days=6))

        post.refresh_from_db()
        assert not post.is_hidden

    def test_nor_one_old_and_nine_new(self, group, post):
        for days in (30, *[6] * 9):
            reported(post, old_member(group, days=days))

        post.refresh_from_db()
        assert not post.is_hidden

    def test_a_week_is_seven_days(self, group, post):
        for _ in range(2):
            reported(post, old_member(group, days=7))

        post.refresh_from_db()
        assert post.is_hidden

    def test_undecided_for_a_day_it_is_back_once(self, post, piet):
        hidden_by_two(post)
        moderator = moderator_of(post.thread.group.network)

        end_reviews(NOW + DAY - timedelta(minutes=1))
        assert Post.objects.get(pk=post.pk).is_hidden
        end_reviews(NOW + DAY)
        end_reviews(NOW + DAY)

        assert not Post.objects.get(pk=post.pk).is_hidden
        assert Decision.objects.get().state == "undone"
        assert Notice.objects.filter(kind="shown_again", person=piet).count() == 1
        assert moderator.pk in told("review_missed")
        assert Report.objects.open().count() == 2
        assert list(violations()) == []

    @pytest.mark.django_db(transaction=True)
    def test_what_somebody_decides_at_that_moment_stays_decided(self, post, host):
        made, decision = hidden_by_two(post)
        end = NOW + DAY

        one_behind_the_other(
            lambda: resolve(made, host, decision="hide", reason=WHY, now=end),
            lambda: end_review(decision.pk, now=end),
        )

        decision.refresh_from_db()
        assert decision.state == "standing"
        assert Post.objects.get(pk=post.pk).is_hidden

    def test_what_is_back_is_not_hidden_by_a_third(self, group, post):
        hidden_by_two(post)
        end_reviews(NOW + DAY)

        reported(post, old_member(group), now=NOW + DAY)

        assert not Post.objects.get(pk=post.pk).is_hidden

    def test_what_somebody_let_stand_is_not_hidden_by_two_more(self, group, post, host):
        resolve(reported(post, old_member(group)), host, decision="keep", reason=WHY, now=NOW)

        for _ in range(2):
            reported(post, old_member(group))

        assert not Post.objects.get(pk=post.pk).is_hidden

    def test_ten_hides_in_a_week_are_told_to_the_moderators_once(self, group, host):
        moderator, thread = moderator_of(group.network), thread_in(group)
        posts = [say(thread, member_of(group)) for _ in range(11)]
        for post in posts[:9]:
            hide(post, host, reason=WHY, now=NOW)
        assert told("many_hidden") == set()

        for post in posts[9:]:
            hide(post, host, reason=WHY, now=NOW)
            assert Notice.objects.filter(kind="many_hidden", person=moderator).count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_reports_at_once_hide_it_once(self, group, post):
        people = [old_member(group) for _ in range(8)]

        all_at_once(reported, [(post, person) for person in people])

        assert Decision.objects.filter(kind="hide").count() == 1
        assert Report.objects.open().count() == 8
        assert Cue.objects.filter(kind="report").count() == 1


class TestAHiddenPostIsGone:
    """From every door, as one that was taken back."""

    @pytest.fixture
    def hidden(self, group, post, host):
        word = say(post.thread, post.author, "Zinnia words.")
        reply = say(post.thread, host, "An answer.", reply_to=word)
        hide(word, host, reason=WHY)
        return Post.objects.get(pk=word.pk), reply

    def test_page_search_api_and_notices(self, client_of, api_of, group, hidden):
        word, _ = hidden
        reader = old_member(group)

        page = client_of(reader).get(f"/threads/{word.thread_id}/").content.decode()
        search = client_of(reader).get("/search/?q=zinnia").content.decode()
        api = api_of(reader, group.network)
        posts = api.get(f"/threads/{word.thread_id}/posts/").json()["results"]
        found = api.get("/search/?q=zinnia").json()["results"]

        assert "Zinnia" not in page and "Hidden. Its author knows why." in page
        assert "Zinnia words" not in search
        assert found == []
        (shown,) = [each for each in posts if each["id"] == str(word.pk)]
        assert (shown["body"], shown["deleted"]) == ("", True)
        assert api.get(f"/posts/{word.pk}/history/").status_code == 404
        assert client_of(reader).get(f"/posts/{word.pk}/history/").status_code == 404

    def test_its_thread_counts_it_no_more_and_its_gist_is_empty(self, group, host):
        thread = thread_in(group, member_of(group), text="Zinnia words.")
        hide(thread.posts.get(), host, reason=WHY)

        thread = Thread.objects.get(pk=thread.pk)
        assert (thread.gist, thread.posts_count) == ("", 0)
        assert list(violations()) == []

    def test_its_postcard_is_taken_back(self, group, post, host, piet):
        card = highlights.share(highlights.propose(post, piet), host)

        hide(post, host, reason=WHY)

        assert Highlight.objects.get(pk=card.pk).state == "withdrawn"

    def test_nobody_puts_it_back_by_the_way_of_what_was_taken_back(self, client_of, host, hidden):
        word, _ = hidden

        for person in (host, word.author):
            client_of(person).post(f"/posts/{word.pk}/undelete/")

        assert Post.objects.get(pk=word.pk).is_hidden

    def test_nobody_reacts_or_writes_back_to_it(self, client_of, group, hidden):
        word, _ = hidden

        answer = client_of(old_member(group)).post(f"/posts/{word.pk}/react/", {"react": "👍"})

        assert answer.status_code == 404
