"""How often one may ask (trust.md §6): per token, per person, per address for visitors.

What is refused is not counted, so that whoever waits as long as `Retry-After` says gets in.
"""

import ipaddress
import time

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.shortcuts import render
from rest_framework.permissions import SAFE_METHODS

from network.errors import TooOften
from network.pace import MINUTE, in_words, take
from network.rest.kept import kept_words

LIMITS = {
    "visitor": (120, MINUTE),
    "person": (600, MINUTE),
    "token": (600, MINUTE),
    "write": (60, MINUTE),
    "search": (30, MINUTE),
    "guess": (10, MINUTE),
}
NEVER_MORE = {"guess"}  # whatever LIMITS_SCALE says
NOT_COUNTED = ("/health/", "/static/")
JSON_MOST, FORM_MOST, UPLOAD_MOST = 10**6, 2 * 1024 * 1024, 26 * 1024 * 1024


def spend(what, request):
    """Count one more of `what` for whoever asks; raises TooOften when it is one too many."""
    most, seconds = LIMITS[what]
    scale = 1 if what in NEVER_MORE else settings.LIMITS_SCALE
    wait = take(f"limit:{what}:{asker(request)}", most * scale, seconds, time.time())
    if wait:
        raise TooOften(wait, in_words(wait))


def spend_request(request):
    """Count a request, and a write if it is one."""
    if getattr(request, "auth", None) is not None:
        spend("token", request)
    else:
        spend("person" if request.user.is_authenticated else "visitor", request)
    if request.method not in SAFE_METHODS:
        spend("write", request)


def asker(request):
    """Who is counted: the token, else the person, else the address."""
    token = getattr(request, "auth", None)
    if token is not None:
        return token.pk
    return request.user.pk if request.user.is_authenticated else place_of(request)


def place_of(request):
    """The visitor's address; of IPv6 the first 64 bits, which is one household."""
    address = request.META.get("REMOTE_ADDR", "")
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return str(parsed)


class Limits:
    """Holds pages to the limits; the API counts for itself, once it knows the token."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if size_of(request) > most_for(request.content_type):
            raise RequestDataTooBig
        response = self.get_response(request)
        if response.status_code == 429:
            response.headers.setdefault("Retry-After", str(MINUTE))
        return response

    def process_view(self, request, view, args, kwargs):
        counts_for_itself = hasattr(getattr(view, "cls", None), "counts_for_itself")
        if counts_for_itself or request.path.startswith(NOT_COUNTED):
            return None
        try:
            spend_request(request)
        except TooOften as refusal:
            return self.process_exception(request, refusal)
        return None

    def process_exception(self, request, refusal):
        """The page that asks to wait, where a view or a limit says that it is too often."""
        if not isinstance(refusal, TooOften):
            return None
        answer = render(request, "429.html", {"words": kept_words(request)}, status=429)
        answer["Retry-After"] = str(refusal.wait)
        return answer


def most_for(content_type):
    if content_type == "multipart/form-data":
        return UPLOAD_MOST
    return FORM_MOST if content_type == "application/x-www-form-urlencoded" else JSON_MOST


def size_of(request):
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0
