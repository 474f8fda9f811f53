"""The digest: what waited for somebody in their groups, as one letter."""

from django.db import models
from django.db.models import Q

from network.ids import uuid7
from network.notifications.models import Mailed, MailedQuerySet

CAUSE = "digest:"  # what its row of Attention begins with


class DigestQuerySet(MailedQuerySet):
    def to_write(self):
        return self.select_related("person", "network")

    def of_causes(self, person, causes):
        """The person's digests that rows of Attention with these causes tell of."""
        keys = [cause.removeprefix(CAUSE) for cause in causes if cause.startswith(CAUSE)]
        return self.filter(person=person.pk, pk__in=keys) if keys else self.none()


class Digest(Mailed):
    """One evening on which something waited for somebody; what it was is asked when it is sent."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    network = models.ForeignKey("network.Network", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("network.Person", on_delete=models.CASCADE, related_name="digests")
    period = models.DateField(help_text="The day, by the clock on the person's wall.")
    since = models.DateTimeField(help_text="It tells what was said after this")
    until = models.DateTimeField(help_text="and no later than this.")

    objects = DigestQuerySet.as_manager()

    withheld_why = ""  # reads like a Notice

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "person", "network", "period", name="one_digest_per_person_and_day"
            ),
        ]
        indexes = [
            models.Index(
                fields=["mail_due_at", "id"],
                condition=Q(mail__in=["due", "claimed"]),
                name="digests_to_mail",
            ),
            models.Index(fields=["until"], name="digests_to_forget"),
        ]

    def __str__(self):
        return f"digest of {self.period} for {self.person_id}"

    @property
    def cause(self):
        return f"{CAUSE}{self.pk}"
