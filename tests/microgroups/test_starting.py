"""Starting a group: drafts, the founding bar, pledges, proposing again, and what ends by itself."""

from datetime import timedelta

import pytest

from microgroups.conversation.actions import delete_thread
from microgroups.groups.actions import approve, decline, propose, propose_again
from microgroups.groups.drafts import (
    MOST,
    GroupDraft,
    begin,
    drop,
    keep,
    propose_draft,
)
from microgroups.groups.fading import forget_drafts
from microgroups.groups.founding import Pledge, load_founding
from microgroups.groups.models import MicroGroup
from microgroups.groups.pledging import end_proposals, pledge, withdraw_pledge
from network.errors import Invalid, NotAllowed, Refused
from network.networks.actions import edit_policy
from network.networks.door import come_in
from network.networks.models import Network
from network.notifications.models import Notice
from network.registries import personal_data
from tests.factories import (
    NOW,
    MicroGroupFactory,
    PersonFactory,
    admin_of,
    member_of,
    thread_in,
)
from tests.microgroups.test_groups import CHARTER

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def founder(network):
    return PersonFactory(network=network)


@pytest.fixture
def draft(network, founder):
    return begin(network, founder, now=NOW, **CHARTER)


@pytest.fixture
def proposal(network, founder):
    return propose(network, founder, now=NOW, **CHARTER)


@pytest.fixture
def program(api_of, network):
    return lambda person: api_of(person, network)


def bar(network, **founding):
    """Let the network ask this of a proposal."""
    Network.objects.filter(pk=network.pk).update(
        **{f"founding_{what}": count for what, count in founding.items()}
    )


def founding_of(group, person):
    group = MicroGroup.objects.select_related("network").get(pk=group.pk)
    return load_founding([group], person)[0].founding


def kinds_of(person):
    return set(Notice.objects.filter(person=person).values_list("kind", flat=True))


class TestDrafts:
    def test_a_draft_may_lack_anything(self, network, founder):
        draft = begin(network, founder, name="  Figs  ", purpose="   ")

        assert (draft.name, draft.purpose, draft.cap) == ("Figs", "", None)
        assert draft.gaps == ["purpose", "difference", "belonging", "agreements", "care_plan"]

    def test_what_is_kept_changes_that_alone_and_an_empty_text_takes_it_back(self, draft, founder):
        later = NOW + DAY

        kept = keep(draft, founder, purpose="Another.", belonging="", cap=20, now=later)

        assert (kept.purpose, kept.belonging, kept.cap) == ("Another.", "", 20)
        assert (kept.name, kept.touched_at) == (CHARTER["name"], later)

    @pytest.mark.parametrize(
        "words", [{"purpose": "x" * 141}, {"colour": "none"}, {"questions": ["a", "b", "c", "d"]}]
    )
    def test_what_does_not_fit_is_refused_by_field(self, draft, founder, words):
        with pytest.raises(Invalid) as refusal:
            keep(draft, founder, **words)

        assert set(refusal.value.errors) == set(words)

    def test_a_draft_is_its_founder_s_alone(self, network, draft):
        admin = admin_of(network)
        come_in(admin, network)

        assert not GroupDraft.objects.visible_to(admin).exists()
        for deed in (keep, drop, propose_draft):
            with pytest.raises(Refused, match="not kept any more"):
                deed(draft, admin)

    def test_a_draft_becomes_the_proposal(self, network, draft, founder):
        keep(draft, founder, join_policy="ask", questions=["Why?"], cap=30)

        group = propose_draft(draft, founder)

        assert (group.name, group.state, group.founder) == (CHARTER["name"], "proposed", founder)
        assert (group.join_policy, group.questions, group.cap) == ("ask", ["Why?"], 30)
        assert not GroupDraft.objects.exists()

    def test_what_a_proposal_lacks_is_said_and_the_draft_stays(self, draft, founder):
        keep(draft, founder, care_plan="")

        with pytest.raises(Invalid) as refusal:
            propose_draft(draft, founder)

        assert set(refusal.value.errors) == {"care_plan"}
        assert GroupDraft.objects.filter(pk=draft.pk).exists()

    def test_a_draft_is_proposed_once(self, draft, founder):
        propose_draft(draft, founder)

        with pytest.raises(Refused) as refusal:
            propose_draft(draft, founder)

        assert refusal.value.code == "draft_gone"

    def test_a_person_keeps_a_hundred_drafts(self, network, founder, draft):
        GroupDraft.objects.bulk_create(
            GroupDraft(network=network, founder=founder, started_at=NOW, touched_at=NOW)
            for _ in range(MOST - 1)
        )

        with pytest.raises(Refused) as refusal:
            begin(network, founder)

        assert refusal.value.code == "too_many_drafts"

    def test_only_members_of_the_network_begin(self, network):
        with pytest.raises(NotAllowed):
            begin(network, PersonFactory())


