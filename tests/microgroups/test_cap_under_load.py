"""Many people at one door at the same moment, on real connections."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from functools import partial

import pytest
from django.db import transaction
from django.utils import timezone

from microgroups.budding.actions import bud
from microgroups.budding.choosing import choose
from microgroups.budding.finishing import finish
from microgroups.groups.actions import approve, edit, propose
from microgroups.groups.pledging import pledge, withdraw_pledge
from microgroups.membership.actions import change_role, join, leave, remove, rest, return_
from microgroups.membership.jobs import offer_free_seats
from microgroups.membership.seats import count_seats
from network.activity.models import Activity
from network.errors import Refused
from network.networks.actions import add_member
from network.networks.models import NetworkMembership
from network.registries import invariants
from tests.factories import NOW, MicroGroupFactory, NetworkFactory, PersonFactory, admin_of
from tests.microgroups.deeds import CHARTER
from tests.threads import all_at_once, threads
from tests.trust.killpoints import somebody_waits_for_a_lock

pytestmark = pytest.mark.django_db(transaction=True)
LONG = pytest.mark.long
TOO_SOON, TOO_LATE = ["group_not_open"], ["already_open", "already_member"]


def host_of(group):
    return group.memberships.facilitating().first().person


def crowd(group, size):
    """So many members of the network who are in none of its groups."""
    people = PersonFactory.create_batch(size)
    NetworkMembership.objects.bulk_create(
        NetworkMembership(network=group.network, person=person, joined_at=NOW) for person in people
    )
    return people


def broken():
    """What checkinvariants would say."""
    return [line for _, check in invariants.items() for line in check()]


@pytest.mark.parametrize("times", [10, pytest.param(100, marks=LONG)])
def test_64_people_at_once_never_overfill_a_group(times):
    group = MicroGroupFactory(cap=11)
    people, host = crowd(group, 64), host_of(group)

    with threads(64) as let_go:
        for _ in range(times):
            let_go(join, [(group, person) for person in people])

            states = Counter(group.memberships.values_list("state", flat=True))
            group.refresh_from_db()
            assert states == {"active": 11, "waitlisted": 54}
            assert (group.seats_taken, group.waiting) == (11, 54)
            assert broken() == []
            group.memberships.exclude(person=host).delete()
            count_seats(group)


@pytest.mark.parametrize("times", [1, pytest.param(100, marks=LONG)])
def test_who_pledged_before_the_yes_is_seated_in_order_and_the_cap_holds(times):
    for _ in range(times):
        network, founder = NetworkFactory(), PersonFactory()
        add_member(network, founder)
        group = propose(network, founder, cap=11, **CHARTER)
        first, *people = crowd(group, 64)
        pledge(group, first)
        yes = [(approve, group, admin_of(network))]

        all_at_once(tried, [*((pledge, group, person) for person in people), *yes])

        log = Activity.objects.filter(group_id=group.pk)
        pledged = log.filter(verb="group.pledged").order_by("id")
        order = [founder.pk, *pledged.values_list("actor", flat=True)]
        joined = group.memberships.active().values_list("person", flat=True)
        line = group.memberships.waiting().values_list("person", flat=True)
        assert set(joined) == set(order[:11])
        assert list(line) == order[11:]
        assert (log.get(verb="group.opened").pk > pledged.last().pk, broken()) == (True, [])
        assert not group.pledges.exists()


@pytest.mark.parametrize("times", [1, pytest.param(100, marks=LONG)])
def test_a_group_opens_once_however_many_say_yes_and_whoever_comes_and_goes_meanwhile(times):
    for _ in range(times):
        network, founder = NetworkFactory(), PersonFactory()
        add_member(network, founder)
        group = propose(network, founder, cap=11, **CHARTER)
        people, admins = crowd(group, 48), [admin_of(network) for _ in range(4)]
        for person in people[:32]:
            pledge(group, person)

        all_at_once(
            tried,
            [
                *((approve, group, admin) for admin in 4 * admins),
                *((withdraw_pledge, group, person) for person in people[:16]),
                *((join, group, person) for person in people[16:32]),
                *((pledge, group, person) for person in people[32:]),
            ],
        )

        said = Activity.objects.filter(group_id=group.pk)
        (opened,) = said.filter(verb="group.opened")
        order = [founder.pk]
        for verb, who in said.filter(pk__lt=opened.pk).order_by("id").values_list("verb", "actor"):
            if verb == "group.pledged":
                order.append(who)
            elif verb == "group.pledge_withdrawn":
                order.remove(who)
        joined = group.memberships.active().values_list("person", flat=True)
        line = group.memberships.waiting().values_list("person", flat=True)
        assert set(joined) == set(order[:11])
        assert list(line)[: len(order) - 11] == order[11:]
        assert said.filter(verb="membership.active").count() == 10  # and the founder
        group.refresh_from_db()
        assert (group.is_open, group.seats_taken, group.waiting) == (True, 11, len(line))
        assert (group.pledges.count(), broken()) == (0, [])


def tried(deed, *args):
    """Do it; who comes too soon or too late is told so, and so is who would be in one group too
    many."""
    try:
        deed(*args)
    except Refused as refusal:
        assert refusal.code in (*TOO_SOON, *TOO_LATE, "too_many_groups")


def test_who_goes_for_good_while_they_come_in_elsewhere_is_in_as_many_groups_as_one_may():
    network = NetworkFactory(max_groups_per_person=1)
    home, other = MicroGroupFactory.create_batch(2, network=network)
    host, (carer, person) = host_of(home), crowd(home, 2)
    for each in (carer, person):
        join(home, each)
        change_role(home, each, "facilitator", by=host)  # which does not count
    approve(bud(home, host, name="Sister", facilitator=carer).sister, admin_of(network))
    for each in (carer, person):
        choose(home, each, choice="both")
    finish(home, host)

    with threads(1) as let_go, ThreadPoolExecutor(1) as beside:
        with transaction.atomic():
            join(other, person)
            going = beside.submit(let_go, tried, [(partial(choose, choice="go"), home, person)])
            while not (going.done() or somebody_waits_for_a_lock()):
                pass  # until it has been counted without what is done here, or waits for it
        going.result()

    assert person.memberships.counted(network).count() == 1


@pytest.mark.parametrize("times", [1, pytest.param(20, marks=LONG)])
def test_whatever_many_people_do_at_once_the_cap_and_the_line_hold(times):
    for round_ in range(times):
        group = MicroGroupFactory(cap=11)
        people = crowd(group, 40)

        all_at_once(wander, [(group, people, round_ * 100 + thread, 15) for thread in range(32)])

        replay(group, host_of(group), cap=11)
        assert broken() == []


def wander(group, people, seed, steps):
    """Do random deeds with random people; a refusal is an answer, anything else an error."""
    chance, host = random.Random(seed), host_of(group)
    deeds = [join, join, join, leave, leave, rest, return_]
    for _ in range(steps):
        person, luck = chance.choice(people), chance.random()
        with suppress(Refused):
            if luck < 0.7:
                chance.choice(deeds)(group, person)
            elif luck < 0.8:
                remove(group, person, by=host, reason="Why not.", bar=chance.random() < 0.2)
            elif luck < 0.9:
                edit(group, host, cap=chance.randint(5, 20))
            else:
                offer_free_seats(timezone.now() + timedelta(days=chance.choice([0, 4])))


def replay(group, host, cap):
    """Follow the log in the order of the lock: never over the cap, first come first seated."""
    states = {str(group.memberships.of(host).pk): "active"}
    line, returning = [], set()
    for row in Activity.objects.filter(group_id=group.pk).order_by("id"):
        cap = row.facts.get("cap", cap)
        about, what = row.verb.split(".")
        if about != "membership":
            continue
        who, before, seated = row.about_id, states.get(row.about_id), count(states)
        if what == "offered":
            assert who == line[0], "A seat was offered past somebody who came before."
        if what == "active" and before != "offered":
            ahead = line if before != "resting" else returning & set(line)
            assert seated + len(ahead) < cap, "Somebody got a seat that others waited for."
        if who in line:
            line.remove(who)
        if what == "waitlisted" and before == "resting":
            returning.add(who)
            line.insert(sum(each in returning for each in line), who)
        elif what == "waitlisted":
            returning.discard(who)
            line.append(who)
        states[who] = what
        assert count(states) <= cap, "More seats were taken than there are."
    assert [str(key) for key in group.memberships.waiting().values_list("pk", flat=True)] == line


def count(states):
    return sum(state in ("active", "offered") for state in states.values())
