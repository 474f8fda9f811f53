"""What stands before every request: whom we believe, which cookies, what the browser may do."""

from ipaddress import ip_network

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from network.operations.doors import PrivateCookies, TrustedProxies

POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "media-src 'self'",
    "form-action 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "object-src 'none'",
    "report-uri /csp/",
}


@pytest.fixture
def proxies(settings):
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8")]


def seen(**meta):
    """The request as it goes on behind the door."""
    request = RequestFactory().get("/", **meta)
    TrustedProxies(lambda request: HttpResponse())(request)
    return request


def test_a_stranger_cannot_say_where_they_come_from(proxies):
    request = seen(
        REMOTE_ADDR="203.0.113.9",
        HTTP_X_FORWARDED_FOR="127.0.0.1",
        HTTP_X_FORWARDED_PROTO="https",
        HTTP_X_FORWARDED_HOST="evil.example",
    )

    assert request.META["REMOTE_ADDR"] == "203.0.113.9"
    assert not request.is_secure()
    assert "HTTP_X_FORWARDED_HOST" not in request.META


def test_our_proxy_says_where_a_request_comes_from_and_that_it_was_private(proxies):
    request = seen(
        REMOTE_ADDR="10.1.2.3",
        HTTP_X_FORWARDED_FOR="198.51.100.7",
        HTTP_X_FORWARDED_PROTO="https",
    )

    assert request.META["REMOTE_ADDR"] == "198.51.100.7"
    assert request.is_secure()


@pytest.mark.parametrize(
    ("forwarded", "origin"),
    [
        ("198.51.100.7, 203.0.113.9, 10.9.9.9", "203.0.113.9"),
        ("127.0.0.1, 203.0.113.9", "203.0.113.9"),
        ("2001:db8::1", "2001:db8::1"),
        ("nonsense", "10.1.2.3"),
        ("", "10.1.2.3"),
    ],
)
def test_only_the_last_stranger_on_the_way_counts(proxies, forwarded, origin):
    request = seen(REMOTE_ADDR="10.1.2.3", HTTP_X_FORWARDED_FOR=forwarded)

    assert request.META["REMOTE_ADDR"] == origin


def answer_with_cookie(request):
    response = HttpResponse(request.COOKIES.get("kith_session", "none"))
    response.set_cookie("kith_session", "new", httponly=True, samesite="Lax", max_age=60)
    return response


def test_over_tls_the_cookie_is_named_so_that_no_neighbour_can_set_it():
    request = RequestFactory().get("/", secure=True)
    request.COOKIES = {"__Host-kith_session": "mine", "kith_session": "planted"}

    response = PrivateCookies(answer_with_cookie)(request)

    assert response.content == b"mine"
    cookie = response.cookies["__Host-kith_session"]
    assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 60)
    assert "kith_session" not in response.cookies


def test_over_loopback_http_the_cookie_has_its_plain_name():
    response = PrivateCookies(answer_with_cookie)(RequestFactory().get("/"))

    assert response.cookies["kith_session"].value == "new"
    assert not response.cookies["kith_session"]["secure"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "status"),
    [("/health/live", 200), ("/nowhere/", 404), ("/static/css/kith.css", 200), ("/api/v1/", 404)],
)
def test_every_answer_carries_the_policy(client, path, status):
    answer = client.get(path)

    assert answer.status_code == status
    assert set(answer["Content-Security-Policy"].split("; ")) == POLICY
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]
    assert "Strict-Transport-Security" not in answer


@pytest.mark.django_db
def test_over_tls_browsers_are_told_to_stay_there(client):
    answer = client.get("/health/live", secure=True)

    assert answer["Strict-Transport-Security"] == "max-age=31536000"


def test_a_report_of_the_browser_is_taken_and_nothing_in_it_is_kept(client, caplog):
    answer = client.post("/csp/", '{"secret": 1}', content_type="application/csp-report")

    assert answer.status_code == 204
    assert "secret" not in caplog.text
