"""A token as a way into the API: it speaks for its person, in its network."""

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed

from network.networks.door import come_in
from network.tokens.actions import note_use
from network.tokens.models import AccessToken


class BearerToken(BaseAuthentication):
    """`Authorization: Bearer kith_…`"""

    def authenticate(self, request):
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        now = timezone.now()
        token = AccessToken.objects.with_value(value.strip(), request.network, now=now)
        if token is None:
            raise AuthenticationFailed
        person = token.person
        come_in(person, request.network)
        if not person.here.is_current:
            raise AuthenticationFailed
        note_use(token, now=now)
        return person, token

    def authenticate_header(self, request):
        return 'Bearer realm="kith"'
