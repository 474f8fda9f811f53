"""Leaving the network and coming back: what ends with it, what stays, what reaches nobody."""

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from facilitation.distress.actions import call_for_help
from microgroups.groups.actions import propose
from microgroups.groups.models import MicroGroup
from microgroups.groups.pledging import pledge
from microgroups.membership.actions import CURRENT, change_role, join, remove, rest
from microgroups.membership.invitations import invite_person, make_link
from microgroups.membership.models import Invitation, Membership
from network.activity.models import Activity
from network.errors import NotAllowed, Refused
from network.networks.actions import add_member, leave, move_in, suspend
from network.networks.models import Role, SignUp
from network.notifications.actions import deliver_due
from network.notifications.models import Notice
from network.registries import invariants
from network.tokens.actions import create_token
from network.tokens.models import AccessToken
from tests.factories import (
    NOW,
    MicroGroupFactory,
    NetworkFactory,
    PersonFactory,
    admin_of,
    facilitator_of,
    member_of,
    moderator_of,
    say,
    thread_in,
)
from tests.microgroups.deeds import CHARTER
from tests.threads import all_at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def network(db):
    return NetworkFactory()


@pytest.fixture
def group(network):
    return MicroGroupFactory(network=network, cap=2, founder=PersonFactory(network=network))


def host_of(group):
    return group.memberships.facilitating().first().person


def states(person):
    return {each.group.name: each.state for each in person.memberships.select_related("group")}


def broken():
    return [line for _, check in invariants.items() for line in check()]


class TestWhatEnds:
    def test_every_seat_goes_to_the_next_in_line_and_every_wait_ends(self, network, group):
        person, late = member_of(group), PersonFactory(network=network)
        join(group, late)
        resting, full = MicroGroupFactory.create_batch(2, network=network, cap=1)
        MicroGroup.objects.filter(pk=resting.pk).update(cap=2)
        join(resting, person)
        rest(resting, person)
        join(full, person)

        leave(network, person)

        assert states(person) == {group.name: "left", resting.name: "left", full.name: "left"}
        assert group.memberships.of(late).state == "offered"
        assert not person.belongs_to(network)
        assert Activity.objects.filter(verb="network.left", actor=person).count() == 1
        assert broken() == []

    def test_what_they_invited_to_and_what_invites_them_ends(self, network, group):
        MicroGroup.objects.filter(pk=group.pk).update(cap=5)
        person, guest = member_of(group), PersonFactory(network=network)
        other = MicroGroupFactory(network=network)
        make_link(group, by=person)
        invite_person(group, guest, by=person)
        invite_person(other, person, by=host_of(other))

        leave(network, person)

        said = Invitation.objects.order_by("made_at").values_list("state", flat=True)
        assert list(said) == ["revoked", "revoked", "declined"]
        assert group.memberships.of(guest).state == "left"

    def test_a_proposal_of_theirs_ends_and_a_pledge_is_taken_back(self, network):
        person = PersonFactory(network=network)
        own = propose(network, person, **CHARTER)
        other = propose(network, PersonFactory(network=network), **CHARTER)
        pledge(other, person)

        leave(network, person)

        own.refresh_from_db()
        assert (own.state, own.decline_reason) == ("declined", "Whoever proposed it has left.")
        assert (own.founder, other.pledges.count()) == (None, 0)
        assert broken() == []

    def test_their_tokens_end_for_good(self, network, group, api_of):
        person = member_of(group)
        elsewhere = NetworkFactory()
        add_member(elsewhere, person)
        network.hosts.create(host="testserver")
        program = api_of(person, network)
        create_token(person, elsewhere, name="there", scopes=["read"])
        assert program.get("/me/").status_code == 200

        leave(network, person)

        assert program.get("/me/").status_code == 401
        move_in(network, person)
        assert program.get("/me/").status_code == 401
        assert AccessToken.objects.get(person=person).network == elsewhere


class TestRefusals:
    def test_whoever_facilitates_a_group_alone_hands_over_first(self, network, group):
        host = host_of(group)
        heir = member_of(group)

        with pytest.raises(Refused) as refusal:
            leave(network, host)

        assert refusal.value.code == "last_facilitator"
        assert group.name in str(refusal.value)
        assert host.belongs_to(network)
        change_role(group, heir, "facilitator", by=host)
        leave(network, host)
        assert group.memberships.facilitating().get().person == heir

    def test_the_last_admin_stays(self, network):
        admin = admin_of(network)

        with pytest.raises(Refused) as refusal:
            leave(network, admin)

        assert refusal.value.code == "last_admin"
        PersonFactory(network=network, network__role=Role.ADMIN)
        leave(network, admin)
        assert not admin.belongs_to(network)

    def test_nobody_slips_out_of_a_suspension_or_a_bar(self, network, group):
        MicroGroup.objects.filter(pk=group.pk).update(cap=5)
        out, barred = member_of(group), member_of(group)
        suspend(network, out, reason="Spam.", by=admin_of(network))
        remove(group, barred, by=host_of(group), reason="Enough.")

        with pytest.raises(NotAllowed):
            leave(network, out)
        leave(network, barred)
        move_in(network, barred)

        with pytest.raises(Refused) as refusal:
            join(group, barred)
        assert refusal.value.code == "barred"


