"""A group is proposed, opened, changed, archived."""

import pytest

from microgroups.groups import rules
from microgroups.groups.actions import (
    approve,
    archive,
    decline,
    edit,
    note_alive,
    propose,
    propose_again,
    restore,
)
from microgroups.groups.models import MicroGroup, State
from microgroups.membership.actions import erase, leave
from microgroups.membership.facts import count_groups, groups_of
from network.errors import Invalid, NotAllowed, Refused
from network.networks.door import come_in
from network.networks.models import Network
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

pytestmark = pytest.mark.django_db

CHARTER = {
    "name": "Balcony Growers",
    "purpose": "We grow food where there is hardly room.",
    "difference": "Two square metres at most.",
    "belonging": "Whoever has a balcony.",
    "agreements": "Be kind.",
    "care_plan": "Ruth greets, Imani asks.",
    "colour": "moss",
}


@pytest.fixture
def founder(network):
    return PersonFactory(network=network)


@pytest.fixture
def proposal(network, founder):
    return propose(network, founder, now=NOW, **CHARTER)


def seen_by(person, network):
    come_in(person, network)
    return MicroGroup.objects.visible_to(person)


class TestProposing:
    def test_the_founder_is_the_first_member_and_facilitator(self, proposal, founder):
        membership = proposal.memberships.get()

        assert membership.person == founder
        assert membership.is_facilitator
        assert membership.is_founder
        assert proposal.seats_taken == 1

    def test_a_member_s_group_waits_for_an_admin_who_is_told(self, network, founder):
        admin = admin_of(network)

        group = propose(network, founder, **CHARTER)

        assert group.state == State.PROPOSED
        assert Notice.objects.get(person=admin, kind="proposal_waits").actor == founder

    def test_an_admin_s_group_opens_at_once(self, network):
        group = propose(network, admin_of(network), now=NOW, **CHARTER)

        assert group.is_open
        assert group.founded_at == NOW

    def test_it_has_the_usual_cap_unless_it_names_one(self, network, founder):
        Network.objects.filter(pk=network.pk).update(default_cap=40)

        assert propose(network, founder, **CHARTER).cap == 40
        assert propose(network, founder, cap=12, **CHARTER).cap == 12

    def test_its_cap_is_not_above_the_limit(self, network, founder):
        with pytest.raises(Refused) as no:
            propose(network, founder, cap=151, **CHARTER)

        assert no.value.code == "cap_above_limit"
        assert not MicroGroup.objects.exists()

    @pytest.mark.parametrize(
        ("asked", "member", "facilitator", "admin"),
        [
            ("members", True, True, True),
            ("facilitators", False, True, True),
            ("admins", False, False, True),
        ],
    )
    def test_the_policy_says_who_proposes(self, network, asked, member, facilitator, admin):
        group = MicroGroupFactory(network=network)
        Network.objects.filter(pk=network.pk).update(who_may_propose=asked)
        people = [
            (PersonFactory(network=network), member),
            (facilitator_of(group), facilitator),
            (admin_of(network), admin),
            (PersonFactory(network=NetworkFactory()), False),
        ]

        for person, may in people:
            if may:
                propose(network, person, **CHARTER)
            else:
                with pytest.raises(NotAllowed):
                    propose(network, person, **CHARTER)

    def test_what_is_missing_or_too_long_is_told_by_field(self, network, founder):
        bad = {**CHARTER, "name": "\u200b ", "purpose": "x" * 141, "questions": ["a"] * 4}

        with pytest.raises(Invalid) as no:
            propose(network, founder, **bad)

        assert set(no.value.errors) == {"name", "purpose", "questions"}


class TestSlugs:
    def test_a_taken_slug_is_suffixed_silently(self, network, founder):
        slugs = [propose(network, founder, **CHARTER).slug for _ in range(3)]

        assert slugs == ["balcony-growers", "balcony-growers-2", "balcony-growers-3"]

    def test_two_networks_may_have_the_same_slug(self, proposal):
        other = NetworkFactory()

        group = propose(other, PersonFactory(network=other), **CHARTER)

        assert group.slug == proposal.slug

    @pytest.mark.parametrize(("name", "slug"), [("Start", "start-2"), ("朝の会", "group")])
    def test_each_name_finds_an_address(self, network, founder, name, slug):
        assert propose(network, founder, **{**CHARTER, "name": name}).slug == slug

    def test_a_hidden_group_s_slug_ends_in_eight_random_characters(self, network, founder):
        group = propose(network, founder, visibility="hidden", **CHARTER)

        words, _, chance = group.slug.rpartition("-")
        assert words == "balcony-growers"
        assert len(chance) == 8

    def test_a_group_that_is_hidden_gets_a_new_one(self, proposal, founder):
        hidden = edit(proposal, founder, visibility="hidden")
        again = edit(hidden, founder, visibility="hidden", purpose="We grow.")

        assert hidden.slug != "balcony-growers"
        assert again.slug == hidden.slug


