"""Which groups there are for a person, asked in one way everywhere."""

from microgroups.groups.models import MicroGroup
from network.activity.models import Activity


def groups_for(person):
    """The groups whose card the person may see."""
    return MicroGroup.objects.visible_to(person).select_related("network").defer("search")


def group_with(slug, person):
    """The one with this slug, if the person may see it."""
    return groups_for(person).filter(slug=slug)[:1]


def who_archived(group):
    """Whoever closed the archived group, as its log tells it; None where it does not."""
    if not group.is_archived:
        return None
    closings = Activity.objects.filter(group_id=group.pk, verb="group.archived")
    closing = closings.select_related("actor").order_by("-id").first()
    return closing.actor if closing else None
