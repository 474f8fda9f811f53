"""What fits into a post, and what counts as a reaction."""

import re
from datetime import timedelta

from network.errors import Invalid
from network.pace import is_new
from network.text import MAX_TEXT, clean, one_line

MAX_TITLE = 200
SAY_SOMETHING = "Write a few words first."
MAX_KINDS_OF_REACTION = 20
UNDO = timedelta(days=1)  # how long something taken back can be put back
FORGOTTEN = timedelta(days=14)  # after that its words go for good
HIDDEN_FOR = timedelta(days=60)  # the same for what a decision has hidden

# The small answers that have words of their own: key, icon, words.
WORDS = {"same-here": ("heart", "Same here"), "thank-you": ("hand-heart", "Thank you")}

# The characters with the Unicode property Emoji (16.0), without digits, # and *.
# fmt: off
PICTURES = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u23cf\u23e9-\u23f3"
    "\u23f8-\u23fa\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u2604\u260e\u2611\u2614\u2615\u2618"
    "\u261d\u2620\u2622\u2623\u2626\u262a\u262e\u262f\u2638-\u263a\u2640\u2642\u2648-\u2653\u265f\u2660"
    "\u2663\u2665\u2666\u2668\u267b\u267e\u267f\u2692-\u2697\u2699\u269b\u269c\u26a0\u26a1\u26a7\u26aa"
    "\u26ab\u26b0\u26b1\u26bd\u26be\u26c4\u26c5\u26c8\u26ce\u26cf\u26d1\u26d3\u26d4\u26e9\u26ea"
    "\u26f0-\u26f5\u26f7-\u26fa\u26fd\u2702\u2705\u2708-\u270d\u270f\u2712\u2714\u2716\u271d\u2721\u2728"
    "\u2733\u2734\u2744\u2747\u274c\u274e\u2753-\u2755\u2757\u2763\u2764\u2795-\u2797\u27a1\u27b0\u27bf"
    "\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u3030\u303d\u3297\u3299"
    "\U0001f004\U0001f0cf\U0001f170\U0001f171\U0001f17e\U0001f17f\U0001f18e\U0001f191-\U0001f19a"
    "\U0001f201\U0001f202\U0001f21a\U0001f22f\U0001f232-\U0001f23a\U0001f250\U0001f251"
    "\U0001f300-\U0001f321\U0001f324-\U0001f393\U0001f396\U0001f397\U0001f399-\U0001f39b"
    "\U0001f39e-\U0001f3f0\U0001f3f3-\U0001f3f5\U0001f3f7-\U0001f4fd\U0001f4ff-\U0001f53d"
    "\U0001f549-\U0001f54e\U0001f550-\U0001f567\U0001f56f\U0001f570\U0001f573-\U0001f57a\U0001f587"
    "\U0001f58a-\U0001f58d\U0001f590\U0001f595\U0001f596\U0001f5a4\U0001f5a5\U0001f5a8\U0001f5b1"
    "\U0001f5b2\U0001f5bc\U0001f5c2-\U0001f5c4\U0001f5d1-\U0001f5d3\U0001f5dc-\U0001f5de\U0001f5e1"
    "\U0001f5e3\U0001f5e8\U0001f5ef\U0001f5f3\U0001f5fa-\U0001f64f\U0001f680-\U0001f6c5"
    "\U0001f6cb-\U0001f6d2\U0001f6d5-\U0001f6d7\U0001f6dc-\U0001f6e5\U0001f6e9\U0001f6eb\U0001f6ec"
    "\U0001f6f0\U0001f6f3-\U0001f6fc\U0001f7e0-\U0001f7eb\U0001f7f0\U0001f90c-\U0001f93a"
    "\U0001f93c-\U0001f945\U0001f947-\U0001f9ff\U0001fa70-\U0001fa7c\U0001fa80-\U0001fa89"
    "\U0001fa8f-\U0001fac6\U0001face-\U0001fadc\U0001fadf-\U0001fae9\U0001faf0-\U0001faf8"
)
# fmt: on
TONE = "[\U0001f3fb-\U0001f3ff]"
ONE = rf"[{PICTURES}](?:\ufe0f|{TONE})?"
FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
REGION = "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,6}\U000e007f"
KEYCAP = r"[0-9#*]\ufe0f?\u20e3"
EMOJI = re.compile(rf"(?:{REGION}|{FLAG}|{KEYCAP}|{ONE}(?:\u200d{ONE}){{0,4}})\Z")


def body_of(text):
    """The text as it is kept; refuses one that is empty or too long."""
    body = clean(text).strip("\n")
    if not body.strip():
        raise Invalid({"body": SAY_SOMETHING})
    if len(body) > MAX_TEXT:
        raise Invalid({"body": f"This is {len(body):,} characters; {MAX_TEXT:,} fit in a post."})
    return body


def title_of(text):
    """The title on one line; refuses one that is empty or too long."""
    title = one_line(text)
    if not title:
        raise Invalid({"title": "Give it a title, so that others find it."})
    if len(title) > MAX_TITLE:
        raise Invalid({"title": f"This is {len(title)} characters; {MAX_TITLE} fit in a title."})
    return title


def reaction_of(emoji):
    """The reaction; refuses what is neither one emoji nor one of our words."""
    if emoji in WORDS or EMOJI.match(emoji):
        return emoji
    raise Invalid({"emoji": f"React with one emoji, or with {' or '.join(WORDS)}."})


def most_links_and_mentions(person, now):
    """How many links and how many mentions one post of this person may hold."""
    return (3, 3) if is_new(person, now) else (30, 10)


def openers(answers):
    """What somebody new wrote beside the three openers, as one text."""
    return "\n\n".join(answer.strip() for answer in answers if answer.strip())
