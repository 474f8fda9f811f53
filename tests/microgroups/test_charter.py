"""The charter kept alive: its history, its confirmation twice a year, agreements accepted anew."""

from datetime import timedelta

import pytest
from django.utils import timezone

from microgroups.charter.actions import accept, confirm
from microgroups.charter.models import CharterVersion
from microgroups.charter.rules import compare, last_due
from microgroups.groups.actions import archive, edit, restore
from microgroups.groups.models import MicroGroup
from microgroups.membership.actions import leave, rest, return_
from network.activity.models import Activity
from network.errors import Invalid, NotAllowed, Refused
from network.networks.door import come_in
from network.notifications.models import Notice
from network.operations.invariants import violations
from network.people.models import Person
from network.registries import personal_data
from tests.factories import (
    MicroGroupFactory,
    NetworkFactory,
    PersonFactory,
    admin_of,
    facilitator_of,
    member_of,
    moderator_of,
)
from tests.threads import all_at_once

DAY = timedelta(days=1)
NEW = "Be kind.\nAnswer newcomers.\nBorrowed tools come home."


@pytest.fixture
def network(db):
    return NetworkFactory()


@pytest.fixture
def host(network):
    return PersonFactory(network=network)


@pytest.fixture
def group(network, host):
    return MicroGroupFactory(network=network, founder=host)


def told(kind):
    return set(Notice.objects.filter(kind=kind).values_list("person__username", flat=True))


def names(*people):
    return {person.username for person in people}


def place_of(group, person):
    return MicroGroup.objects.get(pk=group.pk).memberships.of(person)


def versions(group):
    return list(group.charter_versions.order_by("at"))


class TestHistory:
    def test_each_change_is_kept_with_what_it_was_before(self, group, host):
        edit(group, host, purpose="We grow figs.", colour="brick")
        edit(group, host, purpose="We grow figs.", belonging="Whoever likes figs.")

        first, second = versions(group)
        assert first.before == {"purpose": "We grow things on balconies."}
        assert first.after == {"purpose": "We grow figs."}
        assert (second.by, second.changed) == (host, ["belonging"])
        assert list(violations()) == []

    def test_settings_and_words_that_stay_are_no_change_of_it(self, group, host):
        edit(group, host, cap=20, visibility="network", agreements=group.agreements)

        assert versions(group) == []

    def test_a_change_that_is_refused_leaves_no_trace(self, group, host):
        with pytest.raises(Refused):
            edit(group, host, purpose="We grow figs.", cap=10_000)

        assert versions(group) == []

    def test_words_changed_behind_its_back_are_found(self, group, host):
        edit(group, host, purpose="We grow figs.")
        MicroGroup.objects.filter(pk=group.pk).update(purpose="We grow dates.")

        ((_, said),) = violations()
        assert said == f"The purpose of {group.slug} is not what its history says."

    def test_it_is_read_inside_and_by_admins(self, group, host, network):
        edit(group, host, purpose="We grow figs.")
        resting, left = member_of(group), member_of(group)
        rest(group, resting)
        leave(group, left)
        readers = {
            host: True,
            member_of(group): True,
            resting: True,
            admin_of(network): True,
            left: False,
            moderator_of(network): False,
            PersonFactory(network=network): False,
        }

        for person in readers:
            come_in(person, network)
        found = {p: CharterVersion.objects.visible_to(p).exists() for p in readers}
        assert found == readers

    def test_what_somebody_wrote_is_theirs_to_take_home_and_stays_without_their_name(
        self, group, host
    ):
        edit(group, host, purpose="We grow figs.")
        kept = personal_data[CharterVersion]

        assert [each["wrote"] for each in kept.export(host)] == [{"purpose": "We grow figs."}]
        kept.erase(host)

        assert [(each.by, each.changed) for each in versions(group)] == [(None, ["purpose"])]

    @pytest.mark.django_db(transaction=True)
    def test_two_at_once_leave_one_story(self, group, host):
        other = facilitator_of(group)

        all_at_once(
            lambda person, words: edit(group, person, agreements=words),
            [(host, "Be brief."), (other, "Be gentle."), (host, "Be here."), (other, "Be you.")],
        )

        assert len(versions(group)) == 4
        assert list(violations()) == []


