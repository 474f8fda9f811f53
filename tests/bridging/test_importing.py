"""Bringing a community over: what readers make of archives, and what comes of it here."""

import dataclasses
import gzip
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from bridging.importing.actions import export_community, import_community
from bridging.importing.readers import archives, markup, reader_for
from bridging.importing.readers.records import Membership, Person, Place, Post, Reaction, Thread
from bridging.importing.rules import id_of, username_of
from microgroups.conversation.models import Post as TalkPost
from microgroups.conversation.models import Thread as TalkThread
from microgroups.groups.rules import alive_after_post
from microgroups.membership.actions import join
from microgroups.membership.models import Membership as Row
from microgroups.membership.models import Visit
from microgroups.membership.rules import gap_between, with_gap
from network.errors import Refused
from network.notifications.models import Notice
from network.operations.invariants import violations
from network.people.actions import waiting_for
from network.people.models import Person as Account
from network.text import gist, to_html
from tests.bridging.facts import Community, facts_of
from tests.factories import NOW, MicroGroupFactory, NetworkFactory, PersonFactory

SHARED = Path(os.environ.get("KITH_SHARED") or Path(__file__).parents[2].parent / "shared") / "data"
needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the real communities of ../shared/data are not on this machine"
)
WINDOW_END = datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC)  # of lean-zulip, as its README says


def read(path, format=None):
    with archives.opened(path) as source:
        return list(reader_for(source, format).read(source))


def community(name):
    return Community(read(SHARED / name))


def expected(name):
    return json.loads((SHARED / name / "facts.json").read_text())


def kith_archive(folder, **files):
    """An archive in the folder with a file of JSON lines for each kind."""
    folder.mkdir(exist_ok=True)
    for kind, rows in files.items():
        lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
        (folder / f"{kind}.jsonl").write_text("\n".join(lines))
    return folder


def posts_of(records):
    return [record for record in records if isinstance(record, Post)]


# The real communities.


@needs_shared
@pytest.mark.parametrize(
    "name",
    [
        "houston-datavis-slack",
        "houston-datavis-slack/raw/slack-export.tar.gz",
        "r-mailing-lists",
        "quantumcomputing-stackexchange",
        "urho3d-discourse",
        pytest.param("lean-zulip", marks=pytest.mark.long),
    ],
)
def test_a_reader_yields_the_facts_of_a_real_community(name):
    found = community(name)
    facts = expected(name.split("/")[0])
    joined = {person.id: person.joined_at for person in found.people}
    is_lean = name == "lean-zulip"

    mine = facts_of(
        found,
        newcomers=(lambda post: joined[post.author] == post.at) if is_lean else None,
        end=WINDOW_END if is_lean else None,
    )

    groups = mine.pop("per_group")
    assert mine == {key: facts[key] for key in mine}
    assert not found.refused
    if (
        name != "quantumcomputing-stackexchange"
    ):  # there a thread stands in many groups, here in one
        said = {"people", "threads", "posts", "unanswered"}
        for group in facts["per_group"]:
            theirs = {key: group[key] for key in said & group.keys()}
            assert {key: groups[group["id"]][key] for key in theirs} == theirs, group["name"]


@needs_shared
def test_slacks_own_export_yields_what_the_neutral_form_of_it_holds():
    raw = community("houston-datavis-slack/raw/slack-export.tar.gz")
    neutral = community("houston-datavis-slack")

    for kind in ("people", "groups", "memberships", "threads", "reactions"):
        assert keyed(getattr(raw, kind)) == keyed(getattr(neutral, kind)), kind
    assert keyed(post.post for post in raw.posts) == keyed(post.post for post in neutral.posts)


