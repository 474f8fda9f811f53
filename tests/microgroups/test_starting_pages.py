"""The pages of starting a group, one question at a time, and of one that is about to begin."""

import pytest

from microgroups.groups.actions import decline, propose, propose_again
from microgroups.groups.drafts import GroupDraft, begin
from microgroups.groups.models import MicroGroup
from microgroups.groups.steps import STEPS
from network.networks.models import Network
from tests.factories import MicroGroupFactory, admin_of
from tests.microgroups.test_group_pages import TYPED, founder, group, outsider
from tests.microgroups.test_groups import CHARTER

__all__ = ["founder", "group", "outsider"]  # fixtures

pytestmark = pytest.mark.django_db


class TestStarting:
    def test_an_answer_becomes_a_draft_and_leads_to_the_next_question(self, client_of, outsider):
        answer = client_of(outsider).post("/groups/start/?name=Figs&cap=12", {"purpose": "Figs."})

        draft = GroupDraft.objects.get()
        assert answer.url == f"/groups/start/{draft.pk}/difference/"
        assert (draft.founder, draft.name, draft.purpose, draft.cap) == (
            outsider,
            "Figs",
            "Figs.",
            12,
        )

    def test_without_a_word_nothing_is_kept(self, client_of, outsider):
        assert client_of(outsider).post("/groups/start/", {"purpose": " "}).status_code == 422
        assert not GroupDraft.objects.exists()

    @pytest.mark.parametrize(
        ("to", "leads"),
        [
            ("next", "/groups/start/{}/agreements/"),
            ("back", "/groups/start/{}/difference/"),
            ("later", "/groups/start/"),
        ],
    )
    def test_whichever_way_one_goes_on_the_answer_is_kept(
        self, client_of, network, outsider, to, leads
    ):
        draft = begin(network, outsider, **CHARTER)
        page = f"/groups/start/{draft.pk}/belonging/"

        answer = client_of(outsider).post(page, {"belonging": "Whoever bakes.", "to": to})

        draft.refresh_from_db()
        assert (answer.url, draft.belonging) == (leads.format(draft.pk), "Whoever bakes.")

    def test_every_question_leads_to_the_whole_and_that_to_the_proposal(self, client_of, outsider):
        client, page = client_of(outsider), "/groups/start/"
        typed = {**TYPED, "questions": "Why?\nWhen?", "join_policy": "ask"}
        for _ in STEPS:
            page = client.post(page, typed).url
        assert "Why?<br>When?" in client.get(page).content.decode()

        answer = client.post(page)

        group = MicroGroup.objects.get()
        assert answer.url == group.get_absolute_url()
        assert (group.state, group.founder, group.cap) == ("proposed", outsider, 30)
        assert (group.join_policy, group.questions) == ("ask", ["Why?", "When?"])
        assert {field: getattr(group, field) for field in CHARTER} == CHARTER
        assert not GroupDraft.objects.exists()

    def test_what_is_missing_is_said_with_the_way_to_it(self, client_of, network, outsider):
        draft = begin(network, outsider, **{**CHARTER, "belonging": "", "name": ""})

        answer = client_of(outsider).post(f"/groups/start/{draft.pk}/")

        page = answer.content.decode()
        assert answer.status_code == 400
        assert "Two answers need another look" in page
        assert f'href="/groups/start/{draft.pk}/belonging/"' in page
        assert not MicroGroup.objects.exists()

    def test_what_was_typed_stays_where_something_is_wrong(self, client_of, network, outsider):
        draft = begin(network, outsider, **CHARTER)
        typed = {"join_policy": "open", "visibility": "listed", "questions": "a\nb\nc\nd"}

        answer = client_of(outsider).post(f"/groups/start/{draft.pk}/door/", typed)

        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == ["questions"]
        assert "a\nb\nc\nd" in answer.content.decode()

    @pytest.mark.parametrize(
        ("cap", "drawn"), [("30", 30), ("", 1), ("many", 1), ("-3", 1), ("9" * 50, 150)]
    )
    def test_its_card_is_drawn_from_what_is_typed_whatever_it_is(
        self, client_of, outsider, cap, drawn
    ):
        typed = {"name": "<b>Figs</b>", "purpose": "x" * 300, "cap": cap, "colour": "none"}

        page = client_of(outsider).get("/groups/start/", typed)

        sketch = page.context["sketch"]
        assert (sketch.cap, sketch.colour, len(sketch.purpose)) == (drawn, "brick", 140)
        assert "<h3>&lt;b&gt;Figs&lt;/b&gt;</h3>" in page.content.decode()
        assert not GroupDraft.objects.exists()

    def test_a_cap_above_the_limit_is_said_and_the_draft_stays(self, client_of, network, outsider):
        draft = begin(network, outsider, cap=151, **CHARTER)

        answer = client_of(outsider).post(f"/groups/start/{draft.pk}/")

        assert answer.status_code == 409
        assert "150 seats are the most here" in answer.content.decode()
        assert GroupDraft.objects.exists()

    def test_who_may_not_propose_is_told(self, client_of, network, outsider):
        draft = begin(network, outsider, **CHARTER)
        Network.objects.filter(pk=network.pk).update(who_may_propose="admins")

        answer = client_of(outsider).post(f"/groups/start/{draft.pk}/")

        assert answer.status_code == 403
        assert "the admins propose groups" in answer.content.decode()

    def test_drafts_are_found_where_one_starts_and_can_be_let_go(
        self, client_of, network, outsider
    ):
        draft, client = begin(network, outsider, name="Night figs"), client_of(outsider)
        assert "Night figs" in client.get("/groups/start/").content.decode()

        client.get(f"/groups/start/{draft.pk}/drop/")
        assert GroupDraft.objects.exists()
        client.post(f"/groups/start/{draft.pk}/drop/")

        assert not GroupDraft.objects.exists()

    def test_nobody_else_finds_a_draft(self, client_of, network, outsider):
        draft = begin(network, outsider, **CHARTER)
        client = client_of(admin_of(network))

        for page in ("", "why/", "drop/"):
            assert client.get(f"/groups/start/{draft.pk}/{page}").status_code == 404
        assert client_of(outsider).get(f"/groups/start/{draft.pk}/nothing/").status_code == 404

    def test_the_pages_of_starting_ask_little(self, client_of, count_queries, network, outsider):
        drafts = [begin(network, outsider, **CHARTER) for _ in range(5)]
        client, page = client_of(outsider), f"/groups/start/{drafts[0].pk}/"
        client.get("/groups/start/")

        asked = {
            each: count_queries(lambda each=each: client.get(each))
            for each in ("/groups/start/", page, f"{page}door/", f"{page}drop/")
        }

        assert max(asked.values()) <= 6, asked


