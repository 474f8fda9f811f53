"""Who may invite × how people come in × how the invited stand × free or full: each cell."""

import itertools
import re
from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction

from microgroups.groups.models import MicroGroup
from microgroups.membership.actions import decline_request, join, leave, remove, rest
from microgroups.membership.invitations import accept, invite_person, make_link, revoke
from microgroups.membership.invited import opened
from microgroups.membership.letters import invite_addresses
from network.errors import Refused
from network.notifications.models import Notice
from network.people.blocking import block
from network.people.models import Visitor
from tests.factories import NOW, PersonFactory, admin_of, facilitator_of, member_of
from tests.microgroups.test_invitations import group_with, somebody

pytestmark = pytest.mark.django_db

POLICIES = ("open", "ask", "invite")
WAYS = ("name", "mail", "link")

# Who may invite, whichever the policy and the way.
MAKERS = {
    "facilitator": "made",
    "member": "made",
    "resting": "not_allowed",
    "former": "not_allowed",
    "outsider": "not_allowed",
    "admin": "not_allowed",
}


@pytest.mark.parametrize("policy", POLICIES)
def test_who_may_invite(policy):
    group = group_with(policy)
    makers = {
        "facilitator": facilitator_of(open_for(group)),
        "member": member_of(group),
        "resting": member_of(group),
        "former": member_of(group),
        "outsider": somebody(group),
        "admin": admin_of(group.network),
    }
    rest(group, makers["resting"])
    leave(group, makers["former"])
    MicroGroup.objects.filter(pk=group.pk).update(join_policy=policy)

    said = {
        (who, way): outcome_of(ask, way, group, somebody(group), by=maker)
        for who, maker in makers.items()
        for way in WAYS
    }

    assert said == {(who, way): said for who, said in MAKERS.items() for way in WAYS}


def ask(way, group, person, *, by):
    """(the invitation, its code) by name, by mail or by a link."""
    if way == "name":
        return invite_person(group, person, by=by)
    if way == "mail":
        return invite_addresses(group, [person.email], by=by)[0]
    return make_link(group, by=by)


def outcome_of(deed, *args, **facts):
    """ "made", or why not."""
    try:
        deed(*args, **facts)
    except Refused as refusal:
        return refusal.code
    return "made"


def open_for(group):
    """The group with room for all, where people walk in: to set the scene."""
    MicroGroup.objects.filter(pk=group.pk).update(join_policy="open", cap=30)
    group.refresh_from_db()
    return group


# How somebody stands before they are asked in.


def stranger(group):
    return PersonFactory()


def knocking(group):
    MicroGroup.objects.filter(pk=group.pk).update(join_policy="ask")
    person = somebody(group)
    join(group, person)
    return person


def waiting(group, seats=0):
    person = somebody(group)
    MicroGroup.objects.filter(pk=group.pk).update(cap=group.seats_taken + seats)
    join(group, person)
    return person


def offered(group):
    last = member_of(group)
    group.refresh_from_db()
    person = waiting(group)
    leave(group, last)
    return person


def resting(group):
    person = member_of(group)
    rest(group, person)
    return person


def left(group):
    person = member_of(group)
    leave(group, person)
    return person


def barred(group, bar=True):
    person = member_of(group)
    remove(group, person, by=group.keeper, reason="Enough", bar=bar)
    return person


def declined(group):
    person = knocking(group)
    decline_request(group, person, by=group.keeper, reason="Not this time")
    return person


def blocked(group):
    person = somebody(group)
    block(group.member, person)
    block(group.keeper, person)
    return person


def blocking(group):
    person = somebody(group)
    block(person, group.member)
    block(person, group.keeper)
    return person


STANDINGS = {
    "stranger": stranger,
    "network member": somebody,
    "knocking": knocking,
    "waiting": waiting,
    "offered": offered,
    "member": member_of,
    "resting": resting,
    "left": left,
    "removed": lambda group: barred(group, bar=False),
    "removed and barred": barred,
    "declined": declined,
    "blocked by who invites": blocked,
    "blocks who invites": blocking,
}

# What becomes of them, by (who invites, policy). Asking is said where it is refused; else where
# they stand when they have taken it up: with a free seat / when full, one word where it is the
# same. A member's word is a vouch: `comes` in an open group, `asks` in the others.
COMES, ASKS = "active / waitlisted", "requested"
VOUCH = {"open": COMES, "ask": ASKS, "invite": ASKS}


def same(said):
    return dict.fromkeys(POLICIES, said)


