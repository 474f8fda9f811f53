"""Reports: who may ask, who looks, when a post is hidden, and what becomes of it."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from bridging.highlights import actions as highlights
from bridging.highlights.models import Highlight
from facilitation.cues.models import Cue
from facilitation.moderation.actions import end_reviews, hide
from facilitation.moderation.models import Decision, Report
from facilitation.moderation.reporting import report, resolve
from microgroups.conversation.actions import delete_post
from microgroups.conversation.models import Post, Thread
from microgroups.groups.models import MicroGroup
from microgroups.membership.models import Membership
from network.activity.models import Activity
from network.errors import Invalid, NotAllowed, TooOften
from network.networks.door import come_in
from network.notifications.actions import read
from network.notifications.models import Notice
from network.operations.invariants import violations
from network.registries import personal_data
from tests.factories import (
    MicroGroupFactory,
    NetworkFactory,
    PersonFactory,
    admin_of,
    facilitator_of,
    member_of,
    moderator_of,
    say,
    thread_in,
)
from tests.threads import all_at_once

pytestmark = pytest.mark.django_db

NOW = timezone.now()
DAY = timedelta(days=1)
HURT = "He was unkind to Jun."
WHY = "Jun wrote for the first time, and what he heard was a closed door."


@pytest.fixture
def group():
    network = NetworkFactory()
    founder = PersonFactory(network=network)
    agreements = "Ask before you advise.\nBe kind."
    return MicroGroupFactory(network=network, founder=founder, agreements=agreements)


@pytest.fixture
def host(group):
    return inside(group, group.founder)


@pytest.fixture
def piet(group):
    return old_member(group)


@pytest.fixture
def post(group, piet):
    thread = thread_in(group, old_member(group), title="Basil")
    return say(thread, piet, "Anybody who waters at noon should read a book.")


def inside(group, person):
    """The person, come in by the door of the group's network."""
    come_in(person, group.network)
    return person


def old_member(group, days=30):
    """Somebody who has been in the group for so many days."""
    person = inside(group, member_of(group))
    group.memberships.filter(person=person).update(joined_at=NOW - days * DAY)
    return person


def reported(post, person, now=NOW, **facts):
    facts = {"reason": HURT, **facts}
    network = post.thread.group.network
    return report(person, "post", post.pk, network, now=now, **facts)


def hidden_by_two(post, now=NOW):
    """Two who have been here for a while ask; the decision that hides it until somebody looks."""
    for _ in range(2):
        made = reported(post, old_member(post.thread.group), now=now)
    return made, Decision.objects.get(post=post)


def told(kind):
    return set(Notice.objects.filter(kind=kind).values_list("person", flat=True))


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


class TestDeciding:
    def test_keep_lets_it_stand_and_tells_whoever_asked_why(self, post, host, piet):
        made, _ = hidden_by_two(post)

        resolve(made, host, decision="keep", reason="It was a joke between them.", now=NOW)

        assert not Post.objects.get(pk=post.pk).is_hidden
        notices = Notice.objects.filter(kind="report_keep")
        assert [each.words for each in notices] == ["It was a joke between them."] * 2
        assert told("shown_again") == {piet.pk}
        assert Cue.objects.get(kind="report").state == "done"

    def test_hide_keeps_it_hidden_by_somebody_with_a_reason(self, post, host, piet):
        made, decision = hidden_by_two(post)

        resolve(made, host, decision="hide", reason=WHY, agreement="Be kind.", now=NOW)

        decision.refresh_from_db()
        assert (decision.state, decision.by, decision.until) == ("standing", host, None)
        assert (decision.reason, decision.agreement) == (WHY, "Be kind.")
        assert Notice.objects.get(kind="post_hidden").words == WHY
        assert [each.words for each in Notice.objects.filter(kind="report_hide")] == ["", ""]
        end_reviews(NOW + 2 * DAY)
        assert Post.objects.get(pk=post.pk).is_hidden

    def test_redirect_writes_to_its_author_alone(self, post, host, piet):
        made = reported(post, old_member(post.thread.group))

        resolve(made, host, decision="redirect", reason=WHY, now=NOW)

        notice = Notice.objects.get(kind="note_on_words")
        assert (notice.person, notice.actor, notice.words) == (piet, host, WHY)
        assert not Post.objects.get(pk=post.pk).is_deleted

    @pytest.mark.parametrize(("step", "kind"), [("slow", "slow"), ("pause", "pause")])
    def test_or_takes_another_gentle_step(self, post, host, step, kind):
        made = reported(post, old_member(post.thread.group))

        resolve(made, host, decision="redirect", step=step, reason=WHY, now=NOW)

        assert Decision.objects.get().kind == kind
        assert Report.objects.get().verdict == "redirect"

    def test_remove_asks_its_author_to_go_and_hides_it(self, post, host, piet):
        made = reported(post, old_member(post.thread.group))

        resolve(made, host, decision="remove", reason=WHY, now=NOW)

        assert Membership.objects.get(person=piet).state == "removed"
        assert Post.objects.get(pk=post.pk).is_hidden
        kinds = Decision.objects.order_by("kind").values_list("kind", flat=True)
        assert list(kinds) == ["hide", "remove"]

    def test_decided_it_stays_so(self, post, host):
        made = reported(post, old_member(post.thread.group))
        resolve(made, host, decision="keep", reason=WHY)

        again = resolve(made, host, decision="hide", reason=WHY)

        assert again.verdict == "keep"
        assert not Post.objects.get(pk=post.pk).is_hidden

    def test_what_was_taken_back_meanwhile_can_only_stand(self, post, host, piet):
        made = reported(post, old_member(post.thread.group))
        delete_post(post, piet)

        with pytest.raises(NotAllowed):
            resolve(made, host, decision="hide", reason=WHY)
        assert resolve(made, host, decision="keep", reason=WHY).verdict == "keep"

    def test_hiding_it_decides_its_reports(self, post, host):
        reported(post, old_member(post.thread.group))

        hide(post, host, reason=WHY)

        assert Report.objects.get().verdict == "hide"

    def test_a_postcard_that_was_reported_is_taken_back(self, group, post, host, piet):
        card = highlights.share(highlights.propose(post, piet), host)
        reader = inside(group, PersonFactory(network=group.network))
        made = report(reader, "highlight", card.pk, group.network, reason=HURT, now=NOW)

        resolve(made, host, decision="hide", reason=WHY, now=NOW)

        assert Highlight.objects.get(pk=card.pk).state == "withdrawn"
        assert Notice.objects.get(kind="highlight_taken_down").words == WHY
        assert not Post.objects.get(pk=post.pk).is_hidden

    def test_a_person_is_written_to_and_not_hidden(self, group, host, piet):
        moderator = inside(group, moderator_of(group.network))
        made = report(host, "person", piet.username, group.network, reason=HURT, now=NOW)

        with pytest.raises(Invalid):
            resolve(made, moderator, decision="hide", reason=WHY)
        resolve(made, moderator, decision="redirect", reason=WHY)

        notice = Notice.objects.get(kind="word_from_network")
        assert (notice.person, notice.actor, notice.words) == (piet, moderator, WHY)


