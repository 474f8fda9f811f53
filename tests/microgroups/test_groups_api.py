"""Groups and their doors over the API, as api.md promises them."""

import pytest

from microgroups.groups.actions import archive, decline, propose
from microgroups.groups.models import MicroGroup
from microgroups.membership.actions import join
from microgroups.membership.models import Membership
from network.networks.models import Network
from tests.factories import MicroGroupFactory, NetworkFactory, PersonFactory, admin_of, member_of
from tests.microgroups.test_groups import CHARTER

pytestmark = pytest.mark.django_db

GROUP = {
    "slug",
    "name",
    "purpose",
    "difference",
    "belonging",
    "agreements",
    "care_plan",
    "colour",
    "state",
    "join_policy",
    "visibility",
    "questions",
    "tools",
    "cap",
    "seats_taken",
    "seats_left",
    "over_policy",
    "waiting",
    "invited",
    "facilitators",
    "founded_at",
    "sister_of",
    "charter_confirmed_at",
    "founding",
    "my_membership",
}
MEMBERSHIP = {
    "person",
    "state",
    "role",
    "position",
    "offer_until",
    "joined_at",
    "offers",
    "asks",
    "agreements_accepted",
    "answers",
}


@pytest.fixture
def group(network):
    return MicroGroupFactory(network=network, cap=2, founder=PersonFactory(network=network))


@pytest.fixture
def asking(network):
    founder = PersonFactory(network=network)
    asks = {"join_policy": "ask", "questions": ["Why us?"]}
    return MicroGroupFactory(network=network, cap=2, founder=founder, **asks)


@pytest.fixture
def host(group):
    return group.memberships.facilitating().get().person


@pytest.fixture
def program(api_of, network):
    """Programs of people of the network: `program(person).get(…)`; of somebody new without one."""
    return lambda person=None, **facts: api_of(
        person or PersonFactory(network=network), network, **facts
    )


def code_of(answer):
    return answer.status_code, answer.json()["code"]


