"""How a reason reads on a page."""

import re

from django.utils.html import escape
from django.utils.safestring import mark_safe

TELLING = re.compile(r"every day|every \d+ days|\d+ days?|\d+ people")


def with_telling_part(reason):
    """The reason with its telling part in bold: the rhythm and the silence, or how many people."""
    return mark_safe(TELLING.sub(r"<b>\g<0></b>", escape(reason)))
