"""One effect for a POST that is sent again with the same Idempotency-Key: the first answer again.

The key, the deed and its answer are one transaction. A twin in flight waits at the key's unique
constraint until the first has ended; a crash leaves neither deed nor key.
"""

import hashlib
import json
import re
from contextlib import contextmanager
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection, transaction
from django.http import Http404
from django.utils import timezone
from rest_framework.exceptions import APIException
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from network.errors import Invalid, Refused
from network.tokens.models import IdempotencyKey
from network.transactions import deed

KEPT_FOR = timedelta(hours=24)
PATIENCE = "5s"  # how long a twin waits for the first
KEY = re.compile(r"[!-~]{1,255}")
LOCK_TIMED_OUT = "55P03"
NO = (APIException, Refused, Http404, PermissionDenied)
NOT_SEEN = (401, 403, 404)

CLAIM = """
INSERT INTO network_idempotencykey
    (person_id, network_id, method, path, key, body_digest, created_at, answer, headers)
VALUES (%(person)s, %(network)s, %(method)s, %(path)s, %(key)s, %(digest)s, %(now)s, '', '{}')
ON CONFLICT DO NOTHING
RETURNING id
"""


def answer_once(view, handle):
    """Stands around every POST of the API: with a key it has one effect and one answer."""
    request = view.request
    key = request.headers.get("Idempotency-Key")
    if key is None or not request.user.is_authenticated:
        return handle()
    if not KEY.fullmatch(key):
        raise Invalid({"Idempotency-Key": "Must be 1 to 255 visible characters of ASCII."})
    answer, kept = first_or_kept(view, handle, key, now=timezone.now())
    return answer or door_closed_since(view, handle) or replay(kept)


@deed
def first_or_kept(view, handle, key, *, now):
    """(the answer, None) where the key is new and the deed is done; else (None, what was kept).

    Refuses: idempotency_key_reused, in_progress.
    """
    request = view.request
    place = {
        "person": request.user.pk,
        "network": request.network.pk,
        "method": request.method,
        "path": request.path[:500],  # no address of ours is longer: beyond it all is 404
        "key": key,
    }
    digest = hashlib.sha256(request._request.body).digest()
    mine = claim(place, digest, now)
    if mine is not None:
        return do_and_keep(view, handle, mine), None
    kept = IdempotencyKey.objects.get(**place)
    if bytes(kept.body_digest) != digest:
        raise Refused(
            "idempotency_key_reused", "This key was used with another body. Take a new one."
        )
    return None, kept


def claim(place, digest, now):
    """The number of the new row for this key; None when there is an answer already."""
    IdempotencyKey.objects.filter(**place, created_at__lte=now - KEPT_FOR).delete()
    with patience(), connection.cursor() as cursor:
        cursor.execute(CLAIM, place | {"digest": digest, "now": now})
        row = cursor.fetchone()
    return row and row[0]


@contextmanager
def patience():
    """Waits for what a twin holds, and then says that it is still being answered."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
    try:
        yield
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", None) != LOCK_TIMED_OUT:
            raise
        raise Refused(
            "in_progress", "The same request is still being answered. Ask again in a moment."
        ) from None
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout TO DEFAULT")


def do_and_keep(view, handle, key_id):
    """Do it, and keep the answer: also a no, but not one that passes by itself."""
    try:
        with transaction.atomic():
            answer = handle()
    except NO as refusal:
        answer = view.handle_exception(refusal)
    if answer.status_code in (401, 429) or answer.status_code >= 500:
        transaction.set_rollback(True)
        return answer
    data = answer.data
    if view.shown_once and isinstance(data, dict):
        data = {**data, **dict.fromkeys(view.shown_once)}
    headers = {name: value for name, value in answer.headers.items() if name != "Content-Type"}
    if answer.content_type:
        headers["Content-Type"] = answer.content_type
    IdempotencyKey.objects.filter(pk=key_id).update(
        status=answer.status_code,
        answer="" if data is None else JSONRenderer().render(data).decode(),
        headers=headers,
    )
    return answer


def door_closed_since(view, handle):
    """The no that this person would hear today, where they may no longer see or do it; else None.

    The deed is tried and taken back: nothing asks more surely whether its door still opens. What
    it refuses because it was done already is no reason to hold the answer back.
    """
    try:
        with transaction.atomic():
            with patience():
                answer = handle()
            transaction.set_rollback(True)
    except NO as refusal:
        answer = view.handle_exception(refusal)
    is_closed = answer.status_code in NOT_SEEN
    return answer if is_closed else None


def replay(kept):
    """The kept answer, marked as such."""
    headers = dict(kept.headers)
    content_type = headers.pop("Content-Type", None)
    return Response(
        json.loads(kept.answer) if kept.answer else None,
        status=kept.status,
        headers=headers | {"Idempotency-Replayed": "true"},
        content_type=content_type,
    )


def forget_old_answers(now):
    """Let go of the answers that nobody can ask for again."""
    IdempotencyKey.objects.filter(created_at__lt=now - KEPT_FOR - timedelta(hours=1)).delete()
