"""A newcomer's first two weeks: a greeting in the group's words, a buddy, a question, a way out."""

from datetime import timedelta

import pytest
from django.utils import timezone

from facilitation.cues.models import Cue
from facilitation.dashboard.reading import queue
from facilitation.welcome import buddies, rules
from facilitation.welcome.actions import welcome_newcomers
from facilitation.welcome.first_days import ask_whether_it_fits, say_it_fits, take_first_steps
from facilitation.welcome.greeting import greeting_of, set_greeting
from facilitation.welcome.models import Buddy, Greeting, Welcome
from facilitation.welcome.reading import promises
from microgroups.membership.actions import describe, leave, rest
from microgroups.membership.models import Membership, Visit
from network.activity.models import Activity
from network.errors import Invalid, NotAllowed, Refused
from network.notifications.actions import deliver_due, read
from network.notifications.models import Attention, Notice
from network.notifications.reading import tell
from network.people.blocking import block
from tests.facilitation.test_dashboard import words
from tests.factories import (
    NOW,
    MicroGroupFactory,
    PersonFactory,
    facilitator_of,
    member_of,
    say,
    thread_in,
)

DAY, HOUR = timedelta(days=1), timedelta(hours=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def group():
    return MicroGroupFactory(name="Balcony Growers")


@pytest.fixture
def keeper(group):
    return group.memberships.get(is_founder=True).person


def newcomer(group, now=NOW, **facts):
    return member_of(group, now=now, **facts)


def old_hands(group, number, *, offers=True):
    """People who wrote on each of the last three days, and offer to show newcomers around."""
    people = [member_of(group, now=NOW - 90 * DAY) for _ in range(number)]
    for days in (3, 2, 1):
        for person in people:
            thread_in(group, person, now=NOW - days * DAY)
    for person in people if offers else ():
        buddies.offer(group, person, now=NOW - 20 * DAY)
    return people


def greeted(group, person):
    """What the newcomer reads of the greeting."""
    (notice,) = Notice.objects.filter(person=person, kind="welcome")
    (told,) = tell([notice], person)
    return told


class TestGreeting:
    def test_it_is_in_the_groups_words_and_says_that_kith_brought_it(
        self, group, keeper, mailoutbox
    ):
        set_greeting(group, keeper, words="Come in, mind the bees.", now=NOW)
        jun = newcomer(group)

        welcome_newcomers(NOW + HOUR)
        deliver_due(NOW + HOUR)

        assert greeted(group, jun).words == "Come in, mind the bees."
        assert "Come in, mind the bees." in mailoutbox[0].body
        assert "Balcony Growers wrote them" in mailoutbox[0].body
        assert "From Kith" in mailoutbox[0].body or "Kith brought you" in mailoutbox[0].body

    def test_without_words_of_its_own_it_is_kiths_greeting(self, group):
        jun = newcomer(group)

        welcome_newcomers(NOW + HOUR)

        assert greeted(group, jun).words == ""
        assert greeted(group, jun).text == (
            "Welcome to Balcony Growers. Say hello whenever you like; people here answer."
        )

    def test_only_a_facilitator_changes_it(self, group):
        with pytest.raises(NotAllowed):
            set_greeting(group, member_of(group), words="Hello")

        assert not Greeting.objects.exists()

    def test_too_long_or_an_unknown_step_is_said_so_and_changes_nothing(self, group, keeper):
        set_greeting(group, keeper, words="Hello", steps=["look"])

        with pytest.raises(Invalid):
            set_greeting(group, keeper, words="x" * 1001)
        with pytest.raises(Invalid):
            set_greeting(group, keeper, steps=["look", "dance"])

        assert (greeting_of(group).words, greeting_of(group).steps) == ("Hello", ["look"])
        assert Activity.objects.filter(verb="greeting.changed").count() == 1


class TestBuddies:
    def test_who_offers_it_and_writes_is_asked_and_named_in_the_greeting(self, group):
        (ruth,) = old_hands(group, 1)
        jun = newcomer(group)

        welcome_newcomers(NOW)

        Membership.objects.filter(person=ruth).update(last_visit_on=timezone.now().date())
        assert Welcome.objects.get(membership__person=jun).buddy == ruth
        assert Notice.objects.filter(person=ruth, kind="be_buddy").count() == 1
        assert f"{ruth.name} shows newcomers around and was here this week." in (
            greeted(group, jun).text
        )

    def test_once_they_are_no_longer_willing_the_greeting_names_them_no_more(self, group):
        (ruth,) = old_hands(group, 1)
        jun = newcomer(group)
        welcome_newcomers(NOW)

        buddies.withdraw(group, ruth)

        assert ruth.name not in greeted(group, jun).text

    @pytest.mark.parametrize("case", ["unwilling", "long away", "never writes", "resting"])
    def test_nobody_is_asked_who(self, group, case):
        (ruth,) = old_hands(group, 1, offers=case != "unwilling")
        if case == "long away":
            Membership.objects.filter(person=ruth).update(last_visit_on=(NOW - 8 * DAY).date())
        if case == "never writes":
            Visit.objects.update(wrote=False)
        if case == "resting":
            rest(group, ruth, now=NOW)

        jun = newcomer(group)
        welcome_newcomers(NOW)

        assert Welcome.objects.get(membership__person=jun).buddy is None
        assert not Notice.objects.filter(kind="be_buddy").exists()

    def test_a_block_either_way_keeps_the_two_apart(self, group):
        ruth, imani = old_hands(group, 2)
        jun = newcomer(group)
        block(ruth, jun)
        block(jun, imani)

        welcome_newcomers(NOW)

        assert Welcome.objects.get(membership__person=jun).buddy is None

    def test_they_take_turns_and_nobody_is_asked_a_fourth_time_in_a_week(self, group):
        ruth, imani = old_hands(group, 2)
        for _ in range(8):
            newcomer(group, now=NOW - HOUR)

        welcome_newcomers(NOW)

        asked = list(Welcome.objects.order_by("pk").values_list("buddy", flat=True))
        assert sorted(asked[:6], key=str) == sorted([ruth.pk, imani.pk] * 3, key=str)
        assert asked[0] != asked[1]
        assert asked[6:] == [None, None]

    def test_where_nobody_had_room_somebody_is_asked_later_who_has(self, group):
        (ruth,) = old_hands(group, 1)
        for _ in range(4):
            newcomer(group, now=NOW - HOUR)
        welcome_newcomers(NOW)
        last = Welcome.objects.get(buddy=None)
        assert last.buddy is None

        take_first_steps(NOW + 6 * HOUR)
        last.refresh_from_db()
        assert last.buddy is None
        read(ruth, now=NOW)
        Attention.objects.filter(kind="be_buddy", is_sent=True).update(at=NOW - 8 * DAY)
        take_first_steps(NOW + 12 * HOUR)

        last.refresh_from_db()
        assert last.buddy == ruth
        assert Notice.objects.filter(person=ruth, kind="be_buddy").count() == 4

    @pytest.mark.parametrize("case", ["met", "answered", "late", "gone"])
    def test_not_once_somebody_said_hello_or_it_is_late_or_they_are_gone(self, group, case):
        jun = newcomer(group, now=NOW - HOUR)
        welcome_newcomers(NOW)
        old_hands(group, 1)
        if case == "met":
            Cue.objects.filter(kind="welcome").update(state="done")
        if case == "answered":  # and the job that closes cues has not come by
            thread = thread_in(group, jun, now=NOW + HOUR)
            say(thread, group.memberships.get(is_founder=True).person, now=NOW + HOUR)
        if case == "gone":
            leave(group, jun, now=NOW)

        take_first_steps(NOW + (4 * DAY if case == "late" else 6 * HOUR))

        assert not Notice.objects.filter(kind="be_buddy").exists()

    def test_only_who_has_a_seat_can_offer_it_and_once(self, group):
        ruth = member_of(group)

        buddies.offer(group, ruth)
        buddies.offer(group, ruth)
        with pytest.raises(Refused):
            buddies.offer(group, PersonFactory(network=group.network))

        assert Buddy.objects.count() == 1
        assert Activity.objects.filter(verb="buddy.offered").count() == 1


@pytest.mark.parametrize(
    ("days", "quarter"),
    [
        ({}, set()),
        ({1: 0, 2: 0}, set()),
        ({1: 5, 2: 1, 3: 1, 4: 1}, {1}),
        ({1: 5, 2: 5, 3: 1, 4: 1}, {1, 2}),
        ({1: 5, 2: 4, 3: 1, 4: 1, 5: 0}, {1, 2}),
        ({1: 2, **dict.fromkeys(range(2, 12), 0)}, {1}),
    ],
)
def test_the_most_active_quarter_wrote_on_most_days(days, quarter):
    assert rules.most_active_quarter(days) == quarter


class TestTheFourthDay:
    def test_who_has_not_written_is_asked_something_by_name(self, group, keeper):
        jun = newcomer(group)
        describe(group, jun, asks="grafting figs", now=NOW)
        welcome_newcomers(NOW)

        take_first_steps(NOW + 4 * DAY - HOUR)
        assert Cue.objects.open().get().key.startswith("welcome:")
        take_first_steps(NOW + 4 * DAY)
        take_first_steps(NOW + 4 * DAY + HOUR)

        cue = Cue.objects.open().get()
        assert (cue.person, cue.kind) == (jun, "welcome")
        assert "four days ago" in cue.reason

    def test_the_page_begins_with_a_question_out_of_what_only_they_told(
        self, group, keeper, client_of
    ):
        jun = newcomer(group)
        describe(group, jun, asks="grafting figs", now=NOW)
        welcome_newcomers(NOW)
        take_first_steps(NOW + 4 * DAY)

        page = client_of(keeper).get(f"/care/{Cue.objects.open().get().pk}/done/")

        assert "You would like to learn about grafting figs. What have you tried so far?" in (
            page.content.decode()
        )

    def test_writing_settles_it_at_once_for_the_queue_and_then_for_good(self, group, keeper):
        jun = newcomer(group)
        welcome_newcomers(NOW)
        take_first_steps(NOW + 4 * DAY)

        thread_in(group, jun, now=NOW + 5 * DAY)

        assert [
            item.cue.kind for part in queue(keeper, NOW + 5 * DAY).parts for item in part.items
        ] == []
        take_first_steps(NOW + 5 * DAY)
        assert Cue.objects.get(key__startswith="question:").state == "done"

    @pytest.mark.parametrize(
        "jobs", [(welcome_newcomers, take_first_steps), (take_first_steps, welcome_newcomers)]
    )
    def test_who_wrote_and_was_answered_has_written_whichever_job_sees_it(
        self, group, keeper, jobs
    ):
        jun = newcomer(group)
        welcome_newcomers(NOW)
        take_first_steps(NOW + 4 * DAY)
        say(thread_in(group, jun, now=NOW + 5 * DAY), keeper, now=NOW + 5 * DAY)

        for job in jobs:
            job(NOW + 5 * DAY + HOUR)

        assert Cue.objects.get(key__startswith="question:").closed_why == "They have written."

    def test_who_has_written_or_whose_group_does_without_is_not_asked(self, group, keeper):
        wrote, quiet = newcomer(group), newcomer(group)
        welcome_newcomers(NOW)
        thread_in(group, wrote, now=NOW + HOUR)
        set_greeting(group, keeper, steps=["look", "fit"], now=NOW)

        take_first_steps(NOW + 4 * DAY)

        assert not Cue.objects.filter(key__startswith="question:").exists()
        set_greeting(group, keeper, steps=["ask"], now=NOW)
        take_first_steps(NOW + 4 * DAY)
        assert Cue.objects.get(key__startswith="question:").person == quiet


class TestTheTenthDay:
    def test_a_newcomer_is_asked_once_whether_it_fits(self, group):
        jun = newcomer(group)
        welcome_newcomers(NOW)

        take_first_steps(NOW + 10 * DAY)
        take_first_steps(NOW + 11 * DAY)

        assert Notice.objects.filter(person=jun, kind="does_it_fit").count() == 1

    def test_who_said_yes_or_left_after_the_worker_looked_is_not_asked(self, group):
        said, gone = newcomer(group), newcomer(group)
        welcome_newcomers(NOW)
        places = [group.memberships.of(each).pk for each in (said, gone)]
        say_it_fits(group, said, now=NOW + DAY)
        leave(group, gone, now=NOW + DAY)

        for key in places:
            ask_whether_it_fits(key, now=NOW + 10 * DAY)

        assert not Notice.objects.filter(kind="does_it_fit").exists()

    def test_they_say_yes_with_one_tap_or_read_where_else_they_might_go(self, group, client_of):
        other = MicroGroupFactory(network=group.network)
        jun = newcomer(group)
        welcome_newcomers(NOW)
        browser = client_of(jun)

        page = words(browser.get(f"/groups/{group.slug}/fit/"))
        assert other.name in page
        assert "leave" in page
        browser.post(f"/groups/{group.slug}/fit/")

        assert Welcome.objects.get(membership__person=jun).fits_at is not None
        take_first_steps(NOW + 10 * DAY)
        assert not Notice.objects.filter(kind="does_it_fit").exists()

    def test_it_is_nobody_elses_page(self, group, client_of):
        path = f"/groups/{group.slug}/fit/"

        assert client_of(PersonFactory(network=group.network)).get(path).status_code == 404


class TestTheFirstDays:
    def test_home_shows_a_few_threads_of_people_like_them_for_three_days(self, group, client_of):
        thread_in(group, member_of(group, now=NOW - 90 * DAY), title="Old hands", now=NOW - DAY)
        mine = member_of(group)
        fellow = member_of(group)
        thread_in(group, fellow, title="Also new here")
        page = words(client_of(mine).get(group.get_absolute_url()))

        assert "Good to have you here" in page
        begin = page.split("A few threads to begin with")[1]
        assert begin.index("Also new here") < begin.index("Old hands")

        Membership.objects.filter(person=mine).update(joined_at=NOW - 400 * DAY)
        assert "Good to have you here" not in words(client_of(mine).get(group.get_absolute_url()))

    def test_first_words_are_marked_for_all_to_see_for_two_weeks(self, group, client_of):
        jun = member_of(group)
        thread = thread_in(group, jun)
        say(thread, jun, "And another thing")

        page = words(client_of(member_of(group)).get(thread.get_absolute_url()))

        assert page.count("First words here") == 1
        thread.posts.update(at=NOW - 400 * DAY)
        page = words(client_of(member_of(group)).get(thread.get_absolute_url()))
        assert "First words here" not in page


class TestThePromise:
    def test_kept_missed_and_waiting_are_counted_over_four_weeks(self, group, keeper):
        late = {6 * DAY: HOUR, 5 * DAY: 25 * HOUR}
        people = [newcomer(group, now=NOW - 90 * DAY) for _ in range(4)]
        for person, at in zip(people, (6 * DAY, 5 * DAY, HOUR, HOUR), strict=True):
            thread = thread_in(group, person, now=NOW - at)
            if at in late:
                say(thread, keeper, now=NOW - at + late[at])
        Membership.objects.filter(person=people[-1]).update(first_post_at=NOW - 40 * DAY)
        thread.posts.update(at=NOW - 40 * DAY)

        found = promises(keeper, NOW)

        assert (found.kept, found.missed, found.waiting) == (1, 1, 1)
        assert promises(people[0], NOW).all == 0

    def test_the_care_page_says_how_it_went(self, group, keeper, client_of):
        thread = thread_in(group, member_of(group))
        say(thread, keeper)

        page = words(client_of(keeper).get("/care/"))

        assert "One person wrote for the first time in four weeks." in page
        assert "They had an answer within a day." in page


class TestPages:
    def test_a_facilitator_writes_the_greeting_and_loses_nothing_typed(
        self, group, keeper, client_of
    ):
        browser, path = client_of(keeper), f"/groups/{group.slug}/welcome/"

        wrong = browser.post(path, {"greeting": "Hello " * 200, "steps": ["look"]})
        assert wrong.status_code == 422
        assert "Hello Hello" in wrong.content.decode()
        browser.post(path, {"greeting": "Come in.", "steps": ["look"]})

        assert (greeting_of(group).words, greeting_of(group).steps) == ("Come in.", ["look"])
        assert client_of(member_of(group)).get(path).status_code == 404

    def test_a_member_offers_and_withdraws_on_their_own_page(self, group, client_of):
        ruth = member_of(group)
        browser = client_of(ruth)
        mine = f"/groups/{group.slug}/people/{ruth.username}/"

        assert "Ask me to say hello to newcomers" in browser.get(mine).content.decode()
        browser.post(f"/groups/{group.slug}/buddy/", {"willing": "1"})
        assert Buddy.objects.exists()
        browser.post(f"/groups/{group.slug}/buddy/")
        assert not Buddy.objects.exists()

    def test_pages_take_the_same_queries_in_a_crowd(self, group, keeper, client_of, count_queries):
        browser, jun = client_of(keeper), member_of(group)
        hers = client_of(jun)

        def costs():
            return {
                "welcome": count_queries(lambda: browser.get(f"/groups/{group.slug}/welcome/")),
                "fit": count_queries(lambda: hers.get(f"/groups/{group.slug}/fit/")),
                "home": count_queries(lambda: hers.get(group.get_absolute_url())),
            }

        costs()
        few = costs()
        for _ in range(3):
            buddies.offer(group, member_of(group))
            thread_in(group, facilitator_of(group))
            MicroGroupFactory(network=group.network)
        costs()

        assert costs() == few == {"welcome": 7, "fit": 6, "home": 9}


class TestApi:
    def test_a_facilitator_reads_and_sets_the_greeting(self, group, keeper, api_of, count_queries):
        api, path = api_of(keeper, group.network), f"/groups/{group.slug}/welcome/"

        assert api.get(path).json() == {"greeting": "", "steps": ["look", "ask", "fit"]}
        said = api.put(path, {"greeting": "Come in.", "steps": ["fit"]})
        assert (said.status_code, said.json()) == (
            200,
            {"greeting": "Come in.", "steps": ["fit"]},
        )
        assert api.put(path, {"greeting": "Hello", "steps": ["dance"]}).status_code == 400
        assert count_queries(lambda: api.get(path)) == 6

    def test_a_member_is_refused_and_an_outsider_finds_nothing(self, group, api_of):
        path = f"/groups/{group.slug}/welcome/"

        refused = api_of(member_of(group), group.network).get(path)

        assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
        hidden = MicroGroupFactory(network=group.network, visibility="hidden")
        outsider = api_of(PersonFactory(network=group.network), group.network)
        assert outsider.get(f"/groups/{hidden.slug}/welcome/").status_code == 404

    def test_a_member_offers_to_be_a_buddy_and_withdraws(self, group, api_of, count_queries):
        api, path = api_of(member_of(group), group.network), f"/groups/{group.slug}/buddy/"

        assert api.put(path).status_code == 200
        assert api.put(path).json()["since"].endswith("Z")
        assert api.delete(path).status_code == 204
        assert not Buddy.objects.exists()
        outside = api_of(PersonFactory(network=group.network), group.network)
        assert outside.put(path).json()["code"] == "not_a_member"
