"""The life of a group over the API alone: as a program of each of its people would lead it."""

import pytest

from tests.factories import PersonFactory, admin_of
from tests.microgroups.test_groups import CHARTER

pytestmark = pytest.mark.django_db
SLUG = "/groups/repair-club/"


@pytest.fixture
def people(network, api_of):
    """{first name: a program in that person's name}."""
    names = ("ada", "ben", "cleo", "dan", "eve", "fay", "gus")
    persons = {
        name: PersonFactory(network=network, username=name, name=name.title()) for name in names
    }
    everything = ["read", "write", "facilitate"]
    return {name: api_of(person, network, scopes=everything) for name, person in persons.items()}


@pytest.fixture
def admin(network, api_of):
    return api_of(admin_of(network), network, scopes=["read", "write", "admin"])


def test_a_group_is_founded_filled_lined_up_for_and_handed_on(people, admin):
    ada, ben, cleo, dan, eve, fay = (
        people[name] for name in ("ada", "ben", "cleo", "dan", "eve", "fay")
    )

    draft = ada.post("/group-drafts/", {"name": "Repair Club"}).json()
    whole = CHARTER | {"name": "Repair Club", "cap": 3}
    ada.patch(f"/group-drafts/{draft['id']}/", whole)
    assert ada.post(f"/group-drafts/{draft['id']}/propose/").json()["state"] == "proposed"
    assert ben.post(f"{SLUG}join/").json()["code"] == "group_not_open"
    assert ben.put(f"{SLUG}pledge/").status_code == 200
    assert admin.post(f"{SLUG}approve/").json()["seats_taken"] == 2

    assert cleo.post(f"{SLUG}join/").status_code == 201
    assert [each.post(f"{SLUG}join/").json()["position"] for each in (dan, eve)] == [1, 2]

    ben.post(f"{SLUG}rest/")
    assert mine(dan)["state"] == "offered"
    assert dan.post(f"{SLUG}join/").json()["state"] == "active"
    assert ben.post(f"{SLUG}return/").json()["position"] == 1
    assert mine(eve)["position"] == 2

    assert cleo.delete(f"{SLUG}membership/").status_code == 204
    assert mine(ben)["state"] == "offered"
    assert ben.post(f"{SLUG}join/").json()["state"] == "active"

    assert ada.delete(f"{SLUG}membership/").json()["code"] == "last_facilitator"
    assert ada.patch(f"{SLUG}members/dan/", {"role": "facilitator"}).status_code == 200
    assert ada.delete(f"{SLUG}membership/").status_code == 204
    assert mine(eve)["state"] == "offered"
    assert eve.delete(f"{SLUG}membership/").status_code == 204

    code = dan.post(f"{SLUG}invitations/").json()["invitations"][0]["code"]
    assert fay.get(f"/invitations/{code}/").json()["group"]["slug"] == "repair-club"
    assert fay.post(f"/invitations/{code}/accept/").json()["state"] == "active"
    group = dan.get(SLUG).json()
    assert (group["seats_taken"], group["waiting"], group["facilitators"]) == (3, 0, ["dan"])


def test_a_full_group_grows_a_sister_and_takes_in_a_quiet_one(people, admin):
    ada, ben, cleo, dan, eve, fay = (
        people[name] for name in ("ada", "ben", "cleo", "dan", "eve", "fay")
    )
    ada.post("/groups/", CHARTER | {"name": "Repair Club", "cap": 3})
    admin.post(f"{SLUG}approve/")
    for each in (ben, cleo, dan, eve):
        each.post(f"{SLUG}join/")
    said = ada.post(f"{SLUG}threads/", {"title": "Soldering", "body": "How?"}).json()["id"]

    budding = ada.post(f"{SLUG}bud/", {"name": "Night Repair", "facilitator": "ben"}).json()
    assert (budding["state"], budding["sister"]) == ("proposed", "night-repair")
    assert ada.post(f"{SLUG}bud/", {"name": "Third"}).json()["code"] == "already_budding"
    assert admin.post("/groups/night-repair/approve/").status_code == 200
    assert ben.put(f"{SLUG}budding/choice/", {"choice": "go"}).json()["mine"] == "go"
    assert cleo.put(f"{SLUG}budding/choice/", {"choice": "both"}).json()["both"] == 1
    assert ada.post(f"{SLUG}budding/finish/").json()["state"] == "done"

    sister = ben.get("/groups/night-repair/").json()
    assert (sister["state"], sister["sister_of"]) == ("open", "repair-club")
    assert (sister["facilitators"], mine(cleo)["state"]) == (["ben"], "active")
    assert (mine(dan)["state"], mine(ben)["state"]) == ("offered", "left")
    assert mine(eve, "/groups/night-repair/")["state"] == "offered"
    assert eve.post("/groups/night-repair/join/").status_code == 201
    later = ada.post(f"{SLUG}threads/", {"title": "Since", "body": "Then."}).json()["id"]
    assert [ben.get(f"/threads/{each}/").status_code for each in (said, later)] == [200, 404]
    assert [eve.get(f"/threads/{each}/").status_code for each in (said, later)] == [404, 404]

    dan.post(f"{SLUG}join/")
    assert ben.post("/groups/night-repair/merge/", {"into": "repair-club"}).status_code == 201
    assert ada.post("/groups/night-repair/merge/accept/").status_code == 200
    assert eve.get("/groups/night-repair/").json()["state"] == "archived"
    assert mine(eve)["state"] == "waitlisted"  # where they had waited already
    assert fay.get(f"{SLUG}threads/").status_code == 404

    assert ada.post(f"{SLUG}archive/").json()["state"] == "archived"
    assert cleo.get(f"{SLUG}threads/").status_code == 200


def mine(program, slug=SLUG):
    return program.get(f"{slug}membership/").json()
