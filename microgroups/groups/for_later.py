"""Words for a group that somebody keeps for later: theirs alone, until they say them."""

from functools import partial

from django.db import models
from django.urls import reverse

from microgroups.groups.fading import FadingQuerySet
from microgroups.groups.models import State
from network.prepared import first, rows
from network.registries import Kept, Subject, drafts, personal_data, subjects


class KeptQuerySet(FadingQuerySet):
    """Each kind adds `visible_to`: the person's own, where they could say it still."""

    touched = "kept_at"

    def keep(self, group, person, words, now):
        """The person's words for the group, in the place of those that they kept before."""
        facts = {"words": words, "kept_at": now, "warned_at": None}
        draft, _ = self.update_or_create(group=group, by=person, defaults=facts)
        return draft

    def let_go(self, group, person):
        """Whoever has said it, or wants nothing of it any more, keeps nothing for later."""
        kept = first(kept_by, self.model, group.pk, person.pk)
        if kept is not None:
            kept.delete()


class KeptForLater(models.Model):
    """What somebody would say to a group. Who is told of it finds it by the group's key."""

    kind: str  # the type of the subject: "charter_draft"
    called: str  # what it is for whoever is told of it, before the group's name: "Charter of"
    page: str  # the name of the page where one goes on with it

    group = models.ForeignKey("microgroups.MicroGroup", on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey("network.Person", on_delete=models.CASCADE, related_name="+")
    words = models.JSONField(default=dict, help_text="By text or question, what they would say.")
    kept_at = models.DateTimeField()
    warned_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    def told_of(self):
        """Who is told that it goes, untouched since when, and how they find it."""
        about = (self.kind, self.group_id)
        facts = {"network": self.group.network, "group": self.group, "subject": about}
        return self.by, self.kept_at, facts


def keep_in_registries(model):
    """Drafts of this kind fade, are found by whoever is told of them, are exported and erased."""
    drafts.add(model.kind, model)
    subjects.add(model.kind, partial(load, model))
    kept = Kept(export=partial(drafts_by, model), erase=partial(forget, model))
    personal_data.add(model, kept)


def load(model, groups, person):
    """What this person keeps for later for these open groups, as subjects of a Notice."""
    return {
        draft.group_id: Subject(
            f"{model.called} {draft.group.name}",
            reverse(model.page, args=[draft.group.slug]),
            draft.group.name,
            draft.group.slug,
        )
        for draft in rows(drafts_for, model, list(groups), person)
    }


def drafts_for(model, groups, person):
    found = model.objects.visible_to(person).filter(group__in=groups)
    return found.filter(group__state=State.OPEN).select_related("group")


def kept_by(model, group, person):
    """By keys: looked for first, since hardly anybody keeps one."""
    return model.objects.filter(group=group, by=person)


def drafts_by(model, person):
    """What somebody would say to groups, and has not yet."""
    for draft in model.objects.filter(by=person).select_related("group"):
        yield {"group": draft.group.name, "kept_at": draft.kept_at, "words": draft.words}


def forget(model, person):
    """What somebody was only thinking of goes with them."""
    model.objects.filter(by=person).delete()
