"""Asking people in by mail, who may have no account yet."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail

from microgroups.groups.actions import archive
from microgroups.groups.models import MicroGroup
from microgroups.membership.actions import admit, change_role, join, leave, remove
from microgroups.membership.invitations import accept, decline, find, invite_person, revoke
from microgroups.membership.jobs import expire_invitations, remind_invitations
from microgroups.membership.letters import (
    Letter,
    digest_for,
    invite_addresses,
    stop_letters,
    stop_token,
)
from microgroups.membership.models import Invitation
from network.errors import Invalid, NotAllowed, Refused
from network.networks.models import SignUp
from network.notifications.actions import (
    claim_due,
    deliver_due,
    notify,
    settle_unknown,
    stop_mail,
)
from network.notifications.models import Attention, Mail, Notice
from network.people.blocking import block
from network.people.models import Person, Visitor
from network.registries import personal_data
from network.tokens.models import digest_of
from tests.factories import NOW, MicroGroupFactory, PersonFactory, facilitator_of, member_of
from tests.microgroups.test_invitations import code_of, group_with, somebody, state_of
from tests.threads import all_at_once

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HILDE = "hilde@people.example"
OWN = ("id", "code", "url", "email", "expires_at")  # what differs with every invitation


def write_to(group, address=HILDE, *, by=None, now=NOW, **facts):
    """(the invitation, its code)"""
    (made,) = invite_addresses(group, [address], by=by or group.keeper, now=now, **facts)
    return made


def letters():
    """Who got which subject."""
    return [(message.to[0], message.subject) for message in mail.outbox]


class TestAsking:
    def test_one_letter_goes_out_with_who_what_a_line_and_one_button(self):
        group = group_with()
        _, code = write_to(group, "  Hilde@People.EXAMPLE ", words="Bring the walnut story.")

        deliver_due(NOW)
        deliver_due(NOW + HOUR)

        (letter,) = mail.outbox
        assert letter.to == [HILDE]
        assert letter.subject == f"{group.keeper.name} invites you into {group.name}"
        assert letter.body.count("http") == 2  # the button, and stopping
        assert f"/invitations/{code}/" in letter.body
        assert "Bring the walnut story." in letter.body
        assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    def test_the_subject_does_not_name_a_hidden_group(self):
        group = group_with()
        MicroGroup.objects.filter(pk=group.pk).update(visibility="hidden")
        write_to(group)

        deliver_due(NOW)

        assert letters() == [
            (HILDE, f"{group.keeper.name} invites you into a group in {group.network.name}")
        ]

    def test_whether_somebody_lives_there_changes_no_answer(self, api_of, count_queries):
        group = group_with()
        program, path = api_of(group.keeper, group.network), f"/groups/{group.slug}/invitations/"
        insider, elsewhere = member_of(group), PersonFactory()
        costs, shapes = [], []

        def ask(address):
            (shape,) = program.post(path, {"emails": [address]}).json()["invitations"]
            shapes.append({name: said for name, said in shape.items() if name not in OWN})

        ask("first@people.example")
        for address in (insider.email, elsewhere.email, HILDE):
            costs.append(count_queries(lambda address=address: ask(address)))

        assert len(set(costs)) == 1
        assert shapes == [shapes[0]] * 4
        assert (shapes[0]["kind"], shapes[0]["person"]) == ("email", None)

    def test_what_is_no_address_is_said_and_nobody_is_written_to(self):
        group = group_with()

        with pytest.raises(Invalid) as no:
            invite_addresses(group, [HILDE, "jonas@example"], by=group.keeper)

        assert "“jonas@example”" in no.value.errors["emails"][0]
        assert not Invitation.objects.exists()

    def test_an_address_gets_one_letter_in_a_week_whoever_asks(self):
        group = group_with()
        other = MicroGroupFactory(network=group.network)
        other.keeper = other.memberships.facilitating().get().person
        write_to(group)
        write_to(other, now=NOW + HOUR)

        deliver_due(NOW + HOUR)
        deliver_due(NOW + 7 * DAY - HOUR)
        assert len(letters()) == 1
        deliver_due(NOW + 7 * DAY)

        assert [subject.rpartition(" into ")[2] for _, subject in letters()] == [
            group.name,
            other.name,
        ]

    @pytest.mark.django_db(transaction=True)
    def test_eight_groups_at_once_do_not_write_twice(self):
        group = group_with()
        others = [MicroGroupFactory(network=group.network) for _ in range(8)]
        keepers = [other.memberships.facilitating().get().person for other in others]

        def ask(other, keeper):
            invite_addresses(other, [HILDE], by=keeper, now=NOW)

        all_at_once(ask, list(zip(others, keepers, strict=True)))

        assert Letter.objects.filter(mail_due_at__lt=NOW + 7 * DAY).count() == 1

    def test_a_facilitators_word_takes_the_place_of_a_members(self):
        group = group_with("ask")
        _, code = write_to(group, by=group.member)
        assert code_of(write_to, group, by=group.member) == "already_invited"

        _, again = write_to(group, by=group.keeper)

        assert again == code
        assert code_of(write_to, group, by=group.member) == "already_invited"
        hilde = PersonFactory(network=group.network, email=HILDE)
        assert accept(find(code, hilde, now=NOW), hilde, now=NOW).is_active

    @pytest.mark.parametrize("policy", ["open", "ask"])
    def test_whoever_comes_in_by_another_way_is_not_waited_for(self, policy):
        group = group_with(policy)
        person = somebody(group)
        write_to(group, person.email)

        join(group, person)

        if policy == "ask":
            assert Invitation.objects.get().state == "open"  # it can still say yes for them
            admit(group, person, by=group.keeper)
        assert state_of(group, person) == "active"
        assert Invitation.objects.get().state == "used"

    def test_the_twenty_first_of_a_day_has_to_wait(self, settings):
        settings.LIMITS_SCALE = 1
        group = group_with()
        twenty = [f"n{n}@people.example" for n in range(20)]
        invite_addresses(group, twenty, by=group.keeper, now=NOW)

        assert code_of(write_to, group) == "too_often"

    def test_a_facilitator_sees_how_many_are_asked_in(self, api_of):
        group = group_with()
        write_to(group, now=None)
        write_to(group, "ana@people.example", now=None)
        invite_person(group, somebody(group), by=group.member)

        shape = api_of(group.keeper, group.network).get(f"/groups/{group.slug}/").json()

        assert shape["invited"] == 3


def they_are_in(group):
    member_of(group, person=PersonFactory(network=group.network, email=HILDE))


def they_were_removed(group):
    they_are_in(group)
    remove(group, Person.objects.get(email=HILDE), by=group.keeper, reason="Enough")


def they_block_who_invites(group):
    block(PersonFactory(email=HILDE), group.member)


def the_secret_is_new(group):
    Invitation.objects.update(digest=digest_of("what another secret made of it"))


WITHHELD = {
    "there is a new secret": the_secret_is_new,
    "it was taken back": lambda group: revoke(Invitation.objects.get(), group.member),
    "who invites has left": lambda group: leave(group, group.member),
    "the group is archived": lambda group: archive(group, group.keeper),
    "they are in already": they_are_in,
    "they were removed": they_were_removed,
    "they block who invites": they_block_who_invites,
    "they want no such mail": lambda group: stop_mail(PersonFactory(email=HILDE), "seats"),
    "they want no letters": lambda group: stop_letters(digest_for(HILDE)),
}


@pytest.mark.parametrize("why", WITHHELD)
def test_a_letter_is_withheld_when(why):
    group = group_with()
    write_to(group, by=group.member)

    WITHHELD[why](group)
    deliver_due(NOW)

    assert HILDE not in {address for address, _ in letters()}
    assert Letter.objects.get().mail == Mail.WITHHELD


class TestComingIn:
    @pytest.mark.parametrize("sign_up", SignUp.values)
    def test_somebody_without_an_account_comes_from_the_card_into_the_group(self, client, sign_up):
        group = group_with("invite")
        type(group.network).objects.filter(pk=group.network_id).update(sign_up=sign_up)
        _, code = write_to(group, now=None)
        card = f"/invitations/{code}/"

        assert f"/accounts/signup/?next={card}" in client.get(card).content.decode()
        door = client.get(f"/accounts/signup/?next={card}")
        assert f"{group.keeper.name} invites you into {group.name}." in door.content.decode()
        typed = {"name": "Hilde", "email": HILDE, "password1": "four plain words", "old_enough": 1}
        client.post("/accounts/signup/", {**typed, "next": card})
        said = re.search(r"^([A-Z0-9-]{6,})$", mail.outbox[-1].body, re.M)[1]
        back = client.post("/accounts/confirm-email/", {"code": said})
        assert back.url == card
        came = client.post(card)

        hilde = Person.objects.get(email=HILDE)
        assert (came.url, state_of(group, hilde)) == (group.get_absolute_url(), "active")
        assert client.get(group.get_absolute_url()).status_code == 200
        assert Invitation.objects.get().state == "used"

    @pytest.mark.parametrize("after", ["?next=/invitations/guess/", "?next=/", ""])
    def test_without_a_good_code_there_is_no_account_where_one_is_invited(self, client, after):
        group = group_with()
        type(group.network).objects.filter(pk=group.network_id).update(sign_up=SignUp.INVITED)
        invitation, code = write_to(group, now=None)
        revoke(invitation, group.keeper)

        door = client.get(f"/accounts/signup/{after}")
        late = client.get(f"/accounts/signup/?next=/invitations/{code}/")

        assert "One comes in by invitation here" in door.content.decode()
        assert "One comes in by invitation here" in late.content.decode()

    def test_it_is_for_the_address_alone(self, client_of, api_of):
        group = group_with()
        invitation, code = write_to(group, now=None)
        other = somebody(group)
        hilde = PersonFactory(network=group.network)
        EmailAddress.objects.create(user=hilde, email=HILDE, verified=True)
        unverified = somebody(group)
        EmailAddress.objects.create(user=unverified, email="other@people.example")

        assert find(code, Visitor()) == find(code, hilde) == invitation
        assert find(code, other) is None
        with pytest.raises(NotAllowed):
            accept(invitation, other)
        for person in (other, unverified):
            answer = client_of(person).get(f"/invitations/{code}/")
            assert answer.status_code == 404
            assert "opens no door" in answer.content.decode()
        assert api_of(other, group.network).get(f"/invitations/{code}/").status_code == 404

    def test_somebody_from_another_network_comes_into_both_in_one_step(self, client_of):
        group = group_with("ask")
        stranger = PersonFactory(email=HILDE)
        _, code = write_to(group, now=None)
        browser = client_of(stranger)

        page = browser.get(f"/invitations/{code}/").content.decode()
        assert f"a place in {group.network.name} and one here" in page
        browser.post(f"/invitations/{code}/")

        assert state_of(group, stranger) == "active"
        assert group.network.memberships.of(stranger).is_current


class TestReminding:
    def test_who_has_not_answered_for_a_day_is_reminded_once(self):
        group = group_with()
        person, waits, answered = somebody(group), somebody(group), somebody(group)
        for one in (person, answered):
            invite_person(group, one, by=group.keeper, now=NOW)
        join(group, answered, now=NOW)
        write_to(group)
        deliver_due(NOW)
        mail.outbox.clear()

        remind_invitations(NOW + DAY - HOUR)
        assert not Letter.objects.filter(what="reminds").exists()
        for hours in (24, 25, 99):
            remind_invitations(NOW + hours * HOUR)
            deliver_due(NOW + hours * HOUR)

        told = Notice.objects.filter(kind="still_invited").values_list("person", flat=True)
        assert list(told) == [person.pk]
        assert waits.pk not in told
        assert sorted(address for address, _ in letters()) == sorted([HILDE, person.email])
        assert "reminds you once" in next(m.body for m in mail.outbox if m.to == [HILDE])

    def test_a_letter_that_may_not_have_arrived_is_reminded_of_as_any_other(self):
        write_to(group_with())
        claim_due(Letter, now=NOW)
        Letter.objects.update(mail=Mail.HANDING_OVER)  # and there its process died
        settle_unknown(NOW + HOUR)

        remind_invitations(NOW + DAY - HOUR)
        assert not Letter.objects.filter(what="reminds").exists()
        remind_invitations(NOW + DAY)

        assert Letter.objects.filter(what="reminds").count() == 1

    def test_nobody_is_reminded_of_what_is_over_or_was_not_told(self):
        group = group_with()
        taken_back, _ = invite_person(group, somebody(group), by=group.keeper, now=NOW)
        revoke(taken_back, group.keeper)
        asked = somebody(group)
        MicroGroup.objects.filter(pk=group.pk).update(join_policy="ask")
        join(group, asked, now=NOW)
        invite_person(group, asked, by=group.member, now=NOW)
        declined, _ = write_to(group)
        deliver_due(NOW)
        mail.outbox.clear()
        Notice.objects.all().delete()

        decline(declined, now=NOW + HOUR)
        remind_invitations(NOW + 2 * DAY)
        deliver_due(NOW + 2 * DAY)

        assert not mail.outbox
        assert not Notice.objects.exists()

    def test_whoever_lives_here_and_had_a_message_this_week_is_not_reminded(self):
        group = group_with()
        person, by_mail = somebody(group), somebody(group)
        invite_person(group, person, by=group.keeper, now=NOW)
        invitation, _ = write_to(group, by_mail.email)
        deliver_due(NOW)
        facts = {"network": group.network, "group": group, "subject": ("group", group.pk)}
        notify([person, by_mail], "welcome", cause="elsewhere", at=NOW, **facts)
        group.network.memberships.update(joined_at=NOW - 99 * DAY)

        remind_invitations(NOW + DAY)

        assert not Notice.objects.filter(kind="still_invited").exists()
        assert not Letter.objects.filter(what="reminds").exists()
        assert {row.reason for row in Attention.objects.filter(kind="still_invited")} == {
            "week_full"
        }
        assert Attention.objects.filter(cause=f"still_invited:{invitation.pk}").exists()

    def test_a_reminder_comes_by_day(self):
        group = group_with()
        write_to(group)
        deliver_due(NOW)
        night = NOW + DAY + 11 * HOUR

        remind_invitations(night)
        deliver_due(night)
        assert len(letters()) == 1
        deliver_due(night + 9 * HOUR)

        assert len(letters()) == 2


class TestBeingLeftInPeace:
    def test_whoever_reads_there_says_no_and_nobody_is_told_why(self, client):
        group = group_with()
        _, code = write_to(group, now=None)

        page = client.post(f"/invitations/{code}/decline/").content.decode()

        assert "That is fine" in page
        assert Invitation.objects.get().state == "declined"
        assert client.get(f"/invitations/{code}/").status_code == 404
        assert not Notice.objects.exists()

    def test_one_click_in_the_letter_ends_all_letters_to_the_address(self, client):
        group = group_with()
        path = f"/invitations/stop/{stop_token(HILDE)}/"

        assert "Stop these letters?" in client.get(path).content.decode()
        write_to(group)
        assert client.post(path).status_code == client.post(path).status_code == 200
        deliver_due(NOW)

        assert HILDE not in path
        assert not mail.outbox
        assert client.post("/invitations/stop/nothing/").status_code == 404

    def test_who_is_erased_takes_along_what_went_to_their_address(self):
        group = group_with()
        hilde = PersonFactory(network=group.network, email=HILDE)
        write_to(group)

        (row,) = personal_data[Invitation].export(hilde)
        assert (row["kind"], row["made_by_me"]) == ("email", False)
        personal_data[Invitation].erase(hilde)

        assert not Invitation.objects.exists()
        assert not Letter.objects.exists()

    def test_an_address_is_forgotten_a_month_after_its_invitation_ran_out(self):
        group = group_with()
        write_to(group)

        expire_invitations(NOW + 14 * DAY)
        assert Invitation.objects.get().address == HILDE
        expire_invitations(NOW + 44 * DAY)

        assert (Invitation.objects.get().address, Invitation.objects.get().state) == ("", "expired")


def test_a_former_facilitators_letter_vouches():
    group = group_with("ask")
    facilitator = facilitator_of(group)
    write_to(group, by=facilitator)
    hilde = PersonFactory(network=group.network, email=HILDE)

    change_role(group, facilitator, "member", by=group.keeper)

    with pytest.raises(Refused):
        write_to(group, by=facilitator)
    assert accept(Invitation.objects.get(), hilde, now=NOW).is_requested