@needs_shared
def test_discourses_own_topics_yield_what_the_neutral_form_of_them_holds():
    raw = community("urho3d-discourse/raw/topics_json.tar.gz")
    neutral = community("urho3d-discourse")
    facts = expected("urho3d-discourse")["raw"]

    assert len(raw.threads) == facts["topics"]
    assert len(raw.posts) == facts["posts"]
    assert len(raw.people) == facts["people"]
    assert len(raw.groups) == facts["categories"]
    assert sum(reaction.count for reaction in raw.reactions) == facts["likes"]
    accepted = [thread for thread in raw.threads if thread.accepted_post]
    assert len(accepted) == facts["with_accepted_answer"]
    theirs = {post.id: post.post for post in neutral.posts}
    for post in raw.posts:
        mine, other = keyed([post.post]), keyed([theirs[post.id]])
        mine[post.id]["system"] = other[post.id]["system"]  # a moderator's word is a person's here
        assert mine == other


def keyed(records):
    """The records by id as plain values, times to the second."""
    found = {}
    for record in records:
        row = {
            field.name: getattr(record, field.name)
            for field in dataclasses.fields(record)
            if field.compare
        }
        for name, value in row.items():
            if isinstance(value, datetime):
                row[name] = value.replace(microsecond=0)
            elif name == "purpose":
                row[name] = unescape(value)
        key = {
            Membership: lambda row: (row["person"], row["group"]),
            Reaction: lambda row: (row["post"], row["person"], row["emoji"]),
        }.get(type(record), lambda row: row["id"])
        found[key(row)] = row
    return found


# Reading with patience.


def test_a_bare_archive_of_posts_and_threads_is_enough(tmp_path):
    archive = kith_archive(
        tmp_path / "a",
        threads=[{"id": 1, "group": ["readers", "others"], "title": "Hello\n there"}],
        posts=[{"id": "p", "thread": 1, "time": "2020-01-01T10:00:00Z", "text": "Hi **you**"}],
    )

    group, thread, post = read(archive)

    assert (group.id, group.name) == ("readers", "readers")
    assert (thread.id, thread.group, thread.title) == ("1", "readers", "Hello there")
    assert (post.text, post.author) == ("Hi **you**", None)
    assert post.at == datetime(2020, 1, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "it is not JSON"),
        ("[1]", "it is not a JSON object"),
        ('{"thread": "t", "time": "2020-01-01"}', "it has no id"),
        ('{"id": "p", "thread": "t"}', "it has no time"),
        ('{"id": "p", "thread": "t", "time": "soon"}', "its time is not a time"),
        ('{"id": "p", "thread": "t", "time": 1e300}', "its time is not a time"),
        ('{"id": "p", "thread": "t", "time": "0001-01-01"}', "its time lies before 1970"),
        ('{"id": NaN}', "it is not JSON"),
        ('{"id": ' + "[" * 30 + "]" * 30 + "}", "it is nested deeper than 20"),
        ('{"id": ' + "[" * 90000 + "]" * 90000 + "}", "it is nested deeper than 20"),
        ('{"id": "' + "x" * 200 + '"}', "its id is longer than 190 characters"),
        ('{"id": "' + "x" * 1_000_001 + '"}', "the line is longer than 1 MB"),
    ],
)
def test_a_line_that_makes_no_sense_is_refused_by_its_place_and_the_rest_is_read(
    tmp_path, line, why
):
    good = {"id": "last", "thread": "t", "time": "2020-01-01", "text": "x"}
    archive = kith_archive(tmp_path / "a", posts=[line, good])

    refusal, post = read(archive)

    assert str(refusal.where) == "posts.jsonl:1"
    assert refusal.why.startswith(why)
    assert post.id == "last"
    assert post.where == Place("posts.jsonl", 2)


def test_a_gzip_that_breaks_off_is_read_as_far_as_it_goes(tmp_path):
    lines = "\n".join(json.dumps({"id": str(n), "name": os.urandom(9).hex()}) for n in range(5000))
    (tmp_path / "people.jsonl.gz").write_bytes(gzip.compress(lines.encode())[:30000])

    records = read(tmp_path)

    assert 10 < len(records) < 5000
    assert "cannot be read further" in records[-1].why
    assert all(isinstance(record, Person) for record in records[:-1])


