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

    def test_while_the_group_is_closed_they_stay_as_they_are(self, group, host):
        member = member_of(group)
        archive(group, host)

        with pytest.raises(Refused) as no:
            edit(group, host, agreements=NEW)

        assert no.value.code == "group_not_open"
        restore(group, host)
        assert place_of(group, member).has_accepted


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