class TestGroups:
    def test_a_group_has_the_shape_of_the_contract(self, program, group, host):
        member = member_of(group)

        shape = program(member).get(f"/groups/{group.slug}/").json()

        assert set(shape) == GROUP
        assert set(shape["my_membership"]) == MEMBERSHIP
        assert shape["facilitators"] == [host.username]
        assert (shape["seats_taken"], shape["seats_left"], shape["over_policy"]) == (2, 0, False)
        assert shape["founding"] is None
        assert shape["invited"] is None

    def test_outsiders_have_no_membership(self, program, group):
        assert program().get(f"/groups/{group.slug}/").json()["my_membership"] is None

    def test_a_proposal_says_how_far_it_has_come(self, program, network):
        founder = PersonFactory(network=network)

        answer = program(founder).post("/groups/", CHARTER)

        shape = answer.json()
        assert answer.status_code == 201
        assert shape["state"] == "proposed"
        assert shape["my_membership"]["role"] == "facilitator"
        assert shape["founding"] == {
            "pledges": 0,
            "threads": 0,
            "facilitators": 1,
            "needed": {"pledges": 0, "threads": 0, "facilitators": 1},
            "expires_at": None,
            "reason": "",
            "mine": None,
        }

    def test_an_admin_s_group_is_open_at_once(self, program, network):
        answer = program(admin_of(network)).post("/groups/", CHARTER)

        assert (answer.status_code, answer.json()["state"]) == (201, "open")

    @pytest.mark.parametrize("missing", ["name", "purpose", "agreements", "care_plan"])
    def test_the_name_and_the_texts_of_the_charter_are_required(self, program, missing):
        body = {**CHARTER}
        del body[missing]

        answer = program().post("/groups/", body)

        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == [missing]
        assert not MicroGroup.objects.exists()

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", ""),
            ("name", "\u200b"),
            ("name", 7),
            ("purpose", "x" * 141),
            ("difference", "x" * 4001),
            ("colour", "pink"),
            ("visibility", "secret"),
            ("join_policy", None),
            ("questions", ["a", "b", "c", "d"]),
            ("questions", "why"),
            ("cap", 0),
            ("cap", 10**12),
            ("cap", True),
            ("belonging", "a\u0000b"),
        ],
    )
    def test_bad_input_is_told_by_field_and_writes_nothing(self, program, field, value):
        answer = program().post("/groups/", {**CHARTER, field: value})

        assert answer.status_code == 400
        assert [name.partition(".")[0] for name in answer.json()["errors"]] == [field]
        assert not MicroGroup.objects.exists()

    def test_what_is_not_ours_to_say_is_ignored(self, program, network):
        extra = {"state": "open", "seats_taken": 99, "slug": "mine", "ceiling": 900, "founder": "x"}

        shape = program().post("/groups/", {**CHARTER, **extra}).json()

        assert shape["state"] == "proposed"
        assert shape["slug"] == "balcony-growers"
        assert shape["seats_taken"] == 1

    def test_approving_declining_and_proposing_again(self, program, network):
        founder, admin = PersonFactory(network=network), program(admin_of(network))
        slug = program(founder).post("/groups/", CHARTER).json()["slug"]

        declined = admin.post(f"/groups/{slug}/decline/", {"reason": "There is one like it."})
        assert declined.json()["founding"]["reason"] == "There is one like it."
        assert program().get(f"/groups/{slug}/").status_code == 404
        assert code_of(admin.post(f"/groups/{slug}/approve/")) == (409, "group_not_open")

        again = program(founder).post(f"/groups/{slug}/propose/", {"answer": "Ours is north."})
        assert again.json()["state"] == "proposed"

        approved = admin.post(f"/groups/{slug}/approve/")
        assert (approved.status_code, approved.json()["state"]) == (200, "open")

    def test_a_reason_is_required(self, program, network):
        group = propose(network, PersonFactory(network=network), **CHARTER)

        answer = program(admin_of(network)).post(f"/groups/{group.slug}/decline/")

        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["reason"])

    def test_a_facilitator_changes_the_group(self, program, group, host):
        answer = program(host).patch(f"/groups/{group.slug}/", {"purpose": "We grow figs."})

        assert (answer.status_code, answer.json()["purpose"]) == (200, "We grow figs.")

    def test_a_stale_change_is_refused(self, program, group, host):
        asker = program(host)
        etag = asker.get(f"/groups/{group.slug}/")["ETag"]
        asker.patch(f"/groups/{group.slug}/", {"purpose": "We grow figs."})

        answer = asker.patch(f"/groups/{group.slug}/", {"purpose": "No."}, if_match=etag)

        assert code_of(answer) == (412, "edit_conflict")

    def test_the_cap_has_its_three_refusals(self, program, group, host):
        member_of(group)
        address, admin = f"/groups/{group.slug}/", program(admin_of(group.network))

        assert code_of(program(host).patch(address, {"cap": 1})) == (409, "cap_below_members")
        assert code_of(program(host).patch(address, {"cap": 151})) == (409, "cap_above_limit")
        assert list(admin.patch(address, {"cap": 151}).json()["errors"]) == ["reason"]
        granted = admin.patch(address, {"cap": 200, "reason": "A choir."}).json()
        assert (granted["cap"], granted["seats_left"]) == (200, 198)

    def test_archiving_and_restoring(self, program, group, host):
        asker = program(host)

        assert asker.post(f"/groups/{group.slug}/archive/").json()["state"] == "archived"
        assert code_of(program().post(f"/groups/{group.slug}/join/")) == (409, "group_not_open")
        assert asker.post(f"/groups/{group.slug}/restore/").json()["state"] == "open"


