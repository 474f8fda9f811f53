"""Moves on pages and over the API."""

import pytest

from facilitation.moderation.models import Decision
from facilitation.moderation.redirects import accept
from microgroups.membership.actions import change_role, leave
from microgroups.membership.models import Role
from tests.facilitation.moves.steps import WHY, ask, stands_in
from tests.factories import (
    MicroGroupFactory,
    inside,
    member_of,
    moderator_of,
    say,
)

pytestmark = pytest.mark.django_db


class TestPages:
    def test_asked_on_a_page_answered_on_a_page(
        self, client_of, thread, group, host, place, zoe, jun, keeper
    ):
        care = client_of(host)
        form = care.get(f"/threads/{thread.pk}/move/").content.decode()
        assert place.name in form
        wrong = care.post(f"/threads/{thread.pk}/move/", {"to": place.slug, "reason": " "})
        assert wrong.status_code == 422
        answer = care.post(f"/threads/{thread.pk}/move/", {"to": place.slug, "reason": WHY})
        decision = Decision.objects.get()
        assert answer.url == f"/decisions/{decision.pk}/"

        asked = client_of(zoe).get(answer.url).content.decode()
        assert "would not see it any more" in asked
        assert (WHY in asked, "Which one runs?" in asked) == (True, True)
        assert "The green one" not in asked
        for person in (zoe, jun):
            client_of(person).post(f"/redirects/{decision.pk}/accept/")
        assert (
            "Glazes" in client_of(keeper).get(f"/groups/{place.slug}/decisions/").content.decode()
        )
        taking = client_of(keeper).get(answer.url).content.decode()
        assert ("Let it come" in taking or "let it come" in taking) and "Which one" not in taking
        client_of(keeper).post(f"/redirects/{decision.pk}/accept/")

        assert stands_in(thread) == place
        assert "You are not in" in client_of(jun).get(answer.url).content.decode()
        assert "Read on in" in client_of(keeper).get(answer.url).content.decode()
        record = care.get(f"/groups/{group.slug}/decisions/").content.decode()
        assert f"moved to {place.name}" in record

    def test_a_part_of_a_name_will_do_where_one_group_is_meant(
        self, client_of, thread, group, host
    ):
        shared = {"network": group.network}
        glaze = MicroGroupFactory(name="Kiln and fire", **shared)
        MicroGroupFactory(name="Kiln watchers", **shared)
        MicroGroupFactory(name="Hidden kiln", visibility="hidden", **shared)
        care, address = client_of(host), f"/threads/{thread.pk}/move/"

        for words, said in (
            ("kiln", f"Which do you mean: {glaze.name} ({glaze.slug})"),
            ("Hidden", "No open group is called that"),
            (group.name, "No open group is called that"),
        ):
            answer = care.post(address, {"to": words, "reason": WHY})
            assert (answer.status_code, said in answer.text) == (422, True)
            assert f'value="{words}"' in answer.text
        care.post(address, {"to": "and FIRE", "reason": WHY})

        assert Decision.objects.get().to_group == glaze

    def test_the_page_names_twenty_groups_however_many_there_are(
        self, client_of, thread, group, host
    ):
        MicroGroupFactory.create_batch(24, network=group.network, name="Another")
        mine = MicroGroupFactory(network=group.network, name="Zither", founder=host)

        page = client_of(host).get(f"/threads/{thread.pk}/move/").text
        named = page.partition("<datalist")[2].partition("</datalist>")[0]

        assert named.count("<option") == 20
        assert mine.name in named

    def test_nobody_is_told_of_an_asking_that_does_not_come(
        self, client_of, thread, host, place, zoe
    ):
        before = "those who look after"
        asked = client_of(zoe).get(ask(thread, host, place).get_absolute_url()).content.decode()
        member_of(place, person=host)
        change_role(place, host, Role.FACILITATOR, by=place.memberships.facilitating().get().person)
        again = client_of(zoe).get(Decision.objects.get().get_absolute_url()).content.decode()

        assert (before in asked, before in again) == (True, False)

    def test_whoever_asked_sees_nothing_of_who_said_what(
        self, client_of, thread, host, place, zoe, jun
    ):
        decision = ask(thread, host, place)
        before = client_of(host).get(f"/decisions/{decision.pk}/").content
        accept(decision, zoe)

        after = client_of(host).get(f"/decisions/{decision.pk}/").content

        assert len(before) == len(after)

    def test_who_has_left_reads_their_own_words_and_not_what_it_is_called(
        self, client_of, thread, group, host, place, jun
    ):
        leave(group, jun)
        decision = ask(thread, host, place)
        mine = client_of(jun)

        page = mine.get(f"/decisions/{decision.pk}/").content.decode()
        notices = mine.get("/notices/").content.decode()

        assert "The green one" in page
        assert "Glazes" not in page
        assert "Glazes" not in notices
        assert "a thread of yours" in notices

    def test_nobody_else_knows_of_it(self, client_of, thread, group, host, place, keeper):
        decision = ask(thread, host, place)
        others = [keeper, member_of(group), member_of(place), moderator_of(group.network)]

        for person in others:
            address = f"/decisions/{decision.pk}/"
            assert client_of(inside(group, person)).get(address).status_code == 404

    def test_they_cost_the_same_whatever_there_is(
        self, client_of, count_queries, thread, host, place, zoe, jun
    ):
        decision = ask(thread, host, place)
        care, mine = client_of(host), client_of(zoe)
        asks = [
            lambda: care.get(f"/threads/{thread.pk}/move/"),
            lambda: care.get(f"/decisions/{decision.pk}/"),
            lambda: mine.get(f"/decisions/{decision.pk}/"),
        ]
        asks[-1]()  # which marks that she was asked as read
        few = [count_queries(each) for each in asks]
        for _ in range(3):
            MicroGroupFactory(network=place.network)
            say(thread, zoe)

        assert [count_queries(each) for each in asks] == few == [6, 9, 9]


