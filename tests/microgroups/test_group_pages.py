"""The pages of groups and at their doors."""

import pytest

from microgroups.groups.actions import archive, decline, propose
from microgroups.groups.models import MicroGroup
from microgroups.membership.actions import describe, join, remove, rest
from microgroups.membership.models import Membership
from network.notifications.models import Notice
from tests.factories import (
    MicroGroupFactory,
    PersonFactory,
    admin_of,
    member_of,
    thread_in,
)
from tests.microgroups.test_groups import CHARTER

pytestmark = pytest.mark.django_db
TYPED = {**CHARTER, "join_policy": "open", "visibility": "listed", "cap": "30", "questions": ""}


@pytest.fixture
def founder(network):
    return PersonFactory(network=network)


@pytest.fixture
def group(network, founder):
    return MicroGroupFactory(network=network, founder=founder, cap=2)


@pytest.fixture
def outsider(network):
    return PersonFactory(network=network)


class TestDiscover:
    def test_it_shows_the_streets_of_groups_one_may_see(self, client_of, network, group, outsider):
        hidden = MicroGroupFactory(network=network, visibility="hidden", name="The Cellar")

        page = client_of(outsider).get("/groups/").content.decode()

        assert group.name in page
        assert "1 of 2" in page
        assert hidden.name not in page

    def test_groups_are_found_by_words_and_room(self, client_of, network, outsider):
        figs = MicroGroupFactory(network=network, name="Fig growers", cap=1)
        rope = MicroGroupFactory(network=network, name="Rope makers")
        client = client_of(outsider)

        found = client.get("/groups/?q=figs").content.decode()
        roomy = client.get("/groups/?room=free").content.decode()

        assert (figs.name in found, rope.name in found) == (True, False)
        assert (figs.name in roomy, rope.name in roomy) == (False, True)

    def test_those_one_is_in_are_found_the_archived_ones_too(self, client_of, network, group):
        person = member_of(group)
        closed = MicroGroupFactory(network=network, name="Old choir")
        member_of(closed, person=person)
        archive(closed, admin_of(network))
        other = MicroGroupFactory(network=network, name="Rope makers")

        page = client_of(person).get("/groups/?room=mine").content.decode()

        assert (group.name in page, closed.name in page) == (True, True)
        assert other.name not in page

    def test_a_card_says_why_it_may_fit_and_only_what_one_may_know(self, client_of, network, group):
        person = member_of(group)
        person.intro = "I keep tomatoes, and bees."
        person.save()
        known = PersonFactory(network=network, name="Ruth Vandersteen")
        MicroGroup.objects.filter(pk=group.pk).update(cap=9)
        member_of(group, person=known)
        shown = MicroGroupFactory(network=network, visibility="network", name="Menders")
        quiet = MicroGroupFactory(network=network, visibility="listed", name="Night readers")
        for other in (shown, quiet):
            member_of(other, person=known)
        MicroGroupFactory(network=network, name="Windows", purpose="TOMATOES, on every sill.")
        MicroGroupFactory(network=network, name="Choir", join_policy="ask", questions=["Why?"])

        found = client_of(person).get("/groups/").context["groups"]

        assert {each.name: each.fit for each in found} == {
            group.name: "You are in this one.",
            "Menders": "You know Ruth from another group.",
            "Night readers": "Walk in.",
            "Windows": "You wrote “tomatoes” about yourself.",
            "Choir": "They ask one question first, and somebody says yes.",
        }

    def test_an_empty_network_offers_to_begin(self, client_of, outsider):
        assert "No groups yet" in client_of(outsider).get("/groups/").content.decode()


