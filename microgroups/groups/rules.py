"""The arithmetic of a group: its words, its slug, and the days on which it was alive."""

import itertools
import secrets
import string
from datetime import timedelta

from django.utils.text import slugify

from network.errors import Invalid
from network.text import clean, one_line

AFTERGLOW = timedelta(days=6)  # a post keeps a group alive that day and the six after it (R22)
LONGEST_WORDS = 80
CHANCE = string.ascii_lowercase + string.digits
LINES = {"name": 80, "purpose": 140}
TEXTS = {"difference": 4000, "belonging": 4000, "agreements": 4000, "care_plan": 4000}
CHARTER = (*LINES, *TEXTS)
QUESTION, QUESTIONS = 200, 3
NOTE = 1000


def charter_of(typed):
    """What was typed of a group's charter, tidied. Raises Invalid, by field."""
    tidy, errors = dict(typed), {}
    for field in typed:
        if field in LINES:
            tidy[field] = one_line(typed[field])
            errors[field] = fault_of(tidy[field], LINES[field])
        elif field in TEXTS:
            tidy[field] = clean(typed[field]).strip()
            errors[field] = fault_of(tidy[field], TEXTS[field])
        elif field == "questions":
            tidy[field] = [line for line in map(one_line, typed[field]) if line]
            errors[field] = fault_of_questions(tidy[field])
    errors = {field: said for field, said in errors.items() if said}
    if errors:
        raise Invalid(errors)
    return tidy


def rewritten(group, changes):
    """{text of the charter: how it read} of those that the changes would change."""
    texts = [field for field in CHARTER if field in changes]
    return {f: getattr(group, f) for f in texts if getattr(group, f) != changes[f]}


def fault_of(text, most):
    """What is wrong with a text that has to be there, in a sentence; None when it is well."""
    if not text:
        return "This needs a few words."
    return f"This is {len(text):,} characters; {most:,} fit." if len(text) > most else None


def fault_of_questions(questions):
    if len(questions) > QUESTIONS:
        return f"These are {len(questions)} questions; ask {QUESTIONS} at most."
    if any(len(question) > QUESTION for question in questions):
        return f"Keep each question to {QUESTION} characters."
    return None


def needed(field, text, most=NOTE):
    """A text that has to be there, tidied. Raises Invalid for this field."""
    text = clean(text).strip()
    if fault := fault_of(text, most):
        raise Invalid({field: fault})
    return text


def optional(field, text, most):
    """A text that may be left out, tidied to one line. Raises Invalid for this field."""
    text = one_line(text)
    return needed(field, text, most) if text else ""


def agreements_in(text):
    """Each of a group's agreements by itself: the lines of the text, or its sentences."""
    lines = [line.strip(" -*•\t") for line in text.splitlines()]
    lines = [line for line in lines if line]
    if len(lines) == 1:
        lines = [f"{part.rstrip('.')}." for part in lines[0].split(". ")]
    return lines


def slug_words(name):
    """The name as it stands in an address: `night-readers`."""
    return slugify(name)[:LONGEST_WORDS].strip("-_") or "group"


def open_slugs(words):
    """The slugs such a group may have, best first: `night-readers`, `night-readers-2`, …"""
    yield words
    for number in itertools.count(2):
        yield f"{words}-{number}"


def hidden_slug(words):
    """A slug nobody can guess, nor run into by a name of their own."""
    return f"{words}-" + "".join(secrets.choice(CHANCE) for _ in range(8))


def just_after(last, now):
    """A moment after the last of them: who reads the clock first may well get the lock later."""
    return now if last is None else max(now, last + timedelta(microseconds=1))


def alive_after_post(days, until, day):
    """How many days the group has been alive, and until when, after a post on `day`.

    days, until: the same before it; `until` is None for a group where nobody has written.
    """
    end = day + AFTERGLOW
    if until is None or until < day:
        return days + AFTERGLOW.days + 1, end
    return days + max(0, (end - until).days), max(until, end)
