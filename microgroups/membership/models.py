"""Who belongs to a group, who waits, who rests; and the days on which they were there."""

from datetime import UTC, datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, Count, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from network.ids import uuid7


class State(models.TextChoices):
    REQUESTED = "requested"
    WAITLISTED = "waitlisted"
    OFFERED = "offered"
    INVITED = "invited"
    ACTIVE = "active"
    RESTING = "resting"
    LEFT = "left"
    REMOVED = "removed"
    DECLINED = "declined"


class Role(models.TextChoices):
    MEMBER = "member"
    FACILITATOR = "facilitator"


SEATED = (State.ACTIVE, State.OFFERED)
READING = (State.ACTIVE, State.RESTING)
TURNED_AWAY = (State.REMOVED, State.DECLINED)
KNOCKING = (State.REQUESTED, State.WAITLISTED, State.OFFERED)
CURRENT = (*READING, *KNOCKING)
READS = Q(state__in=READING) | Q(state__in=(State.WAITLISTED, State.OFFERED), returning=True)
EVER = datetime(9999, 1, 1, tzinfo=UTC)


class MembershipQuerySet(models.QuerySet):
    def visible_to(self, person):
        """The rows a person may see: their own, members of groups they are in, members of groups
        that show names to the network (active and resting only), all of groups they facilitate;
        the names of every group for a network's admin."""
        if not person.pk:
            return self.none()
        here = self.filter(group__network__in=person.network_ids())
        mine = self.model.objects.filter(person=person.pk)
        named = Q(group__visibility="network") | Q(group__in=mine.reading().values("group"))
        if person.here is not None and person.here.is_admin:
            named = Q()
        return here.filter(
            Q(person=person.pk)
            | (named & Q(state__in=READING))
            | Q(group__in=mine.facilitating().values("group"))
        )

    def of(self, person):
        """The person's row, or None. Ends the chain."""
        return self.filter(person=person.pk).first() if person.pk else None

    def active(self):
        return self.filter(state=State.ACTIVE)

    def seated(self):
        """Who takes a seat: active members and open offers."""
        return self.filter(state__in=SEATED)

    def reading(self):
        """Who reads what is said inside; also somebody back from resting who waits for a seat."""
        return self.filter(READS)

    def parted(self):
        """Who left by budding, and keeps reading what was said up to that day (`reads_until`)."""
        return self.filter(reads_until__isnull=False)

    def reading_until(self):
        """Who reads what was said, with `until`: when; those inside for ever, others to the
        parting."""
        until = Case(When(READS, then=Value(EVER)), default="reads_until")
        return self.filter(READS | Q(reads_until__isnull=False)).annotate(until=until)

    def facilitating(self):
        return self.filter(state=State.ACTIVE, role=Role.FACILITATOR)

    def knowing_hidden(self):
        """Who may know that a hidden group exists: those in it, at its door, or invited."""
        return self.filter(
            state__in=(
                State.ACTIVE,
                State.RESTING,
                State.OFFERED,
                State.WAITLISTED,
                State.REQUESTED,
                State.INVITED,
            )
        )

    def waiting(self):
        """The line, first come first: those back from resting before the others."""
        return self.filter(state=State.WAITLISTED).order_by("-returning", "queued_at", "pk")

    def ahead_of(self, membership):
        """Who waits in the same line and comes before this one."""
        earlier = Q(queued_at__lt=membership.queued_at) | Q(
            queued_at=membership.queued_at, pk__lt=membership.pk
        )
        if not membership.returning:
            earlier = Q(returning=True) | earlier
        same_line = self.filter(group=membership.group_id, state=State.WAITLISTED)
        return same_line.filter(earlier, returning__gte=membership.returning)

    def turned_away(self, person):
        """The places from which this person was removed, or where they were declined."""
        return self.filter(person=person.pk, state__in=TURNED_AWAY)

    def knocking(self):
        """Who has asked, waits or has been offered a seat."""
        return self.filter(state__in=KNOCKING)

    def placed(self):
        """Each with its `position` in the line, from 1; None for those who do not wait."""
        line = Membership.objects.filter(group=OuterRef("group"), state=State.WAITLISTED)
        sooner = Q(queued_at__lt=OuterRef("queued_at")) | Q(
            queued_at=OuterRef("queued_at"), pk__lt=OuterRef("pk")
        )
        ahead = line.filter(
            Q(returning__gt=OuterRef("returning")) | Q(sooner, returning=OuterRef("returning"))
        )
        count = ahead.order_by().values("group").annotate(n=Count("pk")).values("n")
        position = Coalesce(Subquery(count), 0) + 1
        return self.annotate(position=Case(When(state=State.WAITLISTED, then=position)))

    def requested(self):
        """Who has asked to come in, longest waiting first."""
        return self.filter(state=State.REQUESTED).order_by("queued_at", "pk")

    def offered(self):
        """Those for whom a seat is kept."""
        return self.filter(state=State.OFFERED)

    def counted(self, network):
        """What counts towards the groups a person may be in: seats that they do not facilitate.

        The second seat of who tries two sisters for a while does not (`both_until`).
        """
        return self.active().filter(
            role=Role.MEMBER,
            both_until=None,
            group__network=network,
            group__state__in=("open", "proposed"),
        )