def test_a_folder_a_zip_and_a_tar_say_the_same(tmp_path):
    folder = kith_archive(
        tmp_path / "community",
        people=[{"id": "a", "name": "Ann"}],
        groups=[{"id": "g", "name": "Readers"}],
        memberships=[{"person": "a", "group": "g", "joined": "2020-01-01", "role": "facilitator"}],
    )
    zipped, tarred = tmp_path / "c.zip", tmp_path / "c.tar.gz"
    with zipfile.ZipFile(zipped, "w") as archive:
        for file in folder.iterdir():
            archive.write(file, f"community/{file.name}")
    with tarfile.open(tarred, "w:gz") as archive:
        archive.add(folder, "community")

    assert read(folder) == read(zipped) == read(tarred)
    assert read(folder)[-1].facilitator


def test_texts_say_how_they_are_written_or_it_is_told_from_what_they_are(tmp_path):
    def post(id, text, **facts):
        return {"id": id, "thread": "t", "time": "2020-01-01", "text": text, **facts}

    archive = kith_archive(
        tmp_path / "a",
        people=[{"id": "U1", "handle": "Bob.B"}],
        posts=[
            post("html", "<p>a <b>b</b></p>"),
            post("markdown", "a **b** <i>"),
            post("slack", "<@U1|bob> *b*", ts="1577836800.000001"),
            post("mail", "> a\n*b*", subject="Re: a"),
            post("said", "*b*", format="slack"),
            post("action", "", action="closed.enabled"),
        ],
    )

    assert [record.text for record in posts_of(read(archive))] == [
        "a **b**",
        "a **b** <i>",
        "@bob_b **b**",
        "> a\n\\*b\\*",
        "**b**",
        "This conversation was closed.",
    ]


def test_a_text_beyond_measure_is_cut_and_says_so(tmp_path):
    row = {"id": "p", "thread": "t", "time": "2020-01-01", "text": "x" * 300_000}
    (post,) = read(kith_archive(tmp_path / "a", posts=[row]))

    assert len(post.text) == 200_000
    assert post.cut


def test_what_is_neither_of_ours_nor_slacks_nor_discourses_is_refused(tmp_path):
    (tmp_path / "notes.json").write_text("{}")

    with pytest.raises(Refused) as refused:
        read(tmp_path)

    assert refused.value.code == "unknown_format"


# Archives that mean harm.


def zip_with(path, *entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return path


def tar_with(path, *members):
    with tarfile.open(path, "w:gz") as archive:
        for name, data, kind in members:
            info = tarfile.TarInfo(name)
            info.type, info.size = kind, len(data)
            info.linkname = "/etc/passwd" if kind != tarfile.REGTYPE else ""
            archive.addfile(info, io.BytesIO(data))
    return path


FILE, SYMLINK, HARDLINK = tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE
PEOPLE = b'{"id": "a", "name": "Ann"}\n'


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda at: zip_with(at / "a.zip", ("../people.jsonl", PEOPLE)), "outside"),
        (lambda at: zip_with(at / "a.zip", ("/people.jsonl", PEOPLE)), "outside"),
        (lambda at: zip_with(at / "a.zip", ("a\\..\\..\\people.jsonl", PEOPLE)), "outside"),
        (lambda at: zip_with(at / "a.zip", ("C:/people.jsonl", PEOPLE)), "outside"),
        (lambda at: zip_with(at / "a.zip", ("a.zip", PEOPLE)), "archive inside"),
        (lambda at: zip_with(at / "a.zip", ("a.jsonl", b"0" * 20_000_000)), "times its size"),
        (lambda at: tar_with(at / "a.tgz", ("../people.jsonl", PEOPLE, FILE)), "outside"),
        (lambda at: tar_with(at / "a.tgz", ("people.jsonl", b"", SYMLINK)), "link"),
        (lambda at: tar_with(at / "a.tgz", ("people.jsonl", b"", HARDLINK)), "link"),
        (lambda at: tar_with(at / "a.tgz", ("a", b"0" * 20_000_000, FILE)), "times its size"),
        (lambda at: tar_with(at / "a.tgz", *[("a", PEOPLE, FILE)] * 2), "there twice"),
        (lambda at: at / "missing", "nothing at"),
    ],
)
def test_an_archive_that_reaches_out_or_blows_up_is_refused(tmp_path, make, why):
    path = make(tmp_path)

    with pytest.raises(Refused, match=why) as refused:
        read(path)

    assert refused.value.code == "bad_archive"
    assert not (tmp_path.parent / "people.jsonl").exists()


