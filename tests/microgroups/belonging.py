"""Who belongs to a group, on plain rows: what the product is held against.

A deed of `Belonging` answers what the person's state became, or the code of its refusal. What
happens between groups, budding and merging, is in village.py.
"""

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

READING = {"active", "resting"}
KNOCKING = {"requested", "waitlisted", "offered"}
SEATED = {"active", "offered"}


class No(Exception):
    """A refusal, by its code."""


def refuse_if(wrong, code):
    if wrong:
        raise No(code)


class Written(Exception):
    """Somebody who only looks would have changed something."""


class Row:
    """A row of the models. Nothing of it changes while somebody only looks."""

    looks = False

    def __setattr__(self, name, value):
        if Row.looks:
            raise Written
        super().__setattr__(name, value)


@contextmanager
def only_looking():
    """What writes raises Written at once; it would not have been refused."""
    Row.looks = True
    try:
        yield
    finally:
        Row.looks = False


@dataclass
class Place(Row):
    """Somebody's row in the group; the state is None until there is one."""

    state: str | None = None
    role: str = "member"
    since: datetime | None = None
    queued: int | None = None
    returning: bool = False
    barred: bool = False
    until: datetime | None = None
    past: datetime | None = None  # left by budding: reads what was said until then
    both: datetime | None = None  # a seat beside the one in the other sister, until then
    born: int = 0  # rows in the order in which they were made

    @property
    def reads(self):
        return self.state in READING or (self.returning and self.state in ("waitlisted", "offered"))

    @property
    def cares(self):
        return self.state == "active" and self.role == "facilitator"


@dataclass
class Word(Row):
    """An invitation: by name (`person`) or for as many as may use it."""

    by: str
    person: str | None
    until: datetime
    uses: int
    state: str = "open"