class TestDeciding:
    def test_an_approved_group_is_open_and_its_founder_is_told(self, proposal, founder, network):
        group = approve(proposal, admin_of(network), now=NOW)

        assert group.is_open
        assert Notice.objects.get(person=founder, kind="group_approved").mail == "due"

    def test_approving_twice_changes_nothing(self, proposal, founder, network):
        admin = admin_of(network)
        approve(proposal, admin)
        approve(proposal, admin)

        assert Notice.objects.filter(person=founder, kind="group_approved").count() == 1

    @pytest.mark.parametrize("deed", [approve, lambda group, by: decline(group, by, reason="No.")])
    def test_only_an_admin_decides(self, proposal, founder, deed):
        with pytest.raises(NotAllowed):
            deed(proposal, founder)

    def test_a_declined_group_tells_its_founder_why(self, proposal, founder, network):
        group = decline(proposal, admin_of(network), reason="There is one like it.")

        assert group.state == State.DECLINED
        notice = Notice.objects.get(person=founder, kind="group_declined")
        assert notice.words == "There is one like it."

    def test_declining_needs_a_reason(self, proposal, network):
        with pytest.raises(Invalid) as no:
            decline(proposal, admin_of(network), reason=" ")

        assert list(no.value.errors) == ["reason"]

    def test_an_open_group_is_not_declined(self, proposal, network):
        admin = admin_of(network)
        approve(proposal, admin)

        with pytest.raises(Refused) as no:
            decline(proposal, admin, reason="Too late.")

        assert no.value.code == "already_open"

    def test_the_founder_answers_and_proposes_again(self, proposal, founder, network):
        admin = admin_of(network)
        decline(proposal, admin, reason="There is one like it.")

        group = propose_again(proposal, founder, answer="Ours is for the north side.")

        assert group.state == State.PROPOSED
        told = Notice.objects.filter(person=admin, kind="proposal_waits")
        assert told.get().words == "Ours is for the north side."

    def test_nobody_else_proposes_it_again(self, proposal, network):
        decline(proposal, admin_of(network), reason="There is one like it.")

        with pytest.raises(NotAllowed):
            propose_again(proposal, PersonFactory(network=network), answer="Please.")


class TestChanging:
    def test_a_facilitator_changes_the_charter(self):
        group = MicroGroupFactory()

        edit(group, facilitator_of(group), purpose="We grow  figs.")

        group.refresh_from_db()
        assert group.purpose == "We grow figs."

    def test_members_and_outsiders_do_not(self):
        group = MicroGroupFactory()

        for person in (member_of(group), PersonFactory(network=group.network)):
            with pytest.raises(NotAllowed):
                edit(group, person, purpose="Mine.")

    def test_an_admin_who_is_not_in_it_changes_its_cap_alone(self):
        group = MicroGroupFactory()
        admin = admin_of(group.network)

        assert edit(group, admin, cap=20).cap == 20
        with pytest.raises(NotAllowed):
            edit(group, admin, cap=20, purpose="Mine.")

    def test_a_facilitator_stays_below_the_limit(self):
        group = MicroGroupFactory(cap=10)

        with pytest.raises(Refused) as no:
            edit(group, facilitator_of(group), cap=151)

        assert no.value.code == "cap_above_limit"

    def test_the_cap_is_not_below_the_seats_taken(self):
        group = MicroGroupFactory(cap=10)
        member_of(group)

        with pytest.raises(Refused) as no:
            edit(group, facilitator_of(group), cap=2)

        assert no.value.code == "cap_below_members"

    def test_an_admin_s_reason_becomes_the_group_s_own_ceiling(self):
        group = MicroGroupFactory(cap=10)
        admin, host = admin_of(group.network), facilitator_of(group)

        with pytest.raises(Invalid) as no:
            edit(group, admin, cap=200)
        granted = edit(group, admin, cap=200, reason="The choir has two hundred voices.")

        assert list(no.value.errors) == ["reason"]
        assert (granted.cap, granted.ceiling) == (200, 200)
        edit(group, host, cap=30)
        assert edit(group, host, cap=200).cap == 200

    def test_a_ceiling_is_taken_back_by_a_cap_within_the_policy(self):
        group = MicroGroupFactory(cap=10)
        admin, host = admin_of(group.network), facilitator_of(group)
        edit(group, admin, cap=200, reason="The choir has two hundred voices.")

        edit(group, admin, cap=100)

        with pytest.raises(Refused):
            edit(group, host, cap=151)

    def test_an_imported_group_over_policy_is_granted_its_size(self):
        group = MicroGroupFactory(cap=3)
        member_of(group)
        Network.objects.filter(pk=group.network_id).update(max_cap=1, default_cap=1)
        admin = admin_of(group.network)

        granted = edit(group, admin, cap=3, reason="It came so.")

        assert not granted.is_over_policy
        assert granted.seats_left == 1


