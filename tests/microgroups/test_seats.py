"""Many who move at once stand where one who moves alone would stand."""

from datetime import timedelta

import pytest

from microgroups.membership.invitations import make_link
from microgroups.membership.models import Membership, State
from microgroups.membership.seats import move, move_all
from network.activity.models import Activity
from tests.factories import NOW, MicroGroupFactory, PersonFactory, facilitator_of, member_of

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=3)


@pytest.fixture
def group():
    return MicroGroupFactory()


def stands(membership):
    """The row as the database has it, but for whose it is."""
    row = Membership.objects.filter(pk=membership.pk).values().get()
    return {name: value for name, value in row.items() if name not in ("id", "person_id")}


def row_of(group, person):
    membership = group.memberships.of(person)
    membership.group = group
    return membership


@pytest.mark.parametrize("state", [State.LEFT, State.RESTING, State.REMOVED, State.INVITED])
def test_those_inside_leave_it_as_one_does(group, state):
    alone, *many = (row_of(group, facilitator_of(group, now=NOW)) for _ in range(3))
    invitations = [make_link(group, by=each.person)[0] for each in (alone, *many)]

    move(alone, state, LATER, actor=None)
    move_all(group, many, state, LATER)

    assert stands(alone) == stands(many[0]) == stands(many[1])
    for invitation in invitations:
        invitation.refresh_from_db()
    assert {each.state for each in invitations} == {"revoked"}
    assert Activity.objects.filter(verb=f"membership.{state}", at=LATER).count() == 3
    group.refresh_from_db()
    assert group.seats_taken == group.memberships.seated().count()


@pytest.mark.parametrize("state", [State.ACTIVE, State.OFFERED, State.INVITED])
def test_those_who_are_new_come_in_as_one_does(group, state):
    alone, *many = (
        Membership(group=group, person=PersonFactory(network=group.network)) for _ in range(3)
    )

    move(alone, state, LATER, actor=None)
    move_all(group, many, state, LATER)

    assert stands(alone) == stands(many[0]) == stands(many[1])
    group.refresh_from_db()
    assert group.seats_taken == group.memberships.seated().count()


def test_those_who_line_up_at_once_do_so_in_order_behind_whoever_waits(group):
    people = [PersonFactory(network=group.network) for _ in range(4)]
    first, *many = (Membership(group=group, person=person) for person in people)
    move(first, State.WAITLISTED, LATER, actor=None)

    move_all(group, many, State.WAITLISTED, NOW)

    assert [each.person for each in group.memberships.waiting()] == people
    group.refresh_from_db()
    assert group.waiting == 4


@pytest.mark.parametrize("state", [State.WAITLISTED, State.REQUESTED])
def test_those_who_were_here_before_line_up_behind_whoever_waits(group, state):
    first = Membership(group=group, person=PersonFactory(network=group.network))
    move(first, state, NOW, actor=None)
    many = [row_of(group, member_of(group)) for _ in range(2)]
    move_all(group, many, State.LEFT, NOW)

    move_all(group, many, state, LATER)

    after = Membership.objects.filter(pk__in=[each.pk for each in many], queued_at__gt=NOW)
    assert after.count() == 2


def test_nobody_is_no_work(group, django_assert_num_queries):
    with django_assert_num_queries(0):
        move_all(group, [], State.LEFT, LATER)


def test_a_hundred_ask_as_much_as_one(group, count_queries):
    def cost(size):
        many = [row_of(group, member_of(group)) for _ in range(size)]
        return count_queries(lambda: move_all(group, many, State.LEFT, LATER))

    assert cost(1) == cost(12)