class Membership(models.Model):
    """One person in one group."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(
        "microgroups.MicroGroup", on_delete=models.CASCADE, related_name="memberships"
    )
    person = models.ForeignKey(
        "network.Person", on_delete=models.PROTECT, related_name="memberships"
    )
    state = models.CharField(max_length=10, choices=State)
    role = models.CharField(max_length=11, choices=Role, default=Role.MEMBER)
    since = models.DateTimeField(help_text="When the present state began.")
    joined_at = models.DateTimeField(null=True, blank=True, help_text="When they first had a seat.")
    queued_at = models.DateTimeField(null=True, blank=True, help_text="When they lined up.")
    returning = models.BooleanField(default=False, help_text="Back from resting: first in line.")
    offer_until = models.DateTimeField(null=True, blank=True)
    answers = models.JSONField(default=list, blank=True)
    offers = models.CharField(max_length=280, blank=True, help_text="What one may be asked about.")
    asks = models.CharField(max_length=280, blank=True, help_text="What one would like to learn.")
    agreements_accepted_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=1000, blank=True, help_text="Why removed or declined.")
    barred = models.BooleanField(default=False)
    decided_by = models.ForeignKey(
        "network.Person",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Who removed or declined them.",
    )
    is_founder = models.BooleanField(default=False)
    is_imported = models.BooleanField(default=False, editable=False)
    paused_until = models.DateTimeField(
        null=True, editable=False, help_text="Reads and does not write until then."
    )
    read_before = models.DateTimeField(help_text="All that was said before counts as read.")
    reads_until = models.DateTimeField(
        null=True, editable=False, help_text="Left by budding: reads what was said until then."
    )
    both_until = models.DateTimeField(
        null=True, editable=False, help_text="A seat beside the one in the sister, until then."
    )
    # The person's rhythm (R22), kept up as they come: gaps in days on which the group was alive.
    last_visit_on = models.DateField(null=True, blank=True)
    last_visit_alive = models.PositiveIntegerField(
        default=0, help_text="How many days the group had been alive by then."
    )
    recent_gaps = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    recent_gaps_sum = models.PositiveIntegerField(default=0)
    rhythm_paused_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Their wish: nobody looks at their rhythm."
    )
    first_post_at = models.DateTimeField(null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("group", "person", name="one_membership_per_group_and_person"),
            models.CheckConstraint(
                name="an_offer_has_an_end",
                condition=Q(state="offered", offer_until__isnull=False)
                | (~Q(state="offered") & Q(offer_until__isnull=True)),
            ),
            models.CheckConstraint(
                name="who_waits_has_a_place_in_line",
                condition=~Q(state__in=["waitlisted", "requested"]) | Q(queued_at__isnull=False),
            ),
            models.CheckConstraint(
                name="a_facilitator_is_an_active_member",
                condition=~Q(role="facilitator") | Q(state="active"),
            ),
        ]
        indexes = [
            models.Index(fields=["person", "state"], name="groups_of_a_person"),
            models.Index(
                fields=["group", "-returning", "queued_at", "id"],
                condition=Q(state="waitlisted"),
                name="the_line_of_a_group",
            ),
            models.Index(
                fields=["offer_until"], condition=Q(state="offered"), name="offers_that_end"
            ),
            models.Index(fields=["joined_at"], condition=Q(state="active"), name="newest_members"),
            models.Index(fields=["first_post_at"], condition=Q(state="active"), name="first_posts"),
        ]

    def __str__(self):
        return f"{self.person_id} in {self.group_id}"

    @property
    def has_not_written(self):
        """New here, and no word so far."""
        return self.first_post_at is None and not self.is_founder

    @property
    def is_active(self):
        return self.state == State.ACTIVE

    @property
    def is_resting(self):
        return self.state == State.RESTING

    @property
    def is_offered(self):
        return self.state == State.OFFERED

    @property
    def is_waitlisted(self):
        return self.state == State.WAITLISTED

    @property
    def is_requested(self):
        return self.state == State.REQUESTED

    @property
    def was_removed(self):
        return self.state == State.REMOVED

    @property
    def was_turned_away(self):
        """Was removed or declined, and has not come in again."""
        return self.state in TURNED_AWAY

    @property
    def is_invited(self):
        return self.state == State.INVITED

    @property
    def is_facilitator(self):
        return self.is_active and self.role == Role.FACILITATOR

    @property
    def is_counted(self):
        """Counts towards the groups one may be in, as `counted()` asks; while the group lives."""
        return self.is_active and self.role == Role.MEMBER and self.both_until is None

    @property
    def may_read(self):
        """May read what is said inside."""
        return self.state in READING or (
            self.returning and self.state in (State.WAITLISTED, State.OFFERED)
        )

    @property
    def reads_past(self):
        """Left by budding: reads what was said up to the parting, and nothing later."""
        return self.reads_until is not None and not self.may_read

    @property
    def may_write(self):
        return self.is_active

    def is_paused(self, now):
        """Reads and does not write for a while, by a decision that they were told."""
        return self.paused_until is not None and self.paused_until > now

    @property
    def has_accepted(self):
        """Has accepted the agreements as they now stand; `group` must be loaded."""
        accepted_at, changed_at = self.agreements_accepted_at, self.group.agreements_changed_at
        return accepted_at is not None and (changed_at is None or accepted_at >= changed_at)


def row_with(group, person):
    """The row of one person in one group, by their keys: a question that is often asked."""
    return Membership.objects.filter(group=group, person=person)


class Visit(models.Model):
    """A day on which a person read or wrote in a group. Kept 400 days."""

    membership = models.ForeignKey(
        Membership, on_delete=models.CASCADE, related_name="visits", db_index=False
    )
    on = models.DateField()
    gap = models.PositiveSmallIntegerField(
        null=True, help_text="Days since the visit before on which the group was alive, at least 1."
    )
    alive = models.PositiveIntegerField(help_text="How many days the group had been alive by then.")
    wrote = models.BooleanField(default=False)

    class Meta:
        constraints = [
            # With the gap, so that a group's rhythm is told from the index alone.
            models.UniqueConstraint(
                fields=["membership", "on"], include=["gap"], name="one_visit_per_day"
            ),
        ]
        indexes = [models.Index(fields=["on"], name="visits_by_day")]

    def __str__(self):
        return f"{self.membership_id} on {self.on}"


class InvitationState(models.TextChoices):
    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"
    REVOKED = "revoked"
    DECLINED = "declined"


class InvitationKind(models.TextChoices):
    PERSON = "person"
    EMAIL = "email"
    LINK = "link"


class InvitationQuerySet(models.QuerySet):
    def visible_to(self, person):
        """Those that one made in groups one is in; of groups that one facilitates all."""
        if not person.pk:
            return self.none()
        here = self.filter(group__network__in=person.network_ids())
        mine = Membership.objects.filter(person=person.pk)
        return here.filter(
            Q(by=person.pk, group__in=mine.reading().values("group"))
            | Q(group__in=mine.facilitating().values("group"))
        )

    def revocable_by(self, person):
        """Those one may take back: one's own, and of a group one facilitates or administers all."""
        if person.here is not None and person.here.is_admin:
            return self.filter(group__network__in=person.network_ids())
        return self.visible_to(person)

    def open(self):
        return self.filter(state=InvitationState.OPEN)

    def naming(self, person):
        """Open ones that name this person."""
        return self.open().filter(person=person)

    def meant_for(self, person):
        """Open ones that name this person, or were mailed to their address."""
        return self.meant_for_one(person.pk, person.email)

    def meant_for_one(self, key, address):
        """The same by the person's key and address, where they have one."""
        theirs = Q(person=key)
        return self.open().filter(theirs | Q(address=address) if address else theirs)

    def about(self, person):
        """Those that somebody made, that name them, or that went to their address."""
        theirs = Q(by=person) | Q(person=person)
        return self.filter(theirs | Q(address=person.email) if person.email else theirs)

    def pending(self):
        """Open ones for somebody: by name and by e-mail, not the links."""
        return self.open().exclude(kind=InvitationKind.LINK)

    def ran_out(self, now):
        return self.open().filter(expires_at__lte=now)


