"""Logs: one line of JSON for each thing that happened, without anybody's words (trust.md §14)."""

import re
import time
import uuid

import structlog
from django.db import connection

REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
QUIET = ("/health/", "/static/")

log = structlog.get_logger("kith.request")


def json_lines(*, debug=False):
    """Django's LOGGING: everything through structlog, to the standard error output."""
    shared = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.JSONRenderer(),
                ],
                "foreign_pre_chain": shared,
            }
        },
        "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["lines"], "level": "INFO"},
        "loggers": {
            "django": {"handlers": ["lines"], "level": "INFO", "propagate": False},
            # each of our own request lines says the same with less in it
            "django.request": {"handlers": ["lines"], "level": "ERROR", "propagate": False},
            "django.server": {"handlers": ["lines"], "level": "WARNING", "propagate": False},
            "django.security.DisallowedHost": {"handlers": [], "propagate": False},
            "celery": {"level": "INFO" if debug else "WARNING"},
            "httpx": {"level": "WARNING"},
        },
    }


class Counter:
    """Counts the statements sent to the database."""

    def __init__(self):
        self.queries = 0

    def __call__(self, execute, sql, params, many, context):
        self.queries += 1
        return execute(sql, params, many, context)


class RequestLog:
    """Gives each request an id, and one line when it is answered: its route, never its words."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        asked = request.headers.get("X-Request-Id", "")
        request.id = asked if REQUEST_ID.fullmatch(asked) else uuid.uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=request.id)
        counter, start = Counter(), time.monotonic()
        with connection.execute_wrapper(counter):
            response = self.get_response(request)
        response["X-Request-Id"] = request.id
        if not request.path.startswith(QUIET):
            log.info(
                "request",
                **self.facts(request, response),
                queries=counter.queries,
                ms=milliseconds(start),
            )
        return response

    def facts(self, request, response):
        """What may stand in a log: keys and patterns."""
        network = getattr(request, "network", None)
        return {
            "method": request.method,
            "route": request.resolver_match.route if request.resolver_match else None,
            "status": response.status_code,
            "network": str(network.pk) if network else None,
            "person": who(request),
        }


def who(request):
    """The key of the person who asked, when that was looked up anyway."""
    person = getattr(request, "_cached_user", None)
    return str(person.pk) if person and person.pk else None


def milliseconds(start):
    return round((time.monotonic() - start) * 1000)
