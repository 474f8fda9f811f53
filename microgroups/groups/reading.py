"""Which groups there are for a person, asked in one way everywhere."""

from django.db.models import Q

from microgroups.groups.models import MicroGroup
from network.activity.models import Activity
from network.networks.models import Role
from network.people.models import Person


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


def looks_after(person, group="group", network="network"):
    """A condition on rows that name a group and a network: the person looks after the network; of
    a hidden group its admins alone. Rows without a group are the network's own."""
    here = person.here
    if here is None or not here.is_moderator:
        return Q(pk__in=[])
    theirs = Q(**{network: here.network_id})
    shown = Q(**{group: None}) | ~Q(**{f"{group}__visibility": "hidden"})
    return theirs if here.is_admin else theirs & shown


def who_looks_after(network, group=None):
    """The network's moderators and admins; of a hidden group its admins alone."""
    is_hidden = group is not None and group.is_hidden
    roles = [Role.ADMIN] if is_hidden else [Role.ADMIN, Role.MODERATOR]
    places = network.memberships.filter(role__in=roles, suspended_at=None)
    return Person.objects.filter(pk__in=places.values("person"))