class TestPages:
    def test_one_tap_from_the_posts_menu_and_what_was_typed_is_kept(self, client_of, post):
        client = client_of(old_member(post.thread.group))

        menu = client.get(f"/threads/{post.thread_id}/").content.decode()
        empty = client.post(f"/posts/{post.pk}/report/", {"agreement": "Be kind.", "reason": ""})
        done = client.post(f"/posts/{post.pk}/report/", {"agreement": "", "reason": HURT})

        assert f'href="/posts/{post.pk}/report/"' in menu
        assert empty.status_code == 422
        assert re.search(r'value="Be kind\."[^>]*checked', empty.content.decode())
        assert done.status_code == 302
        page = client.get(done.url).content.decode()
        assert "Somebody looks at it" in page and HURT in page

    def test_the_page_shows_what_was_said_around_it_and_never_who_asked(
        self, client_of, group, post, host
    ):
        for n in range(7):
            say(post.thread, old_member(group), f"Later number {n}.")
        asker = old_member(group)
        made = reported(post, asker)

        page = client_of(host).get(f"/reports/{made.pk}/").content.decode()

        assert "Anybody who waters at noon" in page and "Something to begin with." in page
        assert "Later number 4." in page and "Later number 5." not in page
        assert HURT in page
        assert asker.name not in page
        assert "A private note to" in page

    def test_a_moderator_reads_the_post_while_the_report_is_open_and_who_asked(
        self, client_of, group, post, host
    ):
        moderator, asker = moderator_of(group.network), old_member(group)
        made = reported(post, asker)
        client = client_of(moderator)

        before = client.get(f"/reports/{made.pk}/").content.decode()
        resolve(made, host, decision="keep", reason=WHY)
        after = client.get(f"/reports/{made.pk}/").content.decode()

        assert "Anybody who waters at noon" in before and asker.name in before
        assert "Anybody who waters at noon" not in after
        assert client.get(f"/threads/{post.thread_id}/").status_code == 404

    @pytest.mark.parametrize(
        ("step", "verdict"),
        [
            ("keep", "keep"),
            ("note", "redirect"),
            ("slow", "redirect"),
            ("hide", "hide"),
            ("pause", "redirect"),
            ("remove", "remove"),
        ],
    )
    def test_each_step_of_the_ladder_decides(self, client_of, post, host, step, verdict):
        made = reported(post, old_member(post.thread.group))
        said = {"step": step, "agreement": "Be kind.", "reason": WHY}

        answer = client_of(host).post(f"/reports/{made.pk}/", said)

        assert answer.status_code == 302
        assert Report.objects.get().verdict == verdict

    def test_without_a_reason_nothing_is_decided_and_nothing_is_lost(self, client_of, post, host):
        made = reported(post, old_member(post.thread.group))
        said = {"step": "hide", "agreement": "Be kind.", "reason": " "}

        answer = client_of(host).post(f"/reports/{made.pk}/", said)

        assert answer.status_code == 422
        assert Report.objects.get().is_open

    def test_the_cue_leads_there(self, client_of, post, host, piet):
        made = reported(post, old_member(post.thread.group))
        client = client_of(host)

        page = client.get("/care/").content.decode()

        assert f"{piet.name} was reported" in page
        assert f'href="/reports/{made.pk}/"' in page
        cue = Cue.objects.get(kind="report")
        assert client.get(f"/care/{cue.pk}/done/").url == f"/reports/{made.pk}/"
        assert client.get(f"/care/{cue.pk}/dismiss/").url == f"/reports/{made.pk}/"

    def test_lists_cost_the_same_at_every_length(self, client_of, count_queries, group, post, host):
        client = client_of(host)
        made = reported(post, old_member(group))
        client.get("/reports/")
        read(host)
        few = count_queries(lambda: client.get("/reports/"))
        one = count_queries(lambda: client.get(f"/reports/{made.pk}/"))
        thread = thread_in(group)
        for _ in range(5):
            reported(say(thread, member_of(group)), old_member(group))
            reported(post, old_member(group, days=1))
        read(host)

        assert count_queries(lambda: client.get("/reports/")) == few == 6
        assert count_queries(lambda: client.get(f"/reports/{made.pk}/")) == one == 14

    def test_an_outsider_finds_no_report(self, client_of, post):
        made = reported(post, old_member(post.thread.group))
        outsider = PersonFactory(network=post.thread.group.network)

        assert client_of(outsider).get(f"/reports/{made.pk}/").status_code == 404
        assert client_of(outsider).get(f"/posts/{post.pk}/report/").status_code == 404


