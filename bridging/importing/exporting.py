"""A community, or one group of it, as a Kith archive: the rows that an import takes.

docs/archive.md tells the fields. A group's facilitator takes along what its members read of each
other anyway: no e-mail address, no time zone, nothing that is somebody's own alone.
"""

import gzip
import io
import json
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import connection, transaction
from django.db.models import OuterRef, Q, Subquery

from bridging.importing.models import ImportedId
from microgroups.conversation.models import Kind, Post, Reaction, Thread
from microgroups.groups.models import MicroGroup
from microgroups.groups.models import State as GroupState
from microgroups.membership.models import READING, Membership, Role, State
from network.errors import Refused
from network.networks.models import Network, NetworkMembership

AT_ONCE = 2_000
VERSION = 1


@dataclass(frozen=True)
class Part:
    """What is written: a whole network, or one group of it."""

    network: Network
    group: MicroGroup | None = None

    @property
    def groups(self):
        """As a condition on what has a `group`."""
        if self.group is not None:
            return {"group": self.group}
        return {
            "group__network": self.network,
            "group__state__in": (GroupState.OPEN, GroupState.ARCHIVED),
        }

    def groups_of(self, name):
        """The same of what has a group by way of this."""
        return {f"{name}__{lookup}": value for lookup, value in self.groups.items()}


def export(part, path, *, now, progress=None):
    """Write the archive; answers {kind: rows}."""
    written = {}
    with opened(Path(path)) as archive, snapshot():
        archive.text(
            "archive.json",
            json.dumps(
                {
                    "kith_archive": VERSION,
                    "network": part.network.name,
                    **({"group": part.group.name} if part.group else {}),
                    "exported": stamp(now),
                    "texts": "markdown",
                },
                ensure_ascii=False,
                indent=1,
            ),
        )
        for kind, rows in KINDS.items():
            with archive.lines(f"{kind}.jsonl.gz") as write:
                written[kind] = 0
                for row in rows(part):
                    write({key: value for key, value in row.items() if value not in (None, "")})
                    written[kind] += 1
                    if progress and written[kind] % 500 == 0:
                        progress(kind, written[kind])
    return written


@contextmanager
def snapshot():
    """The database as it stands now, for as long as the export takes."""
    is_first = not connection.in_atomic_block
    with transaction.atomic():
        if is_first:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


class Folder:
    """An archive that is a folder."""

    def __init__(self, path):
        self.path = path

    def text(self, name, text):
        (self.path / name).write_text(text)

    @contextmanager
    def lines(self, name):
        with open(self.path / name, "wb") as file, gzipped(file) as write:
            yield write


class Zip:
    """An archive that is a ZIP of files that are gzipped already."""

    def __init__(self, archive):
        self.archive = archive

    def text(self, name, text):
        self.archive.writestr(name, text)

    @contextmanager
    def lines(self, name):
        with self.archive.open(name, "w", force_zip64=True) as file, gzipped(file) as write:
            yield write


@contextmanager
def opened(path):
    """A new archive at the path, which is only there when it is whole."""
    if path.suffix == ".zip":
        if path.exists():
            raise Refused("not_empty", f"{path} is there already.")
        half = path.with_name(path.name + ".part")
        with zipfile.ZipFile(half, "w", zipfile.ZIP_STORED) as archive:
            yield Zip(archive)
        half.replace(path)
        return
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise Refused("not_empty", f"{path} is not an empty folder.")
    path.mkdir(parents=True, exist_ok=True)
    yield Folder(path)


@contextmanager
def gzipped(file):
    """A function that writes a row as a line of gzipped JSON; the same rows make the same bytes."""
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=6, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", write_through=False) as stream,
    ):

        def write(row):
            stream.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")

        yield write


def stamp(time):
    """A time as ISO 8601 in UTC, as short as it can be."""
    return time and time.isoformat().replace("+00:00", "Z")


# The rows.


def source_of(network, kind, key):
    """The id that the row had where it came from, or none; as an expression."""
    known = ImportedId.objects.filter(network=network, kind=kind, row=OuterRef(key))
    return Subquery(known.values("source_id")[:1])


def told(source_id, key):
    return source_id or (str(key) if key else None)


def people(part):
    places = (
        NetworkMembership.objects.filter(network=part.network)
        .annotate(there=source_of(part.network, "person", "person_id"))
        .select_related("person")
        .order_by("person_id")
    )
    if part.group is not None:
        places = places.filter(who_is_in(part.group))
    for place in places.iterator(chunk_size=AT_ONCE):
        person = place.person
        yield {
            "id": told(place.there, person.pk),
            "name": person.name,
            "handle": person.username,
            "intro": person.intro,
            "joined": stamp(place.joined_at),
            **({} if part.group else their_own(place)),
        }


def their_own(place):
    """What only the person and who looks after the network know."""
    person = place.person
    return {
        "email": person.email or person.imported_email,
        "tz": person.time_zone if person.time_zone != "UTC" else None,
        "suspended": True if place.suspended_at else None,
    }


