"""The parent network, who belongs to it, and its policies."""

from email.utils import formataddr, parseaddr

from django.conf import settings
from django.db import models
from django.db.models import Q

from network.ids import uuid7
from network.prepared import first

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


class Role(models.TextChoices):
    MEMBER = "member"
    MODERATOR = "moderator"
    ADMIN = "admin"


class WhoMayPropose(models.TextChoices):
    MEMBERS = "members"
    FACILITATORS = "facilitators"
    ADMINS = "admins"


class SignUp(models.TextChoices):
    OPEN = "open"
    INVITED = "invited"


class NetworkQuerySet(models.QuerySet):
    def visible_to(self, person):
        """The networks this person is in."""
        return self.filter(pk__in=person.network_ids())

    def with_host(self):
        """Each with `host`, from which its links are built: its first, or None."""
        hosts = NetworkHost.objects.filter(network=models.OuterRef("pk")).order_by("pk")
        return self.annotate(host=models.Subquery(hosts.values("host")[:1]))


class Network(models.Model):
    """The parent community. One deployment hosts many; the host name chooses which."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    intro = models.CharField(max_length=280, blank=True)
    house_rules = models.TextField(max_length=4000, blank=True)
    help_text = models.TextField(
        max_length=2000,
        blank=True,
        db_default="",
        help_text="Whom to call in distress; a line each, beginning with the number.",
    )
    default_cap = models.PositiveSmallIntegerField(default=150)
    max_cap = models.PositiveSmallIntegerField(default=150)
    max_groups_per_person = models.PositiveSmallIntegerField(default=3)
    who_may_propose = models.CharField(
        max_length=12, choices=WhoMayPropose, default=WhoMayPropose.MEMBERS
    )
    sign_up = models.CharField(max_length=8, choices=SignUp, default=SignUp.OPEN)
    minimum_age = models.PositiveSmallIntegerField(default=16)
    founding_pledges = models.PositiveSmallIntegerField(default=0, db_default=0)
    founding_threads = models.PositiveSmallIntegerField(default=0, db_default=0)
    founding_facilitators = models.PositiveSmallIntegerField(default=1, db_default=1)
    created_at = models.DateTimeField()

    objects = NetworkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="default_cap_within_max_cap",
                condition=Q(default_cap__gte=1, default_cap__lte=models.F("max_cap")),
            ),
            models.CheckConstraint(
                name="one_to_ten_groups_per_person",
                condition=Q(max_groups_per_person__gte=1, max_groups_per_person__lte=10),
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def founding(self):
        """What a proposal needs before an admin can let it begin; 0, 0, 1 is no bar (R6)."""
        return {
            "pledges": self.founding_pledges,
            "threads": self.founding_threads,
            "facilitators": self.founding_facilitators,
        }

    @property
    def sender(self):
        """Who letters are from: the network's name at the deployment's address."""
        name = " ".join(self.name.split())
        return formataddr((name, parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))

    def absolute(self, path):
        """The whole address of a path here: for mail, and for lists of the API.

        https and the first host; on loopback http and our port; without a host, this machine.
        """
        if not hasattr(self, "host"):  # with_host() was not asked
            self.host = first(first_host, self.pk)
        if not self.host:
            return settings.HERE + path
        if self.host in LOOPBACK or self.host.endswith(".localhost"):
            return f"http://{self.host}:{settings.PORT}{path}"
        return f"https://{self.host}{path}"


def first_host(network):
    hosts = NetworkHost.objects.filter(network=network)
    return hosts.order_by("pk").values_list("host", flat=True)[:1]


class NetworkHost(models.Model):
    """A host name under which a network is reached; links are built from the first."""

    network = models.ForeignKey(Network, on_delete=models.CASCADE, related_name="hosts")
    host = models.CharField(max_length=253, unique=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self):
        return self.host


class NetworkMembershipQuerySet(models.QuerySet):
    def visible_to(self, person):
        """Who belongs to the networks this person is in."""
        return self.filter(network__in=person.network_ids(), suspended_at=None)

    def of(self, person):
        """The person's row, or None. Ends the chain."""
        return self.filter(person=person).first()

    def suspended(self):
        return self.exclude(suspended_at=None)

    def kept_out_by(self, person):
        """Suspended places of the networks that this person is an admin of."""
        admins = NetworkMembership.objects.filter(
            person=person.pk, role=Role.ADMIN, suspended_at=None
        )
        return (
            self.suspended()
            .filter(network__in=person.network_ids())
            .filter(network__in=admins.values("network"))
        )


class NetworkMembership(models.Model):
    """One person's place in one network."""

    network = models.ForeignKey(Network, on_delete=models.PROTECT, related_name="memberships")
    person = models.ForeignKey(
        "network.Person", on_delete=models.PROTECT, related_name="network_memberships"
    )
    role = models.CharField(max_length=9, choices=Role, default=Role.MEMBER)
    joined_at = models.DateTimeField()
    suspended_at = models.DateTimeField(null=True, blank=True)
    suspended_because = models.CharField(
        max_length=1000,
        blank=True,
        db_default="",
        help_text="An admin's words; the person reads them.",
    )

    objects = NetworkMembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("network", "person", name="one_place_per_network_and_person"),
        ]
        indexes = [
            models.Index(fields=["person"], name="networks_of_a_person"),
            models.Index(
                fields=["network", "suspended_at"],
                condition=~Q(suspended_at=None),
                name="kept_out_of_a_network",
            ),
        ]

    def __str__(self):
        return f"{self.person} in {self.network}"

    @property
    def open_network_ids(self):
        """What `Person.network_ids` answers for somebody who came through this place."""
        return [self.network_id] if self.is_current else []

    @property
    def is_current(self):
        return self.suspended_at is None

    @property
    def is_admin(self):
        return self.is_current and self.role == Role.ADMIN

    @property
    def is_moderator(self):
        """May do what a moderator may; an admin may too."""
        return self.is_current and self.role in (Role.MODERATOR, Role.ADMIN)


class Outside:
    """Where somebody stands who has an account and no place in this network."""

    open_network_ids: list = []
    is_current = is_admin = is_moderator = False
    role = None

    def __init__(self, network):
        self.network = network
        self.network_id = network.pk
