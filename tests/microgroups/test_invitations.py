"""Asking somebody into a group, and coming in by it."""

from contextlib import suppress
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from microgroups.groups.actions import archive
from microgroups.groups.fit import at_the_door
from microgroups.groups.models import MicroGroup
from microgroups.membership.actions import change_role, decline_request, join, leave, remove, rest
from microgroups.membership.actions import erase as membership_erase
from microgroups.membership.invitations import (
    accept,
    decline,
    find,
    invite_person,
    make_link,
    revoke,
)
from microgroups.membership.jobs import expire_invitations
from microgroups.membership.letters import invite_addresses
from microgroups.membership.models import Invitation
from network.activity.models import Activity
from network.errors import NotAllowed, Refused
from network.networks.actions import suspend
from network.notifications.models import Notice
from tests.factories import (
    NOW,
    MicroGroupFactory,
    NetworkFactory,
    PersonFactory,
    admin_of,
    facilitator_of,
    member_of,
)
from tests.threads import all_at_once

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def group_with(policy="open", cap=3):
    group = MicroGroupFactory(network=NetworkFactory(), cap=cap)
    group.member = member_of(group)
    group.keeper = group.memberships.facilitating().get().person
    MicroGroup.objects.filter(pk=group.pk).update(join_policy=policy)
    group.refresh_from_db()
    return group


def somebody(group):
    return PersonFactory(network=group.network)


def code_of(deed, *args, **facts):
    with pytest.raises(Refused) as no:
        deed(*args, **facts)
    return no.value.code


def state_of(group, person):
    return group.memberships.of(person).state


# What a plain join becomes for somebody invited by name: by policy and who invites.
TABLE = {
    ("open", "member"): "active",
    ("open", "keeper"): "active",
    ("ask", "member"): "requested",
    ("ask", "keeper"): "active",
    ("invite", "member"): "requested",
    ("invite", "keeper"): "active",
}


@pytest.mark.parametrize(("policy", "who"), TABLE)
def test_a_plain_join_takes_up_an_invitation_by_name(policy, who):
    group = group_with(policy)
    person = somebody(group)
    invite_person(group, person, by=getattr(group, who))

    join(group, person)

    assert state_of(group, person) == TABLE[policy, who]
    assert (Invitation.objects.get().state, Invitation.objects.get().uses) == ("used", 1)


def test_without_an_invitation_nobody_comes_into_a_group_of_invited_people():
    group = group_with("invite")

    assert code_of(join, group, somebody(group)) == "invitation_needed"


def test_a_facilitators_word_lets_in_who_has_asked():
    group = group_with("ask")
    person = somebody(group)
    join(group, person)

    invite_person(group, person, by=group.keeper)
    join(group, person)

    assert state_of(group, person) == "active"


def test_who_waits_keeps_the_place_and_no_use_is_counted():
    group = group_with(cap=2)
    person = somebody(group)
    join(group, person)
    link, _ = make_link(group, by=group.keeper)

    accept(link, person)

    link.refresh_from_db()
    assert (state_of(group, person), link.uses) == ("waitlisted", 0)


@pytest.mark.parametrize("how", ["active", "resting"])
def test_nobody_is_asked_into_a_group_they_are_in(how):
    group = group_with()
    person = member_of(group)
    if how == "resting":
        rest(group, person)

    assert code_of(invite_person, group, person, by=group.member) == "already_member"
    link, _ = make_link(group, by=group.keeper)
    assert code_of(accept, link, person) == "already_member"


def test_a_removal_is_not_skipped_and_a_member_does_not_hear_of_it():
    group = group_with()
    person = member_of(group)
    remove(group, person, by=group.keeper, reason="Enough")

    assert code_of(invite_person, group, person, by=group.keeper) == "barred"
    invitation, _ = invite_person(group, person, by=group.member)

    assert state_of(group, person) == "removed"
    assert not Notice.objects.filter(person=person, kind="invited").exists()
    assert code_of(accept, invitation, person) == "barred"


def test_only_members_invite():
    group = group_with()
    former = member_of(group)
    leave(group, former)

    for person in (former, somebody(group)):
        with pytest.raises(NotAllowed):
            make_link(group, by=person)
        with pytest.raises(NotAllowed):
            invite_person(group, somebody(group), by=person)


