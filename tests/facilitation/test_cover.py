"""Nobody looks after a group alone: the week, leave, who is asked, and what happens unseen."""

from datetime import timedelta

import pytest

from facilitation.cover.actions import come_back, go_away, set_rota, take_days, write_note
from facilitation.cover.duty import Circle, Watch, on_duty
from facilitation.cover.models import Duty, Leave, MemberNote
from facilitation.cover.reading import gaps, load, notes_of, two_weeks
from facilitation.cover.rules import load_in_words, spans
from facilitation.cover.watching import cover_groups
from facilitation.cues.actions import done, open_cues
from facilitation.cues.models import Cue
from facilitation.welcome.actions import watch_first_posts
from microgroups.membership.actions import change_role, leave
from microgroups.membership.models import Membership
from network.errors import Invalid, NotAllowed
from network.notifications.models import Notice
from network.people.models import Person
from network.registries import personal_data
from tests.factories import (
    NOW,
    MicroGroupFactory,
    admin_of,
    facilitator_of,
    member_of,
    moderator_of,
    say,
    thread_in,
)
from tests.threads import all_at_once

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TODAY = NOW.date()  # a Wednesday
WEDNESDAY = 2


@pytest.fixture
def group(db):
    """A group of old whose founder was there today."""
    group = MicroGroupFactory()
    group.keeper = group.memberships.get(is_founder=True).person
    seen(group, group.keeper, TODAY)
    return group


@pytest.fixture
def ruth(group):
    """Another who facilitates, and was there yesterday."""
    person = facilitator_of(group)
    seen(group, person, TODAY - DAY)
    return person


def seen(group, person, day):
    """They were last there on this day, and have been in the group for long."""
    long_ago = NOW - 300 * DAY
    Membership.objects.filter(group=group, person=person).update(
        last_visit_on=day, joined_at=long_ago, since=long_ago
    )


def rings(group, now=NOW):
    return [(each.person, each.circle) for each in on_duty(group, now)]


def away(group, person, days=7, **facts):
    facts = {"starts_on": TODAY, "back_on": TODAY + days * DAY, "now": NOW, **facts}
    return go_away(group, person, **facts)


def waits(group, *, since, assigned_to=None):
    """Somebody new has waited for an answer since then."""
    jun = member_of(group, now=since - HOUR)
    thread_in(group, jun, now=since)
    watch_first_posts(since + HOUR)
    cue = Cue.objects.get(kind="answer", person=jun)
    Cue.objects.filter(pk=cue.pk).update(assigned_to=assigned_to)
    Notice.objects.all().delete()
    return cue


class TestTheRota:
    def test_a_week_is_written_anew(self, group, ruth):
        set_rota(group, group.keeper, days={0: [group.keeper], 2: [group.keeper, ruth]}, now=NOW)
        set_rota(group, ruth, days={2: [ruth]}, now=NOW)

        assert list(Duty.objects.values_list("person", "weekday")) == [(ruth.pk, 2)]

    def test_only_those_who_facilitate_are_on_it(self, group):
        member = member_of(group)

        with pytest.raises(Invalid, match="does not facilitate"):
            set_rota(group, group.keeper, days={0: [member]}, now=NOW)

        assert not Duty.objects.exists()

    def test_a_member_does_not_write_it(self, group):
        with pytest.raises(NotAllowed):
            set_rota(group, member_of(group), days={}, now=NOW)

    def test_days_are_taken_beside_those_of_others(self, group, ruth):
        set_rota(group, ruth, days={0: [ruth]}, now=NOW)

        take_days(group, group.keeper, weekdays=[0, 1, 1], now=NOW)

        assert Duty.objects.count() == 3


