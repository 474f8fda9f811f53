"""The wording of every kind of Notice. Each floor adds its own, in notices.py or where it fills the
registries."""

from dataclasses import dataclass
from enum import StrEnum


class Budget(StrEnum):
    """How a kind of Notice stands with its reader's attention: what the gate does with it."""

    NONE = ""  # a person's deed, or the duty of who looks after a group: passes no gate
    RECORDED = "recorded"  # follows from one's own deed or place: told always, and written down
    COUNTED = "counted"  # told always, and takes the place of another message
    WEEKLY = "weekly"  # one a week, three in the first two weeks
    ASK = "ask"  # a member is asked to help somebody: three a week
    YIELDS = "yields"  # gives way to what counts, and does not count itself
    NUDGE = "nudge"  # somebody wonders how they are: domain.md R25


@dataclass(frozen=True)
class Wording:
    """How a kind of Notice reads.

    text: a sentence with {actor}, {title} and {group}; category: what a person stops by mail
    ("welcome", "care", "seats", "talk", "highlights"); by_mail: whether it is mailed at all;
    by_wish: mailed to those who ask for its category;
    subject_line, button: for the letter; why: why it came, where its category does not say so;
    from_kith: told by the software, not by a person;
    personal: one person's words to another, which do not reach who has blocked them;
    budget: how it stands with its reader's attention;
    urgent: somebody may be in danger: it is mailed at any hour, and nothing keeps it back;
    is_gathered: told again in the letter that gathers what waits, where nobody has mailed it.
    """

    text: str
    category: str
    by_mail: bool = False
    by_wish: bool = False
    subject_line: str = ""
    button: str = ""
    why: str = ""
    from_kith: bool = False
    personal: bool = False
    budget: Budget = Budget.NONE
    urgent: bool = False
    is_gathered: bool = False


KINDS: dict[str, Wording] = {}


def add(kind, text, **facts):
    """Register how a kind reads."""
    if kind in KINDS:
        raise ValueError(f"{kind} is there already.")
    KINDS[kind] = Wording(text, **facts)


# What a person may stop by mail, in words.
CATEGORIES = {
    "welcome": "Welcomes",
    "care": "Notes from people of a group",
    "presence": "Asks from Kith when you are quieter than usual",
    "facilitating": "Who needs a facilitator",
    "seats": "Seats, lines and requests",
    "groups": "Groups that are proposed",
    "highlights": "Postcards",
    "talk": "Answers to you, and your name",
    "digest": "What waits for you, in one letter",
    "decisions": "Reports and decisions",
    "account": "Changes to your place here",
}


def mailed():
    """The categories in which anything is mailed, in words; the others are told here only."""
    told = (wording for wording in KINDS.values() if wording.by_mail and not wording.urgent)
    names = {wording.category for wording in told}
    return {name: words for name, words in CATEGORIES.items() if name in names}


def wished():
    """The categories that are mailed to those who ask for them, in words."""
    names = {wording.category for wording in KINDS.values() if wording.by_wish}
    return {name: words for name, words in CATEGORIES.items() if name in names}
