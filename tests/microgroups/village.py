"""Groups of a network beside one another, on plain rows: they bud, and they merge.

A deed names the group first; those of one group alone are done by its `Belonging`.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.microgroups.belonging import (
    KNOCKING,
    READING,
    Belonging,
    No,
    Place,
    Row,
    Word,
    Written,
    only_looking,
    refuse_if,
)

CHOOSING, BOTH = timedelta(days=14), timedelta(days=30)


@dataclass
class Budding(Row):
    """A group grows a sister: who would look after it, and what each has said, in that order."""

    group: str
    sister: str
    carer: str
    state: str = "proposed"
    ways: dict = field(default_factory=dict)
    closes: datetime | None = None
    ended: datetime | None = None
    both_until: datetime | None = None

    @property
    def is_under_way(self):
        return self.state in ("proposed", "choosing")

    def say(self, name, way):
        """Another word comes after those said before it."""
        if self.ways.get(name) != way:
            others = {other: said for other, said in self.ways.items() if other != name}
            self.ways = others | {name: way}


@dataclass
class Merging(Row):
    group: str
    into: str
    state: str = "asked"


@dataclass
class Parting:
    carer: str | None
    going: list = field(default_factory=list)
    both: list = field(default_factory=list)
    waiting: list = field(default_factory=list)

    @property
    def seated(self):
        return self.going + self.both


@dataclass
class Village(Row):
    """All groups by name, what has budded from which, and who asked whom to merge."""

    groups: dict
    most: int
    groups_each: int
    buddings: list = field(default_factory=list)  # the newest last
    mergings: dict = field(default_factory=dict)

    def __post_init__(self):
        for group in self.groups.values():
            group.is_full_for = self.is_full_for

    def answer(self, deed, now, where, *args):
        """What the deed answers. Nothing is written before the last reason to refuse."""
        try:
            if hasattr(self, deed):
                return getattr(self, deed)(now, where, *args)
            said = getattr(self.groups[where], deed)(now, *args)
        except No as refusal:
            return refusal.args[0]
        self.follow(where)
        return said

    def refusal(self, deed, now, where, *args):
        """The code by which the deed would be refused; None where it would be done."""
        try:
            with only_looking():
                if hasattr(self, deed):
                    getattr(self, deed)(now, where, *args)
                else:
                    getattr(self.groups[where], deed)(now, *args)
        except Written:
            return None
        except No as refusal:
            return refusal.args[0]
        return None

    def follow(self, where):
        """A group that is closed grows no sister, asks nobody and is asked no more."""
        if self.groups[where].state != "archived":
            return
        if self.newest(where) and self.newest(where).is_under_way:
            self.call_off(self.newest(where))
        for merging in self.mergings.values():
            if merging.state == "asked" and where in (merging.group, merging.into):
                merging.state = "withdrawn"

    def newest(self, where):
        return next((each for each in reversed(self.buddings) if each.group == where), None)

    def counted(self, name):
        """In how many groups somebody is, of those that count towards the most one may be in."""
        places = [g.people[name] for g in self.groups.values() if g.state in ("open", "proposed")]
        return sum(p.state == "active" and p.role == "member" and not p.both for p in places)

    def is_full_for(self, name):
        return self.counted(name) >= self.groups_each

    # The network

    def do_what_is_due(self, now, where):
        for group in self.groups.values():
            group.end_offers(now)
            group.end_invitations(now)
        self.finish_budding(now)

    @property
    def is_unsettled(self):
        """Whether time alone would change something: who waits, who chooses, who is in both."""
        waits = [g for g in self.groups.values() if g.is_open and g.line and g.left]
        return waits or any(b.state == "choosing" or b.both_until for b in self.buddings)

    def set_policy(self, now, where, most, each):
        self.most, self.groups_each = most, each
        for group in self.groups.values():
            group.most = most
        return "changed"

    def block(self, now, where, name, other):
        refuse_if(name == other, "not_allowed")
        self.groups[where].blocks.add((name, other))  # the same ones in all groups
        return "blocked"

    def unblock(self, now, where, name, other):
        self.groups[where].blocks.discard((name, other))
        return "unblocked"

    # Proposing a sister

    def bud(self, now, where, sister, by, carer, cap):
        group = self.groups[where]
        group.must_care(by)
        refuse_if(not group.is_open, "group_not_open")
        newest = self.newest(where)
        unsettled = newest and (newest.is_under_way or (newest.both_until or now) > now)
        refuse_if(unsettled, "already_budding")
        refuse_if(not group.is_in(carer), "invalid")
        refuse_if(by != "admin" and cap > self.most, "cap_above_limit")
        self.groups[sister] = Belonging(
            {name: Place() for name in group.people},
            cap=cap,
            most=self.most,
            policy=group.policy,
            state="proposed",
            ceiling=cap if cap > self.most else 0,
            is_full_for=self.is_full_for,
            outside=group.outside,
            blocks=group.blocks,
            founder=by,
        )
        budding = Budding(where, sister, carer)
        self.buddings.append(budding)
        if carer == by:
            others = [n for n in group.people if n != by and group.cares(n)]
            budding.say(by, "go" if others else "both")
        if by == "admin":
            self.begin(budding, now)
        return "proposed"

    def approve(self, now, sister, by):
        group, budding = self.groups[sister], self.grown_by(sister)
        refuse_if(by != "admin", "not_allowed")
        if not (group.is_open or self.is_approved(sister)):
            refuse_if(group.state != "proposed", "group_not_open")
            self.begin(budding, now)
        return group.state

    def decline_sister(self, now, sister, by):
        group, budding = self.groups[sister], self.grown_by(sister)
        refuse_if(by != "admin", "not_allowed")
        if group.state != "declined":
            refuse_if(group.is_open, "already_open")
            refuse_if(group.state != "proposed", "group_not_open")
            group.state, budding.state, budding.closes = "declined", "proposed", None
        return group.state

    def propose_again(self, now, sister, by):
        group, budding = self.groups[sister], self.grown_by(sister)
        refuse_if(by != group.founder, "not_allowed")
        if group.state != "proposed":
            refuse_if(group.is_open, "already_open")
            refuse_if(group.state != "declined", "group_not_open")
            group.state = "proposed"
            if by == "admin":
                self.begin(budding, now)
        return group.state

    def pledge(self, now, sister, name, facilitate):
        group = self.groups[sister]
        refuse_if(name in group.outside, "not_allowed")
        refuse_if(group.is_open, "already_open")
        refuse_if(group.state != "proposed", "group_not_open")
        refuse_if(group.people[name].state, "already_member")
        group.pledges = group.pledges | {name: facilitate}
        return "pledged"

    def begin(self, budding, now):
        budding.state, budding.closes = "choosing", now + CHOOSING

    def grown_by(self, sister):
        return next((each for each in self.buddings if each.sister == sister), None)

    def is_approved(self, sister):
        budding = self.grown_by(sister)
        return budding and budding.state == "choosing"

    # Choosing

    def choose(self, now, where, name, way):
        group, budding = self.groups[where], self.newest(where)
        refuse_if(not budding, "not_choosing")
        refuse_if(not group.is_in(name), "not_a_member")
        if budding.state == "done":
            self.settle(budding, group, name, way, now)
        else:
            refuse_if(budding.state != "choosing", "not_choosing")
            staying = [n for n in group.people if n != name and budding.ways.get(n) != "go"]
            alone = group.cares(name) and not any(group.cares(n) for n in staying)
            refuse_if(way == "go" and alone, "last_facilitator")
        budding.say(name, way)
        return "chosen"

    def settle(self, budding, group, name, way, now):
        sister = self.groups[budding.sister]
        place, seat = group.people[name], sister.people[name]
        refuse_if(not seat.both, "not_choosing")
        if way == "stay":
            sister.keep_one(seat)
            sister.move(seat, "left", now)
            sister.pass_on(now)
        elif way == "go":
            group.keep_one(place)
            more = seat.role == "member" and sister.is_open
            less = place.role == "member" and group.is_open and not place.both
            refuse_if(self.counted(name) - less + more > self.groups_each, "too_many_groups")
            place.past, seat.both = budding.ended, None
            group.move(place, "left", now)
            group.pass_on(now)

    def drop(self, now, where, by):
        budding = self.newest(where)
        refuse_if(not budding, "not_choosing")
        self.groups[where].must_care(by)
        refuse_if(budding.state == "done", "not_choosing")
        if budding.is_under_way:
            self.call_off(budding)
        return "dropped"

    def call_off(self, budding):
        sister = self.groups[budding.sister]
        budding.state, sister.state, sister.founder = "dropped", "declined", None
        sister.pledges = {}

    # Parting

    def finish(self, now, where, by):
        budding = self.newest(where)
        refuse_if(not budding, "not_choosing")
        self.groups[where].must_care(by)
        if budding.state != "done":
            refuse_if(budding.state != "choosing", "not_choosing")
            parting = self.parting_of(where, budding)
            refuse_if(parting.carer is None, "last_facilitator")
            self.part(where, budding, parting, now)
        return "done"

    def finish_budding(self, now):
        for budding in self.buddings:
            self.finish_due(now, budding.group)
        for budding in self.buddings:
            self.end_both(now, budding.sister)

    def finish_due(self, now, where):
        budding = self.newest(where)
        refuse_if(not budding, "not_choosing")
        if budding.state == "choosing" and budding.closes <= now:
            parting = self.parting_of(where, budding)
            if parting.carer is None:
                self.call_off(budding)
            else:
                self.part(where, budding, parting, now)

    def parting_of(self, where, budding):
        group, sister = self.groups[where], self.groups[budding.sister]
        ways = budding.ways
        moving = [n for n, way in ways.items() if way != "stay" and group.is_in(n)]
        willing = [n for n in moving if n == budding.carer]
        willing += [n for n in moving if group.cares(n)]
        parting = Parting(willing[0] if willing else None)
        moving.sort(key=lambda name: name != parting.carer)
        hosts = sorted(filter(group.cares, group.people), key=lambda n: group.people[n].born)
        kept = None
        if all(ways.get(name) == "go" for name in hosts):
            kept = ([n for n in hosts if n != parting.carer] or hosts)[0]
        for name in moving:
            tries_both = ways[name] == "both" or name == kept
            counts = not (group.cares(name) or group.people[name].both)
            more = not (tries_both or name == parting.carer or counts)
            if more and self.is_full_for(name):
                continue
            if len(parting.seated) >= min(sister.cap, sister.limit):
                parting.waiting.append(name)
            else:
                (parting.both if tries_both else parting.going).append(name)
        return parting

    def part(self, where, budding, parting, now):
        group, sister = self.groups[where], self.groups[budding.sister]
        for name in parting.going:
            group.people[name].past = now
            group.move(group.people[name], "left", now)
        for name in parting.seated:
            sister.move(sister.people[name], "active", now)
            sister.people[name].role = "facilitator" if name == parting.carer else "member"
            sister.people[name].both = now + BOTH if name in parting.both else None
        for name in parting.waiting:
            sister.move(sister.people[name], "waitlisted", now)
        group.pass_on(now)
        strangers = [name for name in group.line if sister.people[name].state is None]
        for name in strangers[: max(0, sister.left - len(parting.waiting))]:
            sister.move(sister.people[name], "offered", now)
        budding.state, budding.ended = "done", now
        budding.both_until = now + BOTH if parting.both else None
        sister.state = "open"
        self.seat_pledged(sister, now)
        sister.pass_on(now)

    def seat_pledged(self, sister, now):
        for name, facilitate in sister.pledges.items():
            place = sister.people[name]
            if place.state not in ("active", "offered", "waitlisted"):
                free = sister.left > len(sister.line)
                if facilitate or not free or not self.is_full_for(name):
                    sister.move(place, "active" if free else "waitlisted", now)
                    place.role = "facilitator" if facilitate and free else "member"
        sister.pledges = {}

    def end_both(self, now, sister):
        """They stay in the group; a seat is kept where giving it back would help nobody."""
        budding, sister = self.grown_by(sister), self.groups[sister]
        group = self.groups[budding.group]
        if not budding.both_until or budding.both_until > now:
            return
        seats = [n for n, place in sister.people.items() if place.state == "active" and place.both]
        going = [n for n in seats if group.is_in(n)] if group.is_open and sister.is_open else []
        going.sort(key=lambda name: sister.people[name].born)
        kept = [name for name in going if sister.cares(name)]
        if kept and len(kept) == len(list(filter(sister.cares, sister.people))):
            going.remove(kept[0])
        for name in seats:
            sister.people[name].both = None
        for name in going:
            sister.move(sister.people[name], "left", now)
        budding.both_until = None
        sister.pass_on(now)

    # Merging

    def merge(self, now, where, key, by, into):
        refuse_if(into == where, "invalid")
        group = self.groups[where]
        group.must_care(by)
        refuse_if(not group.is_open, "group_not_open")
        self.groups[into].must_take_people()
        asked = [m.into for m in self.mergings.values() if (m.group, m.state) == (where, "asked")]
        refuse_if(asked and asked != [into], "already_merging")
        if not asked:
            self.mergings[key] = Merging(where, into)
        return "asked"

    def withdraw(self, now, where, key, by):
        merging = self.mergings[key]
        self.groups[merging.group].must_care(by)
        if merging.state != "withdrawn":
            refuse_if(merging.state != "asked", "not_asked")
            merging.state = "withdrawn"
        return merging.state

    def decline_merging(self, now, where, key, by):
        merging = self.mergings[key]
        self.groups[merging.into].must_care(by)
        if merging.state != "declined":
            refuse_if(merging.state != "asked", "not_asked")
            merging.state = "declined"
        return merging.state

    def accept_merging(self, now, where, key, by):
        merging = self.mergings[key]
        group, into = self.groups[merging.group], self.groups[merging.into]
        into.must_care(by)
        if merging.state != "accepted":
            refuse_if(merging.state != "asked", "not_asked")
            refuse_if(not group.is_open, "group_not_open")
            into.must_take_people()
            merging.state = "accepted"
            people = [name for name, place in group.people.items() if place.reads]
            group.close_down(now)
            self.follow(merging.group)
            for name in people:
                self.ask_in(into, name, by, f"{key}:{name}", now)
        return merging.state

    def ask_in(self, into, name, by, key, now):
        place = into.people[name]
        if place.state in READING or place.barred or (name, by) in into.blocks:
            return
        into.end_words(name, "revoked")
        into.words[key] = Word(by, name, now + timedelta(days=14), 1)
        if place.state not in KNOCKING:
            into.move(place, "invited", now)