def test_a_link_lets_in_as_many_as_it_says():
    group = group_with(cap=10)
    link, code = make_link(group, by=group.member, max_uses=2)
    for _ in range(2):
        accept(find(code, somebody(group)), somebody(group))

    assert code_of(accept, link, somebody(group)) == "invitation_used"


def test_a_code_is_kept_as_its_digest_alone():
    group = group_with()

    _, code = make_link(group, by=group.member)

    assert len(code) >= 32
    assert code.encode() not in bytes(Invitation.objects.get().digest)


def test_an_invitation_ends_after_fourteen_days():
    group = group_with("invite")
    person = somebody(group)
    invitation, _ = invite_person(group, person, by=group.keeper, now=NOW)

    assert code_of(accept, invitation, person, now=NOW + 14 * DAY) == "invitation_expired"
    assert code_of(join, group, person, now=NOW + 14 * DAY) == "invitation_needed"
    expire_invitations(NOW + 14 * DAY)
    expire_invitations(NOW + 14 * DAY)

    assert state_of(group, person) == "left"
    assert Invitation.objects.get().state == "expired"


def test_whatever_happens_to_an_invitation_is_in_the_log():
    group = group_with()
    made, _ = make_link(group, by=group.member)
    revoke(made, group.keeper)
    mailed = invite_addresses(group, ["hilde@people.example"], by=group.member)[0][0]
    invite_addresses(group, ["hilde@people.example"], by=group.keeper)
    decline(mailed)
    make_link(group, by=group.member, now=NOW - 20 * DAY)
    expire_invitations(NOW)
    make_link(group, by=group.member)

    leave(group, group.member)

    log = Activity.objects.filter(about_type="invitation").order_by("pk")
    assert list(log.values_list("verb", "actor")) == [
        ("invitation.made", group.member.pk),
        ("invitation.revoked", group.keeper.pk),
        ("invitation.made", group.member.pk),
        ("invitation.taken_over", group.keeper.pk),
        ("invitation.declined", None),
        ("invitation.made", group.member.pk),
        ("invitation.expired", None),
        ("invitation.made", group.member.pk),
        ("invitation.revoked", None),
    ]


def test_one_that_was_taken_back_opens_nothing():
    group = group_with()
    person = somebody(group)
    invitation, code = invite_person(group, person, by=group.member)

    revoke(invitation, group.keeper)

    assert find(code, person) is None
    assert state_of(group, person) == "left"
    assert code_of(accept, invitation, person) == "invitation_expired"


def test_a_code_opens_nothing_for_somebody_else():
    group = group_with()
    _, code = invite_person(group, somebody(group), by=group.member)

    assert find(code, somebody(group)) is None
    assert find("a guess", somebody(group)) is None


def removed(group):
    remove(group, group.member, by=group.keeper, reason="Enough")


def suspended(group):
    suspend(group.network, group.member, reason="For now.", by=admin_of(group.network))


ENDS = {
    "they leave": lambda group: leave(group, group.member),
    "they rest": lambda group: rest(group, group.member),
    "they are removed": removed,
    "they are suspended": suspended,
    "they are erased": lambda group: membership_erase(group.member),
    "the group is archived": lambda group: archive(group, group.keeper),
}


@pytest.mark.parametrize("how", ENDS)
def test_it_ends_with_the_right_of_who_made_it_and_with_the_group(how):
    group = group_with("invite")
    MicroGroup.objects.filter(pk=group.pk).update(visibility="hidden")
    person, other = somebody(group), somebody(group)
    link, code = make_link(group, by=group.member)
    invite_person(group, person, by=group.member)
    invite_person(group, other, by=group.keeper)

    ENDS[how](group)

    goes_on = how != "the group is archived"
    assert find(code, person) is None
    assert code_of(accept, link, person) in ("invitation_expired", "group_not_open")
    assert code_of(join, group, person) in ("invitation_needed", "group_not_open")
    assert not MicroGroup.objects.visible_to(person).filter(pk=group.pk).exists()
    assert (state_of(group, person), state_of(group, other)) == (
        "left",
        "invited" if goes_on else "left",
    )
    assert Invitation.objects.open().exists() == goes_on


