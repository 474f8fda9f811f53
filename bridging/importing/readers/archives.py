"""Opening what somebody brought: a folder, a ZIP or a tar, and never more of it than is safe.

Nothing of an archive is believed: names, sizes and links are looked at before anything is read, and
what is read is counted. A tar is unpacked into a folder of our own under numbered names, because it
can only be read from front to back; the folder goes when the source is closed.
"""

import gzip
import json
import os
import stat
import tarfile
import tempfile
import zipfile
import zlib
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath

from bridging.importing.readers.records import Place, Refusal, Unusable
from network.errors import Refused

MB = 1_000_000
MAX_ARCHIVE = 2_000 * MB
MAX_ENTRIES = 100_000
MAX_UNPACKED = 10_000 * MB
PASSES = 3  # how often a reader may go through an archive
MAX_RATIO = 100
RATIO_COUNTS_FROM = 10 * MB  # a small file may well be one word, often
MAX_LINE = MB
MAX_FILE = 24 * MB  # of a file that is one JSON value and has to be read whole
MAX_DEPTH = 20
NESTED = (".zip", ".tar", ".tgz", ".tbz2", ".txz", ".tar.gz", ".tar.bz2", ".tar.xz", ".7z", ".rar")
BROKEN = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, tarfile.TarError, OSError)


def refuse(what):
    raise Refused("bad_archive", what)


class Source:
    """What lies in an archive: names, and a way to open each. `size` is what there is to read."""

    def __init__(self, entries, open_entry):
        self.sizes = entries
        self.open_entry = open_entry
        self.bytes_read = 0
        self.done = 0  # of `size`, by the entries that were read to their end
        self.raw = None

    @property
    def names(self):
        return sorted(self.sizes)

    @property
    def size(self):
        return sum(self.sizes.values())

    @property
    def position(self):
        """How much of `size` has been read; twice as much where it is read twice."""
        return self.done + (self.raw.tell() if self.raw and not self.raw.closed else 0)

    def named(self, *names):
        """The entry with one of the names, the one nearest to the top; None if there is none."""
        found = [name for name in self.sizes if PurePosixPath(name).name in names]
        return min(found, key=lambda name: (name.count("/"), name), default=None)

    @contextmanager
    def open(self, name):
        """The entry as a stream of bytes, unpacked where it is gzipped; counted as it is read."""
        with ExitStack() as stack:
            self.raw = stack.enter_context(self.open_entry(name))
            zipped = name.endswith(".gz")
            stream = stack.enter_context(gzip.open(self.raw)) if zipped else self.raw
            yield Counted(stream, self, name)
        self.done += self.sizes[name]


class Counted:
    """A stream that stops when it gives more than an honest file would."""

    def __init__(self, stream, source, name):
        self.stream, self.source, self.name = stream, source, name
        self.given = 0

    def readline(self, limit):
        return self.counted(self.stream.readline(limit))

    def read(self, limit):
        return self.counted(self.stream.read(limit))

    def counted(self, data):
        self.given += len(data)
        self.source.bytes_read += len(data)
        if self.source.bytes_read > MAX_UNPACKED * PASSES:
            refuse("The archive unpacks to more than 10 GB.")
        check_ratio(self.given, self.source.sizes[self.name], self.name)
        return data


def check_ratio(unpacked, packed, name):
    if unpacked > RATIO_COUNTS_FROM and unpacked > MAX_RATIO * max(packed, 1):
        refuse(f"{name} unpacks to more than {MAX_RATIO} times its size.")


@contextmanager
def opened(path):
    """The folder, ZIP or tar at the path, as a Source. Refuses: bad_archive, with the reason."""
    path = Path(path)
    with ExitStack() as stack:
        try:
            if path.is_dir():
                source = folder(path)
            elif not path.is_file():
                refuse(f"There is nothing at {path}.")
            elif path.stat().st_size > MAX_ARCHIVE:
                refuse("The archive is larger than 2 GB.")
            elif zipfile.is_zipfile(path):
                source = zipped(stack.enter_context(zipfile.ZipFile(path)))
            else:
                place = stack.enter_context(tempfile.TemporaryDirectory(prefix="kith-import-"))
                source = untarred(path, Path(place))
        except BROKEN as error:
            refuse(f"{path.name} cannot be read: {error or type(error).__name__}.")
        yield source


def folder(path):
    """The files of a folder; links are not followed, they are refused."""
    entries = {}
    for root, folders, files in os.walk(path, followlinks=False):
        for name in folders + files:
            full = Path(root, name)
            inside = full.relative_to(path).as_posix()
            if full.is_symlink():
                refuse(f"{inside} is a link.")
            if name in files and full.is_file() and not is_nested(name):
                add(entries, inside, full.stat().st_size)
    return Source(entries, lambda name: open(path / name, "rb"))


