"""Which groups there are for a person, asked in one way everywhere."""

from microgroups.groups.models import MicroGroup


def groups_for(person):
    """The groups whose card the person may see."""
    return MicroGroup.objects.visible_to(person).select_related("network").defer("search")


def group_with(slug, person):
    """The one with this slug, if the person may see it."""
    return groups_for(person).filter(slug=slug)[:1]