def test_a_link_in_a_folder_is_refused(tmp_path):
    (tmp_path / "people.jsonl").symlink_to("/etc/passwd")

    with pytest.raises(Refused, match="is a link"):
        read(tmp_path)


def test_a_gzip_inside_that_blows_up_is_refused(tmp_path):
    (tmp_path / "posts.jsonl.gz").write_bytes(gzip.compress((b" " * 9999 + b"\n") * 2000))

    with pytest.raises(Refused, match="times its size"):
        read(tmp_path)


def test_a_file_that_is_no_archive_is_refused(tmp_path):
    (tmp_path / "a.tar.gz").write_bytes(os.urandom(5000))

    with pytest.raises(Refused, match="cannot be read"):
        read(tmp_path / "a.tar.gz")


def anything(*names):
    """Any JSON, mostly with fields of these names."""
    return st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(names), inner, max_size=8)
        ),
        max_leaves=20,
    )


FIELDS = "id name person group thread time text author post emoji count joined left created closed"
FIELDS += " title ts format edited reply_to email tz handle accepted_post answers kind role action"


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["people", "groups", "memberships", "threads", "posts", "reactions"]),
    anything(*FIELDS.split()),
)
def test_no_row_of_an_archive_is_an_error_of_ours(tmp_path_factory, kind, row):
    folder = kith_archive(tmp_path_factory.mktemp("a"), **{kind: [json.dumps(row)]})

    for record in read(folder, "kith"):
        assert record.where is not None


SLACK = "id name user ts text subtype thread_ts reactions users count edited comment members files"
SLACK += " attachments created purpose profile real_name is_bot type parent_user_id value tz"


@settings(max_examples=300, deadline=None)
@given(anything(*SLACK.split()), anything(*SLACK.split()), anything(*SLACK.split()))
def test_no_export_of_slack_is_an_error_of_ours(tmp_path_factory, person, channel, message):
    folder = tmp_path_factory.mktemp("s")
    for name, rows in (("users", person), ("channels", channel)):
        known = {"id": "U1", "name": "c", **(rows if isinstance(rows, dict) else {})}
        (folder / f"{name}.json").write_text(json.dumps([known, rows]))
    (folder / "c").mkdir()
    known = {"ts": "1577836800.0001", **(message if isinstance(message, dict) else {})}
    (folder / "c/2020-01-01.json").write_text(json.dumps([known, message]))

    assert read(folder, "slack")


DISCOURSE = "id user_id username name created_at updated_at cooked post_number reply_to_post_number"
DISCOURSE += " post_type action_code actions_summary count version hidden accepted_answer title"
DISCOURSE += " category_id closed pinned pinned_at last_posted_at posts archetype user_suspended"


@settings(max_examples=300, deadline=None)
@given(anything(*DISCOURSE.split()), anything(*DISCOURSE.split()))
def test_no_topic_of_discourse_is_an_error_of_ours(tmp_path_factory, topic, post):
    folder = tmp_path_factory.mktemp("d")
    known = {"id": 1, "user_id": 2, "created_at": "2020-01-01", "cooked": "x"}
    known |= post if isinstance(post, dict) else {}
    topic = {"id": 1, **(topic if isinstance(topic, dict) else {})}
    topic["post_stream"] = {"posts": [known, post]}
    (folder / "1.json").write_text(json.dumps(topic))

    assert read(folder, "discourse")


