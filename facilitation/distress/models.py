"""That somebody calls for help, and who was called; it stands in no letter, figure or feed."""

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from microgroups.groups.reading import looks_after
from network.ids import uuid7


class Word(models.TextChoices):
    """What whoever called says since; each of them is true of oneself and of somebody else."""

    SAFE = "safe", "Safe now"
    COMPANY = "company", "Not alone any more"
    NEEDED = "needed", "Somebody is needed still"


class DistressQuerySet(models.QuerySet):
    def visible_to(self, person):
        """What one has called for; those of a group that one facilitates; and, of those who look
        after the network, whoever was called. Never whom it may be about."""
        if not person.pk:
            return self.none()
        here = self.filter(network__in=person.network_ids())
        facilitated = person.memberships.facilitating().values("group")
        called = Call.objects.filter(distress=OuterRef("pk"), person=person.pk)
        helps = Q(group__in=facilitated) | (Q(Exists(called)) & looks_after(person))
        about_them = Q(post__author=person.pk)
        return here.filter(Q(person=person.pk) | (helps & ~about_them))

    def unseen(self):
        return self.filter(seen_at=None)

    def due(self, now):
        """Those that nobody has seen, whose next ring has come."""
        return self.unseen().filter(next_ring_at__lte=now)


class Distress(models.Model):
    """Somebody asks for a person at once: for themselves, or for somebody else."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    network = models.ForeignKey("network.Network", on_delete=models.PROTECT, related_name="+")
    group = models.ForeignKey("microgroups.MicroGroup", on_delete=models.CASCADE, related_name="+")
    post = models.ForeignKey(
        "microgroups.Post", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    person = models.ForeignKey(
        "network.Person",
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Who called for help.",
    )
    note = models.CharField(max_length=1000, blank=True, help_text="For those who are called.")
    word = models.CharField(
        max_length=7,
        choices=Word,
        blank=True,
        db_default="",
        default="",
        help_text="What they say since. It ends nothing: only a person who has looked does.",
    )
    word_at = models.DateTimeField(null=True)
    at = models.DateTimeField()
    rings = models.PositiveSmallIntegerField(default=0, help_text="How often people were called.")
    next_ring_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    seen_by = models.ForeignKey(
        "network.Person", null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = DistressQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "group", "post"],
                condition=Q(seen_at=None),
                nulls_distinct=False,
                name="one_unseen_call_for_help_per_person_and_post",
            ),
            models.CheckConstraint(
                name="a_word_since_a_call_has_its_time",
                condition=Q(word="", word_at=None) | (~Q(word="") & Q(word_at__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_ring_at"], condition=Q(seen_at=None), name="calls_for_help_to_ring"
            ),
            models.Index(fields=["group", "-at"], name="calls_for_help_in_a_group"),
        ]

    def __str__(self):
        return f"call for help of {self.at:%Y-%m-%d %H:%M}"

    def get_absolute_url(self):
        return reverse("distress", args=[self.pk])

    @property
    def is_seen(self):
        return self.seen_at is not None

    @property
    def is_better(self):
        """Whoever called says that it is better now."""
        return self.word in (Word.SAFE, Word.COMPANY)


class Call(models.Model):
    """Somebody was called, in one ring."""

    distress = models.ForeignKey(
        Distress, on_delete=models.CASCADE, related_name="calls", db_index=False
    )
    person = models.ForeignKey("network.Person", on_delete=models.CASCADE, related_name="+")
    ring = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("distress", "ring", "person", name="one_call_per_ring"),
        ]

    def __str__(self):
        return f"call {self.ring} of {self.person_id}"
