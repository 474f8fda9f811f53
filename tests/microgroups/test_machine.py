"""Whatever people do, and in whatever order, the product does what the small model says."""

from datetime import timedelta
from functools import wraps

import pytest
from django.core.cache import cache
from django.db import transaction
from hypothesis import HealthCheck
from hypothesis import settings as kept_to
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from microgroups.membership import invitations
from microgroups.membership.models import Membership
from network.registries import invariants
from tests.factories import NOW
from tests.microgroups.deeds import (
    CAP,
    MOST,
    NAMES,
    Products,
    model_village,
    seen_of,
    somebody,
)

PICK, WHERE = st.integers(0, 23), st.integers(0, 9)
HOURS = st.sampled_from([1, 30, 80, 8 * 24, 15 * 24])
KNOCKING = ("requested", "waitlisted", "offered")
FOUNDED = ("home", "other")
MOST_GROUPS = 4
ROOMS = ("microgroups.membership.", "microgroups.budding.")
WATCHED = [check for _, check in invariants.items() if check.__module__.startswith(ROOMS)]


def deed(*states, **drawn):
    """A rule about one of the groups; where states are named, one in which somebody is so."""

    def ruled(function):
        @precondition(lambda run: run.groups_with(states))
        @rule(where=WHERE, **drawn)
        @wraps(function)
        def step(run, where, **facts):
            found = run.groups_with(states)
            run.where = found[0] if where < 5 else found[where % len(found)]
            return function(run, **facts)

        return step

    return ruled


def there_is(what, *states):
    """Only while a budding (or a merging) is in one of these states."""
    return precondition(lambda run: run.ones(what, *states))


