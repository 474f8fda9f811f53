"""Where talk has ended, whoever looks after the group is asked what comes next."""

from datetime import timedelta

import pytest

from facilitation.cues import actions
from facilitation.cues.models import Cue
from facilitation.cues.quiet import ask_quiet_groups
from microgroups.budding.merging import decline, merge
from microgroups.conversation.models import Post
from microgroups.groups.actions import archive
from microgroups.groups.models import MicroGroup
from tests.facilitation.test_dashboard import words
from tests.factories import NOW, MicroGroupFactory, crowd, thread_in
from tests.threads import all_at_once

DAY = timedelta(days=1)


@pytest.fixture
def group(db):
    return old_group()


def old_group(people=5, days=100, talk=range(50, 68), seen=0):
    """A group that began so many days ago; `talk`: days ago on which somebody wrote."""
    group = MicroGroupFactory()
    crowd(group, people - 1)
    group.keeper = group.memberships.get(is_founder=True).person
    write(group, *talk)
    MicroGroup.objects.filter(pk=group.pk).update(founded_at=NOW - days * DAY)
    here = group.memberships.order_by("pk")[:seen].values_list("pk", flat=True)
    group.memberships.update(last_visit_on=None)
    group.memberships.filter(pk__in=list(here)).update(last_visit_on=(NOW - 3 * DAY).date())
    return group


def write(group, *days, **facts):
    thread = thread_in(group, group.keeper, now=NOW - 60 * DAY)
    said = {"thread": thread, "group": group, "author": group.keeper} | facts
    Post.objects.bulk_create(Post(at=NOW - day * DAY, **said) for day in days)


def asked(now=NOW, **facts):
    ask_quiet_groups(now)
    return Cue.objects.filter(kind="quiet", **facts)


class TestAsking:
    def test_a_group_where_nobody_has_written_for_six_weeks_is_asked_once(self, group):
        for week in range(3):
            asked(NOW + week * 7 * DAY)

        cue = Cue.objects.get(kind="quiet")
        assert (cue.group, cue.person, cue.subject_type) == (group, None, "group")
        assert cue.reason == (
            "No week of the last six had three posts. "
            "Groups begin again, join another, or end well."
        )

    @pytest.mark.parametrize(
        ("days", "is_quiet"),
        [((40, 39, 38), False), ((36, 34, 30, 27, 20, 13, 6), True), ((1, 2, 8, 9, 10), False)],
        ids=["one lively week", "one a week", "lively last week"],
    )
    def test_three_posts_in_one_of_the_weeks_are_talk(self, group, days, is_quiet):
        write(group, *days)

        assert asked().exists() == is_quiet

    def test_what_machines_wrote_and_what_was_taken_back_is_no_talk(self, group):
        write(group, 3, 4, 5, is_system=True)
        write(group, 3, 4, 5, deleted_at=NOW)

        assert asked().exists()

    @pytest.mark.parametrize(
        ("people", "seen", "is_quiet"), [(20, 14, True), (20, 15, False), (14, 2, False)]
    )
    def test_of_fifteen_and_more_as_many_come_by_in_four_weeks(self, db, people, seen, is_quiet):
        group = old_group(people, seen=seen)
        write(group, 1, 2, 3)

        assert asked().exists() == is_quiet
        if is_quiet:
            assert asked().get().reason.startswith("14 of 20 people came by in four weeks.")

    @pytest.mark.parametrize(
        "facts", [{"days": 89}, {"talk": range(50, 66)}], ids=["young", "never had talk"]
    )
    def test_a_group_that_has_hardly_begun_is_left_to_grow(self, db, facts):
        old_group(**facts)

        assert not asked().exists()

    def test_where_nobody_facilitates_nobody_is_asked(self, group):
        group.memberships.update(role="member")

        assert not asked().exists()

    @pytest.mark.django_db(transaction=True)
    def test_workers_at_once_ask_once(self, group):
        all_at_once(ask_quiet_groups, [(NOW,)] * 3)

        assert Cue.objects.filter(kind="quiet").count() == 1

    def test_it_costs_the_same_for_many_groups(self, group, count_queries):
        ask_quiet_groups(NOW)  # from now on there is one to settle
        few = count_queries(lambda: ask_quiet_groups(NOW))
        for _ in range(3):
            old_group()

        assert count_queries(lambda: ask_quiet_groups(NOW)) <= few + 1 <= 5
        assert Cue.objects.filter(kind="quiet").count() == 4


class TestWhatSettlesIt:
    def test_talk(self, group):
        cue = asked().get()

        write(group, -1, -2, -3)

        assert asked(NOW + 7 * DAY, pk=cue.pk).get().state == "done"

    def test_asking_another_group_and_a_no_is_not_followed_by_the_same_question(
        self, group, client_of
    ):
        cue = asked().get()
        other = MicroGroupFactory(network=group.network)
        merging = merge(group, group.keeper, into=other)

        assert "has gone quiet" not in words(client_of(group.keeper).get("/care/"))
        assert asked(NOW + 7 * DAY, pk=cue.pk).get().state == "done"
        decline(merging, other.memberships.get().person, reason="We are full.")
        assert not asked(NOW + 14 * DAY, state="open")

    def test_archiving_it(self, group):
        cue = asked().get()

        archive(group, group.keeper)

        assert asked(pk=cue.pk).get().state == "lapsed"

    def test_left_be_it_comes_again_after_90_days(self, group):
        actions.dismiss(asked().get(), group.keeper, reason="It is summer.", now=NOW)

        assert not asked(NOW + 89 * DAY, state="open")
        assert asked(NOW + 91 * DAY, state="open").count() == 1


def test_three_ways_stand_beside_one_another(group, client_of, api_of):
    key = asked().get().pk
    browser, home = client_of(group.keeper), f"/groups/{group.slug}/"

    page = browser.get(f"{home}care/")

    assert f"{group.name} has gone quiet" in words(page)
    for path in ("threads/new/", "merge/", "archive/"):
        assert f'href="{home}{path}"' in page.content.decode()
        assert browser.get(f"{home}{path}").status_code == 200
    assert "Leave the quiet be" in words(browser.get(f"/care/{key}/dismiss/"))
    (cue,) = api_of(group.keeper, group.network).get("/cues/").json()["results"]
    assert (cue["kind"], cue["subject"]["url"]) == ("quiet", home)
