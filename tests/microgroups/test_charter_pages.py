"""The charter kept alive, on its pages and over the API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from microgroups.charter.actions import accept, confirm, keep_for_later
from microgroups.charter.models import CharterDraft
from microgroups.groups.actions import archive, edit
from microgroups.groups.fading import forget_drafts
from microgroups.groups.models import MicroGroup
from microgroups.membership.actions import change_role
from network.errors import NotAllowed
from network.notifications.models import Notice
from network.people.models import Person
from network.registries import personal_data
from tests.factories import (
    NOW,
    MicroGroupFactory,
    NetworkFactory,
    PersonFactory,
    admin_of,
    facilitator_of,
    member_of,
)
from tests.microgroups.test_charter import NEW, place_of, versions

DAY = timedelta(days=1)


@pytest.fixture
def network(db):
    return NetworkFactory()


@pytest.fixture
def host(network):
    return PersonFactory(network=network)


@pytest.fixture
def group(network, host):
    return MicroGroupFactory(network=network, founder=host)


def answers(group, **changed):
    """What the page sends: each answer, and how the page showed it."""
    fields = ("purpose", "difference", "belonging", "agreements", "care_plan")
    shown = {f"initial-{field}": getattr(group, field) for field in fields}
    return {**{field: getattr(group, field) for field in fields}, **shown, **changed}


class TestPages:
    def test_a_facilitator_changes_an_answer_and_says_yes(self, client_of, group, host):
        member_of(group)
        client, address = client_of(host), f"/groups/{group.slug}/charter/confirm/"
        shown = client.get(address).content.decode()
        typed = answers(group, agreements=NEW)

        looked = client.post(address, {**typed, "look": "1"})
        assert versions(group) == []
        empty = client.post(address, {**typed, "purpose": ""})
        done = client.post(address, typed)

        assert "Is this still us?" in shown
        assert "nobody is asked anything" in shown
        assert looked.status_code == 200
        assert "<mark>Borrowed tools come home.</mark>" in looked.content.decode()
        assert "One person</b>" not in looked.content.decode()
        assert "One person will be asked to agree anew" in looked.content.decode()
        assert (empty.status_code, "Borrowed tools" in empty.content.decode()) == (422, True)
        assert done.status_code == 302
        assert versions(group)[0].changed == ["agreements"]
        charter = client.get(done.url).content.decode()
        month = timezone.localtime().strftime("%B %Y")
        assert f"Confirmed in {month} by {host.name}." in " ".join(charter.split())

    def test_what_another_changed_meanwhile_is_left_alone(self, client_of, group, host):
        typed = answers(group, purpose="We grow figs.")
        edit(group, facilitator_of(group), belonging="Whoever likes figs.")

        client_of(host).post(f"/groups/{group.slug}/charter/confirm/", typed)

        group.refresh_from_db()
        assert (group.purpose, group.belonging) == ("We grow figs.", "Whoever likes figs.")

    def test_a_closed_group_says_why_and_keeps_what_was_typed(self, client_of, group, host):
        archive(group, host)
        typed = answers(group, purpose="We grow figs.")

        answer = client_of(host).post(f"/groups/{group.slug}/charter/confirm/", typed)

        assert answer.status_code == 422
        assert "is archived" in answer.content.decode()
        assert "We grow figs." in answer.content.decode()

    def test_a_member_reads_what_is_new_and_is_fine_with_it(self, client_of, group, host):
        member = member_of(group)
        edit(group, host, agreements="Be kind.\nBorrowed tools come home.")
        client, home = client_of(member), group.get_absolute_url()

        for page in (client.get(home), client.get(f"{home}charter/")):
            text = page.content.decode()
            assert "Our agreements have changed" in text
            assert "<mark>Borrowed tools come home.</mark>" in text
            assert "<del>Answer newcomers.</del>" in text
        seen = page.context["asked"].seen.isoformat()
        said = client.post(f"/groups/{group.slug}/agreements/accept/", {"seen": seen}, follow=True)

        assert said.redirect_chain == [(home, 302)]
        assert "I am fine with this" not in said.content.decode()
        assert place_of(group, member).has_accepted

    def test_what_is_new_is_told_from_what_one_has_accepted(self, client_of, group, host):
        member = member_of(group)
        edit(group, host, agreements="Be brief.")
        accept(group, member)
        edit(group, host, agreements="Be brief.\nBe here.")
        edit(group, host, agreements="Be brief.\nBe here.\nBe you.")
        client, home = client_of(member), group.get_absolute_url()

        text = client.get(home).content.decode()
        edit(group, host, agreements="Be brief.")
        again = client.get(home).content.decode()

        assert "<mark>Be here.</mark>" in text
        assert "<mark>Be you.</mark>" in text
        assert "<mark>Be brief." not in text
        assert "<del>" not in text
        assert "Our agreements read again as they did" in again

    def test_read_before_they_changed_again_they_are_asked_once_more(self, client_of, group, host):
        member = member_of(group)
        seen = edit(group, host, agreements=NEW).charter_versions.get().at.isoformat()
        edit(group, host, agreements="Be quick.")

        said = client_of(member).post(
            f"/groups/{group.slug}/agreements/accept/", {"seen": seen}, follow=True
        )

        assert "They have changed again since" in said.content.decode()
        assert "I am fine with this" in said.content.decode()

    def test_former_words_are_shown_inside_alone(self, client_of, group, host, network):
        edit(group, host, difference="No gardens.")
        address = f"/groups/{group.slug}/charter/history/"

        inside = client_of(member_of(group)).get(address).content.decode()
        outsider = client_of(PersonFactory(network=network))

        assert "Two square metres at most." in inside
        assert f"{host.name} changed what makes us different" in " ".join(inside.split())
        assert outsider.get(address).status_code == 404
        assert "history/" not in outsider.get(f"/groups/{group.slug}/charter/").content.decode()
        assert client_of(admin_of(network)).get(address).status_code == 200

    def test_who_does_not_facilitate_finds_no_page_to_confirm(self, client_of, group):
        client = client_of(member_of(group))

        assert client.get(f"/groups/{group.slug}/charter/confirm/").status_code == 404

    def test_pages_ask_little_and_the_same_for_much(self, client_of, group, host, count_queries):
        member = member_of(group)
        clients = {"host": client_of(host), "member": client_of(member)}
        confirm(group, host, agreements=NEW)
        pages = {
            "charter/": ("member", 9),
            "charter/history/": ("member", 7),
            "charter/confirm/": ("host", 9),
            "": ("member", 10),
        }

        def costs():
            return {
                page: count_queries(lambda who=who, page=page: clients[who].get(address(page)))
                for page, (who, _) in pages.items()
            }

        def address(page):
            return f"/groups/{group.slug}/{page}"

        costs()
        few = costs()
        for number in range(6):
            confirm(group, facilitator_of(group), agreements=f"{NEW}\n{number}")

        assert costs() == few
        assert all(few[page] <= most for page, (_, most) in pages.items()), few

    def test_deeds_ask_the_same_for_many_people(self, client_of, group, host, count_queries):
        member = member_of(group)
        client, mine = client_of(host), client_of(member)
        agreeing = f"/groups/{group.slug}/agreements/accept/"

        def costs(words):
            typed = answers(group, agreements=words)
            confirming = f"/groups/{group.slug}/charter/confirm/"
            return (
                count_queries(lambda: client.post(confirming, typed)),
                count_queries(lambda: mine.post(agreeing)),
            )

        costs("Be kind.")
        group.refresh_from_db()
        few = costs("Be brief.")
        for _ in range(10):
            member_of(group)
        group.refresh_from_db()

        assert costs("Be here.") == few
        assert all(n <= most for n, most in zip(few, (27, 9), strict=True)), few


class TestForLater:
    @pytest.fixture
    def page(self, group):
        return f"/groups/{group.slug}/charter/confirm/"

    def test_what_is_kept_for_later_is_there_again_and_nobody_elses(
        self, client_of, group, host, page
    ):
        other, client = facilitator_of(group), client_of(host)
        typed = answers(group, agreements=NEW, difference="")

        kept = client.post(page, {**typed, "later": "1"}, follow=True).content.decode()
        again = client.get(page)

        assert "It is kept; only you see it." in kept
        assert again.status_code == 200
        assert "This is what you kept for later." in again.content.decode()
        form = again.context["form"]
        assert (form["agreements"].value(), form["difference"].value()) == (NEW, "")
        assert "Two changed, three as before" in again.content.decode()
        assert "kept for later. Nobody" not in client_of(other).get(page).content.decode()
        assert list(versions(group)) == []
        group.refresh_from_db()
        assert group.agreements != NEW

    def test_saying_yes_or_taking_it_all_back_lets_it_go(self, client_of, group, host, page):
        client = client_of(host)
        for way in ({"agreements": NEW}, {"later": "1"}):
            keep_for_later(group, host, {"purpose": "To read."})

            client.post(page, {**answers(group), **way})

            assert not CharterDraft.objects.exists()

    def test_what_is_too_long_is_said_and_kept_on_the_page(self, client_of, group, host, page):
        typed = answers(group, purpose="x" * 200)

        answer = client_of(host).post(page, {**typed, "later": "1"})

        assert (answer.status_code, "x" * 200 in answer.content.decode()) == (422, True)
        assert not CharterDraft.objects.exists()

    def test_what_another_changes_meanwhile_stands_beside_it(self, client_of, group, host, page):
        keep_for_later(group, host, {"purpose": "To read."})
        edit(group, facilitator_of(group), care_plan="Iris does.", purpose="To eat.")

        form = client_of(host).get(page).context["form"]

        assert (form["purpose"].initial, form["purpose"].value()) == ("To eat.", "To read.")
        assert form.changed_data == ["purpose"]

    def test_untouched_it_goes_as_other_drafts_go(self, client_of, group, host, page):
        client = client_of(host)
        keep_for_later(group, host, {"purpose": "To read."}, now=NOW)
        for days in (22, 23, 24):
            forget_drafts(NOW + days * DAY)
        (told,) = Notice.objects.filter(person=host, kind="draft_goes")
        assert f"“Charter of {group.name}”" in client.get("/notices/").content.decode()

        client.get(page)

        told.refresh_from_db()
        assert told.read_at is not None
        forget_drafts(NOW + 30 * DAY)
        assert not CharterDraft.objects.exists()

    def test_a_touch_begins_its_days_again(self, group, host):
        keep_for_later(group, host, {"purpose": "To read."}, now=NOW)
        forget_drafts(NOW + 23 * DAY)
        keep_for_later(group, host, {"purpose": "To eat."}, now=NOW + 24 * DAY)

        forget_drafts(NOW + 32 * DAY)

        assert CharterDraft.objects.get().words == {"purpose": "To eat."}

    def test_it_is_for_facilitators_and_goes_with_them(self, client_of, group, host):
        member, other = member_of(group), facilitator_of(group)
        keep_for_later(group, other, {"purpose": "To read."})

        with pytest.raises(NotAllowed):
            keep_for_later(group, member, {"purpose": "To read."})
        mine = CharterDraft.objects.visible_to
        assert (mine(other).count(), mine(host).count()) == (1, 0)
        change_role(group, other, "member", by=host)
        assert mine(other).count() == 0
        kept = personal_data[CharterDraft]
        assert [row["words"] for row in kept.export(other)] == [{"purpose": "To read."}]
        kept.erase(other)
        assert not CharterDraft.objects.exists()


class TestApi:
    def test_it_is_confirmed_and_accepted_and_remembered(self, api_of, group, host, network):
        member, address = member_of(group), f"/groups/{group.slug}"
        hers, his = api_of(member, network), api_of(host, network)

        stands = his.post(f"{address}/charter/confirm/")
        changed = his.post(f"{address}/charter/confirm/", {"agreements": NEW})
        asked = hers.get(f"{address}/membership/").json()["agreements_accepted"]
        listed = his.get(f"{address}/members/").json()["results"]
        accepted = hers.post(f"{address}/agreements/accept/")
        history = hers.get(f"{address}/charter/history/").json()["results"]

        assert stands.json()["charter_confirmed_at"] is not None
        assert changed.json()["agreements"] == NEW
        assert changed.json()["my_membership"]["agreements_accepted"] is True
        assert asked is False
        by_name = {each["person"]["username"]: each["agreements_accepted"] for each in listed}
        assert by_name == {host.username: True, member.username: False}
        assert (accepted.status_code, accepted.json()["agreements_accepted"]) == (200, True)
        newest, oldest = history
        assert (newest["confirmed"], newest["changed"]) == (True, ["agreements"])
        assert newest["before"] == {"agreements": "Be kind.\nAnswer newcomers."}
        assert (oldest["by"]["username"], oldest["changed"]) == (host.username, [])

    @pytest.mark.parametrize(
        ("who", "visibility", "answers"),
        [
            ("member", "listed", (403, 200, 200)),
            ("outsider", "listed", (403, 404, 409)),
            ("outsider", "hidden", (404, 404, 404)),
            ("admin", "hidden", (403, 200, 409)),
        ],
    )
    def test_who_may_what(self, api_of, group, network, who, visibility, answers):
        people = {
            "member": member_of(group),
            "outsider": PersonFactory(network=network),
            "admin": admin_of(network),
        }
        MicroGroup.objects.filter(pk=group.pk).update(visibility=visibility)
        program, address = api_of(people[who], network), f"/groups/{group.slug}"

        said = (
            program.post(f"{address}/charter/confirm/"),
            program.get(f"{address}/charter/history/"),
            program.post(f"{address}/agreements/accept/"),
        )

        assert tuple(each.status_code for each in said) == answers

    def test_a_facilitators_call_needs_its_scope_and_a_fitting_text(self, api_of, group, network):
        person = Person.objects.get(memberships__group=group)
        address = f"/groups/{group.slug}/charter/confirm/"

        narrow = api_of(person, network, scopes=["read", "write"]).post(address)
        long = api_of(person, network).post(address, {"purpose": "x" * 141})

        assert (narrow.status_code, narrow.json()["code"]) == (403, "insufficient_scope")
        assert (long.status_code, list(long.json()["errors"])) == (400, ["purpose"])

    def test_calls_ask_little_and_the_same_for_much(
        self, api_of, group, host, network, count_queries
    ):
        member, address = member_of(group), f"/groups/{group.slug}"
        hers, his = api_of(member, network), api_of(host, network)

        def costs(words):
            confirming = f"{address}/charter/confirm/"
            return (
                count_queries(lambda: his.post(confirming, {"agreements": words})),
                count_queries(lambda: hers.get(f"{address}/charter/history/")),
                count_queries(lambda: hers.get(f"{address}/members/")),
                count_queries(lambda: hers.post(f"{address}/agreements/accept/")),
            )

        costs("Be kind.")
        few = costs("Be brief.")
        for number in range(6):
            confirm(group, host, agreements=f"Be {number}.")
            member_of(group)

        assert costs("Be here.") == few
        assert all(n <= most for n, most in zip(few, (28, 6, 7, 10), strict=True)), few