def who_is_in(group):
    """A condition on places: of those who are or were in the group, and of who is heard in it."""
    been = Membership.objects.filter(group=group, joined_at__isnull=False)
    wrote = Post.objects.filter(thread__group=group, thread__deleted_at=None)
    reacted = Reaction.objects.filter(post__thread__group=group, post__thread__deleted_at=None)
    return (
        Q(person__in=been.values("person"))
        | Q(person__in=wrote.values("author"))
        | Q(person__in=reacted.values("person"))
    )


def groups(part):
    network = part.network
    found = network.groups.filter(state__in=(GroupState.OPEN, GroupState.ARCHIVED))
    if part.group is not None:
        found = found.filter(pk=part.group.pk)
    found = found.annotate(there=source_of(network, "group", "pk")).order_by("pk")
    for group in found.iterator(chunk_size=AT_ONCE):
        yield {
            "id": told(group.there, group.pk),
            "name": group.name,
            "purpose": group.purpose,
            "difference": group.difference,
            "belonging": group.belonging,
            "agreements": group.agreements,
            "care_plan": group.care_plan,
            "created": stamp(group.founded_at or group.proposed_at),
            "private": True if group.is_hidden else None,
            "archived": True if group.is_archived else None,
        }


def memberships(part):
    network = part.network
    found = (
        Membership.objects.filter(**part.groups)
        .filter(state__in=(*READING, State.LEFT, State.REMOVED), joined_at__isnull=False)
        .annotate(
            group_there=source_of(network, "group", "group_id"),
            person_there=source_of(network, "person", "person_id"),
        )
        .order_by("group_id", "joined_at", "pk")
    )
    for row in found.iterator(chunk_size=AT_ONCE):
        gone = row.state not in READING
        yield {
            "person": told(row.person_there, row.person_id),
            "group": told(row.group_there, row.group_id),
            "joined": stamp(row.joined_at),
            "left": stamp(row.since) if gone else None,
            "role": "facilitator" if row.role == Role.FACILITATOR else None,
        }


def threads(part):
    network = part.network
    found = (
        Thread.objects.filter(deleted_at=None, **part.groups)
        .annotate(
            there=source_of(network, "thread", "pk"),
            group_there=source_of(network, "group", "group_id"),
            author_there=source_of(network, "person", "author_id"),
            answer_there=source_of(network, "post", "answer_id"),
        )
        .order_by("opened_at", "pk")
    )
    for thread in found.iterator(chunk_size=AT_ONCE):
        yield {
            "id": told(thread.there, thread.pk),
            "group": told(thread.group_there, thread.group_id),
            "title": thread.title,
            "author": told(thread.author_there, thread.author_id),
            "by_kith": True if thread.by_kith else None,
            "kind": thread.kind if thread.kind != Kind.TALK else None,
            "created": stamp(thread.opened_at),
            "closed": stamp(thread.closed_at),
            "pinned": stamp(thread.pinned_at),
            "accepted_post": told(thread.answer_there, thread.answer_id),
        }


def posts(part):
    network = part.network
    found = (
        Post.objects.filter(thread__deleted_at=None, **part.groups_of("thread"))
        .annotate(
            there=source_of(network, "post", "pk"),
            thread_there=source_of(network, "thread", "thread_id"),
            author_there=source_of(network, "person", "author_id"),
            answers_there=source_of(network, "post", "reply_to_id"),
        )
        .defer("body_html", "search")
        .order_by("pk")
    )
    for post in found.iterator(chunk_size=AT_ONCE):
        yield {
            "id": told(post.there, post.pk),
            "thread": told(post.thread_there, post.thread_id),
            "author": told(post.author_there, post.author_id),
            "time": stamp(post.at),
            "text": "" if post.is_deleted else post.body,
            "reply_to": told(post.answers_there, post.reply_to_id),
            "edited": stamp(post.edited_at),
            "deleted": True if post.is_deleted else None,
            "system": True if post.is_system else None,
            "by_kith": True if post.by_kith else None,
        }


def reactions(part):
    network = part.network
    found = (
        Reaction.objects.filter(post__thread__deleted_at=None, **part.groups_of("post__thread"))
        .annotate(
            post_there=source_of(network, "post", "post_id"),
            person_there=source_of(network, "person", "person_id"),
        )
        .order_by("post_id", "emoji", "person_id")
    )
    for reaction in found.iterator(chunk_size=AT_ONCE):
        yield {
            "post": told(reaction.post_there, reaction.post_id),
            "emoji": reaction.emoji,
            "person": told(reaction.person_there, reaction.person_id),
            "count": reaction.count if reaction.person_id is None else None,
            "time": stamp(reaction.at),
        }


KINDS = {
    "people": people,
    "groups": groups,
    "memberships": memberships,
    "threads": threads,
    "posts": posts,
    "reactions": reactions,
}