TABLE = {
    # by name:               a facilitator                     a member
    "stranger": (same("not_allowed"), same("not_allowed")),
    "network member": (same(COMES), VOUCH),
    "knocking": (same(COMES), same("requested")),
    "waiting": (same("waitlisted"), same("waitlisted")),
    "offered": (same("active"), same("active")),
    "member": (same("already_member"), same("already_member")),
    "resting": (same("already_member"), same("already_member")),
    "left": (same(COMES), VOUCH),
    "removed": (same(COMES), VOUCH),
    "removed and barred": (same("barred"), same("removed: barred")),
    "declined": (same(COMES), same("declined: declined_recently")),
    "blocked by who invites": (same("blocked"), same("blocked")),
    "blocks who invites": (same(COMES), VOUCH),
}
# By mail and by a link nobody is named, so nothing is refused before they come.
BY_CODE = TABLE | {
    "stranger": (same(COMES), VOUCH),
    "member": (same("active: already_member"), same("active: already_member")),
    "resting": (same("resting: already_member"), same("resting: already_member")),
    "removed and barred": (same("removed: barred"), same("removed: barred")),
    "blocked by who invites": (same(COMES), VOUCH),
}


@pytest.mark.parametrize("standing", STANDINGS)
def test_what_becomes_of_somebody_who_is_invited(standing):
    group = open_for(group_with())
    person = STANDINGS[standing](group)
    group.refresh_from_db()
    cells = list(itertools.product(WAYS, ("keeper", "member"), POLICIES))

    became = {
        cell: folded(*(play(group, person, *cell, room) for room in (1, 0))) for cell in cells
    }

    assert became == {
        (way, who, policy): (TABLE if way == "name" else BY_CODE)[standing][who == "member"][policy]
        for way, who, policy in cells
    }


def folded(free, full):
    return free if free == full else f"{free} / {full}"


def play(group, person, way, who, policy, room):
    """What is said to who invites; else where the invited stand then, and what is said to them."""
    with transaction.atomic():
        room *= not group.waiting  # nobody waits beside a free seat
        MicroGroup.objects.filter(pk=group.pk).update(
            join_policy=policy, cap=group.seats_taken + room
        )
        became = outcome_of(ask, way, group, person, by=getattr(group, who))
        if became == "made":
            became = taken_up(group, person)
        transaction.set_rollback(True)
    return became


def taken_up(group, person):
    said = outcome_of(accept, group.invitations.open().get(), person)
    membership = group.memberships.of(person)
    now = MicroGroup.objects.get(pk=group.pk)
    assert now.seats_taken <= now.cap
    return membership.state if said == "made" else f"{membership.state}: {said}"


# Who is told, beside the cell: those who can do something with it.
TOLD = {
    "network member": True,
    "knocking": True,
    "waiting": True,
    "offered": True,
    "left": True,
    "removed": True,
    "removed and barred": False,
    "declined": True,
    "blocks who invites": False,
}


@pytest.mark.parametrize("standing", TOLD)
def test_who_is_told_once(standing):
    group = open_for(group_with())
    person = STANDINGS[standing](group)
    Notice.objects.all().delete()

    invite_person(group, person, by=group.member)
    if standing != "declined":
        invite_person(group, person, by=group.member)

    told = Notice.objects.filter(person=person, kind="invited")
    assert told.count() == TOLD[standing]


class TestCodes:
    """What does not open the door says the same, whichever it is."""

    def test_a_used_an_expired_a_revoked_and_anothers_code(self, client_of, client):
        group = group_with("invite", cap=9)
        used, used_code = make_link(group, by=group.keeper)
        accept(used, somebody(group))
        _, old = make_link(group, by=group.keeper, now=NOW - timedelta(days=15))
        gone, gone_code = make_link(group, by=group.keeper)
        revoke(gone, group.keeper)
        _, anothers = invite_person(group, somebody(group), by=group.keeper)
        browser = client_of(somebody(group))

        pages = {
            code: browser.get(f"/invitations/{code}/")
            for code in (used_code, old, gone_code, anothers, "a-guess")
        }

        assert [page.status_code for page in pages.values()] == [200, 200, 404, 404, 404]
        for code in (used_code, old):
            assert f"Ask {group.keeper.name} for another one" in pages[code].content.decode()
        closed = {said(pages[code], code) for code in (gone_code, anothers, "a-guess")}
        assert len(closed) == 1
        assert "can make a new one" in closed.pop()
        assert client.get(f"/invitations/{anothers}/").status_code == 404

    def test_of_a_hidden_group_nothing_is_seen_by_a_code_that_is_over(self, client):
        group = group_with(cap=9)
        MicroGroup.objects.filter(pk=group.pk).update(visibility="hidden")
        link, code = make_link(group, by=group.keeper)
        assert client.get(f"/invitations/{code}/").status_code == 200

        accept(link, somebody(group))

        assert client.get(f"/invitations/{code}/").status_code == 404

    def test_of_a_thousand_guesses_ten_are_answered_in_a_minute(self, rf):
        group = group_with()
        request = rf.get("/")
        request.network, request.user = group.network, Visitor()

        said = Counter(outcome_of(opened, request, f"guess-{n}") for n in range(1000))

        assert said == {"made": 10, "too_often": 990}


def said(page, code):
    """The page without what was asked, and the token that differs with each request."""
    return re.sub(r"[A-Za-z0-9]{64}", "", page.content.decode().replace(code, ""))
