"""Cover on pages and over the API."""

import pytest

from facilitation.cover.actions import set_rota, write_note
from facilitation.cover.models import Duty, Leave
from facilitation.cover.watching import cover_groups
from facilitation.cues.models import Cue
from tests.facilitation.cover.steps import (
    DAY,
    HOUR,
    TODAY,
    away,
    seen,
    waits,
)
from tests.factories import (
    NOW,
    MicroGroupFactory,
    facilitator_of,
    member_of,
    moderator_of,
)


class TestThePages:
    def url(self, group, rest=""):
        return f"/groups/{group.slug}/cover/{rest}"

    def test_it_is_there_for_those_who_facilitate_alone(self, group, ruth, client_of):
        member, outsider = member_of(group), moderator_of(group.network)

        codes = [
            client_of(person).get(self.url(group)).status_code
            for person in (ruth, member, outsider)
        ]

        assert codes == [200, 404, 404]

    def test_who_was_not_seen_for_five_days_is_said_kindly(self, group, ruth, client_of):
        seen(group, ruth, TODAY - 5 * DAY)

        page = client_of(group.keeper).get(self.url(group)).content.decode()
        hers = client_of(ruth).get(self.url(group)).content.decode()

        said = "{} has not been here for five days or more. Perhaps ask how they are."
        assert said.format(ruth.name) in page
        assert said.format(ruth.name) not in hers

    def test_who_looks_after_a_group_alone_is_not_told_of_others(self, group, client_of):
        alone = client_of(group.keeper).get(self.url(group)).content.decode()
        facilitator_of(group)
        together = client_of(group.keeper).get(self.url(group)).content.decode()

        assert "so you count as on duty every day" in alone
        assert "so all of you count as on duty every day" in together
        assert f'href="/groups/{group.slug}/care/">Care in' in together

    def test_the_week_is_kept_as_it_was_ticked(self, group, ruth, client_of):
        browser = client_of(ruth)

        browser.post(self.url(group, "rota/"), {"monday": [ruth.username], "sunday": []})

        assert list(Duty.objects.values_list("person", "weekday")) == [(ruth.pk, 0)]
        page = browser.get(self.url(group)).content.decode()
        assert page.count("checked") == 1
        assert "Nobody yet" in page

    def test_somebody_who_facilitates_no_more_is_said(self, group, ruth, client_of):
        member = member_of(group)

        answer = client_of(ruth).post(self.url(group, "rota/"), {"monday": [member.username]})

        assert answer.status_code == 422
        assert "facilitates no more" in answer.content.decode()

    def test_an_empty_day_is_taken_with_one_press(self, group, ruth, client_of):
        set_rota(group, ruth, days={0: [ruth]}, now=NOW)

        client_of(group.keeper).post(self.url(group, "days/"), {"day": ["2", "3", "99", "x"]})

        taken = Duty.objects.filter(person=group.keeper).values_list("weekday", flat=True)
        assert sorted(taken) == [2, 3]

    def test_going_away_and_back(self, group, ruth, client_of):
        browser, maren = client_of(ruth), member_of(group)
        said = {"starts_on": "2999-05-01", "back_on": "2999-05-09", "note": "The blue door."}

        browser.post(self.url(group, "leave/"), said | {"deputy": maren.username})

        gone = Leave.objects.get()
        assert (gone.person, gone.deputy, gone.note) == (ruth, maren, "The blue door.")
        assert "The blue door." in browser.get(self.url(group)).content.decode()
        assert client_of(group.keeper).post(self.url(group, f"{gone.pk}/back/")).status_code == 404
        browser.post(self.url(group, f"{gone.pk}/back/"))
        assert not Leave.objects.exists()

    def test_what_was_typed_is_not_lost(self, group, ruth, client_of):
        said = {"starts_on": "2999-05-09", "back_on": "2999-05-01", "note": "The blue door."}

        answer = client_of(ruth).post(self.url(group, "leave/"), said)

        page = answer.content.decode()
        assert answer.status_code == 422
        assert "Come back on a later day" in page
        assert "The blue door." in page
        assert 'value="2999-05-09"' in page

    def test_notes_are_written_and_read(self, group, ruth, client_of):
        jun = member_of(group)
        url = f"/groups/{group.slug}/notes/{jun.username}/"

        assert client_of(ruth).post(url, {"text": ""}).status_code == 422
        client_of(ruth).post(url, {"text": "Likes <worms>."})

        page = client_of(group.keeper).get(url).content.decode()
        assert "Likes &lt;worms&gt;." in page
        assert client_of(jun).get(url).status_code == 404
        assert jun.name in client_of(ruth).get(self.url(group)).content.decode()
        own = f"/groups/{group.slug}/notes/{ruth.username}/"
        assert client_of(ruth).get(own).status_code == 404

    def test_they_cost_the_same_at_every_size(self, group, ruth, client_of, count_queries):
        browser, jun = client_of(ruth), member_of(group)
        set_rota(group, ruth, days={0: [ruth]}, now=NOW)
        away(group, ruth, deputy=jun)
        write_note(group, ruth, about=jun, text="One.", now=NOW)
        few = count_queries(lambda: browser.get(self.url(group)))
        notes = f"/groups/{group.slug}/notes/{jun.username}/"
        fewer = count_queries(lambda: browser.get(notes))
        for number in range(4):
            other = facilitator_of(group)
            away(group, other, deputy=jun)
            write_note(group, other, about=jun, text=f"{number}", now=NOW)

        assert count_queries(lambda: browser.get(self.url(group))) == few == 11
        assert count_queries(lambda: browser.get(notes)) == fewer == 7

    def test_a_cue_leads_to_it(self, group, ruth, client_of):
        seen(group, ruth, TODAY - 5 * DAY)
        waits(group, since=NOW, assigned_to=ruth)
        cover_groups(NOW + 2 * HOUR)

        page = client_of(group.keeper).get(f"/groups/{group.slug}/care/").content.decode()

        assert f"{ruth.name} has not been here" in page
        assert self.url(group) in page
        cue = Cue.objects.get(kind="cover")
        answer = client_of(group.keeper).get(f"/care/{cue.pk}/done/")
        assert answer["Location"] == self.url(group)


