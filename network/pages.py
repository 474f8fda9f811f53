"""Pages of a list: found by the last row seen, never by counting, so that each costs the same.

A cursor is a signed string. It holds what the boundary row is ordered by, is bound to the list
(network, path) and to its reader, and says nothing about rows that were not shown.
"""

from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import or_

from django.core import signing
from django.db.models import Q
from django.http import Http404

from network.prepared import Question

OLDER, NEWER = "older", "newer"


@dataclass(frozen=True)
class Page:
    """Some rows of a list, and cursors and addresses of what lies on both sides (None: nothing)."""

    items: list
    older: str | None = None
    newer: str | None = None
    older_url: str | None = None
    newer_url: str | None = None

    def __iter__(self):
        return iter(self.items)

    def __len__(self):
        return len(self.items)

    @property
    def next_url(self):
        """Where the list goes on."""
        return self.older_url


def keyset_page(queryset, request, *, order=("-last_at", "-id"), size=20):
    """The page of `queryset` that `?cursor=` asks for; the first one without. One query.

    queryset: or a prepared `question`, whose first page is asked for as it was before.
    order: field names as for `order_by`, none of them null, together unique (end with the key).
    A cursor that was made for another list, for another reader, or not by us is 404.
    """
    lock = lock_of(request)
    direction, boundary = read_cursor(request.GET.get("cursor"), lock)
    if isinstance(queryset, Question) and boundary is None:
        rows = queryset.rows(beginning, tuple(order), size + 1)
    else:
        queryset = queryset.queryset() if isinstance(queryset, Question) else queryset
        rows = list(rows_beyond(queryset, order, direction, boundary)[: size + 1])
    is_more, rows = len(rows) > size, rows[:size]
    if direction == NEWER:
        rows.reverse()
    has_older = rows and (direction == NEWER or is_more)
    has_newer = rows and (is_more if direction == NEWER else boundary is not None)
    older = make_cursor(OLDER, rows[-1], order, lock) if has_older else None
    newer = make_cursor(NEWER, rows[0], order, lock) if has_newer else None
    return Page(rows, older, newer, url_of(request, older), url_of(request, newer))


def beginning(queryset, order, most):
    return queryset.order_by(*order)[:most]


def rows_beyond(queryset, order, direction, boundary):
    """The rows on one side of the boundary, the nearest first."""
    if direction == NEWER:
        order = [turned(field) for field in order]
    if boundary is not None:
        queryset = queryset.filter(beyond(order, boundary))
    return queryset.order_by(*order)


def turned(field):
    return field[1:] if field.startswith("-") else f"-{field}"


def beyond(order, boundary):
    """A condition on rows: later than the boundary in this order.

    The first field stands alone too: so the index is entered at the boundary and not at its end.
    """
    tied, later = Q(), []
    for field, value in zip(order, boundary, strict=True):
        name, further = field.lstrip("-"), "lt" if field.startswith("-") else "gt"
        later.append(tied & Q(**{f"{name}__{further}": value}))
        tied &= Q(**{name: value})
    name, further = order[0].lstrip("-"), "lte" if order[0].startswith("-") else "gte"
    return Q(**{f"{name}__{further}": boundary[0]}) & reduce(or_, later)


def lock_of(request):
    """What a cursor is bound to: whose list it is, and which."""
    network = getattr(request, "network", None)
    return f"cursor:{network.pk if network else ''}:{request.user.pk}:{request.path}"


def make_cursor(direction, row, order, lock):
    values = [plain(value_of(row, field.lstrip("-"))) for field in order]
    return signing.dumps([direction, values], salt=lock)


def read_cursor(cursor, lock):
    """(direction, boundary values); the beginning of the list without a cursor."""
    if cursor is None:
        return OLDER, None
    try:
        return signing.loads(cursor, salt=lock)
    except signing.BadSignature:
        raise Http404("This page is not there any more.") from None


def value_of(row, path):
    for name in path.split("__"):
        row = row[name] if isinstance(row, dict) else getattr(row, name)
    return row


def plain(value):
    """The value as JSON can carry it without loss."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value if isinstance(value, int | float | str) else str(value)


def url_of(request, cursor):
    """The path of this list at the cursor, with the rest of the question as it was."""
    if cursor is None:
        return None
    query = request.GET.copy()
    query["cursor"] = cursor
    return f"{request.path}?{query.urlencode()}"
