"""What a facilitator is asked to do: a person, a reason in words, one first act."""

from django.db import models
from django.db.models import Q

from microgroups.appeals.models import Appeal
from microgroups.groups.models import MicroGroup
from network.ids import uuid7
from network.registries import Registry
from network.templatetags.kith import first_name

# By kind, what settles a cue before the next job closes it: `condition(now)` on cues. The rooms
# that open cues add theirs.
SETTLED = Registry()

# By kind, from whom a cue is kept though they facilitate: `is_kept(person)`, a condition on cues.
KEPT = Registry()

# By kind, words to begin with: `drafted(cues)` answers {cue's key: a text, or None}.
DRAFTED = Registry()

# By kind, the reason as it is now, where it changes while the cue waits: `reasons(cues, reader,
# now)` answers {cue's key: a text}; one that it leaves out keeps what was said when it was opened.
REASONS = Registry()

# By kind, what goes away with a cue that somebody dismisses, and comes back with it:
# `follow(cue, person, now)`, with the group held.
FOLLOWS = Registry()


class Kind(models.TextChoices):
    WELCOME = "welcome"
    ANSWER = "answer"
    PRESENCE = "presence"
    REQUEST = "request"
    APPEAL = "appeal"
    SIZE = "size"
    CHARTER = "charter"
    COVER = "cover"
    REPORT = "report"
    DISTRESS = "distress"
    STARTER = "starter"
    BUDDING = "budding"
    QUIET = "quiet"
    COMFORT = "comfort"


# What somebody may do, and nobody must: handed to no one, in no load, no reason to ask for cover.
HINTS = (Kind.COMFORT,)
# Answered in the thread of the words that they are about.
IN_THEIR_THREAD = (Kind.ANSWER, Kind.COMFORT)

WITHOUT_PERSON = {  # what a cue is about that is about nobody
    Kind.SIZE: "the size of the group",
    Kind.CHARTER: "the charter",
    Kind.COVER: "who looks after the group",
    Kind.REPORT: "a report",
    Kind.DISTRESS: "somebody who may need help",
    Kind.STARTER: "the drafted question",
    Kind.BUDDING: "the idea of a sister",
    Kind.QUIET: "the quiet",
}


# Where somebody waits for a decision, and what to do: nothing but the decision closes such a cue.
TO_DECIDE = {
    Kind.REQUEST: "They wait for a word. Let them in, or tell them why not this time.",
    Kind.APPEAL: "They wait for somebody to look again. Say whether it stands.",
    Kind.REPORT: "Somebody asked for a look. Decide about it, or ask another facilitator to.",
    Kind.DISTRESS: "Somebody needs a person. Say that you are there, or ask somebody else to.",
}


# Of these nothing stands in the log: it is read by more people than may learn of them.
OFF_RECORD = (Kind.DISTRESS,)

AGAIN = ":2"  # so the keys of cues end that ask a second time
FIRST_POST = "answer:"  # so the keys of answer cues begin that are about a first post


class State(models.TextChoices):
    OPEN = "open"
    DONE = "done"
    DISMISSED = "dismissed"
    LAPSED = "lapsed"


class CueQuerySet(models.QuerySet):
    def visible_to(self, person):
        """Cues of the groups this person facilitates, but what is kept from them."""
        if not person.pk:
            return self.none()
        mine = person.memberships.facilitating()
        here = self.filter(group__in=mine.values("group"), group__network__in=person.network_ids())
        return here.not_kept_from(person)

    def in_groups_visible_to(self, person):
        """Cues of groups whose card this person may see: who does not facilitate them is refused,
        and not told that there is nothing."""
        found = self.filter(group__in=MicroGroup.objects.visible_to(person))
        return found.not_kept_from(person)

    def not_kept_from(self, person):
        """No appeal against what this person decided, no report about them, and nothing that its
        kind keeps from them."""
        decided = Appeal.objects.filter(decided_by=person.pk)
        found = self.exclude(kind=Kind.REPORT, person=person.pk)
        found = found.exclude(kind=Kind.APPEAL, subject_id__in=decided.values("pk"))
        for kind, is_kept in KEPT.items():
            found = found.exclude(is_kept(person), kind=kind)
        return found

    def open(self, now=None):
        """Waiting for somebody; with `now`, not the snoozed ones."""
        waiting = self.filter(state=State.OPEN)
        if now is None:
            return waiting
        return waiting.filter(Q(snoozed_until=None) | Q(snoozed_until__lte=now))

    def waiting(self, now):
        """The open ones that nobody has put aside and the world has not settled meanwhile."""
        return self.open(now).unsettled(now)

    def put_aside(self, now):
        """The open ones that somebody has put aside for now, and that wait still."""
        return self.open().filter(snoozed_until__gt=now).unsettled(now)

    def unsettled(self, now):
        """Those that the world has not settled, though no job has closed them yet."""
        waiting = self
        for kind, is_settled in SETTLED.items():
            waiting = waiting.exclude(is_settled(now), kind=kind)
        return waiting


class Cue(models.Model):
    """One thing a facilitator is asked to do."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(
        "microgroups.MicroGroup", on_delete=models.CASCADE, related_name="cues"
    )
    kind = models.CharField(max_length=10, choices=Kind)
    key = models.CharField(max_length=100, unique=True, help_text="One cue per cause.")
    person = models.ForeignKey(
        "network.Person", null=True, on_delete=models.CASCADE, related_name="cues"
    )
    reason = models.CharField(max_length=300, help_text="One sentence with its figures.")
    subject_type = models.CharField(max_length=20)
    subject_id = models.UUIDField()
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    assigned_to = models.ForeignKey(
        "network.Person", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    due_at = models.DateTimeField(help_text="What comes first in the queue of its kind.")
    snoozed_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        "network.Person", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    closed_why = models.CharField(
        max_length=1000, blank=True, help_text="What the world settled, or why it was dismissed."
    )
    rings = models.PositiveSmallIntegerField(default=0, help_text="How often it was rung.")

    objects = CueQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["group", "state", "due_at", "id"], name="cues_of_a_group"),
            models.Index(
                fields=["kind", "due_at"], condition=Q(state="open"), name="open_cues_by_kind"
            ),
        ]

    def __str__(self):
        return f"{self.kind} cue"

    @property
    def about(self):
        """Whom it is about, or what, as it stands in a sentence."""
        return self.person.name if self.person else WITHOUT_PERSON.get(self.kind, "somebody")

    @property
    def is_hint(self):
        """Whether it is nobody's task."""
        return self.kind in HINTS

    @property
    def is_answered_there(self):
        """Whether what one writes stands in their thread, not in a word to them alone."""
        return self.kind in IN_THEIR_THREAD

    @property
    def is_open(self):
        return self.state == State.OPEN

    @property
    def is_again(self):
        """Whether it was asked before about the same cause, and says so in its reason."""
        return self.key.endswith(AGAIN)

    @property
    def name(self):
        """Whom it is about: a person, else the whole group."""
        return (self.person or self.group).name

    @property
    def whom(self):
        """Whom or what it is about, as one calls them in the group."""
        return first_name(self.person) if self.person else self.about
