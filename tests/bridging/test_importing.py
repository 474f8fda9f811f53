"""Bringing a community over: what comes of an archive here."""

import io
import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from bridging.importing.actions import import_community
from bridging.importing.rules import id_of, username_of
from microgroups.conversation.models import Post as TalkPost
from microgroups.conversation.models import Thread as TalkThread
from microgroups.membership.actions import join
from microgroups.membership.models import Membership as Row
from network.errors import Refused
from network.notifications.models import Notice
from network.operations.invariants import violations
from network.people.actions import waiting_for
from network.people.models import Person as Account
from tests.bridging.archives import (
    SHARED,
    exported,
    kith_archive,
    needs_shared,
    small_community,
    without_handles,
)
from tests.bridging.rhythm import assert_rhythm
from tests.factories import NOW, MicroGroupFactory, NetworkFactory, PersonFactory
from tests.processes import until

# Ids and names.


def test_an_id_is_the_same_whenever_it_is_made_and_keeps_the_order_of_time():
    early = datetime(2020, 1, 1, tzinfo=UTC)

    first, second, third = (id_of("n", "post", str(number), early) for number in (17, 18, 19))
    later = id_of("n", "post", "1", datetime(2020, 1, 2, tzinfo=UTC))

    assert first == id_of("n", "post", "17", early)
    assert first != id_of("m", "post", "17", early)
    assert first < second < third < later
    assert {first.version, later.version} == {7}


@pytest.mark.parametrize(
    ("names", "username"),
    [
        (("Bob.B", "Robert"), "bob_b"),
        (("", "Lasse Öörni"), "lasse_oorni"),
        (("李雷", "Li Lei"), "li_lei"),
        (("", "李雷"), "somebody_new"),
    ],
)
def test_a_username_is_made_of_the_first_name_that_has_letters(names, username):
    assert username_of(*names) == username


# What comes of it here.


def group_named(network, name, **facts):
    return network.groups.get(name=name, **facts)


def test_a_community_comes_in_with_its_report(imported):
    _, report = imported

    assert report.new == {
        "people": 5,
        "groups": 3,
        "memberships": 5,
        "threads": 3,
        "posts": 7,
        "reactions": 2,
    }
    said = {(str(refusal.where), refusal.why) for refusal in report.refused}
    assert said == {
        ("memberships.jsonl:6", "the person z is not in the archive"),
        ("memberships.jsonl:7", "the group nowhere is not in the archive"),
        ("threads.jsonl:3", "the group nowhere is not in the archive"),
        ("posts.jsonl:7", "the thread nowhere is not in the archive"),
        ("reactions.jsonl:4", "the post 7 is not in the archive"),
    }
    assert report.notes["posts of people who are not in the archive"] == 1
    assert list(violations()) == []


def test_nobody_is_told_of_an_import_and_nobody_can_sign_in(imported, mailoutbox):
    people = Account.objects.filter(network_memberships__network=imported[0])

    assert not mailoutbox
    assert not Notice.objects.exists()
    assert not any(person.has_usable_password() or person.email for person in people)
    assert not people.reachable().exists()
    assert waiting_for("ann@example.org") == people.get(username="ann")


def test_people_keep_their_names_and_get_no_power_over_the_network(imported):
    network, _ = imported
    places = network.memberships.select_related("person")

    assert {place.role for place in places} == {"member"}
    assert places.get(person__name="Dan").suspended_at is not None
    bob = places.get(person__name="Bob")
    assert bob.person.time_zone == "Europe/Vienna"
    assert bob.joined_at == datetime(2020, 1, 6, 10, tzinfo=UTC)
    assert places.get(person__name="李雷").person.time_zone == "UTC"
    assert places.get(person__name="Ann").joined_at == bob.joined_at  # told by the membership


