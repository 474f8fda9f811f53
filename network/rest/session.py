"""The browser's session as a way into the API, and how long ago somebody showed who they are."""

from datetime import timedelta

from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from rest_framework.authentication import CSRFCheck, SessionAuthentication

from network.errors import NotAllowed

FRESH_FOR = timedelta(seconds=settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)


class BrowserSession(SessionAuthentication):
    """Whoever is signed in on the pages, with the CSRF token of the page."""

    def authenticate(self, request):
        person = request._request.user
        if not person.is_authenticated or not person.is_active:
            return None
        view = request.parser_context["view"]
        lives_here = person.here is None or person.here.is_current
        if not (lives_here or view.action in view.open_to_those_outside):
            return None  # no open place in this network
        self.enforce_csrf(request)
        return person, None

    def enforce_csrf(self, request):
        check = CSRFCheck(lambda request: None)
        check.process_request(request)
        reason = check.process_view(request, None, (), {})
        if reason:
            raise NotAllowed("csrf_failed", "This did not come from one of our pages. Reload it.")


def is_fresh(request, now):
    """Whether this session's person signed in, or proved to be there again, just now."""
    records = get_authentication_records(request, request.user)
    return bool(records) and now.timestamp() - records[-1]["at"] < FRESH_FOR.total_seconds()


def ask_for_fresh_sign_in(request, now):
    """Refuse what neither a token nor a session of some while ago may do."""
    if request.auth is not None or not is_fresh(request._request, now):
        raise NotAllowed(
            "fresh_sign_in_needed",
            "For this we need to know that it is you: sign in again in the browser, then do it.",
        )