class TestDraftsThatAreLeft:
    def test_after_23_untouched_days_their_founder_is_told_once(self, draft, founder):
        forget_drafts(NOW + 22 * DAY)
        assert "draft_goes" not in kinds_of(founder)

        forget_drafts(NOW + 23 * DAY)
        forget_drafts(NOW + 24 * DAY)

        assert Notice.objects.filter(person=founder, kind="draft_goes").count() == 1

    def test_after_30_they_are_gone(self, draft):
        forget_drafts(NOW + 23 * DAY)
        forget_drafts(NOW + 29 * DAY)
        assert GroupDraft.objects.exists()

        forget_drafts(NOW + 30 * DAY)

        assert not GroupDraft.objects.exists()

    def test_nothing_goes_without_a_week_s_warning(self, draft):
        forget_drafts(NOW + 40 * DAY)
        assert GroupDraft.objects.exists()

        forget_drafts(NOW + 47 * DAY)

        assert not GroupDraft.objects.exists()

    def test_a_touch_begins_the_days_again(self, draft, founder):
        forget_drafts(NOW + 23 * DAY)
        keep(draft, founder, name="Figs", now=NOW + 24 * DAY)

        forget_drafts(NOW + 32 * DAY)

        assert GroupDraft.objects.exists()


class TestTheBar:
    def test_where_there_is_none_an_admin_s_yes_is_enough(self, network, proposal):
        assert approve(proposal, admin_of(network)).is_open

    def test_a_proposal_short_of_it_cannot_begin_and_says_what_it_lacks(self, network, proposal):
        bar(network, pledges=2, threads=1, facilitators=2)
        pledge(proposal, PersonFactory(network=network))

        with pytest.raises(Refused) as refusal:
            approve(proposal, admin_of(network))

        assert refusal.value.code == "not_ready"
        assert str(refusal.value) == (
            "Balcony Growers still needs one more person who pledges to come, one more "
            "conversation begun in it and somebody else to look after it before it can begin."
        )

    def test_with_all_of_it_a_group_begins(self, network, proposal, founder):
        bar(network, pledges=2, threads=1, facilitators=2)
        thread_in(proposal, founder)
        pledge(proposal, PersonFactory(network=network))
        pledge(proposal, PersonFactory(network=network), facilitate=True)

        assert approve(proposal, admin_of(network)).is_open

    def test_what_only_others_could_give_is_not_asked_of_a_hidden_group(self, network, founder):
        bar(network, pledges=2, threads=1, facilitators=2)
        hidden = propose(network, founder, now=NOW, **{**CHARTER, "visibility": "hidden"})
        end_proposals(NOW + 23 * DAY)
        needed = {"pledges": 0, "threads": 1, "facilitators": 1}
        assert founding_of(hidden, founder)["needed"] == needed
        assert "proposal_goes" in kinds_of(founder)  # a conversation it can begin by itself

        thread_in(hidden, founder)
        end_proposals(NOW + 30 * DAY)

        assert approve(hidden, admin_of(network)).is_open

    def test_a_conversation_taken_back_does_not_count(self, network, proposal, founder):
        bar(network, threads=1)
        delete_thread(thread_in(proposal, founder), founder)

        assert founding_of(proposal, founder)["threads"] == 0

    def test_how_far_it_has_come_is_told_with_one_s_own_pledge(self, network, proposal, founder):
        bar(network, pledges=3)
        person = PersonFactory(network=network)
        pledge(proposal, person, facilitate=True)

        told = founding_of(proposal, person)

        assert (told["pledges"], told["facilitators"], told["mine"]) == (1, 2, True)
        assert told["needed"] == {"pledges": 3, "threads": 0, "facilitators": 1}
        assert told["expires_at"] == NOW + 30 * DAY
        assert founding_of(proposal, founder)["mine"] is None

    @pytest.mark.parametrize(
        ("field", "value"),
        [("founding_pledges", 31), ("founding_threads", 11), ("founding_facilitators", 0)],
    )
    def test_the_policy_has_its_bounds(self, network, field, value):
        with pytest.raises(Invalid):
            edit_policy(network, admin_of(network), **{field: value})