@dataclass
class Belonging(Row):
    """One group: its places, its invitations, and what may be done to them."""

    people: dict  # name: Place; "admin" is an admin of the network, "stranger" outside
    cap: int
    most: int
    policy: str = "open"
    state: str = "open"
    ceiling: int = 0
    is_full_for: Callable = lambda name: False  # who is in as many groups as one may
    words: dict = field(default_factory=dict)
    outside: set = field(default_factory=lambda: {"stranger"})
    blocks: set = field(default_factory=set)  # (who does not want to hear, from whom)
    founder: str | None = None
    pledges: dict = field(default_factory=dict)  # name: whether they would look after it, too
    turns: int = 0

    def answer(self, deed, now, *args):
        """What the deed answers. Nothing is written before the last reason to refuse."""
        try:
            return getattr(self, deed)(now, *args)
        except No as refusal:
            return refusal.args[0]

    @property
    def taken(self):
        return sum(place.state in SEATED for place in self.people.values())

    @property
    def line(self):
        waiting = [name for name, place in self.people.items() if place.state == "waitlisted"]
        return sorted(waiting, key=lambda n: (not self.people[n].returning, self.people[n].queued))

    @property
    def limit(self):
        return max(self.most, self.ceiling)

    @property
    def left(self):
        return max(0, min(self.cap, self.limit) - self.taken)

    @property
    def is_open(self):
        return self.state == "open"

    # The deeds

    def join(self, now, name):
        refuse_if(name in self.outside, "not_allowed")
        place = self.people[name]
        self.may_come_in(place)
        asked = place.state in ("invited", "requested", "declined")
        word = self.naming(name, now) if asked else None
        if word:
            self.take_up(word, name, now)
        elif place.state == "offered":
            self.take_seat(name, now)
        elif place.state not in KNOCKING:
            self.not_too_soon(place, now)
            refuse_if(self.policy == "invite", "invitation_needed")
            self.knock(name, now)
        if not word:
            self.settle_words(name)
        return place.state

    def accept(self, now, key, name):
        word, place = self.words[key], self.people[name]
        refuse_if(place.state in READING, "already_member")
        refuse_if(word.state == "used", "invitation_used")
        stale = word.state != "open" or word.until <= now
        refuse_if(stale or not self.is_in(word.by), "invitation_expired")
        self.may_come_in(place)
        self.take_up(word, name, now)
        self.outside.discard(name)  # an invitation opens the network, too
        return place.state

    def admit(self, now, by, name):
        self.must_care(by)
        self.placed(name, {"requested"})
        self.must_take_people()
        said = self.seat_or_line(name, now)
        self.settle_words(name)
        return said

    def decline(self, now, by, name):
        self.must_care(by)
        return self.move(self.placed(name, {"requested"}), "declined", now)

    def leave(self, now, name):
        place = self.placed(name, READING | KNOCKING | {"invited"})
        self.keep_one(place)
        self.end_words(name, "declined")
        self.move(place, "left", now)
        self.pass_on(now)
        return place.state

    def rest(self, now, name):
        place = self.placed(name, READING | KNOCKING)
        refuse_if(not place.reads, "not_a_member")
        if place.state != "resting":
            self.keep_one(place)
            self.move(place, "resting", now)
            self.pass_on(now)
        return place.state

    def return_(self, now, name):
        place = self.placed(name, READING | KNOCKING)
        refuse_if(place.state == "active", "already_member")
        refuse_if(not place.reads, "not_a_member")
        self.must_take_people()
        if place.state == "offered":
            self.take_seat(name, now)
        elif place.state == "resting":
            self.seat_or_line(name, now, returning=True)
        return place.state

    def remove(self, now, by, name, bar):
        self.must_care(by)
        refuse_if(by == name, "not_allowed")
        place = self.people[name]
        refuse_if(place.state not in READING | KNOCKING and not place.past, "not_a_member")
        self.move(place, "removed", now)
        place.barred, place.past = bar, None
        self.pass_on(now)
        return place.state

    def unbar(self, now, by, name):
        self.must_care(by)
        place = self.placed(name, {"removed"})
        place.barred = False
        return place.state

    def change_role(self, now, by, name, role):
        first = role == "facilitator" and not any(p.cares for p in self.people.values())
        refuse_if(by != "admin" if first else not self.cares(by), "not_allowed")
        place = self.placed(name, {"active"})
        if place.role != role:
            self.keep_one(place)
        place.role = role
        return place.state

    def invite(self, now, key, by, name):
        refuse_if(not self.is_in(by), "not_allowed")
        self.must_take_people()
        refuse_if(name in self.outside, "not_allowed")
        place = self.people[name]
        refuse_if(place.state in READING, "already_member")
        refuse_if(place.barred and self.cares(by), "barred")
        refuse_if((by, name) in self.blocks, "blocked")
        word = self.naming(name, now, any_maker=True)
        refuse_if(word and self.cares(word.by) and not self.cares(by), "already_invited")
        self.end_words(name, "revoked")
        self.words[key] = Word(by, name, now + timedelta(days=14), 1)
        soon = self.was_declined_lately(place, now) and not self.cares(by)
        quiet = place.barred or (name, by) in self.blocks
        if not quiet and place.state not in KNOCKING | {"invited"} and not soon:
            self.move(place, "invited", now)
        return "made"

    def make_link(self, now, key, by, uses):
        refuse_if(not self.is_in(by), "not_allowed")
        self.must_take_people()
        self.words[key] = Word(by, None, now + timedelta(days=14), uses)
        return "made"

    def revoke(self, now, key, by):
        word = self.words[key]
        refuse_if(by not in ("admin", word.by) and not self.cares(by), "not_allowed")
        self.end(word, "revoked", now)
        return word.state

    def change_cap(self, now, by, cap):
        refuse_if(by != "admin" and not self.cares(by), "not_allowed")
        refuse_if(self.state == "archived", "group_not_open")
        refuse_if(cap < self.taken, "cap_below_members")
        refuse_if(by != "admin" and cap > self.limit, "cap_above_limit")
        if by == "admin":
            self.ceiling = cap if cap > self.most else 0
        self.cap = cap
        self.follow(now)
        return "changed"

    def change_policy(self, now, by, policy):
        self.must_care(by)
        refuse_if(self.state == "archived", "group_not_open")
        self.policy = policy
        self.follow(now)
        return "changed"

    def archive(self, now, by):
        refuse_if(by != "admin" and not self.cares(by), "not_allowed")
        refuse_if(self.state in ("proposed", "declined"), "group_not_open")
        if self.is_open:
            self.close_down(now)
        return "changed"

    def restore(self, now, by):
        refuse_if(by != "admin" and not self.cares(by), "not_allowed")
        refuse_if(self.state in ("proposed", "declined"), "group_not_open")
        if not self.is_open:
            refuse_if(not any(p.cares for p in self.people.values()), "last_facilitator")
            self.state = "open"
            self.follow(now)
        return "changed"

    def end_offers(self, now):
        if self.is_open:
            for place in self.people.values():
                if place.state == "offered" and place.until <= now:
                    self.move(place, "resting" if place.returning else "left", now)
            self.pass_on(now)

    def end_invitations(self, now):
        for word in self.words.values():
            if word.until <= now:
                self.end(word, "expired", now)

    # What several of them ask and do

    def cares(self, name):
        return name in self.people and self.people[name].cares

    def is_in(self, name):
        return name in self.people and self.people[name].state == "active"

    def must_care(self, name):
        refuse_if(not self.cares(name), "not_allowed")

    def placed(self, name, states):
        refuse_if(self.people[name].state not in states, "not_a_member")
        return self.people[name]

    def may_come_in(self, place):
        refuse_if(place.state in READING, "already_member")
        refuse_if(place.barred, "barred")
        self.must_take_people()

    def must_take_people(self):
        refuse_if(not self.is_open, "group_not_open")
        refuse_if(self.taken > self.limit, "group_over_policy")

    def was_declined_lately(self, place, now):
        return place.state == "declined" and now < place.since + timedelta(days=7)

    def not_too_soon(self, place, now):
        refuse_if(self.was_declined_lately(place, now), "declined_recently")

    def keep_one(self, place):
        others = [p for p in self.people.values() if p.cares and p is not place]
        refuse_if(place.cares and self.is_open and not others, "last_facilitator")

    def naming(self, name, now, any_maker=False):
        for word in self.words.values():
            if word.person == name and word.state == "open" and word.until > now:
                return word if any_maker or self.is_in(word.by) else None
        return None

    def take_up(self, word, name, now):
        place, before = self.people[name], self.people[name].state
        if before == "offered":
            self.take_seat(name, now)
        elif self.cares(word.by):
            if before != "waitlisted":
                self.seat_or_line(name, now)
        elif before not in KNOCKING:
            self.not_too_soon(place, now)
            self.knock(name, now)
        if place.state != before:
            word.uses -= 1
            word.state = "open" if word.uses else "used"
            self.end_words(name, "used")

    def knock(self, name, now):
        if self.policy == "open":
            return self.seat_or_line(name, now)
        return self.move(self.people[name], "requested", now)

    def seat_or_line(self, name, now, returning=False):
        place = self.people[name]
        line = [self.people[other] for other in self.line]
        first = returning or place.returning
        if self.left > len([each for each in line if each.returning or not first]):
            return self.take_seat(name, now)
        place.returning = first
        return self.move(place, "waitlisted", now)

    def take_seat(self, name, now):
        refuse_if(self.is_full_for(name), "too_many_groups")
        return self.move(self.people[name], "active", now)

    def move(self, place, state, now):
        if place.state is None:
            self.turns += 1
            place.born = self.turns
        stops, place.state, place.since = place.state == "active" != state, state, now
        place.until = now + timedelta(hours=72) if state == "offered" else None
        if state == "waitlisted":
            self.turns += 1
            place.queued = self.turns
        elif state not in ("offered", "requested"):
            place.queued, place.returning = None, False
        if state != "active":
            place.role, place.both = "member", None
        if stops:  # whoever is not in it any more invites nobody
            maker = next(name for name, each in self.people.items() if each is place)
            self.end_all([word for word in self.words.values() if word.by == maker], now)
        return state

    def pass_on(self, now):
        for name in self.line[: self.left] if self.is_open else ():
            self.move(self.people[name], "offered", now)

    def close_down(self, now):
        self.state = "archived"
        self.follow(now)

    def follow(self, now):
        self.pass_on(now)
        if not self.is_open:
            self.end_all(self.words.values(), now)
        for place in self.people.values():
            if not self.is_open and place.state in KNOCKING:
                self.move(place, "resting" if place.reads else "left", now)

    def end_words(self, name, state):
        for word in self.words.values():
            if word.person == name and word.state == "open":
                word.state = state

    def settle_words(self, name):
        if self.people[name].state in ("active", "waitlisted"):
            self.end_words(name, "used")

    def end_all(self, words, now):
        for word in words:
            self.end(word, "revoked", now)

    def end(self, word, state, now):
        if word.state == "open":
            word.state = state
            if word.person and self.people[word.person].state == "invited":
                self.move(self.people[word.person], "left", now)
