"""The description of the API: what each call answers when it says no, and how one signs in."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from network.ids import names_an_id
from network.rest.errors import PROBLEM_JSON, BadInput, Problem

KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="Same key and body within 24 hours: the first answer again, and one effect.",
)
MATCH = OpenApiParameter(
    "If-Match",
    {"type": "string", "pattern": '^("[!#-~]*"|\\*)$'},
    OpenApiParameter.HEADER,
    description="The ETag that was read: 412 when it has changed since.",
)
ALWAYS = (401, 403, 404, 406, 429)
WITH_BODY = (413, 415)
CHANGING = (409,)


class WrittenOnce(SchemaGenerator):
    """Describes the API, which is the same for everybody, once in the life of a process."""

    written: dict = {}  # {version: description}

    def get_schema(self, request=None, public=False):
        if not public:
            return super().get_schema(request, public)
        if self.api_version not in self.written:
            self.written[self.api_version] = super().get_schema(None, public)
        return self.written[self.api_version]


class Description(AutoSchema):
    """Describes an operation of an Endpoint."""

    def get_override_parameters(self):
        asked = getattr(self.view, "asked", {}).get(getattr(self.view, "action", None))
        parameters = [asked] if asked else []
        if self.method == "POST":
            parameters.append(KEY)
        elif self.method in ("PATCH", "PUT", "DELETE"):
            parameters.append(MATCH)
        return parameters

    def _resolve_path_parameters(self, variables):
        ids = [name for name in variables if names_an_id(name)]
        others = super()._resolve_path_parameters([name for name in variables if name not in ids])
        return others + [
            {
                "in": "path",
                "name": "id" if name == "pk" else name,
                "schema": {"type": "string", "format": "uuid"},
                "required": True,
            }
            for name in ids
        ]

    def get_tags(self):
        return [self._tokenize_path()[0]]

    def _get_response_bodies(self, direction="response"):
        bodies = super()._get_response_bodies(direction)
        for status in self.refusals():
            bodies.setdefault(str(status), self.refusal(status, direction))
        return dict(sorted(bodies.items()))

    def refusals(self):
        """The statuses with which this operation may say no."""
        if not hasattr(self.view, "open_to_visitors"):
            return ()
        statuses = (400, *ALWAYS)
        if self.method != "GET":
            statuses += CHANGING
        if self.method in ("POST", "PATCH", "PUT"):
            statuses += WITH_BODY
        return (*statuses, 412) if self.method in ("PATCH", "PUT", "DELETE") else statuses

    def refusal(self, status, direction):
        shape = BadInput if status == 400 else Problem
        return self._get_response_for_code(shape, str(status), [PROBLEM_JSON], direction)

    def _map_serializer_field(self, field, direction, bypass_extensions=False):
        schema = super()._map_serializer_field(field, direction, bypass_extensions)
        is_text = type(field) is serializers.CharField and direction == "request"
        if is_text and not field.allow_blank and field.trim_whitespace and "pattern" not in schema:
            schema["pattern"] = r"\S"  # a text of spaces alone is none
        return schema


class BearerToken(OpenApiAuthenticationExtension):
    """A token in the header."""

    target_class = "network.tokens.authentication.BearerToken"
    name = "token"

    def get_security_definition(self, auto_schema):
        return {"type": "http", "scheme": "bearer"}


class Session(OpenApiAuthenticationExtension):
    """A browser's session."""

    target_class = "network.rest.session.BrowserSession"
    name = "session"

    def get_security_definition(self, auto_schema):
        return {"type": "apiKey", "in": "cookie", "name": "kith_session"}
