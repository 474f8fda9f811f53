"""Words that ask a lapsed member back: drafted for a person to send, and few of them."""

from django.db import models
from django.db.models import Q

from microgroups.membership.models import Membership
from network.ids import uuid7


class Step(models.IntegerChoices):
    """How far one goes with somebody within one absence (domain.md R25)."""

    FIRST = 1
    SECOND = 2
    CHOICE = 3  # stay, rest or leave: asked once
    RESTING = 4  # told that they will rest, two weeks before


class State(models.TextChoices):
    DRAFT = "draft"
    SENT = "sent"
    DISCARDED = "discarded"
    LAPSED = "lapsed"  # the world has moved on: they are back, rest, or have left


class NudgeQuerySet(models.QuerySet):
    def visible_to(self, person):
        """Those of the groups that this person facilitates, but none about themselves."""
        if not person.pk:
            return self.none()
        mine = Membership.objects.filter(person=person.pk).facilitating()
        here = self.filter(network__in=person.network_ids(), group__in=mine.values("group"))
        return here.exclude(person=person.pk)

    def in_groups_visible_to(self, person):
        """Those of groups that this person is in: who does not facilitate there is refused, and
        not told that there is nothing. None about themselves."""
        if not person.pk:
            return self.none()
        mine = Membership.objects.filter(person=person.pk).reading()
        here = self.filter(network__in=person.network_ids(), group__in=mine.values("group"))
        return here.exclude(person=person.pk)

    def sent_to(self, person):
        """What has reached this person, in groups that they are still in."""
        if not person.pk:
            return self.none()
        mine = Membership.objects.filter(person=person.pk).reading()
        here = self.filter(network__in=person.network_ids(), group__in=mine.values("group"))
        return here.filter(person=person.pk, state=State.SENT)

    def drafts(self):
        return self.filter(state=State.DRAFT)

    def sent(self):
        return self.filter(state=State.SENT)


class Nudge(models.Model):
    """One word to one member within one absence."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    network = models.ForeignKey("network.Network", on_delete=models.PROTECT, related_name="+")
    group = models.ForeignKey(
        "microgroups.MicroGroup", on_delete=models.CASCADE, related_name="nudges"
    )
    absence = models.ForeignKey(
        "facilitation.Absence", on_delete=models.CASCADE, related_name="nudges"
    )
    person = models.ForeignKey("network.Person", on_delete=models.CASCADE, related_name="nudges")
    step = models.PositiveSmallIntegerField(choices=Step)
    thread = models.ForeignKey(
        "microgroups.Thread", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    body = models.TextField(max_length=1000, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    opened_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True, help_text="When a person last changed it.")
    sent_at = models.DateTimeField(null=True)
    sent_by = models.ForeignKey(
        "network.Person",
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="In whose name; nobody: Kith itself.",
    )
    window = models.IntegerField(null=True, help_text="Which fortnight it was sent in.")

    objects = NudgeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("absence", "step", name="one_nudge_per_absence_and_step"),
            # The gate keeps 14 days between two of them: these never lie in the same fortnight.
            models.UniqueConstraint(
                fields=["network", "person", "window"],
                condition=~Q(step=3),
                name="one_nudge_per_person_and_window",
            ),
            models.CheckConstraint(
                name="a_nudge_that_was_sent_says_when",
                condition=Q(state="sent", sent_at__isnull=False)
                | (~Q(state="sent") & Q(sent_at__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(fields=["group", "-id"], name="nudges_of_a_group"),
            models.Index(fields=["opened_at"], condition=Q(state="draft"), name="open_drafts"),
        ]

    def __str__(self):
        return f"{self.state} nudge {self.step}"

    @property
    def is_draft(self):
        return self.state == State.DRAFT

    @property
    def is_left_be(self):
        return self.state == State.DISCARDED

    @property
    def is_sent(self):
        return self.state == State.SENT

    @property
    def is_choice(self):
        """Answered by staying, resting or leaving; no letter with words of its own."""
        return self.step >= Step.CHOICE

    @property
    def is_second(self):
        return self.step == Step.SECOND


class NudgeHabit(models.Model):
    """What Kith may do in a group by itself: write where no facilitator does (without a row it does
    not), and let rest who has not answered twice, where somebody waits (without a row it does)."""

    group = models.OneToOneField(
        "microgroups.MicroGroup", on_delete=models.CASCADE, related_name="nudge_habit"
    )
    by_kith = models.BooleanField(default=False)
    rests = models.BooleanField(default=True, db_default=True)

    def __str__(self):
        return f"nudges of {self.group_id}"