class TestFinding:
    def found(self, asker, **query):
        answer = asker.get("/groups/?" + "&".join(f"{key}={each}" for key, each in query.items()))
        assert answer.status_code == 200, answer.content
        return [group["name"] for group in answer.json()["results"]]

    def test_open_groups_are_listed_the_youngest_first(self, program, network):
        old, new = MicroGroupFactory(network=network), MicroGroupFactory(network=network)
        archived = MicroGroupFactory(network=network)
        archive(archived, archived.memberships.get().person)

        asker = program()
        assert self.found(asker) == [new.name, old.name]
        assert self.found(asker, state="archived") == [archived.name]

    def test_groups_are_found_by_words_seats_and_membership(self, program, network):
        figs = MicroGroupFactory(network=network, name="Fig growers", cap=1)
        rope = MicroGroupFactory(network=network, name="Rope makers")
        person = member_of(rope)

        asker = program(person)
        assert self.found(asker, q="figs") == [figs.name]
        assert self.found(asker, has_seats="true") == [rope.name]
        assert self.found(asker, mine="true") == [rope.name]
        assert self.found(asker, q="") == [rope.name, figs.name]

    def test_hidden_groups_are_found_by_those_who_know_them(self, program, network):
        group = MicroGroupFactory(network=network, name="Fig growers", visibility="hidden")
        member = member_of(group)

        assert self.found(program(), q="fig") == []
        assert self.found(program(member), q="fig") == [group.name]
        assert program().get(f"/groups/{group.slug}/").status_code == 404

    def test_proposals_are_listed_for_pledging(self, program, network):
        propose(network, PersonFactory(network=network), **CHARTER)

        assert self.found(program(), state="proposed") == [CHARTER["name"]]

    def test_a_question_that_is_none_is_400(self, program):
        for query in ("state=shut", "has_seats=perhaps", f"q={'x' * 201}", "limit=0"):
            assert program().get(f"/groups/?{query}").status_code == 400

    def test_pages_hold_every_group_once(self, program, network):
        groups = [MicroGroupFactory(network=network) for _ in range(5)]
        asker, address, seen = program(), "/groups/?limit=2", []

        while address:
            page = asker.get(address).json()
            seen += [group["slug"] for group in page["results"]]
            address = page["next"] and page["next"].partition("/api/v1")[2]

        assert seen == [group.slug for group in reversed(groups)]


