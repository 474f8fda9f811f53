"""What a group asks its people to look at twice before it goes out, and how often that was so."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from microgroups.reminders.rules import LONGEST


class Reminder(models.Model):
    """A group's kind question before posting. Whether it is asked stands on the group
    (`looks_twice`). The figures are bare numbers: neither words nor people are kept."""

    group = models.OneToOneField(
        "microgroups.MicroGroup", on_delete=models.CASCADE, related_name="reminder"
    )
    words = ArrayField(models.CharField(max_length=LONGEST), default=list, blank=True)
    capitals = models.BooleanField(default=True)
    marks = models.BooleanField(default=True)
    shown = models.PositiveIntegerField(default=0, editable=False, help_text="How often.")
    changed = models.PositiveIntegerField(
        default=0, editable=False, help_text="How often it went out in other words."
    )
    kept = models.PositiveIntegerField(
        default=0, editable=False, help_text="How often it went out as it was."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="what_went_out_was_asked_about",
                condition=Q(shown__gte=F("changed") + F("kept")),
            ),
        ]

    def __str__(self):
        return f"reminder of {self.group_id}"

    @property
    def left(self):
        """How often it did not go out; or not yet."""
        return self.shown - self.changed - self.kept
