"""Keys for programs: access tokens, and the answers kept for a repeated request."""

import hashlib

from django.contrib.postgres.fields import ArrayField
from django.db import models

from network.ids import uuid7
from network.prepared import first


class Scope(models.TextChoices):
    READ = "read"
    WRITE = "write"
    FACILITATE = "facilitate"
    ADMIN = "admin"


class AccessTokenQuerySet(models.QuerySet):
    def visible_to(self, person):
        """One's own, in the networks one may look into."""
        return self.filter(person=person.pk, network__in=person.network_ids())

    def with_value(self, value, network, *, now):
        """The network's token with this value and its person, or None. Ends the chain."""
        return first(living_tokens, digest_of(value), network.pk, now)


def living_tokens(digest, network, now):
    tokens = AccessToken.objects.filter(digest=digest, network=network, expires_at__gt=now)
    return tokens.filter(person__is_active=True).select_related("person")[:1]


def digest_of(value):
    """What is kept of a token: enough to know it again, not to use it."""
    return hashlib.sha256(value.encode()).digest()


class AccessToken(models.Model):
    """Lets a program act as its person in one network, and never reach further."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    network = models.ForeignKey("network.Network", on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(
        "network.Person", on_delete=models.CASCADE, related_name="access_tokens"
    )
    name = models.CharField(max_length=60)
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope))
    digest = models.BinaryField(max_length=32, unique=True, help_text="SHA-256 of the token.")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_on = models.DateField(null=True, blank=True)

    objects = AccessTokenQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["person", "-id"], name="tokens_of_a_person")]

    def __str__(self):
        return self.name

    def has_any(self, scopes):
        """Whether it has one of these scopes."""
        return not set(scopes).isdisjoint(self.scopes)


class IdempotencyKey(models.Model):
    """The first answer to a request, given again when the same request comes within 24 hours."""

    person = models.ForeignKey("network.Person", on_delete=models.CASCADE, related_name="+")
    network = models.ForeignKey("network.Network", on_delete=models.CASCADE, related_name="+")
    method = models.CharField(max_length=6)
    path = models.CharField(max_length=500)
    key = models.CharField(max_length=255)
    body_digest = models.BinaryField(max_length=32)
    created_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.TextField(blank=True)
    headers = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "person", "network", "method", "path", "key", name="one_answer_per_idempotency_key"
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotency_keys_by_age")]

    def __str__(self):
        return f"{self.method} {self.path}"
