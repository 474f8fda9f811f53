"""Slack's export: channels, people, and a file of messages for each channel and day.

Channels were often flat: where nobody opened a thread, one hour of silence begins a new one. Who is
a member is told by the channel's list and by the messages of joining and leaving. Direct messages
are nobody's business but theirs; they are not read.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import PurePosixPath

from bridging.importing.readers import archives, markup
from bridging.importing.readers.records import (
    Group,
    Membership,
    Person,
    Place,
    Post,
    Reaction,
    Refusal,
    Thread,
    Unusable,
    charter_of,
    cut,
    email_in,
    id_in,
    text_in,
    time_in,
)
from bridging.importing.rules import fitted, username_of

SILENCE = timedelta(hours=1)
CHANNELS = {"channels.json": False, "groups.json": True}  # and whether they are private
DIRECT = ("dms.json", "mpims.json")
MACHINE = {
    *("channel_join", "channel_leave", "channel_topic", "channel_purpose", "channel_name"),
    *("channel_archive", "channel_unarchive", "channel_convert_to_private", "group_join"),
    *("group_leave", "group_topic", "group_purpose", "group_name", "group_archive"),
    *("group_unarchive", "pinned_item", "unpinned_item", "bot_add", "bot_remove", "bot_enable"),
    *("bot_disable", "bot_message", "reminder_add", "tombstone", "huddle_thread"),
}
COMING = ("channel_join", "group_join")
GOING = ("channel_leave", "group_leave")
PASSES = 2  # through the archive


def is_one(source):
    return bool(source.named("users.json") and source.named(*CHANNELS))


def read(source):
    """The export's records: people, channels, members, then each channel's talk in its order."""
    people = {}
    yield from users(source, people)
    for name in DIRECT:
        if found := source.named(name):
            yield Refusal(Place(found), "direct messages are not brought in")
    usernames = {id: username_of(person.handle, person.name) for id, person in people.items()}
    for channel in channels(source):
        if isinstance(channel, Refusal):
            yield channel
            continue
        yield channel.group
        yield from members(source, channel, people)
        yield from talk(source, channel, people, usernames)


def users(source, people):
    """The people of users.json."""
    file = source.named("users.json")
    for place, row in listed(source, file):
        try:
            if isinstance(row, Refusal):
                raise Unusable(row.why)
            person = person_from(row)
        except Unusable as reason:
            yield Refusal(place, str(reason))
            continue
        person.where = place
        people[person.id] = person
        yield person


def person_from(row):
    profile = row.get("profile") if isinstance(row.get("profile"), dict) else {}
    handle = text_in(row, "name") or text_in(profile, "display_name")
    name = text_in(row, "real_name") or text_in(profile, "real_name", "display_name") or handle
    return Person(
        id=id_in(row, "id"),
        name=fitted(name, 60) or "Somebody",
        handle=fitted(handle, 60),
        email=email_in(profile),
        intro=fitted(text_in(profile, "title"), 140),
        time_zone=fitted(text_in(row, "tz"), 40),
        is_bot=row.get("is_bot") is True or row.get("id") == "USLACKBOT",
    )


@dataclass
class Channel:
    """A channel with its files of messages, by day."""

    group: Group
    members: list
    days: list = field(default_factory=list)
    name: str = ""


def channels(source):
    """The channels of the export, public ones first."""
    days = defaultdict(list)
    for name in source.names:
        path = PurePosixPath(name)
        if path.suffix == ".json" and path.name[:2].isdigit():
            days[path.parent.name].append(name)
    for file, private in CHANNELS.items():
        found = source.named(file)
        for place, row in listed(source, found) if found else ():
            try:
                if isinstance(row, Refusal):
                    raise Unusable(row.why)
                group = group_from(row, private)
            except Unusable as reason:
                yield Refusal(place, str(reason))
                continue
            group.where = place
            name = text_in(row, "name")
            ids = ids_in(row, "members")
            yield Channel(group, ids, days.get(name) or days.get(group.id) or [], name or group.id)


def group_from(row, private):
    described = row.get("purpose") if isinstance(row.get("purpose"), dict) else {}
    purpose, difference = charter_of(markup.slack_code(text_in(described, "value")))
    id = id_in(row, "id")
    return Group(
        id=id,
        name=fitted(text_in(row, "name"), 80) or id,
        purpose=purpose,
        difference=difference,
        created_at=time_in(row, "created"),
        private=private or row.get("is_private") is True,
        archived=row.get("is_archived") is True,
    )


def members(source, channel, people):
    """Who was in the channel: on its list, by coming, or there when it was closed."""
    joined, left, there = {}, {}, set(channel.members)
    for _, row in messages(source, channel):
        if isinstance(row, Refusal):
            continue
        subtype, person = text_in(row, "subtype"), author_of(row)
        if subtype in COMING and person:
            joined[person] = time_in(row, "ts")
        elif subtype in GOING and person:
            left[person] = time_in(row, "ts")
        elif subtype in ("channel_archive", "group_archive"):
            there.update(ids_in(row, "members"))
    for person in sorted(people.keys() & (joined.keys() | left.keys() | there)):
        came, went = joined.get(person, channel.group.created_at), left.get(person)
        is_gone = went and came and went >= came and person not in channel.members
        yield Membership(
            person=person,
            group=channel.group.id,
            joined_at=came,
            left_at=went if is_gone else None,
            where=channel.group.where,
        )


def talk(source, channel, people, usernames):
    """The channel's threads, posts and reactions."""
    flat = Flat(channel.group.id)
    opened = set()
    for place, row in messages(source, channel):
        if isinstance(row, Refusal):
            yield row
            continue
        try:
            post = post_from(row, channel, people, usernames)
            root = id_in(row, "thread_ts", needed=False)
            thread = flat.thread_of(post) if root is None else rooted(root, row, post, channel)
            found = list(reactions_of(row, post))
        except Unusable as reason:
            yield Refusal(place, str(reason))
            continue
        post.thread, post.where, thread.where = thread.id, place, place
        if thread.id not in opened:
            opened.add(thread.id)
            yield thread
        yield post
        for reaction in found:
            reaction.where = place
            yield reaction


