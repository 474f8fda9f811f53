"""The demo network: what was written by hand, and what becomes of it when it is loaded."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import authenticate
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import transaction

from bridging.highlights.models import Highlight
from facilitation.cues.models import Cue
from facilitation.moderation.models import Decision
from facilitation.nudges.rules import IGNORED_AFTER, NOTICE
from facilitation.starters.models import Starter
from microgroups.budding.models import Budding
from microgroups.budding.reading import said_so_far
from microgroups.charter.models import CharterVersion
from microgroups.conversation.models import Post, Thread
from microgroups.groups.founding import load_founding
from microgroups.groups.models import MicroGroup
from microgroups.membership.models import Membership
from network import pictures
from network.networks.door import come_in
from network.networks.models import Network
from network.notifications.models import Mail, Notice
from network.operations.demo.deeds import all_deeds
from network.operations.demo.loading import FIRST_LOOK, load_demo
from network.operations.demo.talking import came_at, posts_of, reactions_in
from network.operations.demo.town import read_town
from network.operations.invariants import violations
from network.operations.stock import demo_accounts
from network.people.models import Person
from network.pictures import PAINTS
from network.registries import periodic_jobs

NOW = datetime(2027, 3, 3, 10, 30, tzinfo=UTC)
HOURS = [datetime(2027, 6, 30, hour, 5, tzinfo=UTC) for hour in range(24)]


# As it was written


def written():
    """Each text that is said in a group, with the group."""
    for group in read_town(NOW).groups:
        for post in posts_of(group):
            yield group, post


def test_there_are_eighty_people_and_some_weeks_of_talk():
    town = read_town(NOW)
    threads = [thread for group in town.groups for thread in group.get("threads", [])]
    lately = [post for _, post in written() if town.when(post["at"]) > NOW - timedelta(weeks=10)]

    assert len(town.people) >= 80
    assert len(town.groups) >= 10
    assert len(threads) >= 60
    assert len(lately) >= 350


@pytest.mark.parametrize("now", HOURS, ids=lambda now: f"{now:%H:%M}")
def test_nothing_happens_in_the_future_at_whatever_hour_one_looks(now):
    town = read_town(now)

    assert max(at for at, _ in all_deeds(town)) <= now


@pytest.mark.parametrize("now", HOURS, ids=lambda now: f"{now:%H:%M}")
def test_people_answer_what_was_said_before(now):
    town = read_town(now)

    for group in town.groups:
        for thread in group.get("threads", []):
            times = [town.when(post["at"]) for post in (thread, *thread.get("replies", []))]
            assert times == sorted(times), thread["title"]


@pytest.mark.parametrize("now", HOURS, ids=lambda now: f"{now:%H:%M}")
def test_a_postcard_is_chosen_then_consented_to_then_shared_then_answered(now):
    town = read_town(now)

    for group in town.groups:
        for card in group.get("highlights", []):
            steps = [card[step] for step in ("proposed", "consented", "shared") if step in card]
            times = [town.when(step) for step in steps]
            answers = [town.when(answer["at"]) for answer in card.get("echoes", [])]
            said = next(post for post in posts_of(group) if post.get("key") == card["post"])
            assert [town.when(said["at"]), *times] == sorted([town.when(said["at"]), *times])
            assert all(times[-1] < at for at in answers), card["post"]


@pytest.mark.parametrize("now", HOURS, ids=lambda now: f"{now:%H:%M}")
def test_who_stays_away_is_told_two_weeks_before_they_rest(now):
    town = read_town(now)

    for group in town.groups:
        for silent in group.get("silent", {}).values():
            assert town.when(silent["told"]) <= town.when(silent["rests"]) - NOTICE
            assert town.when(silent["asked"]) <= town.when(silent["told"]) - IGNORED_AFTER


def test_every_group_is_painted_in_one_of_our_colours():
    assert {group["colour"] for group in read_town(NOW).groups} <= set(PAINTS)


def test_who_speaks_belongs_and_has_come_by_then():
    town = read_town(NOW)

    for group, post in written():
        assert post["by"] in {group["founder"], *group["members"]}, post
        assert came_at(town, group, post["by"]) < town.when(post["at"]), post


def test_who_reacts_belongs():
    for group, post in written():
        people = {username for _, username in reactions_in(post.get("reactions", ""))}
        assert people <= {group["founder"], *group["members"]} - {post["by"]}, post


def test_who_rests_or_has_left_says_nothing_more():
    town = read_town(NOW)

    for group, post in written():
        for username, gone in {**group.get("left", {}), **group.get("resting", {})}.items():
            if town.when(post["at"]) > town.when(gone):
                people = {name for _, name in reactions_in(post.get("reactions", ""))}
                assert username not in {post["by"], *people}, post


def test_nobody_says_what_somebody_said_already():
    said = Counter(post["body"].strip() for _, post in written() if len(post["body"]) > 20)

    assert [body for body, times in said.items() if times > 1] == []


def test_a_card_holds_every_purpose_and_every_line_about_oneself():
    town = read_town(NOW)

    assert [group["name"] for group in town.groups if len(group["purpose"]) > 140] == []
    assert [name for name, facts in town.people.items() if len(facts["intro"]) > 140] == []


def test_each_group_has_one_of_the_paints():
    assert {group["colour"] for group in read_town(NOW).groups} <= set(pictures.KIN)


def test_a_charter_has_three_agreements():
    for group in read_town(NOW).groups:
        assert len(group["agreements"].strip().splitlines()) == 3, group["name"]


def test_who_agrees_belongs_and_agrees_to_what_was_written_by_then():
    for group in read_town(NOW).groups:
        for username, at in group.get("agreed", {}).items():
            assert username in group["members"], username
            assert read_town(NOW).when(at) > read_town(NOW).when(group["rewritten"]), username


def test_who_is_mentioned_lives_here():
    town = read_town(NOW)

    for _, post in written():
        assert set(re.findall(r"(?<!\w)@([a-z_]+)", post["body"])) <= set(town.people), post


# As it is loaded


@pytest.fixture(scope="module")
def network(django_db_setup, django_db_blocker):
    """The demo network, loaded once for all tests of this file."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield load_demo(NOW)
        transaction.set_rollback(True)


