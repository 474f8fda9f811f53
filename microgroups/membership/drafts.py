"""Answers to the questions at a door, kept for later by whoever stands before it."""

from django.db import models
from django.db.models import F

from microgroups.groups.fading import FadingQuerySet
from microgroups.groups.models import MicroGroup
from microgroups.membership.models import CURRENT
from network.ids import uuid7


class AnswersDraftQuerySet(FadingQuerySet):
    touched = "kept_at"

    def visible_to(self, person):
        """The person's own, at open doors that they may see and have not gone through."""
        if not person.pk:
            return self.none()
        doors = MicroGroup.objects.visible_to(person).open()
        there = person.memberships.filter(state__in=CURRENT)
        mine = self.filter(by=person.pk, group__in=doors.values("pk"))
        return mine.exclude(group__in=there.values("group"))

    def let_go(self, group, person):
        """Whoever has answered, or wants nothing of it any more, keeps nothing for later."""
        if group.questions:
            self.filter(group=group, by=person).delete()


class AnswersDraft(models.Model):
    """What somebody would answer at a door, so far; theirs alone until they ask to come in."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(
        "microgroups.MicroGroup", on_delete=models.CASCADE, related_name="answers_drafts"
    )
    by = models.ForeignKey("network.Person", on_delete=models.CASCADE, related_name="+")
    words = models.JSONField(default=dict, help_text="By question, what they would answer.")
    kept_at = models.DateTimeField()
    warned_at = models.DateTimeField(null=True)

    objects = AnswersDraftQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                F("group"), F("by"), name="one_draft_of_answers_per_group_and_person"
            ),
        ]
        indexes = [models.Index(fields=["kept_at"], name="drafts_of_answers_by_age")]

    def __str__(self):
        return f"answers of {self.by_id} at the door of {self.group_id}"

    def told_of(self):
        """Who is told that it goes, untouched since when, and how they find it."""
        about = ("answers_draft", self.pk)
        facts = {"network": self.group.network, "group": self.group, "subject": about}
        return self.by, self.kept_at, facts