class TestArchiving:
    def test_who_was_in_it_keeps_reading(self):
        group = MicroGroupFactory()
        member = member_of(group)

        archive(group, facilitator_of(group))

        assert MicroGroup.objects.inside_for(member).get().is_archived

    def test_an_admin_archives_and_restores(self):
        group = MicroGroupFactory()
        admin = admin_of(group.network)

        assert archive(group, admin).is_archived
        assert archive(group, admin).is_archived
        assert restore(group, admin).is_open

    def test_a_member_does_neither(self):
        group = MicroGroupFactory()

        with pytest.raises(NotAllowed):
            archive(group, member_of(group))

    def test_a_proposal_is_not_archived(self, proposal, founder):
        with pytest.raises(Refused) as no:
            archive(proposal, founder)

        assert no.value.code == "group_not_open"

    def test_a_group_that_nobody_facilitates_is_not_opened_again(self):
        group = MicroGroupFactory()
        host = group.memberships.facilitating().get().person
        archive(group, host)
        leave(group, host)

        with pytest.raises(Refused) as no:
            restore(group, admin_of(group.network))

        assert no.value.code == "last_facilitator"


class TestErasing:
    def test_the_longest_standing_member_takes_over(self):
        group = MicroGroupFactory()
        host = group.memberships.facilitating().get().person
        first, _ = member_of(group), member_of(group)

        erase(host, NOW)

        assert group.memberships.facilitating().get().person == first
        assert not group.memberships.of(host)

    def test_an_emptied_group_is_archived(self):
        group = MicroGroupFactory()

        erase(group.memberships.get().person, NOW)

        group.refresh_from_db()
        assert group.is_archived
        assert group.seats_taken == 0


class TestWhoSees:
    @pytest.mark.parametrize("visibility", ["network", "listed"])
    def test_the_card_of_a_shown_group_is_the_network_s(self, network, visibility):
        group = MicroGroupFactory(network=network, visibility=visibility)

        assert group in seen_by(PersonFactory(network=network), network)
        assert group not in seen_by(PersonFactory(network=NetworkFactory()), network)

    def test_a_hidden_group_is_seen_by_its_members_and_admins_alone(self, network):
        group = MicroGroupFactory(network=network, visibility="hidden")
        member, former = member_of(group), member_of(group)
        leave(group, former)

        assert group in seen_by(member, network)
        assert group in seen_by(admin_of(network), network)
        assert group not in seen_by(PersonFactory(network=network), network)
        assert group not in seen_by(former, network)

    def test_a_declined_group_is_seen_by_its_founder_and_admins(self, proposal, founder, network):
        admin = admin_of(network)
        decline(proposal, admin, reason="No.")

        assert proposal in seen_by(founder, network)
        assert proposal in seen_by(admin, network)
        assert proposal not in seen_by(PersonFactory(network=network), network)

    def test_hidden_groups_do_not_count_for_those_who_do_not_know_them(self, network):
        group = MicroGroupFactory(network=network, visibility="hidden")
        outsider, member = PersonFactory(network=network), member_of(group)
        come_in(outsider, network)
        come_in(member, network)

        assert count_groups(network, outsider) == 0
        assert count_groups(network, member) == 1

    def test_people_s_groups_are_told_where_names_are_shown(self, network):
        listed = MicroGroupFactory(network=network, visibility="listed")
        named = MicroGroupFactory(network=network, visibility="network")
        person, outsider = member_of(listed), PersonFactory(network=network)
        member_of(named, person=person)
        come_in(outsider, network)

        assert groups_of([person], outsider) == {person.pk: [named.slug]}


class TestAliveDays:
    def test_a_post_keeps_a_group_alive_for_seven_days(self):
        days, until = rules.alive_after_post(0, None, NOW.date())

        assert days == 7
        assert (until - NOW.date()).days == 6

    def test_days_that_overlap_count_once(self):
        group = MicroGroupFactory()
        for day in (1, 3, 3, 20):
            note_alive(group, NOW.date().replace(day=day))

        group.refresh_from_db()
        assert group.alive_days == 9 + 7
        assert group.alive_days_by(NOW.date().replace(day=20)) == 10
