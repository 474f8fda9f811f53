"""What every reader yields, whatever the archive was: the rows of a community in one plain form.

Texts are Markdown, times are in UTC, ids are those of the source. The `…_from` functions take a row
as it stood in an archive and are patient: what is missing stays empty, what makes no sense is
`Unusable`, which becomes a `Refusal` that names the file and the line.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from bridging.importing.rules import fitted
from network.text import clean, one_line

MAX_TEXT = 200_000  # characters; longer texts are cut, and the report says so
MAX_ID = 190
EARLIEST, LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class Place(NamedTuple):
    """Where in the archive something stands."""

    file: str
    line: int | None = None

    def __str__(self):
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(slots=True)
class Refusal:
    """Something that was not taken, and why."""

    where: Place
    why: str

    def __bool__(self):
        return False


class Unusable(ValueError):
    """This row cannot become anything here; the words say why."""


@dataclass(slots=True)
class Person:
    id: str
    name: str
    handle: str = ""
    email: str | None = None
    intro: str = ""
    time_zone: str = ""
    joined_at: datetime | None = None
    suspended: bool = False
    is_bot: bool = False
    where: Place | None = field(default=None, compare=False)


@dataclass(slots=True)
class Group:
    id: str
    name: str
    purpose: str = ""
    difference: str = ""
    belonging: str = ""
    agreements: str = ""
    care_plan: str = ""
    created_at: datetime | None = None
    private: bool = False
    archived: bool = False
    where: Place | None = field(default=None, compare=False)


@dataclass(slots=True)
class Membership:
    person: str
    group: str
    joined_at: datetime | None = None
    left_at: datetime | None = None
    facilitator: bool = False
    where: Place | None = field(default=None, compare=False)


@dataclass(slots=True)
class Thread:
    id: str
    group: str
    title: str = ""
    author: str | None = None
    kind: str = "talk"
    created_at: datetime | None = None
    closed_at: datetime | None = None
    pinned_at: datetime | None = None
    accepted_post: str | None = None
    inferred: bool = False
    by_kith: bool = False
    where: Place | None = field(default=None, compare=False)


@dataclass(slots=True)
class Post:
    id: str
    thread: str
    at: datetime
    text: str = ""
    author: str | None = None
    reply_to: str | None = None
    edited_at: datetime | None = None
    deleted: bool = False
    system: bool = False
    bot: bool = False
    by_kith: bool = False
    cut: bool = field(default=False, compare=False)
    html: str | None = field(default=None, compare=False)  # rendered already
    where: Place | None = field(default=None, compare=False)

    @property
    def by_machine(self):
        return self.system or self.bot


@dataclass(slots=True)
class Reaction:
    post: str
    emoji: str
    person: str | None = None
    count: int = 1
    at: datetime | None = None
    where: Place | None = field(default=None, compare=False)


# What a field of a row says.


def id_in(row, *keys, needed=True):
    """The id under the first of the keys that holds one; of a list, the first."""
    for key in keys:
        value = row.get(key)
        if isinstance(value, list):
            value = value[0] if value else None
        if isinstance(value, (str, int)) and not isinstance(value, bool) and str(value).strip():
            found = one_line(str(value))
            if len(found) > MAX_ID:
                raise Unusable(f"its {key} is longer than {MAX_ID} characters")
            if found:
                return found
    if needed:
        raise Unusable(f"it has no {keys[0]}")
    return None


def text_in(row, *keys):
    """The text under the first of the keys that holds one."""
    for key in keys:
        value = row.get(key)
        if isinstance(value, str) and value.strip():
            return value
    return ""


def email_in(row):
    """The e-mail address in small letters, or None where it is none."""
    email = clean(text_in(row, "email")).strip().lower()
    return email if re.fullmatch(r"[^\s@<>,;]{1,64}@[^\s@<>,;]{1,180}", email) else None


def time_in(row, *keys, needed=False):
    """The time under the first of the keys that holds one: ISO 8601, or seconds since 1970."""
    for key in keys:
        if row.get(key) not in (None, "", True, False):
            return time_of(row[key], key)
    if needed:
        raise Unusable(f"it has no {keys[-1]}")
    return None


def time_of(value, key="time"):
    """The value as a time in UTC."""
    try:
        if isinstance(value, (int, float)):
            time = datetime.fromtimestamp(value, UTC)
        elif value.replace(".", "", 1).isdigit() and len(value.split(".")[0]) > 8:
            time = datetime.fromtimestamp(float(value), UTC)
        else:
            time = datetime.fromisoformat(value)
            time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError, OSError, AttributeError, TypeError):
        raise Unusable(f"its {key} is not a time") from None
    if not EARLIEST <= time <= LATEST:
        raise Unusable(f"its {key} lies before 1970 or after 2100")
    return time


def cut(text):
    """The text as it will be kept, and whether its end had to go."""
    text = clean(text).strip("\n")
    return text[:MAX_TEXT], len(text) > MAX_TEXT


def charter_of(text):
    """A description as a purpose of one sentence, and in full where that is too short for it."""
    words = one_line(text)
    purpose = fitted(words, 140)
    return purpose, ("" if purpose == words else clean(text).strip()[:4000])


DEEDS = {
    "closed.enabled": "This conversation was closed.",
    "closed.disabled": "This conversation was opened again.",
    "autoclosed.enabled": "This conversation was closed after a while.",
    "archived.enabled": "This conversation was archived.",
    "archived.disabled": "This conversation was taken out of the archive.",
    "pinned.enabled": "This conversation was pinned.",
    "pinned.disabled": "This conversation was unpinned.",
    "pinned_globally.enabled": "This conversation was pinned for everybody.",
    "pinned_globally.disabled": "This conversation was unpinned for everybody.",
    "visible.enabled": "This conversation was listed.",
    "visible.disabled": "This conversation was unlisted.",
    "split_topic": "Some posts were moved to another conversation.",
}


def deed(code):
    """What was done to a conversation, in words."""
    return DEEDS.get(code, one_line(code))
