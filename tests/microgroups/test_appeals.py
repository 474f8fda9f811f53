"""Asking somebody else to look again at a removal or a decline."""

import pytest

from facilitation.cues.actions import ask_for_appeals
from facilitation.cues.models import Cue
from microgroups.appeals.actions import appeal, resolve
from microgroups.appeals.models import Appeal
from microgroups.groups.models import MicroGroup
from microgroups.membership.actions import decline_request, erase, join, leave, remove
from network.errors import Invalid, NotAllowed, Refused
from network.networks.door import come_in
from network.networks.models import Network
from network.notifications.models import Notice
from tests.factories import (
    MicroGroupFactory,
    PersonFactory,
    admin_of,
    facilitator_of,
    member_of,
    moderator_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def host(network):
    return PersonFactory(network=network)


@pytest.fixture
def group(network, host):
    return MicroGroupFactory(network=network, founder=host)


@pytest.fixture
def hidden(group):
    MicroGroup.objects.filter(pk=group.pk).update(visibility="hidden")
    group.refresh_from_db()
    return group


def removed(group, host):
    person = member_of(group)
    return remove(group, person, by=host, reason="You sold our addresses.")


def declined(group, host):
    MicroGroup.objects.filter(pk=group.pk).update(join_policy="ask")
    person = PersonFactory(network=group.network)
    join(group, person)
    return decline_request(group, person, by=host, reason="We are for figs.")


def appealed(place, text="I sold my own."):
    return appeal(place, place.person, text=text)


def told(kind):
    return set(Notice.objects.filter(kind=kind).values_list("person", flat=True))


def keys(*people):
    return {person.pk for person in people}


class TestAppealing:
    def test_another_facilitator_is_told_never_who_decided(self, group, host):
        other, admin = facilitator_of(group), admin_of(group.network)

        appealed(removed(group, host))

        assert told("appeal_waits") == keys(other)
        assert admin.pk not in told("appeal_waits")

    def test_without_one_those_who_look_after_the_network_are_told(self, group, host):
        looking = [admin_of(group.network), moderator_of(group.network)]
        admins = Network.objects.get(pk=group.network_id).memberships.filter(role="admin")

        appealed(removed(group, host))

        assert told("appeal_waits") == {*admins.values_list("person", flat=True), looking[1].pk}

    def test_of_a_hidden_group_only_admins_are_told(self, hidden, host):
        admin, moderator = admin_of(hidden.network), moderator_of(hidden.network)

        appealed(removed(hidden, host))

        assert admin.pk in told("appeal_waits")
        assert moderator.pk not in told("appeal_waits")

    def test_it_is_asked_once(self, group, host):
        place = removed(group, host)
        appealed(place)

        with pytest.raises(Refused) as no:
            appealed(place)

        assert no.value.code == "already_appealed"

    def test_a_new_removal_can_be_appealed_anew(self, group, host):
        place = removed(group, host)
        resolve(appealed(place), admin_of(group.network), decision="lifted", reason="Yes.")
        join(group, place.person)
        again = remove(group, place.person, by=host, reason="Once more.")

        assert appealed(again).is_open

    def test_who_is_in_has_nothing_to_appeal(self, group):
        place = group.memberships.of(member_of(group))

        with pytest.raises(Refused) as no:
            appealed(place)

        assert no.value.code == "not_a_member"

    def test_nobody_appeals_for_somebody_else(self, group, host):
        with pytest.raises(Refused):
            appeal(removed(group, host), PersonFactory(network=group.network), text="Let them in.")

    def test_it_needs_words(self, group, host):
        with pytest.raises(Invalid):
            appealed(removed(group, host), " ")


class TestResolving:
    def test_when_lifted_the_bar_falls_and_they_are_told_why(self, group, host):
        place = removed(group, host)

        resolve(appealed(place), facilitator_of(group), decision="lifted", reason="It was his own.")

        notice = place.person.notices.get(kind="appeal_lifted")
        assert notice.words == "It was his own."
        assert join(group, place.person).is_active

    def test_who_was_declined_may_ask_again_at_once(self, group, host):
        place = declined(group, host)

        resolve(appealed(place), admin_of(group.network), decision="lifted", reason="Do ask.")

        assert join(group, place.person).is_requested

    def test_when_upheld_it_stays_as_it_was(self, group, host):
        place = removed(group, host)

        resolve(appealed(place), facilitator_of(group), decision="upheld", reason="They did.")

        with pytest.raises(Refused) as no:
            join(group, place.person)
        assert no.value.code == "barred"
        assert place.person.notices.get(kind="appeal_upheld").words == "They did."

    def test_of_a_hidden_group_they_are_offered_a_seat_for_it_has_no_door(self, hidden, host):
        place = removed(hidden, host)

        resolve(appealed(place), admin_of(hidden.network), decision="lifted", reason="Yes.")

        assert hidden.memberships.of(place.person).is_offered

    def test_who_decided_does_not_look_again(self, group, host):
        facilitator_of(group)

        with pytest.raises(NotAllowed):
            resolve(appealed(removed(group, host)), host, decision="upheld", reason="No.")

    def test_who_decided_does_not_look_again_as_an_admin_either(self, network):
        admin = admin_of(network)
        group = MicroGroupFactory(network=network, founder=admin)

        with pytest.raises(NotAllowed):
            resolve(appealed(removed(group, admin)), admin, decision="upheld", reason="No.")

    def test_an_admin_leaves_it_to_another_facilitator(self, group, host):
        facilitator_of(group)

        with pytest.raises(NotAllowed):
            resolve(
                appealed(removed(group, host)),
                admin_of(group.network),
                decision="upheld",
                reason="No.",
            )

    def test_nobody_decides_their_own(self, group, host):
        place = removed(group, host)
        group.network.memberships.filter(person=place.person).update(role="admin")

        with pytest.raises(NotAllowed):
            resolve(appealed(place), place.person, decision="lifted", reason="I am fine.")

    def test_what_is_decided_stays_decided(self, group, host):
        place, other = removed(group, host), facilitator_of(group)
        made = appealed(place)
        resolve(made, other, decision="upheld", reason="They did.")

        assert resolve(made, other, decision="lifted", reason="Or not.").state == "upheld"
        assert place.person.notices.filter(kind="appeal_lifted").count() == 0

    def test_whose_decision_was_is_forgotten_with_them(self, group, host):
        place = removed(group, host)
        facilitator_of(group)

        erase(host)

        place.refresh_from_db()
        assert place.decided_by is None


class TestQueue:
    def test_the_other_facilitators_find_it_and_who_decided_does_not(self, group, host):
        other = facilitator_of(group)
        made = appealed(removed(group, host))

        ask_for_appeals(made.at)

        for person in (other, host):
            come_in(person, group.network)
        assert Cue.objects.visible_to(other).get(kind="appeal").subject_id == made.pk
        assert not Cue.objects.visible_to(host).filter(kind="appeal").exists()

    def test_it_is_asked_for_once_and_closed_when_decided(self, group, host):
        other = facilitator_of(group)
        made = appealed(removed(group, host))
        ask_for_appeals(made.at)
        ask_for_appeals(made.at)
        resolve(made, other, decision="upheld", reason="They did.")

        ask_for_appeals(made.at)

        assert Cue.objects.get(kind="appeal").state == "done"

    def test_where_nobody_else_facilitates_the_queue_is_left_alone(self, group, host):
        made = appealed(removed(group, host))

        ask_for_appeals(made.at)

        assert not Cue.objects.filter(kind="appeal").exists()

    def test_it_is_not_handed_to_who_decided(self, client_of, group, host):
        other = facilitator_of(group)
        made = appealed(removed(group, host))
        ask_for_appeals(made.at)
        cue = Cue.objects.get(kind="appeal")

        client_of(other).post(f"/care/{cue.pk}/assign/", {"to": host.username})

        cue.refresh_from_db()
        assert cue.assigned_to is None

    def test_the_queue_leads_to_what_they_say(self, client_of, group, host):
        other = facilitator_of(group)
        made = appealed(removed(group, host))
        ask_for_appeals(made.at)

        assert f"/appeals/{made.pk}/" in client_of(other).get("/care/").content.decode()
        assert f"/appeals/{made.pk}/" not in client_of(host).get("/care/").content.decode()


class TestPages:
    def test_who_was_removed_reads_why_and_asks_once(self, client_of, group, host):
        place = removed(group, host)
        client = client_of(place.person)
        address = f"/appeals/of/{place.pk}/"

        outside = client.get(f"/groups/{group.slug}/").content.decode()
        before = client.get(address).content.decode()
        empty = client.post(address, {"text": ""})
        client.post(address, {"text": "I sold my own."})
        after = client.get(address).content.decode()

        assert address in outside
        assert "You sold our addresses." in before
        assert empty.status_code == 422
        assert "I sold my own." in after
        assert "<textarea" not in after

    def test_what_came_of_it_is_read_after_one_has_moved_on(self, client_of, group, host):
        other = facilitator_of(group)
        made = appealed(removed(group, host))
        resolve(made, other, decision="lifted", reason="It was his own.")
        person = made.membership.person
        join(group, person)
        browser = client_of(person)

        told = [each for each in browser.get("/notices/").context["new"] if "again" in each.text]
        page = browser.get(told[0].url).content.decode()

        for said in ("You asked somebody to look again", "It was his own.", group.name):
            assert said in page
        assert "Have somebody else look again" not in page
        assert "You asked somebody to look again" in browser.get("/appeals/").content.decode()
        assert "It was his own." in client_of(other).get(f"/appeals/{made.pk}/").content.decode()
        leave(group, person)
        assert browser.get(f"/appeals/of/{made.membership_id}/").status_code == 200

    def test_it_is_nobody_elses_page(self, client_of, group, host):
        place = removed(group, host)

        assert client_of(host).get(f"/appeals/of/{place.pk}/").status_code == 404

    def test_of_a_hidden_group_neither_name_nor_address_is_told(self, client_of, hidden, host):
        place = removed(hidden, host)

        page = client_of(place.person).get(f"/appeals/of/{place.pk}/").content.decode()

        assert place.reason in page
        assert hidden.name not in page
        assert hidden.slug not in page

    def test_an_admin_finds_it_from_the_network_and_decides(self, client_of, group, host):
        made, admin = appealed(removed(group, host)), admin_of(group.network)
        client = client_of(admin)

        assert "/appeals/" in client.get("/network/").content.decode()
        assert f"/appeals/{made.pk}/" in client.get("/appeals/").content.decode()
        told = client.post(f"/appeals/{made.pk}/", {"decision": "lifted", "reason": "It was his."})

        assert told.status_code == 302
        assert Appeal.objects.get().is_lifted
        own = client_of(made.membership.person).get(f"/appeals/of/{made.membership_id}/")
        assert "You can come in again" in own.content.decode()

    def test_a_refusal_stands_on_the_page(self, client_of, group, host):
        facilitator_of(group)
        made, admin = appealed(removed(group, host)), admin_of(group.network)

        answer = client_of(admin).post(
            f"/appeals/{made.pk}/", {"decision": "lifted", "reason": "It was his."}
        )

        assert answer.status_code == 422
        assert Appeal.objects.get().is_open

    def test_many_cost_as_much_as_few(self, client_of, group, host, count_queries):
        client = client_of(admin_of(group.network))
        appealed(removed(group, host))
        few = count_queries(lambda: client.get("/appeals/"))
        for _ in range(3):
            appealed(removed(group, host))

        assert count_queries(lambda: client.get("/appeals/")) == few <= 9

    def test_one_costs_few_questions(self, client_of, group, host, count_queries):
        made, admin = appealed(removed(group, host)), admin_of(group.network)
        reader, person = client_of(admin), client_of(made.membership.person)

        assert count_queries(lambda: reader.get(f"/appeals/{made.pk}/")) <= 7
        assert count_queries(lambda: person.get(f"/appeals/of/{made.membership_id}/")) <= 8


class TestApi:
    def test_it_is_made_and_decided(self, api_of, group, host):
        place, admin = removed(group, host), admin_of(group.network)
        person = api_of(place.person, group.network)
        address = f"/groups/{group.slug}/membership/appeal/"

        made = person.post(address, {"text": "I sold my own."})
        again = person.post(address, {"text": "I did."})
        (row,) = api_of(admin, group.network).get("/appeals/").json()["results"]
        decided = api_of(admin, group.network).post(
            f"/appeals/{row['id']}/resolve/", {"decision": "lifted", "reason": "It was his."}
        )

        assert (made.status_code, made.json()["state"]) == (201, "open")
        assert (again.status_code, again.json()["code"]) == (409, "already_appealed")
        assert row["about"] == "removal"
        assert (row["group"], row["text"]) == (group.slug, "I sold my own.")
        assert decided.json()["state"] == "lifted"
        assert person.post(f"/groups/{group.slug}/join/").status_code == 201

    def test_of_a_hidden_group_too_and_its_name_is_kept_back(self, api_of, hidden, host):
        place = removed(hidden, host)
        person = api_of(place.person, hidden.network)

        made = person.post(f"/groups/{hidden.slug}/membership/appeal/", {"text": "It was mine."})

        assert (made.status_code, made.json()["group"]) == (201, None)

    def test_who_has_nothing_to_appeal_finds_nothing(self, api_of, group):
        person = api_of(member_of(group), group.network)

        assert (
            person.post(f"/groups/{group.slug}/membership/appeal/", {"text": "Hm."}).status_code
            == 404
        )

    def test_who_decided_does_not_find_it(self, api_of, group, host):
        made = appealed(removed(group, host))
        program = api_of(host, group.network)

        assert program.get("/appeals/").json()["results"] == []
        body = {"decision": "upheld", "reason": "No."}
        assert program.post(f"/appeals/{made.pk}/resolve/", body).status_code == 404

    def test_many_cost_as_much_as_few(self, api_of, group, host, count_queries):
        program = api_of(admin_of(group.network), group.network)
        appealed(removed(group, host))
        program.get("/appeals/")  # the first time the token is used is written down
        few = count_queries(lambda: program.get("/appeals/"))
        for _ in range(3):
            appealed(removed(group, host))

        assert count_queries(lambda: program.get("/appeals/")) == few <= 6