class TestWhoIsAsked:
    def test_without_a_rota_everybody_is_on_duty_the_latest_seen_first(self, group, ruth):
        assert rings(group)[:2] == [(group.keeper, Circle.DUTY), (ruth, Circle.DUTY)]

    def test_first_who_is_on_duty_then_the_others(self, group, ruth):
        set_rota(group, ruth, days={WEDNESDAY: [ruth], 0: [group.keeper]}, now=NOW)

        assert rings(group)[:2] == [(ruth, Circle.DUTY), (group.keeper, Circle.FACILITATOR)]
        assert rings(group, NOW + 5 * DAY)[0] == (group.keeper, Circle.FACILITATOR)  # not seen

    def test_who_is_on_duty_and_was_not_seen_comes_later(self, group, ruth):
        set_rota(group, ruth, days={WEDNESDAY: [ruth]}, now=NOW)
        seen(group, ruth, TODAY - 5 * DAY)

        assert rings(group)[:2] == [
            (group.keeper, Circle.FACILITATOR),
            (ruth, Circle.FACILITATOR),
        ]

    def test_who_is_away_is_not_asked_and_their_deputy_is(self, group, ruth):
        maren = member_of(group)
        moderator = moderator_of(group.network)
        away(group, ruth, deputy=maren)
        away(group, group.keeper)

        asked = rings(group)

        admins = [person for person, circle in asked[2:]]
        assert asked[:2] == [(maren, Circle.DEPUTY), (moderator, Circle.NETWORK)]
        assert group.keeper not in admins  # an admin who is away as a facilitator
        assert len({person.pk for person, _ in asked}) == len(asked)

    def test_a_deputy_who_has_left_is_not_asked(self, group, ruth):
        maren = member_of(group)
        away(group, ruth, deputy=maren)
        leave(group, maren)

        assert maren not in [person for person, _ in rings(group)]

    def test_days_are_those_of_ones_own_zone(self, group, ruth):
        set_rota(group, ruth, days={WEDNESDAY: [ruth]}, now=NOW)
        Person.objects.filter(pk=ruth.pk).update(time_zone="Pacific/Auckland")

        assert rings(group, NOW + 2 * HOUR)[0] == (group.keeper, Circle.FACILITATOR)

    def test_it_takes_as_many_queries_for_many(self, group, ruth, count_queries):
        few = count_queries(lambda: on_duty(group, NOW))
        for _ in range(3):
            away(group, facilitator_of(group), deputy=member_of(group))
            admin_of(group.network)

        assert count_queries(lambda: on_duty(group, NOW)) == few + 1 == 5  # and the deputies

    def test_a_first_post_rings_who_is_on_duty(self, group, ruth):
        set_rota(group, ruth, days={WEDNESDAY: [ruth]}, now=NOW)
        thread_in(group, member_of(group, now=NOW), now=NOW)

        watch_first_posts(NOW + HOUR)

        assert [each.person for each in Notice.objects.filter(kind="answer_wanted")] == [ruth]

    def test_after_six_hours_nobody_who_is_away_is_rung(self, group, ruth):
        maren = member_of(group)
        away(group, group.keeper, deputy=maren)
        thread_in(group, member_of(group, now=NOW), now=NOW)

        watch_first_posts(NOW + 6 * HOUR)

        told = Notice.objects.filter(cause__startswith="ring:")
        assert {(each.person, each.kind) for each in told} == {
            (ruth, "answer_wanted"),
            (maren, "step_in_now"),
        }


class TestLeave:
    def test_ones_cues_go_to_the_deputy_who_facilitates(self, group, ruth):
        cue = waits(group, since=NOW, assigned_to=group.keeper)

        away(group, group.keeper, deputy=ruth)

        cue.refresh_from_db()
        assert cue.assigned_to == ruth

    def test_to_everybody_where_the_deputy_does_not(self, group, ruth):
        cue = waits(group, since=NOW, assigned_to=ruth)

        away(group, ruth, deputy=member_of(group))

        cue.refresh_from_db()
        assert cue.assigned_to is None

    def test_not_before_the_first_day(self, group, ruth):
        cue = waits(group, since=NOW, assigned_to=ruth)
        away(group, ruth, starts_on=TODAY + 2 * DAY, deputy=group.keeper)

        for days in (1, 2, 2):
            cue.refresh_from_db()
            assert cue.assigned_to == ruth or days == 2
            cover_groups(NOW + days * DAY)

        cue.refresh_from_db()
        assert cue.assigned_to == group.keeper

    def test_the_deputy_is_told_without_the_note(self, group, ruth):
        maren = member_of(group)

        away(group, ruth, deputy=maren, note="The key hangs behind the blue door.")

        notice = maren.notices.get(kind="asked_to_step_in")
        assert (notice.actor, notice.words) == (ruth, "")

    @pytest.mark.parametrize(
        ("facts", "field"),
        [
            ({"starts_on": TODAY - DAY}, "from"),
            ({"back_on": TODAY}, "until"),
            ({"back_on": TODAY + 400 * DAY}, "until"),
            ({"note": "x" * 1001}, "note"),
        ],
    )
    def test_what_does_not_fit_is_said(self, group, ruth, facts, field):
        with pytest.raises(Invalid) as refusal:
            away(group, ruth, **facts)

        assert list(refusal.value.errors) == [field]
        assert not Leave.objects.exists()

    def test_one_is_not_away_twice_at_once(self, group, ruth):
        away(group, ruth)

        with pytest.raises(Invalid, match="already"):
            away(group, ruth, starts_on=TODAY + 6 * DAY, back_on=TODAY + 9 * DAY)
        away(group, ruth, starts_on=TODAY + 7 * DAY, back_on=TODAY + 9 * DAY)

    def test_a_deputy_is_another_member_and_there(self, group, ruth):
        stranger = moderator_of(group.network)
        away(group, group.keeper)

        for deputy in (ruth, stranger, group.keeper):
            with pytest.raises(Invalid):
                away(group, ruth, deputy=deputy)

    def test_one_press_takes_it_back(self, group, ruth):
        gone = away(group, ruth)

        with pytest.raises(NotAllowed, match="Only"):
            come_back(gone, group.keeper, now=NOW)
        come_back(gone, ruth, now=NOW)
        come_back(gone, ruth, now=NOW)

        assert not Leave.objects.exists()
        assert (ruth, Circle.DUTY) in rings(group)


