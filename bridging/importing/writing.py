"""Records into rows, a batch at a time.

Each batch is one transaction that leaves everything counted, so that an import may be killed
between any two of them and begun again: ids are the same whenever they are made, and what is there
already is passed over. Nobody is told of anything.
"""

import zoneinfo
from collections import defaultdict
from functools import cache

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, connection

from bridging.importing.copying import copy, copy_tuples
from bridging.importing.models import ImportedId
from bridging.importing.readers import records
from bridging.importing.readers.records import Refusal
from bridging.importing.rules import id_of, other_username, username_of
from microgroups.conversation.counting import recount
from microgroups.conversation.models import Mention, Post, Thread
from microgroups.groups.models import PAINTS, MicroGroup, Visibility
from microgroups.groups.models import State as GroupState
from microgroups.groups.rules import hidden_slug, open_slugs, slug_words
from microgroups.membership.models import READING, Membership, Role, State
from network.errors import Invalid
from network.networks.models import NetworkMembership
from network.people.models import Person
from network.people.rules import normal_email, skeleton_of
from network.text import MENTION, RENDERER_VERSION, to_html
from network.transactions import deed

BATCH = 1_000
REMEMBERED = 20_000  # ids looked up before; forgotten when there are more
ORDER = (
    records.Person,
    records.Group,
    records.Membership,
    records.Thread,
    records.Post,
    records.Reaction,
)
LATER = """
CREATE TEMP TABLE IF NOT EXISTS import_replies (post uuid, source_id text);
CREATE TEMP TABLE IF NOT EXISTS import_answers (thread uuid, source_id text);
CREATE TEMP TABLE IF NOT EXISTS import_reactions
    (post uuid, person uuid, emoji text, count int, at timestamptz);
TRUNCATE import_replies, import_answers, import_reactions;
"""
# A batch of the heaviest texts takes minutes to render. The last batches may be lost with the
# server: the import is begun again then, and its end waits until all of them are kept.
PATIENTLY = """
SET LOCAL idle_in_transaction_session_timeout = 0;
SET LOCAL synchronous_commit = off;
"""
KNOWN = """
SELECT source_id, row FROM bridging_importedid
WHERE network_id = %s AND kind = %s AND source_id = ANY(%s)
"""


class Writer:
    """Takes records in any order that names a row before what belongs to it, and writes them."""

    def __init__(self, network, report, now):
        self.network, self.report, self.now = network, report, now
        self.batch = defaultdict(list)
        self.waiting = 0
        self.known, self.found = {}, {}  # ids looked up; those of the batch at hand
        with connection.cursor() as cursor:
            cursor.execute(LATER)

    def add(self, record):
        if isinstance(record, Refusal):
            self.report.refuse(record)
            return
        self.batch[type(record)].append(record)
        self.waiting += 1
        if self.waiting >= BATCH:
            self.flush()

    def flush(self):
        """Write what waits."""
        batch, self.batch, self.waiting = self.batch, defaultdict(list), 0
        for attempt in range(4):
            try:
                done = write(self, batch)
            except IntegrityError:  # somebody took a username or an address meanwhile
                if attempt == 3:
                    raise
            else:
                break
        self.remember_found()
        for kind, new, seen, refused, notes in done:
            self.report.count(kind, new, seen)
            self.report.note(notes)
            for refusal in refused:
                self.report.refuse(refusal)

    def rows_of(self, kind, source_ids):
        """{id there: id here} of those that have come in."""
        wanted = {source_id for source_id in source_ids if source_id is not None}
        rows = {}
        for seen in (self.known, self.found):
            rows |= {id: seen[kind, id] for id in wanted if (kind, id) in seen}
        unknown = wanted - rows.keys()
        if unknown:
            with connection.cursor() as cursor:
                cursor.execute(KNOWN, [self.network.pk, kind, list(unknown)])
                for source_id, row in cursor.fetchall():
                    rows[source_id] = self.found[kind, source_id] = row
        return rows

    def remember_found(self):
        """The batch is committed: what was looked up in it holds."""
        if len(self.known) > REMEMBERED:
            self.known = {}
        self.known |= self.found
        self.found = {}

    def id_of(self, kind, source_id, at):
        return id_of(self.network.pk, kind, source_id, at)

    def remember(self, kind, rows):
        """Note under which id each row was known; rows: {id there: id here}."""
        copy(
            ImportedId,
            (
                {"network_id": self.network.pk, "kind": kind, "source_id": source_id, "row": row}
                for source_id, row in rows.items()
            ),
        )
        self.found |= {(kind, source_id): row for source_id, row in rows.items()}


