"""The append-only log of what happened. It holds keys, never a person's words."""

from django.db import models
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast


class ActivityQuerySet(models.QuerySet):
    def visible_to(self, person):
        """The whole log of the network one came through, for its admins."""
        if person.here is None or not person.here.is_admin:
            return self.none()
        return self.filter(network__in=person.network_ids())

    def of_group(self, key, person):
        """What happened in one group, in the networks one may look into."""
        return self.filter(group_id=key, network__in=person.network_ids())


class Activity(models.Model):
    """A row of the log: who did what to which thing, and when."""

    network = models.ForeignKey("network.Network", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    actor = models.ForeignKey(
        "network.Person", null=True, on_delete=models.PROTECT, related_name="activities"
    )
    verb = models.CharField(max_length=40, help_text="The thing and what became of it.")
    about_type = models.CharField(max_length=20)
    about_id = models.CharField(max_length=36, help_text="The key of the thing.")
    group_id = models.UUIDField(null=True, help_text="The group it happened in, if any.")
    facts = models.JSONField(default=dict, help_text="Keys and numbers; no words of a person.")
    transaction = models.BigIntegerField(
        db_default=Cast(RawSQL("pg_current_xact_id()::text", ()), models.BigIntegerField()),
        editable=False,
    )

    objects = ActivityQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["network", "-id"], name="activity_of_a_network"),
            models.Index(fields=["group_id", "-id"], name="activity_of_a_group"),
            models.Index(fields=["transaction", "id"], name="activity_by_transaction"),
        ]

    def __str__(self):
        return f"{self.verb} {self.about_id}"
