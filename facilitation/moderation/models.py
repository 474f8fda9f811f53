"""What somebody asks others to look at, and what was decided about words and people."""

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from facilitation.moderation.rules import AGREEMENT, UNDO
from microgroups.appeals.models import Appeal
from microgroups.groups.reading import looks_after
from network.ids import uuid7
from network.registries import Registry

# What can be reported besides posts, people and groups; the floors above add theirs:
# `find(key, person)` answers a Thing (finding.py) that the person may see, or None;
# fact `take_down(key, by, reason, now)`: what hiding it means.
REPORTABLE = Registry()

# Why a thread stays in its group for now: `holds(thread)` answers whether somebody looks after
# something in it. Nobody is told which.
HOLDS = Registry()


class About(models.TextChoices):
    POST = "post"
    HIGHLIGHT = "highlight"
    PERSON = "person"
    GROUP = "group"


IN_A_GROUP = (About.POST, About.HIGHLIGHT)  # its facilitators look into these


class Verdict(models.TextChoices):
    KEEP = "keep"
    HIDE = "hide"
    REDIRECT = "redirect"
    REMOVE = "remove"


class ReportQuerySet(models.QuerySet):
    def visible_to(self, person):
        """One's own; and those one may look into: see `before`."""
        if not person.pk:
            return self.none()
        mine = self.filter(reporter=person.pk, network__in=person.network_ids())
        return mine | self.before(person)

    def before(self, person):
        """Reports that this person may look into: the group's facilitators, and who looks after
        the network. Never one about themselves, their words, or a group that they look after."""
        if not person.pk:
            return self.none()
        facilitated = person.memberships.facilitating().values("group")
        here = self.filter(network__in=person.network_ids()).exclude(person=person.pk)
        looks = Q(group__in=facilitated, about__in=IN_A_GROUP) | looks_after(person)
        return here.filter(looks).exclude(about=About.GROUP, group__in=facilitated)

    def open(self):
        return self.filter(decided_at=None)

    def of(self, about, key):
        """All about one and the same thing."""
        return self.filter(about=about, subject_id=key)