class TestOverTheApi:
    def test_the_rota(self, group, ruth, api_of):
        program = api_of(ruth, group.network)
        url = f"/groups/{group.slug}/rota/"

        answer = program.put(url, {"days": {"monday": [ruth.username], "friday": []}})

        assert answer.status_code == 200
        days = answer.json()["days"]
        assert [one["username"] for one in days["monday"]] == [ruth.username]
        assert days["tuesday"] == []
        assert program.get(url).json() == answer.json()

    def test_a_day_that_nobody_knows_is_refused_and_empties_no_week(self, group, ruth, api_of):
        program, url = api_of(ruth, group.network), f"/groups/{group.slug}/rota/"
        program.put(url, {"days": {"monday": [ruth.username]}})

        answer = program.put(url, {"days": {"Monday": [ruth.username]}})

        assert answer.status_code == 400
        assert "No day is called Monday. Use monday, tuesday" in answer.content.decode()
        assert program.get(url).json()["days"]["monday"][0]["username"] == ruth.username

    def test_who_may_ask(self, group, ruth, api_of):
        hidden = MicroGroupFactory(network=group.network, visibility="hidden")
        member, outsider = member_of(group), moderator_of(group.network)
        urls = ["rota/", "absences/", f"members/{ruth.username}/notes/", "load/"]

        for url in urls:
            path = f"/groups/{group.slug}/{url}"
            assert api_of(member, group.network).get(path).status_code == 403
            assert api_of(outsider, group.network).get(path).status_code == 403
            lost = api_of(outsider, group.network).get(f"/groups/{hidden.slug}/{url}")
            assert lost.status_code == 404
            weak = api_of(ruth, group.network, scopes=["read", "write"])
            assert weak.get(path).json()["code"] == "insufficient_scope"

    def test_leave(self, group, ruth, api_of):
        program, maren = api_of(ruth, group.network), member_of(group)
        url = f"/groups/{group.slug}/absences/"
        said = {"from": "2999-05-01", "until": "2999-05-09", "note": "The blue door."}

        answer = program.post(url, said | {"deputy": maren.username})

        assert answer.status_code == 201
        told = answer.json()
        assert {name: told[name] for name in said} == said
        assert (told["person"]["username"], told["deputy"]["username"]) == (
            ruth.username,
            maren.username,
        )
        assert program.get(url).json()["results"] == [told]
        one = f"/absences/{told['id']}/"
        assert api_of(maren, group.network).delete(one).status_code == 403
        assert api_of(group.keeper, group.network).delete(one).status_code == 403
        assert program.delete(one).status_code == 204
        assert program.delete(one).status_code == 404

    @pytest.mark.parametrize(
        ("said", "field"),
        [
            ({"until": "2999-05-09"}, "from"),
            ({"from": "2999-05-09", "until": "2999-05-01"}, "until"),
            ({"from": "2999-05-01", "until": "2999-05-09", "deputy": "nobody"}, "deputy"),
        ],
    )
    def test_what_does_not_fit_is_said_by_field(self, group, ruth, api_of, said, field):
        answer = api_of(ruth, group.network).post(f"/groups/{group.slug}/absences/", said)

        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == [field]

    def test_notes(self, group, ruth, api_of):
        jun = member_of(group)
        url = f"/groups/{group.slug}/members/{jun.username}/notes/"

        made = api_of(ruth, group.network).post(url, {"text": "Likes worms."})

        assert made.status_code == 201
        assert api_of(group.keeper, group.network).get(url).json()["results"] == [made.json()]

    def test_load(self, group, ruth, api_of):
        rows = api_of(ruth, group.network).get(f"/groups/{group.slug}/load/").json()["results"]

        assert [(row["person"]["username"], row["people"], row["level"]) for row in rows] == [
            (group.keeper.username, 0, ""),
            (ruth.username, 0, ""),
        ]
