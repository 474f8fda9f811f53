"""Who people are: accounts, profiles, the directory, signing up and claiming."""

import re

import pytest
from django.core import mail

from network.errors import Invalid, Refused
from network.networks.models import SignUp
from network.people.actions import create_person, edit_profile, forget, free_username
from network.people.models import Person
from network.people.rules import normal_email, skeleton_of, username_from
from tests.factories import MicroGroupFactory, NetworkFactory, PersonFactory, member_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def network():
    network = NetworkFactory()
    network.hosts.create(host="testserver")
    return network


class TestNames:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("  Ana@Example.ORG ", "ana@example.org"),
            ("ana@exämple.org", "ana@xn--exmple-cua.org"),
            ("ＡＮＡ@example.org", "ana@example.org"),
        ],
    )
    def test_an_address_has_one_spelling(self, typed, kept):
        assert normal_email(typed) == kept

    @pytest.mark.parametrize("typed", ["", "ana", "ana@", "@example.org", "a b@example.org"])
    def test_what_is_no_address_is_said_to_be_none(self, typed):
        with pytest.raises(Invalid, match=r"name@example\.org"):
            normal_email(typed)

    @pytest.mark.parametrize(("one", "other"), [("paul", "pau1"), ("corn", "com"), ("ill", "lil")])
    def test_two_usernames_that_look_alike_have_the_same_skeleton(self, one, other):
        assert skeleton_of(one) == skeleton_of(other)

    @pytest.mark.parametrize(
        ("name", "username"),
        [
            ("Ana-Lucía Ferreira", "ana_lucia_ferreira"),
            ("王小明", "somebody_new"),
            ("Me", "somebody_new"),
        ],
    )
    def test_a_username_is_proposed_from_the_name(self, name, username):
        assert username_from(name) == username

    def test_a_username_that_looks_taken_is_not_proposed(self):
        PersonFactory(username="jun")

        assert free_username("Jun") == "jun_2"

    def test_a_username_that_looks_like_anothers_is_refused(self):
        create_person("a@people.example", "Paul", username="paul")

        with pytest.raises(Refused) as refusal:
            create_person("b@people.example", "Paula", username="pau1")

        assert refusal.value.code == "name_taken"

    def test_names_of_the_house_are_kept(self):
        with pytest.raises(Invalid):
            create_person("a@people.example", "Admin", username="admin")


class TestProfile:
    def test_what_one_says_about_oneself_can_be_changed(self, network, client_of):
        jun = PersonFactory(network=network)

        answer = client_of(jun).post(
            "/me/",
            {
                "name": "Jun W.",
                "username": "jun_w",
                "intro": "Basil, mostly stalk",
                "time_zone": "Asia/Tokyo",
                "language": "en",
            },
        )

        jun.refresh_from_db()
        assert answer.status_code == 302
        assert (jun.name, jun.username, jun.zone.key) == ("Jun W.", "jun_w", "Asia/Tokyo")

    def test_bad_input_keeps_what_was_typed_and_writes_nothing(self, network, client_of):
        jun = PersonFactory(network=network, name="Jun")

        answer = client_of(jun).post(
            "/me/",
            {"name": "x" * 61, "username": "admin", "intro": "Kept", "time_zone": "Mars/Olympus"},
        )

        jun.refresh_from_db()
        assert answer.status_code == 422
        assert "Kept</textarea>" in answer.content.decode()
        assert jun.name == "Jun"

    def test_a_taken_username_is_said_at_its_field(self, network, client_of):
        PersonFactory(network=network, username="maren")
        jun = PersonFactory(network=network)
        typed = {"name": "Jun", "username": "maren", "time_zone": "UTC", "language": "en"}

        answer = client_of(jun).post("/me/", typed)

        assert answer.status_code == 422
        assert "is taken" in answer.content.decode()

    def test_the_same_words_go_over_the_api(self, network, api_of):
        jun = PersonFactory(network=network)

        answer = api_of(jun, network).patch("/me/", {"intro": "Basil", "email": "x@y.example"})

        assert answer.status_code == 200
        assert answer.json()["intro"] == "Basil"
        assert answer.json()["email"] == jun.email

    def test_a_time_zone_that_is_none_is_400_by_field(self, network, api_of):
        jun = PersonFactory(network=network)

        answer = api_of(jun, network).patch("/me/", {"time_zone": "Mars/Olympus"})

        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == ["time_zone"]