class TestApi:
    def test_each_call_answers_as_the_contract_says(
        self, api_of, thread, group, host, place, zoe, jun, keeper
    ):
        care, network = api_of(host, group.network), group.network
        said = {"step": "move", "to": place.slug, "reason": WHY}

        made = care.post(f"/threads/{thread.pk}/redirect/", said)
        shape = made.json()

        assert (made.status_code, shape["kind"], shape["to"]) == (201, "move", place.slug)
        assert (shape["state"], shape["person"], shape["mine"]) == ("proposed", None, None)
        mine = api_of(zoe, network).get("/decisions/").json()["results"]
        assert [(each["id"], each["mine"]) for each in mine] == [(shape["id"], "asked")]
        answer = api_of(zoe, network).post(f"/redirects/{shape['id']}/accept/")
        assert (answer.status_code, answer.json()["mine"]) == (200, "yes")
        stranger = api_of(member_of(group), network)
        assert stranger.post(f"/redirects/{shape['id']}/accept/").status_code == 404
        assert api_of(keeper, network).post(f"/redirects/{shape['id']}/accept/").status_code == 404
        api_of(jun, network).post(f"/redirects/{shape['id']}/accept/")
        moved = api_of(keeper, network).post(f"/redirects/{shape['id']}/accept/")
        assert moved.json()["state"] == "standing"
        assert api_of(jun, network).get(f"/threads/{thread.pk}/").status_code == 404
        there = api_of(keeper, network).get(f"/threads/{thread.pk}/").json()
        assert there["group"] == place.slug

    def test_refusals_have_their_codes(self, api_of, thread, group, host, place, zoe):
        care = api_of(host, group.network)
        said = {"step": "move", "to": "nowhere", "reason": WHY}
        wrong = care.post(f"/threads/{thread.pk}/redirect/", said)
        assert (wrong.status_code, list(wrong.json()["errors"])) == (400, ["to"])
        said["to"] = place.slug
        key = care.post(f"/threads/{thread.pk}/redirect/", said).json()["id"]
        api_of(zoe, group.network).post(f"/redirects/{key}/decline/")

        again = care.post(f"/threads/{thread.pk}/redirect/", said)

        assert (again.status_code, again.json()["code"]) == (409, "declined_recently")
