"""That a thread waited for a day, and what came of asking two people."""

from django.db import models
from django.db.models import Q


class Rescue(models.Model):
    """One thread that nobody had answered for a day. It counts as rescued only where its author
    came back after the answer (domain.md R17)."""

    thread = models.OneToOneField(
        "microgroups.Thread", on_delete=models.CASCADE, related_name="rescue"
    )
    asked_at = models.DateTimeField(help_text="When people likely to know were asked.")
    asked = models.PositiveSmallIntegerField(default=0, help_text="How many were.")
    told_at = models.DateTimeField(null=True, help_text="When the facilitators were.")
    answered_at = models.DateTimeField(null=True)
    returned_at = models.DateTimeField(null=True, help_text="The author was seen again by then.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="who_returns_was_answered",
                condition=Q(returned_at=None) | Q(answered_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["asked_at"], condition=Q(returned_at=None), name="open_rescues"),
        ]

    def __str__(self):
        return f"rescue of {self.thread_id}"
