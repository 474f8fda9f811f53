"""/health/live says that this process answers, /health/ready that all it leans on does."""

from datetime import timedelta

import redis
import structlog
from django.conf import settings
from django.db import Error, connection
from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from network.notifications.models import Mail
from network.operations.jobs import HEARTS
from network.operations.models import Heartbeat
from network.registries import outboxes

FRESH = timedelta(minutes=3)
LONGEST_REPORT = 8_000

log = structlog.get_logger("kith.csp")


@require_GET
@never_cache
def live(request):
    """This process answers."""
    return JsonResponse({"status": "ok"})


@require_GET
@never_cache
def ready(request):
    """All that this process leans on answers: 200, else 503 with what does not."""
    checks = {"database": database(), "broker": broker()}
    if checks["database"] == "ok":
        checks |= heartbeats(timezone.now())
    is_ready = set(checks.values()) == {"ok"}
    facts = {"unknown_mails": unknown_mails()} if checks["database"] == "ok" else {}
    body = {"status": "ok" if is_ready else "unavailable", "checks": checks, **facts}
    return JsonResponse(body, status=200 if is_ready else 503)


def database():
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return "does not answer"
    return "ok"


def broker():
    try:
        with redis.Redis.from_url(
            settings.LIVE_URL, socket_timeout=2, socket_connect_timeout=2
        ) as client:
            client.ping()
    except redis.RedisError:
        return "does not answer"
    return "ok"


def heartbeats(now):
    """Beat and a worker of each queue, by when they were last heard of."""
    try:
        heard = dict(Heartbeat.objects.values_list("name", "at"))
    except Error:
        return {"tables": "are not there yet"}
    return {name: pulse(heard.get(name), now) for name in HEARTS}


def pulse(at, now):
    if at is None:
        return "was never heard of"
    return "ok" if now - at <= FRESH else f"last heard of at {at:%Y-%m-%dT%H:%M:%SZ}"


def unknown_mails():
    """Mails of which nobody knows whether they went out: a process died while handing them over."""
    return sum(model.objects.filter(mail=Mail.UNKNOWN).count() for model in outboxes)


@require_POST
@csrf_exempt
def csp_report(request):
    """A browser says that it held something back; only which rule is kept."""
    if request.content_type in {"application/csp-report", "application/json"}:
        log.warning(
            "csp.report", bytes=min(int(request.META.get("CONTENT_LENGTH") or 0), LONGEST_REPORT)
        )
    return HttpResponse(status=204)
