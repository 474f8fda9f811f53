"""Reports on pages and over the API."""

import re

import pytest

from facilitation.cues.models import Cue
from facilitation.moderation.models import Report
from facilitation.moderation.reporting import resolve
from network.notifications.actions import read
from tests.facilitation.reports.steps import (
    HURT,
    WHY,
    old_member,
    reported,
)
from tests.factories import (
    PersonFactory,
    member_of,
    moderator_of,
    say,
    thread_in,
)

pytestmark = pytest.mark.django_db


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
