"""That somebody who was removed or declined asks somebody else to look again."""

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from microgroups.membership.models import Membership
from microgroups.membership.models import State as MembershipState
from network.ids import uuid7
from network.registries import Registry

# By what an appeal is about, how a floor above lifts it, `lift(appeal, by, now)`, and where its
# person reads of it: `page(key of the decision)`.
LIFTS = Registry()


class About(models.TextChoices):
    REMOVAL = "removal"
    DECLINE = "decline"
    HIDE = "hide"
    PAUSE = "pause"
    SLOW = "slow"


class State(models.TextChoices):
    OPEN = "open"
    UPHELD = "upheld"
    LIFTED = "lifted"


class AppealQuerySet(models.QuerySet):
    def visible_to(self, person):
        """One's own; and those one may look into: see `before`."""
        if not person.pk:
            return self.none()
        here = self.filter(membership__group__network__in=person.network_ids())
        return here.filter(Q(membership__person=person.pk) | self.looked_into_by(person))

    def before(self, person):
        """Appeals of others that this person may look into.

        They facilitate the group, or look after its network; of a hidden group only its admins do.
        Never whoever decided.
        """
        if not person.pk:
            return self.none()
        here = self.filter(membership__group__network__in=person.network_ids())
        return here.filter(self.looked_into_by(person)).exclude(membership__person=person.pk)

    def looked_into_by(self, person):
        """The condition of `before`, as far as it is about who looks."""
        may = Q(membership__group__in=person.memberships.facilitating().values("group"))
        if person.here is not None and person.here.is_admin:
            may = Q()
        elif person.here is not None and person.here.is_moderator:
            may |= ~Q(membership__group__visibility="hidden")
        return may & (Q(decided_by=None) | ~Q(decided_by=person.pk))

    def open(self):
        return self.filter(state=State.OPEN)

    def with_other_facilitator(self):
        """Those of groups where somebody facilitates who did not decide."""
        others = Membership.objects.facilitating().filter(group=OuterRef("membership__group"))
        others = others.exclude(person=OuterRef("membership__person"))
        decided = Q(person=OuterRef("decided_by"))
        return self.filter(Q(Exists(others.exclude(decided))) | Q(Exists(others), decided_by=None))

    def about_places(self):
        """Those about a removal or a decline."""
        return self.filter(decision=None)

    def standing(self):
        """Those whose removal or decline is still how things are."""
        return self.about_places().filter(
            membership__since=F("decided_at"),
            membership__state__in=(MembershipState.REMOVED, MembershipState.DECLINED),
        )


class Appeal(models.Model):
    """One decision about one person, to be looked at again by somebody else."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    membership = models.ForeignKey(
        Membership, on_delete=models.CASCADE, related_name="appeals", db_index=False
    )
    about = models.CharField(max_length=7, choices=About)
    decided_at = models.DateTimeField(help_text="When they were removed or declined.")
    decided_by = models.ForeignKey(
        "network.Person", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    decision = models.UUIDField(
        null=True, editable=False, help_text="On the record of the floor above; none for a place."
    )
    told = models.CharField(
        max_length=1000,
        blank=True,
        db_default="",
        help_text="Why, as they were told, where the membership does not say it.",
    )
    text = models.CharField(max_length=2000, help_text="What they say.")
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    reason = models.CharField(max_length=1000, blank=True, help_text="Why it was decided so.")
    at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(
        "network.Person", null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = AppealQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["membership", "decided_at"],
                condition=Q(decision=None),
                name="one_appeal_per_decision",
            ),
            models.UniqueConstraint(fields=["decision"], name="one_appeal_per_decision_on_record"),
        ]
        indexes = [
            models.Index(fields=["at"], condition=Q(state="open"), name="open_appeals"),
        ]

    def __str__(self):
        return f"{self.about} of {self.membership_id}"

    @property
    def is_open(self):
        return self.state == State.OPEN

    @property
    def is_about_place(self):
        """About a removal or a decline; else about a decision on record."""
        return self.decision is None

    @property
    def is_lifted(self):
        return self.state == State.LIFTED
