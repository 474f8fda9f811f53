"""How a hit is shown: the words around it, safely, with what was looked for in <mark>."""

import re

from django.utils.html import escape
from django.utils.safestring import mark_safe

MOST_CHARACTERS = 200
START, STOP = "\ue000", "\ue001"  # private characters: no text of ours holds them
HEADLINE = {
    "start_sel": START,
    "stop_sel": STOP,
    "max_words": 34,
    "min_words": 16,
    "short_word": 2,
    "max_fragments": 1,
}


def marked(headline):
    """A headline of the database as HTML: escaped, the hits in <mark>, no Markdown signs."""
    plain = re.sub(r"[`*_#>|\\]+", "", headline or "")
    return mark_safe(escape(plain).replace(START, "<mark>").replace(STOP, "</mark>"))
