"""The facilitator's queue as a page: names first, one act for each, and nothing lost by a slip."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from facilitation.cues.actions import ask_for_requests, dismiss, done, settle, snooze
from facilitation.cues.models import Cue
from facilitation.dashboard.reading import SHOWN, came_of_it, put_aside
from facilitation.presence.actions import notice_absences
from facilitation.welcome.actions import watch_first_posts, welcome_newcomers
from microgroups.groups.models import MicroGroup
from microgroups.membership.actions import join
from microgroups.membership.models import Membership, Visit
from network.networks.door import come_in
from network.networks.models import Network
from tests.factories import (
    MicroGroupFactory,
    PersonFactory,
    facilitator_of,
    member_of,
    thread_in,
)

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def group():
    return MicroGroupFactory()


@pytest.fixture
def ruth(group):
    ruth = facilitator_of(group)
    come_in(ruth, group.network)
    return ruth


@pytest.fixture
def jun(group):
    return member_of(group)


@pytest.fixture
def cue(group, ruth, jun):
    welcome_newcomers(timezone.now())
    return Cue.objects.get(kind="welcome", person=jun)


def words(answer):
    """What a reader reads on the page, on one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.content.decode())).split())


def knock(group, **facts):
    MicroGroup.objects.filter(pk=group.pk).update(join_policy="ask", questions=["Why?"])
    bram = PersonFactory(network=group.network)
    join(MicroGroup.objects.get(pk=group.pk), bram, answers=["A bag of soil."], **facts)
    ask_for_requests(timezone.now())
    return bram, Cue.objects.get(kind="request", person=bram)


def quiet(group, days=17, **facts):
    """A member who is usually here every third day, and has not been for so many."""
    now = timezone.now()
    ana = member_of(group, **facts)
    Membership.objects.filter(person=ana).update(
        joined_at=now - timedelta(days=300),
        last_visit_on=now.date() - timedelta(days=days),
        last_visit_alive=300 - days,
        recent_gaps=[3] * 10,
        recent_gaps_sum=30,
    )
    Visit.objects.bulk_create(
        Visit(
            membership=group.memberships.of(ana),
            on=now.date() - timedelta(days=days + 3 * number),
            gap=3,
            alive=300 - days - 3 * number,
        )
        for number in range(10)
    )
    MicroGroup.objects.filter(pk=group.pk).update(
        alive_days=306, alive_until=now.date() + timedelta(days=6)
    )
    notice_absences(now)
    return ana