class TestWhoMay:
    CALLS = [
        ("PATCH", "", {"purpose": "Mine."}),
        ("POST", "archive/", {}),
        ("POST", "restore/", {}),
        ("GET", "requests/", None),
        ("GET", "waitlist/", None),
        ("GET", "members/?state=left", None),
        ("PATCH", "members/{name}/", {"role": "facilitator"}),
        ("POST", "members/{name}/remove/", {"reason": "No."}),
        ("POST", "members/{name}/unbar/", {}),
        ("POST", "requests/{name}/admit/", {}),
        ("POST", "requests/{name}/decline/", {"reason": "No."}),
    ]

    @pytest.mark.parametrize(("method", "path", "body"), CALLS)
    def test_a_facilitator_s_call_answers_members_403_and_outsiders_as_they_see(
        self, program, network, method, path, body
    ):
        shown = MicroGroupFactory(network=network)
        hidden = MicroGroupFactory(network=network, visibility="hidden")
        for group in (shown, hidden):
            name = group.memberships.get().person.username
            address = f"/groups/{group.slug}/{path.format(name=name)}"
            assert program(member_of(group)).ask(method, address, body).status_code == 403
        outsider = program()
        host = shown.memberships.facilitating().get().person.username
        at = f"/groups/{shown.slug}/{path.format(name=host)}"
        assert code_of(outsider.ask(method, at, body)) == (403, "not_allowed")
        assert outsider.ask(method, address, body).status_code == 404
        assert not Membership.objects.filter(state="removed").exists()

    @pytest.mark.parametrize("deed", ["approve", "decline"])
    def test_an_admin_s_call_answers_everybody_else_403(self, program, network, deed):
        founder = PersonFactory(network=network)
        group = propose(network, founder, **CHARTER)
        body = {"reason": "No."}

        for person in (founder, None):
            answer = program(person).post(f"/groups/{group.slug}/{deed}/", body)
            assert code_of(answer) == (403, "not_allowed")

    @pytest.mark.parametrize(
        ("scopes", "path", "status"),
        [
            (["read"], "join/", 403),
            (["write"], "archive/", 403),
            (["read", "write"], "requests/x/admit/", 403),
            (["facilitate"], "archive/", 200),
        ],
    )
    def test_a_token_reaches_as_far_as_its_scopes(self, program, group, host, scopes, path, status):
        answer = program(host, scopes=scopes).post(f"/groups/{group.slug}/{path}")

        assert answer.status_code == status
        if status == 403:
            assert answer.json()["code"] == "insufficient_scope"

    def test_visitors_are_asked_to_sign_in(self, client, group):
        for path in ("groups/", f"groups/{group.slug}/", f"groups/{group.slug}/members/"):
            assert client.get(f"/api/v1/{path}").status_code == 401

    def test_a_person_of_another_network_sees_nothing(self, api_of, group):
        other = NetworkFactory()
        stranger = api_of(PersonFactory(network=other), other)

        assert stranger.get(f"/groups/{group.slug}/").status_code in (401, 404)

    def test_a_declined_group_stays_with_its_founder(self, program, network):
        founder = PersonFactory(network=network)
        group = propose(network, founder, **CHARTER)
        decline(group, admin_of(network), reason="No.")

        assert program(founder).get(f"/groups/{group.slug}/").json()["state"] == "declined"
        assert program().get(f"/groups/{group.slug}/").status_code == 404


class TestCost:
    def cost(self, count_queries, asker, address):
        asker.get(address)
        answers = []
        cost = count_queries(lambda: answers.append(asker.get(address)))
        assert answers[0].status_code == 200, answers[0].content
        return cost

    def test_groups_one_is_in_cost_the_same_as_others(self, program, network, count_queries):
        asker = PersonFactory(network=network)
        groups = [MicroGroupFactory(network=network) for _ in range(3)]
        member_of(groups[0], person=asker)
        few = self.cost(count_queries, program(asker), "/groups/?limit=100")
        member_of(groups[1], person=asker)
        member_of(groups[2], person=asker)

        assert self.cost(count_queries, program(asker), "/groups/?limit=100") == few <= 7

    def test_lists_cost_the_same_for_few_groups_and_many(self, program, network, count_queries):
        asker = program()
        for _ in range(2):
            MicroGroupFactory(network=network)
        few = self.cost(count_queries, asker, "/groups/?limit=100")
        for _ in range(20):
            member_of(MicroGroupFactory(network=network))

        assert self.cost(count_queries, asker, "/groups/?limit=100") == few <= 7

    @pytest.mark.parametrize(
        ("path", "most"),
        [("", 7), ("members/", 7), ("requests/", 7), ("waitlist/", 7), ("membership/", 7)],
    )
    def test_a_group_costs_the_same_with_few_people_and_many(
        self, program, network, count_queries, path, most
    ):
        group = MicroGroupFactory(network=network, cap=12)
        asker = program(group.memberships.get().person)
        address = f"/groups/{group.slug}/{path}"
        member_of(group)
        few = self.cost(count_queries, asker, address)
        for _ in range(15):
            join(group, PersonFactory(network=network))

        assert self.cost(count_queries, asker, address) == few <= most