class TestNothingReachesThem:
    def test_no_letter_that_was_due_goes(self, network, group):
        person = member_of(group)
        late = PersonFactory(network=network)
        join(group, late)
        leave(network, person)  # so that a seat is kept for the one who waits
        assert Notice.objects.filter(person=late, kind="seat_offered").exists()
        leave(network, late)
        mail.outbox.clear()

        deliver_due(NOW.replace(year=timezone.now().year + 1))

        assert [letter for letter in mail.outbox if late.email in letter.to] == []
        assert Notice.objects.get(person=late, kind="seat_offered").withheld_why == "unreachable"

    def test_no_call_for_help_rings_them(self, network, group):
        MicroGroup.objects.filter(pk=group.pk).update(cap=5)
        ruth, mod = facilitator_of(group), moderator_of(network)
        caller = member_of(group)
        leave(network, ruth)
        leave(network, mod)

        call_for_help(group, caller, note="Please.")

        called = set(Notice.objects.filter(kind__startswith="distress").values_list("person_id"))
        assert (ruth.pk,) not in called
        assert (mod.pk,) not in called

    def test_what_is_written_back_to_them_is_not_mailed(self, network, group):
        person = member_of(group)
        thread = thread_in(group, person)
        leave(network, person)
        say(thread, host_of(group), f"Thank you, @{person.username}.")
        mail.outbox.clear()

        deliver_due(NOW.replace(year=timezone.now().year + 1))

        assert [letter for letter in mail.outbox if person.email in letter.to] == []

    def test_they_are_found_no_more_and_find_nothing(self, network, group, client_of):
        person, other = member_of(group), host_of(group)
        browser = client_of(person)
        leave(network, person)

        assert browser.get(f"/groups/{group.slug}/").status_code == 404
        assert browser.get("/notices/").status_code == 404
        assert client_of(other).get(f"/people/{person.username}/").status_code == 404


class TestComingBack:
    def test_they_have_their_words_and_join_groups_anew(self, network, group):
        person = member_of(group)
        thread = thread_in(group, person, text="My figs.")
        leave(network, person)

        place = move_in(network, person)

        assert place.role == "member"
        assert states(person)[group.name] == "left"
        assert join(group, person).is_active
        assert thread.posts.get().author == person

    def test_moving_in_again_changes_nothing(self, network):
        person = PersonFactory(network=network, network__role=Role.MODERATOR)
        joined = Activity.objects.filter(verb="network.joined").count()

        assert move_in(network, person).role == "moderator"
        assert Activity.objects.filter(verb="network.joined").count() == joined

    def test_where_one_is_invited_a_good_code_opens(self, network, group):
        network.sign_up = SignUp.INVITED
        network.save()
        stranger = PersonFactory()
        other = MicroGroupFactory()
        _, code = make_link(group, by=host_of(group))
        _, elsewhere = make_link(other, by=host_of(other))

        for wrong in ("", "nonsense", elsewhere):
            with pytest.raises(Refused) as refusal:
                move_in(network, stranger, code=wrong)
            assert refusal.value.code == "invitation_needed"
        assert move_in(network, stranger, code=code).is_current
        assert Invitation.objects.get(group=group).uses == 0


@pytest.mark.django_db(transaction=True)
def test_whoever_comes_into_groups_while_they_leave_is_in_none_without_a_place():
    network = NetworkFactory(max_groups_per_person=10)
    groups = MicroGroupFactory.create_batch(6, network=network)
    people = PersonFactory.create_batch(4, network=network)
    calls = [(None, network, person) for person in people]
    calls += [(group, network, person) for group in groups for person in people]

    all_at_once(join_or_leave, calls)

    left = [person for person in people if not person.belongs_to(network)]
    assert left == people
    assert not Membership.objects.filter(person__in=left, state__in=CURRENT).exists()
    assert broken() == []


def join_or_leave(group, network, person):
    try:
        join(group, person) if group else leave(network, person)
    except NotAllowed as refusal:
        assert group, refusal