class TestPledges:
    def test_a_pledge_said_again_keeps_its_place(self, network, proposal):
        person = PersonFactory(network=network)
        pledge(proposal, person, now=NOW)

        pledge(proposal, person, facilitate=True, now=NOW + DAY)

        word = proposal.pledges.get()
        assert (word.pledged_at, word.facilitate) == (NOW, True)

    def test_a_pledge_is_taken_back(self, network, proposal):
        person = PersonFactory(network=network)
        pledge(proposal, person)

        withdraw_pledge(proposal, person)
        withdraw_pledge(proposal, person)

        assert not Pledge.objects.exists()

    def test_who_is_in_or_outside_the_network_cannot_pledge(self, proposal, founder):
        with pytest.raises(Refused) as inside:
            pledge(proposal, founder)
        with pytest.raises(NotAllowed):
            pledge(proposal, PersonFactory())

        assert inside.value.code == "already_member"

    def test_an_open_group_takes_no_pledges(self, network):
        group = MicroGroupFactory(network=network)

        with pytest.raises(Refused) as refusal:
            pledge(group, PersonFactory(network=network))

        assert refusal.value.code == "already_open"

    def test_when_it_opens_they_are_seated_in_order_and_the_others_wait(self, network, founder):
        group = propose(network, founder, cap=3, now=NOW, **CHARTER)
        people = PersonFactory.create_batch(4, network=network)
        for hours, person in enumerate(reversed(people)):
            pledge(group, person, now=NOW + timedelta(hours=hours))

        approve(group, admin_of(network), now=NOW + DAY)

        states = {each.person: each.state for each in group.memberships.all()}
        assert [states[person] for person in reversed(people)] == [
            *["active"] * 2,
            *["waitlisted"] * 2,
        ]
        assert "admitted" in kinds_of(people[3])
        assert "lined_up" in kinds_of(people[0])
        assert not Pledge.objects.exists()

    def test_whoever_pledged_to_look_after_it_facilitates(self, network, proposal):
        person = PersonFactory(network=network)
        pledge(proposal, person, facilitate=True)

        approve(proposal, admin_of(network))

        assert proposal.memberships.of(person).is_facilitator

    def test_so_does_who_is_in_as_many_groups_as_one_may_be(self, network, proposal):
        """The groups that one facilitates are not counted."""
        busy = PersonFactory(network=network)
        for _ in range(3):
            member_of(MicroGroupFactory(network=network), person=busy)
        pledge(proposal, busy, facilitate=True)

        approve(proposal, admin_of(network))

        assert proposal.memberships.of(busy).is_facilitator
        assert {"admitted", "now_facilitator"} <= set(kinds_of(busy))

    def test_where_people_ask_first_a_pledge_is_a_yes(self, network, founder):
        group = propose(network, founder, join_policy="ask", questions=["Why?"], **CHARTER)
        person = PersonFactory(network=network)
        pledge(group, person)

        approve(group, admin_of(network))

        assert group.memberships.of(person).is_active

    def test_who_is_in_as_many_groups_as_one_may_be_is_told_and_the_group_opens(
        self, network, proposal
    ):
        busy, free = PersonFactory.create_batch(2, network=network)
        for _ in range(3):
            member_of(MicroGroupFactory(network=network), person=busy)
        pledge(proposal, busy, now=NOW)
        pledge(proposal, free, now=NOW + DAY)

        approve(proposal, admin_of(network))

        assert proposal.memberships.of(busy) is None
        assert proposal.memberships.of(free).is_active
        assert "pledge_unseated" in kinds_of(busy)

    def test_who_is_suspended_meanwhile_has_no_seat(self, network, proposal):
        person = PersonFactory(network=network)
        pledge(proposal, person)
        network.memberships.filter(person=person).update(suspended_at=NOW)

        approve(proposal, admin_of(network))

        assert proposal.memberships.of(person) is None