class TestApi:
    def test_a_report_is_made_and_decided(self, api_of, group, post, host, piet):
        asker = old_member(group)
        mine, care = api_of(asker, group.network), api_of(host, group.network)
        body = {"post": str(post.pk), "agreement": "Be kind.", "reason": HURT}

        made = mine.post("/reports/", body)
        seen = care.get(f"/groups/{group.slug}/reports/").json()["results"]
        decided = care.post(
            f"/reports/{made.json()['id']}/resolve/", {"decision": "hide", "reason": WHY}
        )

        assert made.status_code == 201
        assert made.json()["by"]["username"] == asker.username
        (one,) = seen
        assert (one["by"], one["reason"], one["state"]) == (None, HURT, "open")
        assert one["subject"]["type"] == "post"
        assert one["person"]["username"] == piet.username
        assert decided.json()["decision"] == "hide"
        (outcome,) = mine.get("/reports/").json()["results"]
        assert (outcome["state"], outcome["decision"], outcome["answer"]) == ("decided", "hide", "")

    def test_the_reported_learns_of_no_report(self, api_of, group, post, piet):
        reported(post, old_member(group))
        api = api_of(piet, group.network)

        assert api.get("/reports/").json()["results"] == []
        assert api.get(f"/groups/{group.slug}/reports/").status_code == 403

    def test_what_one_cannot_see_is_404_and_what_is_not_said_is_400(self, api_of, group, post):
        outsider = api_of(PersonFactory(network=group.network), group.network)
        member = api_of(old_member(group), group.network)

        assert outsider.post("/reports/", {"post": str(post.pk), "reason": "x"}).status_code == 404
        assert member.post("/reports/", {"post": str(post.pk)}).status_code == 400
        assert member.post("/reports/", {"reason": "x"}).status_code == 400
        both = {"post": str(post.pk), "group": group.slug, "reason": "x"}
        assert member.post("/reports/", both).status_code == 400
        assert member.post("/reports/", {"person": "nobody", "reason": "x"}).status_code == 404

    def test_a_moderator_reads_who_asked(self, api_of, group, post):
        asker = old_member(group)
        reported(post, asker)
        api = api_of(moderator_of(group.network), group.network)

        (one,) = api.get(f"/groups/{group.slug}/reports/").json()["results"]

        assert one["by"]["username"] == asker.username

    def test_the_list_costs_the_same_at_every_length(
        self, api_of, count_queries, group, post, host
    ):
        care, address = api_of(host, group.network), f"/groups/{group.slug}/reports/"
        reported(post, old_member(group))
        care.get(address)
        few = count_queries(lambda: care.get(address))
        thread = thread_in(group)
        for _ in range(4):
            reported(say(thread, member_of(group)), old_member(group))

        assert count_queries(lambda: care.get(address)) == few == 8


class TestMyData:
    def test_what_one_reported_is_exported_and_its_words_go_with_one(self, post, piet):
        asker = old_member(post.thread.group)
        reported(post, asker)
        kept = personal_data[Report]

        assert [row["reason"] for row in kept.export(asker)] == [HURT]
        assert list(kept.export(piet)) == []
        kept.erase(asker)
        kept.erase(piet)

        row = Report.objects.get()
        assert (row.reporter, row.reason, row.person) == (None, "", None)

    def test_the_admin_page_says_that_reports_wait(self, client_of, group, post):
        reported(post, old_member(group))
        admin = admin_of(group.network)

        page = client_of(admin).get("/network/").content.decode()

        assert "One thing was reported" in page
