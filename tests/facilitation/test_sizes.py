"""From forty members on a group is asked for a second facilitator, and for one for each fifty."""

from datetime import timedelta

import pytest
from django.utils import timezone

from facilitation.cues import actions
from facilitation.cues.models import Cue
from facilitation.cues.sizes import ask_for_facilitators
from microgroups.groups.actions import archive
from microgroups.membership.actions import change_role, leave
from microgroups.membership.models import Membership
from network.notifications.models import Notice
from tests.facilitation.test_dashboard import words
from tests.factories import MicroGroupFactory, admin_of, crowd, facilitator_of, member_of
from tests.threads import all_at_once

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def group():
    """Forty people, of whom one looks after the others."""
    group = MicroGroupFactory()
    crowd(group, 39)
    return group


@pytest.fixture
def keeper(group):
    return group.memberships.get(is_founder=True).person


def asked(now=None, **facts):
    ask_for_facilitators(now or timezone.now())
    return Cue.objects.filter(kind="size", **facts)


@pytest.mark.parametrize(
    ("people", "hosts", "said"),
    [
        (39, 1, None),
        (40, 1, "40 people live here and one looks after them; from 40 on it takes two."),
        (40, 2, None),
        (100, 2, None),
        (101, 2, "101 people live here and two look after them; one for every 50 would be three."),
        (101, 3, None),
    ],
)
def test_how_many_are_asked_for(people, hosts, said):
    group = MicroGroupFactory()
    for _ in range(hosts - 1):
        facilitator_of(group)
    crowd(group, people - hosts)

    cues = asked(state="open")

    assert [cue.reason for cue in cues] == ([said] if said else [])


def test_a_group_is_asked_once_however_often_the_job_runs(group):
    now = timezone.now()

    for day in range(3):
        asked(now + day * DAY)

    cue = Cue.objects.get(kind="size")
    assert (cue.group, cue.person, cue.subject_type) == (group, None, "group")


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_ask_once_and_tell_an_admin_once(group):
    now = timezone.now()
    all_at_once(ask_for_facilitators, [(now,)] * 3)
    all_at_once(ask_for_facilitators, [(now + 14 * DAY,)] * 3)

    assert Cue.objects.filter(kind="size").count() == 1
    assert Notice.objects.filter(kind="too_few_facilitators").count() == 1


class TestWhatSettlesIt:
    def test_a_second_facilitator(self, group, keeper, client_of):
        cue = asked().get()
        jun = member_of(group)

        change_role(group, jun, "facilitator", by=keeper)

        assert "could use one more" not in words(client_of(keeper).get("/care/"))
        assert asked(pk=cue.pk).get().state == "done"
        assert not asked(state="open")

    def test_a_smaller_group_needs_one_only(self, group):
        cue = asked().get()

        leave(group, group.memberships.filter(role="member").first().person)

        assert asked(pk=cue.pk).get().state == "lapsed"

    def test_an_archived_group_needs_nobody(self, group, keeper):
        cue = asked().get()

        archive(group, keeper)

        assert asked(pk=cue.pk).get().state == "lapsed"

    def test_it_is_asked_again_when_it_comes_to_that_again(self, group, keeper):
        asked()
        jun = facilitator_of(group)
        asked()

        change_role(group, jun, "member", by=keeper)

        assert asked(state="open").count() == 1

    @pytest.mark.parametrize("deed", ["dismiss", "done"])
    def test_what_a_facilitator_leaves_be_comes_again_after_90_days(self, group, keeper, deed):
        now = timezone.now()
        facts = {"reason": "We are two already in all but name."} if deed == "dismiss" else {}
        getattr(actions, deed)(asked(now).get(), keeper, now=now, **facts)

        assert not asked(now + 89 * DAY, state="open")
        assert asked(now + 90 * DAY, state="open").count() == 1


class TestTheAdmins:
    def test_they_hear_of_it_after_two_weeks_and_once(self, group, keeper):
        now, admin = timezone.now(), admin_of(group.network)
        asked(now)

        asked(now + 13 * DAY)
        assert not Notice.objects.filter(kind="too_few_facilitators")

        for day in (14, 15, 30):
            asked(now + day * DAY)
        assert Notice.objects.filter(person=admin, kind="too_few_facilitators").count() == 1

    def test_then_the_group_stands_under_what_they_decide(self, group, client_of):
        admin, now = admin_of(group.network), timezone.now()
        asked(now)
        assert "Groups that need a decision" not in words(client_of(admin).get("/network/"))

        asked(now + 14 * DAY)

        page = words(client_of(admin).get("/network/"))
        assert "Groups that need a decision" in page
        assert "from 40 on it takes two. They were asked two weeks ago." in page

    def test_who_has_found_somebody_by_then_is_left_alone(self, group, keeper):
        now = timezone.now()
        asked(now)
        change_role(group, member_of(group), "facilitator", by=keeper)

        asked(now + 15 * DAY)

        assert not Notice.objects.filter(kind="too_few_facilitators")


class TestInTheQueue:
    def test_it_speaks_of_the_group_and_leads_to_its_people(self, group, keeper, client_of):
        asked()

        page = client_of(keeper).get(f"/groups/{group.slug}/care/")

        assert f"{group.name} could use one more to look after it" in words(page)
        assert f'href="/groups/{group.slug}/people/"' in page.content.decode()

    def test_it_is_put_aside_left_be_and_taken_up_again(self, group, keeper, client_of):
        key = asked().get().pk
        browser = client_of(keeper)

        for deed, typed, then, said in (
            ("snooze", {"hours": "24"}, "open", "The size of the group is put aside"),
            ("dismiss", {"reason": "In spring."}, "dismissed", "The size of the group is left be."),
            ("reopen", {}, "open", f"{group.name} could use one more"),
        ):
            answer = browser.post(f"/care/{key}/{deed}/", typed, follow=True)
            assert said in words(answer)
            assert Cue.objects.get(pk=key).state == then
        assert "Leave the size of the group be" in words(browser.get(f"/care/{key}/dismiss/"))
        assert browser.get(f"/care/{key}/done/").status_code == 404

    def test_the_api_tells_it_of_the_group(self, group, keeper, api_of):
        asked()

        (cue,) = api_of(keeper, group.network).get("/cues/").json()["results"]

        assert (cue["kind"], cue["person"]) == ("size", None)
        assert cue["subject"] == {
            "type": "group",
            "id": str(group.pk),
            "url": f"/groups/{group.slug}/",
        }


def test_it_costs_the_same_for_many_groups(group, count_queries):
    now = timezone.now()
    assert count_queries(lambda: ask_for_facilitators(now)) <= 4  # nobody was asked before
    crowd(MicroGroupFactory(), 45)
    few = count_queries(lambda: ask_for_facilitators(now))
    for _ in range(3):
        crowd(MicroGroupFactory(), 45)

    assert count_queries(lambda: ask_for_facilitators(now)) == few <= 7
    assert Cue.objects.filter(kind="size").count() == 5
    assert Membership.objects.facilitating().count() == 5
