"""The arithmetic of an import: ids that are the same every time, names that fit."""

import re
import uuid
from datetime import UTC, datetime
from hashlib import sha256

from network.people.rules import username_from
from network.text import one_line, shorten

NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)  # the time in the id of a row that tells none
LETTERS = "abcdefghjkmnpqtxyz"  # none looks like another
LAST_NUMBER = re.compile(r"(\d+)\D*\Z")


def id_of(network_id, kind, source_id, at):
    """The id that a row of the archive gets here: the same whenever it is read.

    A UUID of version 7: the row's own time, then the last digits of the number in its old id (so
    that what was said within one second keeps its order), then bits that only this row has.
    """
    milliseconds = int((at or NO_TIME).timestamp() * 1000)
    number = LAST_NUMBER.search(source_id)
    order = int(number[1][-15:]) % 4096 if number else 0
    key = sha256(f"{network_id}|{kind}|{source_id}".encode()).digest()
    unique = int.from_bytes(key[:8], "big") >> 2
    return uuid.UUID(int=milliseconds << 80 | 7 << 76 | order << 64 | 0b10 << 62 | unique)


FIRST_TIMED = uuid.UUID(int=1 << 80)  # ids below are those of rows without a time


NAMELESS = username_from("")


def username_of(*names):
    """A username made of the first of the names that has letters in it."""
    found = (username_from(name) for name in names if name)
    return next((username for username in found if username != NAMELESS), NAMELESS)


def other_username(username, id):
    """The username with some letters that only this person has, where it is taken."""
    number, letters = id.int & 0xFFFFFF, ""
    while number:
        number, at = divmod(number, len(LETTERS))
        letters += LETTERS[at]
    return f"{username[:22]}_{letters}"


def fitted(text, limit):
    """The text on one line, at most `limit` characters long."""
    return shorten(one_line(text), limit)
