"""How long a thread waits before somebody is asked (domain.md R17)."""

from datetime import timedelta

ASK_AFTER = timedelta(hours=24)
ASK_AGAIN_AFTER = timedelta(hours=6)  # where too few had room in their attention
TELL_AFTER = timedelta(hours=72)
WATCHED_FOR = timedelta(days=14)  # what is older is not dug up
RETURNS_WITHIN = timedelta(days=28)  # after the answer: later it is no sign of it any more
SEEN_WITHIN = timedelta(days=7)
SIMILAR_FOR = timedelta(days=365)  # what was answered longer ago tells little
HELPERS = 2
CANDIDATES = 12  # of whom some may have been asked enough this week
