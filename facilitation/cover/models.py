"""Who looks after a group on which day, who is away and who steps in, and notes between them."""

from django.db import models
from django.db.models import F, Q

from microgroups.groups.models import MicroGroup
from network.ids import uuid7


class GroupKeptQuerySet(models.QuerySet):
    def visible_to(self, person):
        """Rows of the groups that this person facilitates."""
        if not person.pk:
            return self.none()
        mine = person.memberships.facilitating()
        return self.filter(group__in=mine.values("group"), group__network__in=person.network_ids())

    def in_groups_visible_to(self, person):
        """Rows of groups whose card this person may see: who does not facilitate them is refused,
        and not told that there is nothing."""
        return self.filter(group__in=MicroGroup.objects.visible_to(person))


class Duty(models.Model):
    """One day of the week on which a facilitator looks after the group."""

    group = models.ForeignKey(
        "microgroups.MicroGroup", on_delete=models.CASCADE, related_name="duties", db_index=False
    )
    person = models.ForeignKey("network.Person", on_delete=models.CASCADE, related_name="duties")
    weekday = models.PositiveSmallIntegerField(help_text="0 is Monday.")

    objects = GroupKeptQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "group", "person", "weekday", name="one_duty_per_group_person_and_weekday"
            ),
            models.CheckConstraint(name="a_week_has_seven_days", condition=Q(weekday__lte=6)),
        ]

    def __str__(self):
        return f"{self.person_id} on day {self.weekday}"


class Leave(models.Model):
    """Some days on which a facilitator is away, as they have said."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(
        "microgroups.MicroGroup", on_delete=models.CASCADE, related_name="leaves", db_index=False
    )
    person = models.ForeignKey("network.Person", on_delete=models.CASCADE, related_name="leaves")
    starts_on = models.DateField()
    back_on = models.DateField(help_text="The first day on which they are here again.")
    note = models.TextField(
        max_length=1000, blank=True, help_text="For those who step in; members do not read it."
    )
    deputy = models.ForeignKey(
        "network.Person", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField()
    handed_over_at = models.DateTimeField(null=True, help_text="When their cues went over.")

    objects = GroupKeptQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="a_leave_ends_after_it_began", condition=Q(back_on__gt=F("starts_on"))
            ),
        ]
        indexes = [
            models.Index(fields=["group", "-starts_on", "-id"], name="leaves_of_a_group"),
            models.Index(
                fields=["starts_on"],
                condition=Q(handed_over_at=None),
                name="leaves_to_hand_over",
            ),
        ]

    def __str__(self):
        return f"{self.person_id} until {self.back_on}"

    def covers(self, day):
        """Whether they are away on this day."""
        return self.starts_on <= day < self.back_on


class MemberNoteQuerySet(GroupKeptQuerySet):
    def visible_to(self, person):
        """Notes of the groups that this person facilitates, but for those about themselves."""
        return super().visible_to(person).exclude(about=person.pk)


class MemberNote(models.Model):
    """What one facilitator of a group tells the others about a member."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(
        "microgroups.MicroGroup",
        on_delete=models.CASCADE,
        related_name="member_notes",
        db_index=False,
    )
    about = models.ForeignKey(
        "network.Person", on_delete=models.CASCADE, related_name="notes_about"
    )
    by = models.ForeignKey("network.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    text = models.TextField(max_length=1000)
    at = models.DateTimeField()

    objects = MemberNoteQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["group", "about", "-at", "-id"], name="notes_about_a_member"),
        ]

    def __str__(self):
        return f"a note about {self.about_id}"
