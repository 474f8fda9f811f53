"""Somebody calls for help: who is called, at any hour, until somebody is there."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.utils import timezone

from facilitation.cover.actions import go_away, set_rota
from facilitation.cues.models import Cue
from facilitation.distress.actions import (
    add_note,
    call_for_help,
    ring_on,
    rings_of,
    see,
    send_word,
)
from facilitation.distress.models import Call, Distress
from facilitation.distress.rules import help_lines
from microgroups.groups.models import MicroGroup
from microgroups.membership.actions import leave
from network.errors import Invalid, NotAllowed, Refused
from network.networks.actions import edit_policy
from network.networks.models import NetworkMembership
from network.notifications.actions import deliver_due, stop_mail
from network.notifications.models import Notice
from network.people.blocking import block
from network.people.models import Person
from network.registries import personal_data
from tests.factories import (
    MicroGroupFactory,
    NetworkFactory,
    PersonFactory,
    admin_of,
    facilitator_of,
    inside,
    member_of,
    moderator_of,
    thread_in,
)
from tests.threads import all_at_once

pytestmark = pytest.mark.django_db

NIGHT = datetime(2026, 5, 20, 3, 0, tzinfo=UTC)  # everybody asleep, in every zone that they have
MINUTE = timedelta(minutes=1)
HELP = "112, ambulance and police\n0800 0113, somebody to talk to\nBoth calls are free."


@pytest.fixture
def network():
    return NetworkFactory(help_text=HELP)


@pytest.fixture
def host(network):
    return PersonFactory(network=network)


@pytest.fixture
def group(network, host):
    group = MicroGroupFactory(network=network, founder=host)
    seen(group, host, NIGHT - timedelta(days=1))
    return group


@pytest.fixture
def jun(group):
    return inside(group, member_of(group))


def seen(group, person, at):
    """When the person was last in the group."""
    facts = {"since": at, "joined_at": at, "last_visit_on": at.date()}
    group.memberships.filter(person=person).update(**facts)


def admins_of(network):
    return set(network.memberships.filter(role="admin").values_list("person", flat=True))


def called(distress, ring):
    return set(distress.calls.filter(ring=ring).values_list("person", flat=True))


def letters():
    """To whom letters have gone, in their order."""
    return [letter.to[0] for letter in mail.outbox]


class TestANight:
    def test_it_climbs_to_the_admin_and_wakes_each_ring_within_its_time(self, group, jun, host):
        away = facilitator_of(group)
        seen(group, away, NIGHT - timedelta(days=20))
        moderator = moderator_of(group.network)
        admins = admins_of(group.network)

        distress = call_for_help(group, jun, now=NIGHT)
        deliver_due(NIGHT + MINUTE)
        assert letters() == [host.email]
        at = NIGHT
        for _ in range(60):
            at += MINUTE
            ring_on(at)
            ring_on(at)
            deliver_due(at)

        assert [called(distress, ring) for ring in range(5)] == [
            {host.pk},
            {host.pk, away.pk},
            {moderator.pk},
            admins,
            admins,
        ]
        times = list(distress.calls.order_by("ring").values_list("at", flat=True).distinct())
        assert times == [NIGHT + 15 * MINUTE * n for n in range(5)]
        assert len(letters()) == 1 + 2 + 1 + 2 * len(admins)
        assert Notice.objects.filter(kind="distress").exclude(mail="sent").count() == 0

    def test_the_letter_goes_at_night_and_to_who_stopped_letters(self, group, jun, host):
        stop_mail(host, "distress")
        stop_mail(host, "facilitating")

        call_for_help(group, jun, note="She lives above the bakery.", now=NIGHT)
        deliver_due(NIGHT + MINUTE)

        (letter,) = mail.outbox
        assert letter.subject == "Somebody needs a person now"
        assert "List-Unsubscribe" not in letter.extra_headers
        assert "This comes at any hour" in letter.body
        assert "bakery" not in letter.body

    def test_a_word_to_whoever_called_goes_at_once_and_once(self, group, jun, host):
        distress = call_for_help(group, jun, now=NIGHT)

        for _ in range(2):
            see(distress, inside(group, host), note="I am on my way.", now=NIGHT + MINUTE)
        deliver_due(NIGHT + MINUTE)

        theirs = [letter for letter in mail.outbox if letter.to == [jun.email]]
        assert sorted(letter.subject for letter in theirs) == [
            f"{host.name} is there",
            f"{host.name} wrote to you",
        ]
        assert sum("> I am on my way." in letter.body for letter in theirs) == 1

    def test_no_word_reaches_who_has_blocked_whoever_writes(self, group, jun, host):
        distress = call_for_help(group, jun, now=NIGHT)
        block(inside(group, jun), host)

        see(distress, inside(group, host), note="I am on my way.", now=NIGHT + MINUTE)

        assert [notice.kind for notice in jun.notices.all()] == ["distress_seen"]

    def test_once_somebody_is_there_nobody_else_is_called(self, group, jun, host):
        distress = call_for_help(group, jun, now=NIGHT)

        see(distress, inside(group, host), now=NIGHT + 4 * MINUTE)
        ring_on(NIGHT + 60 * MINUTE)
        deliver_due(NIGHT + 60 * MINUTE)

        assert distress.calls.count() == 1
        (theirs,) = [letter for letter in mail.outbox if letter.to == [jun.email]]
        assert "You get this because you called for help. This comes at any hour." in theirs.body
        assert "danger" not in theirs.body
        assert jun.notices.get().kind == "distress_seen"
        assert Cue.objects.get().state == "done"

    @pytest.mark.django_db(transaction=True)
    def test_workers_at_once_call_each_ring_once(self, group, jun):
        distress = call_for_help(group, jun, now=NIGHT)

        all_at_once(ring_on, [(NIGHT + 15 * MINUTE,)] * 6)

        distress.refresh_from_db()
        assert distress.rings == 2
        assert called(distress, 1) == admins_of(group.network)

    def test_when_nobody_who_looks_after_it_can_be_reached_the_network_is_called_at_once(
        self, group, jun, host
    ):
        moderator, idle = moderator_of(group.network), moderator_of(group.network)
        NetworkMembership.objects.filter(person=host).update(suspended_at=NIGHT)
        Person.objects.filter(pk=idle.pk).update(is_active=False)

        distress = call_for_help(group, jun, now=NIGHT)

        assert called(distress, 0) == {moderator.pk}

    def test_a_ring_in_which_nobody_is_new_is_passed_over(self, group, jun, host):
        moderator = moderator_of(group.network)
        distress = call_for_help(group, jun, now=NIGHT)

        ring_on(NIGHT + 15 * MINUTE)

        assert [called(distress, ring) for ring in (0, 1)] == [{host.pk}, {moderator.pk}]

    def test_who_steps_in_for_somebody_is_called_with_those_who_facilitate(self, group, jun, host):
        ruth = inside(group, member_of(group))
        week = {"starts_on": NIGHT.date(), "back_on": NIGHT.date() + timedelta(days=7)}
        go_away(group, host, deputy=ruth, now=NIGHT - timedelta(days=1), **week)

        distress = call_for_help(group, jun, now=NIGHT)

        assert called(distress, 0) == {host.pk, ruth.pk}

    @pytest.mark.django_db(transaction=True)
    def test_of_two_who_come_at_once_one_was_first(self, group, jun, host):
        distress = call_for_help(group, jun, now=NIGHT)
        ruth = facilitator_of(group)

        all_at_once(see, [(distress, person) for person in (host, ruth) * 2])

        assert Notice.objects.filter(kind="distress_seen", person=jun).count() == 1

    def test_when_the_week_changes_between_two_rings_nobody_is_passed_over(self, group, jun, host):
        other = facilitator_of(group)
        for each in (host, other):
            seen(group, each, NIGHT)
        set_rota(group, host, days={day: [host] for day in range(7)}, now=NIGHT)
        distress = call_for_help(group, jun, now=NIGHT)
        set_rota(group, host, days={}, now=NIGHT + MINUTE)

        ring_on(NIGHT + 15 * MINUTE)

        assert called(distress, 0) == {host.pk}
        assert other.pk in called(distress, 1)

    def test_of_a_hidden_group_moderators_are_not_called(self, group, host):
        MicroGroup.objects.filter(pk=group.pk).update(visibility="hidden")
        moderator = moderator_of(group.network)

        rings = rings_of(MicroGroup.objects.select_related("network").get(pk=group.pk), NIGHT)

        assert moderator not in [person for ring in rings for person in ring]
        assert [person.pk for person in rings[0]] == [host.pk]

    def test_neither_who_calls_nor_whom_it_is_about_is_called(self, group, host):
        ruth = inside(group, facilitator_of(group))
        seen(group, ruth, NIGHT)
        post = thread_in(group, host, text="I cannot go on.").posts.get()

        about_host = call_for_help(group, ruth, post=post, now=NIGHT)

        assert called(about_host, 0) == admins_of(group.network)
        assert not Distress.objects.visible_to(inside(group, host)).exists()


def told(person, kind):
    return Notice.objects.filter(person=person, kind=kind).count()


class TestWordSince:
    """Whoever called says how it is now; a person who has looked ends a call, and nothing else."""

    def test_it_reaches_who_was_called_and_others_are_called_as_before(self, group, jun, host):
        moderator = moderator_of(group.network)
        distress = call_for_help(group, jun, now=NIGHT)

        send_word(distress, jun, word="safe", now=NIGHT + MINUTE)
        send_word(distress, jun, word="safe", now=NIGHT + 2 * MINUTE)
        deliver_due(NIGHT + 2 * MINUTE)

        assert (told(host, "distress_better"), told(moderator, "distress_better")) == (1, 0)
        assert letters().count(host.email) == 2  # the ring and the word, at night
        ring_on(NIGHT + 16 * MINUTE)
        assert called(distress, 1) == {moderator.pk}
        assert not Distress.objects.get().is_seen

    def test_its_cue_says_so_and_stays(self, group, jun, host):
        distress = call_for_help(group, jun, now=NIGHT)

        send_word(distress, jun, word="company", now=NIGHT)

        cue = Cue.objects.open().get(kind="distress")
        assert cue.reason.endswith("They have sent word that it is better; look in all the same.")
        send_word(distress, jun, word="needed", now=NIGHT + MINUTE)
        cue.refresh_from_db()
        assert cue.reason == "Somebody asks for a person, now."

    def test_that_somebody_is_needed_still_is_told_each_time(self, group, jun, host):
        distress = call_for_help(group, jun, now=NIGHT)

        for minute, word in enumerate(["needed", "safe", "needed", "safe", "company", "needed"]):
            send_word(distress, jun, word=word, now=NIGHT + minute * MINUTE)

        assert (told(host, "distress_better"), told(host, "distress_needed")) == (2, 2)

    def test_calling_again_says_that_somebody_is_needed(self, group, jun, host):
        distress = call_for_help(group, jun, now=NIGHT)
        send_word(distress, jun, word="safe", now=NIGHT)

        call_for_help(group, jun, note="He is back.", now=NIGHT + MINUTE)

        distress.refresh_from_db()
        assert (distress.word, distress.note) == ("needed", "He is back.")
        assert told(host, "distress_needed") == 1

    def test_once_somebody_is_there_it_is_they_who_hear_of_it(self, group, jun, host):
        ruth = inside(group, facilitator_of(group))
        distress = call_for_help(group, jun, now=NIGHT)
        see(distress, ruth, now=NIGHT)

        send_word(distress, jun, word="company", now=NIGHT + MINUTE)

        assert (told(ruth, "distress_better"), told(host, "distress_better")) == (1, 0)

    def test_nobody_else_says_it_and_nothing_else_is_said(self, group, jun, host):
        distress = call_for_help(group, jun, now=NIGHT)

        with pytest.raises(NotAllowed):
            send_word(distress, host, word="safe", now=NIGHT)
        with pytest.raises(Invalid):
            send_word(distress, jun, word="never mind", now=NIGHT)

        assert Distress.objects.get().word == ""

    def test_the_page_says_what_it_means_and_whoever_is_called_reads_it(
        self, client_of, group, jun, host
    ):
        mine, care = client_of(jun), client_of(host)
        url = mine.post(f"/groups/{group.slug}/distress/").url

        before = mine.get(url).text
        after = mine.post(f"{url}word/", {"word": "safe"}, follow=True).text
        wrong = mine.post(f"{url}word/", {"word": "x"}, follow=True).text

        assert "Safe now" in before and "Somebody is needed still" not in before
        assert "A call ends when a person has looked" in before
        assert "You sent word" in after and "Somebody is needed still" in after
        assert "Choose one of" in wrong
        theirs = care.get(url).text
        assert f"{jun.name} sends word" in theirs and "safe now" in theirs
        assert "I am here" in theirs and "distress_word" not in theirs
        assert care.post(f"{url}word/", {"word": "needed"}, follow=True).status_code == 200
        assert Distress.objects.get().word == "safe"
        assert "look in all the same" in care.get("/care/").text

    def test_over_the_api(self, api_of, group, jun, host):
        mine, care = api_of(jun, group.network), api_of(host, group.network)
        made = mine.post("/distress/", {"group": group.slug}).json()
        word = f"/distress/{made['id']}/word/"

        said = mine.post(word, {"word": "company"})

        assert (made["word"], made["word_at"]) == ("", None)
        assert (said.status_code, said.json()["word"]) == (200, "company")
        assert care.get(f"/distress/{made['id']}/").json()["word_at"]
        assert care.post(word, {"word": "safe"}).status_code == 403
        assert mine.post(word, {"word": "fine"}).status_code == 400


class TestCalling:
    def test_called_again_the_note_is_added_and_nobody_is_woken_twice(self, group, jun):
        first = call_for_help(group, jun, note="Her light is on.", now=NIGHT)
        again = call_for_help(group, jun, note="Above the bakery.", now=NIGHT + MINUTE)

        assert again.pk == first.pk
        assert again.note == "Her light is on.\nAbove the bakery."
        assert Call.objects.count() == 1

    def test_seen_it_can_be_called_anew(self, group, jun, host):
        see(call_for_help(group, jun, now=NIGHT), inside(group, host), now=NIGHT)

        call_for_help(group, jun, now=NIGHT + MINUTE)

        assert Distress.objects.count() == 2

    def test_only_who_reads_in_the_group_calls(self, group):
        with pytest.raises(Refused) as refusal:
            call_for_help(group, PersonFactory(network=group.network))

        assert refusal.value.code == "not_a_member"

    def test_whoever_called_does_not_answer_their_own_call(self, group, jun):
        distress = call_for_help(group, jun)

        with pytest.raises(NotAllowed):
            see(distress, jun)

    def test_the_first_who_comes_stands_there(self, group, jun, host):
        distress = call_for_help(group, jun)
        see(distress, inside(group, host))

        assert see(distress, inside(group, facilitator_of(group))).seen_by == host

    def test_others_do_not_add_to_it(self, group, jun, host):
        with pytest.raises(NotAllowed):
            add_note(call_for_help(group, jun), host, note="x")

    def test_a_word_that_does_not_fit_beside_the_first_is_said_so_and_none_is_cut(self, group, jun):
        distress = call_for_help(group, jun, note="x" * 900)

        with pytest.raises(Invalid) as no:
            add_note(distress, jun, note="y" * 100)
        assert "99 more characters fit" in str(no.value.errors)
        add_note(distress, jun, note="y" * 99)

        assert Distress.objects.get().note == "x" * 900 + "\n" + "y" * 99

    def test_a_moderator_who_was_not_called_sees_nothing(self, group, jun):
        moderator = inside(group, moderator_of(group.network))
        distress = call_for_help(group, jun, now=NIGHT)
        assert not Distress.objects.visible_to(moderator).exists()

        ring_on(NIGHT + 15 * MINUTE)

        assert Distress.objects.visible_to(moderator).get() == distress

    def test_a_number_at_the_beginning_of_a_line_can_be_pressed(self):
        assert help_lines(HELP + "\n\n+49 (0) 800-111 0 111") == [
            ("112", "112, ambulance and police"),
            ("08000113", "0800 0113, somebody to talk to"),
            ("", "Both calls are free."),
            ("+4908001110111", "+49 (0) 800-111 0 111"),
        ]


class TestPages:
    def test_help_comes_first_and_one_press_calls(self, client_of, group, jun, host):
        client, address = client_of(jun), f"/groups/{group.slug}/distress/"

        before = client.get(address).content.decode()
        answer = client.post(address)
        page = client.get(answer.url).content.decode()

        for shown in (before, page):
            assert shown.index('href="tel:112"') < shown.index("<form")
        assert "Somebody is being called now" in page
        assert host.name in page and "has not looked yet" in page
        assert 'href="tel:112"' in page

    def test_from_a_posts_menu_and_whoever_wrote_it_learns_nothing(
        self, client_of, group, jun, host
    ):
        maren = member_of(group)
        post = thread_in(group, maren, text="I cannot go on.").posts.get()
        client = client_of(jun)

        thread = client.get(f"/threads/{post.thread_id}/").content.decode()
        one_tap_on = client.get(f"/posts/{post.pk}/report/").content.decode()
        url = client.post(f"/posts/{post.pk}/distress/", {"note": "It is from tonight."}).url
        theirs = client_of(host).get(url).content.decode()

        assert f'href="/groups/{group.slug}/distress/"' in thread
        assert f'href="/posts/{post.pk}/report/"' in thread
        assert f'href="/posts/{post.pk}/distress/"' in one_tap_on
        assert "I cannot go on." in theirs and "It is from tonight." in theirs
        assert client_of(maren).get(url).status_code == 404
        assert not maren.notices.exists()
        assert not Cue.objects.filter(person=maren).exists()

    def test_i_am_here_ends_the_calling_and_tells_whoever_called(self, client_of, group, jun, host):
        url = client_of(jun).post(f"/groups/{group.slug}/distress/").url
        care = client_of(host)

        queue = care.get("/care/").content.decode()
        care.post(f"{url}seen/")

        assert f'href="{url}"' in queue and "somebody needs a person now" in queue
        assert ", one person could use you" in queue
        theirs = client_of(jun).get(url).content.decode()
        assert f"{host.name} is there" in theirs
        assert "Who was called" in theirs and "is being called" not in theirs
        assert f'href="{url}"' not in care.get("/care/").content.decode()

    def test_who_is_there_writes_to_whoever_called(self, client_of, group, jun, host):
        url = client_of(jun).post(f"/groups/{group.slug}/distress/").url
        care = client_of(host)
        assert f"Write to {jun.name}" not in care.get(url).text
        care.post(f"{url}seen/")

        unsaid = care.post(f"{url}seen/", {"note": " "})
        said = care.post(f"{url}seen/", {"note": "I am on my way."}, follow=True)

        assert f"Write to {jun.name}" in care.get(url).text
        assert (unsaid.status_code, "one line is enough" in unsaid.text) == (422, True)
        assert f"Your words go to {jun.name} at once." in said.text
        theirs = client_of(jun).get(url).text
        assert "Written to you" in theirs and "I am on my way." in theirs
        assert "I am on my way." not in care.get(url).text
        outside = client_of(member_of(group)).post(f"{url}seen/", {"note": "Me, too."})
        assert outside.status_code == 404

    def test_who_facilitates_finds_no_cue_of_their_own_call_or_about_their_words(
        self, client_of, api_of, group, jun, host
    ):
        other = facilitator_of(group)
        post = thread_in(group, host).posts.get()
        client_of(jun).post(f"/posts/{post.pk}/distress/")
        client_of(host).post(f"/groups/{group.slug}/distress/")
        about, own = Cue.objects.filter(kind="distress").order_by("pk")

        def found_by(person, query=""):
            told = api_of(person, group.network).get(f"/cues/{query}").json()["results"]
            return [cue["id"] for cue in told if cue["kind"] == "distress"]

        assert "needs a person now" not in client_of(host).get("/care/").text
        assert found_by(host) == []
        assert sorted(found_by(other)) == [str(about.pk), str(own.pk)]
        for cue in (about, own):
            asked = api_of(host, group.network).post(f"/cues/{cue.pk}/reopen/")
            assert asked.status_code == 404
        asked = api_of(other, group.network).post(
            f"/cues/{about.pk}/assign/", {"to": host.username}
        )
        assert "cannot look into this one" in asked.json()["errors"]["to"][0]
        assert not host.notices.filter(kind="cue_assigned").exists()
        see(Distress.objects.get(post=post), inside(group, other))
        assert found_by(host, "?state=done") == []
        assert "Somebody is there." not in client_of(host).get("/care/").text

    def test_whoever_has_left_a_hidden_group_reads_no_name_of_it_on_their_call(
        self, client_of, api_of, group, jun
    ):
        url = client_of(jun).post(f"/groups/{group.slug}/distress/").url
        assert f"Back to {group.name}" in client_of(jun).get(url).text
        MicroGroup.objects.filter(pk=group.pk).update(visibility="hidden", name="The Long Table")
        leave(group, inside(group, jun))

        page = client_of(jun).get(url)

        assert page.status_code == 200
        assert "The Long Table" not in page.text and group.slug not in page.text
        assert api_of(jun, group.network).get(url).json()["group"] is None

    def test_where_nobody_is_there_to_be_called_the_page_says_so(self, client_of, group, host):
        group.network.memberships.exclude(person=host).delete()

        page = client_of(host).post(f"/groups/{group.slug}/distress/", follow=True).text

        assert "There is nobody to call here just now" in page
        assert "Please call one of these numbers" in page
        assert "is being called" not in page

    def test_whoever_is_called_finds_the_thread(self, client_of, group, jun, host):
        post = thread_in(group, member_of(group)).posts.get()
        url = client_of(jun).post(f"/posts/{post.pk}/distress/").url

        assert f'href="{post.get_absolute_url()}"' in client_of(host).get(url).text

    def test_a_word_is_added(self, client_of, group, jun):
        client = client_of(jun)
        url = client.post(f"/groups/{group.slug}/distress/").url

        client.post(url, {"note": "Above the bakery."})

        assert "Above the bakery." in client.get(url).content.decode()

    def test_the_pages_cost_the_same_at_every_size(
        self, client_of, count_queries, group, jun, host
    ):
        seen(group, host, timezone.now())
        client, address = client_of(jun), f"/groups/{group.slug}/distress/"
        url = client.post(address).url
        client.get(url)
        few = [count_queries(lambda url=url: client.get(url)) for url in (address, url)]
        for _ in range(3):
            facilitator_of(group)
            admin_of(group.network)

        more = [count_queries(lambda url=url: client.get(url)) for url in (address, url)]
        assert more == few == [4, 14]


class TestApi:
    def test_it_calls_and_shows_whom_to_call(self, api_of, group, jun, host):
        answer = api_of(jun, group.network).post("/distress/", {"group": group.slug})

        told = answer.json()
        assert (answer.status_code, told["help_text"]) == (201, HELP)
        assert [call["person"]["username"] for call in told["called"]] == [host.username]
        care, said = api_of(host, group.network), {"note": "I am on my way."}
        seen = care.post(f"/distress/{told['id']}/seen/", said).json()
        assert seen["seen_by"]["username"] == host.username
        assert jun.notices.get(kind="distress_word").words == said["note"]
        long = care.post(f"/distress/{told['id']}/seen/", {"note": "x" * 1001})
        assert (long.status_code, list(long.json()["errors"])) == (400, ["note"])

    def test_it_refuses_kindly(self, api_of, group, jun):
        member, outsider = (
            api_of(person, group.network) for person in (jun, PersonFactory(network=group.network))
        )

        assert member.post("/distress/").status_code == 400
        refused = outsider.post("/distress/", {"group": group.slug})
        assert (refused.status_code, refused.json()["code"]) == (409, "not_a_member")
        made = member.post("/distress/", {"group": group.slug}).json()
        assert outsider.get(f"/distress/{made['id']}/").status_code == 404
        assert member.post(f"/distress/{made['id']}/seen/").status_code == 403

    def test_an_admin_says_whom_to_call(self, api_of, client_of, network):
        admin = admin_of(network)

        answer = api_of(admin, network).patch("/network/", {"help_text": "112, everything"})

        assert answer.json()["help_text"] == "112, everything"
        assert "112, everything" in client_of(admin).get("/network/").content.decode()
        with pytest.raises(Refused):
            edit_policy(network, admin, help_text="x" * 2001)


def test_what_one_called_for_is_exported_and_its_words_go_with_one(group, jun, host):
    call = call_for_help(group, jun, note="Above the bakery.", now=timezone.now())
    send_word(call, jun, word="safe", now=timezone.now())

    assert [row["note"] for row in personal_data[Distress].export(jun)] == ["Above the bakery."]
    assert len(list(personal_data[Call].export(host))) == 1
    for person in (jun, host):
        for model in (Distress, Call):
            personal_data[model].erase(person)

    left = Distress.objects.get()
    assert (left.person, left.note, left.word, left.word_at) == (None, "", "", None)
    assert not Call.objects.exists()