class TestTheDoor:
    def test_coming_in(self, client_of, group, outsider):
        answer = client_of(outsider).post(f"/groups/{group.slug}/join/")

        assert answer.status_code == 302
        assert group.memberships.of(outsider).is_active

    def test_a_full_group_is_never_a_dead_end(self, client_of, network, group, outsider):
        member_of(group)
        other = MicroGroupFactory(network=network)

        page = client_of(outsider).get(f"/groups/{group.slug}/join/").content.decode()

        assert "Every window is lit" in page
        assert "Wait for a seat" in page
        assert other.name in page

    def test_who_waits_reads_how_many_are_before_them(self, client_of, group, outsider):
        member_of(group)
        join(group, PersonFactory(network=group.network))
        join(group, outsider)

        page = client_of(outsider).get(f"/groups/{group.slug}/join/").content.decode()

        assert "One person is before you." in page

    def test_answers_survive_an_error(self, client_of, network, founder, outsider):
        asks = {"join_policy": "ask", "questions": ["Why us?", "What do you grow?"]}
        group = MicroGroupFactory(network=network, founder=founder, **asks)
        client, address = client_of(outsider), f"/groups/{group.slug}/join/"

        answer = client.post(address, {"answer_0": "The company.", "answer_1": " "})

        assert answer.status_code == 422
        assert "The company." in answer.content.decode()
        assert not group.memberships.of(outsider)
        client.post(address, {"answer_0": "The company.", "answer_1": "Figs."})
        assert group.memberships.of(outsider).answers == ["The company.", "Figs."]

    def test_a_refusal_is_said_on_the_page(self, client_of, group, founder, outsider):
        join(group, outsider)
        remove(group, outsider, by=founder, reason="A week off.")

        answer = client_of(outsider).post(f"/groups/{group.slug}/join/")

        assert answer.status_code == 422
        assert f"{group.name} is closed to you." in answer.content.decode()

    @pytest.mark.parametrize("deed", ["leave", "rest"])
    def test_going_is_asked_once_more_and_done_by_post_alone(self, client_of, group, deed):
        person = member_of(group)
        client = client_of(person)

        assert client.get(f"/groups/{group.slug}/{deed}/").status_code == 200
        assert group.memberships.of(person).is_active
        assert client.post(f"/groups/{group.slug}/{deed}/").status_code == 302
        assert not group.memberships.of(person).is_active

    def test_returning(self, client_of, group):
        person = member_of(group)
        rest(group, person)

        client_of(person).post(f"/groups/{group.slug}/return/")

        assert group.memberships.of(person).is_active

    def test_the_last_facilitator_reads_why_not(self, client_of, group, founder):
        answer = client_of(founder).post(f"/groups/{group.slug}/leave/")

        assert "Ask somebody to take over first." in answer.content.decode()
        assert group.memberships.of(founder).is_active


class TestItsCard:
    """What a group says to each who stands before it."""

    def words(self, client_of, group, person):
        return client_of(person).get(f"/groups/{group.slug}/").content.decode()

    def test_a_full_group_says_so_and_how_many_wait(self, client_of, group, outsider):
        member_of(group)
        join(group, PersonFactory(network=group.network))

        page = self.words(client_of, group, outsider)

        assert "Every window is lit" in page
        assert "Two people live here" in page
        assert "one other person does" in page

    def test_who_waits_or_has_asked_finds_the_way_out_again(self, client_of, group, outsider):
        member_of(group)
        join(group, outsider)
        asking = MicroGroupFactory(network=group.network, join_policy="ask")
        join(asking, outsider)

        assert f"/groups/{group.slug}/join/" in self.words(client_of, group, outsider)
        assert f"/groups/{asking.slug}/leave/" in self.words(client_of, asking, outsider)

    def test_who_is_barred_is_told_and_shown_no_door(self, client_of, group, founder):
        person = member_of(group)
        remove(group, person, by=founder, reason="A week off.")

        page = self.words(client_of, group, person)

        assert "Closed to you" in page
        assert f"/groups/{group.slug}/join/" not in page

    def test_one_that_waits_for_a_yes_says_so_and_asks_the_admin_for_it(
        self, client_of, network, founder, outsider
    ):
        group = propose(network, founder, **CHARTER)

        assert "waits for an admin’s yes" in self.words(client_of, group, founder)
        assert "Let it begin" in self.words(client_of, group, admin_of(network))
        assert "Let it begin" not in self.words(client_of, group, outsider)

    def test_a_declined_one_says_why_to_its_founder_who_may_answer(
        self, client_of, network, founder
    ):
        group = propose(network, founder, **CHARTER)
        decline(group, admin_of(network), reason="There is one like it.")

        page = self.words(client_of, group, founder)

        assert "There is one like it." in page
        assert f"/groups/{group.slug}/propose/" in page


