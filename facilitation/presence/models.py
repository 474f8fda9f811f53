"""Who has been away unusually long, by their own rhythm."""

from django.db import models
from django.db.models import F, Q

from microgroups.membership.models import Membership


class Level(models.TextChoices):
    QUIET = "quiet"
    LAPSED = "lapsed"


class AbsenceQuerySet(models.QuerySet):
    def visible_to(self, person):
        """Silences in the groups that this person facilitates, but not their own; admins see none
        by their role."""
        if not person.pk:
            return self.none()
        mine = Membership.objects.filter(person=person.pk).facilitating()
        here = self.filter(membership__group__network__in=person.network_ids())
        here = here.filter(membership__group__in=mine.values("group"))
        return here.exclude(membership__person=person.pk)

    def going_on(self):
        return self.filter(ended_at=None)

    def still(self):
        """Those going on whose member has not come back since the sweep, and is still looked at."""
        return self.going_on().filter(
            membership__state="active",
            membership__rhythm_paused_at=None,
            membership__last_visit_on=F("last_visit_on"),
            membership__group__state="open",
        )


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
    is_held_out = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Kith drafts and sends nothing about it, so that one can tell what words do.",
    )
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

    @property
    def is_lapsed(self):
        return self.level == Level.LAPSED