class TestDirectory:
    def test_members_see_each_other_and_strangers_see_nobody(self, network, client_of):
        jun, maren = PersonFactory(network=network), PersonFactory(network=network)
        stranger = PersonFactory(network=NetworkFactory())

        assert client_of(jun).get(f"/people/{maren.username}/").status_code == 200
        assert Person.objects.visible_to(stranger).filter(pk=maren.pk).count() == 0

    def test_nobody_reads_anothers_address(self, network, client_of, api_of):
        jun, maren = PersonFactory(network=network), PersonFactory(network=network)

        page = client_of(jun).get(f"/people/{maren.username}/").content.decode()
        answer = api_of(jun, network).get(f"/people/{maren.username}/")

        assert maren.email not in page
        assert maren.email not in answer.content.decode()

    @pytest.mark.parametrize("path", ["/people/", "/people/?q=person", "/api/v1/people/"])
    def test_the_directory_costs_the_same_at_every_size(
        self, path, network, client_of, api_of, count_queries
    ):
        jun = PersonFactory(network=network)
        ask = client_of(jun).get if not path.startswith("/api") else api_of(jun, network).get
        path = path.removeprefix("/api/v1")

        ask(path)  # the first use of a token in a day is noted
        few = count_queries(lambda: ask(path))
        PersonFactory.create_batch(40, network=network)
        many = count_queries(lambda: ask(path))

        assert few == many <= 9

    @pytest.mark.parametrize(
        ("words", "found"),
        [
            ("mar", True),
            ("okafor maren", True),
            ("BEANS", True),
            ("maren_o", True),
            ("okäfor", True),
            ("maren jun", False),
            ("aren", False),
            ("'; drop", False),
            ("&|!:*()", False),
        ],
    )
    def test_people_are_found_by_how_their_words_begin(self, words, found, network, client_of):
        PersonFactory(network=network, name="Maren Okafor", username="maren_o", intro="Beans")

        page = client_of(PersonFactory(network=network)).get("/people/", {"q": words})

        assert ("Maren Okafor" in page.content.decode()) == found

    def test_nobody_of_another_network_is_found(self, network, client_of):
        PersonFactory(network=NetworkFactory(), name="Maren Okafor")

        page = client_of(PersonFactory(network=network)).get("/people/", {"q": "maren"})

        assert "Nobody by these words" in page.content.decode()

    def test_a_picture_holds_the_initials(self, network, client_of):
        jun = PersonFactory(network=network, name="Jun Watanabe")

        answer = client_of(jun).get(f"/people/{jun.username}/avatar.svg")

        assert answer["Content-Type"] == "image/svg+xml"
        assert b">JW</text>" in answer.content


