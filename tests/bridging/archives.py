"""Archives to bring over: the real ones of ../shared, and a small one with all there may be."""

import gzip
import json
import os
from pathlib import Path

import pytest

from bridging.importing.actions import export_community
from bridging.importing.readers import archives, reader_for
from bridging.importing.readers.records import Post
from tests.bridging.facts import Community
from tests.factories import NOW

SHARED = Path(os.environ.get("KITH_SHARED") or Path(__file__).parents[2].parent / "shared") / "data"
needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the real communities of ../shared/data are not on this machine"
)


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


def exported(network, path):
    """The files of an export, unpacked, but for when it was made."""
    export_community(network, path, now=NOW)
    return {file.name: gzip.decompress(file.read_bytes()) for file in path.glob("*.gz")}


def without_handles(lines):
    rows = [json.loads(line) for line in lines.splitlines()]
    rows = [{key: value for key, value in row.items() if key != "handle"} for row in rows]
    return sorted(rows, key=str)  # those of one moment stand in no order