class TestTryingAgain:
    def test_the_answer_is_kept_for_the_admins_until_it_opens(self, network, proposal, founder):
        admin = admin_of(network)
        decline(proposal, admin, reason="There is one like it.")

        propose_again(proposal, founder, answer="Ours meets at night.")

        proposal.refresh_from_db()
        assert proposal.founder_answer == "Ours meets at night."
        assert proposal.decline_reason == "There is one like it."
        assert approve(proposal, admin).founder_answer == ""

    def test_pledges_are_kept_over_a_no(self, network, proposal, founder):
        admin, person = admin_of(network), PersonFactory(network=network)
        pledge(proposal, person)
        decline(proposal, admin, reason="Not yet.")
        propose_again(proposal, founder, answer="And now?")

        approve(proposal, admin)

        assert proposal.memberships.of(person).is_active


class TestProposalsThatAreLeft:
    def test_short_of_the_bar_the_founder_is_warned_and_then_it_is_declined(
        self, network, proposal, founder
    ):
        bar(network, pledges=1)
        end_proposals(NOW + 23 * DAY)
        end_proposals(NOW + 29 * DAY)
        proposal.refresh_from_db()
        assert proposal.state == "proposed"
        assert Notice.objects.filter(person=founder, kind="proposal_goes").count() == 1

        end_proposals(NOW + 30 * DAY)

        proposal.refresh_from_db()
        assert proposal.state == "declined"
        assert proposal.decline_reason == (
            "After 30 days it still needed one more person who pledges to come. You can try again."
        )
        assert "group_declined" in kinds_of(founder)

    def test_one_that_has_what_it_needs_waits_on(self, network, proposal):
        bar(network, pledges=1)
        end_proposals(NOW + 23 * DAY)
        pledge(proposal, PersonFactory(network=network))

        end_proposals(NOW + 40 * DAY)

        proposal.refresh_from_db()
        assert proposal.state == "proposed"

    def test_a_second_try_has_30_days_of_its_own(self, network, proposal, founder):
        bar(network, pledges=1)
        end_proposals(NOW + 23 * DAY)
        end_proposals(NOW + 30 * DAY)
        propose_again(proposal, founder, answer="Once more.", now=NOW + 31 * DAY)

        end_proposals(NOW + 40 * DAY)

        proposal.refresh_from_db()
        assert (proposal.state, proposal.warned_at) == ("proposed", None)


def test_drafts_and_pledges_are_exported_and_erased(network, draft, proposal, founder):
    person = PersonFactory(network=network)
    pledge(proposal, person)

    exported = [
        *personal_data[GroupDraft].export(founder),
        *personal_data[Pledge].export(person),
    ]
    personal_data[GroupDraft].erase(founder)
    personal_data[Pledge].erase(person)

    assert [each["name"] if "name" in each else each["group"] for each in exported] == [
        CHARTER["name"],
        CHARTER["name"],
    ]
    assert not GroupDraft.objects.exists()
    assert not Pledge.objects.exists()
