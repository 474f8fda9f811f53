"""Where a lower floor needs a higher one, it offers a list; each app fills it (fill_registries.py).

periodic_jobs   what beat asks for: `add("welcome_newcomers", job, every=timedelta(minutes=5))`.
                `job(now)` finds by itself what is due. at: how long after the start of its day
                or week; after: the job that goes before it, each time.
invariants      what always holds: `check()` yields a line for each violation.
personal_data   how a model keeps something about a person: `add(Model, Kept(export, erase))`.
drafts          tables of drafts that go by themselves (microgroups/groups/fading.py):
                `told_of()` of a row answers (whose it is, untouched since when, what `notify` is
                to know).
letters_due     by the kind of a Notice, whether its letter still goes when it is handed over:
                `is_due(notice, now)`; without an entry it does.
outboxes        tables of letters (notifications.models.Mailed): `write(row, now)` answers
                (the letter, None) to send now, (None, a time) to wait for, or (None, None) where
                it may not be sent.
subjects        what a Notice can be about: `load(ids, person)` answers `{id: Subject}` for those
                that the person may see now.
standing_facts  what the door asks about somebody in the same query as their role:
                `expression()` answers a query expression over OuterRef("person") and "network".
panels          what stands on a group's home: `panel(group, membership)` answers
                (template, context) or None.
place_panels    the same for one's own place in a group, on the page where one says what others may
                ask: `panel(group, membership)`.
person_panels   the same for a person's page: `panel(person, reader)`.
admin_panels    the same for the network's admin page: `panel(network, admin)`.
admin_decisions groups on that page which need an admin's decision: `find(network, admin)` answers
                [(group, a line, the address of what can be done)].
post_acts       what one can do with a post: `act(post, membership)` answers (label, url) or None.
moved_threads   where a thread stands that a reader finds no more: `find(key, person)` answers the
                group, of which they see the card, or None.
post_changed    who wants to know, inside the transaction, that a post was edited, deleted, put
                back, or moved with its thread to another group: `changed(post, now)`.
sign_up_keys    who may make an account where one comes in by invitation: `key(request)` answers
                a sentence for whoever holds one, or None.
group_changed   the same for a group's charter, visibility and state: `changed(group, now)`.
charter_changed who wants to know, inside the transaction, that somebody changed texts of a group's
                charter: `changed(group, person, before, now)`, with {text: how it read}.
place_closes    who wants to know, inside the transaction and before the place is locked, that
                somebody's place in a network is closed to them: `closes(network, person, now)`.
place_ends      who wants to know that somebody leaves a network, and may refuse:
                `ends(network, person, now)`, before the place is locked and once more under it.
leaving_panels  the same as panels for the page on which one leaves: `panel(network, person)`;
                `alone` in its context: what they would leave without anybody to look after it.
network_keys    codes that open a network to somebody who has an account:
                `opens(network, person, code, now)`.
people_facts    what people's shape tells beside their own: `facts(people, reader)` answers
                {person id: value}; the API knows "groups".
own_groups      groups from which somebody may be written to: `find(person)` answers [OwnGroup].
network_facts   the same for the network: `fact(network, reader)`; the API knows "groups".
log_groups      whose log a facilitator reads: `find(slug, person)` answers (the group's key,
                whether they look after it), or None where they do not see it.
api_posts       what stands around every POST of the API: `guard(view, handle)` answers what
                `handle()` does.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Registry:
    """A list of named things that other floors add to."""

    entries: dict[Any, Any] = field(default_factory=dict)

    def add(self, name, value, **facts):
        if name in self.entries:
            raise ValueError(f"{name} is there already.")
        self.entries[name] = Entry(value, facts) if facts else value

    def __getitem__(self, name):
        return self.entries[name]

    def __contains__(self, name):
        return name in self.entries

    def __iter__(self):
        return iter(self.entries)

    def items(self):
        return self.entries.items()


@dataclass(frozen=True)
class Entry:
    """A registered thing with what was said about it."""

    value: Any
    facts: dict[str, Any]


@dataclass(frozen=True)
class Subject:
    """What a Notice is about, as its reader may see it now."""

    title: str
    url: str
    group_name: str = ""
    group: str = ""  # slug
    said: str = ""  # how somebody's own words in it begin
    more: str = ""  # a sentence of Kith's that goes with it, as it is true now


@dataclass(frozen=True)
class Kept:
    """How one model keeps something about a person.

    export(person) yields dicts of plain values; erase(person) removes or blanks what is theirs.
    """

    export: Any
    erase: Any


@dataclass(frozen=True)
class OwnGroup:
    """A group that somebody is in: its key, and how they find it."""

    key: Any
    slug: str
    name: str


periodic_jobs = Registry()
invariants = Registry()
personal_data = Registry()
drafts = Registry()
letters_due = Registry()
outboxes = Registry()
subjects = Registry()
standing_facts = Registry()
panels = Registry()
post_acts = Registry()
person_panels = Registry()
place_panels = Registry()
admin_panels = Registry()
admin_decisions = Registry()
moved_threads = Registry()
post_changed = Registry()
group_changed = Registry()
charter_changed = Registry()
api_posts = Registry()
place_closes = Registry()
place_ends = Registry()
leaving_panels = Registry()
network_keys = Registry()
sign_up_keys = Registry()
people_facts = Registry()
own_groups = Registry()
network_facts = Registry()
log_groups = Registry()