class TestConfirming:
    def test_as_it_stands_it_is_quiet_for_members(self, group, host):
        other, member = facilitator_of(group), member_of(group)
        Notice.objects.all().delete()

        confirmed = confirm(group, host)

        assert confirmed.charter_confirmed_at == versions(group)[0].at
        assert versions(group)[0].is_confirmation
        assert told("charter_confirmed") == names(other)
        assert not member.notices.exists()
        assert Activity.objects.filter(verb="charter.confirmed").count() == 1

    def test_with_a_change_the_members_are_told_once(self, group, host):
        other, member = facilitator_of(group), member_of(group)

        confirm(group, host, purpose="We grow figs.", belonging=group.belonging)

        (version,) = versions(group)
        assert (version.is_confirmation, version.changed) == (True, ["purpose"])
        assert told("charter_changed") == names(other, member)
        assert told("charter_confirmed") == told("agreements_changed") == set()

    def test_with_other_agreements_they_are_asked_and_not_told_besides(self, group, host):
        member = member_of(group)

        confirm(group, host, agreements=NEW, purpose="We grow figs.")

        assert told("agreements_changed") == names(member)
        assert told("charter_changed") == set()

    def test_again_within_a_day_nothing_happens(self, group, host):
        now = timezone.now()
        confirm(group, host, now=now)

        again = confirm(group, facilitator_of(group), now=now + timedelta(hours=20))
        assert again.charter_confirmed_at == now
        confirm(group, host, now=now + 2 * DAY)

        assert len(versions(group)) == 2

    def test_only_who_facilitates_an_open_group_does(self, group, host, network):
        for person in (member_of(group), admin_of(network)):
            with pytest.raises(NotAllowed):
                confirm(group, person)
        archive(group, host)
        with pytest.raises(Refused) as no:
            confirm(group, host)

        assert no.value.code == "group_not_open"

    def test_a_text_that_is_left_empty_is_refused_by_its_name(self, group, host):
        with pytest.raises(Invalid) as no:
            confirm(group, host, agreements="  ", purpose="We grow figs.")

        assert list(no.value.errors) == ["agreements"]
        assert versions(group) == []


class TestAccepting:
    def test_all_inside_are_asked_anew_but_who_changed_them(self, group, host):
        member, resting = member_of(group), member_of(group)
        rest(group, resting)

        edit(group, host, agreements=NEW)

        assert told("agreements_changed") == names(member, resting)
        assert not place_of(group, member).has_accepted
        assert not place_of(group, resting).has_accepted
        assert place_of(group, host).has_accepted

    @pytest.mark.parametrize("space", ["\n\n", " "])
    def test_spaces_and_lines_ask_nobody(self, group, host, space):
        member = member_of(group)

        edit(group, host, agreements=f"Be kind.{space}Answer  newcomers.")

        assert place_of(group, member).has_accepted
        assert told("agreements_changed") == set()

    def test_who_is_asked_already_is_told_once(self, group, host):
        slow, quick = member_of(group), member_of(group)
        edit(group, host, agreements=NEW)
        accept(group, quick)

        edit(group, host, agreements="Be kind.")

        counts = [p.notices.filter(kind="agreements_changed").count() for p in (slow, quick)]
        assert counts == [1, 2]

    def test_who_accepts_has_and_twice_changes_nothing(self, group, host):
        member = member_of(group)
        edit(group, host, agreements=NEW)

        at = accept(group, member).agreements_accepted_at

        assert accept(group, member).agreements_accepted_at == at
        assert place_of(group, member).has_accepted
        assert Activity.objects.filter(verb="agreements.accepted").count() == 1

    def test_nobody_accepts_what_they_have_not_read(self, group, host):
        member = member_of(group)
        read = edit(group, host, agreements=NEW).charter_versions.get().at
        edit(group, host, agreements="Be quick.")

        assert not accept(group, member, seen=read).has_accepted
        changed = MicroGroup.objects.get(pk=group.pk).agreements_changed_at
        assert accept(group, member, seen=changed).has_accepted

    def test_who_joins_accepts_the_newest_and_who_returns_is_still_asked(self, group, host):
        resting = member_of(group)
        rest(group, resting)
        edit(group, host, agreements=NEW)
        newcomer = member_of(group)

        return_(group, resting)

        assert place_of(group, newcomer).has_accepted
        assert not place_of(group, resting).has_accepted

    def test_a_change_is_later_than_every_yes_to_what_was_before(self, group, host):
        before = timezone.now() - timedelta(minutes=1)
        member = member_of(group)

        edit(group, host, agreements=NEW, now=before)

        assert not place_of(group, member).has_accepted

    def test_who_is_not_inside_is_refused(self, group, network):
        with pytest.raises(Refused) as no:
            accept(group, PersonFactory(network=network))

        assert no.value.code == "not_a_member"

    def test_while_the_group_is_closed_nobody_is_told(self, group, host):
        member = member_of(group)
        archive(group, host)
        edit(group, host, agreements=NEW)

        assert told("agreements_changed") == set()
        restore(group, host)
        assert not place_of(group, member).has_accepted


class TestComparing:
    def test_lines_that_come_and_go_are_named(self):
        lines = compare("Be kind.\nBe brief.", "Be  kind.\n\nBe here.")

        told = [(line.words, line.is_new, line.is_gone) for line in lines]
        assert told == [
            ("Be kind.", False, False),
            ("Be brief.", False, True),
            ("Be here.", True, False),
        ]

    @pytest.mark.parametrize(("days", "due"), [(182, 182), (363, 182), (364, 364), (1000, 910)])
    def test_it_is_due_every_half_year(self, days, due):
        now = timezone.now()

        assert last_due(now - days * DAY, now) == now - (days - due) * DAY


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
            "charter/confirm/": ("host", 8),
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
        assert all(n <= most for n, most in zip(few, (25, 8), strict=True)), few


def answers(group, **changed):
    """What the page sends: each answer, and how the page showed it."""
    fields = ("purpose", "difference", "belonging", "agreements", "care_plan")
    shown = {f"initial-{field}": getattr(group, field) for field in fields}
    return {**{field: getattr(group, field) for field in fields}, **shown, **changed}


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
        assert all(n <= most for n, most in zip(few, (27, 6, 7, 9), strict=True)), few
