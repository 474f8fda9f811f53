"""That logs tell what happened and never what was said."""

import json
import logging

import pytest
import structlog
from django.core.mail import EmailMessage

from network.operations.logs import json_lines
from tests.factories import NetworkFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def lines():
    """The lines of JSON that were written while the test ran."""
    formatter = json_lines()["formatters"]["json"]
    handler = logging.Handler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(**{k: v for k, v in formatter.items() if k != "()"})
    )
    written = []
    handler.emit = lambda record: written.append(json.loads(handler.format(record)))
    logging.getLogger("kith").addHandler(handler)
    yield written
    logging.getLogger("kith").removeHandler(handler)


def test_a_request_leaves_one_line_with_its_pattern_and_not_its_words(client, lines):
    NetworkFactory()

    answer = client.get("/accounts/login/?q=private-words", headers={"user-agent": "Browser/1"})

    [line] = [line for line in lines if line["event"] == "request"]
    assert line["route"] == "accounts/login/"
    assert (line["method"], line["status"], line["person"]) == ("GET", 200, None)
    assert line["request"] == answer["X-Request-Id"]
    assert {"ms", "queries", "timestamp", "level"} <= set(line)
    assert "private-words" not in json.dumps(lines)


def test_health_checks_and_static_files_are_not_worth_a_line(client, lines):
    client.get("/health/live")
    client.get("/static/css/kith.css")

    assert lines == []


@pytest.mark.parametrize(
    ("asked", "kept"), [("0123456789abcdef", True), ("short", False), ("line\tbreak-is-bad", False)]
)
def test_a_proxy_may_number_the_requests_but_only_in_plain_signs(client, asked, kept):
    answer = client.get("/health/live", headers={"x-request-id": asked})

    assert (answer["X-Request-Id"] == asked) is kept


def test_without_a_mail_server_mails_are_kept_as_files(settings, tmp_path):
    settings.EMAIL_BACKEND = "network.operations.mail.EmlFolder"
    settings.MAIL_FOLDER = tmp_path / "mail"

    EmailMessage("Good morning", "How are you?", "a@kith.example", ["b@kith.example"]).send()

    [mail] = settings.MAIL_FOLDER.iterdir()
    assert mail.suffix == ".eml"
    assert b"Subject: Good morning\r\n" in mail.read_bytes()