@deed
def write(writer, batch):
    """One batch, in one transaction; answers for each kind what was new, seen, refused, noted."""
    with connection.cursor() as cursor:
        cursor.execute(PATIENTLY)
    done = []
    writer.found = {}
    for kind in ORDER:
        if batch[kind]:
            step = Step()
            WRITERS[kind](writer, batch[kind], step)
            done.append((NAMES[kind], step.new, step.seen, step.refused, step.notes))
    return done


class Step:
    """What came of the records of one kind in one batch."""

    def __init__(self):
        self.new = self.seen = 0
        self.refused = []
        self.notes = defaultdict(int)

    def refuse(self, record, why):
        self.refused.append(Refusal(record.where, why))


def fresh(writer, kind, found, step):
    """The records that are not there yet, by id; one of each."""
    by_id = {record.id: record for record in found}
    there = writer.rows_of(kind, by_id)
    step.seen += len(by_id)
    return {id: record for id, record in by_id.items() if id not in there}


# People


def write_people(writer, found, step):
    new = fresh(writer, "person", found, step)
    ids = {id: writer.id_of("person", id, person.joined_at) for id, person in new.items()}
    usernames = free_usernames({ids[id]: person for id, person in new.items()})
    rows = [
        {
            "id": ids[id],
            "username": usernames[ids[id]],
            "skeleton": skeleton_of(usernames[ids[id]]),
            "name": person.name,
            "intro": person.intro,
            "time_zone": person.time_zone if person.time_zone in time_zones() else "UTC",
            "imported_email": address_of(person),
            "joined_at": person.joined_at or writer.now,
            "password": make_password(None),
        }
        for id, person in new.items()
    ]
    copy(Person, rows)
    places = (
        {
            "network_id": writer.network.pk,
            "person_id": ids[id],
            "joined_at": person.joined_at or writer.now,
            "suspended_at": writer.now if person.suspended else None,
        }
        for id, person in new.items()
    )
    copy(NetworkMembership, places)
    writer.remember("person", ids)
    step.new += len(new)
    step.notes["people without an address, who cannot claim their account"] += sum(
        row["imported_email"] is None for row in rows
    )


@cache
def time_zones():
    return zoneinfo.available_timezones()


def address_of(person):
    """The person's address as we spell it, or None where it is none."""
    try:
        return normal_email(person.email) if person.email else None
    except Invalid:
        return None


def free_usernames(people):
    """{id: username} for the people, none of which looks like one that there is."""
    proposed = {id: username_of(person.handle, person.name) for id, person in people.items()}
    found, taken = {}, set()
    for further in (lambda name, id: name, other_username):
        names = {id: further(name, id) for id, name in proposed.items() if id not in found}
        skeletons = {id: skeleton_of(name) for id, name in names.items()}
        taken |= set(
            Person.objects.filter(skeleton__in=set(skeletons.values())).values_list(
                "skeleton", flat=True
            )
        )
        for id, name in names.items():
            if skeletons[id] not in taken:
                found[id] = name
                taken.add(skeletons[id])
    for id, name in proposed.items():
        found.setdefault(id, f"{name[:12]}_{id.hex[-16:]}")
    return found


# Groups and who is in them


def write_groups(writer, found, step):
    new = fresh(writer, "group", found, step)
    ids = {id: writer.id_of("group", id, group.created_at) for id, group in new.items()}
    taken = set()
    rows = []
    for id, group in new.items():
        at = group.created_at or writer.now
        slug = slug_for(writer.network, group, taken)
        taken.add(slug)
        rows.append(
            {
                "id": ids[id],
                "network_id": writer.network.pk,
                "slug": slug,
                "name": group.name,
                "purpose": group.purpose,
                "difference": group.difference,
                "belonging": group.belonging,
                "agreements": group.agreements,
                "care_plan": group.care_plan,
                "colour": PAINTS[ids[id].int % len(PAINTS)],
                "state": GroupState.ARCHIVED if group.archived else GroupState.OPEN,
                "visibility": Visibility.HIDDEN if group.private else Visibility.NETWORK,
                "cap": writer.network.max_cap,
                "proposed_at": at,
                "founded_at": at,
                "archived_at": at if group.archived else None,
                "is_imported": True,
            }
        )
    copy(MicroGroup, rows)
    writer.remember("group", ids)
    step.new += len(new)