@pytest.fixture
def loaded(network, db):
    return network


def group_named(slug):
    return MicroGroup.objects.get(slug__startswith=slug)


def person_named(username):
    return Person.objects.get(username=username)


def open_cues(slug, kind):
    """Whom the open cues of the group are about."""
    cues = Cue.objects.open(NOW).filter(group=group_named(slug), kind=kind)
    return set(cues.values_list("person__username", flat=True))


def test_all_that_was_written_is_there(loaded):
    town = read_town(NOW)

    assert Person.objects.count() == len(town.people)
    assert loaded.groups.filter(sister_of=None).count() == len(town.groups)
    assert Post.objects.filter(by_kith=False).count() == sum(1 for _ in written())
    assert Thread.objects.filter(opened_at__gt=NOW).count() == 0


def test_every_invariant_holds(loaded):
    assert list(violations()) == []


def test_it_comes_into_an_empty_house_only(loaded):
    with pytest.raises(CommandError, match="already"):
        call_command("loaddemo")

    assert Network.objects.count() == 1


def test_three_accounts_and_a_newcomer_may_look_around(loaded):
    accounts = {role: (email, password) for role, email, password in demo_accounts()}

    assert set(accounts) == {"member", "facilitator", "admin", "newcomer"}
    for role, (email, password) in accounts.items():
        assert email == f"{role}@kith.example"
        assert authenticate(None, email=email, password=password) == Person.objects.get(email=email)
        assert EmailAddress.objects.get(email=email).verified


def test_nobody_else_has_a_password(loaded):
    others = Person.objects.exclude(email__in=[email for _, email, _ in demo_accounts()])

    assert [person for person in others if person.has_usable_password()] == []


def test_the_member_is_in_three_groups_and_has_something_to_read(loaded):
    member = person_named("leyla")

    assert member.memberships.active().count() == 3
    assert not member.memberships.facilitating().exists()
    replies = Notice.objects.filter(person=member, read_at=None, kind="reply")
    assert replies.count() >= 2


def test_the_facilitator_cares_for_groups_where_somebody_waits(loaded):
    facilitated = person_named("tomasz").memberships.facilitating()
    slugs = set(facilitated.values_list("group__slug", flat=True))

    assert slugs == {"balcony-growers", "stair-14", "bread-and-pickles", "rain-barrels"}
    assert Cue.objects.open(NOW).filter(group__slug="balcony-growers").count() >= 5


def test_a_full_group_keeps_one_seat_for_the_first_in_line(loaded):
    table = group_named("the-mending-table")

    assert table.seats_taken == table.cap == 12
    assert list(table.memberships.offered().values_list("person__username", flat=True)) == [
        "sunniva"
    ]
    line = table.memberships.waiting().values_list("person__username", flat=True)
    assert list(line) == ["ingrid", "agnieszka", "itzel", "anton"]


def test_a_group_that_asks_has_two_requests_with_their_answers(loaded):
    nights = group_named("newborn-nights")
    asked = Membership.objects.filter(group=nights, state="requested")

    assert nights.join_policy == "ask"
    assert {row.person.username for row in asked} == {"nils", "clementine"}
    assert all(len(row.answers) == len(nights.questions) and all(row.answers) for row in asked)
    assert open_cues("newborn-nights", "request") == {"nils", "clementine"}