class TestHowOneKnowsSomebody:
    @pytest.fixture
    def maren(self, network):
        return PersonFactory(network=network, name="Maren")

    def page(self, client_of, reader, maren):
        return client_of(reader).get(f"/people/{maren.username}/").content.decode()

    def test_the_groups_of_both_stand_first(self, network, maren, client_of):
        group = MicroGroupFactory(network=network, name="Worms", visibility="listed")
        member_of(group, person=maren)
        reader = member_of(group)

        page = self.page(client_of, reader, maren)

        assert "How you know each other" in page
        assert "Worms" in page

    @pytest.mark.parametrize(
        ("visibility", "shown"), [("network", True), ("listed", False), ("hidden", False)]
    )
    def test_others_see_what_the_group_shows(self, visibility, shown, network, maren, client_of):
        group = MicroGroupFactory(network=network, name="Worms", visibility=visibility)
        member_of(group, person=maren)

        page = self.page(client_of, PersonFactory(network=network), maren)

        assert ("Worms" in page) == shown

    def test_the_page_costs_the_same_with_many_groups(
        self, network, maren, client_of, count_queries
    ):
        network.max_groups_per_person = 10
        network.save()
        browser = client_of(PersonFactory(network=network))
        path = f"/people/{maren.username}/"
        member_of(MicroGroupFactory(network=network, visibility="network"), person=maren)

        few = count_queries(lambda: browser.get(path))
        for _ in range(4):
            member_of(MicroGroupFactory(network=network, visibility="network"), person=maren)
        many = count_queries(lambda: browser.get(path))

        assert few == many <= 9


class TestSignUp:
    TYPED = {
        "name": "Ana Ferreira",
        "email": "ana@people.example",
        "password1": "four plain words here",
        "old_enough": "on",
    }

    def code_in_mail(self):
        return re.search(r"^\s*([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})\s*$", mail.outbox[-1].body, re.M)[1]

    def test_who_confirms_the_address_is_in(self, network, client):
        client.post("/accounts/signup/", self.TYPED)
        client.post("/accounts/confirm-email/", {"code": self.code_in_mail()})

        ana = Person.objects.get(email="ana@people.example")
        assert ana.username == "ana_ferreira"
        assert ana.is_claimed
        assert ana.belongs_to(network)
        assert client.get("/me/").status_code == 200

    def test_who_does_not_confirm_is_not(self, network, client):
        client.post("/accounts/signup/", self.TYPED)

        ana = Person.objects.get(email="ana@people.example")
        assert not ana.belongs_to(network)
        assert client.get("/me/").status_code == 302

    def test_an_imported_account_is_taken_over_with_the_same_verified_address(
        self, network, client
    ):
        imported = PersonFactory(
            network=network,
            username="ana_lucia",
            email=None,
            imported_email="ana@people.example",
            claimed_at=None,
        )

        client.post("/accounts/signup/", self.TYPED)
        imported.refresh_from_db()
        assert not imported.is_claimed
        client.post("/accounts/confirm-email/", {"code": self.code_in_mail()})

        imported.refresh_from_db()
        assert imported.is_claimed
        assert imported.email == "ana@people.example"
        assert imported.username == "ana_lucia"
        assert Person.objects.count() == 1

    def test_a_known_address_gets_the_same_answer_as_an_unknown_one(self, network, client):
        PersonFactory(network=network, email="ana@people.example")

        known = client.post("/accounts/signup/", self.TYPED)
        unknown = client.post("/accounts/signup/", {**self.TYPED, "email": "new@people.example"})

        assert (known.status_code, known.url) == (unknown.status_code, unknown.url)

    def test_the_age_is_to_be_confirmed_and_nothing_typed_is_lost(self, network, client):
        typed = {key: value for key, value in self.TYPED.items() if key != "old_enough"}

        answer = client.post("/accounts/signup/", typed)

        page = answer.content.decode()
        assert "Please confirm your age" in page
        assert 'value="Ana Ferreira"' in page
        assert Person.objects.count() == 0

    def test_a_network_by_invitation_lets_nobody_in_by_themselves(self, client):
        NetworkFactory(sign_up=SignUp.INVITED)

        client.post("/accounts/signup/", self.TYPED)

        assert Person.objects.count() == 0


class TestBecomingNobody:
    def test_nothing_says_any_more_who_it_was(self):
        ana = PersonFactory(name="Ana", intro="Kale", username="ana")

        forget(ana)

        ana.refresh_from_db()
        assert (ana.name, ana.email, ana.intro) == ("A former member", None, "")
        assert "ana" not in ana.username


def test_changing_nothing_changes_nothing():
    jun = PersonFactory(username="jun")

    same = edit_profile(jun)

    assert same.username == "jun"
