"""Budding in the browser and over the API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from microgroups.budding.actions import bud
from microgroups.budding.choosing import choose
from microgroups.budding.finishing import finish
from microgroups.budding.models import Budding, Choice
from microgroups.groups.actions import approve, decline, edit
from microgroups.groups.models import MicroGroup
from microgroups.membership.actions import join, rest
from microgroups.membership.invitations import invite_person
from network.registries import personal_data
from tests.factories import NOW, PersonFactory, admin_of, member_of
from tests.microgroups.test_budding import approved, group, host, parted

__all__ = ["group", "host"]  # fixtures

pytestmark = pytest.mark.django_db

SHAPE = {
    *("group", "sister", "state", "reasons", "closes_at", "stay", "go", "both", "mine"),
    *("why", "facilitator", "both_until", "unsaid"),
}


def text_of(answer):
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


class TestPages:
    def test_a_facilitator_proposes_an_admin_says_yes_people_choose_and_part(
        self, client_of, group, host
    ):
        goes, stays = member_of(group), member_of(group)
        admin = client_of(admin_of(group.network))
        browser, page = client_of(host), f"/groups/{group.slug}/budding/"
        assert f'href="{page}"' in text_of(browser.get(f"/groups/{group.slug}/settings/"))
        start = browser.get(page, follow=True)
        form = start.context["form"].initial | {"name": "Slower", "why": "Two tables."}
        form |= {"facilitator": goes.username, "questions": ""}
        assert browser.post(f"/groups/{group.slug}/bud/", form | {"name": ""}).status_code == 422
        assert browser.post(f"/groups/{group.slug}/bud/", form).status_code == 302
        assert "waits for an admin’s yes" in text_of(browser.get(page))

        sister = Budding.objects.get().sister
        assert sister.name in text_of(admin.get("/network/"))
        assert "fourteen days" in text_of(admin.get(f"/groups/{sister.slug}/approve/"))
        assert admin.post(f"/groups/{sister.slug}/approve/").status_code == 302
        assert sister.name not in text_of(admin.get("/network/"))

        going = client_of(goes)
        assert "can grow a sister: Slower" in text_of(going.get(f"/groups/{group.slug}/"))
        said = text_of(going.get(page))
        assert "Two tables." in said and "no word means stay" in said
        assert going.post(page, {}).status_code == 422
        assert going.post(page, {"choice": "go"}).status_code == 302
        assert "0 stay, 1 go, 0 both, 2 have not said" in text_of(going.get(page))
        assert "Who said what" not in text_of(going.get(page))
        assert "Who said what" in text_of(browser.get(page))
        assert going.get(f"{page}finish/").status_code == 404
        assert "cannot be undone" in text_of(browser.get(f"{page}finish/"))
        assert browser.post(f"{page}finish/").status_code == 302

        sister.refresh_from_db()
        assert sister.is_open
        assert "Slower has grown from Slow Readers" in text_of(client_of(stays).get(page))
        assert f"/groups/{group.slug}/past/" in text_of(going.get(page))
        home = text_of(going.get(sister.get_absolute_url()))
        assert "Grown from" in home and f"/groups/{group.slug}/past/" in home
        assert f"/groups/{group.slug}/past/" in text_of(going.get(group.get_absolute_url()))
        assert "Its sister" in text_of(client_of(stays).get(group.get_absolute_url()))
        stranger = client_of(PersonFactory(network=group.network))
        assert "Its sister" in text_of(stranger.get(group.get_absolute_url()))
        assert "Grown from" in text_of(stranger.get(sister.get_absolute_url()))
        assert stranger.get(page).status_code == 404

    def test_nobody_meets_a_dead_end(self, client_of, group, host):
        resting = member_of(group)
        rest(group, resting)
        browser, page = client_of(host), f"/groups/{group.slug}/budding/"
        found = bud(group, host, name="Sister")
        assert browser.get(f"/groups/{group.slug}/bud/").status_code == 302
        refused = browser.post(f"{page}finish/")
        assert refused.status_code == 409
        assert "not choosing" in refused.content.decode()
        decline(found.sister, admin_of(group.network), reason="Too early, it seems.")
        said = text_of(browser.get(page))
        assert "Too early, it seems." in said and f"/groups/{found.sister.slug}/propose/" in said
        approve_again = client_of(host).post(
            f"/groups/{found.sister.slug}/propose/", {"answer": "Forty wait."}
        )
        assert approve_again.status_code == 302
        approve(found.sister, admin_of(group.network))
        assert "You are resting, and stay" in text_of(client_of(resting).get(page))
        assert client_of(resting).post(page, {"choice": "go"}).status_code == 200
        assert not Choice.objects.filter(person=resting).exists()
        assert browser.post(f"{page}drop/").status_code == 302
        assert "All is as it was" in text_of(browser.get(page))
        assert f"/groups/{group.slug}/bud/" in text_of(browser.get(page))

    def test_who_is_in_both_is_asked_on_both_homes(self, client_of, group, host):
        both = member_of(group)
        sister = parted(group, host, member_of(group), both=[both])
        browser, page = client_of(both), f"/groups/{group.slug}/budding/"

        assert "You are in two groups until" in text_of(browser.get(sister.get_absolute_url()))
        assert "You are in both" in text_of(browser.get(page))
        assert browser.post(page, {"choice": "both"}).status_code == 422
        assert browser.post(page, {"choice": "go"}).status_code == 302
        assert "You went to Slower Readers" in text_of(browser.get(page))

    def test_a_hidden_sister_is_named_to_those_who_choose_and_linked_for_who_may_see_it(
        self, client_of, api_of, group, host
    ):
        group = edit(group, host, visibility="hidden")
        member = member_of(group, person=invited(group, host))
        found = approved(group, host)
        program = api_of(member, group.network)

        assert found.sister.visibility == "hidden"
        assert "Slower Readers" in text_of(client_of(member).get(f"/groups/{group.slug}/budding/"))
        assert program.get(f"/groups/{group.slug}/budding/").json()["sister"] is None
        finish(group, host)
        assert "Slower Readers" not in text_of(client_of(member).get(group.get_absolute_url()))
        assert program.get(f"/groups/{group.slug}/").json()["sister_of"] is None

    def test_pages_ask_little_for_few_and_many(self, client_of, group, host, count_queries):
        MicroGroup.objects.filter(pk=group.pk).update(cap=150)
        member, page = (
            member_of(group, now=NOW - timedelta(days=90)),
            f"/groups/{group.slug}/budding/",
        )
        browser, hosting = client_of(member), client_of(host)

        def cost(*calls):
            for call in calls:
                call()
            return [count_queries(call) for call in calls]

        start = (lambda: hosting.get(f"/groups/{group.slug}/bud/"),)
        few_before = cost(*start)
        approved(group, host)
        calls = (
            lambda: browser.get(page),
            lambda: hosting.get(page),
            lambda: hosting.get(f"{page}finish/"),
            lambda: browser.get(group.get_absolute_url()),
            lambda: browser.post(page, {"choice": "go"}),
            lambda: browser.post(page, {"choice": "stay"}),
        )
        few = cost(*calls)
        for _ in range(3):
            choose(group, member_of(group), choice="go")
        for _ in range(2):
            join(group, PersonFactory(network=group.network))

        assert cost(*calls) == few
        assert [few_before, few] == [[10], [12, 12, 7, 9, 18, 18]]


def invited(group, host):
    person = PersonFactory(network=group.network)
    invite_person(group, person, by=host)
    return person


class TestApi:
    def test_the_whole_way(self, api_of, group, host):
        goes, tries = member_of(group), member_of(group)
        hosting, base = api_of(host, group.network), f"/groups/{group.slug}/"
        body = {"name": "Slower", "facilitator": goes.username, "why": "Ten pages a week."}

        made = hosting.post(f"{base}bud/", body)
        assert made.status_code == 201
        shape = made.json()
        assert set(shape) == SHAPE
        assert (shape["group"], shape["sister"], shape["state"]) == (
            *(group.slug, "slower"),
            "proposed",
        )
        assert shape["reasons"][0] == "3 of 12 seats taken"
        assert (shape["closes_at"], shape["mine"], shape["unsaid"]) == (None, None, 3)
        assert hosting.post(f"{base}bud/", body).json()["code"] == "already_budding"
        assert hosting.post(f"{base}budding/finish/").json()["code"] == "not_choosing"

        admin = api_of(admin_of(group.network), group.network)
        assert admin.post("/groups/slower/approve/").json()["state"] == "proposed"
        going = api_of(goes, group.network)
        chosen = going.put(f"{base}budding/choice/", {"choice": "go"}).json()
        assert (chosen["state"], chosen["go"], chosen["mine"]) == ("choosing", 1, "go")
        trying = api_of(tries, group.network)
        assert trying.put(f"{base}budding/choice/", {"choice": "maybe"}).status_code == 400
        trying.put(f"{base}budding/choice/", {"choice": "both"})
        assert going.post(f"{base}budding/finish/").status_code == 403
        done = hosting.post(f"{base}budding/finish/").json()
        assert (done["state"], done["go"], done["both"]) == ("done", 1, 1)
        assert hosting.post(f"{base}budding/finish/").json() == done
        assert hosting.post(f"{base}budding/drop/").json()["code"] == "not_choosing"

        sister = going.get("/groups/slower/").json()
        assert (sister["state"], sister["sister_of"]) == ("open", group.slug)
        assert sister["facilitators"] == [goes.username]
        assert going.get(f"{base}budding/").json()["mine"] == "go"
        assert trying.put(f"{base}budding/choice/", {"choice": "stay"}).json()["mine"] == "stay"

    def test_who_may_and_who_sees(self, api_of, group, host):
        member, outsider = member_of(group), PersonFactory(network=group.network)
        base = f"/groups/{group.slug}/"
        approved(group, host)
        calls = [("bud/", {"name": "No"}), ("budding/finish/", {}), ("budding/drop/", {})]
        for person in (member, outsider):
            program = api_of(person, group.network)
            for call, body in calls:
                assert program.post(base + call, body).status_code == 403
        program = api_of(outsider, group.network)
        assert program.get(f"{base}budding/").status_code == 404
        assert program.put(f"{base}budding/choice/", {"choice": "go"}).json()["code"] == (
            "not_a_member"
        )
        reading = api_of(host, group.network, scopes=["read", "write"])
        assert reading.post(f"{base}budding/drop/").json()["code"] == "insufficient_scope"
        wrong = {"name": "Other", "facilitator": "nobody_here"}
        assert api_of(host, group.network).post(f"{base}bud/", wrong).json()["errors"] == {
            "facilitator": ["Nobody here has this username."]
        }

    def test_it_asks_the_same_for_few_and_many(self, api_of, group, host, count_queries):
        MicroGroup.objects.filter(pk=group.pk).update(cap=150)
        member, base = member_of(group), f"/groups/{group.slug}/budding/"
        approved(group, host)
        program = api_of(member, group.network)
        calls = (
            lambda: program.get(base),
            lambda: program.put(f"{base}choice/", {"choice": "go"}),
            lambda: program.put(f"{base}choice/", {"choice": "stay"}),
        )

        def cost():
            for call in calls:
                call()
            return [count_queries(call) for call in calls]

        few = cost()
        for _ in range(6):
            choose(group, member_of(group), choice="go")

        assert cost() == few == [8, 20, 20]


def test_what_one_chose_is_exported_and_erased(group, host):
    member = member_of(group)
    found = approved(group, host, why="My own words.")
    choose(group, member, choice="go")

    assert [row["choice"] for row in personal_data[Choice].export(member)] == ["go"]
    assert [row["why"] for row in personal_data[Budding].export(host)] == ["My own words."]
    for model in (Choice, Budding):
        personal_data[model].erase(member)
        personal_data[model].erase(host)

    found.refresh_from_db()
    assert (found.why, found.proposed_by, found.choices.count()) == ("", None, 0)


def test_a_day_is_left_to_answer_an_offer_of_the_sister(group, host):
    MicroGroup.objects.filter(pk=group.pk).update(cap=2)
    goes, waits = member_of(group), PersonFactory(network=group.network)
    more = PersonFactory(network=group.network)
    for person in (waits, more):
        join(group, person)

    sister = parted(group, host, goes, cap=5)

    place = sister.memberships.of(more)
    assert place.offer_until - timezone.now() > timedelta(hours=71)
    assert join(sister, more).is_active
    assert group.memberships.of(more).is_waitlisted