def test_somebody_who_was_asked_to_go_has_somebody_else_look_again(loaded):
    stair = group_named("stair-14")
    goran = stair.memberships.get(person__username="goran")

    assert goran.was_removed
    assert goran.decided_by == person_named("wanda")
    assert open_cues("stair-14", "appeal") == {"goran"}


def test_somebody_asked_for_a_look_and_a_post_is_hidden(loaded):
    assert open_cues("balcony-growers", "report") == {"goran"}
    decision = Decision.objects.get(kind="hide")
    assert (decision.person, decision.by) == (person_named("olu"), person_named("tomasz"))
    assert decision.post.is_hidden and decision.is_standing
    assert loaded.help_text.startswith("112")


def test_a_thread_goes_slowly_and_whoever_opened_it_may_ask_somebody_else(loaded):
    decision = Decision.objects.get(kind="slow")

    assert decision.slows(NOW) and decision.can_be_appealed(NOW)
    assert decision.is_about(person_named("olu"))
    assert Decision.objects.about(person_named("olu")).filter(pk=decision.pk).exists()


def test_a_thread_may_move_once_all_have_said_yes(loaded):
    move = Decision.objects.get(kind="move")

    said = dict(move.consents.values_list("person__username", "answer"))
    assert (move.is_proposed, move.to_group.slug) == (True, "stair-14")
    assert said == {
        "leyla": "asked",
        "kwame": "asked",
        "ruth_v": "asked",
        "halima": "yes",
        "linh": "yes",
    }


def test_a_group_asks_its_people_to_look_twice(loaded):
    half = group_named("the-half-finished")

    assert half.looks_twice
    assert half.reminder.words == ["just", "simply"]


def test_one_comes_into_a_stairwell_by_invitation_by_name_by_mail_or_by_a_link(loaded):
    stair = group_named("stair-14")

    assert stair.join_policy == "invite"
    assert Counter(stair.invitations.open().values_list("kind", flat=True)) == {
        "person": 1,
        "email": 1,
        "link": 1,
    }
    assert stair.memberships.of(person_named("leyla")).is_invited


def test_one_who_has_slept_rests_and_has_given_the_seat_back(loaded):
    nights = group_named("newborn-nights")

    assert nights.memberships.of(person_named("hugo")).is_resting
    assert nights.seats_taken == nights.memberships.seated().count()


def test_a_hidden_group_is_known_to_its_people_alone(loaded):
    hidden = group_named("the-long-table")

    assert hidden.is_hidden
    assert hidden in MicroGroup.objects.visible_to(person_named("tomasz"))
    assert hidden not in MicroGroup.objects.visible_to(person_named("leyla"))


def test_one_group_waits_for_the_admins_yes_and_one_has_done_its_work(loaded):
    states = dict(loaded.groups.values_list("slug", "state"))

    assert states["laundry-room-orchestra"] == "proposed"
    assert states["the-ferry-carpool"] == "archived"


def test_a_proposal_is_on_its_way_to_what_the_network_asks(loaded):
    orchestra = group_named("laundry-room-orchestra")
    (orchestra,) = load_founding([orchestra], person_named("leyla"))

    assert orchestra.founding["needed"] == {"pledges": 5, "threads": 0, "facilitators": 2}
    assert (orchestra.founding["pledges"], orchestra.founding["facilitators"]) == (3, 2)
    assert orchestra.founding["mine"] is False


def test_one_group_is_choosing_about_a_sister(loaded):
    found = Budding.objects.get()

    assert (found.group.slug, found.sister.slug) == ("the-slow-readers", "the-slower-readers")
    assert found.is_choosing and found.closes_at > NOW
    assert said_so_far(found) == {"stay": 2, "go": 4, "both": 1, "unsaid": 13}


def test_a_full_group_of_two_tables_is_asked_whether_it_grows_a_sister(loaded):
    tomasz = person_named("tomasz")
    come_in(tomasz, loaded)

    (cue,) = Cue.objects.open(NOW).visible_to(tomasz).filter(kind="budding")

    assert cue.group.slug == "bread-and-pickles"
    assert cue.reason == (
        "60 of 61 windows have been lived in for two weeks, and 11 people wait. "
        "Two tables of 30 and 30 have formed."
    )


def test_a_group_gone_quiet_is_asked_what_comes_next(loaded):
    (cue,) = Cue.objects.open(NOW).filter(kind="quiet")

    assert cue.group.slug == "rain-barrels"
    assert cue.reason.startswith("No week of the last six had three posts.")


