"""What an import did: what came in, what was there already, what was refused and why."""

from collections import Counter
from dataclasses import dataclass, field

KINDS = ("people", "groups", "memberships", "threads", "posts", "reactions")
LISTED = 200  # refusals named one by one; the rest is counted


@dataclass
class Report:
    """The counts of an import, and its first refusals with file and line."""

    new: Counter = field(default_factory=Counter)
    there: Counter = field(default_factory=Counter)
    refused: list = field(default_factory=list)
    refusals: Counter = field(default_factory=Counter)
    notes: Counter = field(default_factory=Counter)
    over_policy: list = field(default_factory=list)

    @property
    def has_something(self):
        """Whether anything sensible came in, or had come in before."""
        return bool(self.new or self.there)

    def refuse(self, refusal):
        self.refusals[refusal.why] += 1
        if len(self.refused) < LISTED:
            self.refused.append(refusal)

    def note(self, notes):
        self.notes = +(self.notes + Counter(notes))

    def count(self, kind, new, seen):
        self.new[kind] += new
        self.there[kind] += seen - new
        self.new, self.there = +self.new, +self.there

    def lines(self):
        """The report as people read it."""
        for kind in KINDS:
            if self.new[kind] or self.there[kind]:
                there = f", {self.there[kind]:,} were there already" if self.there[kind] else ""
                yield f"{kind}: {self.new[kind]:,} came in{there}"
        for note, times in sorted(self.notes.items()):
            yield f"{note}: {times:,}"
        for name, people in self.over_policy:
            yield f"{name} has {people:,} people, more than the network's cap: closed to joining"
        total = sum(self.refusals.values())
        if total:
            yield f"refused: {total:,}"
        for refusal in self.refused:
            yield f"  {refusal.where}: {refusal.why}"
        if total > len(self.refused):
            yield f"  … and {total - len(self.refused):,} more:"
            for why, times in self.refusals.most_common(20):
                yield f"  {times:,} × {why}"
