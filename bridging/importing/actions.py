"""Bringing an existing community over, and giving one back."""

from contextlib import contextmanager

from django.db import connection
from django.utils import timezone

from bridging.importing import exporting, finishing
from bridging.importing.readers.ahead import records_of
from bridging.importing.report import Report
from bridging.importing.writing import Writer
from microgroups.groups.actions import facilitator_of, locked, log, must_be
from microgroups.groups.models import State
from network.activity.actions import record
from network.errors import Refused
from network.pace import keep_pace
from network.transactions import deed


def import_community(network, path, *, format=None, now=None, progress=lambda part: None):
    """Bring the people, groups and talk of an archive into the network; answers a Report.

    Nobody is told of anything; nobody who comes can sign in before they claim their account. It
    may be stopped at any time and begun again. progress(part) hears how much is read, up to 1.0.
    Refuses: bad_archive, unknown_format, in_progress.
    """
    now = now or timezone.now()
    report = Report()
    with alone(network), records_of(path, format) as batches:
        writer = Writer(network, report, now)
        for batch, part in batches:
            for found in batch:
                writer.add(found)
            progress(part)
        writer.flush()
        finishing.finish(writer)
    close(network, report, now)
    return report


@contextmanager
def alone(network):
    """One import into a network at a time; the lock goes with the connection."""
    key = f"import {network.pk}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [key])
        if not cursor.fetchone()[0]:
            raise Refused("in_progress", "Another import into this network is going on.")
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [key])


@deed
def close(network, report, now):
    """Note in the log that a community came, and in the report which groups are over the cap."""
    if report.new:
        record("network.imported", network=network, actor=None, about=network, at=now, **report.new)
    over = network.groups.filter(is_imported=True, seats_taken__gt=network.max_cap)
    report.over_policy = list(over.order_by("-seats_taken").values_list("name", "seats_taken"))


def export_community(network, path, *, now=None, progress=None):
    """Write the network's people, groups and talk as a Kith archive; answers how many of each.

    path: a folder that is new or empty, or a file that ends in .zip. Refuses: not_empty.
    """
    part = exporting.Part(network)
    return exporting.export(part, path, now=now or timezone.now(), progress=progress)


def export_group(group, person, path, *, now=None):
    """Write one group's charter, people and talk as a Kith archive: what its facilitator may take.

    path: as in `export_community`. Answers how many of each.
    Refuses: not_allowed, group_not_open (it never began), too_often, not_empty.
    """
    now = now or timezone.now()
    group = note_export(group, person, now)
    return exporting.export(exporting.Part(group.network, group), path, now=now)


@deed
def note_export(group, person, now):
    """That somebody takes the group's words along is on record before the first is written."""
    group = locked(group)
    facilitator_of(group, person)
    if not group.is_archived:
        must_be(group, State.OPEN)
    keep_pace("export", person, now)
    log("group.exported", group, person, now)
    return group