@pytest.mark.django_db(transaction=True)
def test_of_two_leaves_said_at_once_one_stands():
    group = MicroGroupFactory()
    keeper = group.memberships.get(is_founder=True).person

    def say_it(number):
        try:
            return away(group, keeper, days=number)
        except Invalid:
            return None

    said = all_at_once(say_it, [(n,) for n in (3, 4, 5, 6)])

    assert Leave.objects.count() == len([one for one in said if one]) == 1


class TestUnseen:
    def test_five_days_unseen_while_somebody_waits_asks_the_others(self, group, ruth):
        seen(group, ruth, TODAY - 5 * DAY)
        waits(group, since=NOW, assigned_to=ruth)

        for _ in range(3):
            cover_groups(NOW + 2 * HOUR)

        cue = Cue.objects.get(kind="cover")
        assert (cue.person, cue.rings) == (ruth, 1)
        told = Notice.objects.filter(cause__startswith="cover:")
        assert [(each.person, each.kind) for each in told] == [(group.keeper, "cover_wanted")]

    @pytest.mark.parametrize("why", ["nobody waits", "four days", "away", "another was there"])
    def test_otherwise_nobody_is_asked(self, group, ruth, why):
        seen(group, ruth, TODAY - (4 if why == "four days" else 5) * DAY)
        if why != "nobody waits":
            assigned = None if why == "another was there" else ruth
            waits(group, since=NOW, assigned_to=assigned)
        if why == "away":
            set_rota(group, ruth, days={WEDNESDAY: [ruth]}, now=NOW)
            away(group, ruth)

        cover_groups(NOW + 2 * HOUR)

        assert not Cue.objects.filter(kind="cover").exists()

    def test_whose_days_they_are_is_missed_though_another_was_there(self, group, ruth):
        set_rota(group, ruth, days={WEDNESDAY: [ruth]}, now=NOW)
        seen(group, ruth, TODAY - 6 * DAY)
        waits(group, since=NOW)

        cover_groups(NOW + 2 * HOUR)

        assert Cue.objects.get(kind="cover").person == ruth

    def test_a_day_later_the_admins_hear_of_it(self, group, ruth):
        seen(group, ruth, TODAY - 5 * DAY)
        waits(group, since=NOW, assigned_to=ruth)
        other = admin_of(group.network)

        for hours in (2, 25, 26, 30):
            cover_groups(NOW + hours * HOUR)

        assert other.notices.filter(kind="cover_missing").count() == 1
        assert Cue.objects.get(kind="cover").rings == 2

    def test_where_there_is_nobody_else_they_hear_at_once(self, group):
        seen(group, group.keeper, TODAY - 6 * DAY)
        waits(group, since=NOW)
        other = admin_of(group.network)

        cover_groups(NOW + 2 * HOUR)

        assert other.notices.filter(kind="cover_missing").exists()

    @pytest.mark.parametrize("how", ["back", "away", "demoted", "answered"])
    def test_it_is_settled_when(self, group, ruth, how):
        seen(group, ruth, TODAY - 5 * DAY)
        cue = waits(group, since=NOW, assigned_to=ruth)
        cover_groups(NOW + 2 * HOUR)

        if how == "back":
            seen(group, ruth, TODAY)
        elif how == "away":
            away(group, ruth)
        elif how == "demoted":
            change_role(group, ruth, "member", by=group.keeper)
        else:
            done(cue, group.keeper, now=NOW + 2 * HOUR)
        cover_groups(NOW + 3 * HOUR)

        assert not Cue.objects.open().filter(kind="cover").exists()


