"""Lamps: what others wrote since one was here, until it is read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from microgroups.conversation import actions, keeping
from microgroups.conversation.models import ReadMark, Thread
from microgroups.conversation.reading import unread_by_group
from tests.factories import MicroGroupFactory, member_of, say, thread_in

pytestmark = pytest.mark.django_db


def unread(thread, person):
    """How many posts of the thread are new to the person."""
    return Thread.objects.visible_to(person).with_unread(person).get(pk=thread.pk).unread


# Lamps


def test_what_others_wrote_since_is_unread_until_it_is_read():
    group = MicroGroupFactory()
    ruth, jun = member_of(group), member_of(group)
    thread = thread_in(group, ruth)
    assert (unread(thread, ruth), unread(thread, jun)) == (0, 1)

    say(thread, jun)
    second = say(thread, ruth)
    say(thread, ruth)
    assert (unread(thread, ruth), unread(thread, jun)) == (1, 3)

    actions.mark_read(thread, jun, until=second.at)
    assert unread(thread, jun) == 1
    actions.mark_read(thread, jun, until=thread.opened_at)
    assert unread(thread, jun) == 1

    thread.refresh_from_db()
    actions.mark_read(thread, jun)
    assert unread(thread, jun) == 0
    say(thread, ruth)
    assert unread(thread, jun) == 1


def test_what_was_said_before_one_came_is_read():
    group = MicroGroupFactory()
    thread = thread_in(group)

    assert unread(thread, member_of(group)) == 0


def test_what_was_taken_back_is_not_new():
    group = MicroGroupFactory()
    ruth, jun = member_of(group), member_of(group)
    thread = thread_in(group, ruth)

    actions.delete_post(say(thread, ruth), ruth)

    assert unread(thread, jun) == 1


def test_a_group_that_was_read_has_no_lamps_and_keeps_no_marks():
    group, other = MicroGroupFactory(), None
    ruth, jun = member_of(group), member_of(group)
    thread_in(group, ruth)
    actions.mark_read(thread_in(group, ruth), jun)
    other = MicroGroupFactory(network=group.network)
    member_of(other, person=jun)
    thread_in(other)
    assert unread_by_group(jun) == {group.pk: 1, other.pk: 1}

    actions.read_group(group, jun)

    assert unread_by_group(jun) == {other.pk: 1}
    assert not ReadMark.objects.filter(person=jun).exists()


def test_every_lamp_can_be_put_out_at_once():
    group = MicroGroupFactory()
    jun = member_of(group)
    other = MicroGroupFactory(network=group.network)
    member_of(other, person=jun)
    for each in (group, other):
        thread_in(each)

    actions.read_everything(jun)

    assert not Thread.objects.news_for(jun).exists()


class TestLamps(HypothesisTestCase):
    @classmethod
    def setUpTestData(cls):
        group = MicroGroupFactory()
        cls.people = [member_of(group) for _ in range(3)]
        cls.thread = thread_in(group, cls.people[0])

    @settings(max_examples=25)
    @given(
        st.lists(
            st.tuples(st.sampled_from(["say", "read", "delete"]), st.integers(0, 2)), max_size=15
        )
    )
    def test_unread_is_what_others_wrote_since_one_read_last(self, deeds):
        people, thread = self.people, self.thread
        thread.refresh_from_db()
        new = {person: [] for person in people}
        for person in people[1:]:
            new[person].append(thread.posts.get())

        for deed, who in deeds:
            person = people[who]
            if deed == "say":
                said = say(thread, person)
                for other in set(people) - {person}:
                    new[other].append(said)
            elif deed == "read":
                thread.refresh_from_db()
                actions.mark_read(thread, person)
                new[person] = []
            elif mine := thread.posts.standing().filter(author=person).last():
                actions.delete_post(mine, person)
                for others in new.values():
                    if mine in others:
                        others.remove(mine)

        assert [unread(thread, person) for person in people] == [
            len(new[person]) for person in people
        ]
        assert list(keeping.threads_are_counted()) == []
