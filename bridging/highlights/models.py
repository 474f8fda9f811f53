"""Posts that travel to the whole network by their author's consent, and what comes home."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q
from django.urls import reverse

from network.ids import uuid7


class State(models.TextChoices):
    PROPOSED = "proposed"
    CONSENTED = "consented"
    SHARED = "shared"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class HighlightQuerySet(models.QuerySet):
    def visible_to(self, person):
        """Shared ones of the person's networks; before and after that, those it concerns:
        its author, its proposer and the group's facilitators."""
        if not person.pk:
            return self.none()
        facilitated = person.memberships.facilitating()
        return self.filter(network__in=person.network_ids()).filter(
            (Q(state=State.SHARED) & ~Q(group__visibility="hidden"))
            | Q(author=person.pk)
            | Q(proposed_by=person.pk)
            | Q(group__in=facilitated.values("group"))
        )

    def concerning(self, person):
        """Those of which the person is the author, or asked for, or facilitates the group."""
        facilitated = person.memberships.facilitating().values("group")
        return self.filter(
            Q(author=person.pk) | Q(proposed_by=person.pk) | Q(group__in=facilitated)
        )

    def shared(self):
        return self.filter(state=State.SHARED)


class Highlight(models.Model):
    """A post's copy, shared from a group to the network by its author's consent."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    network = models.ForeignKey(
        "network.Network", on_delete=models.PROTECT, related_name="highlights"
    )
    group = models.ForeignKey(
        "microgroups.MicroGroup", on_delete=models.CASCADE, related_name="highlights"
    )
    post = models.ForeignKey(
        "microgroups.Post", null=True, on_delete=models.SET_NULL, related_name="highlights"
    )
    author = models.ForeignKey(
        "network.Person", null=True, on_delete=models.SET_NULL, related_name="highlights"
    )
    proposed_by = models.ForeignKey(
        "network.Person", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    shared_by = models.ForeignKey(
        "network.Person", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    note = models.CharField(max_length=1000, blank=True, help_text="Why others may like it.")
    title = models.CharField(max_length=200, help_text="The thread's title, when it was copied.")
    body = models.TextField()
    body_html = models.TextField()
    excerpt_html = models.TextField(help_text="How the card begins.")
    state = models.CharField(max_length=9, choices=State, default=State.PROPOSED)
    proposed_at = models.DateTimeField()
    consented_at = models.DateTimeField(null=True, blank=True)
    shared_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True, help_text="Declined or withdrawn.")
    ended_by = models.ForeignKey(
        "network.Person", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    echoes_count = models.PositiveIntegerField(default=0, editable=False)
    search = models.GeneratedField(
        expression=SearchVector("title", weight="A", config="kith")
        + SearchVector("body", "note", weight="B", config="kith"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = HighlightQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["post"],
                condition=Q(state__in=["proposed", "consented", "shared"]),
                name="one_standing_highlight_per_post",
            ),
            models.CheckConstraint(
                name="nothing_is_shared_without_consent",
                condition=~Q(state="shared")
                | Q(consented_at__isnull=False, shared_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["network", "-shared_at", "-id"],
                condition=Q(state="shared"),
                name="the_feed_of_a_network",
            ),
            models.Index(fields=["group", "-proposed_at"], name="highlights_of_a_group"),
            GinIndex(fields=["search"], name="highlights_by_words"),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("highlight", args=[self.pk])

    @property
    def is_shared(self):
        return self.state == State.SHARED

    @property
    def is_standing(self):
        return self.state in (State.PROPOSED, State.CONSENTED, State.SHARED)


class EchoQuerySet(models.QuerySet):
    def visible_to(self, person):
        """Echoes of the highlights this person may see."""
        return self.filter(highlight__in=Highlight.objects.visible_to(person))


class Echo(models.Model):
    """A response from the network to a highlight, brought home to the group."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    highlight = models.ForeignKey(Highlight, on_delete=models.CASCADE, related_name="echoes")
    author = models.ForeignKey(
        "network.Person", null=True, on_delete=models.SET_NULL, related_name="echoes"
    )
    body = models.TextField(max_length=4000)
    body_html = models.TextField()
    at = models.DateTimeField()

    objects = EchoQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["highlight", "at", "id"], name="echoes_of_a_highlight")]

    def __str__(self):
        return f"echo of {self.at:%Y-%m-%d %H:%M}"