def slug_for(network, group, taken):
    """A slug that the network does not have yet; of a hidden group one that nobody guesses."""
    words = slug_words(group.name)
    if group.private:
        return hidden_slug(words)
    like = set(network.groups.filter(slug__startswith=words).values_list("slug", flat=True))
    return next(slug for slug in open_slugs(words) if slug not in like and slug not in taken)


def write_memberships(writer, found, step):
    people = writer.rows_of("person", {record.person for record in found})
    groups = writer.rows_of("group", {record.group for record in found})
    rows = {}
    for record in found:
        if record.group not in groups:
            step.refuse(record, f"the group {record.group} is not in the archive")
        elif record.person not in people:
            step.refuse(record, f"the person {record.person} is not in the archive")
        else:
            key = groups[record.group], people[record.person]
            rows.setdefault(key, membership_from(writer, record, *key))
    step.seen += len(rows)
    step.new += enter(rows)


def membership_from(writer, record, group, person):
    joined_at = record.joined_at or writer.now
    return {
        "id": writer.id_of("membership", f"{record.group}|{record.person}", record.joined_at),
        "group_id": group,
        "person_id": person,
        "state": State.LEFT if record.left_at else State.ACTIVE,
        "role": Role.FACILITATOR if record.facilitator else Role.MEMBER,
        "since": record.left_at or joined_at,
        "joined_at": joined_at,
        "read_before": writer.now,
        "is_imported": True,
    }


def enter(rows):
    """Put people into groups that they are not in yet, and count the seats; answers how many.

    A group that has more people than the network allows keeps its size as its cap.
    rows: {(group, person): what its columns hold}.
    """
    groups = sorted({group for group, _ in rows})
    list(MicroGroup.objects.filter(pk__in=groups).order_by("pk").select_for_update(no_key=True))
    there = set(
        Membership.objects.filter(
            group__in=groups, person__in={person for _, person in rows}
        ).values_list("group", "person")
    )
    new = [row for key, row in rows.items() if key not in there]
    copy(Membership, new)
    with connection.cursor() as cursor:
        cursor.execute(COUNT_SEATS, {"groups": groups})
    return len(new)


COUNT_SEATS = """
UPDATE microgroups_microgroup g
SET seats_taken = counted.seats, cap = greatest(g.cap, counted.seats)
FROM (
    SELECT group_id, count(*) FILTER (WHERE state IN ('active', 'offered')) AS seats
    FROM microgroups_membership WHERE group_id = ANY(%(groups)s) GROUP BY group_id
) counted
WHERE g.id = counted.group_id
"""


# What they said


def write_threads(writer, found, step):
    groups = writer.rows_of("group", {record.group for record in found})
    known = [record for record in found if record.group in groups]
    for record in found:
        if record.group not in groups:
            step.refuse(record, f"the group {record.group} is not in the archive")
    new = fresh(writer, "thread", known, step)
    authors = writer.rows_of("person", {record.author for record in new.values()})
    ids = {id: writer.id_of("thread", id, thread.created_at) for id, thread in new.items()}
    rows = (
        {
            "id": ids[id],
            "group_id": groups[thread.group],
            "kind": thread.kind,
            "title": thread.title,
            "by_kith": thread.by_kith,
            "author_id": authors.get(thread.author),
            "opened_at": thread.created_at or writer.now,
            "last_at": thread.created_at or writer.now,
            "closed_at": thread.closed_at,
            "pinned_at": thread.pinned_at,
        }
        for id, thread in new.items()
    )
    copy(Thread, rows)
    writer.remember("thread", ids)
    all_ids = writer.rows_of("thread", {record.id for record in known})
    accepted = ((all_ids[record.id], record.accepted_post) for record in known)
    copy_tuples("import_answers", ("thread", "source_id"), (row for row in accepted if row[1]))
    step.new += len(new)


