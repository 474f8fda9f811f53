"""A Kith archive: JSON lines of people, groups, memberships, threads, posts and reactions.

docs/archive.md tells the fields. Files and fields may be missing; each may be gzipped. Where an
archive does not say how its texts are written, each row tells by what else stands in it.
"""

import re
from collections.abc import Iterator

from bridging.importing.readers import archives, markup
from bridging.importing.readers.records import (
    Group,
    Membership,
    Person,
    Post,
    Reaction,
    Refusal,
    Thread,
    Unusable,
    charter_of,
    cut,
    deed,
    email_in,
    id_in,
    text_in,
    time_in,
)
from bridging.importing.rules import fitted, username_of
from network.text import clean

FILES = ("people", "groups", "memberships", "threads", "posts", "reactions")
KINDS = ("talk", "question", "introduction", "starter", "announcement")
IS_HTML = re.compile(
    r"\s*<(p|div|h[1-6]|ul|ol|pre|blockquote|aside|table|hr|img|a|code|em|strong|span|br|details)\b[^>]*>",
    re.IGNORECASE,
)
FORMATS = {
    "markdown": str,
    "html": markup.from_html,
    "slack": markup.from_slack,
    "text": markup.from_plain,
}
PASSES = 1  # through the archive


def is_one(source):
    return any(file_of(source, kind) for kind in FILES)


def file_of(source, kind):
    return source.named(f"{kind}.jsonl", f"{kind}.jsonl.gz")


def read(source) -> Iterator:
    """The archive's records in the order in which they can be written."""
    archive = Archive(source)
    for kind in FILES:
        name = file_of(source, kind)
        if name:
            yield from archive.records(name, kind)
        elif kind == "groups":
            yield from archive.groups_that_others_name()


