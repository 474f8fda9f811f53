"""Proposals in the making: kept a question at a time, their founder's alone, until proposed.

Nothing of it is recorded as an Activity: the admins read that log, and what somebody is only
thinking of is nobody else's to know.
"""

from django.db import models
from django.urls import reverse
from django.utils import timezone

from microgroups.groups import rules
from microgroups.groups.actions import propose
from microgroups.groups.fading import KEPT, WARNED, FadingQuerySet
from microgroups.groups.models import PAINTS, JoinPolicy, MicroGroup, Visibility
from network.errors import Invalid, NotAllowed, Refused
from network.ids import uuid7
from network.networks.models import NetworkMembership
from network.pictures import paint_of
from network.transactions import deed

MOST = 100  # drafts of one person
CHARTER = ("name", "purpose", "difference", "belonging", "agreements", "care_plan")
SETTINGS = ("colour", "join_policy", "visibility", "questions", "cap")
CHOICES = {
    "colour": PAINTS,
    "join_policy": JoinPolicy.values,
    "visibility": Visibility.values,
}


class GroupDraftQuerySet(FadingQuerySet):
    def visible_to(self, person):
        """The person's own, in the networks they are in."""
        if not person.pk:
            return self.none()
        return self.filter(founder=person.pk, network__in=person.network_ids())


class GroupDraft(models.Model):
    """A group that somebody is thinking of; any of its fields may be missing."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    network = models.ForeignKey("network.Network", on_delete=models.PROTECT, related_name="+")
    founder = models.ForeignKey(
        "network.Person", on_delete=models.CASCADE, related_name="group_drafts"
    )
    name = models.CharField(max_length=80, blank=True)
    purpose = models.CharField(max_length=140, blank=True)
    difference = models.TextField(max_length=4000, blank=True)
    belonging = models.TextField(max_length=4000, blank=True)
    agreements = models.TextField(max_length=4000, blank=True)
    care_plan = models.TextField(max_length=4000, blank=True)
    colour = models.CharField(max_length=8, blank=True)
    join_policy = models.CharField(max_length=6, blank=True)
    visibility = models.CharField(max_length=7, blank=True)
    questions = models.JSONField(default=list, blank=True)
    cap = models.PositiveIntegerField(null=True, blank=True)
    started_at = models.DateTimeField()
    touched_at = models.DateTimeField()
    warned_at = models.DateTimeField(null=True, blank=True)

    objects = GroupDraftQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["founder", "network", "-touched_at"], name="drafts_of_a_person"),
            models.Index(fields=["touched_at"], name="drafts_by_age"),
        ]

    def __str__(self):
        return self.name or "A group without a name"

    def get_absolute_url(self):
        return reverse("group_draft", args=[self.pk])

    @property
    def expires_at(self):
        return max(self.touched_at + KEPT, (self.warned_at or self.touched_at) + WARNED)

    @property
    def gaps(self):
        """The names of the texts that a proposal needs and that are not there yet."""
        return [field for field in CHARTER if not getattr(self, field)]

    def told_of(self):
        """Who is told that it goes, untouched since when, and how they find it."""
        about = ("group_draft", self.pk)
        return self.founder, self.touched_at, {"network": self.network, "subject": about}

    def as_group(self):
        """The group as it would stand; it is not saved. `network` must be loaded."""
        return MicroGroup(
            name=self.name or "Your group",
            purpose=self.purpose or "Why somebody would join, and stay.",
            cap=min(self.cap or self.network.default_cap, self.network.max_cap),
            colour=self.colour or paint_of(self.name),
        )


# What can happen to a draft


@deed
def begin(network, person, *, now=None, **words):
    """Keep a new draft. Refuses: not_allowed, too_many_drafts; 400 by field."""
    now = now or timezone.now()
    place = NetworkMembership.objects.select_for_update(no_key=True)
    place = place.filter(network=network).of(person)
    if place is None or not place.is_current:
        raise NotAllowed("not_allowed", f"Only members of {network.name} can start a group.")
    if GroupDraft.objects.filter(founder=person).count() >= MOST:
        raise Refused("too_many_drafts", f"You keep {MOST} drafts; let one go first.")
    return GroupDraft.objects.create(
        network=network, founder=person, started_at=now, touched_at=now, **tidy(words)
    )


@deed
def keep(draft, person, *, now=None, **words):
    """Keep what was said of the draft so far; nothing has to be complete. Refuses: draft_gone."""
    now = now or timezone.now()
    draft = locked_draft(draft, person)
    for field, value in tidy(words).items():
        setattr(draft, field, value)
    draft.touched_at, draft.warned_at = now, None
    draft.save(update_fields=[*words, "touched_at", "warned_at"])
    return draft


@deed
def drop(draft, person):
    """Let the draft go. Refuses: draft_gone."""
    locked_draft(draft, person).delete()


@deed
def propose_draft(draft, person, *, now=None):
    """Propose the group of the draft, which is then gone; as `propose`, whose refusals it shares.

    Refuses: draft_gone.
    """
    draft = locked_draft(draft, person)
    kept = {field: getattr(draft, field) for field in (*CHARTER, *SETTINGS)}
    charter = {field: value for field, value in kept.items() if value or field in CHARTER}
    charter.setdefault("colour", paint_of(draft.name))
    group = propose(draft.network, person, now=now, **charter)
    draft.delete()
    return group


def locked_draft(draft, person):
    """The draft as it stands, held; its founder's alone. Refuses: draft_gone."""
    drafts = GroupDraft.objects.filter(pk=draft.pk, founder=person.pk).select_related("network")
    found = drafts.select_for_update(no_key=True, of=["self"]).first()
    if found is None:
        raise Refused("draft_gone", "This draft was proposed or let go; it is not kept any more.")
    return found


def tidy(words):
    """What was said, tidied; it may be empty, and nothing may be too long."""
    errors = {}
    for field, choices in CHOICES.items():
        if words.get(field) and words[field] not in choices:
            errors[field] = f"Choose one of {', '.join(choices)}."
    if errors:
        raise Invalid(errors)
    empty = {field: NOTHING.get(field, "") for field in words}
    return empty | rules.charter_of({field: value for field, value in words.items() if said(value)})


def said(value):
    """Whether there is anything in it."""
    return bool(value.strip() if isinstance(value, str) else value)


NOTHING: dict = {"cap": None, "questions": []}