class TestPeople:
    def test_names_are_shown_to_members_and_admins(self, client_of, group, outsider):
        person = member_of(group)
        address = f"/groups/{group.slug}/people/"

        assert person.name in client_of(person).get(address).content.decode()
        assert client_of(admin_of(group.network)).get(address).status_code == 200
        assert client_of(outsider).get(address).status_code == 404

    def test_one_says_what_one_may_be_asked(self, client_of, group):
        person = member_of(group)
        address = f"/groups/{group.slug}/people/{person.username}/"

        client_of(person).post(address, {"offers": "Sourdough", "asks": ""})

        assert group.memberships.of(person).offers == "Sourdough"
        long = client_of(person).post(address, {"offers": "x" * 281})
        assert long.status_code == 422
        assert "x" * 281 in long.content.decode()

    def test_inside_one_reads_how_somebody_said_hello_and_since_when(
        self, client_of, group, outsider, founder
    ):
        MicroGroup.objects.filter(pk=group.pk).update(cap=9, visibility="network")
        person = member_of(group)
        describe(group, person, offers="Sourdough", asks="Figs")
        thread_in(group, person, title="Hello from the third floor", kind="introduction")
        thread_in(group, person, title="A question of mine", kind="question")
        Membership.objects.filter(person=person).update(last_visit_on="2020-02-02")
        address = f"/groups/{group.slug}/people/{person.username}/"

        inside = client_of(founder).get(address).content.decode()
        outside = client_of(outsider).get(address).content.decode()

        for said in ("Hello from the third floor", "Sourdough", "Figs"):
            assert said in inside
            assert said not in outside
        for page in (inside, outside):
            assert "here since" in page
            for never in ("A question of mine", "2020", "posts", "last seen"):
                assert never not in page

    def test_nobody_changes_the_words_of_somebody_else(self, client_of, group, founder):
        person = member_of(group)

        client_of(founder).post(f"/groups/{group.slug}/people/{person.username}/", {"offers": "No"})

        assert group.memberships.of(person).offers == ""

    def test_a_facilitator_removes_with_a_reason(self, client_of, group, founder):
        person = member_of(group)
        client = client_of(founder)
        address = f"/groups/{group.slug}/people/{person.username}/remove/"

        assert client.post(address, {"reason": ""}).status_code == 422
        assert group.memberships.of(person).is_active
        client.post(address, {"reason": "You sold our addresses.", "bar": "on"})
        assert group.memberships.of(person).barred

    def test_an_admin_names_the_first_facilitator(self, client_of, group):
        person = member_of(group)
        group.memberships.update(role="member")
        client = client_of(admin_of(group.network))
        address = f"/groups/{group.slug}/people/{person.username}/"

        assert "Ask to facilitate" in client.get(address).content.decode()
        client.post(f"{address}role/", {"role": "facilitator"})
        assert group.memberships.of(person).is_facilitator

    @pytest.mark.parametrize("path", ["groups/{slug}/people/%00/", "people/a%00b/"])
    def test_a_name_that_is_none_is_nobody(self, client_of, group, founder, path):
        assert client_of(founder).get(f"/{path.format(slug=group.slug)}").status_code == 404

    def test_who_knocks_is_let_in_or_declined(self, client_of, network, founder):
        group = MicroGroupFactory(network=network, founder=founder, join_policy="ask")
        one, two = PersonFactory(network=network), PersonFactory(network=network)
        for person in (one, two):
            join(group, person)
        client, address = client_of(founder), f"/groups/{group.slug}/requests/"

        assert one.name in client.get(address).content.decode()
        client.post(f"{address}{one.username}/admit/")
        assert client.post(f"{address}{two.username}/decline/", {"reason": ""}).status_code == 422
        client.post(f"{address}{two.username}/decline/", {"reason": "Not now."})
        assert group.memberships.of(one).is_active
        assert group.memberships.of(two).state == "declined"