# Slack and Discourse, where the real exports say too little.


def slack_export(folder, channels, users=("U1", "U2"), **files):
    """A Slack export: channels as {name: [messages]}; further files by name."""
    folder.mkdir(exist_ok=True)
    people = [{"id": id, "name": f"name{id.lower()}"} for id in users]
    rows = [
        {"id": f"C{at}", "name": name, "members": list(users), "created": 1577836800}
        for at, name in enumerate(channels)
    ]
    files = {"users": people, "channels": rows, **files}
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    for name, messages in channels.items():
        (folder / name).mkdir()
        (folder / name / "2020-01-01.json").write_text(json.dumps(messages))
    return folder


def message(seconds, text="x", user="U1", **facts):
    ts = f"{1577836800 + seconds}.000100"
    return {"type": "message", "user": user, "text": text, "ts": ts, **facts}


def test_an_hour_of_silence_begins_a_new_thread_where_nobody_opened_one(tmp_path):
    talk = [message(0), message(3600), message(7201, user="U2")]

    records = read(slack_export(tmp_path / "s", {"general": talk}))

    threads = [record for record in records if isinstance(record, Thread)]
    assert [thread.id for thread in threads] == ["C0/1", "C0/2"]
    assert [post.thread for post in posts_of(records)] == ["C0/1", "C0/1", "C0/2"]
    assert threads[1].author == "U2"


def test_a_thread_that_was_opened_keeps_its_answers_however_late(tmp_path):
    root = message(0, thread_ts="1577836800.000100")
    reply = message(9000, thread_ts="1577836800.000100", user="U2")

    records = read(slack_export(tmp_path / "s", {"general": [root, message(60), reply]}))

    first, flat, late = posts_of(records)
    assert first.thread == late.thread == "C0/1577836800.000100"
    assert flat.thread == "C0/1"


def test_private_channels_are_private_and_direct_messages_stay_where_they_are(tmp_path):
    export = slack_export(
        tmp_path / "s",
        {"general": []},
        groups=[{"id": "G1", "name": "quiet", "members": ["U1"], "created": 1577836800}],
        dms=[{"id": "D1", "members": ["U1", "U2"]}],
    )

    records = read(export)

    private = {record.name: record.private for record in records if hasattr(record, "private")}
    assert private == {"general": False, "quiet": True}
    assert [record.why for record in records if hasattr(record, "why")] == [
        "direct messages are not brought in"
    ]


@pytest.mark.parametrize(
    ("slack", "ours"),
    [
        ("*bold* _it_ ~gone~ `co*de`", "**bold** _it_ ~~gone~~ `co*de`"),
        ("<@U1> and <@U1|bob>", "@bob and @bob"),
        ("<@U9>", "@somebody"),
        ("<http://a.b/c|the _c_> <http://a.b>", "[the \\_c\\_](http://a.b/c) http://a.b"),
        ("<mailto:a@b.c|a@b.c> <#C1|general> <!here>", "a@b.c #general @here"),
        ("a &amp; b &lt; c", "a & b < c"),
        ("&gt; quoted", "> quoted"),
        ("```x &lt; 1\n*y*```", "```\nx < 1\n*y*\n```"),
        (":tada: :+1::skin-tone-3: :unheard_of:", "🎉 👍🏼 :unheard_of:"),
        ("# no heading", "\\# no heading"),
        ("2*3*4 snake_case_name", "2\\*3\\*4 snake_case_name"),
        ("• one\n• two", "- one\n- two"),
    ],
)
def test_slacks_markup_becomes_ours(slack, ours):
    assert markup.from_slack(slack, {"U1": "bob"}) == ours


