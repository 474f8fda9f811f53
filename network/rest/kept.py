"""What somebody typed before something failed, so that the page that says so gives it back."""

import re

from django.core.exceptions import SuspiciousOperation
from django.http.multipartparser import MultiPartParserError

SECRET = re.compile(r"password|token|code|csrf", re.IGNORECASE)


def kept_words(request):
    """The longest text of the form that was sent: "" without one, and never a secret."""
    try:
        typed = [text for name, text in request.POST.items() if not SECRET.search(name)]
    except (OSError, SuspiciousOperation, MultiPartParserError):  # it did not come in whole
        return ""
    longest = max(typed, key=len, default="")
    return longest if " " in longest else ""
