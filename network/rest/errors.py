"""Every no of the API as problem+json (RFC 9457): a code for programs, a sentence for people."""

import math
from http import HTTPStatus

import structlog
from django.conf import settings
from django.core import exceptions as django_errors
from django.core.signals import got_request_exception
from django.db import DataError
from django.http import Http404
from django.http.multipartparser import MultiPartParserError
from rest_framework import exceptions, serializers
from rest_framework.response import Response

from network.errors import Invalid, Refused

PROBLEM_JSON = "application/problem+json"
NON_FIELD = "non_field_errors"
WORDS = {
    400: ("invalid", "Something in what was sent needs another look."),
    401: ("not_signed_in", "Sign in, or send a token that is still valid."),
    403: ("not_allowed", "That is not yours to do here."),
    404: ("not_found", "There is nothing here that you can see."),
    405: ("method_not_allowed", "This address does not know that method."),
    406: ("not_acceptable", "The API answers in JSON only."),
    412: ("edit_conflict", "It has changed since you last read it. Read it again, then change it."),
    413: ("too_large", "That is more than fits into one request."),
    415: ("unsupported_media_type", "Send the body as application/json."),
    429: ("too_often", "That was a lot at once. Try again in a little while."),
    500: ("error", "Something broke on our side. It has been noted."),
}

log = structlog.get_logger("kith.api")


class EditConflict(exceptions.APIException):
    """The thing is not what the caller last read."""

    status_code = 412


def problem_handler(error, context):
    """DRF's exception handler: the answer for whatever was raised."""
    status, code, detail, more = what_happened(error)
    if status == 500:
        if settings.DEBUG:
            return None
        log.error("api.error", exc_info=error)
        got_request_exception.send(sender=None, request=context["request"]._request)
    return problem(status, code, detail, headers=headers_of(error), **more)


def problem(status, code=None, detail=None, *, headers=None, **more):
    """An answer of problem+json; the words of the status where none are given."""
    usual = WORDS.get(status, ("refused", ""))
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail or usual[1],
        "code": code or usual[0],
    }
    return Response(body | more, status=status, headers=headers, content_type=PROBLEM_JSON)


def what_happened(error):
    """(status, code, detail, further members); None stands for the status's own words."""
    if isinstance(error, Invalid):
        return 400, "invalid", None, {"errors": error.errors}
    if isinstance(error, Refused):
        return error.status, error.code, error.message, {}
    if isinstance(error, exceptions.ValidationError):
        return 400, "invalid", None, {"errors": by_field(error.detail)}
    if isinstance(error, django_errors.ValidationError):
        return 400, "invalid", None, {"errors": by_field(error_lists(error))}
    if isinstance(error, exceptions.ParseError):
        return 400, "malformed", str(error.detail), {}
    if isinstance(error, exceptions.APIException):
        return error.status_code, None, None, {}
    if isinstance(error, Http404):
        return 404, None, None, {}
    if isinstance(error, django_errors.PermissionDenied):
        return 403, None, None, {}
    if isinstance(error, django_errors.RequestDataTooBig):
        return 413, None, None, {}
    if isinstance(error, MultiPartParserError | django_errors.SuspiciousOperation):
        return 400, "malformed", "The body could not be read.", {}
    if isinstance(error, DataError):
        return 400, "invalid", "A value in it is out of range.", {}
    return 500, None, None, {}


def headers_of(error):
    """Headers that go with the answer."""
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header
    if getattr(error, "wait", None):
        headers["Retry-After"] = str(math.ceil(error.wait))
    return headers


def error_lists(error):
    return error.message_dict if hasattr(error, "error_dict") else error.messages


def by_field(detail, path=""):
    """DRF's nested errors as {field: [sentences]}; a field inside another is `answers.0`."""
    if isinstance(detail, dict):
        inner = [(f"{path}.{name}" if path else str(name), part) for name, part in detail.items()]
    elif any(isinstance(part, dict | list) for part in detail):
        inner = [(f"{path}.{place}", part) for place, part in enumerate(detail) if part]
    else:
        return {path or NON_FIELD: [str(sentence) for sentence in detail]}
    return {field: said for name, part in inner for field, said in by_field(part, name).items()}


class Problem(serializers.Serializer):
    """How every no looks."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="A sentence for people.")
    code = serializers.CharField(help_text="A word for programs; it never changes.")


class BadInput(Problem):
    """How bad input is answered: by field."""

    errors = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()), required=False
    )
