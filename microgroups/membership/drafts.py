"""Answers to the questions at a door, kept for later by whoever stands before it."""

from django.db import models
from django.db.models import F

from microgroups.groups.for_later import KeptForLater, KeptQuerySet
from microgroups.groups.models import MicroGroup
from microgroups.membership.models import CURRENT
from network.ids import uuid7


class AnswersDraftQuerySet(KeptQuerySet):
    def visible_to(self, person):
        """The person's own, at open doors that they may see and have not gone through."""
        if not person.pk:
            return self.none()
        doors = MicroGroup.objects.visible_to(person).open()
        there = person.memberships.filter(state__in=CURRENT)
        mine = self.filter(by=person.pk, group__in=doors.values("pk"))
        return mine.exclude(group__in=there.values("group"))


class AnswersDraft(KeptForLater):
    """What somebody would answer at a door, so far; theirs alone until they ask to come in."""

    kind, called, page = "answers_draft", "Answers for", "join"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)

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

    def beside(self, questions):
        """[(question, answer)] of those that are not asked any more."""
        return [(each, said) for each, said in self.words.items() if said and each not in questions]
