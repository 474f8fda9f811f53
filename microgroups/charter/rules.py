"""The arithmetic of a charter: when it is looked at again, and what has changed in a text."""

from dataclasses import dataclass
from datetime import timedelta
from difflib import SequenceMatcher

HALF_A_YEAR = timedelta(days=182)
JUST_NOW = timedelta(days=1)  # a charter that was confirmed so lately is not confirmed again
ANSWERS = ("purpose", "difference", "belonging", "agreements", "care_plan")
IN_WORDS = {
    "name": "the name",
    "purpose": "why we come, and stay",
    "difference": "what makes us different",
    "belonging": "who belongs",
    "agreements": "how we treat each other",
    "care_plan": "who looks after newcomers and talk",
}


@dataclass(frozen=True)
class Line:
    """A line of a text that was changed, and whether it has come in or gone out since."""

    words: str
    is_new: bool = False
    is_gone: bool = False


def last_due(since, now):
    """When the charter was due for a look the last time before `now`.

    since: when it was last confirmed, or the group began, at least half a year before.
    """
    return since + (now - since) // HALF_A_YEAR * HALF_A_YEAR


def differ(before, after):
    """Whether two texts say different things: spaces and line breaks say nothing."""
    return before.split() != after.split()


def compare(before, after):
    """The lines of both texts in their order; what has gone stands before what has come."""
    old, new = lines_of(before), lines_of(after)
    found = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            found += [Line(words) for words in new[c:d]]
        else:
            found += [Line(words, is_gone=True) for words in old[a:b]]
            found += [Line(words, is_new=True) for words in new[c:d]]
    return found


def lines_of(text):
    """The lines of a text without the spaces that say nothing."""
    return [line for line in (" ".join(part.split()) for part in text.splitlines()) if line]