class Invitation(models.Model):
    """A word that somebody may come into a group. It keeps no seat."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(
        "microgroups.MicroGroup", on_delete=models.CASCADE, related_name="invitations"
    )
    kind = models.CharField(max_length=6, choices=InvitationKind)
    by = models.ForeignKey("network.Person", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(
        "network.Person", null=True, on_delete=models.PROTECT, related_name="+"
    )
    address = models.EmailField(
        blank=True, default="", db_default="", help_text="Of one that is mailed; in one spelling."
    )
    digest = models.BinaryField(max_length=32, unique=True, help_text="SHA-256 of the code.")
    words = models.CharField(max_length=280, blank=True, help_text="A line from who invites.")
    uses = models.PositiveSmallIntegerField(default=0)
    max_uses = models.PositiveSmallIntegerField(default=1)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=InvitationState, default=InvitationState.OPEN)
    reminded_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["group", "person"],
                condition=Q(state="open", person__isnull=False),
                name="one_open_invitation_per_group_and_person",
            ),
            models.UniqueConstraint(
                fields=["group", "address"],
                condition=Q(state="open") & ~Q(address=""),
                name="one_open_invitation_per_group_and_address",
            ),
            models.CheckConstraint(
                name="a_mailed_invitation_has_an_address_while_it_is_open",
                condition=Q(kind="email") & (~Q(state="open") | ~Q(address=""))
                | (~Q(kind="email") & Q(address="")),
            ),
            models.CheckConstraint(
                name="an_invitation_is_used_no_more_than_it_may_be",
                condition=Q(uses__lte=models.F("max_uses")),
            ),
            models.CheckConstraint(
                name="an_invitation_by_name_names_somebody",
                condition=Q(kind="person", person__isnull=False)
                | (~Q(kind="person") & Q(person__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"], condition=Q(state="open"), name="invitations_that_end"
            ),
            models.Index(fields=["by"], name="invitations_by_maker"),
            models.Index(fields=["address"], condition=~Q(address=""), name="invited_addresses"),
            models.Index(fields=["person"], name="invitations_by_person"),
        ]

    def __str__(self):
        return f"{self.kind} into {self.group_id}"

    @property
    def is_open(self):
        return self.state == InvitationState.OPEN

    @property
    def email(self):
        """The address that it was mailed to, or None."""
        return self.address or None

    @property
    def is_mailed(self):
        return self.kind == InvitationKind.EMAIL

    def state_at(self, now):
        """Its state; one whose time is over has expired, whether or not the job was there."""
        ran_out = self.is_open and self.expires_at <= now
        return InvitationState.EXPIRED if ran_out else self.state
