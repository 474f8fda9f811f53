"""What home shows besides the feed."""

from microgroups.conversation.reading import unread_by_group
from microgroups.groups.models import MicroGroup
from microgroups.membership.models import Membership


def my_groups(person):
    """(membership, how many threads are unread) for each group the person is in or rests in."""
    memberships = (
        Membership.objects.visible_to(person)
        .filter(person=person)
        .reading()
        .exclude(group__state="archived")
        .select_related("group__network")
        .order_by("group__name", "pk")
    )
    unread = unread_by_group(person)
    return [(membership, unread.get(membership.group_id, 0)) for membership in memberships]


def fitting_group(person):
    """A young group with seats that the person has nothing to do with yet, or None."""
    return (
        MicroGroup.objects.visible_to(person)
        .open()
        .with_free_seats()
        .exclude(pk__in=person.memberships.values("group"))
        .exclude(visibility="hidden")
        .select_related("network")
        .order_by("-founded_at", "-pk")
        .first()
    )
