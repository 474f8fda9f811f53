"""How a reason reads on a page."""

import re

from django.utils.html import escape
from django.utils.safestring import mark_safe

from facilitation.cues.models import REASONS

TELLING = re.compile(r"every day|every \d+ days|\d+ days?|\d+ people")


def with_telling_part(reason):
    """The reason with its telling part in bold: the rhythm and the silence, or how many people."""
    return mark_safe(TELLING.sub(r"<b>\g<0></b>", escape(reason)))


def as_of_today(cues, reader, now):
    """Say of the open ones the reason as it is now, where it changes while they wait.

    Nothing is saved: what stands with the cue is what was so when it was opened. One query for
    each such kind among them.
    """
    for kind, reasons in REASONS.items():
        waiting = [cue for cue in cues if cue.kind == kind and cue.is_open and not cue.is_again]
        said = reasons(waiting, reader, now) if waiting else {}
        for cue in waiting:
            cue.reason = said.get(cue.pk, cue.reason)
