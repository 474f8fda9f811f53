"""What is told to one person, and how it reaches them."""

from django.db import models
from django.db.models import Q

from network.ids import uuid7
from network.notifications.kinds import Budget
from network.notifications.rules import MOST_ATTEMPTS


class Mail(models.TextChoices):
    """How far the e-mail of a Notice has come."""

    NONE = "none"  # told in the app only
    DUE = "due"
    CLAIMED = "claimed"
    HANDING_OVER = "handing_over"
    SENT = "sent"
    UNKNOWN = "unknown"  # the process died between handing over and hearing back; not sent again
    WITHHELD = "withheld"  # no longer theirs to see, stopped, or not reachable
    FAILED = "failed"


class MailedQuerySet(models.QuerySet):
    def due(self, now):
        """Mails to hand over: due, or claimed by a worker that did not finish in time."""
        lost = Q(mail=Mail.CLAIMED, claimed_until__lt=now, attempts__lt=MOST_ATTEMPTS)
        due = self.filter(Q(mail=Mail.DUE, mail_due_at__lte=now) | lost)
        return due.order_by("mail_due_at", "pk")

    def to_write(self):
        """Each with what its letter says."""
        return self

    def of_causes(self, person, causes):
        """The person's letters that rows of Attention with these causes tell of."""
        return self.none()


class Mailed(models.Model):
    """A row that becomes one letter, handed over at most once (`registries.outboxes`)."""

    mail = models.CharField(max_length=12, choices=Mail, default=Mail.NONE)
    mail_due_at = models.DateTimeField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    mailed_at = models.DateTimeField(null=True, blank=True)

    objects = MailedQuerySet.as_manager()

    class Meta:
        abstract = True


class NoticeQuerySet(MailedQuerySet):
    def visible_to(self, person):
        """One's own, in the networks one may look into."""
        return self.filter(person=person.pk, network__in=person.network_ids())

    def unread(self):
        return self.filter(read_at=None)

    def of_causes(self, person, causes):
        return self.visible_to(person).filter(cause__in=causes)

    def to_write(self):
        return self.select_related("person", "actor", "network")


class Notice(Mailed):
    """Something told to one person, in the app and on the channels they chose."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    network = models.ForeignKey("network.Network", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("network.Person", on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=40)
    cause = models.CharField(max_length=100, help_text="One notice per person and cause.")
    actor = models.ForeignKey(
        "network.Person", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    subject_type = models.CharField(max_length=20)
    subject_id = models.UUIDField()
    group_id = models.UUIDField(null=True)
    words = models.TextField(
        max_length=1000, blank=True, help_text="A note that somebody wrote to this person."
    )
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    withheld_why = models.CharField(
        max_length=20, blank=True, db_default="", default="", help_text="Why it was not mailed."
    )

    objects = NoticeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("person", "cause", name="one_notice_per_person_and_cause"),
        ]
        indexes = [
            models.Index(fields=["person", "-at", "-id"], name="notices_of_a_person"),
            models.Index(
                fields=["person"], condition=Q(read_at=None), name="unread_notices_of_a_person"
            ),
            models.Index(
                fields=["mail_due_at", "id"],
                condition=Q(mail__in=["due", "claimed"]),
                name="notices_to_mail",
            ),
        ]

    def __str__(self):
        return f"{self.kind} for {self.person_id}"

    @property
    def is_read(self):
        return self.read_at is not None


class MailStop(models.Model):
    """A person's wish to get no more mail of one kind."""

    person = models.ForeignKey(
        "network.Person", on_delete=models.CASCADE, related_name="mail_stops"
    )
    category = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("person", "category", name="one_stop_per_person_and_category"),
        ]

    def __str__(self):
        return f"no {self.category} mail"


class MailWish(models.Model):
    """A person's wish to be mailed what is otherwise told in the app alone."""

    person = models.ForeignKey(
        "network.Person", on_delete=models.CASCADE, related_name="mail_wishes"
    )
    category = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("person", "category", name="one_wish_per_person_and_category"),
        ]

    def __str__(self):
        return f"{self.category} mail, please"


class Much(models.TextChoices):
    """What is mailed to somebody, at most."""

    ALL = "all"
    NAMED = "named"  # what somebody writes to them: answers, mentions, notes, invitations
    NOTHING = "nothing"


class MailChoice(models.Model):
    """How much a person wants by mail: everywhere, or from one group."""

    person = models.ForeignKey(
        "network.Person", on_delete=models.CASCADE, related_name="mail_choices"
    )
    group_id = models.UUIDField(null=True)
    much = models.CharField(max_length=8, choices=Much)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "group_id"],
                nulls_distinct=False,
                name="one_mail_choice_per_person_and_group",
            ),
        ]

    def __str__(self):
        return f"{self.much} by mail"


class QuietHours(models.Model):
    """When a person is not written to, by the clock on their wall; equal times: never."""

    person = models.OneToOneField(
        "network.Person", on_delete=models.CASCADE, related_name="quiet_hours", primary_key=True
    )
    starts = models.TimeField()
    ends = models.TimeField()

    def __str__(self):
        return f"{self.starts:%H:%M} to {self.ends:%H:%M}"


class AttentionQuerySet(models.QuerySet):
    def visible_to(self, person):
        """One's own, in the networks one may look into."""
        return self.filter(person=person.pk, network__in=person.network_ids())


class Attention(models.Model):
    """A time that Kith thought of writing to somebody of its own accord, and whether it did."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    network = models.ForeignKey("network.Network", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("network.Person", on_delete=models.CASCADE, related_name="attention")
    group_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=40)
    cause = models.CharField(max_length=100, help_text="As that of the Notice, where it was sent.")
    episode = models.CharField(max_length=100, blank=True, help_text="Of one absence: R25.")
    subject_type = models.CharField(max_length=20)
    subject_id = models.UUIDField()
    budget = models.CharField(max_length=8, choices=[(one.value, one.name) for one in Budget])
    is_sent = models.BooleanField()
    reason = models.CharField(max_length=20)
    at = models.DateTimeField()

    objects = AttentionQuerySet.as_manager()

    actor, words = None, ""  # reads like a Notice

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "person", "kind", "cause", name="one_answer_per_person_kind_and_cause"
            ),
        ]
        indexes = [
            models.Index(fields=["person", "-at", "-id"], name="attention_of_a_person"),
            models.Index(fields=["at"], name="attention_to_forget"),
        ]

    def __str__(self):
        return f"{self.kind} for {self.person_id}: {self.reason}"


class Silence(models.Model):
    """A restored copy sends nothing while this row stands."""

    since = models.DateTimeField()

    def __str__(self):
        return f"silent since {self.since:%Y-%m-%d %H:%M}"