@pytest.mark.parametrize(
    ("html", "ours"),
    [
        ("<p>a <strong>b </strong>c</p>\n<p>d</p>", "a **b** c\n\nd"),
        ("a &lt;b&gt; &amp;amp; *c* _d_", "a <b> \\&amp; \\*c\\* \\_d\\_"),
        ('<a href="http://a.b/c(d)">e</a>', "[e](http://a.b/c%28d%29)"),
        ('<a href="http://a.b">http://a.b</a>', "http://a.b"),
        ('<a href="/u/ann" class="mention">@ann</a>', "@ann"),
        ('<a href="javascript:x">y</a>', "y"),
        ("<ul><li>a<ol><li>b</li><li>c</li></ol></li></ul>", "- a\n  1. b\n  2. c"),
        ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b"),
        ('<pre><code class="lang-py">a &lt; b\n</code></pre>', "```py\na < b\n```"),
        ("<pre>a ``` b</pre>", "````\na ``` b\n````"),
        ("<code>a`b</code>", "``a`b``"),
        ('<img class="emoji" title=":wink:" alt=":wink:" src="x">', "😉"),
        ('<span class="emoji emoji-1f605" title="x">:sweat_smile:</span>', "😅"),
        ('<img src="http://a.b/c.png" alt="d">', "![d](http://a.b/c.png)"),
        ("<h2>a</h2><hr><p>b<br>c</p>", "## a\n\n---\n\nb\nc"),
        ("<p>1. a</p><p># b</p><p>- c</p>", "1\\. a\n\n\\# b\n\n\\- c"),
        (
            "<table><tr><th>a</th><th>b</th></tr><tr><td>c|</td><td></td></tr></table>",
            "| a | b |\n| - | - |\n| c\\| |   |",
        ),
        ("<p>a<script>b</script><!-- c --></p>", "a"),
    ],
)
def test_html_becomes_markdown(html, ours):
    assert markup.from_html(html) == ours


@settings(max_examples=300, deadline=None)
@given(st.text("ab *_`#>-+1.()[]<&\\~|!\n=", max_size=40))
def test_words_stay_the_same_words_on_their_way_through_html_and_markdown(words):
    typed = " ".join(words.split())
    html = "<p>" + typed.replace("&", "&amp;").replace("<", "&lt;") + "</p>"

    assert gist(markup.from_html(html), 500) == typed


TAGS = "<p> </p> <ul> <li> </li> </ul> <blockquote> </blockquote> <pre> </pre> <code> </code>"
TAGS += " </a> <b> </b> <table> <tr> <td> </td> </tr> </table> <br> <hr> <h1> </h1> <!-- --> < >"
TAGS += " &lt; x ` * <@U1> <http://a|b> *a* _b_ ``` <a> <img> <span>"
WITH_ATTRIBUTES = ["<a href='http://a.b'>", "<img src='http://a.b'>", '<span class="katex">']


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([*TAGS.split(), *WITH_ATTRIBUTES]), max_size=30))
def test_any_tags_in_any_order_become_something(tags):
    for convert in (markup.from_html, markup.from_slack, markup.from_plain):
        assert isinstance(to_html(convert("".join(tags))), str)


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

JOINED = "2020-01-06T10:00:00Z"


