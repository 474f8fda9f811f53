"""Whatever people do, and in whatever order, the product does what the small model says."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import transaction
from hypothesis import HealthCheck, settings
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
from network.registries import invariants
from tests.factories import NOW
from tests.microgroups.deeds import CAP, MOST, NAMES, Product, model, seen_in, somebody

PICK = st.integers(0, 23)
HOURS = st.sampled_from([1, 30, 80, 8 * 24, 15 * 24])
KNOCKING = ("requested", "waitlisted", "offered")


def there_is(*states):
    """Only while somebody is in one of these states: else the deed is hardly ever worth doing."""
    return precondition(lambda run: any(p.state in states for p in run.model.people.values()))


class Group(RuleBasedStateMachine):
    """A group and its model: the same deeds to both, and after each they look the same."""

    product = None  # of all runs; what each did is rolled back
    words = Bundle("words")

    def __init__(self):
        super().__init__()
        cache.clear()  # no run is slowed by the pace of another
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.product.words = {}
        self.model, self.now = model(), NOW

    def teardown(self):
        try:
            assert [said for _, check in invariants.items() for said in check()] == []
        finally:
            transaction.set_rollback(True)
            self.undone.__exit__(None, None, None)

    def both(self, deed, *args):
        self.now += timedelta(minutes=1)
        said = self.product.answer(deed, self.now, *args)
        assert said == self.model.answer(deed, self.now, *args), (deed, args)
        assert self.product.seen() == seen_in(self.model), (deed, args)
        return said

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

    @initialize(policy=st.sampled_from(["open", "ask", "invite"]), crowd=st.integers(0, 5))
    def begin(self, policy, crowd):
        for name in NAMES[1 : crowd + 1]:
            self.both("join", name)
        self.both("change_policy", "founder", policy)

    @rule(hours=HOURS)
    def time_passes(self, hours):
        self.now += timedelta(hours=hours)
        self.both("end_offers")
        self.both("end_invitations")

    @rule(pick=PICK)
    def join(self, pick):
        self.both("join", self.one(pick, None, "left", "removed", "declined"))

    @there_is("offered", "invited", "requested")
    @rule(pick=PICK)
    def join_from_the_door(self, pick):
        self.both("join", self.one(pick, "offered", "invited", "requested"))

    @there_is("requested")
    @rule(by=PICK, pick=PICK)
    def admit(self, by, pick):
        self.both("admit", self.carer(by), self.one(pick, "requested"))

    @there_is("requested")
    @rule(by=PICK, pick=PICK)
    def decline(self, by, pick):
        self.both("decline", self.carer(by), self.one(pick, "requested"))

    @rule(pick=PICK)
    def leave(self, pick):
        self.both("leave", self.one(pick, "active", "resting", "invited", *KNOCKING))

    @rule(pick=PICK)
    def rest(self, pick):
        self.both("rest", self.one(pick, "active"))

    @there_is("resting", "offered")
    @rule(pick=PICK)
    def rest_again(self, pick):
        self.both("rest", self.one(pick, "resting", "offered", "waitlisted"))

    @there_is("resting", "offered")
    @rule(pick=PICK)
    def return_(self, pick):
        self.both("return_", self.one(pick, "resting", "offered"))

    @rule(by=PICK, pick=PICK, bar=st.booleans())
    def remove(self, by, pick, bar):
        self.both("remove", self.carer(by), self.one(pick, "active", *KNOCKING), bar)

    @there_is("removed", "declined")
    @rule(pick=PICK)
    def join_again(self, pick):
        self.both("join", self.one(pick, "removed", "declined"))

    @there_is("removed")
    @rule(by=PICK, pick=PICK)
    def unbar(self, by, pick):
        self.both("unbar", self.carer(by), self.one(pick, "removed"))

    @rule(by=PICK, pick=PICK, role=st.sampled_from(["facilitator", "facilitator", "member"]))
    def change_role(self, by, pick, role):
        self.both("change_role", self.carer(by), self.one(pick, "active"), role)

    @rule(target=words, by=PICK, pick=PICK)
    def invite(self, by, pick):
        return self.made("invite", self.one(by, "active"), self.one(pick, None, "left", "declined"))

    @rule(target=words, by=PICK, pick=PICK)
    def invite_from_the_door(self, by, pick):
        whom = self.one(pick, "removed", "invited", "waitlisted", "requested")
        return self.made("invite", self.one(by, "active"), whom)

    @rule(target=words, by=PICK, uses=st.integers(1, 2))
    def make_link(self, by, uses):
        return self.made("make_link", self.one(by, "active"), uses)

    def made(self, deed, *args):
        key = len(self.model.words)
        return key if self.both(deed, key, *args) == "made" else multiple()

    @rule(key=words, pick=PICK)
    def accept(self, key, pick):
        word, (invitation, code) = self.model.words[key], self.product.words[key]
        name = word.person or self.one(pick, None, "left", "declined", "removed", *KNOCKING)
        found = invitations.find(code, self.product.people[name], now=self.now)
        opens = word.state not in ("revoked", "declined") and self.model.is_in(word.by)
        assert found == (invitation if opens else None)
        self.both("accept", key, name)

    @rule(key=words, by=PICK)
    def revoke(self, key, by):
        self.both("revoke", key, self.one(by, "active"))

    @rule(by=PICK, cap=st.integers(CAP - 2, MOST + 2))
    def change_cap(self, by, cap):
        self.both("change_cap", self.carer(by), cap)

    @rule(by=PICK, policy=st.sampled_from(["open", "open", "ask", "ask", "invite"]))
    def change_policy(self, by, policy):
        self.both("change_policy", self.carer(by), policy)

    @precondition(lambda self: self.model.is_open and self.model.taken > 1)
    @rule(by=PICK)
    def archive(self, by):
        self.both("archive", self.carer(by))

    @precondition(lambda self: not self.model.is_open)
    @rule(by=PICK)
    def restore(self, by):
        self.both("restore", self.carer(by))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("runs", "steps"), [(200, 30), pytest.param(2000, 50, marks=pytest.mark.long)]
)
def test_a_group_does_what_the_model_says(runs, steps):
    Group.product = Product(*somebody())

    run_state_machine_as_test(
        Group,
        settings=settings(
            max_examples=runs,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