class TestAboutToBegin:
    @pytest.fixture
    def proposal(self, network, founder):
        Network.objects.filter(pk=network.pk).update(founding_pledges=2)
        return propose(network, founder, **CHARTER)

    def test_others_find_it_and_pledge_and_take_it_back(self, client_of, proposal, outsider):
        client = client_of(outsider)
        assert proposal.name in client.get("/groups/?room=proposed").content.decode()
        assert "I will come" in client.get(proposal.get_absolute_url()).content.decode()

        client.post(f"/groups/{proposal.slug}/pledge/", {"facilitate": "1"})

        page = client.get(proposal.get_absolute_url()).content.decode()
        assert "You have pledged to come and to look after it" in page
        assert "1 of 2 people have pledged to come" in page
        client.post(f"/groups/{proposal.slug}/pledge/", {"withdraw": "1"})
        assert not proposal.pledges.exists()

    def test_a_proposal_asks_one_question_more_than_an_open_group(
        self, client_of, count_queries, network, proposal, outsider
    ):
        client, opened = client_of(outsider), MicroGroupFactory(network=network)
        pages = [opened.get_absolute_url(), proposal.get_absolute_url(), "/groups/?room=proposed"]
        for page in pages:
            client.get(page)

        counts = [count_queries(lambda page=page: client.get(page)) for page in pages]

        assert counts[1] == counts[0] + 1
        assert max(counts) <= 9
        pledging = f"/groups/{proposal.slug}/pledge/"
        assert count_queries(lambda: client.post(pledging)) <= 14

    def test_the_founder_sees_what_it_needs(self, client_of, proposal, founder):
        page = client_of(founder).get(proposal.get_absolute_url()).content.decode()

        assert "0 of 2 people have pledged to come" in page

    def test_an_admin_reads_what_is_missing_and_cannot_open_it(self, client_of, network, proposal):
        client = client_of(admin_of(network))
        said = "still needs 2 more people who pledge to come"
        assert said in client.get("/network/").content.decode()

        answer = client.post(f"/groups/{proposal.slug}/approve/")

        assert answer.status_code == 409
        assert said in answer.content.decode()

    def test_an_admin_reads_the_answer_to_a_no(self, client_of, network, proposal, founder):
        admin = admin_of(network)
        decline(proposal, admin, reason="There is one like it.")
        propose_again(proposal, founder, answer="Ours meets at night.")
        client = client_of(admin)

        for page in ("/network/", proposal.get_absolute_url()):
            assert "Ours meets at night." in client.get(page).content.decode()
