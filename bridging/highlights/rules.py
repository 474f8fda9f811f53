"""What travels with a highlight: the author's own words, nothing else."""

import re

from network.text import gist

EXCERPT = 280


def own_words(body):
    """A post's Markdown without what it quotes of other people."""
    kept = [line for line in body.splitlines() if not line.lstrip().startswith(">")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def excerpt(body):
    """How a postcard begins: at most EXCERPT characters of plain text."""
    return gist(body, EXCERPT)
