"""Whether somebody tells of a hard time of their own, and whether words say: I am with you.

Told from a few English words alone (domain.md R20), so both lists err on the quiet side: hardship
is found where it is said in the first person, of now, in so many words; nearly anything kind is
support. The lists are never shown, nothing is kept of a text that was looked at, and nobody but
facilitators reads what comes of it.
"""

import re
from datetime import timedelta

from microgroups.reminders.rules import DESPAIR, folded, own

ASK_AFTER = timedelta(hours=6)  # after the first answer: until then others may yet say it
WATCHED_FOR = timedelta(days=7)  # after it was written; what is older is not dug up

# Despair that somebody tells of themselves; the stems that stand in any text are left out.
OWN_DESPAIR = [words for words in DESPAIR if re.search(r"\b(?:i|my|myself)\b", words)]

# After “I am”, “I feel” and the like, as it is.
STATES = (
    *("lonely", "overwhelmed", "hopeless", "helpless", "heartbroken", "devastated", "depressed"),
    *("miserable", "worthless", "grieving", "mourning", "in tears", "falling apart", "drowning"),
    *("burnt out", "burned out", "not coping", "not okay", "not doing well", "losing hope"),
    *("at my wits' end", "at the end of my strength", "all alone", "so alone", "crying a lot"),
)
# The same where they are made strong, or felt: “I am alone with the watering” is no hardship.
STRONG_STATES = (
    *("alone", "sad", "scared", "afraid", "ashamed", "empty", "numb"),
    *("exhausted", "desperate", "broken", "frightened", "struggling"),
)
STRONG = ("so", "very", "really", "completely", "totally", "utterly", "terribly", "just", "quite")

KIN = (
    *("mother", "mum", "mom", "father", "dad", "parents", "husband", "wife", "partner", "son"),
    *("daughter", "child", "baby", "brother", "sister", "grandmother", "grandfather", "grandma"),
    *("grandpa", "gran", "granny", "uncle", "aunt", "cousin", "friend", "best friend", "dog"),
    "cat",
)
CALLED_SO = ("mum", "mom", "dad", "grandma", "grandpa", "gran", "granny")  # without “my”
NOW_GONE = ("died", "has died", "passed away", "has passed away", "is dying", "has left me")

# Whole, as they stand.
HARDSHIP = (
    *("i can not cope", "i can not do this any more", "i can not take this any more"),
    *("i can not take it any more", "i can not go on", "i can not stop crying", "i keep crying"),
    *("i cry every", "i cry myself", "i have nobody left", "i want to die"),
    *("i do not know how to go on", "i do not know how to cope", "i have no strength left"),
    *("i am having such a hard time", "i am having a really hard time", "i lost my job"),
    *("i have lost my job", "i was diagnosed with", "i have been diagnosed with"),
    *("i am at the end of my rope", "we lost the baby", "we lost our baby", "i had a miscarriage"),
    *("i have had a miscarriage", "everything is too much for me", "it is all too much for me"),
    *("i have no one left", "i have nobody to talk to", "i have no one to talk to"),
    *("i feel low", "i feel so low", "i feel down", "i feel so down", "i feel lost"),
    *("i feel so lost", "i feel like a failure", "my marriage is over", "nobody would miss me"),
)

# What almost everybody says who is with somebody; and some of it in the languages of DESPAIR.
SUPPORT = (
    *("sorry", "condolences", "same here", "me too", "been there", "hug", "hugs", "hugging you"),
    *("with you in", "am with you", "are with you", "be with you", "feel with you"),
    *("feel for you", "for you both", "here for you", "there for you", "thinking of you"),
    *("think of you", "thinking about you", "not alone", "not the only one", "hear you"),
    *("i see you", "i understand", "know the feeling", "know how you feel", "know how that feels"),
    *("felt the same", "feel the same", "feel that way", "felt like that", "feel like that"),
    *("so hard", "that is hard", "sounds hard", "must be hard", "sounds awful", "how awful"),
    *("sounds terrible", "how terrible", "so sad", "sounds exhausting", "sounds lonely"),
    *("sounds painful", "that is a lot", "sounds like a lot", "a lot to carry", "that hurts"),
    *("my heart", "our hearts", "heart goes out", "with all my heart", "strength", "courage"),
    *("sending you", "sending love", "so brave", "brave of you", "hang in there"),
    *("take care of yourself", "look after yourself"),
    *("be kind to yourself", "be gentle with yourself", "glad you told", "glad you wrote"),
    *("glad you are here", "good that you wrote", "good that you told", "thank you for telling"),
    *("thank you for sharing", "thanks for telling", "thanks for sharing", "want to talk"),
    *("need to talk", "come over", "come by", "call me", "ring me", "sit with you"),
    *("tut mir leid", "umarm", "umarmung", "fühl dich", "désolé", "désolée", "je t'embrasse"),
    *("lo siento", "abrazo", "un abrazo", "przykro", "ściskam", "trzymaj się"),
)
SIGNS = "❤♥💛💚💙💜🖤🤍🧡🤎🤗🫂💔😢😭🥺🙏🕯💐"