class TestLookingAfterIt:
    def test_a_facilitator_changes_the_charter_and_keeps_what_was_typed(
        self, client_of, group, founder
    ):
        client, address = client_of(founder), f"/groups/{group.slug}/settings/"

        assert client.post(address, {**TYPED, "cap": "4"}).status_code == 302
        member_of(group)
        answer = client.post(address, {**TYPED, "name": "Figs only", "cap": "1"})

        assert list(answer.context["form"].errors) == ["cap"]
        assert "Figs only" in answer.content.decode()
        group.refresh_from_db()
        assert (group.name, group.cap) == (TYPED["name"], 4)

    def test_an_admin_gives_more_windows_in_writing(self, client_of, group, founder, outsider):
        admin, address = admin_of(group.network), f"/groups/{group.slug}/cap/"
        browser, reason = client_of(admin), "They share one garden."
        member_of(group)

        for person in (founder, outsider):
            assert client_of(person).get(address).status_code == 404
        assert "(if you like)" not in browser.get(address).content.decode()
        for typed, field in (
            ({"cap": "200"}, "reason"),
            ({"cap": "1", "reason": reason}, "cap"),
            ({"cap": "none", "reason": reason}, "cap"),
        ):
            answer = browser.post(address, typed)
            assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
            assert typed.get("reason", typed["cap"]) in answer.content.decode()
        browser.post(address, {"cap": "200", "reason": reason})

        group.refresh_from_db()
        assert (group.cap, group.ceiling, group.ceiling_reason) == (200, 200, reason)
        told = Notice.objects.get(person=founder, kind="cap_changed")
        assert (told.actor, told.words) == (admin, reason)
        for person, path in ((founder, "settings/"), (admin, "charter/"), (admin, "")):
            assert reason in self.read(client_of, person, f"/groups/{group.slug}/{path}")
        for path in ("charter/", ""):
            assert reason not in self.read(client_of, outsider, f"/groups/{group.slug}/{path}")

    def read(self, client_of, person, path):
        return client_of(person).get(path).content.decode()

    @pytest.mark.parametrize("page", ["settings", "requests"])
    def test_its_pages_are_for_facilitators(self, client_of, group, outsider, page):
        for person in (member_of(group), outsider):
            assert client_of(person).get(f"/groups/{group.slug}/{page}/").status_code == 404

    def test_archiving_and_opening_again(self, client_of, group, founder):
        client = client_of(founder)

        client.post(f"/groups/{group.slug}/archive/")
        group.refresh_from_db()
        assert group.is_archived
        assert client.get(f"/groups/{group.slug}/settings/").status_code == 200
        client.post(f"/groups/{group.slug}/restore/")
        group.refresh_from_db()
        assert group.is_open

    def test_an_admin_decides_about_proposals(self, client_of, network, founder):
        group, client = propose(network, founder, **CHARTER), client_of(admin_of(network))

        assert "would like to start" in client.get("/network/").content.decode()
        assert client.post(f"/groups/{group.slug}/decline/", {"reason": ""}).status_code == 422
        client.post(f"/groups/{group.slug}/decline/", {"reason": "There is one like it."})
        mine = client_of(founder)
        assert (
            "There is one like it." in mine.get(f"/groups/{group.slug}/charter/").content.decode()
        )
        mine.post(f"/groups/{group.slug}/propose/", {"answer": "Ours is north."})
        client.post(f"/groups/{group.slug}/approve/")

        group.refresh_from_db()
        assert group.is_open

    @pytest.mark.parametrize("deed", ["approve", "decline", "archive", "restore"])
    def test_nobody_else_decides(self, client_of, group, outsider, deed):
        archived = deed == "restore"
        if archived:
            archive(group, admin_of(group.network))

        client_of(outsider).post(f"/groups/{group.slug}/{deed}/", {"reason": "Mine."})

        group.refresh_from_db()
        assert group.is_archived == archived


class TestCost:
    """The number of queries is the same for few and many, and small."""

    def cost(self, count_queries, client, address):
        client.get(address)
        pages = []
        cost = count_queries(lambda: pages.append(client.get(address)))
        assert pages[0].status_code == 200
        return cost

    def test_discover(self, client_of, network, outsider, count_queries):
        client = client_of(outsider)
        MicroGroupFactory(network=network)
        few = self.cost(count_queries, client, "/groups/")
        for _ in range(15):
            MicroGroupFactory(network=network)

        assert self.cost(count_queries, client, "/groups/") == few <= 7

    @pytest.mark.parametrize(
        ("page", "who", "most"),
        [
            ("charter/", "member", 7),
            ("people/", "member", 7),
            ("people/{name}/", "member", 9),
            ("join/", "outsider", 8),
            ("leave/", "member", 7),
            ("rest/", "member", 7),
            ("requests/", "founder", 10),
            ("settings/", "founder", 7),
            ("cap/", "admin", 6),
            ("archive/", "founder", 7),
            ("people/{name}/remove/", "founder", 8),
        ],
    )
    def test_pages_of_a_group(
        self, client_of, group, founder, outsider, count_queries, page, who, most
    ):
        MicroGroup.objects.filter(pk=group.pk).update(cap=150)
        member = member_of(group)
        people = {"member": member, "founder": founder, "outsider": outsider}
        people["admin"] = admin_of(group.network)
        client = client_of(people[who])
        address = f"/groups/{group.slug}/{page.format(name=member.username)}"
        few = self.cost(count_queries, client, address)
        for _ in range(10):
            member_of(group)

        assert self.cost(count_queries, client, address) == few <= most


class TestOperators:
    def test_they_look_at_groups_and_memberships_without_their_words(self, client_of, group):
        person = join(group, member_of(MicroGroupFactory(network=group.network))).person
        group.memberships.filter(person=person).update(offers="Sourdough", answers=["Because."])
        client = client_of(PersonFactory(network=group.network, is_operator=True))

        for thing in (group, group.memberships.of(person)):
            name = f"/admin/microgroups/{thing._meta.model_name}/"
            assert client.get(name).status_code == 200
            page = client.get(f"{name}{thing.pk}/change/").content.decode()
            assert group.name in page
            for words in (group.difference, "Sourdough", "Because."):
                assert words not in page
            assert client.post(f"{name}{thing.pk}/change/", {"state": "left"}).status_code == 403
