"""Twice a year a facilitator is asked: is this still us?"""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from facilitation.cues.actions import assign, dismiss, snooze
from facilitation.cues.charters import ask_for_charters
from facilitation.cues.models import Cue
from microgroups.charter.actions import confirm
from microgroups.groups.actions import archive
from microgroups.groups.models import MicroGroup
from network.networks.door import come_in
from tests.factories import MicroGroupFactory, PersonFactory, facilitator_of
from tests.threads import all_at_once

NOW = timezone.now()
DAY = timedelta(days=1)


@pytest.fixture
def group(db):
    return old_group()


def old_group(days=190, **facts):
    """A group that began so many days ago."""
    group = MicroGroupFactory(**facts)
    MicroGroup.objects.filter(pk=group.pk).update(founded_at=NOW - days * DAY)
    group.refresh_from_db()
    return group


def host_of(group):
    host = group.memberships.get(is_founder=True).person
    come_in(host, group.network)
    return host


def waiting(group, now=NOW):
    return Cue.objects.filter(group=group, kind="charter").waiting(now)


class TestAsking:
    def test_half_a_year_after_it_began_it_is_asked_once(self, group):
        young = old_group(181)

        ask_for_charters(NOW)
        ask_for_charters(NOW)

        cue = waiting(group).get()
        assert (cue.due_at, cue.person) == (group.founded_at + 182 * DAY, None)
        assert cue.reason.startswith("The charter has stood since")
        assert not waiting(young).exists()

    def test_confirmed_it_is_closed_and_asked_again_half_a_year_later(self, group):
        ask_for_charters(NOW)
        confirm(group, host_of(group), now=NOW)

        assert not waiting(group).exists()
        ask_for_charters(NOW + DAY)
        assert Cue.objects.get(group=group).state == "done"
        ask_for_charters(NOW + 181 * DAY)
        assert not waiting(group, NOW + 181 * DAY).exists()
        ask_for_charters(NOW + 182 * DAY)
        assert waiting(group, NOW + 182 * DAY).get().due_at == NOW + 182 * DAY

    def test_left_be_it_is_asked_again_at_the_next_date_only(self, group):
        ask_for_charters(NOW)
        dismiss(waiting(group).get(), host_of(group), reason="We are on holiday.", now=NOW)

        ask_for_charters(NOW + 100 * DAY)
        assert not waiting(group, NOW + 100 * DAY).exists()
        ask_for_charters(NOW + 175 * DAY)
        assert waiting(group, NOW + 175 * DAY).count() == 1

    def test_put_aside_it_is_not_asked_a_second_time(self, group):
        ask_for_charters(NOW)
        snooze(waiting(group).get(), host_of(group), until=NOW + 7 * DAY, now=NOW)

        ask_for_charters(NOW + 365 * DAY)

        assert Cue.objects.filter(group=group).count() == 1

    def test_a_group_without_facilitator_or_closed_is_not_asked(self, group):
        imported, closed = old_group(3000), old_group(200)
        host = host_of(imported)
        imported.memberships.update(role="member")
        ask_for_charters(NOW)
        archive(closed, host_of(closed))
        ask_for_charters(NOW + 200 * DAY)

        assert not Cue.objects.filter(group=imported).exists()
        assert Cue.objects.get(group=closed).state == "lapsed"
        imported.memberships.filter(person=host).update(role="facilitator")
        ask_for_charters(NOW)
        assert waiting(imported).get().due_at == imported.founded_at + 16 * 182 * DAY

    @pytest.mark.django_db(transaction=True)
    def test_workers_at_once_ask_once(self, group):
        all_at_once(ask_for_charters, [(NOW,)] * 6)

        assert Cue.objects.filter(group=group).count() == 1

    def test_many_groups_cost_as_much_as_few(self, group, count_queries):
        ask_for_charters(NOW)  # from now on there is one to settle
        few = count_queries(lambda: ask_for_charters(NOW))
        for _ in range(4):
            old_group(200)

        assert count_queries(lambda: ask_for_charters(NOW)) <= few + 1 <= 4


class TestInTheQueue:
    def test_it_stands_there_by_the_groups_name_and_counts_as_nobody(self, client_of, group):
        host = host_of(group)
        ask_for_charters(NOW)
        address = f"/groups/{group.slug}/charter/confirm/"

        page = client_of(host).get("/care/").content.decode()

        assert f"{group.name}: is this still us?" in page
        assert f'href="{address}"' in page
        assert "your group asks for a look" in page
        confirm(group, host)
        assert address not in client_of(host).get("/care/").content.decode()

    def test_it_is_put_aside_and_handed_on_in_words_that_fit(self, client_of, group):
        host, other = host_of(group), facilitator_of(group)
        ask_for_charters(NOW)
        cue, client = waiting(group).get(), client_of(host)

        later = client.get(f"/care/{cue.pk}/snooze/").content.decode()
        aside = client.post(f"/care/{cue.pk}/snooze/", {"hours": "24"}, follow=True)
        client.post(f"/care/{cue.pk}/reopen/")
        assign(cue, host, to=other)
        come_in(other, group.network)
        notices = client_of(other).get("/notices/").content.decode()

        assert "Come back to the charter later" in later
        assert re.search(r'value="24"[^>]* checked', later)  # a day, unless one says otherwise
        assert "The charter is put aside until" in aside.content.decode()
        assert f"asks you to look after the charter in {group.name}" in notices

    def test_to_do_it_is_to_look_at_the_charter(self, client_of, group):
        ask_for_charters(NOW)
        host = host_of(group)

        answer = client_of(host).get(f"/care/{waiting(group).get().pk}/done/")

        assert answer.url == f"/groups/{group.slug}/charter/confirm/"

    def test_over_the_api_it_is_about_the_charter(self, api_of, group):
        host = host_of(group)
        ask_for_charters(NOW)

        (cue,) = api_of(host, group.network).get("/cues/").json()["results"]

        assert (cue["kind"], cue["person"]) == ("charter", None)
        charter = f"/groups/{group.slug}/charter/"
        assert cue["subject"] == {"type": "charter", "id": str(group.pk), "url": charter}
        outsider = PersonFactory(network=group.network)
        assert api_of(outsider, group.network).get("/cues/").json()["results"] == []
