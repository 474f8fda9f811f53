"""Who people are."""

import re
import zoneinfo

from django.apps import apps
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery, SearchVector, SearchVectorField
from django.db import models
from django.urls import reverse

from network.ids import uuid7


class PersonQuerySet(models.QuerySet):
    def visible_to(self, person):
        """People of the networks that this person is in, as they stand now."""
        places = apps.get_model("network", "NetworkMembership").objects.visible_to(person)
        return self.filter(pk__in=places.values("person"))

    def named(self, words):
        """Those in whose name, username or intro these words begin; everybody without words.

        Of very many the first thousand found. They are found before they are put in order: else a
        rare name is looked for from A to Z.
        """
        if not words:
            return self
        begun = " & ".join(f"{word}:*" for word in re.findall(r"[^\W_]+", words)[:10])
        if not begun:
            return self.none()
        found = self.filter(search=SearchQuery(begun, config="kith", search_type="raw"))
        return self.model.objects.filter(pk__in=found.order_by().values("pk")[:1000])

    def with_address(self, address):
        """Whoever has shown that this address is theirs."""
        shown = models.Q(emailaddress__email=address, emailaddress__verified=True)
        theirs = models.Q(email=address) | shown
        return self.exclude(claimed_at=None).filter(theirs).order_by("pk").distinct()

    def reachable(self):
        """People who may be sent something: they have claimed their account and can sign in."""
        return self.exclude(claimed_at=None).exclude(email=None).filter(is_active=True)


class PersonManager(BaseUserManager.from_queryset(PersonQuerySet)):
    """The account's own manager, which Django's sign-in asks for."""

    def get_by_natural_key(self, email):
        return self.get(email=email)


class Person(AbstractBaseUser):
    """An account: somebody who is known by name in the networks they belong to."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(
        null=True, blank=True, help_text="Lower case; shown to its owner alone."
    )
    username = models.CharField(max_length=30, help_text="For mentions: small letters, digits, _.")
    skeleton = models.CharField(
        max_length=30, editable=False, help_text="The username as the eye reads it."
    )
    name = models.CharField(max_length=60)
    intro = models.CharField(max_length=140, blank=True, help_text="One line about oneself.")
    time_zone = models.CharField(max_length=40, default="UTC")
    language = models.CharField(max_length=10, default="en")
    is_active = models.BooleanField(default=True)
    is_operator = models.BooleanField(default=False, help_text="May enter Django's admin.")
    joined_at = models.DateTimeField()
    imported_email = models.EmailField(
        null=True, blank=True, help_text="Whoever shows that it is theirs takes the account over."
    )
    claimed_at = models.DateTimeField(
        null=True, blank=True, help_text="Empty for imported people until they sign up themselves."
    )
    search = models.GeneratedField(
        expression=SearchVector("name", weight="A", config="kith")
        + SearchVector("username", weight="B", config="kith")
        + SearchVector("intro", weight="C", config="kith"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = PersonManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["username", "name"]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["email"], name="one_person_per_email"),
            models.UniqueConstraint(fields=["username"], name="one_person_per_username"),
            models.UniqueConstraint(fields=["skeleton"], name="no_username_looks_like_another"),
        ]
        indexes = [
            GinIndex(fields=["search"], name="people_by_words"),
            models.Index(fields=["name", "id"], name="people_by_name"),
            models.Index(
                fields=["imported_email"],
                condition=models.Q(claimed_at=None),
                name="accounts_to_claim",
            ),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("person", args=[self.username])

    here = None  # the NetworkMembership through which this request came; set by the door

    def network_ids(self):
        """The networks this person may look into: the one they came through, else all of theirs."""
        if self.here is not None:
            return self.here.open_network_ids
        return self.network_memberships.filter(suspended_at=None).values("network")

    @property
    def zone(self):
        """The person's time zone; UTC where the stored name is not known."""
        try:
            return zoneinfo.ZoneInfo(self.time_zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            return zoneinfo.ZoneInfo("UTC")

    @property
    def is_staff(self):
        return self.is_operator

    @property
    def is_claimed(self):
        return self.claimed_at is not None

    def belongs_to(self, network):
        """Whether the person has an open place in the network. One query, none at its door."""
        if self.here is not None and self.here.network_id == network.pk:
            return self.here.is_current
        return self.network_memberships.filter(network=network, suspended_at=None).exists()

    def has_perm(self, perm, obj=None):
        return self.is_active and self.is_operator

    def has_module_perms(self, app_label):
        return self.is_active and self.is_operator


class BlockQuerySet(models.QuerySet):
    def visible_to(self, person):
        """One's own; whoever is blocked is told nothing of it."""
        return self.filter(blocker=person.pk)

    def between(self, blocker, others):
        """Those of `others` whom the blocker has blocked."""
        return self.filter(blocker=blocker, blocked__in=others)


class Block(models.Model):
    """One person does not want to be reached by another (trust.md §15), in any network."""

    blocker = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="blocks")
    blocked = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    objects = BlockQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("blocker", "blocked", name="one_block_per_pair"),
            models.CheckConstraint(
                name="nobody_blocks_themselves", condition=~models.Q(blocker=models.F("blocked"))
            ),
        ]

    def __str__(self):
        return f"{self.blocker} blocks {self.blocked}"


class Visitor(AnonymousUser):
    """Somebody who has not signed in: belongs nowhere and sees nothing; no door needs an `if`."""

    id = None
    pk = None
    here = None
    is_operator = False

    def network_ids(self):
        return []