class Groups(RuleBasedStateMachine):
    """Groups and their model: the same deeds to both, and after each they look the same."""

    product = None  # of all runs; what each did is rolled back
    words = Bundle("words")

    def __init__(self):
        super().__init__()
        cache.clear()  # no run is slowed by the pace of another
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.product.begin_anew()
        self.village, self.now, self.where = model_village(*FOUNDED), NOW, "home"

    def teardown(self):
        try:
            self.where = "home"
            while self.village.is_unsettled:
                self.time_goes_by(timedelta(days=16))
            for name, group in self.village.groups.items():
                self.who_reads(self.product.groups[name], group)
            assert [said for check in WATCHED for said in check()] == []
        finally:
            transaction.set_rollback(True)
            self.undone.__exit__(None, None, None)

    def who_reads(self, product, group):
        """The door of all that is said: who comes in, and up to when."""
        places = Membership.objects.filter(group=product.group.pk).reading_until()
        until = {each.person_id: None if each.may_read else each.until for each in places}
        places = group.people.items()
        reading = {name: None if p.reads else p.past for name, p in places if p.reads or p.past}
        assert until == {product.people[name].pk: end for name, end in reading.items()}

    def both(self, deed, *args):
        self.now += timedelta(minutes=1)
        said = self.product.answer(deed, self.now, self.where, *args)
        assert said == self.village.answer(deed, self.now, self.where, *args), (deed, args)
        assert self.product.seen() == seen_of(self.village), (deed, args)
        return said

    @property
    def model(self):
        return self.village.groups[self.where]

    def groups_with(self, states):
        """The groups in which somebody is in one of these states; all where none is named."""
        groups = self.village.groups.items()
        people = {name: {place.state for place in group.people.values()} for name, group in groups}
        return [name for name in people if not states or people[name] & set(states)]

    def one(self, pick, *states):
        """Somebody in one of these states; now and then, and where nobody is, anybody."""
        fit = [name for name, place in self.model.people.items() if place.state in states]
        names = fit if fit and pick < 20 else list(self.model.people)
        return names[pick % len(names)]

    def carer(self, pick):
        """Somebody who may do it; now and then somebody who may not."""
        fit = [name for name, place in self.model.people.items() if place.cares] or ["admin"]
        names = fit if pick < 22 else ["admin", NAMES[-1]]
        return names[pick % len(names)]

    def time_goes_by(self, time):
        self.now += time
        self.both("do_what_is_due")

    @initialize(
        policy=st.sampled_from(["open", "ask", "invite"]),
        crowd=st.integers(0, 5),
        rests=st.integers(0, 1),
        each=st.sampled_from([1, 2, 3]),
        grows=st.sampled_from(
            ["no", "proposed", "choosing", "choosing", "parted", *["merging"] * 2]
        ),
    )
    def begin(self, policy, crowd, rests, each, grows):
        self.both("set_policy", MOST, each)
        for name in NAMES[1 : crowd + 1]:
            self.both("join", name)
        for name in NAMES[max(1, crowd) :][:rests]:
            self.both("rest", name)
        self.both("change_policy", "founder", policy)
        if grows == "merging":
            self.begin_to_merge()
        elif grows != "no":
            cap = MOST if crowd % 2 else CAP - 1
            self.both("bud", "sister 2", "founder", NAMES[max(0, crowd - 3)], cap)
        if grows in ("choosing", "parted"):
            self.where = "sister 2"
            self.both("approve", "admin")
            self.where = "home"
            self.both("invite", 0, "ana", "eli")
            for name, way in (("ana", "go"), ("bo", "both"), ("founder", "both")):
                if self.model.is_in(name):
                    self.both("choose", name, way)
        if grows == "parted":
            self.both("finish", "founder")

    def begin_to_merge(self):
        """The group that is asked keeps one out, has let another ask again, and a third waits;
        a fourth wants to hear nothing from whoever would invite them."""
        self.where = "other"
        for name, bar in (("ana", True), ("cem", False)):
            self.both("join", name)
            self.both("remove", "founder", name, bar)
        self.both("change_policy", "founder", "ask")
        self.both("join", "dora")
        self.both("block", "bo", "founder")
        self.both("block", "founder", "eli")
        self.both("invite", 0, "founder", "eli")
        self.where = "home"
        self.both("merge", "merging 0", "founder", "other")

    @rule(who=PICK, whom=PICK, again=st.booleans())
    def block_or_unblock(self, who, whom, again):
        self.where = "home"
        standing = sorted(self.model.blocks)
        if standing and not again:
            self.both("unblock", *standing[who % len(standing)])
        else:
            self.both("block", NAMES[who % len(NAMES)], NAMES[whom % len(NAMES)])

    @rule(hours=HOURS)
    def time_passes(self, hours):
        self.time_goes_by(timedelta(hours=hours))

    @deed(pick=PICK)
    def join(self, pick):
        self.both("join", self.one(pick, None, "left", "removed", "declined"))

    @deed("offered", "invited", "requested", pick=PICK)
    def join_from_the_door(self, pick):
        self.both("join", self.one(pick, "offered", "invited", "requested"))

    @deed("requested", by=PICK, pick=PICK)
    def admit(self, by, pick):
        self.both("admit", self.carer(by), self.one(pick, "requested"))

    @deed("requested", by=PICK, pick=PICK)
    def decline(self, by, pick):
        self.both("decline", self.carer(by), self.one(pick, "requested"))

    @deed(pick=PICK)
    def leave(self, pick):
        self.both("leave", self.one(pick, "active", "resting", "invited", *KNOCKING))

    @deed("active", pick=PICK)
    def rest(self, pick):
        self.both("rest", self.one(pick, "active"))

    @deed("resting", "offered", pick=PICK)
    def rest_again(self, pick):
        self.both("rest", self.one(pick, "resting", "offered", "waitlisted"))

    @deed("resting", "offered", pick=PICK)
    def return_(self, pick):
        self.both("return_", self.one(pick, "resting", "offered"))

    @deed("active", by=PICK, pick=PICK, bar=st.booleans())
    def remove(self, by, pick, bar):
        self.both("remove", self.carer(by), self.one(pick, "active", *KNOCKING), bar)

    @deed("removed", "declined", pick=PICK)
    def join_again(self, pick):
        self.both("join", self.one(pick, "removed", "declined"))

    @deed("removed", by=PICK, pick=PICK)
    def unbar(self, by, pick):
        self.both("unbar", self.carer(by), self.one(pick, "removed"))

    @deed("active", by=PICK, pick=PICK, role=st.sampled_from(["facilitator"] * 2 + ["member"]))
    def change_role(self, by, pick, role):
        self.both("change_role", self.carer(by), self.one(pick, "active"), role)

    @deed("active", target=words, by=PICK, pick=PICK)
    def invite(self, by, pick):
        return self.made("invite", self.one(by, "active"), self.one(pick, None, "left", "declined"))

    @deed("active", target=words, by=PICK, pick=PICK)
    def invite_from_the_door(self, by, pick):
        whom = self.one(pick, "removed", "invited", "waitlisted", "requested")
        return self.made("invite", self.one(by, "active"), whom)

    @precondition(lambda run: run.model.blocks)
    @deed("active", target=words, pick=PICK, outward=st.booleans())
    def invite_across_a_block(self, pick, outward):
        blocks = sorted(self.model.blocks)
        blocker, blocked = blocks[pick % len(blocks)]
        return self.made("invite", *((blocker, blocked) if outward else (blocked, blocker)))

    @deed("active", target=words, by=PICK, uses=st.integers(1, 2))
    def make_link(self, by, uses):
        return self.made("make_link", self.one(by, "active"), uses)

    def made(self, deed, *args):
        key = len(self.model.words)
        said = self.both(deed, key, *args)
        return (self.where, key) if said == "made" else multiple()

    @rule(word=words, pick=PICK)
    def accept(self, word, pick):
        self.where, key = word
        word, (invitation, code) = self.model.words[key], self.product.groups[self.where].words[key]
        name = word.person or self.one(pick, None, "left", "declined", "removed", *KNOCKING)
        found = invitations.find(code, self.product.people[name], now=self.now)
        opens = word.state not in ("revoked", "declined") and self.model.is_in(word.by)
        assert found == (invitation if opens else None)
        self.both("accept", key, name)

    @rule(word=words, by=PICK)
    def revoke(self, word, by):
        self.where, key = word
        self.both("revoke", key, self.one(by, "active"))

    @deed(by=PICK, cap=st.integers(CAP - 2, MOST + 2))
    def change_cap(self, by, cap):
        if by % 3 == 2 and cap <= MOST:
            self.both("set_policy", cap, self.village.groups_each)
        else:
            self.both("change_cap", self.carer(by), cap)

    @deed(by=PICK, policy=st.sampled_from(["open", "open", "ask", "ask", "invite"]))
    def change_policy(self, by, policy):
        self.both("change_policy", self.carer(by), policy)

    @deed("active", by=PICK)
    def archive_or_restore(self, by):
        closed = [name for name, g in self.village.groups.items() if g.state == "archived"]
        self.where = closed[0] if closed else self.where
        if closed or self.model.taken > 1:
            self.both("restore" if closed else "archive", self.carer(by))

    # Budding

    def ones(self, what, *states):
        """Buddings in one of these states, or the keys of mergings; all where none is named."""
        if what == "budding":
            return [each for each in self.village.buddings if each.state in states]
        return [key for key, each in self.village.mergings.items() if each.state in states]

    def grown(self, pick, *states):
        """A budding in one of these states; now and then any."""
        fit = self.ones("budding", *states) if pick < 20 else self.village.buddings
        return fit[pick % len(fit)]

    @precondition(lambda self: len(self.village.groups) < MOST_GROUPS)
    @deed("active", by=PICK, pick=PICK, cap=st.integers(1, CAP))
    def bud(self, by, pick, cap):
        sister = f"sister {len(self.village.groups)}"
        self.both("bud", sister, self.carer(by), self.one(pick, "active"), cap)

    @there_is("budding", "proposed", "choosing")
    @rule(pick=PICK, by=PICK)
    def decide_about_sister(self, pick, by):
        budding = self.grown(pick, "proposed", "choosing")
        self.where = budding.sister
        says_no = budding.state == "choosing" or by % 4 == 1
        self.both("decline_sister" if says_no else "approve", "ana" if by == 5 else "admin")

    @there_is("budding", "proposed")
    @rule(pick=PICK)
    def propose_again(self, pick):
        self.where = self.grown(pick, "proposed").sister
        self.both("propose_again", self.model.founder or "founder")

    @there_is("budding", "proposed", "choosing")
    @rule(pick=PICK, who=PICK, facilitate=st.booleans())
    def pledge(self, pick, who, facilitate):
        self.where = self.grown(pick, "proposed", "choosing").sister
        self.both("pledge", self.one(who, None), facilitate)

    @there_is("budding", "choosing", "done")
    @rule(pick=PICK, who=PICK, way=st.sampled_from(["go", "go", "both", "both", "stay"]))
    def choose(self, pick, who, way):
        self.where = self.grown(pick, "choosing", "done").group
        self.both("choose", self.one(who, "active"), way)

    @there_is("budding", "choosing")
    @rule(pick=PICK, by=PICK)
    def finish(self, pick, by):
        self.where = self.grown(pick, "choosing").group
        self.both("finish", self.carer(by))

    @there_is("budding", "proposed", "choosing")
    @rule(pick=PICK, by=PICK)
    def drop(self, pick, by):
        self.where = self.grown(pick, "proposed", "choosing").group
        self.both("drop", self.carer(by))

    @there_is("budding", "choosing")
    @rule()
    def the_day_comes(self):
        self.time_goes_by(timedelta(days=14))

    # Merging

    @deed("active", by=PICK, into=PICK)
    def merge(self, by, into):
        names = list(self.village.groups)
        key = f"merging {len(self.village.mergings)}"
        self.both("merge", key, self.carer(by), names[into % len(names)])

    @there_is("merging", "asked")
    @rule(pick=PICK, by=PICK, answer=st.sampled_from(["accept_merging"] * 2 + ["decline_merging"]))
    def answer_merging(self, pick, by, answer):
        self.answered(pick, by, answer, "into")

    @there_is("merging", "asked")
    @rule(pick=PICK, by=PICK)
    def withdraw(self, pick, by):
        self.answered(pick, by, "withdraw", "group")

    def answered(self, pick, by, answer, whose):
        keys = self.ones("merging", "asked") if pick < 20 else list(self.village.mergings)
        key = keys[pick % len(keys)]
        self.where = getattr(self.village.mergings[key], whose)
        self.both(answer, key, self.carer(by))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("runs", "steps"), [(200, 30), pytest.param(2000, 50, marks=pytest.mark.long)]
)
def test_groups_do_what_the_model_says(settings, runs, steps):
    settings.LIMITS_SCALE = 100  # how often somebody may ask is not what this is about
    network, people = somebody()
    Groups.product = Products(network, people, *FOUNDED)

    run_state_machine_as_test(
        Groups,
        settings=kept_to(
            max_examples=runs,
            stateful_step_count=steps,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
