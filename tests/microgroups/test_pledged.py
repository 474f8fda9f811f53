"""Those who pledged are seated together when the group opens: few queries, and every rule."""

from datetime import timedelta

import pytest

from microgroups.groups.actions import approve, propose
from microgroups.groups.founding import Pledge
from microgroups.groups.models import MicroGroup
from microgroups.membership.models import Membership, Visit
from network.activity.models import Activity
from network.networks.models import NetworkMembership
from network.notifications.models import Notice
from tests.factories import (
    NOW,
    MicroGroupFactory,
    PersonFactory,
    admin_of,
    member_of,
)
from tests.microgroups.deeds import CHARTER

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=3)


def promised(network, size, *, cap, carers=0, busy=0):
    """A proposal to which so many pledged, in this order; (it, they)."""
    group = propose(network, PersonFactory(network=network), cap=cap, **CHARTER, now=NOW)
    people = PersonFactory.create_batch(size)
    places = [NetworkMembership(network=network, person=each, joined_at=NOW) for each in people]
    NetworkMembership.objects.bulk_create(places)
    for person in people[carers : carers + busy]:
        for _ in range(network.max_groups_per_person):
            member_of(MicroGroupFactory(network=network), person=person)
    Pledge.objects.bulk_create(
        Pledge(
            group=group,
            person=person,
            facilitate=place < carers,
            pledged_at=NOW + timedelta(seconds=place),
        )
        for place, person in enumerate(people)
    )
    return group, people


def open_up(group, network):
    admin = admin_of(network)
    return lambda: approve(MicroGroup.objects.get(pk=group.pk), admin, now=LATER)


def told(person):
    kinds = ["admitted", "lined_up", "now_facilitator", "pledge_unseated"]
    mine = Notice.objects.filter(person=person, kind__in=kinds)
    return set(mine.values_list("kind", "subject_type", "subject_id"))


def test_each_has_what_one_who_came_alone_would_have(network):
    group, people = promised(network, 5, cap=4, carers=1, busy=1)
    carer, busy, second, third, late = people

    open_up(group, network)()

    rows = {each.person: each for each in group.memberships.exclude(person=group.founder)}
    assert set(rows) == {carer, second, third, late}
    assert [rows[each].state for each in (carer, second, third, late)] == [
        *["active"] * 3,
        "waitlisted",
    ]
    assert (rows[carer].is_facilitator, rows[second].is_facilitator) == (True, False)
    for person in (carer, second, third):
        seat = rows[person]
        facts = (seat.since, seat.joined_at, seat.read_before, seat.agreements_accepted_at)
        assert set(facts) == {LATER}
        assert seat.last_visit_on == LATER.date()
        assert Visit.objects.get(membership=seat).on == LATER.date()
    assert (rows[late].joined_at, rows[late].last_visit_on) == (None, None)
    assert rows[late].queued_at == LATER
    group.refresh_from_db()
    assert (group.seats_taken, group.waiting) == (4, 1)
    place = {person: ("membership", row.pk) for person, row in rows.items()}
    assert told(carer) == {("admitted", *place[carer]), ("now_facilitator", *place[carer])}
    assert told(second) == {("admitted", *place[second])}
    assert told(late) == {("lined_up", *place[late])}
    assert told(busy) == {("pledge_unseated", "group", group.pk)}
    here = Activity.objects.filter(group_id=group.pk, at=LATER).exclude(verb="group.opened")
    log = sorted(here.values_list("verb", "about_type"))
    assert log == [
        ("group.pledge_unseated", "microgroup"),
        *[("membership.active", "membership")] * 3,
        ("membership.role_changed", "membership"),
        ("membership.waitlisted", "membership"),
    ]
    seats = here.filter(verb="membership.active")
    assert [each.facts for each in seats] == [{"returned": False}] * 3


def test_64_and_140_take_the_same_queries(network, count_queries):
    costs = set()
    for size in (5, 64, 140):
        group, _ = promised(network, size, cap=4, carers=1, busy=1)
        costs.add(count_queries(open_up(group, network)))
        assert Membership.objects.filter(group=group).count() == size  # one has no room

    assert costs == {29}
