"""Kith proposes a sister where a group is full and two tables have formed in it."""

import random
from datetime import timedelta

import pytest

from facilitation.cues import actions
from facilitation.cues.models import Cue
from facilitation.cues.rules import two_tables
from facilitation.cues.sisters import propose_sisters
from microgroups.budding.actions import bud, drop
from microgroups.conversation.models import Post
from microgroups.groups.actions import edit
from microgroups.groups.models import MicroGroup
from tests.facilitation.test_dashboard import words
from tests.factories import NOW, MicroGroupFactory, crowd, thread_in
from tests.threads import all_at_once

DAY = timedelta(days=1)


@pytest.fixture
def group(db):
    return full_group()


def full_group(people=64, cap=64, waiting=10):
    """Two tables of the same size, one who facilitates at each, all there for 20 days."""
    group = MicroGroupFactory()
    crowd(group, people - 1 + waiting)
    rows = list(group.memberships.order_by("pk").values_list("pk", "person"))
    group.memberships.update(since=NOW - 20 * DAY)
    line = group.memberships.filter(pk__in=[key for key, _ in rows[people:]])
    line.update(state="waitlisted", queued_at=NOW)
    facts = {"seats_taken": people, "waiting": waiting, "cap": cap}
    MicroGroup.objects.filter(pk=group.pk).update(**facts)
    group.refresh_from_db()
    group.keeper = group.memberships.get(is_founder=True).person
    group.all = [person for _, person in rows[:people]]
    group.thread = thread_in(group, group.keeper, now=NOW - 110 * DAY)
    halves = group.all[: people // 2], group.all[people // 2 :]
    group.memberships.filter(person=halves[1][0]).update(role="facilitator")
    for half in halves:
        talk(group, half)
    return group


def talk(group, people, days=20, most=3):
    """Each of them writes, and is answered by those who come after them."""
    facts = {"thread": group.thread, "group": group, "at": NOW - days * DAY}
    posts = [Post(author_id=person, **facts) for person in people]
    replies = [
        Post(author_id=people[place - step], reply_to=post, **facts)
        for place, post in enumerate(posts)
        for step in range(1, most + 1)
    ]
    Post.objects.bulk_create(posts + replies)


def proposed(now=NOW, **facts):
    propose_sisters(now)
    return Cue.objects.filter(kind="budding", **facts)


class TestTables:
    def test_two_circles_are_found_however_people_are_named(self):
        dice = random.Random(4)
        names = list(range(70))
        dice.shuffle(names)
        halves = names[:38], names[38:]
        replies = {
            (who, whom): 1
            for half in halves
            for who in half
            for whom in dice.sample([n for n in half if n != who], 5)
        }
        replies |= {(halves[0][n], halves[1][n]): 1 for n in range(6)}

        (large, small), clearly = two_tables(replies)

        assert (large, small) == (set(halves[0]), set(halves[1]))
        assert 0.45 < clearly < 0.5

    def test_they_are_found_where_each_talks_with_neighbours_only(self):
        """Two rings, in which the eigenvector is found slowly: whoever begins where."""
        for seed in range(20):
            names = random.Random(seed).sample(range(64), 64)
            halves = names[:32], names[32:]
            steps = [(half, n, by) for half in halves for n in range(32) for by in (1, 2, 3)]

            tables, _ = two_tables({(half[n - by], half[n]): 1 for half, n, by in steps})

            assert set(map(frozenset, tables)) == set(map(frozenset, halves))

    def test_where_all_talk_with_all_there_is_one_table(self):
        dice = random.Random(4)
        replies = {(who, dice.randrange(70)): 1 for who in range(70) for _ in range(9)}

        assert two_tables(replies)[1] < 0.3

    @pytest.mark.parametrize("replies", [{}, {(1, 1): 9}, {(1, 2): 3}])
    def test_nobody_and_a_pair_are_no_two_tables(self, replies):
        assert two_tables(replies)[1] == 0

    def test_the_figure_is_newmans(self):
        triangles = {(1, 2): 1, (2, 3): 1, (1, 3): 1, (4, 5): 1, (5, 6): 1, (4, 6): 1, (3, 4): 1}

        halves, clearly = two_tables(triangles)

        assert set(map(frozenset, halves)) == {frozenset({1, 2, 3}), frozenset({4, 5, 6})}
        assert clearly == pytest.approx(5 / 14)  # 6/7 within, 1/2 by chance


class TestProposing:
    def test_a_full_group_with_a_line_and_two_tables_is_asked_once(self, group):
        for week in range(3):
            proposed(NOW + week * 7 * DAY)

        cue = Cue.objects.get(kind="budding")
        assert (cue.group, cue.person, cue.subject_type) == (group, None, "group")
        assert cue.reason == (
            "64 of 64 windows have been lived in for two weeks, and 10 people wait. "
            "Two tables of 32 and 32 have formed."
        )

    def test_without_a_line_it_is_time_when_few_write_more_of_it_than_before(self, db):
        group = full_group(waiting=0)
        assert not proposed()
        for days, busiest in ((100, 0), (1, 300)):
            talk(group, group.all, days=days, most=0)
            talk(group, [group.keeper.pk] * busiest, days=days, most=0)

        assert "The busiest tenth now write" in proposed().get().reason
        assert "three months ago it was" in proposed().get().reason

    @pytest.mark.parametrize(
        ("facts", "change"),
        [
            ({"cap": 72}, {}),
            ({"waiting": 9}, {}),
            ({"people": 58, "cap": 60}, {}),
            ({}, {"since": NOW - 13 * DAY}),
            ({}, {"role": "member"}),
        ],
        ids=["room", "short line", "small tables", "lately full", "nobody willing at a table"],
    )
    def test_it_is_not_time_while(self, db, facts, change):
        group = full_group(**facts)
        group.memberships.active().exclude(is_founder=True).update(**change)

        assert not proposed()

    @pytest.mark.parametrize(
        ("facts", "change"),
        [({"people": 63, "cap": 70}, {}), ({}, {"since": NOW - 14 * DAY})],
        ids=["nine in ten", "for two weeks"],
    )
    def test_it_is_time_from(self, db, facts, change):
        group = full_group(**facts)
        group.memberships.active().update(**change)

        assert proposed().exists()

    def test_who_facilitates_another_group_of_the_network_is_willing_too(self, group):
        facilitators = group.memberships.facilitating().exclude(is_founder=True)
        person = facilitators.get().person
        facilitators.update(role="member")
        assert not proposed()

        MicroGroupFactory(network=group.network, founder=person)

        assert proposed().count() == 1

    def test_where_all_talk_with_all_it_is_not_time(self, group):
        dice = random.Random(7)
        for _ in range(6):
            talk(group, dice.sample(group.all, len(group.all)))

        assert not proposed()

    @pytest.mark.django_db(transaction=True)
    def test_workers_at_once_ask_once(self, group):
        all_at_once(propose_sisters, [(NOW,)] * 3)

        assert Cue.objects.filter(kind="budding").count() == 1

    def test_it_costs_the_same_for_many_groups(self, group, count_queries):
        few = count_queries(lambda: propose_sisters(NOW))
        full_group()

        assert count_queries(lambda: propose_sisters(NOW)) == few <= 8
        assert Cue.objects.filter(kind="budding").count() == 2


class TestWhatSettlesIt:
    def test_a_sister_that_is_proposed_and_dropped_it_is_not_asked_again_soon(
        self, group, client_of
    ):
        cue = proposed().get()
        bud(group, group.keeper, name="Sister", now=NOW)

        assert "could grow a sister" not in words(client_of(group.keeper).get("/care/"))
        assert proposed(NOW + 7 * DAY, pk=cue.pk).get().state == "done"
        drop(group, group.keeper, now=NOW + 8 * DAY)
        assert not proposed(NOW + 97 * DAY, state="open")

    def test_room(self, group):
        cue = proposed().get()

        edit(group, group.keeper, cap=99)

        assert proposed(pk=cue.pk).get().state == "lapsed"

    def test_left_be_it_comes_again_after_90_days(self, group):
        actions.dismiss(proposed().get(), group.keeper, reason="We like it full.", now=NOW)

        assert not proposed(NOW + 69 * DAY, state="open")
        for half in (group.all[:32], group.all[32:]):
            talk(group, half, days=-80)
        assert not proposed(NOW + 89 * DAY, state="open")
        assert proposed(NOW + 91 * DAY, state="open").count() == 1

    def test_put_aside_it_is_not_asked_a_second_time(self, group):
        actions.snooze(proposed().get(), group.keeper, until=NOW + 7 * DAY, now=NOW)

        assert proposed(NOW + 14 * DAY).count() == 1


def test_its_first_act_is_to_look_at_growing_a_sister(group, client_of, api_of):
    key = proposed().get().pk
    browser = client_of(group.keeper)

    page = browser.get(f"/groups/{group.slug}/care/")

    assert f"{group.name} could grow a sister" in words(page)
    assert f'href="/groups/{group.slug}/bud/"' in page.content.decode()
    assert browser.get(f"/groups/{group.slug}/bud/").status_code == 200
    assert "Leave the idea of a sister be" in words(browser.get(f"/care/{key}/dismiss/"))
    assert browser.get(f"/care/{key}/done/").status_code == 404
    (cue,) = api_of(group.keeper, group.network).get("/cues/").json()["results"]
    assert (cue["kind"], cue["subject"]["url"]) == ("budding", f"/groups/{group.slug}/")
