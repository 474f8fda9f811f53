"""What the readers make of archives: real ones, odd ones, harmful ones."""

import dataclasses
import gzip
import io
import json
import os
import tarfile
import zipfile
from datetime import UTC, datetime
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridging.importing.readers import markup
from bridging.importing.readers.records import Membership, Person, Place, Reaction, Thread
from network.errors import Refused
from network.text import gist, to_html
from tests.bridging.archives import (
    community,
    expected,
    kith_archive,
    needs_shared,
    posts_of,
    read,
)
from tests.bridging.facts import facts_of

WINDOW_END = datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC)  # of lean-zulip, as its README says

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


@settings(max_examples=300)
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


@settings(max_examples=300)
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


@settings(max_examples=300)
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


@settings(max_examples=300)
@given(st.text("ab *_`#>-+1.()[]<&\\~|!\n=", max_size=40))
def test_words_stay_the_same_words_on_their_way_through_html_and_markdown(words):
    typed = " ".join(words.split())
    html = "<p>" + typed.replace("&", "&amp;").replace("<", "&lt;") + "</p>"

    assert gist(markup.from_html(html), 500) == typed


TAGS = "<p> </p> <ul> <li> </li> </ul> <blockquote> </blockquote> <pre> </pre> <code> </code>"
TAGS += " </a> <b> </b> <table> <tr> <td> </td> </tr> </table> <br> <hr> <h1> </h1> <!-- --> < >"
TAGS += " &lt; x ` * <@U1> <http://a|b> *a* _b_ ``` <a> <img> <span>"
WITH_ATTRIBUTES = ["<a href='http://a.b'>", "<img src='http://a.b'>", '<span class="katex">']


@settings(max_examples=300)
@given(st.lists(st.sampled_from([*TAGS.split(), *WITH_ATTRIBUTES]), max_size=30))
def test_any_tags_in_any_order_become_something(tags):
    for convert in (markup.from_html, markup.from_slack, markup.from_plain):
        assert isinstance(to_html(convert("".join(tags))), str)