def test_who_facilitates_no_more_vouches():
    group = group_with("ask")
    facilitator = facilitator_of(group)
    person = somebody(group)
    link, _ = make_link(group, by=facilitator)
    invite_person(group, person, by=facilitator)

    change_role(group, facilitator, "member", by=group.keeper)

    assert join(group, person).is_requested
    assert accept(link, somebody(group)).is_requested


def test_a_members_word_does_not_take_the_place_of_a_facilitators():
    group = group_with("ask")
    person = somebody(group)
    invite_person(group, person, by=group.keeper)

    assert code_of(invite_person, group, person, by=group.member) == "already_invited"
    assert join(group, person).is_active


def test_discover_says_that_one_comes_in_by_invitation():
    group = group_with("invite")

    assert at_the_door(group) == ("mail", "One comes in by invitation.")


def test_leaving_declines_an_invitation():
    group = group_with()
    person = somebody(group)
    invite_person(group, person, by=group.member)

    leave(group, person)

    assert Invitation.objects.get().state == "declined"


def test_who_is_invited_is_told_once_and_sees_a_hidden_group():
    group = group_with()
    MicroGroup.objects.filter(pk=group.pk).update(visibility="hidden")
    person = somebody(group)

    invite_person(group, person, by=group.member)
    invite_person(group, person, by=group.keeper)

    assert Notice.objects.filter(person=person, kind="invited").count() == 1
    assert MicroGroup.objects.visible_to(person).filter(pk=group.pk).exists()
    assert Invitation.objects.open().get().by == group.keeper


@pytest.mark.django_db(transaction=True)
def test_16_people_at_once_never_overfill_a_group_nor_a_link():
    group = group_with("invite", cap=6)
    link, _ = make_link(group, by=group.keeper, max_uses=8)
    people = PersonFactory.create_batch(16, network=group.network)

    def come(person):
        with suppress(Refused):
            accept(link, person)

    all_at_once(come, [(person,) for person in people])

    link.refresh_from_db()
    group.refresh_from_db()
    assert (group.seats_taken, group.waiting) == (6, 4)
    assert (link.uses, link.state) == (8, "used")


class TestApi:
    def test_several_are_asked_in_by_name_and_by_mail_or_nobody(self, api_of):
        group = group_with()
        ask = api_of(group.member, group.network)
        path, names = f"/groups/{group.slug}/invitations/", [somebody(group).username]

        wrong = ask.post(path, {"usernames": names, "emails": ["kim@people"]})
        assert (wrong.status_code, list(wrong.json()["errors"])) == (400, ["emails"])
        assert not Invitation.objects.exists()
        made = ask.post(path, {"usernames": names, "emails": ["kim@people.example"]})

        assert [each["kind"] for each in made.json()["invitations"]] == ["person", "email"]

    def test_who_holds_a_code_may_open_it_as_often_as_they_like(self, client):
        group = group_with()
        group.network.hosts.create(host="testserver")
        _, code = make_link(group, by=group.member)

        opened = [client.get(f"/api/v1/invitations/{code}/").status_code for _ in range(12)]

        assert opened == [200] * 12

    def test_a_member_asks_somebody_in_and_they_come(self, api_of):
        group = group_with()
        person = somebody(group)
        inside, outside = api_of(group.member, group.network), api_of(person, group.network)

        made = inside.post(f"/groups/{group.slug}/invitations/", {"usernames": [person.username]})
        shape = made.json()["invitations"][0]
        card = outside.get(f"/invitations/{shape['code']}/")
        came = outside.post(f"/invitations/{shape['code']}/accept/")

        assert (made.status_code, card.status_code, came.status_code) == (201, 200, 201)
        assert card.json()["group"]["slug"] == group.slug
        assert came.json()["state"] == "active"
        (row,) = inside.get(f"/groups/{group.slug}/invitations/").json()["results"]
        assert (row["state"], row["uses"], "code" in row) == ("used", 1, False)

    def test_a_visitor_sees_the_card_by_its_code(self, client):
        group = group_with("invite")
        _, code = make_link(group, by=group.keeper)

        assert client.get(f"/api/v1/invitations/{code}/").status_code == 200
        assert client.get("/api/v1/invitations/nothing/").status_code == 404

    def test_the_eleventh_guess_in_a_minute_has_to_wait(self, client):
        group_with()

        with time_machine.travel(NOW, tick=False):
            answers = [client.get(f"/api/v1/invitations/guess{n}/").status_code for n in range(11)]

        assert answers == [404] * 10 + [429]

    def test_the_maker_takes_it_back_and_others_do_not_see_it(self, api_of):
        group = group_with()
        link, _ = make_link(group, by=group.member)
        path = f"/groups/{group.slug}/invitations/{link.pk}/"
        other = member_of(group)

        assert api_of(other, group.network).delete(path).status_code == 404
        assert api_of(group.member, group.network).delete(path).status_code == 204

    def test_a_facilitator_sees_how_many_are_asked_in(self, api_of):
        group = group_with()
        invite_person(group, somebody(group), by=group.member)

        shape = api_of(group.keeper, group.network).get(f"/groups/{group.slug}/").json()

        assert shape["invited"] == 1

    def test_the_list_takes_the_same_queries_for_many(self, api_of, count_queries):
        group = group_with()
        ask = api_of(group.keeper, group.network)
        path = f"/groups/{group.slug}/invitations/"
        make_link(group, by=group.keeper)
        ask.get(path)
        few = count_queries(lambda: ask.get(path))
        for _ in range(5):
            invite_person(group, somebody(group), by=group.keeper)

        assert count_queries(lambda: ask.get(path)) == few <= 8