PARAGRAPHS = re.compile(r"\n\s*\n")
IN_QUOTES = re.compile(
    r"“[^”\n]*(?:”|$)|„[^“”\n]*(?:[“”]|$)|«[^»\n]*(?:»|$)|\"[^\"\n]*(?:\"|$)"
    r"|(?<!\w)['‘](?=\w)[^\n]{0,300}?(?<=[\w.,!?…])'(?!\w)",
    re.MULTILINE,
)

SAID_IN_FULL = (
    (re.compile(r"\bi'?m\b"), "i am"),
    (re.compile(r"\bi'?ve\b"), "i have"),
    (re.compile(r"\b(?:can'?t|cannot)\b"), "can not"),
    (re.compile(r"\b(do|does|did|is|are|was)n'?t\b"), r"\1 not"),
    (re.compile(r"\b(that|it|you|we|they)'(?:s)\b"), r"\1 is"),
    (re.compile(r"\b(you|we|they)'re\b"), r"\1 are"),
    (re.compile(r"\banymore\b"), "any more"),
)


def one_of(words):
    return "(?:" + "|".join(re.escape(word) for word in words) + ")"


FEEL = r"i (?:am|feel|am feeling|have been|have been feeling|keep feeling)"
FELT = r"i (?:feel|am feeling|have been feeling|keep feeling)"
STRONGLY = rf"(?:{one_of(STRONG)} )"
TOLD = re.compile(
    r"(?<![\w'])(?:"
    rf"{FEEL} {STRONGLY}*{one_of(STATES)}"
    rf"|{FEEL} {STRONGLY}+{one_of(STRONG_STATES)}"
    rf"|{FELT} {one_of(STRONG_STATES)}"
    rf"|my (?:\w+ )?{one_of(KIN)} {one_of(NOW_GONE)}"
    rf"|since {one_of(CALLED_SO)} {one_of(NOW_GONE)}"
    rf"|i (?:have )?(?:just )?lost my (?:\w+ )?{one_of(KIN)}"
    rf"|i miss my (?:\w+ )?{one_of(KIN)} so"
    rf"|{one_of([*HARDSHIP, *OWN_DESPAIR])}"
    r")(?!\w)"
)
# What stands before it in its sentence where it is somebody else's, a condition, or denied.
NOT_TOLD = re.compile(
    r"\b(?:if|when|whenever|unless|until|in case|as though|as if|that time) $"
    r"|\b(?!i\b|we\b)\w+ (?:says?|said|saying|wrote|writes|asks?|asked|sings|sang|tells? \w+"
    r"|told \w+|thinks|thought|believes|sighs|sighed)\b[^.!?…\n]*$"
    r"|\bnot (?:think|believe|say|mean|claim)(?: that)? $"
)
LOOKED_BACK = 300  # characters
ENDS = re.compile(r"[.!?…\n]")
KIND = re.compile(rf"(?<!\w){one_of(SUPPORT)}(?!\w)|[{SIGNS}]")


def said(text):
    """What somebody says themselves, a line each paragraph, as it is compared: without quotes, and
    with short forms in full."""
    text = "\n".join(folded(paragraph) for paragraph in PARAGRAPHS.split(own(text)))
    text = IN_QUOTES.sub(" ", text)
    for short, full in SAID_IN_FULL:
        text = short.sub(full, text)
    return text


def tells_of_hardship(text):
    """Whether somebody says in the first person that they have a hard time now."""
    text = said(text)
    return any(not is_anothers(text, found.start()) for found in TOLD.finditer(text))


def is_anothers(text, start):
    """Whether what begins here is what another says, a condition, or denied."""
    sentence = ENDS.split(text[max(0, start - LOOKED_BACK) : start])[-1]
    return NOT_TOLD.search(sentence) is not None


def sounds_like_support(text):
    """Whether words say more than what to do: that one feels with whom they are for."""
    return KIND.search(said(text)) is not None