class TestDrafts:
    FIELDS = {
        *("id", "name", "purpose", "difference", "belonging", "agreements", "care_plan"),
        *("colour", "join_policy", "visibility", "questions", "cap", "touched_at", "expires_at"),
    }

    def test_a_draft_is_begun_changed_and_proposed(self, program, network):
        mine = program(PersonFactory(network=network))
        begun = mine.post("/group-drafts/", {"name": "Figs"})
        address = f"/group-drafts/{begun.json()['id']}/"

        changed = mine.patch(address, CHARTER)
        proposed = mine.post(f"{address}propose/")

        assert (begun.status_code, set(begun.json())) == (201, self.FIELDS)
        assert changed.json() == {**changed.json(), **CHARTER}
        assert proposed.status_code == 201
        assert set(proposed.json()) == GROUP
        assert mine.get(address).status_code == 404

    def test_what_a_proposal_lacks_is_told_by_field(self, program, network):
        mine = program(PersonFactory(network=network))
        draft = mine.post("/group-drafts/", {**CHARTER, "care_plan": ""}).json()

        answer = mine.post(f"/group-drafts/{draft['id']}/propose/")

        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["care_plan"])

    def test_drafts_are_listed_and_let_go_by_their_founder_alone(self, program, network):
        person = PersonFactory(network=network)
        mine, others = program(person), program(admin_of(network))
        address = f"/group-drafts/{mine.post('/group-drafts/').json()['id']}/"

        assert len(mine.get("/group-drafts/").json()["results"]) == 1
        assert others.get("/group-drafts/").json()["results"] == []
        assert others.delete(address).status_code == 404
        assert mine.delete(address).status_code == 204
        assert mine.get("/group-drafts/").json()["results"] == []

    def test_the_list_and_one_draft_ask_little(self, program, network, count_queries):
        mine = program(PersonFactory(network=network))
        drafts = [mine.post("/group-drafts/").json()["id"] for _ in range(4)]
        mine.get("/group-drafts/")

        assert count_queries(lambda: mine.get("/group-drafts/")) <= 4
        assert count_queries(lambda: mine.get(f"/group-drafts/{drafts[0]}/")) <= 4


class TestFounding:
    @pytest.fixture
    def proposal(self, network):
        Network.objects.filter(pk=network.pk).update(founding_pledges=1)
        return propose(network, PersonFactory(network=network), **CHARTER)

    def test_a_pledge_is_given_and_taken_back(self, program, network, proposal):
        client, address = program(), f"/groups/{proposal.slug}/pledge/"

        given = client.put(address, {"facilitate": True}).json()["founding"]
        taken = client.delete(address)

        assert (given["pledges"], given["facilitators"], given["mine"]) == (1, 2, True)
        assert given["needed"] == {"pledges": 1, "threads": 0, "facilitators": 1}
        assert given["expires_at"] is None
        assert taken.status_code == 204
        assert client.get(f"/groups/{proposal.slug}/").json()["founding"]["mine"] is None

    def test_short_of_its_bar_it_is_not_ready(self, program, network, proposal):
        answer = program(admin_of(network)).post(f"/groups/{proposal.slug}/approve/")

        assert code_of(answer) == (409, "not_ready")
        assert "one more person who pledges to come" in answer.json()["detail"]

    def test_the_bar_is_a_policy(self, program, network):
        admin = program(admin_of(network))

        changed = admin.patch("/network/", {"founding": {"pledges": 10, "facilitators": 2}})

        bar = {"pledges": 10, "threads": 0, "facilitators": 2}
        assert changed.json()["founding"] == bar
        assert program().get("/network/").json()["founding"] == bar
        assert admin.patch("/network/", {"founding": {"pledges": 31}}).status_code == 400

    def test_many_proposals_ask_as_much_as_one(self, program, network, count_queries):
        client = program()
        counts = []
        for _ in range(2):
            for _ in range(2):
                group = propose(network, admin_of(network), **CHARTER)
                MicroGroup.objects.filter(pk=group.pk).update(state="proposed", founded_at=None)
            client.get("/groups/?state=proposed")
            counts.append(count_queries(lambda: client.get("/groups/?state=proposed")))

        assert counts[0] == counts[1] <= 7
