"""Who reads who is away, in which order, in which words; and who lets nobody look."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from facilitation.cover.models import Leave
from facilitation.cues.models import Cue
from facilitation.presence import reading, rules
from facilitation.presence.actions import notice_absences, pause, resume
from facilitation.presence.models import Absence
from facilitation.presence.order import ORDER
from microgroups.conversation.actions import delete_post, post
from microgroups.groups.models import MicroGroup
from microgroups.membership.actions import leave, rest, return_
from microgroups.membership.models import Membership, Visit
from microgroups.membership.visits import note_visit
from network.activity.models import Activity
from network.errors import Refused
from network.networks.door import come_in
from tests.factories import MicroGroupFactory, admin_of, facilitator_of, member_of, thread_in


@pytest.fixture
def group(db):
    return alive(MicroGroupFactory(visibility="network"))


@pytest.fixture
def ruth(group):
    ruth = facilitator_of(group)
    come_in(ruth, group.network)
    return ruth


def alive(group):
    """The group, alive on each of the last days."""
    until = timezone.now().date() + timedelta(days=6)
    MicroGroup.objects.filter(pk=group.pk).update(alive_days=1006, alive_until=until)
    return MicroGroup.objects.select_related("network").get(pk=group.pk)


def away(group, days, gaps=(3,) * 10, *, joined=400, **facts):
    """A member with this rhythm who was here last so many days ago."""
    now, person = timezone.now(), member_of(group, **facts)
    last = now.date() - timedelta(days=days)
    Membership.objects.filter(group=group, person=person).update(
        joined_at=now - timedelta(days=joined),
        last_visit_on=last,
        last_visit_alive=1000 - days,
        recent_gaps=list(gaps)[-20:],
        recent_gaps_sum=sum(list(gaps)[-20:]),
    )
    membership = group.memberships.of(person)
    membership.visits.all().delete()
    days_before = [sum(list(gaps)[::-1][:number]) for number in range(len(gaps) + 1)]
    Visit.objects.bulk_create(
        Visit(membership=membership, on=last - timedelta(days=before), gap=None, alive=1)
        for before in days_before
    )
    return person


def heard(group, person, others, *, days_ago):
    """A thread of the person which so many others have answered."""
    at = timezone.now() - timedelta(days=days_ago)
    keep = Membership.objects.filter(group=group, person=person)
    facts = keep.values("last_visit_on", "last_visit_alive", "recent_gaps", "recent_gaps_sum")[0]
    alive_now = MicroGroup.objects.filter(pk=group.pk).values("alive_days", "alive_until")[0]
    thread = thread_in(group, person, now=at)
    for _ in range(others):
        post(thread, member_of(group), body="An answer.", now=at + timedelta(hours=1))
    keep.update(**facts)
    MicroGroup.objects.filter(pk=group.pk).update(**alive_now)
    return thread


def told(group, facilitator):
    """[(name, reason)] as the facilitator reads them."""
    now = timezone.now()
    found = reading.silences(group, facilitator, now).order_by(*ORDER)
    return [(each.membership.person.name, reading.reason(each, now)) for each in found]


def names(group, facilitator):
    return [name for name, _ in told(group, facilitator)]


class TestTheOrder:
    def test_the_least_likely_silence_comes_first(self, group, ruth):
        less, more = away(group, 17), away(group, 30)
        for person in (less, more):
            heard(group, person, 2, days_ago=40)

        notice_absences(timezone.now())

        assert names(group, ruth) == [more.name, less.name]

    def test_each_sign_lifts_a_silence_by_one_band(self, group, ruth):
        """One is answered and known for long; the others, a little likelier, have one sign each."""
        plain, unheard = away(group, 21, [7] * 19 + [6]), away(group, 21, [7] * 20)
        alone, new = away(group, 21, [7] * 20), away(group, 21, [7] * 20, joined=80)
        heard(group, plain, 2, days_ago=40)
        heard(group, unheard, 2, days_ago=41)
        heard(group, unheard, 0, days_ago=40)
        heard(group, alone, 1, days_ago=40)
        heard(group, new, 2, days_ago=40)
        Membership.objects.filter(group=group).exclude(
            person__in=[plain, unheard, alone, new]
        ).update(last_visit_on=timezone.now().date())

        notice_absences(timezone.now() + timedelta(days=3))
        found = reading.silences(group, ruth, timezone.now() + timedelta(days=3))

        bands = {each.membership.person: each.band for each in found.order_by(*ORDER)}
        assert bands == {plain: 0, unheard: 1, alone: 1, new: 1}
        assert list(bands)[-1] == plain

    def test_a_post_that_was_taken_back_or_is_their_own_is_no_answer(self, group, ruth):
        ana = away(group, 17)
        thread = heard(group, ana, 2, days_ago=40)
        for answer in thread.posts.exclude(author=ana):
            delete_post(answer, answer.author)
        notice_absences(timezone.now())

        (absence,) = reading.silences(group, ruth, timezone.now())

        assert (absence.unanswered, absence.talked_with) == (True, 0)


class TestOrderEqualsRule(HypothesisTestCase):
    @settings(max_examples=12)
    @given(
        days=st.integers(8, 170),
        gaps=st.lists(st.integers(1, 20), min_size=1, max_size=22),
        joined=st.sampled_from([60, 200]),
        others=st.integers(0, 2),
    )
    def test_the_query_puts_a_silence_where_the_rule_does(self, days, gaps, joined, others):
        group = alive(MicroGroupFactory())
        ruth = facilitator_of(group)
        come_in(ruth, group.network)
        ana = away(group, days, gaps, joined=max(joined, days + 15))
        heard(group, ana, others, days_ago=days + 1)

        now = timezone.now()
        notice_absences(now)

        level = rules.level_of(days, gaps)
        found = list(reading.silences(group, ruth, now).filter(membership__person=ana))
        assert len(found) == (level is not None)
        for absence in found:
            assert absence.chance_now == pytest.approx(rules.chance_of_silence(days, gaps))
            assert absence.band == rules.band_of(
                absence.chance_now,
                level,
                unanswered=others == 0,
                alone=others <= 1,
                new=max(joined, days + 15) < 90,
            )


class TestTheWords:
    def test_the_reason_tells_the_rhythm_the_silence_and_the_signs_and_no_score(self, group, ruth):
        ana = away(group, 17)
        heard(group, ana, 0, days_ago=20)
        notice_absences(timezone.now())

        assert told(group, ruth) == [
            (
                ana.name,
                "Usually here every 3 days; now it has been 17 days. Nobody has written back to "
                "their last post. They have talked with one other person here at most.",
            )
        ]

    def test_who_lives_in_a_week_and_who_comes_daily_are_told_in_days(self):
        assert rules.how_often(1) == "every day"
        assert rules.how_often(6.6) == "every 7 days"

    def test_to_oneself_it_speaks_of_the_rhythm_alone(self, group):
        ana = group.memberships.of(away(group, 17))

        assert reading.my_rhythm(ana, timezone.now()) == "You are usually here every 3 days."

    def test_who_is_new_rests_or_is_hardly_known_is_told_so(self, group):
        new = group.memberships.of(member_of(group))
        resting = away(group, 2)
        rest(group, resting)
        fresh = group.memberships.of(away(group, 2, []))
        now = timezone.now()

        assert reading.my_rhythm(new, now).startswith("You are new here.")
        resting = group.memberships.of(resting)
        assert reading.my_rhythm(resting, now) == "You rest. Nobody looks at how often you come."
        assert reading.my_rhythm(fresh, now).startswith("You have not been here often enough")


class TestWhoIsLeftOut:
    def test_who_has_come_back_since_the_sweep_is_gone_from_the_list_at_once(self, group, ruth):
        ana = away(group, 17)
        notice_absences(timezone.now())

        note_visit(group.memberships.of(ana), timezone.now())

        assert names(group, ruth) == []

    @pytest.mark.parametrize("deed", [rest, leave, pause])
    def test_who_rests_leaves_or_lets_nobody_look_is_gone_at_once(self, group, ruth, deed):
        ana = away(group, 17)
        notice_absences(timezone.now())

        deed(group, ana)

        assert names(group, ruth) == []

    def test_a_facilitator_does_not_read_of_themselves(self, group, ruth):
        Membership.objects.filter(group=group, person=ruth).update(
            joined_at=timezone.now() - timedelta(days=300),
            last_visit_on=timezone.now().date() - timedelta(days=70),
            last_visit_alive=930,
        )
        notice_absences(timezone.now())

        assert Absence.objects.filter(membership__person=ruth).exists()
        assert names(group, ruth) == []

    def test_who_is_on_leave_is_not_measured_nor_in_the_week_after(self, group, ruth):
        tom = away(group, 17)
        Membership.objects.filter(group=group, person=tom).update(role="facilitator")
        today = timezone.now().date()
        notice_absences(timezone.now())
        assert names(group, ruth) == [tom.name]
        Leave.objects.create(
            group=group,
            person=tom,
            starts_on=today,
            back_on=today + timedelta(days=3),
            made_at=timezone.now(),
        )

        for days in (0, 3, 9):
            notice_absences(timezone.now() + timedelta(days=days))
            assert not Absence.objects.going_on().filter(membership__person=tom).exists()

        assert Cue.objects.get(person=tom).closed_why == "They belong no more, or rest."
        notice_absences(timezone.now() + timedelta(days=10))
        assert Absence.objects.going_on().filter(membership__person=tom).exists()

    def test_a_silence_of_more_than_half_a_year_is_counted_and_not_named(
        self, group, ruth, client_of
    ):
        away(group, 181)
        ana = away(group, 30)
        notice_absences(timezone.now())

        assert names(group, ruth) == [ana.name]
        page = client_of(ruth).get(f"/groups/{group.slug}/presence/").content.decode()
        assert "One person has not been here for more than half a year" in page


class TestPausing:
    def test_it_closes_what_is_open_and_says_nothing_to_anybody(self, group, ruth):
        ana = away(group, 17)
        notice_absences(timezone.now())
        before = Activity.objects.count()

        pause(group, ana)
        assert Absence.objects.get().ended_at is not None
        notice_absences(timezone.now() + timedelta(days=1))

        assert Absence.objects.get().ended_at is not None
        assert (Cue.objects.get().state, Cue.objects.get().closed_why) == (
            "lapsed",
            "They belong no more, or rest.",
        )
        assert Activity.objects.count() == before

    def test_a_last_visit_that_was_imported_since_is_not_measured(self, group, ruth):
        ana = away(group, 17)
        pause(group, ana)
        last = timezone.now().date() - timedelta(days=17)
        Membership.objects.filter(person=ana).update(last_visit_on=last)

        notice_absences(timezone.now())

        assert not Absence.objects.exists()

    def test_nothing_is_written_down_of_who_reads_meanwhile(self, group, count_queries):
        ana = away(group, 2)
        pause(group, ana)
        membership = group.memberships.of(ana)
        before = membership.visits.count()

        assert count_queries(lambda: note_visit(membership, timezone.now())) == 0

        assert membership.visits.count() == before
        assert group.memberships.of(ana).last_visit_on is None

    def test_that_the_group_was_alive_is_remembered_and_no_rhythm_with_it(self, group):
        ana = away(group, 2)
        pause(group, ana)
        gaps = group.memberships.of(ana).recent_gaps

        thread_in(group, ana)

        place = group.memberships.of(ana)
        assert place.visits.filter(on=timezone.now().date(), wrote=True, gap=None).exists()
        assert (place.last_visit_on, place.recent_gaps) == (None, gaps)

    def test_the_time_in_between_is_no_gap(self, group):
        ana = away(group, 2)
        now = timezone.now()
        pause(group, ana, now=now)

        resume(group, ana, now=now + timedelta(days=100))

        place = group.memberships.of(ana)
        assert place.rhythm_paused_at is None
        assert place.last_visit_on == (now + timedelta(days=100)).date()
        assert place.recent_gaps == [3] * 10

    def test_it_outlasts_a_rest(self, group, ruth):
        ana = away(group, 2)
        pause(group, ana)
        rest(group, ana)

        return_(group, ana)
        notice_absences(timezone.now() + timedelta(days=90))

        assert group.memberships.of(ana).rhythm_paused_at is not None
        assert not Absence.objects.filter(membership__person=ana).exists()

    def test_doing_it_twice_changes_nothing(self, group):
        ana = away(group, 2)
        first = pause(group, ana).rhythm_paused_at

        assert pause(group, ana).rhythm_paused_at == first
        resume(group, ana)
        assert resume(group, ana).rhythm_paused_at is None

    def test_who_is_not_inside_is_refused(self, group):
        ana = away(group, 2)
        leave(group, ana)

        with pytest.raises(Refused) as refusal:
            pause(group, ana)

        assert refusal.value.code == "not_a_member"


class TestPages:
    def test_a_facilitator_reads_names_and_reasons_in_the_same_number_of_questions(
        self, group, ruth, client_of, count_queries
    ):
        reader, address = client_of(ruth), f"/groups/{group.slug}/presence/"
        ana = away(group, 17)
        notice_absences(timezone.now())
        page = reader.get(address)
        few = count_queries(lambda: reader.get(address))
        for _ in range(6):
            away(group, 30)
        notice_absences(timezone.now())

        assert f"{ana.name} is away unusually long" in page.content.decode()
        assert "now it has been <b>17 days</b>" in page.content.decode()
        assert count_queries(lambda: reader.get(address)) == few <= 8

    def test_it_is_there_for_nobody_else(self, group, client_of):
        away(group, 17)
        member = member_of(group)
        address = f"/groups/{group.slug}/presence/"

        for person in (member, admin_of(group.network)):
            assert client_of(person).get(address).status_code == 404

    def test_one_switches_it_off_where_one_says_what_others_may_ask(
        self, group, client_of, count_queries
    ):
        ana = away(group, 2)
        mine = client_of(ana)
        place = f"/groups/{group.slug}/people/{ana.username}/"
        assert "You are usually here every 3 days." in mine.get(place).content.decode()
        assert count_queries(lambda: mine.get(place)) <= 9

        kept = mine.post(f"/groups/{group.slug}/rhythm/", {}, follow=True)

        assert "Kith does not look at how often you come here" in kept.content.decode()
        assert group.memberships.of(ana).rhythm_paused_at is not None
        mine.post(f"/groups/{group.slug}/rhythm/", {"noticed": "1"})
        assert group.memberships.of(ana).rhythm_paused_at is None

    def test_nobody_reads_the_rhythm_of_another(self, group, ruth, client_of):
        ana = away(group, 2)

        page = client_of(ruth).get(f"/groups/{group.slug}/people/{ana.username}/")

        assert "How Kith sees" not in page.content.decode()

    def test_ones_own_page_costs_few_questions(self, group, client_of, count_queries):
        mine = client_of(away(group, 2))

        assert count_queries(lambda: mine.get(f"/groups/{group.slug}/rhythm/")) <= 6


class TestApi:
    def test_quiet_and_lapsed_stand_there_with_the_reason_in_words(
        self, group, ruth, api_of, count_queries
    ):
        ana = away(group, 17)
        notice_absences(timezone.now())
        program, address = api_of(ruth, group.network), f"/groups/{group.slug}/presence/"

        (found,) = program.get(address).json()["results"]

        assert set(found) == {"person", "level", "reason"}
        assert (found["person"]["username"], found["level"]) == (ana.username, "lapsed")
        assert found["reason"].startswith("Usually here every 3 days; now it has been 17 days.")
        few = count_queries(lambda: program.get(address))
        away(group, 30)
        notice_absences(timezone.now())
        assert count_queries(lambda: program.get(address)) == few <= 6

    def test_a_long_list_comes_in_parts_in_its_order(self, group, ruth, api_of):
        for days in range(17, 24):
            away(group, days)
        notice_absences(timezone.now())
        program, found = api_of(ruth, group.network), []
        address = f"/groups/{group.slug}/presence/?limit=3"

        while address:
            page = program.get(address).json()
            found += [each["person"]["username"] for each in page["results"]]
            address = page["next"] and page["next"].split("/api/v1")[1]

        now = timezone.now()
        ordered = reading.silences(group, ruth, now).order_by(*ORDER)
        assert found == [each.membership.person.username for each in ordered]
        assert len(found) == 7

    def test_members_are_refused_and_what_is_hidden_is_not_there(self, group, api_of):
        member = member_of(group)
        hidden = MicroGroupFactory(network=group.network, visibility="hidden")
        program = api_of(member, group.network)

        refused = program.get(f"/groups/{group.slug}/presence/")

        assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
        assert program.get(f"/groups/{hidden.slug}/presence/").status_code == 404
        mine = program.get(f"/groups/{hidden.slug}/membership/presence/")
        assert mine.status_code == 404

    def test_one_reads_ones_own_rhythm_and_lets_nobody_look(
        self, group, ruth, api_of, count_queries
    ):
        ana = away(group, 17)
        notice_absences(timezone.now())
        program = api_of(ana, group.network)
        address = f"/groups/{group.slug}/membership/presence/"

        assert program.get(address).json() == {
            "paused": False,
            "words": "You are usually here every 3 days.",
        }
        assert program.patch(address, {}).json()["paused"] is False
        assert program.patch(address, {"paused": True}).json()["paused"] is True
        assert names(group, ruth) == []
        assert program.patch(address, {"paused": "maybe"}).status_code == 400
        assert program.patch(address, {"paused": False}).json()["paused"] is False
        assert count_queries(lambda: program.get(address)) <= 6