class Flat:
    """Cuts a channel without threads where it was silent."""

    def __init__(self, group):
        self.group = group
        self.number = 0
        self.thread = None
        self.last_at = None

    def thread_of(self, post):
        """The thread that this next message of the channel belongs to."""
        if self.last_at is None or post.at - self.last_at > SILENCE:
            self.number += 1
            self.thread = Thread(
                id=f"{self.group}/{self.number}",
                group=self.group,
                author=post.author,
                created_at=post.at,
                inferred=True,
            )
        self.last_at = post.at
        return self.thread


def rooted(root, row, post, channel):
    """The thread that somebody opened under a message."""
    opener = row.get("parent_user_id") if root != row.get("ts") else post.author
    return Thread(
        id=f"{channel.group.id}/{root}",
        group=channel.group.id,
        author=opener if isinstance(opener, str) else None,
        created_at=time_in({"thread_ts": root}, "thread_ts"),
    )


def messages(source, channel):
    """All messages of the channel, day by day."""
    for name in channel.days:
        yield from in_order(listed(source, name))


def in_order(pairs):
    """A day's messages by their time."""
    return sorted(pairs, key=lambda pair: str(pair[1].get("ts")) if pair[1] else "")


def post_from(row, channel, people, usernames):
    if row.get("type", "message") != "message":
        raise Unusable("it is not a message")
    ts = id_in(row, "ts")
    author = author_of(row)
    subtype = text_in(row, "subtype")
    edited = row.get("edited") if isinstance(row.get("edited"), dict) else {}
    text, was_cut = cut(markup.from_slack(text_in(row, "text") or shared(row), usernames))
    return Post(
        id=f"{channel.name}-{ts}",
        thread="",
        at=time_in(row, "ts", needed=True),
        text=text,
        author=author if author in people else None,
        edited_at=time_in(edited, "ts"),
        system=subtype in MACHINE,
        bot=author in people and people[author].is_bot,
        cut=was_cut,
    )


def author_of(row):
    """Who wrote a message; of a comment on a file, who commented."""
    comment = row.get("comment") if isinstance(row.get("comment"), dict) else {}
    person = row.get("user") or comment.get("user")
    return person if isinstance(person, str) else None


def shared(row):
    """What a message without a text shares: its attachments' words, its files' names."""
    found = [text_in(part, "fallback", "text", "title") for part in parts_of(row, "attachments")]
    found += [text_in(part, "title", "name") for part in parts_of(row, "files")]
    return "\n".join(filter(None, found))


def ids_in(row, key):
    """The ids of people in a list."""
    found = row.get(key)
    return [id for id in found if isinstance(id, str)] if isinstance(found, list) else []


def parts_of(row, key):
    parts = row.get(key)
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def reactions_of(row, post):
    """Each reaction with the person who gave it; those without a person by their number."""
    for part in parts_of(row, "reactions"):
        emoji = fitted(markup.emoji_named(text_in(part, "name")), 60)
        if emoji == "::":
            continue
        users = ids_in(part, "users")
        for person in dict.fromkeys(users):
            yield Reaction(post=post.id, emoji=emoji, person=person)
        count = part.get("count")
        if isinstance(count, int) and len(users) < count < 1_000_000:
            yield Reaction(post=post.id, emoji=emoji, count=count - len(users))


def listed(source, name):
    """The objects of a file that is a JSON list, each with its place."""
    place = Place(name)
    try:
        found = archives.value(source, name, list)
    except Unusable as reason:
        return [(place, Refusal(place, str(reason)))]
    return [
        (place, row if isinstance(row, dict) else Refusal(place, "it is not a JSON object"))
        for place, row in ((Place(name, at), row) for at, row in enumerate(found, start=1))
    ]
