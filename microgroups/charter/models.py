"""What a group's charter said before, who changed it, and who said that it still holds."""

from django.db import models
from django.db.models import F, Q

from microgroups.groups.for_later import KeptForLater, KeptQuerySet
from network.ids import uuid7


class CharterVersionQuerySet(models.QuerySet):
    def visible_to(self, person):
        """Those of the groups one reads in; a network's admin reads all of the network.

        Others see the charter as it stands, and not what was taken out of it.
        """
        if not person.pk:
            return self.none()
        here = self.filter(group__network__in=person.network_ids())
        if person.here is not None and person.here.is_admin:
            return here
        return here.filter(group__in=person.memberships.reading().values("group"))

    def confirming(self):
        """Those that say that the charter holds."""
        return self.filter(is_confirmation=True)

    def newest_first(self):
        return self.order_by("-at", "-pk")


class CharterVersion(models.Model):
    """One look at a charter: what somebody changed of it, or that it holds as it stands."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(
        "microgroups.MicroGroup",
        on_delete=models.CASCADE,
        related_name="charter_versions",
        db_index=False,
    )
    by = models.ForeignKey("network.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    is_confirmation = models.BooleanField(default=False, help_text="They said that it holds.")
    before = models.JSONField(default=dict, help_text="By text, how it read.")
    after = models.JSONField(default=dict, help_text="By text, how it reads since.")

    objects = CharterVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="a_version_changes_something_or_confirms",
                condition=Q(is_confirmation=True) | ~Q(before={}),
            ),
        ]
        indexes = [models.Index(fields=["group", "-at", "-id"], name="versions_of_a_charter")]

    def __str__(self):
        return f"charter of {self.group_id} as of {self.at:%Y-%m-%d %H:%M}"

    @property
    def changed(self):
        """The names of the texts that were changed."""
        return list(self.after)


class CharterDraftQuerySet(KeptQuerySet):
    def visible_to(self, person):
        """The person's own, of groups that they facilitate still."""
        if not person.pk:
            return self.none()
        mine = person.memberships.facilitating().filter(group__network__in=person.network_ids())
        return self.filter(by=person.pk, group__in=mine.values("group"))


class CharterDraft(KeptForLater):
    """Answers that a facilitator would give otherwise, kept for later; theirs alone until then."""

    kind, called, page = "charter_draft", "Charter of", "confirm_charter"

    objects = CharterDraftQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                F("group"), F("by"), name="one_charter_draft_per_group_and_person"
            ),
        ]

    def __str__(self):
        return f"charter of {self.group_id} as {self.by_id} would have it"