def zipped(archive):
    """The entries of a ZIP."""
    entries, members = {}, {}
    for info in archive.infolist():
        if info.is_dir():
            continue
        name = safe_name(info.filename)
        if stat.S_ISLNK(info.external_attr >> 16):
            refuse(f"{name} is a link.")
        if info.flag_bits & 1:
            refuse(f"{name} is encrypted.")
        check_ratio(info.file_size, info.compress_size, name)
        add(entries, name, info.file_size)
        members[name] = info
    if sum(entries.values()) > MAX_UNPACKED:
        refuse("The archive unpacks to more than 10 GB.")
    return Source(entries, lambda name: archive.open(members[name]))


def untarred(path, place):
    """The entries of a tar, unpacked into `place` under numbers."""
    entries, files = {}, {}
    unpacked, packed = 0, path.stat().st_size
    with tarfile.open(path, "r|*") as archive:
        for member in archive:
            archive.members = []  # or it would remember every one
            if member.isdir():
                continue
            name = safe_name(member.name)
            if not member.isfile():
                refuse(f"{name} is a link or a device.")
            unpacked += member.size
            if unpacked > MAX_UNPACKED:
                refuse("The archive unpacks to more than 10 GB.")
            check_ratio(unpacked, packed, path.name)
            add(entries, name, member.size)
            files[name] = place / str(len(files))
            with open(files[name], "wb") as file, archive.extractfile(member) as stream:
                while block := stream.read(MB):
                    file.write(block)
    return Source(entries, lambda name: open(files[name], "rb"))


def safe_name(name):
    """The entry's name, if it stays inside the archive."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or "\x00" in name or ":" in path.parts[0][1:2]:
        refuse(f"{name!r} would lie outside of the archive.")
    return path.as_posix()


def is_nested(name):
    return name.lower().endswith(NESTED)


def add(entries, name, size):
    """Note an entry; hidden files that systems leave behind are passed over."""
    if is_nested(name):
        refuse(f"{name} is an archive inside the archive.")
    if len(entries) >= MAX_ENTRIES:
        refuse(f"The archive has more than {MAX_ENTRIES:,} entries.")
    if name in entries:
        refuse(f"{name} is there twice.")
    if not any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts):
        entries[name] = size


# Reading JSON out of it.


def rows(source, name):
    """The rows of a JSON lines file with their places; a Refusal for each line that is none."""
    number = 0
    try:
        with source.open(name) as stream:
            while line := stream.readline(MAX_LINE + 1):
                number += 1
                place = Place(name, number)
                if len(line) > MAX_LINE:
                    while line and not line.endswith(b"\n"):
                        line = stream.readline(MAX_LINE)
                    yield place, Refusal(place, "the line is longer than 1 MB")
                elif line.strip():
                    try:
                        yield place, parsed(line, dict)
                    except Unusable as reason:
                        yield place, Refusal(place, str(reason))
    except BROKEN as error:
        place = Place(name, number + 1)
        yield place, Refusal(place, f"the file cannot be read further: {error}")


def value(source, name, kind):
    """A file that is one JSON value of the kind; Unusable if it is something else."""
    try:
        with source.open(name) as stream:
            data = stream.read(MAX_FILE + 1)
    except BROKEN as error:
        raise Unusable(f"the file cannot be read: {error}") from None
    if len(data) > MAX_FILE:
        raise Unusable(f"the file is larger than {MAX_FILE // MB} MB")
    return parsed(data, kind)


def parsed(data, kind):
    """The bytes as JSON of the kind, no deeper than we read; Unusable otherwise."""
    try:
        found = json.loads(data, parse_constant=not_a_number)
    except RecursionError:
        raise Unusable(f"it is nested deeper than {MAX_DEPTH}") from None
    except ValueError as error:
        raise Unusable(f"it is not JSON: {error}") from None
    if not isinstance(found, kind):
        raise Unusable(f"it is not a JSON {'object' if kind is dict else 'list'}")
    check_depth(found, MAX_DEPTH)
    return found


def check_depth(found, left):
    if left < 0:
        raise Unusable(f"it is nested deeper than {MAX_DEPTH}")
    for part in found.values() if isinstance(found, dict) else found:
        if isinstance(part, (dict, list)):
            check_depth(part, left - 1)


def not_a_number(name):
    raise ValueError(f"{name} is no number")
