"""How long until the next are called, and what an admin's words of help say (trust.md §15)."""

import re
from datetime import timedelta

WAIT = timedelta(minutes=15)  # unseen for so long, the next are called
NOTE = 1000
CARE_FOR = timedelta(days=30)  # after a call no job drafts or asks; people do
NUMBER = re.compile(r"\s*(\+?[0-9][0-9 ()/\-]{1,20}[0-9])\s*[,:;–-]?\s*(.*)")


def help_lines(text):
    """[(the number to call or "", the words)] of a text of help, a line each.

    A line that begins with a number is something to call: `112, ambulance and police`.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [line_of(line) for line in lines]


def line_of(line):
    found = NUMBER.fullmatch(line)
    if found is None:
        return "", line
    number = re.sub(r"[^0-9+]", "", found[1])
    return number, line


def joined(note, more):
    """A note with what was added later."""
    return f"{note}\n{more}".strip()
