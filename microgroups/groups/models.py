"""The small groups: what they are for, how big they may be, who sees them."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery, SearchVector, SearchVectorField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce, Greatest, Least
from django.urls import reverse

from network.ids import uuid7
from network.pictures import PAINTS, few_left


class State(models.TextChoices):
    PROPOSED = "proposed"
    OPEN = "open"
    ARCHIVED = "archived"
    DECLINED = "declined"


class JoinPolicy(models.TextChoices):
    OPEN = "open"
    ASK = "ask"
    INVITE = "invite"


class Visibility(models.TextChoices):
    NETWORK = "network"
    LISTED = "listed"
    HIDDEN = "hidden"


class MicroGroupQuerySet(models.QuerySet):
    def visible_to(self, person):
        """Groups whose card this person may see.

        Of the person's networks: those shown to the network, hidden ones that know the person,
        and all for an admin. A declined one shows itself to its founder and to admins.
        """
        if not person.pk:
            return self.none()
        theirs = self.filter(network__in=person.network_ids())
        if person.here is not None and person.here.is_admin:
            return theirs
        shown = ~Q(visibility=Visibility.HIDDEN) & ~Q(state=State.DECLINED)
        known = Q(pk__in=person.memberships.knowing_hidden().values("group"))
        return theirs.filter(shown | known | Q(founder=person.pk))

    def open(self):
        return self.filter(state=State.OPEN)

    def with_free_seats(self):
        """Groups that have room: fewer seats taken than their cap and their ceiling allow."""
        limit = Greatest(Coalesce("ceiling", 0), "network__max_cap")
        return self.filter(seats_taken__lt=Least("cap", limit))

    def with_words(self, words):
        """Groups whose card or charter holds the words; all without words."""
        if not words.strip():
            return self
        query = SearchQuery(words, config="kith", search_type="websearch")
        return self.filter(Q(search=query) | Q(name__istartswith=words.strip()))

    def facilitated_by(self, person):
        """Groups that this person facilitates."""
        return self.filter(pk__in=person.memberships.facilitating().values("group"))

    def with_sisters(self):
        """`has_sisters`: whether open groups have grown from it."""
        grown = MicroGroup.objects.filter(sister_of=OuterRef("pk"), state=State.OPEN)
        return self.annotate(has_sisters=Exists(grown))

    def without_facilitator(self):
        """Groups that nobody facilitates: an imported one, until an admin names the first."""
        return self.exclude(memberships__role="facilitator")

    def over_policy(self):
        """Groups with more seats taken than the policy, or their own ceiling, allows."""
        limit = Greatest(Coalesce("ceiling", 0), "network__max_cap")
        return self.filter(seats_taken__gt=limit)

    def inside_for(self, person):
        """Groups whose talk this person may read: those they are an active or resting member of."""
        if not person.pk:
            return self.none()
        return self.filter(
            network__in=person.network_ids(),
            pk__in=person.memberships.reading().values("group"),
        )


class MicroGroup(models.Model):
    """A group small enough that everybody knows your name."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    network = models.ForeignKey("network.Network", on_delete=models.PROTECT, related_name="groups")
    slug = models.SlugField(max_length=100)
    name = models.CharField(max_length=80)
    purpose = models.CharField(max_length=140, help_text="Why join and stay, in one sentence.")
    difference = models.TextField(max_length=4000, help_text="What makes it different.")
    belonging = models.TextField(max_length=4000, help_text="Who belongs, and who does not.")
    agreements = models.TextField(max_length=4000, help_text="How we treat each other.")
    care_plan = models.TextField(max_length=4000, help_text="Who welcomes and keeps talk alive.")
    colour = models.CharField(max_length=8, choices=[(paint, paint) for paint in PAINTS])
    state = models.CharField(max_length=8, choices=State, default=State.PROPOSED)
    join_policy = models.CharField(max_length=6, choices=JoinPolicy, default=JoinPolicy.OPEN)
    visibility = models.CharField(max_length=7, choices=Visibility, default=Visibility.LISTED)
    questions = models.JSONField(default=list, blank=True, help_text="Up to three texts.")
    cap = models.PositiveIntegerField(help_text="The most seats there may be.")
    ceiling = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="This group's own ceiling, granted by an admin in writing."
    )
    ceiling_reason = models.CharField(max_length=1000, blank=True)
    seats_taken = models.PositiveIntegerField(default=0, editable=False)
    waiting = models.PositiveIntegerField(default=0, editable=False)
    founder = models.ForeignKey(
        "network.Person", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    proposed_at = models.DateTimeField()
    founded_at = models.DateTimeField(null=True, blank=True, help_text="When it opened.")
    decline_reason = models.CharField(max_length=1000, blank=True)
    founder_answer = models.CharField(
        max_length=1000, blank=True, db_default="", help_text="What a founder answered to a no."
    )
    warned_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Told that a proposal ends in a week."
    )
    sister_of = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="sisters",
        help_text="The group that it has grown from.",
    )
    approved_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="When an admin said yes to a sister; it opens once people have chosen.",
    )
    archived_at = models.DateTimeField(null=True, blank=True)
    charter_confirmed_at = models.DateTimeField(null=True, blank=True)
    looks_twice = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="Kith asks for a second look before something goes out (reminders).",
    )
    agreements_changed_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Who accepted them before is asked anew."
    )
    is_imported = models.BooleanField(default=False, editable=False)
    # Days on which the group was alive: a member's post that day or in the six before (R22).
    alive_days = models.PositiveIntegerField(
        default=0, editable=False, help_text="Such days up to and including `alive_until`."
    )
    alive_until = models.DateField(null=True, blank=True, editable=False)
    usual_gap = models.FloatField(
        default=7.0, editable=False, help_text="Median days between visits of its members (R22)."
    )
    usual_gap_on = models.DateField(
        null=True, editable=False, help_text="As of which day the usual gap was told."
    )
    last_post_at = models.DateTimeField(null=True, blank=True, editable=False)
    search = models.GeneratedField(
        expression=SearchVector("name", weight="A", config="kith")
        + SearchVector("purpose", weight="B", config="kith")
        + SearchVector("difference", "belonging", weight="C", config="kith"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = MicroGroupQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("network", "slug", name="one_slug_per_network"),
            models.CheckConstraint(name="seats_within_cap", condition=Q(seats_taken__lte=F("cap"))),
            models.CheckConstraint(name="a_cap_is_at_least_one", condition=Q(cap__gte=1)),
        ]
        indexes = [
            models.Index(fields=["network", "state", "-founded_at", "-id"], name="groups_by_age"),
            GinIndex(fields=["search"], name="groups_by_words"),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("group", args=[self.slug])

    @property
    def limit(self):
        """The most seats the network allows here; `network` must be loaded."""
        return max(self.ceiling or 0, self.network.max_cap)

    @property
    def is_over_policy(self):
        """More seats taken than the ceiling: nobody is let in or lined up."""
        return self.seats_taken > self.limit

    @property
    def seats_left(self):
        return max(0, min(self.cap, self.limit) - self.seats_taken)

    @property
    def has_free_seat(self):
        return self.seats_left > 0

    @property
    def is_full(self):
        return not self.has_free_seat

    @property
    def is_soft_full(self):
        """Few windows are left: one says how many, and what other groups there are."""
        return few_left(self.seats_taken, min(self.cap, self.limit))

    @property
    def is_open(self):
        return self.state == State.OPEN

    @property
    def is_archived(self):
        return self.state == State.ARCHIVED

    @property
    def is_approved_sister(self):
        """An admin has said yes; it opens once the people of the group before it have chosen."""
        return self.state == State.PROPOSED and self.approved_at is not None

    @property
    def is_hidden(self):
        return self.visibility == Visibility.HIDDEN

    def shows_names_to(self, membership, place):
        """Whether who is in it may be read, by this membership or place in the network."""
        inside = membership is not None and membership.may_read
        return inside or self.visibility == Visibility.NETWORK or place.is_admin

    def alive_days_by(self, day):
        """How many days the group had been alive by `day`, which is not before its last post."""
        if self.alive_until is None:
            return 0
        return self.alive_days - max(0, (self.alive_until - day).days)
