"""Readers: an archive in, the records of a community out."""

from bridging.importing.readers import discourse, kith, slack
from network.errors import Refused

FORMATS = {"kith": kith, "slack": slack, "discourse": discourse}


def reader_for(source, format=None):
    """The reader of the format, or of what lies in the source. Refuses: unknown_format."""
    if format:
        return FORMATS[format]
    for reader in FORMATS.values():
        if reader.is_one(source):
            return reader
    raise Refused(
        "unknown_format",
        "This is neither a Kith archive nor an export of Slack or Discourse. "
        "docs/archive.md says what an archive looks like.",
    )
