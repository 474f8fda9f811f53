"""Bringing a community over: what readers make of archives, and what comes of it here."""

import dataclasses
import gzip
import io
import json
import os
import tarfile
import zipfile
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridging.importing.readers import archives, markup, reader_for
from bridging.importing.readers.records import Membership, Person, Place, Post, Reaction, Thread
from bridging.importing.rules import id_of, username_of
from network.errors import Refused
from network.text import gist, to_html
from tests.bridging.facts import Community, facts_of

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
        "lean-zulip",
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