class Archive:
    """What has to be remembered while reading: how texts are written, and who is a machine."""

    def __init__(self, source):
        self.source = source
        self.bots = set()
        self.usernames = {}  # only where there are Slack's texts, which name people by their id
        self.texts = how_texts_are_written(source)

    def records(self, name, kind):
        make = getattr(self, kind)
        for place, row in archives.rows(self.source, name):
            if isinstance(row, Refusal):
                yield row
                continue
            try:
                record = make(row)
            except Unusable as reason:
                yield Refusal(place, str(reason))
                continue
            record.where = place
            yield record

    def people(self, row):
        person = Person(
            id=id_in(row, "id"),
            name=fitted(text_in(row, "name", "handle") or "Somebody", 60) or "Somebody",
            handle=fitted(text_in(row, "handle"), 60),
            email=email_in(row),
            intro=fitted(text_in(row, "intro", "title"), 140),
            time_zone=fitted(text_in(row, "tz"), 40),
            joined_at=time_in(row, "joined", "first_seen", "created"),
            suspended=row.get("suspended") is True,
            is_bot=row.get("is_bot") is True,
        )
        if person.is_bot:
            self.bots.add(person.id)
        if person.handle:
            self.usernames[person.id] = username_of(person.handle, person.name)
        return person

    def groups(self, row):
        id = id_in(row, "id")
        purpose, difference = charter_of(text_in(row, "purpose", "description"))
        return Group(
            id=id,
            name=fitted(text_in(row, "name"), 80) or fitted(id, 80),
            purpose=purpose,
            difference=clean(text_in(row, "difference")).strip()[:4000] or difference,
            belonging=clean(text_in(row, "belonging")).strip()[:4000],
            agreements=clean(text_in(row, "agreements")).strip()[:4000],
            care_plan=clean(text_in(row, "care_plan")).strip()[:4000],
            created_at=time_in(row, "created"),
            private=row.get("private") is True,
            archived=row.get("archived") is True,
        )

    def memberships(self, row):
        joined_at, left_at = time_in(row, "joined", "first"), time_in(row, "left")
        if joined_at and left_at and left_at < joined_at:
            left_at = None  # came back
        return Membership(
            person=id_in(row, "person"),
            group=id_in(row, "group"),
            joined_at=joined_at,
            left_at=left_at,
            facilitator=row.get("role") == "facilitator" and left_at is None,
        )

    def threads(self, row):
        created_at, last_at = time_in(row, "created"), time_in(row, "last")
        accepted = id_in(row, "accepted_post", needed=False)
        asked = "question" if accepted or "answers" in row else "talk"
        return Thread(
            id=id_in(row, "id"),
            group=id_in(row, "group"),
            title=fitted(text_in(row, "title"), 200),
            author=id_in(row, "author", needed=False),
            kind=row["kind"] if row.get("kind") in KINDS else asked,
            created_at=created_at,
            closed_at=since(row, "closed", last_at or created_at),
            pinned_at=since(row, "pinned", created_at or last_at),
            accepted_post=accepted,
            inferred=row.get("inferred") is True,
            by_kith=by_kith(row),
        )

    def posts(self, row):
        author = id_in(row, "author", needed=False)
        deleted = bool(row.get("deleted") or row.get("hidden"))
        text, was_cut = ("", False) if deleted else cut(self.markdown(row))
        return Post(
            id=id_in(row, "id"),
            thread=id_in(row, "thread"),
            # Slack's own time is finer than the second, and keeps what was said in order.
            at=time_in(row, "ts", "time", needed=True),
            text=text,
            author=author,
            reply_to=id_in(row, "reply_to", needed=False),
            edited_at=time_in(row, "edited"),
            deleted=deleted,
            system=row.get("system") is True,
            bot=row.get("bot") is True or author in self.bots or by_kith(row),
            by_kith=by_kith(row),
            cut=was_cut,
        )

    def reactions(self, row):
        emoji = text_in(row, "emoji")
        count = row.get("count", 1)
        if not emoji:
            raise Unusable("it has no emoji")
        if not isinstance(count, int) or not 0 < count < 1_000_000:
            raise Unusable("its count is not a number above 0")
        person = id_in(row, "person", needed=False)
        return Reaction(
            post=id_in(row, "post"),
            emoji=fitted(emoji if not emoji.isascii() else markup.emoji_named(emoji), 60),
            person=person,
            count=1 if person else count,
            at=time_in(row, "time", "day"),
        )

    def markdown(self, row):
        """The row's text as Markdown, by what the row or the archive says it is, or what shows."""
        text = text_in(row, "text")
        if not text and (action := text_in(row, "action")):
            return deed(action)
        written = row.get("format", self.texts)
        if not isinstance(written, str) or written not in FORMATS:
            written = told_by(row, text)
        if written == "slack":
            return markup.from_slack(text, self.usernames)
        return FORMATS[written](text)

    def groups_that_others_name(self):
        """Without a file of groups: those that threads and memberships are said to be in."""
        seen = set()
        for kind in ("memberships", "threads"):
            name = file_of(self.source, kind)
            for place, row in archives.rows(self.source, name) if name else ():
                try:
                    id = None if isinstance(row, Refusal) else id_in(row, "group", needed=False)
                except Unusable:
                    continue
                if id and id not in seen:
                    seen.add(id)
                    yield Group(id=id, name=fitted(id, 80), where=place)


def how_texts_are_written(source):
    """What archive.json says of the texts; None where there is none, or it does not say."""
    name = source.named("archive.json")
    try:
        return archives.value(source, name, dict).get("texts") if name else None
    except Unusable:
        return None


def told_by(row, text):
    """How a text is written, as the row around it tells."""
    if "ts" in row:
        return "slack"
    if IS_HTML.match(text):
        return "html"
    return "text" if "subject" in row else "markdown"


def by_kith(row):
    """Whether Kith itself said it; what somebody is named for is theirs."""
    return row.get("by_kith") is True and not row.get("author")


def since(row, key, otherwise):
    """Since when the flag holds: the time it names, or else a time that is near."""
    value = row.get(key)
    if value is True:
        return otherwise
    return time_in(row, key) if value else None
