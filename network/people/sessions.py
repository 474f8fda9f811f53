"""Who a browser is: the session and its person, each asked for by a prepared question."""

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.contrib.sessions.models import Session
from django.utils import timezone

from network.people.models import Person
from network.prepared import first


class SessionStore(DatabaseSessions):
    """Django's sessions in the database."""

    def _get_session_from_db(self):
        found = first(living_session, self.session_key, timezone.now())
        if found is None:
            self._session_key = None
        return found


class SignIn(AuthenticationBackend):
    """allauth's way in."""

    def get_user(self, user_id):
        person = first(person_with, user_id)
        return person if person and self.user_can_authenticate(person) else None


def living_session(key, now):
    return Session.objects.filter(session_key=key, expire_date__gt=now)[:1]


def person_with(key):
    return Person.objects.filter(pk=key)[:1]
