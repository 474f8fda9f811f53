"""What home shows besides the feed."""

from bridging.highlights.models import Echo, State
from microgroups.conversation.reading import unread_by_group
from microgroups.groups.models import MicroGroup
from microgroups.membership.models import Membership
from network.prepared import first, rows


def my_groups(person):
    """(membership, how many threads are unread) for each group the person is in or rests in."""
    unread = unread_by_group(person)
    mine = rows(memberships_of, person)
    return [(membership, unread.get(membership.group_id, 0)) for membership in mine]


def memberships_of(person):
    return (
        Membership.objects.visible_to(person)
        .filter(person=person)
        .reading()
        .exclude(group__state="archived")
        .select_related("group__network")
        .order_by("group__name", "pk")
    )


def fitting_group(person):
    """A young group with seats that the person has nothing to do with yet, or None."""
    return first(fitting_groups, person)


def fitting_groups(person):
    return (
        MicroGroup.objects.visible_to(person)
        .open()
        .with_free_seats()
        .exclude(pk__in=person.memberships.values("group"))
        .exclude(visibility="hidden")
        .select_related("network")
        .order_by("-founded_at", "-pk")[:1]
    )


def share_act(post, membership):
    """(words, address) of asking for a post to travel; None where it cannot."""
    group = membership.group
    if not membership.is_active or group.is_hidden or not group.is_open:
        return None
    if post.is_deleted or post.is_system or post.author_id is None:
        return None
    return "Share with the network", f"/posts/{post.pk}/share/"


def came_back(group, membership):
    """What the network has answered to the group's postcards lately, or None. One query."""
    found = rows(echoes_for, group.pk)
    return ("bridging/highlights/_came_back.html", {"echoes": found}) if found else None


def echoes_for(group):
    return (
        Echo.objects.filter(highlight__group=group, highlight__state=State.SHARED)
        .select_related("author", "highlight")
        .order_by("-at", "-pk")[:3]
    )
