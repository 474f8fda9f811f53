"""How a group greets, who shows newcomers around, and that each was welcomed once."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from facilitation.welcome.rules import GREETING, STEPS


class Greeting(models.Model):
    """How one group greets: in its own words, and with which steps of the first two weeks."""

    group = models.OneToOneField(
        "microgroups.MicroGroup", on_delete=models.CASCADE, related_name="greeting"
    )
    words = models.TextField(max_length=GREETING, blank=True)
    steps = ArrayField(models.CharField(max_length=8), default=list, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="a_greeting_takes_known_steps", condition=Q(steps__contained_by=[*STEPS])
            ),
        ]

    def __str__(self):
        return f"greeting of {self.group_id}"


class BuddyQuerySet(models.QuerySet):
    def visible_to(self, person):
        """Offers in the groups that this person is in."""
        if not person.pk:
            return self.none()
        inside = person.memberships.reading().values("group")
        return self.filter(
            membership__group__in=inside, membership__group__network__in=person.network_ids()
        )


class Buddy(models.Model):
    """A member's offer to show newcomers of the group around."""

    membership = models.OneToOneField(
        "microgroups.Membership", on_delete=models.CASCADE, related_name="buddy_offer"
    )
    since = models.DateTimeField()
    asked_at = models.DateTimeField(null=True, blank=True, help_text="When it was their turn last.")

    objects = BuddyQuerySet.as_manager()

    def __str__(self):
        return f"buddy since {self.since:%Y-%m-%d}"


class Welcome(models.Model):
    """The welcome of one membership: the greeting and the Cue were made with this row."""

    membership = models.OneToOneField(
        "microgroups.Membership", on_delete=models.CASCADE, related_name="welcome"
    )
    at = models.DateTimeField()
    buddy = models.ForeignKey(
        "network.Person",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Who was asked to show them around.",
    )
    fits_at = models.DateTimeField(
        null=True, blank=True, help_text="When they said that this is the right group."
    )

    def __str__(self):
        return f"welcome of {self.membership_id}"