def test_groups_are_open_to_join_but_private_ones_hidden_and_old_ones_archived(imported):
    network, _ = imported
    readers, quiet = (group_named(network, "Readers", visibility=v) for v in ("network", "hidden"))
    old = group_named(network, "Old ones")

    assert (readers.state, readers.join_policy, readers.is_imported) == ("open", "open", True)
    assert (quiet.state, quiet.join_policy) == ("open", "open")
    assert (old.state, old.visibility) == ("archived", "network")
    assert readers.slug == "readers"
    assert quiet.slug.startswith("readers-")
    assert len(quiet.purpose) <= 140 < len(quiet.difference)
    assert readers.founded_at == datetime(2020, 1, 5, tzinfo=UTC)
    assert quiet.founded_at == datetime(2020, 1, 9, 12, tzinfo=UTC)  # told by its first thread


def test_only_whom_the_archive_names_is_a_facilitator(imported):
    network, _ = imported
    facilitators = Row.objects.filter(group__network=network, role="facilitator")

    assert [row.person.name for row in facilitators] == ["Ann"]


def test_a_group_over_the_cap_keeps_its_size_and_lets_nobody_in(db, tmp_path):
    network = NetworkFactory(max_cap=2, default_cap=2)

    report = import_community(network, small_community(tmp_path / "small"), now=NOW)

    group = group_named(network, "Readers", visibility="network")
    assert (group.seats_taken, group.cap, group.is_over_policy) == (3, 3, True)
    assert report.over_policy == [("Readers", 3)]
    assert group_named(network, "Old ones").cap == 2
    with pytest.raises(Refused) as refused:
        join(group, PersonFactory(network=network), now=NOW)
    assert refused.value.code == "group_over_policy"


def test_a_group_may_come_with_more_people_than_a_small_number_counts(network):
    group = MicroGroupFactory(network=network)

    network.groups.update(cap=40_000, seats_taken=40_000, waiting=40_000)

    group.refresh_from_db()

    assert (group.seats_taken, group.is_over_policy) == (40_000, True)


def test_talk_keeps_its_times_authors_answers_and_reactions(imported):
    thread = TalkThread.objects.get(title="A book")
    first, beep, answer, gone = thread.posts.order_by("at")

    assert (thread.gist, thread.kind, thread.posts_count) == ("Which book?", "question", 4)
    assert thread.opened_at == first.at == datetime(2020, 1, 7, 12, tzinfo=UTC)
    assert thread.answered_at == answer.at
    assert thread.answer == gone.reply_to == answer
    assert beep.is_system
    assert gone.author is None
    assert first.body_html == "<p>Which <strong>book</strong>?</p>"
    assert first.reactions_count == {"🎉": 1, "👍": 5}
    second = TalkThread.objects.get(title="Second ones")
    assert second.is_closed
    hidden = second.posts.order_by("at").last()
    assert (hidden.is_deleted, hidden.body, second.posts_count) == (True, "", 1)


def test_a_text_mentions_those_who_read_in_its_group_and_nobody_else(imported):
    post = TalkPost.objects.get(body__startswith="@ann")

    assert [mention.person.name for mention in post.mentions.all()] == ["Ann"]
    assert post.body_html.count("<a ") == 1


def test_an_import_done_twice_is_done_once(imported, tmp_path):
    network, _ = imported
    before = exported(network, tmp_path / "before")

    report = import_community(network, tmp_path / "small", now=NOW + timedelta(days=1))

    assert not report.new
    assert report.there["posts"] == 7
    assert exported(network, tmp_path / "after") == before
    assert list(violations()) == []


def test_what_was_added_to_the_archive_comes_in_later(imported, tmp_path):
    network, _ = imported
    with open(tmp_path / "small/posts.jsonl", "a") as file:
        row = {"id": "9", "thread": "t", "author": "b", "time": "2020-03-01", "text": "still here"}
        file.write("\n" + json.dumps(row))

    report = import_community(network, tmp_path / "small", now=NOW)

    assert report.new == {"posts": 1}
    assert TalkThread.objects.get(title="A book").posts_count == 5
    assert list(violations()) == []


def test_where_nobody_is_named_as_a_member_those_are_who_wrote(network, tmp_path):
    small_community(tmp_path / "small")
    (tmp_path / "small/memberships.jsonl").unlink()

    import_community(network, tmp_path / "small", now=NOW)

    members = group_named(network, "Readers", visibility="network").memberships.active()
    assert {row.person.name for row in members} == {"Ann", "Bob", "李雷"}
    assert list(violations()) == []