def small_community(folder):
    """Three groups of five people, with all that an archive may hold."""
    day = "2020-01-{:02}T12:00:00Z".format
    return kith_archive(
        folder,
        people=[
            {"id": "a", "name": "Ann", "handle": "ann", "email": "Ann@Example.org", "intro": "Hi"},
            {"id": "b", "name": "Bob", "joined": JOINED, "tz": "Europe/Vienna", "role": "admin"},
            {"id": "c", "name": "李雷", "joined": JOINED, "tz": "Nowhere/Land"},
            {"id": "d", "name": "Dan", "joined": JOINED, "suspended": True},
            {"id": "robot", "name": "Robot", "is_bot": True, "joined": JOINED},
        ],
        groups=[
            {"id": "g", "name": "Readers", "purpose": "We read.", "created": "2020-01-05"},
            {"id": "p", "name": "Readers", "private": True, "description": "Long. " * 40},
            {"id": "o", "name": "Old ones", "archived": True, "created": "2020-01-05"},
        ],
        memberships=[
            {"person": "a", "group": "g", "joined": JOINED, "role": "facilitator"},
            {"person": "b", "group": "g", "joined": JOINED},
            {"person": "c", "group": "g", "joined": JOINED},
            {"person": "d", "group": "g", "joined": JOINED, "left": "2020-02-01"},
            {"person": "b", "group": "p"},
            {"person": "z", "group": "g"},
            {"person": "a", "group": "nowhere"},
        ],
        threads=[
            {"id": "t", "group": "g", "title": "A book", "author": "a", "accepted_post": "3"},
            {"id": "u", "group": "g", "author": "b", "created": day(20), "closed": True},
            {"id": "v", "group": "nowhere", "title": "Lost"},
            {"id": "w", "group": "p", "title": "Quiet", "author": "b", "created": day(9)},
        ],
        posts=[
            {"id": "1", "thread": "t", "author": "a", "time": day(7), "text": "Which **book**?"},
            {"id": "2", "thread": "t", "author": "robot", "time": day(8), "text": "beep"},
            {
                "id": "3",
                "thread": "t",
                "author": "b",
                "time": day(9),
                "text": "@ann, @dan, @x: this",
            },
            {
                "id": "4",
                "thread": "t",
                "author": "z",
                "time": day(10),
                "text": "gone",
                "reply_to": "3",
            },
            {"id": "5", "thread": "u", "author": "b", "time": day(20), "text": "Second ones"},
            {"id": "6", "thread": "u", "author": "c", "time": day(21), "text": "x", "hidden": True},
            {"id": "7", "thread": "nowhere", "time": day(21), "text": "x"},
            {"id": "8", "thread": "w", "author": "b", "time": day(9), "text": "psst"},
        ],
        reactions=[
            {"post": "1", "emoji": "tada", "person": "b"},
            {"post": "1", "emoji": "like", "count": 3},
            {"post": "1", "emoji": "like", "count": 2},
            {"post": "7", "emoji": "like"},
        ],
    )


@pytest.fixture
def network(db):
    return NetworkFactory(max_cap=3, default_cap=3)


@pytest.fixture
def imported(network, tmp_path):
    report = import_community(network, small_community(tmp_path / "small"), now=NOW)
    return network, report


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


def rhythm_of(group):
    """What visits.py would have kept, had it been there: by its own rules, post by post."""
    days, until, visits, state = 0, None, {}, {}
    posts = TalkPost.objects.filter(thread__group=group, is_system=False).order_by("at")
    members = set(group.memberships.active().values_list("person", flat=True))
    for author, at in posts.values_list("author", "at"):
        day = at.date()
        days, until = alive_after_post(days, until, day)
        alive = days - max(0, (until - day).days)
        last_on, last_alive, gaps = state.get(author, (None, 0, []))
        if author not in members or last_on == day:
            continue
        gap = None if last_on is None else gap_between(last_alive, alive)
        visits[author, day] = (gap, alive)
        state[author] = (day, alive, gaps if gap is None else with_gap(gaps, gap))
    return days, until, visits, state


def assert_rhythm(group):
    days, until, visits, state = rhythm_of(group)
    assert (group.alive_days, group.alive_until) == (days, until)
    kept = Visit.objects.filter(membership__group=group)
    assert {
        (visit.membership.person_id, visit.on): (visit.gap, visit.alive)
        for visit in kept.select_related("membership")
    } == visits
    for row in group.memberships.active():
        last_on, last_alive, gaps = state.get(row.person_id, (None, 0, []))
        assert row.last_visit_on == last_on
        assert row.recent_gaps == gaps
        assert row.recent_gaps_sum == sum(gaps)
        if last_on:
            assert row.last_visit_alive == last_alive


class TestRhythm(HypothesisTestCase):
    @settings(max_examples=15, deadline=None)
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


# There and back.