class TestThePage:
    def test_it_says_how_many_people_and_nothing_else(self, cue, ruth, jun, client_of):
        page = words(client_of(ruth).get("/care/"))

        assert "one person could use you" in page
        assert f"{jun.name} has come in" in page

    def test_what_settled_by_itself_says_so_for_three_days(self, group, cue, ruth, jun, client_of):
        now = timezone.now()
        settle(Cue.objects.all(), "done", "Somebody has met them.", now=now)

        page = words(client_of(ruth).get("/care/"))
        assert f"What came of it {jun.name} in {group.name} Somebody has met them." in page
        here = words(client_of(ruth).get(f"/groups/{group.slug}/care/"))
        assert f"{jun.name} Somebody has met them. Just now" in here
        assert came_of_it(ruth, now + timedelta(days=3)) == []

    def test_what_a_person_closed_or_what_is_about_oneself_does_not_stand_there(
        self, group, cue, ruth, jun
    ):
        now = timezone.now()
        dismiss(cue, ruth, reason="We have met.", now=now)
        assert came_of_it(ruth, now) == []

        Cue.objects.update(state="open", closed_by=None, person=ruth)
        settle(Cue.objects.all(), "done", "Somebody has met them.", now=now)

        assert came_of_it(ruth, now) == []

    def test_an_empty_queue_is_good_news(self, ruth, client_of):
        assert "Nobody is waiting for you" in words(client_of(ruth).get("/care/"))

    def test_one_group_has_its_own(self, group, cue, ruth, jun, client_of):
        other = MicroGroupFactory(network=group.network)
        facilitator_of(other, person=ruth)
        late = member_of(other)
        welcome_newcomers(timezone.now())

        here = words(client_of(ruth).get(f"/groups/{group.slug}/care/"))
        everywhere = words(client_of(ruth).get("/care/"))

        assert jun.name in here
        assert late.name not in here
        assert jun.name in everywhere
        assert late.name in everywhere

    def test_it_is_no_door_for_others(self, group, cue, ruth, jun, client_of):
        other = facilitator_of(MicroGroupFactory(network=group.network))

        assert client_of(jun).get("/care/").status_code == 404
        for person in (jun, other, PersonFactory(network=group.network)):
            assert client_of(person).get(f"/groups/{group.slug}/care/").status_code == 404
            for deed in ("done", "dismiss", "snooze", "assign"):
                assert client_of(person).get(f"/care/{cue.pk}/{deed}/").status_code == 404
            for deed in ("done", "dismiss", "snooze", "assign", "reopen", "let-in"):
                assert client_of(person).post(f"/care/{cue.pk}/{deed}/").status_code == 404

    def test_of_many_the_first_stand_there_and_the_others_a_tap_away(self, group, ruth, client_of):
        newcomers = [member_of(group) for _ in range(10)]
        bram, _ = knock(group)
        welcome_newcomers(timezone.now())
        here = f"/groups/{group.slug}/care/"

        page = client_of(ruth).get(here)
        names = [person.name for person in newcomers if f"{person.name} has come in" in words(page)]
        assert "eleven people could use you" in words(page)
        assert "10 people" in words(page)
        assert len(names) == 8
        assert f"{bram.name} would like to come in" in words(page)
        assert 'href="?part=reply"' in page.content.decode()
        assert "Two more" in words(page)

        part = client_of(ruth).get(here, {"part": "reply"})
        assert all(f"{person.name} has come in" in words(part) for person in newcomers)
        assert f"{bram.name} would like to come in" not in words(part)
        assert "eleven people could use you" in words(part)

    @pytest.mark.parametrize("part", ["", "reply", "nothing"])
    def test_a_part_with_nobody_in_it_leads_to_all(self, group, ruth, client_of, part):
        _, cue = knock(group)

        page = client_of(ruth).get("/care/", {"part": part}, follow=True)

        assert f"{cue.person.name} would like to come in" in words(page)

    @pytest.mark.parametrize("closed", ["", "x", "01a20e45-971b-7767-9ed9-6c7ad9483f66"])
    def test_a_mark_that_leads_nowhere_changes_nothing(self, cue, ruth, client_of, closed):
        assert client_of(ruth).get("/care/", {"closed": closed}).status_code == 200

    def test_what_brings_people_here_is_short_at_first(self, ruth, client_of):
        page = client_of(ruth).get("/care/").content.decode()

        shown, _, folded = page.partition("What else brings somebody here")
        told, folded = shown.partition("How people come here")[2], folded.partition("</details>")[0]
        assert (told.count("<li>"), folded.count("<li>")) == (3, 10)

    def test_what_somebody_has_put_aside_waits_for_whoever_else_looks_after_it(
        self, cue, group, ruth, jun, client_of
    ):
        maren, other = facilitator_of(group), client_of(ruth)
        until = timezone.now() + timedelta(days=2)
        client_of(maren).post(f"/care/{cue.pk}/snooze/", {"hours": "24"})

        page = other.get("/care/").content.decode()
        aside = page.partition('id="put-aside"')[2].partition("</details>")[0]
        assert "One thing is put aside for later" in aside and f"{jun.name} has come in" in aside
        assert maren.name not in aside and f'action="/care/{cue.pk}/reopen/"' in aside
        assert client_of(jun).get("/care/").status_code == 404

        back = other.post(f"/care/{cue.pk}/reopen/", follow=True)
        assert f"{jun.name} is back in your queue" in words(back)
        assert "put aside for later" not in words(back)
        snooze(cue, maren, until=until)
        done(cue, ruth)
        assert "put aside for later" not in words(other.get("/care/"))

    def test_of_what_is_put_aside_the_first_stand_there(self, group, ruth, client_of):
        for _ in range(SHOWN + 2):
            member_of(group)
        now = timezone.now()
        welcome_newcomers(now)
        for cue in Cue.objects.filter(kind="welcome"):
            snooze(cue, ruth, until=now + timedelta(days=1), now=now)

        found = put_aside(ruth, now)

        of_others = Cue.objects.exclude(person=ruth).count()
        assert (len(found), found[0].count) == (SHOWN, of_others)
        page = words(client_of(ruth).get(f"/groups/{group.slug}/care/"))
        assert "They come back by themselves, the others later." in page

    def test_it_costs_the_same_for_two_and_for_fifty(self, group, ruth, client_of, count_queries):
        browser = client_of(ruth)
        paths = ["/care/", f"/groups/{group.slug}/care/"]

        def costs():
            return [count_queries(lambda path=path: browser.get(path)) for path in paths]

        def fill(people):
            founder = group.memberships.get(is_founder=True).person
            newcomers = [member_of(group) for _ in range(people)]
            thread_in(group, newcomers[0], now=timezone.now() - timedelta(hours=2))
            welcome_newcomers(timezone.now())
            watch_first_posts(timezone.now())
            quiet(group)
            knock(group)
            group.refresh_from_db()
            Cue.objects.filter(person__in=newcomers).update(assigned_to=founder)

        fill(2)
        costs()
        few = costs()
        fill(48)

        assert costs() == few
        assert max(few) <= 11


