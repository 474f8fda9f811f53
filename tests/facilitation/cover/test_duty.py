"""Who is on duty and who is away: the rota, who is asked, leave, load and notes."""

import pytest

from facilitation.cover.actions import begin_leave, come_back, set_rota, take_days, write_note
from facilitation.cover.duty import Circle, Watch, on_duty
from facilitation.cover.models import Duty, Leave, MemberNote
from facilitation.cover.reading import gaps, load, notes_of, two_weeks
from facilitation.cover.rules import load_in_words, spans
from facilitation.cover.watching import cover_groups
from facilitation.cues.actions import done, open_cues
from facilitation.cues.models import Cue
from facilitation.welcome.actions import watch_first_posts
from microgroups.membership.actions import leave
from network.errors import Invalid, NotAllowed
from network.notifications.models import Notice
from network.people.models import Person
from network.registries import personal_data
from tests.facilitation.cover.steps import (
    DAY,
    HOUR,
    TODAY,
    WEDNESDAY,
    away,
    cue_about,
    rings,
    seen,
    waits,
)
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
from tests.threads import all_at_once, one_behind_the_other


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

    def test_a_deputy_who_is_away_as_well_is_not_asked(self, group, ruth):
        away(group, ruth, deputy=group.keeper)
        away(group, group.keeper)

        assert not {ruth, group.keeper} & {person for person, _ in rings(group)}

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

    def test_nobody_is_given_what_is_about_themselves(self, group, ruth):
        cue = waits(group, since=NOW, assigned_to=group.keeper)
        Cue.objects.filter(pk=cue.pk).update(person=ruth)

        away(group, group.keeper, deputy=ruth)

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

    def test_whoever_is_back_that_day_steps_in(self, group, ruth):
        back = away(group, group.keeper).back_on

        gone = away(group, ruth, starts_on=back, back_on=back + DAY, deputy=group.keeper)

        assert gone.deputy == group.keeper

    def test_what_is_theirs_is_handed_over_once(self, group, ruth):
        gone = away(group, ruth)
        cue = waits(group, since=NOW, assigned_to=ruth)

        begin_leave(gone, now=NOW + HOUR)

        cue.refresh_from_db()
        assert cue.assigned_to == ruth

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


@pytest.mark.django_db(transaction=True)
def test_nothing_is_handed_over_of_whoever_is_back_at_that_moment():
    group = MicroGroupFactory()
    ruth = group.memberships.get(is_founder=True).person
    gone = away(group, ruth, starts_on=TODAY + DAY)
    cue = waits(group, since=NOW, assigned_to=ruth)

    one_behind_the_other(
        lambda: come_back(gone, ruth, now=NOW + DAY), lambda: begin_leave(gone, now=NOW + DAY)
    )

    cue.refresh_from_db()
    assert cue.assigned_to == ruth


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


def test_talk_of_members_is_no_matter_of_cover(group, ruth):
    """What waits is what stands in the queue; a thread nobody answers is another room's."""
    say(thread_in(group, member_of(group)), group.keeper)
    seen(group, ruth, TODAY - 9 * DAY)

    cover_groups(NOW)

    assert not Cue.objects.filter(kind="cover").exists()
