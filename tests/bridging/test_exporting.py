"""Taking a community along: an export says what came in."""

import dataclasses
import io

import pytest
from django.core.management import call_command
from django.db import connection

from bridging.importing.actions import export_community, import_community
from bridging.importing.readers.records import Membership, Post, Reaction
from microgroups.conversation.by_kith import begin
from microgroups.conversation.models import Thread
from network.errors import Refused
from network.operations.invariants import violations
from tests.bridging.archives import (
    SHARED,
    exported,
    needs_shared,
    read,
    without_handles,
)
from tests.bridging.rhythm import assert_rhythm
from tests.factories import NOW, MicroGroupFactory, NetworkFactory

COMMUNITIES = [
    "houston-datavis-slack",
    "quantumcomputing-stackexchange",
    *(
        pytest.param(name, marks=pytest.mark.long)
        for name in ("r-mailing-lists", "urho3d-discourse", "lean-zulip")
    ),
]
NOT_CARRIED = {"handle", "is_bot", "inferred", "bot"}  # docs/archive.md


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


@pytest.mark.django_db
def test_what_kith_began_goes_along_as_kiths(tmp_path):
    group = MicroGroupFactory()
    begin(group, title="What lies on your bench?", body="One thing.", now=NOW)
    exported(group.network, tmp_path / "first")
    other = NetworkFactory()

    import_community(other, tmp_path / "first", now=NOW)

    thread = Thread.objects.get(group__network=other)
    assert thread.by_kith and thread.author is None
    assert thread.posts.get().by_kith


def test_an_export_does_not_write_over_anything(imported, tmp_path):
    for path in (tmp_path / "small", tmp_path / "there.zip"):
        if path.suffix:
            path.write_text("mine")
        with pytest.raises(Refused) as refused:
            export_community(imported[0], path, now=NOW)
        assert refused.value.code == "not_empty"
    assert (tmp_path / "there.zip").read_text() == "mine"


def test_the_command_exports(imported, tmp_path):
    out = io.StringIO()

    call_command("exportcommunity", tmp_path / "out", stdout=out)

    assert "posts: 7" in out.getvalue()
    assert len(list((tmp_path / "out").iterdir())) == 7