class TestDoing:
    def test_writing_and_undoing_it(self, cue, ruth, jun, client_of):
        browser = client_of(ruth)

        answer = browser.post(f"/care/{cue.pk}/done/", {"note": "Hello Jun"}, follow=True)
        assert "has heard from you" in words(answer)
        assert jun.notices.get(kind="note").words == "Hello Jun"
        back = browser.post(f"/care/{cue.pk}/reopen/", follow=True)

        assert "is back in your queue. What you wrote stays with them." in words(back)
        cue.refresh_from_db()
        assert cue.state == "open"
        browser.post(f"/care/{cue.pk}/done/", {"note": "And welcome"})
        said = jun.notices.filter(kind="note").values_list("words", flat=True)
        assert set(said) == {"Hello Jun", "And welcome"}

    def test_undoing_an_answer_says_that_it_stands(self, group, ruth, jun, client_of):
        thread_in(group, jun, now=timezone.now() - timedelta(hours=2))
        watch_first_posts(timezone.now())
        cue, browser = Cue.objects.get(kind="answer"), client_of(ruth)
        browser.post(f"/care/{cue.pk}/done/", {"note": "Let it go."})

        back = browser.post(f"/care/{cue.pk}/reopen/", follow=True)

        assert f"{jun.name} needs nothing more just now. What you wrote stays" in words(back)

    def test_that_somebody_was_asked_is_taken_back(self, cue, group, ruth, jun, client_of):
        browser, maren = client_of(ruth), facilitator_of(group)
        address, asked = f"/care/{cue.pk}/assign/", {"to": maren.username}
        assert "Undo" in words(browser.post(address, asked, follow=True))

        back = browser.post(f"/care/{cue.pk}/reopen/", follow=True)

        assert f"{maren.name} is not asked any more to look after {jun.name}" in words(back)
        assert Cue.objects.get(pk=cue.pk).assigned_to is None
        assert f"{maren.name} was asked" not in words(back)
        assert "Undo" not in words(browser.get(f"/care/?closed={cue.pk}"))

    def test_writing_back_lands_in_their_thread(self, group, ruth, jun, client_of):
        thread = thread_in(group, jun, now=timezone.now() - timedelta(hours=2))
        watch_first_posts(timezone.now())
        cue = Cue.objects.get(kind="answer")

        client_of(ruth).post(f"/care/{cue.pk}/done/", {"note": "Let it go."})

        assert thread.posts.filter(author=ruth, body="Let it go.").exists()

    def test_in_the_queue_one_writes_where_the_cue_stands(
        self, cue, ruth, jun, client_of, count_queries
    ):
        browser, address = client_of(ruth), f"/care/{cue.pk}/done/"

        box = browser.get(address, headers=HTMX)
        unsaid = browser.post(address, {"note": " "}, headers=HTMX)

        for answer, status in ((box, 200), (unsaid, 422)):
            assert answer.status_code == status
            assert answer["HX-Retarget"] == f"#act-{cue.pk}"
            assert f'id="act-{cue.pk}"' in answer.text and "<h1" not in answer.text
        assert "one line is enough" in words(unsaid)
        assert count_queries(lambda: browser.get(address, headers=HTMX)) == 5
        said = browser.post(address, {"note": "Hello Jun"}, headers=HTMX)
        assert "has heard from you" in words(said)
        assert jun.notices.get(kind="note").words == "Hello Jun"

    def test_who_knocks_is_let_in_where_they_stand(self, group, ruth, client_of):
        bram, cue = knock(group)

        answer = client_of(ruth).post(f"/care/{cue.pk}/let-in/", headers=HTMX)

        assert f"{bram.name} has your answer" in words(answer)
        assert "Undo" not in words(answer)
        assert group.memberships.of(bram).is_active

    def test_who_knocks_is_told_why_not_this_time(self, group, ruth, client_of):
        bram, cue = knock(group)
        browser = client_of(ruth)
        assert "They read this, in your name." in words(browser.get(f"/care/{cue.pk}/dismiss/"))

        browser.post(f"/care/{cue.pk}/dismiss/", {"reason": "Full of balconies."})

        assert bram.notices.get(kind="request_declined").words == "Full of balconies."
        assert group.memberships.of(bram).state == "declined"

    def test_what_the_group_refuses_is_said_where_it_was_tried(self, group, ruth, client_of):
        bram, cue = knock(group)
        Network.objects.update(max_groups_per_person=1)
        member_of(MicroGroupFactory(network=group.network), person=bram)
        browser = client_of(ruth)

        in_place = browser.post(f"/care/{cue.pk}/let-in/", headers=HTMX)
        without_script = browser.post(f"/care/{cue.pk}/let-in/", follow=True)

        assert in_place.status_code == 422
        assert "the most for one person" in words(in_place)
        assert "the most for one person" in words(without_script)
        assert Cue.objects.get(pk=cue.pk).is_open

    def test_whoever_needs_no_word_is_left_be_from_the_queue_and_undone(
        self, cue, ruth, jun, client_of
    ):
        browser, address = client_of(ruth), f"/care/{cue.pk}/dismiss/"
        assert f'href="{address}"' in browser.get("/care/").content.decode()

        answer = browser.post(address, {"reason": "We met at the market."}, follow=True)

        assert f"{jun.name} is left be" in words(answer)
        browser.post(f"/care/{cue.pk}/reopen/")
        assert f"{jun.name} has come in" in words(browser.get("/care/"))

    def test_who_has_just_come_in_is_not_spoken_of_as_away(self, cue, ruth, client_of):
        page = words(client_of(ruth).get(f"/care/{cue.pk}/done/"))

        assert "A line is enough" in page
        assert "how long they were away" not in page

    def test_it_is_put_aside_for_an_hour_in_one_press(self, cue, ruth, client_of):
        answer = client_of(ruth).post(f"/care/{cue.pk}/snooze/", {"hours": "1"}, follow=True)

        assert "is put aside until" in words(answer)
        assert not Cue.objects.waiting(timezone.now()).filter(pk=cue.pk).exists()

    def test_another_facilitator_is_asked_in_one_press(self, group, cue, ruth, client_of):
        founder = group.memberships.get(is_founder=True).person

        answer = client_of(ruth).post(
            f"/care/{cue.pk}/assign/", {"to": founder.username}, headers=HTMX
        )

        assert f"{founder.name} was asked to look after" in words(answer)
        assert founder.notices.filter(kind="cue_assigned").count() == 1

    def test_where_nobody_else_facilitates_the_page_says_so(self, group, jun, client_of):
        founder = group.memberships.get(is_founder=True).person
        welcome_newcomers(timezone.now())
        cue = Cue.objects.get(person=jun)

        page = words(client_of(founder).get(f"/care/{cue.pk}/assign/"))

        assert "Nobody else facilitates" in page

    @pytest.mark.parametrize(
        ("deed", "typed"),
        [
            ("done", {"note": "x" * 1001}),
            ("done", {"note": "  "}),
            ("done", {}),
            ("dismiss", {"reason": "y" * 1001}),
            ("dismiss", {"reason": ""}),
            ("snooze", {"hours": "9"}),
            ("snooze", {"hours": "soon"}),
            ("snooze", {}),
            ("assign", {"to": "nobody_here"}),
            ("assign", {}),
        ],
    )
    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_what_needs_another_look_keeps_what_was_typed_and_writes_nothing(
        self, cue, ruth, jun, client_of, deed, typed, headers
    ):
        answer = client_of(ruth).post(f"/care/{cue.pk}/{deed}/", typed, headers=headers)

        assert answer.status_code == 422
        assert "another look" in words(answer)
        for text in typed.values():
            assert len(text) < 1000 or text in answer.content.decode()
        was = (cue.state, cue.snoozed_until, cue.assigned_to)
        cue.refresh_from_db()
        assert (cue.state, cue.snoozed_until, cue.assigned_to) == was
        assert not jun.notices.filter(kind="note").exists()

    def test_a_post_taken_back_meanwhile_keeps_the_answer_in_its_box(
        self, group, ruth, jun, client_of
    ):
        thread = thread_in(group, jun, now=timezone.now() - timedelta(hours=2))
        watch_first_posts(timezone.now())
        cue = Cue.objects.get(kind="answer")
        thread.posts.update(deleted_at=timezone.now())

        answer = client_of(ruth).post(f"/care/{cue.pk}/done/", {"note": "Let it go."})

        assert answer.status_code == 422
        assert "Let it go." in answer.content.decode()
        assert thread.posts.count() == 1