class TestPage:
    def test_it_says_what_becomes_of_what_is_theirs_and_does_it(self, network, group, client_of):
        person = member_of(group)
        full = MicroGroupFactory(network=network, cap=1)
        join(full, person)
        propose(network, person, **CHARTER | {"name": "Figs"})
        browser = client_of(person)

        page = browser.get("/me/leave/").content.decode()
        answer = browser.post("/me/leave/", follow=True)

        assert f"You leave {group.name}." in page
        assert f"at the door of {full.name}." in page
        assert "Your proposal Figs ends." in page
        assert "You do not live here" in answer.content.decode()
        assert f"You have left {network.name}." in answer.content.decode()
        assert "/me/leave/" in client_of(host_of(group)).get("/me/").content.decode()

    def test_whoever_cannot_yet_reads_where_to_hand_over(self, network, group, client_of):
        browser = client_of(host_of(group))

        page = browser.get("/me/leave/")
        answer = browser.post("/me/leave/")

        assert page.status_code == 200
        said = page.content.decode()
        assert f'Nobody else facilitates <a href="{group.get_absolute_url()}">' in said
        assert 'class="button primary"' not in said
        assert answer.status_code == 409
        assert host_of(group).belongs_to(network)

    def test_it_asks_the_same_for_few_groups_and_many(self, network, client_of, count_queries):
        person = PersonFactory(network=network)
        browser = client_of(person)
        costs = []

        for few in (1, 5):
            for _ in range(few):
                join(MicroGroupFactory(network=network, cap=1), person)
            browser.get("/me/leave/")
            costs.append(count_queries(lambda: browser.get("/me/leave/")))

        assert costs == [4, 4]


class TestApi:
    def test_somebody_from_elsewhere_comes_in_and_leaves(self, network, group, client_of):
        stranger = PersonFactory(network=NetworkFactory(), name="Jun")
        network.hosts.create(host="testserver")
        browser = client_of(stranger)

        came = browser.post("/api/v1/network/join/", {}, content_type="application/json")
        again = browser.post("/api/v1/network/join/", {}, content_type="application/json")
        left = browser.delete("/api/v1/network/membership/")
        gone = browser.delete("/api/v1/network/membership/")

        assert (came.status_code, came.json()["name"]) == (201, "Jun")
        assert (came.json()["role"], came.json()["groups"]) == ("member", [])
        assert [again.status_code, left.status_code, gone.status_code] == [200, 204, 401]

    def test_a_token_leaves_with_what_it_may_write(self, network, group, api_of):
        person = member_of(group)

        assert api_of(person, network, ["read"]).delete("/network/membership/").status_code == 403
        assert api_of(person, network, ["write"]).delete("/network/membership/").status_code == 204
        assert not person.belongs_to(network)

    def test_refusals(self, network, group, api_of, client_of, client):
        out, stranger = member_of(group), PersonFactory()
        suspend(network, out, reason="Spam.", by=admin_of(network))
        network.sign_up = SignUp.INVITED
        network.save()
        facts = {"data": {"code": "x"}, "content_type": "application/json"}

        answers = [
            api_of(host_of(group), network).delete("/network/membership/"),
            client_of(out).post("/api/v1/network/join/", **facts),
            client_of(stranger).post("/api/v1/network/join/", **facts),
            client.post("/api/v1/network/join/", **facts),
            client_of(stranger).post(
                "/api/v1/network/join/", {"code": 7 * ["x"]}, content_type="application/json"
            ),
        ]

        told = [(answer.status_code, answer.json()["code"]) for answer in answers]
        assert told[:3] == [
            (409, "last_facilitator"),
            (403, "not_allowed"),
            (409, "invitation_needed"),
        ]
        assert [status for status, _ in told[3:]] == [401, 400]

    def test_codes_are_not_tried_out(self, network, client_of):
        network.sign_up = SignUp.INVITED
        network.save()
        facts = {"data": {"code": "guess"}, "content_type": "application/json"}

        with time_machine.travel(NOW, tick=False):
            browser = client_of(PersonFactory())
            told = [browser.post("/api/v1/network/join/", **facts).status_code for _ in range(12)]

        assert told == [409] * 10 + [429] * 2

    def test_it_asks_little(self, network, group, client_of, api_of, count_queries):
        program = api_of(member_of(group), network)
        browser = client_of(PersonFactory())
        facts = {"data": {}, "content_type": "application/json"}

        costs = [
            count_queries(lambda: program.delete("/network/membership/")),
            count_queries(lambda: browser.post("/api/v1/network/join/", **facts)),
        ]

        assert costs == [29, 11]
