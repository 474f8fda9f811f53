"""How a group grows a sister, what each of its people chooses; and how two become one."""

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from network.ids import uuid7


class State(models.TextChoices):
    PROPOSED = "proposed"
    CHOOSING = "choosing"
    DONE = "done"
    DROPPED = "dropped"


class Way(models.TextChoices):
    """What one of its people chooses."""

    STAY = "stay"
    GO = "go"
    BOTH = "both"


UNDER_WAY = (State.PROPOSED, State.CHOOSING)


class BuddingQuerySet(models.QuerySet):
    def visible_to(self, person):
        """Those of the groups whose talk the person reads; of one they left by budding those that
        were proposed before."""
        if not person.pk:
            return self.none()
        inside = Q(group__in=person.memberships.reading().values("group"))
        parted = person.memberships.parted().filter(group=OuterRef("group"))
        before = Q(Exists(parted.filter(reads_until__gte=OuterRef("proposed_at"))))
        return self.filter(inside | before, group__network__in=person.network_ids())

    def under_way(self):
        return self.filter(state__in=UNDER_WAY)

    def unsettled(self, now):
        """Under way, or with people who are still in both groups."""
        return self.filter(Q(state__in=UNDER_WAY) | Q(both_until__gt=now))

    def choosing(self):
        return self.filter(state=State.CHOOSING)

    def newest(self):
        """The newest one first: what a group's page shows."""
        return self.order_by("-proposed_at", "-pk")


class Budding(models.Model):
    """A group grows a sister: proposed, chosen about, done; or dropped."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(
        "microgroups.MicroGroup", on_delete=models.CASCADE, related_name="buddings"
    )
    sister = models.OneToOneField(
        "microgroups.MicroGroup", on_delete=models.CASCADE, related_name="grown_by"
    )
    state = models.CharField(max_length=8, choices=State, default=State.PROPOSED)
    proposed_by = models.ForeignKey(
        "network.Person", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    facilitator = models.ForeignKey(
        "network.Person",
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Who would look after the sister.",
    )
    why = models.CharField(max_length=1000, blank=True, help_text="In the facilitator’s words.")
    facts = models.JSONField(default=dict, help_text="The numbers as they were when it began.")
    proposed_at = models.DateTimeField()
    closes_at = models.DateTimeField(null=True, help_text="Until when people choose.")
    reminded_at = models.DateTimeField(null=True, help_text="Who had not said was told again.")
    ended_at = models.DateTimeField(null=True, help_text="When it was done or dropped.")
    both_until = models.DateTimeField(null=True, help_text="Until when one may try both.")
    both_reminded_at = models.DateTimeField(null=True)

    objects = BuddingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["group"],
                condition=Q(state__in=["proposed", "choosing"]),
                name="a_group_grows_one_sister_at_a_time",
            ),
            models.CheckConstraint(
                name="choosing_has_an_end",
                condition=~Q(state="choosing") | Q(closes_at__isnull=False),
            ),
            models.CheckConstraint(
                name="a_group_is_not_its_own_sister", condition=~Q(group=F("sister"))
            ),
        ]
        indexes = [
            models.Index(fields=["group", "-proposed_at"], name="buddings_of_a_group"),
            models.Index(
                fields=["closes_at"], condition=Q(state="choosing"), name="choices_that_end"
            ),
            models.Index(
                fields=["both_until"],
                condition=Q(both_until__isnull=False),
                name="both_sisters_until",
            ),
        ]

    def __str__(self):
        return f"{self.sister_id} out of {self.group_id}"

    @property
    def is_proposed(self):
        return self.state == State.PROPOSED

    @property
    def is_choosing(self):
        return self.state == State.CHOOSING

    @property
    def is_done(self):
        return self.state == State.DONE

    @property
    def is_dropped(self):
        return self.state == State.DROPPED

    @property
    def is_under_way(self):
        return self.state in UNDER_WAY


class ChoiceQuerySet(models.QuerySet):
    def visible_to(self, person):
        """One's own; of groups that one facilitates all."""
        if not person.pk:
            return self.none()
        here = self.filter(budding__group__network__in=person.network_ids())
        theirs = Q(budding__group__in=person.memberships.facilitating().values("group"))
        return here.filter(Q(person=person.pk) | theirs)

    def of(self, person):
        """The person's word, or None. Ends the chain."""
        return self.filter(person=person.pk).first()


class Choice(models.Model):
    """What one of the group's people said: stay, go, or both for a while."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    budding = models.ForeignKey(
        Budding, on_delete=models.CASCADE, related_name="choices", db_index=False
    )
    person = models.ForeignKey("network.Person", on_delete=models.CASCADE, related_name="+")
    way = models.CharField(max_length=4, choices=Way)
    at = models.DateTimeField(help_text="When they first said anything: seats go in this order.")

    objects = ChoiceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["budding", "person"], name="one_choice_per_budding_and_person"
            ),
        ]

    def __str__(self):
        return f"{self.way} by {self.person_id}"


class MergingState(models.TextChoices):
    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class MergingQuerySet(models.QuerySet):
    def visible_to(self, person):
        """Those of groups that the person facilitates: of the one that asks, and of the other."""
        if not person.pk:
            return self.none()
        mine = person.memberships.facilitating().values("group")
        here = self.filter(group__network__in=person.network_ids())
        return here.filter(Q(group__in=mine) | Q(into__in=mine))

    def asked(self):
        return self.filter(state=MergingState.ASKED)


class Merging(models.Model):
    """A quiet group asks another one to take its people in."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(
        "microgroups.MicroGroup", on_delete=models.CASCADE, related_name="mergings"
    )
    into = models.ForeignKey("microgroups.MicroGroup", on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=9, choices=MergingState, default=MergingState.ASKED)
    words = models.CharField(max_length=1000, blank=True, help_text="What the one asks the other.")
    asked_by = models.ForeignKey(
        "network.Person", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    asked_at = models.DateTimeField()
    reason = models.CharField(max_length=1000, blank=True, help_text="Why it was declined.")
    decided_by = models.ForeignKey(
        "network.Person", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)

    objects = MergingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["group"],
                condition=Q(state="asked"),
                name="a_group_asks_one_other_at_a_time",
            ),
            models.CheckConstraint(
                name="a_group_is_merged_into_another", condition=~Q(group=F("into"))
            ),
        ]

    def __str__(self):
        return f"{self.group_id} into {self.into_id}"

    @property
    def is_asked(self):
        return self.state == MergingState.ASKED

    @property
    def is_accepted(self):
        return self.state == MergingState.ACCEPTED

    @property
    def is_declined(self):
        return self.state == MergingState.DECLINED