class Report(models.Model):
    """Somebody asks that somebody looks at a post, a postcard, a person or a group."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    network = models.ForeignKey("network.Network", on_delete=models.PROTECT, related_name="+")
    group = models.ForeignKey(
        "microgroups.MicroGroup", null=True, on_delete=models.CASCADE, related_name="reports"
    )
    about = models.CharField(max_length=9, choices=About)
    subject_id = models.UUIDField()
    person = models.ForeignKey(
        "network.Person",
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Whose words it is about, or whom.",
    )
    reporter = models.ForeignKey(
        "network.Person",
        null=True,
        on_delete=models.SET_NULL,
        related_name="reports",
        help_text="Never shown to whom it is about, nor to facilitators.",
    )
    agreement = models.CharField(max_length=AGREEMENT, blank=True)
    reason = models.CharField(max_length=1000)
    counts = models.BooleanField(help_text="Its reporter had been in the group for a week.")
    at = models.DateTimeField()
    verdict = models.CharField(max_length=8, choices=Verdict, blank=True)
    answer = models.CharField(max_length=1000, blank=True, help_text="Why it was decided so.")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        "network.Person", null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = ReportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reporter", "about", "subject_id"],
                condition=Q(decided_at=None),
                name="one_open_report_per_person_and_thing",
            ),
            models.CheckConstraint(
                name="a_report_is_decided_with_a_verdict",
                condition=Q(decided_at=None, verdict="")
                | (Q(decided_at__isnull=False) & ~Q(verdict="")),
            ),
        ]
        indexes = [
            models.Index(fields=["subject_id", "at"], name="reports_about_a_thing"),
            models.Index(fields=["group", "-at", "-id"], name="reports_of_a_group"),
            models.Index(fields=["network", "-at", "-id"], name="reports_of_a_network"),
        ]

    def __str__(self):
        return f"report about a {self.about}"

    def get_absolute_url(self):
        return reverse("report", args=[self.pk])

    @property
    def is_open(self):
        return self.decided_at is None

    @property
    def is_about_post(self):
        return self.about == About.POST


class Kind(models.TextChoices):
    NOTE = "note"
    RETITLE = "retitle"
    MOVE = "move"
    SLOW = "slow"
    HIDE = "hide"
    PAUSE = "pause"
    REMOVE = "remove"


UNDONE_BY_HAND = (Kind.RETITLE, Kind.SLOW, Kind.HIDE, Kind.PAUSE, Kind.REMOVE)
APPEALABLE = (Kind.HIDE, Kind.PAUSE, Kind.SLOW)
WITH_A_TITLE = (Kind.RETITLE, Kind.SLOW, Kind.MOVE)


class State(models.TextChoices):
    PROPOSED = "proposed"  # waits for the yes of whom it is about
    REVIEW = "review"  # reports have hidden it; somebody has to decide
    STANDING = "standing"
    DECLINED = "declined"
    REWRITTEN = "rewritten"  # its author has said it in other words, and it is back
    UNDONE = "undone"


HIDES = (State.REVIEW, State.STANDING)


def asks(person):
    """What holds for decisions about a person, for moves that they are asked about, and for the
    pace that somebody else gave to a thread which they opened and read."""
    mine = Consent.objects.filter(decision=OuterRef("pk"), person=person.pk)
    opened = Q(kind=Kind.SLOW, thread__author=person.pk) & ~Q(by=person.pk)
    opened &= Q(group__in=person.memberships.reading().values("group"))
    return Q(person=person.pk) | Q(Exists(mine), kind=Kind.MOVE) | opened


class DecisionQuerySet(models.QuerySet):
    def visible_to(self, person):
        """Those about oneself, and moves that one is asked about; all of a group that one
        facilitates, and moves that it is asked to take in; those of the network for who looks after
        it (of a hidden group its admins), but what would tell them a thread's title; that one they
        read where its opener asked them to look again, and until they have."""
        if not person.pk:
            return self.none()
        facilitated = person.memberships.facilitating().values("group")
        here = self.filter(group__network__in=person.network_ids())
        looks = looks_after(person, network="group__network") & ~Q(kind__in=WITH_A_TITLE)
        there = Q(to_group__in=facilitated, asked_there_at__isnull=False)
        again = Appeal.objects.before(person).open().filter(decision=OuterRef("pk"))
        looks |= Q(Exists(again), kind=Kind.SLOW)
        return here.filter(asks(person) | Q(group__in=facilitated) | there | looks)

    def about(self, person):
        """Those about the person, and moves of threads in which they wrote."""
        return self.filter(asks(person))

    def moves(self):
        """Moves that wait for somebody's yes."""
        return self.filter(kind=Kind.MOVE, state=State.PROPOSED)

    def asked_of(self, group):
        """Moves that this group is asked to take in."""
        return self.moves().filter(to_group=group, asked_there_at__isnull=False, received_by=None)

    def with_mine(self, person):
        """`mine`: what this person says to a move: asked, yes, no; None where they are not."""
        mine = Consent.objects.filter(decision=OuterRef("pk"), person=person.pk)
        return self.annotate(mine=models.Subquery(mine.values("answer")[:1]))

    def hiding(self, post):
        """The one that hides this post now, or None. Ends the chain."""
        return self.filter(post=post, kind=Kind.HIDE, state__in=HIDES).first()

    def slowing(self, thread):
        """The one that gave this thread the pace it has, or had last; or None. Ends the chain."""
        standing = self.filter(thread=thread, kind=Kind.SLOW, state=State.STANDING)
        return standing.order_by("-at", "-pk").first()

    def with_appeal(self):
        """`appeal`: what became of the asking that somebody looks again; None where nobody did."""
        made = Appeal.objects.filter(decision=OuterRef("pk"))
        return self.annotate(appeal=models.Subquery(made.values("state")[:1]))

    def with_open_appeal(self):
        asked = Appeal.objects.open().filter(decision=OuterRef("pk"))
        return self.filter(Exists(asked))

    def unreviewed(self, now):
        """What reports have hidden and nobody has decided in time."""
        return self.filter(state=State.REVIEW, until__lte=now)