class TestNobodyOnDuty:
    def test_a_day_without_anybody_on_duty_asks_all(self, group, ruth):
        set_rota(group, ruth, days={0: [ruth, group.keeper]}, now=NOW)
        waits(group, since=NOW - 25 * HOUR)

        for _ in range(2):
            cover_groups(NOW)

        cue = Cue.objects.get(kind="cover")
        assert (cue.person, cue.reason[:12]) == (None, "A first post")
        told = Notice.objects.filter(kind="cover_wanted").values_list("person", flat=True)
        assert set(told) == {ruth.pk, group.keeper.pk}

    def test_not_within_a_day_nor_with_somebody_there(self, group, ruth):
        set_rota(group, ruth, days={0: [ruth]}, now=NOW)
        waits(group, since=NOW - 23 * HOUR)
        cover_groups(NOW)
        take_days(group, group.keeper, weekdays=[WEDNESDAY, 3], now=NOW)
        cover_groups(NOW + 2 * HOUR)

        assert not Cue.objects.filter(kind="cover").exists()

    def test_taking_the_day_settles_it(self, group, ruth):
        set_rota(group, ruth, days={0: [ruth]}, now=NOW)
        waits(group, since=NOW - 25 * HOUR)
        cover_groups(NOW)

        take_days(group, group.keeper, weekdays=[WEDNESDAY], now=NOW)
        cover_groups(NOW + HOUR)

        assert Cue.objects.get(kind="cover").closed_why == "Somebody is on duty again."

    def test_an_answer_takes_it_out_of_the_queue_at_once(self, group, ruth):
        set_rota(group, ruth, days={0: [ruth]}, now=NOW)
        cue = waits(group, since=NOW - 25 * HOUR)
        cover_groups(NOW)

        done(cue, ruth, now=NOW)

        assert not Cue.objects.waiting(NOW).filter(kind="cover").exists()


@pytest.mark.django_db(transaction=True)
def test_many_jobs_at_once_ask_once():
    group = MicroGroupFactory()
    keeper, ruth = group.memberships.get(is_founder=True).person, facilitator_of(group)
    for person, days in ((keeper, 0), (ruth, 6)):
        seen(group, person, TODAY - days * DAY)
    waits(group, since=NOW, assigned_to=ruth)

    all_at_once(cover_groups, [(NOW + 2 * HOUR,)] * 6)

    assert Cue.objects.filter(kind="cover").count() == 1
    assert Notice.objects.filter(kind="cover_wanted").count() == 1


class TestNotes:
    def test_they_are_for_those_who_facilitate_and_for_the_members_own_export(self, group, ruth):
        jun, other = member_of(group), member_of(group)
        note = write_note(group, ruth, about=jun, text=" Likes to be asked. ", now=NOW)

        readers = [group.keeper, ruth, jun, other]
        seen_by = [one for one in readers if MemberNote.objects.visible_to(one).exists()]

        assert seen_by == [group.keeper, ruth]
        assert [each["text"] for each in notes_of(jun)] == ["Likes to be asked."]
        assert ruth.name not in str(list(notes_of(jun)))
        assert note.by == ruth

    def test_nobody_who_facilitates_reads_what_is_noted_about_them(self, group, ruth):
        write_note(group, group.keeper, about=ruth, text="Tired of late.", now=NOW)

        assert not MemberNote.objects.visible_to(ruth).exists()
        assert len(list(notes_of(ruth))) == 1

    def test_what_does_not_fit_is_said(self, group, ruth):
        jun, gone = member_of(group), member_of(group)
        leave(group, gone)

        for about, text in ((jun, " "), (jun, "x" * 1001), (gone, "Gone."), (ruth, "Me.")):
            with pytest.raises(Invalid):
                write_note(group, ruth, about=about, text=text, now=NOW)
        with pytest.raises(NotAllowed):
            write_note(group, jun, about=ruth, text="Hm.", now=NOW)

    def test_erasing_somebody_erases_what_was_noted_about_them(self, group, ruth):
        jun = member_of(group)
        write_note(group, ruth, about=jun, text="Likes worms.", now=NOW)
        write_note(group, group.keeper, about=ruth, text="Is tired.", now=NOW)
        personal_data[MemberNote].erase(jun)
        personal_data[MemberNote].erase(group.keeper)

        assert [(note.about, note.by) for note in MemberNote.objects.all()] == [(ruth, None)]

    def test_erasing_a_deputy_leaves_the_leave(self, group, ruth):
        maren = member_of(group)
        away(group, ruth, deputy=maren)
        set_rota(group, ruth, days={0: [ruth]}, now=NOW)

        for model in (Leave, Duty):
            personal_data[model].erase(maren)
        assert Leave.objects.get().deputy is None
        for model in (Leave, Duty):
            personal_data[model].erase(ruth)

        assert not Leave.objects.exists()
        assert not Duty.objects.exists()


