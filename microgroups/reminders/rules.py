"""When words are worth a second look: told from the words alone, and never about despair."""

import re
import unicodedata

from network.errors import Invalid
from network.text import one_line

MOST_WORDS, LONGEST = 30, 40
LETTERS = 20  # in capitals, before they read as shouting
SHARE = 0.7
MARKS = 3  # exclamation marks in a row
ALL_MARKS = 6  # and in one text

QUOTED = re.compile(r"(?s:```.*?```)|`[^`\n]*`|^[ ]{0,3}>.*$|https?://\S+|@\w+", re.MULTILINE)

# Whoever says one of these may need a person, not advice on wording. Nothing is asked of them.
# Stems, as they stand folded, in the languages that we know a little.
DESPAIR = (
    "suicid",
    "kill myself",
    "killing myself",
    "end my life",
    "ending my life",
    "end it all",
    "want to die",
    "wish i was dead",
    "wish i were dead",
    "better off dead",
    "hurt myself",
    "hurting myself",
    "harm myself",
    "self-harm",
    "self harm",
    "overdose",
    "can't go on",
    "cannot go on",
    "suizid",
    "selbstmord",
    "umbringen",
    "das leben nehmen",
    "nicht mehr leben",
    "will sterben",
    "ritze mich",
    "me suicider",
    "envie de mourir",
    "suicidarme",
    "quiero morir",
    "samobój",
    "chcę umrzeć",
)


def folded(text):
    """The text as it is compared: one kind of letter, quote and space."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return " ".join(text.split())


def is_despair(text):
    text = folded(text)
    return any(words in text for words in DESPAIR)


def own(text):
    """What somebody says themselves: without quotes, code, addresses and names."""
    return QUOTED.sub(" ", text)


def is_shouted(text):
    """Mostly capitals, in a writing that has them."""
    cased = [letter for letter in text if letter.lower() != letter.upper()]
    capitals = sum(letter.isupper() for letter in cased)
    return capitals >= LETTERS and capitals >= SHARE * len(cased)


def has_many_marks(text):
    found = text.count("!") + text.count("！")
    return "!" * MARKS in text.replace(" ", "") or found >= ALL_MARKS


def word_in(text, words):
    """The first of the group's words that stands in the text, whole; or None."""
    text = folded(text)
    for word in words:
        if re.search(rf"(?<!\w){re.escape(folded(word))}(?!\w)", text):
            return word
    return None


def noticed(text, *, words, capitals, marks):
    """What somebody may want to look at again before it goes out, as a sentence; or None."""
    if is_despair(text):
        return None
    said = own(text)
    word = word_in(said, words)
    if word is not None:
        return f"“{word}” stands in it, which this group would rather say otherwise."
    if capitals and is_shouted(said):
        return "It is written in capitals, which reads as shouting to many."
    if marks and has_many_marks(said):
        return "It has many exclamation marks, which reads as loud to many."
    return None


def words_of(text):
    """The group's words, a line each; refuses too many, long ones, and words of despair."""
    words = list(dict.fromkeys(filter(None, map(one_line, text))))
    if len(words) > MOST_WORDS:
        raise Invalid({"words": f"These are {len(words)} words; {MOST_WORDS} fit. A few do most."})
    for word in words:
        if len(word) > LONGEST:
            raise Invalid({"words": f"“{word[:20]}…” is long; {LONGEST} characters fit in a line."})
        if not re.search(r"\w", word):
            raise Invalid({"words": f"“{word}” is no word."})
        if is_despair(word):
            said = f"“{word}” may be said by somebody who needs a person. It always goes out."
            raise Invalid({"words": said})
    return words