def test_who_let_two_lapses_pass_rests_and_the_next_in_line_has_an_offer(loaded):
    bread = group_named("bread-and-pickles")
    giulia = bread.memberships.of(person_named("giulia"))

    assert giulia.is_resting
    assert Notice.objects.filter(person=giulia.person, kind="rests_now").count() == 1
    assert [each.person.username for each in bread.memberships.offered()] == ["nils"]
    assert bread.seats_taken == bread.cap == 61


def test_whoever_waits_at_a_door_has_room_for_one_more_group(loaded):
    at_doors = Membership.objects.filter(state__in=["requested", "waitlisted", "offered"])
    people = Person.objects.filter(memberships__in=at_doors).distinct()

    counts = [person.memberships.filter(state="active").count() for person in people]

    assert len(counts) > 10
    assert max(counts) < Network.objects.get().max_groups_per_person


def test_a_newcomers_first_post_waits_for_an_answer(loaded):
    first = Post.objects.get(author=person_named("jun"))

    assert first.at < NOW - timedelta(hours=1)
    assert not first.thread.is_answered
    assert open_cues("balcony-growers", "answer") == {"jun"}


def test_somebody_told_of_something_hard_and_had_advice_alone(loaded):
    assert open_cues("balcony-growers", "comfort") == {"halima"}
    assert Cue.objects.filter(kind="comfort").count() == 1


def test_one_charter_is_to_be_looked_at_and_one_has_changed_agreements(loaded):
    (due,) = Cue.objects.open(NOW).filter(kind="charter")
    leyla = group_named("balcony-growers").memberships.of(person_named("leyla"))

    assert due.group == group_named("stair-14")
    assert not leyla.has_accepted
    (changed,) = CharterVersion.objects.exclude(before={})
    assert changed.before["agreements"].endswith("Borrowed tools come home some day.")
    assert changed.after["agreements"] == leyla.group.agreements


def test_a_question_is_drafted_for_a_quiet_group_and_one_is_to_be_asked_soon(loaded):
    (cue,) = Cue.objects.open(NOW).filter(kind="starter", group__slug="stair-14")
    draft = Starter.objects.get(pk=cue.subject_id)
    scheduled = Starter.objects.get(state="scheduled")

    assert draft.is_untouched
    assert (scheduled.group.slug, scheduled.decided_by.username) == ("balcony-growers", "ruth_v")


def test_one_group_lets_kith_ask_and_kith_has_asked_something(loaded):
    (thread,) = Thread.objects.filter(by_kith=True)

    assert thread.group.slug == "the-slow-readers"
    assert thread.group.starter_habit.by_kith and thread.starter.is_by_kith


def test_somebody_who_came_today_waits_for_a_hello(loaded):
    assert person_named("bram").joined_at > NOW - timedelta(days=1)
    assert open_cues("balcony-growers", "welcome") == {"bram", "jun"}


def test_two_people_are_quieter_than_they_usually_are_and_nobody_else(loaded):
    presence = Cue.objects.open(NOW).filter(kind="presence")

    assert {cue.person.username for cue in presence} == {"ana_lucia", "samuel"}
    assert open_cues("balcony-growers", "presence") == {"ana_lucia", "samuel"}
    last = Membership.objects.get(person__username="ana_lucia").last_visit_on
    assert last == NOW.date() - timedelta(days=18)


def test_the_last_thing_the_quiet_one_asked_has_no_answer(loaded):
    asked = Post.objects.filter(author=person_named("ana_lucia")).latest("at")

    assert asked.thread.kind == "question"
    assert not asked.thread.is_answered


def test_postcards_hang_in_the_feed_with_what_came_back(loaded):
    shared = Highlight.objects.filter(state="shared")

    assert shared.count() >= 4
    assert all(card.note and 2 <= card.echoes_count <= 6 for card in shared)


def test_one_postcard_waits_for_its_author_and_one_for_the_facilitator(loaded):
    proposed = Highlight.objects.get(state="proposed")
    consented = Highlight.objects.get(state="consented")

    assert proposed.author == person_named("leyla")
    assert consented.group == group_named("balcony-growers")


def test_questions_have_their_answers(loaded):
    chosen = Thread.objects.filter(kind="question").exclude(answer=None)

    assert chosen.count() >= 12


def test_nobody_is_mailed_for_the_past(loaded):
    assert Notice.objects.exists()
    assert not Notice.objects.exclude(mail=Mail.NONE).exists()
    assert mail.outbox == []


def test_the_jobs_find_nothing_more_to_do_a_minute_later(loaded):
    def counts():
        return Cue.objects.count(), Notice.objects.count(), Cue.objects.open().count()

    before = counts()
    for name in FIRST_LOOK:
        periodic_jobs[name].value(NOW + timedelta(minutes=1))

    assert counts() == before