class TestInWords:
    def test_neighbouring_days_that_are_the_same_are_one(self):
        assert spans([(1, "a"), (2, "a"), (3, "b"), (4, "a")]) == [
            (1, 2, "a"),
            (3, 3, "b"),
            (4, 4, "a"),
        ]

    def test_the_next_two_weeks(self, group, ruth):
        set_rota(group, ruth, days={day: [ruth] for day in range(5)}, now=NOW)
        away(group, ruth, starts_on=TODAY + 7 * DAY, back_on=TODAY + 8 * DAY)

        found = two_weeks(Watch(group, NOW), ruth)

        assert sum((each.last - each.first).days + 1 for each in found) == 14
        assert [(each.first - TODAY).days for each in found if not each.duty] == [3, 7, 10]
        assert found[0].duty == (ruth,)
        assert found[0].steps_in == (group.keeper,)
        assert found[1].weekdays == [5, 6]

    def test_one_is_offered_empty_days_that_are_not_ones_own(self, group, ruth):
        set_rota(group, ruth, days={day: [ruth] for day in range(5)}, now=NOW)
        away(group, group.keeper, starts_on=TODAY + 2 * DAY, back_on=TODAY + 9 * DAY)
        watch = Watch(group, NOW)
        spans = two_weeks(watch, ruth)

        assert [each.weekdays for each in gaps(watch, spans, ruth)] == [[5, 6]]
        assert [(each.first - TODAY).days for each in gaps(watch, spans, group.keeper)] == [10]
        assert gaps(watch, spans, group.keeper)[0].weekdays == [5, 6]

    @pytest.mark.parametrize(
        ("people", "level"), [(0, ""), (25, ""), (26, "amber"), (40, "amber"), (41, "red")]
    )
    def test_how_much_is_too_much(self, people, level):
        assert load_in_words(people, 12)[0] == level

    def test_load_counts_what_one_sees_to(self, group, ruth):
        jun = member_of(group)
        open_cues([cue_about(group, jun, number) for number in range(7)])
        cues = Cue.objects.filter(kind="presence").order_by("key")
        for days, cue in zip((0, 6, 8, 20, 40), cues, strict=False):
            done(cue, ruth, now=NOW - days * DAY)
        Cue.objects.filter(key="test:6").update(assigned_to=ruth)

        carried = {each.person: each for each in load(Watch(group, NOW))}

        assert (carried[ruth].this_week, carried[ruth].usual) == (3, 0)
        assert carried[group.keeper].this_week == 0


def cue_about(group, person, number):
    return Cue(
        group=group,
        kind="presence",
        key=f"test:{number}",
        person=person,
        reason="Quiet.",
        subject_type="membership",
        subject_id=group.memberships.of(person).pk,
        due_at=NOW,
        created_at=NOW - 50 * DAY,
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


def test_talk_of_members_is_no_matter_of_cover(group, ruth):
    """What waits is what stands in the queue; a thread nobody answers is another room's."""
    say(thread_in(group, member_of(group)), group.keeper)
    seen(group, ruth, TODAY - 9 * DAY)

    cover_groups(NOW)

    assert not Cue.objects.filter(kind="cover").exists()
