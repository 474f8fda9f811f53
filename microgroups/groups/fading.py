"""Drafts go by themselves: after 30 untouched days, and never without a week's warning."""

from datetime import timedelta

from django.db import models

from network.notifications.actions import notify
from network.registries import drafts
from network.transactions import deed

KEPT, WARNED = timedelta(days=30), timedelta(days=7)


class FadingQuerySet(models.QuerySet):
    """Drafts, by how long nobody has touched them."""

    touched = "touched_at"  # the field that says since when

    def untouched_since(self, then):
        return self.filter(**{f"{self.touched}__lte": then})

    def to_warn(self, now):
        """Untouched for so long that they go in a week, and nobody was told."""
        return self.untouched_since(now - KEPT + WARNED).filter(warned_at=None)

    def over(self, now):
        """Untouched for 30 days, and a week after the warning."""
        return self.untouched_since(now - KEPT).filter(warned_at__lte=now - WARNED)


def forget_drafts(now):
    """Warn of drafts of each kind that nobody has touched for 23 days; a week later they go."""
    for _, model in drafts.items():
        for draft in model.objects.to_warn(now).order_by("pk"):
            warn(draft, now)
        model.objects.over(now).delete()


@deed
def warn(draft, now):
    """Tell whose it is, once, that the draft goes in a week; unless it was touched meanwhile."""
    due = type(draft).objects.to_warn(now).filter(pk=draft.pk)
    draft = due.select_for_update(no_key=True).first()
    if draft is None:
        return
    draft.warned_at = now
    draft.save(update_fields=["warned_at"])
    person, since, facts = draft.told_of()
    cause = f"draft_goes:{draft.pk}:{since.isoformat()}"
    notify([person], "draft_goes", cause=cause, at=now, **facts)
