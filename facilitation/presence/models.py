"""Who has been away unusually long, by their own rhythm."""

from django.db import models
from django.db.models import Q


class Level(models.TextChoices):
    QUIET = "quiet"
    LAPSED = "lapsed"


class AbsenceQuerySet(models.QuerySet):
    def going_on(self):
        return self.filter(ended_at=None)


class Absence(models.Model):
    """A silence that is unusual for this member; it ends when they come back."""

    membership = models.ForeignKey(
        "microgroups.Membership", on_delete=models.CASCADE, related_name="absences", db_index=False
    )
    last_visit_on = models.DateField()
    level = models.CharField(max_length=6, choices=Level)
    chance = models.FloatField(
        help_text="Probability that a member who belongs stays away so long."
    )
    days_away = models.PositiveIntegerField(help_text="Days on which the group was alive.")
    usual_gap = models.FloatField(help_text="Their own mean gap in days, or the group's median.")
    noticed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    is_news = models.BooleanField(default=False, help_text="Facilitators are still to be told.")

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("membership", "last_visit_on", name="one_absence_per_silence"),
        ]
        indexes = [
            models.Index(
                fields=["membership"], condition=Q(ended_at=None), name="absences_going_on"
            ),
            models.Index(
                fields=["membership"], condition=Q(is_news=True, ended_at=None), name="new_absences"
            ),
        ]

    def __str__(self):
        return f"{self.level} since {self.last_visit_on}"
