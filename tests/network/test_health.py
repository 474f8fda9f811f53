"""That the house says truthfully whether it is well."""

from datetime import timedelta

import pytest
from django.utils import timezone

from network.operations import jobs
from network.operations.models import Heartbeat

pytestmark = pytest.mark.django_db


def ready(client):
    answer = client.get("/health/ready")
    return answer.status_code, answer.json()


def test_a_process_that_answers_is_live(client):
    answer = client.get("/health/live")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_without_a_worker_ever_heard_of_nothing_is_ready(client):
    status, body = ready(client)

    assert status == 503
    assert body["checks"]["database"] == body["checks"]["broker"] == "ok"
    assert body["checks"]["queue.now"] == "was never heard of"


def test_ready_when_beat_and_every_queue_were_heard_of_lately(client):
    for name in jobs.HEARTS:
        jobs.heard(name, timezone.now())

    assert ready(client) == (
        200,
        {
            "status": "ok",
            "checks": dict.fromkeys(["database", "broker", *jobs.HEARTS], "ok"),
            "unknown_mails": 0,
        },
    )


def test_a_heart_silent_for_more_than_three_minutes_is_not_ready(client):
    for name in jobs.HEARTS:
        jobs.heard(name, timezone.now())
    Heartbeat.objects.filter(name="queue.mail").update(at=timezone.now() - timedelta(minutes=4))

    status, body = ready(client)

    assert status == 503
    assert body["checks"]["queue.mail"].startswith("last heard of at ")