class Decision(models.Model):
    """A step of moderation, least first, with its reason; on record for all who decide."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(
        "microgroups.MicroGroup", on_delete=models.CASCADE, related_name="decisions"
    )
    kind = models.CharField(max_length=7, choices=Kind)
    state = models.CharField(max_length=9, choices=State, default=State.STANDING)
    person = models.ForeignKey(
        "network.Person",
        null=True,
        on_delete=models.SET_NULL,
        related_name="decisions",
        help_text="Whom it is about; nobody where it is about a whole thread.",
    )
    thread = models.ForeignKey(
        "microgroups.Thread", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    post = models.ForeignKey(
        "microgroups.Post", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    agreement = models.CharField(max_length=AGREEMENT, blank=True)
    reason = models.CharField(max_length=1000, blank=True, help_text="They read it.")
    to = models.CharField(max_length=200, blank=True, help_text="The new title, or the minutes.")
    was = models.CharField(max_length=200, blank=True, help_text="The title before.")
    to_group = models.ForeignKey(
        "microgroups.MicroGroup",
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Where a thread moves.",
    )
    asked_there_at = models.DateTimeField(
        null=True, help_text="When those were asked who look after the other group."
    )
    received_by = models.ForeignKey(
        "network.Person",
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Who said yes for it.",
    )
    by = models.ForeignKey("network.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    by_reports = models.BooleanField(default=False, help_text="Reports have hidden it first.")
    at = models.DateTimeField()
    until = models.DateTimeField(null=True, help_text="When it ends by itself.")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        "network.Person", null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = DecisionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["post"],
                condition=Q(kind="hide", state__in=["review", "standing"]),
                name="one_standing_hiding_per_post",
            ),
            # Reports hide a post once; after somebody has looked they wait for the next look.
            models.UniqueConstraint(
                fields=["post"], condition=Q(by_reports=True), name="reports_hide_a_post_once"
            ),
            models.UniqueConstraint(
                fields=["thread"],
                condition=Q(kind="move", state="proposed"),
                name="a_thread_is_asked_to_one_place",
            ),
            models.CheckConstraint(
                name="what_waits_for_review_has_an_end",
                condition=~Q(state="review") | Q(kind="hide", until__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["group", "-at", "-id"], name="decisions_of_a_group"),
            models.Index(fields=["person", "-at", "-id"], name="decisions_about_a_person"),
            models.Index(fields=["until"], condition=Q(state="review"), name="hidden_by_reports"),
        ]

    def __str__(self):
        return f"{self.kind} of {self.at:%Y-%m-%d}"

    def get_absolute_url(self):
        return reverse("decision", args=[self.pk])

    @property
    def is_standing(self):
        return self.state == State.STANDING

    @property
    def is_proposed(self):
        return self.state == State.PROPOSED

    @property
    def is_move(self):
        return self.kind == Kind.MOVE

    def is_about(self, person):
        """Whether it is theirs to answer, and so not to undo. Who slowed down a thread of their own
        decided for themselves."""
        if self.kind != Kind.SLOW:
            return self.person_id == person.pk
        opened = self.thread is not None and self.thread.author_id == person.pk
        return opened and self.by_id != person.pk

    @property
    def to_where(self):
        """The new title, the minutes, or the slug of the other group."""
        if not self.is_move:
            return self.to
        return self.to_group.slug if self.to_group else ""

    @property
    def waits_for_review(self):
        return self.state == State.REVIEW

    @property
    def hides(self):
        """A post is hidden by it now."""
        return self.kind == Kind.HIDE and self.state in HIDES

    def slows(self, now):
        """The thread goes slowly by it now."""
        slow = self.kind == Kind.SLOW and self.is_standing and self.thread is not None
        return slow and self.thread.is_slow(now) and self.thread.slow_until == self.until

    def can_be_taken(self, now):
        """Its author may say yes to the title: it is proposed, or they said no lately and the
        thread has the title it had."""
        if self.kind != Kind.RETITLE or self.thread is None:
            return False
        if self.is_proposed:
            return True
        lately = self.state == State.DECLINED and now - self.ended_at <= UNDO
        return lately and self.thread.title == self.was

    def can_be_undone(self, now):
        return self.is_standing and self.kind in UNDONE_BY_HAND and now - self.at <= UNDO

    def can_be_appealed(self, now):
        return self.is_standing and self.kind in APPEALABLE and now - self.at <= UNDO


class Answer(models.TextChoices):
    ASKED = "asked"
    YES = "yes"
    NO = "no"


class Consent(models.Model):
    """What somebody who wrote in a thread says to its moving. Nobody else ever reads it."""

    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="consents")
    person = models.ForeignKey("network.Person", on_delete=models.CASCADE, related_name="+")
    answer = models.CharField(max_length=5, choices=Answer, default=Answer.ASKED)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("decision", "person", name="asked_once_about_a_move"),
            models.CheckConstraint(
                name="an_answer_has_its_time",
                condition=Q(answer="asked", answered_at=None)
                | (~Q(answer="asked") & Q(answered_at__isnull=False)),
            ),
        ]

    def __str__(self):
        return self.answer