def write_posts(writer, found, step):
    threads = writer.rows_of("thread", {record.thread for record in found})
    known = [record for record in found if record.thread in threads]
    for record in found:
        if record.thread not in threads:
            step.refuse(record, f"the thread {record.thread} is not in the archive")
    new = fresh(writer, "post", known, step)
    authors = writer.rows_of("person", {record.author for record in new.values()})
    ids = {id: writer.id_of("post", id, post.at) for id, post in new.items()}
    group_of = groups_of({threads[post.thread] for post in new.values()})
    readers = Readers(group_of, new.values())
    rows, mentions = [], []
    for id, post in new.items():
        mentioned = readers.mentioned(threads[post.thread], post.text)
        html = post.html if post.html is not None else to_html(post.text, mentions=mentioned)
        rows.append(
            {
                "id": ids[id],
                "thread_id": threads[post.thread],
                "group_id": group_of[threads[post.thread]],
                "author_id": authors.get(post.author),
                "body": post.text,
                "body_html": html,
                "html_version": RENDERER_VERSION,
                "at": post.at,
                "edited_at": post.edited_at,
                "deleted_at": (post.edited_at or post.at) if post.deleted else None,
                "is_system": post.by_machine,
                "by_kith": post.by_kith,
            }
        )
        mentions += [
            {"post_id": ids[id], "person_id": person}
            for username, person in mentioned.items()
            if f'"/people/{username}/"' in html
        ]
        step.notes["texts that were too long and lost their end"] += post.cut
    copy(Post, rows)
    copy(Mention, mentions)
    writer.remember("post", ids)
    all_ids = writer.rows_of("post", {record.id for record in known})
    replies = ((all_ids[record.id], record.reply_to) for record in known)
    copy_tuples("import_replies", ("post", "source_id"), (row for row in replies if row[1]))
    recount(Thread.objects.filter(pk__in={row["thread_id"] for row in rows}))
    step.new += len(new)
    step.notes["posts of people who are not in the archive"] += sum(
        row["author_id"] is None for row in rows
    )


def groups_of(threads):
    """{thread: group} of these threads."""
    return dict(Thread.objects.filter(pk__in=threads).values_list("pk", "group"))


class Readers:
    """Who reads in the groups of the threads, as far as the texts mention them."""

    def __init__(self, group_of, posts):
        names = {
            match[1].lower()
            for post in posts
            if "@" in post.text
            for match in MENTION.finditer(post.text)
        }
        self.group_of, self.people = group_of, defaultdict(dict)
        if not names:
            return
        found = Membership.objects.filter(
            group__in=set(group_of.values()), state__in=READING, person__username__in=names
        )
        for group, username, person in found.values_list("group", "person__username", "person"):
            self.people[group][username] = person

    def mentioned(self, thread, text):
        """{username: person} of those whom a text of the thread may mention."""
        people = self.people.get(self.group_of.get(thread), {})
        if not people or "@" not in text:
            return {}
        names = {match[1].lower() for match in MENTION.finditer(text)}
        return {name: people[name] for name in names if name in people}


def write_reactions(writer, found, step):
    posts = writer.rows_of("post", {record.post for record in found})
    people = writer.rows_of("person", {record.person for record in found})
    rows = []
    for record in found:
        if record.post not in posts:
            step.refuse(record, f"the post {record.post} is not in the archive")
            continue
        person = people.get(record.person)
        rows.append((posts[record.post], person, record.emoji, record.count, record.at))
    copy_tuples("import_reactions", ("post", "person", "emoji", "count", "at"), rows)


WRITERS = {
    records.Person: write_people,
    records.Group: write_groups,
    records.Membership: write_memberships,
    records.Thread: write_threads,
    records.Post: write_posts,
    records.Reaction: write_reactions,
}
NAMES = {
    records.Person: "people",
    records.Group: "groups",
    records.Membership: "memberships",
    records.Thread: "threads",
    records.Post: "posts",
    records.Reaction: "reactions",
}