COMMUNITIES = [
    "houston-datavis-slack",
    "quantumcomputing-stackexchange",
    *(
        pytest.param(name, marks=pytest.mark.long)
        for name in ("r-mailing-lists", "urho3d-discourse", "lean-zulip")
    ),
]
NOT_CARRIED = {"handle", "is_bot", "inferred", "bot"}  # docs/archive.md


def exported(network, path):
    """The files of an export, unpacked, but for when it was made."""
    export_community(network, path, now=NOW)
    return {file.name: gzip.decompress(file.read_bytes()) for file in path.glob("*.gz")}


def carried(records):
    """What the format carries of the records: {kind: {id: {field: value}}}."""
    kinds = {}
    for record in records:
        rows = kinds.setdefault(type(record).__name__, {})
        row = {
            field.name: getattr(record, field.name)
            for field in dataclasses.fields(record)
            if field.compare and field.name not in NOT_CARRIED
        }
        if isinstance(record, Post):
            row["system"] = record.by_machine
        key = {
            Membership: lambda row: (row["person"], row["group"]),
            Reaction: lambda row: (row["post"], row["person"], row["emoji"]),
        }.get(type(record), lambda row: row["id"])(row)
        if key in rows and isinstance(record, Reaction) and record.person is None:
            row["count"] += rows[key]["count"]
            row["at"] = min(filter(None, (row["at"], rows[key]["at"])), default=None)
        rows[key] = row
    return kinds


@needs_shared
@pytest.mark.parametrize("name", COMMUNITIES)
def test_an_export_of_an_import_says_what_the_archive_said(network, tmp_path, name):
    with connection.cursor() as cursor:  # reading takes longer than a transaction may wait
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    theirs = carried(read(SHARED / name))

    report = import_community(network, SHARED / name, now=NOW)
    export_community(network, tmp_path / "out.zip", now=NOW)

    assert not report.refused
    assert list(violations()) == []
    for group in network.groups.order_by("-seats_taken")[:5]:
        assert_rhythm(group)
    ours = carried(read(tmp_path / "out.zip"))
    assert {kind: len(rows) for kind, rows in ours.items()} == {
        kind: len(rows) for kind, rows in theirs.items()
    }
    for kind, rows in theirs.items():
        for key, row in rows.items():
            told = {field: value for field, value in row.items() if value not in (None, "")}
            assert {field: ours[kind][key][field] for field in told} == told


def test_an_export_brought_in_elsewhere_exports_the_same(imported, tmp_path):
    network, _ = imported
    first = exported(network, tmp_path / "first")
    other = NetworkFactory(max_cap=3, default_cap=3)

    report = import_community(other, tmp_path / "first", now=NOW)

    assert not report.refused
    again = exported(other, tmp_path / "again")
    for name in first:
        assert without_handles(again[name]) == without_handles(first[name])


def without_handles(lines):
    rows = [json.loads(line) for line in lines.splitlines()]
    rows = [{key: value for key, value in row.items() if key != "handle"} for row in rows]
    return sorted(rows, key=str)  # those of one moment stand in no order


def test_an_export_does_not_write_over_anything(imported, tmp_path):
    for path in (tmp_path / "small", tmp_path / "there.zip"):
        if path.suffix:
            path.write_text("mine")
        with pytest.raises(Refused) as refused:
            export_community(imported[0], path, now=NOW)
        assert refused.value.code == "not_empty"
    assert (tmp_path / "there.zip").read_text() == "mine"


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


def test_the_command_exports(imported, tmp_path):
    out = io.StringIO()

    call_command("exportcommunity", tmp_path / "out", stdout=out)

    assert "posts: 7" in out.getvalue()
    assert len(list((tmp_path / "out").iterdir())) == 7


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
        while process.poll() is None and stage.objects.count() == before:
            pass
        process.kill()
        kills += process.wait() == -9

    report = import_community(broken, archive, now=NOW)

    assert kills > 0
    assert not report.refused
    one, other = exported(whole, tmp_path / "whole"), exported(broken, tmp_path / "broken")
    for name in one:
        assert without_handles(other[name]) == without_handles(one[name])
    assert list(violations()) == []
