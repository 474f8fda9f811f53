"""Lists over the API: {"next", "previous", "results"}, by signed cursors."""

from types import SimpleNamespace

from django.core import signing
from django.http import Http404
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.response import Response

from network.pages import keyset_page, lock_of

USUAL, MOST = 25, 100


class Cursors(BasePagination):
    """Pages of a list, in the order that the viewset's `ordering` names."""

    def paginate_queryset(self, queryset, request, view=None):
        asked = SimpleNamespace(
            GET=request.query_params, path=request.path, user=request.user, network=request.network
        )
        self.network = request.network
        self.page = keyset_page(
            queryset, asked, order=view.get_ordering(), size=limit_of(request.query_params)
        )
        return self.page.items

    def get_paginated_response(self, data):
        answer = Response(
            {
                "next": self.address(self.page.older_url),
                "previous": self.address(self.page.newer_url),
                "results": data,
            }
        )
        answer.is_list = True
        return answer

    def address(self, path):
        return self.network.absolute(path) if path else None

    def get_paginated_response_schema(self, schema):
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "next": link,
                "previous": link,
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view):
        number = {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}
        return [
            {
                "name": "limit",
                "in": "query",
                "required": False,
                "description": "How many at once.",
                "schema": number,
            },
            {
                "name": "cursor",
                "in": "query",
                "required": False,
                "description": "Where to go on; as it stands in `next` and `previous`.",
                "schema": {"type": "string"},
            },
        ]


def limit_of(query):
    """How many rows are asked for: 1 to 100."""
    asked = query.get("limit", str(USUAL))
    if not (asked.isascii() and asked.isdigit() and 1 <= int(asked[:4]) <= MOST):
        raise ValidationError({"limit": [f"Must be a whole number from 1 to {MOST}."]})
    return int(asked)


def in_pages(answer, request):
    """A part of a whole list that is no table, with cursors: of some hundred rows at most."""
    size, lock = limit_of(request.query_params), lock_of(request)
    try:
        start = signing.loads(request.query_params["cursor"], salt=lock)
    except KeyError:
        start = 0
    except signing.BadSignature:
        raise Http404 from None
    rows, path = answer.data, request.path

    def address(at):
        query = request.query_params.copy()
        query["cursor"] = signing.dumps(at, salt=lock)
        return request.network.absolute(f"{path}?{query.urlencode()}")

    answer.data = {
        "next": address(start + size) if start + size < len(rows) else None,
        "previous": address(max(0, start - size)) if start else None,
        "results": rows[start : start + size],
    }
    answer.is_list = True
    return answer
