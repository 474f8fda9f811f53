"""A prepared opener: a draft that waits, is asked in somebody's name, or is let go."""

from django.db import models
from django.db.models import Case, Q, When
from django.urls import reverse

from facilitation.starters.rules import REST
from microgroups.groups.models import MicroGroup
from network.ids import uuid7


class State(models.TextChoices):
    DRAFTED = "drafted"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    DISCARDED = "discarded"


WAITING = (State.DRAFTED, State.SCHEDULED)


class StarterQuerySet(models.QuerySet):
    def visible_to(self, person):
        """Starters of the groups this person facilitates."""
        if not person.pk:
            return self.none()
        mine = person.memberships.facilitating()
        return self.filter(group__in=mine.values("group"), group__network__in=person.network_ids())

    def in_groups_visible_to(self, person):
        """Starters of groups whose card this person may see: who does not facilitate them is
        refused, and not told that there is nothing."""
        return self.filter(group__in=MicroGroup.objects.visible_to(person))

    def waiting(self):
        """Neither asked nor let go."""
        return self.filter(state__in=WAITING)

    def due(self, now):
        """Scheduled for a time that has come."""
        return self.filter(state=State.SCHEDULED, publish_at__lte=now)

    def with_habit(self):
        """`kith_asks`: whether Kith asks it by itself where nobody sees to it."""
        untouched = Q(is_untouched=True, state=State.DRAFTED, group__starter_habit__by_kith=True)
        return self.annotate(kith_asks=Case(When(untouched, then=True), default=False))

    def left_to_kith(self, now):
        """Drafts of Kith that nobody has seen to in time, in groups that let Kith ask them."""
        drafts = self.filter(state=State.DRAFTED, is_untouched=True, left_until__lte=now)
        return drafts.filter(group__starter_habit__by_kith=True)

    def resting(self, now):
        """Those whose opener rests: it waits, or was asked within 56 days."""
        asked = Q(state=State.PUBLISHED, decided_at__gt=now - REST)
        return self.exclude(opener="").filter(asked | Q(state__in=WAITING))


class Starter(models.Model):
    """Words to begin a thread with. Once asked they stand in the thread, and here no more."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(
        "microgroups.MicroGroup", on_delete=models.CASCADE, related_name="starters"
    )
    state = models.CharField(max_length=9, choices=State, default=State.DRAFTED)
    title = models.CharField(max_length=200, blank=True)
    body = models.TextField(max_length=40_000, blank=True, help_text="Markdown.")
    opener = models.CharField(max_length=40, blank=True, help_text="Its key in the library.")
    from_kith = models.BooleanField(default=False, help_text="It began as a draft by Kith.")
    is_untouched = models.BooleanField(
        default=False, help_text="Kith's words, which no person has changed or asked."
    )
    author = models.ForeignKey(
        "network.Person",
        null=True,
        on_delete=models.SET_NULL,
        related_name="starters",
        help_text="Who wrote it, or changed it last.",
    )
    decided_by = models.ForeignKey(
        "network.Person",
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="In whose name it is asked, or who let it go; nobody: Kith or the world did.",
    )
    created_at = models.DateTimeField()
    publish_at = models.DateTimeField(null=True)
    left_until = models.DateTimeField(
        null=True, help_text="Until then it is left to people; then Kith may ask it, if at all."
    )
    decided_at = models.DateTimeField(null=True)
    thread = models.OneToOneField(
        "microgroups.Thread", null=True, on_delete=models.SET_NULL, related_name="starter"
    )

    objects = StarterQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "group",
                condition=Q(from_kith=True, state__in=WAITING),
                name="one_draft_of_kith_waits_at_a_time",
            ),
            models.CheckConstraint(
                name="what_is_scheduled_has_its_time",
                condition=Q(state=State.SCHEDULED, publish_at__isnull=False)
                | (~Q(state=State.SCHEDULED) & Q(publish_at=None)),
            ),
            models.CheckConstraint(
                name="what_waits_has_its_words",
                condition=Q(state=State.PUBLISHED) | (~Q(title="") & ~Q(body="")),
            ),
        ]
        indexes = [
            models.Index(fields=["group", "-created_at", "-id"], name="starters_of_a_group"),
            models.Index(
                fields=["publish_at"], condition=Q(state="scheduled"), name="scheduled_starters"
            ),
        ]

    def __str__(self):
        return f"{self.state} starter"

    def get_absolute_url(self):
        return reverse("starter", args=[self.pk])

    @property
    def is_waiting(self):
        return self.state in WAITING

    @property
    def is_scheduled(self):
        return self.state == State.SCHEDULED

    @property
    def is_discarded(self):
        return self.state == State.DISCARDED

    @property
    def is_published(self):
        return self.state == State.PUBLISHED

    @property
    def is_by_kith(self):
        """Kith itself has asked it."""
        return self.is_published and self.is_untouched


class StarterHabit(models.Model):
    """Whether Kith asks by itself in a group where nobody else does; without a row it does not."""

    group = models.OneToOneField(
        "microgroups.MicroGroup", on_delete=models.CASCADE, related_name="starter_habit"
    )
    by_kith = models.BooleanField(default=False)

    def __str__(self):
        return f"starters of {self.group_id}"