class TestPages:
    def test_a_member_makes_a_link_and_somebody_comes_in_by_it(self, client_of, client):
        group = group_with()
        page = client_of(group.member).post(f"/groups/{group.slug}/invitations/", {"max_uses": 1})
        path = "/invitations/" + page.context["url"].split("/invitations/")[1]

        assert "Sign in" in client.get(path).content.decode()
        person = somebody(group)
        came = client_of(person).post(path)

        assert (came.status_code, state_of(group, person)) == (302, "active")
        late = client_of(somebody(group)).get(path)
        assert "This invitation is over" in late.content.decode()

    def test_a_member_invites_by_name_and_takes_it_back(self, client_of):
        group = group_with("invite")
        person, browser = somebody(group), client_of(group.member)
        path = f"/groups/{group.slug}/invitations/"

        browser.post(path, {"who": f"@{person.username}", "words": "Come"})
        assert state_of(group, person) == "invited"
        assert "You are invited" in client_of(person).get(group.get_absolute_url()).content.decode()
        browser.post(f"{path}{Invitation.objects.get().pk}/revoke/")

        assert state_of(group, person) == "left"
        assert browser.post(path, {"who": "nobody_here"}).status_code == 422

    def test_outsiders_have_no_page_of_invitations(self, client_of):
        group = group_with()

        path = f"/groups/{group.slug}/invitations/"
        assert client_of(somebody(group)).get(path).status_code == 404

    def test_pages_take_the_same_queries_for_many(self, client_of, count_queries):
        group = group_with()
        browser = client_of(group.keeper)
        _, code = make_link(group, by=group.keeper)
        path = f"/groups/{group.slug}/invitations/"
        browser.get(path)
        few = count_queries(lambda: browser.get(path))
        for _ in range(5):
            invite_person(group, somebody(group), by=group.keeper)

        assert count_queries(lambda: browser.get(path)) == few <= 10
        assert count_queries(lambda: browser.get(f"/invitations/{code}/")) <= 12


def test_who_was_told_not_this_time_hears_of_one_vouch_and_of_a_yes():
    group = group_with("ask")
    person, now = somebody(group), timezone.now()
    join(group, person, now=now)
    decline_request(group, person, by=group.keeper, reason="Not now.", now=now)

    for _ in range(2):
        invite_person(group, person, by=group.member, now=now)
    assert (state_of(group, person), Notice.objects.filter(kind="invited").count()) == (
        "declined",
        1,
    )

    invite_person(group, person, by=group.keeper, now=now)
    assert (state_of(group, person), Notice.objects.filter(kind="invited").count()) == (
        "invited",
        2,
    )