def test_two_archives_that_share_a_name_each_get_a_username_of_their_own(network, tmp_path):
    first, second = NetworkFactory(), NetworkFactory()
    for place in (first, second):
        import_community(place, small_community(tmp_path / place.slug), now=NOW)

    names = Account.objects.filter(name="Ann").values_list("username", flat=True)
    assert len(set(names)) == 2
    assert all(name.startswith("ann") for name in names)


def test_an_archive_that_cannot_be_read_leaves_nothing_behind(network, tmp_path):
    with pytest.raises(Refused) as refused:
        import_community(network, tmp_path / "nothing", now=NOW)

    assert refused.value.code == "bad_archive"
    assert not network.groups.exists()


# Rhythm.


class TestRhythm(HypothesisTestCase):
    @settings(max_examples=15)
    @given(st.lists(st.tuples(st.integers(0, 90), st.integers(0, 2)), max_size=60))
    def test_visits_are_the_days_with_a_post_and_gaps_count_days_on_which_the_group_was_alive(
        self, talk
    ):
        start = datetime(2020, 1, 1, 12, tzinfo=UTC)
        posts = [
            {
                "id": str(at),
                "thread": "t",
                "author": str(who),
                "time": (start + timedelta(days=day, minutes=at)).isoformat(),
                "text": "x",
            }
            for at, (day, who) in enumerate(talk)
        ]
        network = NetworkFactory()
        with tempfile.TemporaryDirectory() as folder:
            archive = kith_archive(
                Path(folder) / "a",
                people=[{"id": str(who), "name": "N"} for who in range(3)],
                groups=[{"id": "g", "name": "G"}],
                memberships=[{"person": str(who), "group": "g"} for who in range(2)],
                threads=[{"id": "t", "group": "g", "title": "T"}],
                posts=posts,
            )
            import_community(network, archive, now=NOW)

        assert_rhythm(network.groups.get())


# The commands, and what a kill leaves behind.


def test_the_command_brings_in_reports_and_fails_when_nothing_came(network, tmp_path, capfd):
    out = io.StringIO()
    call_command("importcommunity", small_community(tmp_path / "small"), stdout=out)

    assert "posts: 7 came in" in out.getvalue()
    assert "posts.jsonl:7: the thread nowhere is not in the archive" in out.getvalue()
    with pytest.raises(CommandError, match="Nothing"):
        call_command("importcommunity", kith_archive(tmp_path / "bad", people=["{"]), stdout=out)
    with pytest.raises(CommandError, match="neither"):
        call_command("importcommunity", kith_archive(tmp_path / "none"), stdout=out)


KILLED = """
import sys, django
if __name__ == "__main__":
    django.setup()
    from django.db import connection
    connection.settings_dict["NAME"] = sys.argv[1]
    from django.core.management import call_command
    call_command("importcommunity", sys.argv[2], network=sys.argv[3])
"""


@needs_shared
@pytest.mark.django_db(transaction=True)
def test_an_import_killed_at_any_moment_ends_the_same_when_begun_again(tmp_path):
    whole, broken = NetworkFactory(slug="whole"), NetworkFactory(slug="broken")
    archive = SHARED / "houston-datavis-slack"
    import_community(whole, archive, now=NOW)
    (tmp_path / "killed.py").write_text(KILLED)
    command = [sys.executable, str(tmp_path / "killed.py"), connection.settings_dict["NAME"]]
    environment = os.environ | {
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }
    kills = 0
    for stage in (Account, Row, TalkThread, TalkPost):
        process = subprocess.Popen(
            [*command, str(archive), "broken"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        before = stage.objects.count()

        def has_begun(process=process, stage=stage, before=before):
            return process.poll() is not None or stage.objects.count() != before

        until(has_begun, 60, pace=0.005)  # a wait without pause takes the CPU from who imports
        process.kill()
        kills += process.wait() == -9

    report = import_community(broken, archive, now=NOW)

    assert kills > 0
    assert not report.refused
    one, other = exported(whole, tmp_path / "whole"), exported(broken, tmp_path / "broken")
    for name in one:
        assert without_handles(other[name]) == without_handles(one[name])
    assert list(violations()) == []
