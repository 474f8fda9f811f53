"""Making and ending the keys with which programs act for a person."""

import secrets
from datetime import UTC, timedelta

from django.utils import timezone

from network.activity.actions import record
from network.errors import Refused
from network.people.models import Person
from network.tokens.models import AccessToken, digest_of
from network.transactions import deed

PREFIX = "kith_"
LASTS = timedelta(days=365)
MOST = 20


@deed
def create_token(person, network, *, name, scopes, now=None):
    """Make a token of the person's for this network; answers (token, value).

    The value is shown this once: only its digest is kept.
    Refuses: too_many_tokens.
    """
    now = now or timezone.now()
    Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    if AccessToken.objects.filter(person=person, expires_at__gt=now).count() >= MOST:
        raise Refused(
            "too_many_tokens", f"You have {MOST} tokens. End one that you no longer use first."
        )
    value = PREFIX + secrets.token_urlsafe(32)
    token = AccessToken.objects.create(
        network=network,
        person=person,
        name=name,
        scopes=list(dict.fromkeys(scopes)),
        digest=digest_of(value),
        created_at=now,
        expires_at=now + LASTS,
    )
    record("token.created", network=network, actor=person, about=token, at=now)
    return token, value


@deed
def revoke_token(token, person, *, now=None):
    """End a token: from now on it opens nothing."""
    now = now or timezone.now()
    record("token.revoked", network=token.network, actor=person, about=token, at=now)
    AccessToken.objects.filter(pk=token.pk).delete()


@deed
def end_those_of(network, person, now):
    """Whoever leaves the network has no programs there any more."""
    for token in AccessToken.objects.filter(network=network, person=person).order_by("pk"):
        revoke_token(token, person, now=now)


def note_use(token, *, now):
    """Remember the day on which the token was last used."""
    today = now.astimezone(UTC).date()
    if token.last_used_on != today:
        AccessToken.objects.filter(pk=token.pk).update(last_used_on=today)
