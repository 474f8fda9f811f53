"""That somebody who is blocked does not reach whoever blocked them, and notices nothing."""

import pytest

from facilitation.cues.actions import done
from facilitation.cues.models import Cue, Kind
from microgroups.membership.actions import remove
from microgroups.membership.invitations import invite_person
from network.errors import NotAllowed, Refused
from network.notifications.kinds import KINDS
from network.notifications.models import Notice
from network.people.blocking import block, unblock
from network.people.models import Block
from network.registries import personal_data
from tests.factories import (
    MicroGroupFactory,
    NetworkFactory,
    PersonFactory,
    facilitator_of,
    member_of,
    say,
    thread_in,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def network():
    network = NetworkFactory()
    network.hosts.create(host="testserver")
    return network


@pytest.fixture
def group(network):
    return MicroGroupFactory(network=network)


@pytest.fixture
def ana(group):
    return member_of(group)


@pytest.fixture
def ben(group):
    return member_of(group)


def kinds_told(person):
    return list(Notice.objects.filter(person=person).values_list("kind", flat=True))


# What comes from whom one has blocked all the same: it tells of one's own place or words, or of
# a duty that one has taken on. All else by a person is theirs to one, and stays away.
PLACE, WORDS, DUTY = "one's place", "one's words", "one's duty"
NEEDED = {
    **dict.fromkeys(["role_changed", "place_opened", "paused", "decision_undone"], PLACE),
    **dict.fromkeys(["announcement", "charter_changed", "charter_confirmed", "cap_changed"], PLACE),
    **dict.fromkeys(["post_hidden", "note_on_words", "title_proposed", "thread_slowed"], WORDS),
    **dict.fromkeys(["highlight_consented", "highlight_taken_down", "distress_seen"], WORDS),
    **dict.fromkeys(["word_from_network", "pace_given_back"], WORDS),
    **dict.fromkeys(["asked_to_join", "proposal_waits", "asked_to_step_in", "cue_assigned"], DUTY),
    **dict.fromkeys(["post_rewritten", "title_accepted", "title_declined"], DUTY),
    **dict.fromkeys(["budding_alone", "distress_taken"], DUTY),
}


class TestReaching:
    def test_their_answers_and_mentions_are_not_told(self, group, ana, ben):
        mine = thread_in(group, person=ana)
        block(ana, ben)

        say(mine, ben, f"Look here, @{ana.username}")

        assert kinds_told(ana) == []

    def test_others_are_told_as_before(self, group, ana, ben):
        cleo = member_of(group)
        thread = thread_in(group, person=cleo)
        block(ana, ben)

        say(thread, ben, f"@{ana.username} and @{cleo.username}")

        assert kinds_told(ana) == []
        assert kinds_told(cleo) == ["reply"]

    def test_one_still_hears_from_everybody_else(self, group, ana, ben):
        thread = thread_in(group, person=ana)
        block(ana, ben)

        say(thread, member_of(group))

        assert kinds_told(ana) == ["reply"]

    def test_a_note_from_a_facilitator_whom_one_has_blocked_does_not_come(self, group, ana):
        host = facilitator_of(group)
        block(ana, host)
        cue = Cue.objects.create(
            kind=Kind.PRESENCE,
            key="presence:here",
            group=group,
            person=ana,
            reason="Away.",
            subject_type="membership",
            subject_id=group.memberships.of(ana).pk,
            due_at=ana.joined_at,
            created_at=ana.joined_at,
        )

        done(cue, host, note="How are you?")

        assert kinds_told(ana) == []

    def test_what_a_facilitator_decides_comes_all_the_same(self, group, ana):
        host = facilitator_of(group)
        block(ana, host)

        remove(group, ana, by=host, reason="It has come to this.")

        assert kinds_told(ana) == ["removed"]

    def test_of_each_notice_by_a_person_it_is_decided_whether_a_block_keeps_it_off(self):
        by_people = {kind for kind, wording in KINDS.items() if "{actor}" in wording.text}

        assert {kind for kind in by_people if not KINDS[kind].personal} == set(NEEDED)

    def test_after_unblocking_they_reach_one_again(self, group, ana, ben):
        thread = thread_in(group, person=ana)
        block(ana, ben)
        unblock(ana, ben)

        say(thread, ben)

        assert kinds_told(ana) == ["reply"]

    def test_one_does_not_name_somebody_whom_one_has_blocked(self, group, ana, ben):
        thread = thread_in(group, person=ana)
        block(ana, ben)

        with pytest.raises(Refused, match=f"You have blocked {ben.name}") as refusal:
            say(thread, ana, f"What does @{ben.username} say?")

        assert refusal.value.code == "blocked"
        assert thread.posts.count() == 1

    def test_their_invitation_is_made_and_does_not_come(self, network, group, ben):
        cleo = PersonFactory(network=network)
        block(cleo, ben)

        invitation, _ = invite_person(group, cleo, by=ben)

        assert invitation.person == cleo
        assert kinds_told(cleo) == []
        assert group.memberships.of(cleo) is None

    def test_one_does_not_invite_somebody_whom_one_has_blocked(self, network, group, ben):
        cleo = PersonFactory(network=network)
        block(ben, cleo)

        with pytest.raises(Refused, match="You have blocked"):
            invite_person(group, cleo, by=ben)

    def test_on_the_page_what_was_typed_stays(self, group, ana, ben, client):
        thread = thread_in(group, person=ana)
        block(ana, ben)
        client.force_login(ana)

        answer = client.post(f"/threads/{thread.pk}/", {"body": f"A word to @{ben.username}"})

        assert answer.status_code == 422
        assert f"A word to @{ben.username}" in answer.text
        assert f"You have blocked {ben.name}" in answer.text


class TestBeingBlocked:
    def test_the_api_answers_as_before(self, group, ana, ben, client):
        thread = thread_in(group, person=ana)
        client.force_login(ben)

        def told():
            answer = client.post(
                f"/api/v1/threads/{thread.pk}/posts/",
                {"body": f"Hello @{ana.username}"},
                content_type="application/json",
            )
            shape = answer.json()
            return answer.status_code, shape["body_html"], sorted(shape)

        before, page = told(), client.get(f"/api/v1/people/{ana.username}/").content
        block(ana, ben)

        assert told() == before
        assert before[0] == 201
        assert client.get(f"/api/v1/people/{ana.username}/").content == page

    def test_the_page_of_the_other_is_as_before(self, ana, ben, client):
        client.force_login(ben)
        before = main_of(client.get(f"/people/{ana.username}/"))
        block(ana, ben)

        assert main_of(client.get(f"/people/{ana.username}/")) == before


def main_of(answer):
    return answer.text.split("<main")[1].split("</main")[0]


class TestBlocking:
    def test_blocking_twice_is_blocking_once(self, ana, ben):
        block(ana, ben)
        block(ana, ben)

        assert Block.objects.count() == 1

    def test_nobody_blocks_themselves(self, ana):
        with pytest.raises(NotAllowed):
            block(ana, ana)

    def test_each_sees_their_own_alone(self, ana, ben):
        block(ana, ben)

        assert [one.blocked for one in Block.objects.visible_to(ana)] == [ben]
        assert not Block.objects.visible_to(ben).exists()

    def test_who_is_erased_leaves_no_block_behind_and_takes_their_own_along(self, ana, ben):
        block(ana, ben)
        block(ben, ana)

        exported = list(personal_data[Block].export(ben))
        personal_data[Block].erase(ben)

        assert [one["person"] for one in exported] == [ana.name]
        assert not Block.objects.exists()


class TestApi:
    def url(self, person):
        return f"/api/v1/people/{person.username}/block/"

    def test_put_blocks_get_lists_delete_unblocks(self, ana, ben, client):
        client.force_login(ana)

        assert client.put(self.url(ben)).json()["username"] == ben.username
        assert client.put(self.url(ben)).status_code == 200
        (listed,) = client.get("/api/v1/me/blocks/").json()["results"]
        assert listed["username"] == ben.username
        assert client.delete(self.url(ben)).status_code == 204
        assert client.get("/api/v1/me/blocks/").json()["results"] == []

    def test_oneself_is_403_and_a_stranger_404(self, ana, client):
        client.force_login(ana)

        assert client.put(self.url(ana)).json()["code"] == "not_allowed"
        assert client.put(self.url(PersonFactory(network=NetworkFactory()))).status_code == 404

    @pytest.mark.parametrize("count", [1, 20])
    def test_the_list_costs_the_same_for_few_and_many(
        self, ana, network, client, count, django_assert_num_queries
    ):
        for _ in range(count):
            block(ana, PersonFactory(network=network))
        client.force_login(ana)

        with django_assert_num_queries(4):
            client.get("/api/v1/me/blocks/")


class TestPages:
    def test_one_is_asked_first_and_can_take_it_back(self, ana, ben, client):
        client.force_login(ana)

        assert f"Block {ben.name}" in client.get(f"/people/{ben.username}/block/").text
        page = client.post(f"/people/{ben.username}/block/", follow=True)
        assert "You have blocked" in page.text
        assert ben.name in client.get("/me/blocks/").text
        client.post(f"/people/{ben.username}/unblock/")
        assert not Block.objects.exists()

    def test_oneself_is_said_to_be_impossible(self, ana, client):
        client.force_login(ana)

        answer = client.post(f"/people/{ana.username}/block/")

        assert answer.status_code == 403
        assert "Nobody blocks themselves." in answer.text

    def test_their_posts_are_folded_for_whoever_blocked_them_alone(self, group, ana, ben, client):
        thread = thread_in(group, person=ana)
        say(thread, ben, "Loud words")
        block(ana, ben)

        client.force_login(ana)
        folded = f"You have blocked {ben.name}. Open what they wrote"
        assert folded in client.get(thread.get_absolute_url()).text
        client.force_login(ben)
        assert "You have blocked" not in client.get(thread.get_absolute_url()).text

    @pytest.mark.parametrize("count", [1, 20])
    def test_the_list_costs_the_same_for_few_and_many(
        self, ana, network, client, count, django_assert_num_queries
    ):
        for _ in range(count):
            block(ana, PersonFactory(network=network))
        client.force_login(ana)

        with django_assert_num_queries(4):
            client.get("/me/blocks/")
