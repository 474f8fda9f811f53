"""Reading on another core: while one batch is written, the next is read and rendered.

The reading process has nothing of ours but the path: no database, no settings. It ends when the
pipe does, however the writing process came to its end.
"""

import multiprocessing
from contextlib import contextmanager, suppress
from typing import NamedTuple

from bridging.importing.readers import archives, reader_for
from bridging.importing.readers.records import Post
from network.errors import Refused
from network.text import render

BATCH = 1_000


class Refusing(NamedTuple):
    """A refusal on its way through the pipe."""

    code: str
    message: str


@contextmanager
def records_of(path, format=None):
    """The records of an archive in batches: (records, how far of the archive has been read).

    Refuses: bad_archive, unknown_format.
    """
    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe(duplex=False)
    reading = spawning.Process(target=read, args=(str(path), format, theirs), daemon=True)
    reading.start()
    theirs.close()
    try:
        yield received(ours)
    finally:
        ours.close()
        reading.join(10)
        if reading.is_alive():
            reading.terminate()


def received(pipe):
    """What the reading process sends, until it says that it is done or why it is not."""
    while True:
        try:
            sent = pipe.recv()
        except EOFError:
            raise Refused("bad_archive", "Reading the archive was broken off.") from None
        if sent is None:
            return
        if isinstance(sent, Refusing):
            raise Refused(sent.code, sent.message)
        yield sent


def read(path, format, pipe):
    """Runs in the reading process: send batches, then None; or the refusal."""
    with suppress(BrokenPipeError, KeyboardInterrupt):
        try:
            with archives.opened(path) as source:
                reader = reader_for(source, format)
                batch = []
                for record in reader.read(source):
                    batch.append(rendered(record))
                    if len(batch) == BATCH:
                        pipe.send((batch, source.position / (source.size * reader.PASSES)))
                        batch = []
                pipe.send((batch, 1.0))
            pipe.send(None)
        except Refused as refusal:
            pipe.send(Refusing(refusal.code, refusal.message))
        pipe.close()


def rendered(record):
    """The record; a post that names nobody with its HTML."""
    if isinstance(record, Post) and "@" not in record.text:
        record.html = render(record.text).html
    return record
