"""What is decided about what was reported, and what becomes of it."""

import pytest

from bridging.highlights import actions as highlights
from bridging.highlights.models import Highlight
from facilitation.cues.models import Cue
from facilitation.moderation.actions import end_reviews, hide
from facilitation.moderation.models import Decision, Report
from facilitation.moderation.reporting import report, resolve
from microgroups.conversation.actions import delete_post
from microgroups.conversation.models import Post
from microgroups.membership.models import Membership
from network.errors import Invalid, NotAllowed
from network.notifications.models import Notice
from network.registries import personal_data
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
    inside,
    moderator_of,
)
from tests.threads import all_at_once

pytestmark = pytest.mark.django_db


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

    @pytest.mark.django_db(transaction=True)
    def test_of_four_who_decide_at_once_one_does(self, post, host):
        made = [reported(post, old_member(post.thread.group)) for _ in range(2)]

        def decide(report):
            return resolve(report, host, decision="redirect", reason=WHY, now=NOW).verdict

        assert all_at_once(decide, [(report,) for report in made * 2]) == ["redirect"] * 4

        assert Decision.objects.filter(kind="note").count() == 1
        assert Notice.objects.filter(kind="report_redirect").count() == 2

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
