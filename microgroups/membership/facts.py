"""What groups and memberships add to the registries: facts, subjects, personal data, invariants."""

from django.db.models import Count, Exists, F, OuterRef, Q
from django.urls import reverse

from microgroups.groups.models import MicroGroup
from microgroups.membership import invitations
from microgroups.membership.actions import erase
from microgroups.membership.models import (
    KNOCKING,
    READING,
    SEATED,
    Invitation,
    Membership,
    State,
    Visit,
)
from network.networks.models import NetworkMembership
from network.prepared import rows
from network.registries import Kept, OwnGroup, Subject, invariants, personal_data


def facilitates():
    """Whether somebody facilitates a group of the network."""
    return Exists(
        Membership.objects.facilitating().filter(
            person=OuterRef("person"), group__network=OuterRef("network")
        )
    )


def load_groups(ids, person):
    """Groups whose card this person may see, as subjects of a Notice."""
    return {
        group.pk: Subject(group.name, group.get_absolute_url(), group.name, group.slug)
        for group in rows(groups_at, list(ids), person)
    }


def groups_at(keys, person):
    return MicroGroup.objects.visible_to(person).filter(pk__in=keys).defer("search")


def load_memberships(ids, person):
    """Memberships this person may see, as subjects of a Notice.

    Where the group's card is hidden from them by now, its name is left out.
    """
    return {
        each.pk: Subject(
            each.person.name,
            address_of(each, person),
            each.group.name if each.is_shown else "a group",
            each.group.slug if each.is_shown else "",
        )
        for each in rows(memberships_at, list(ids), person)
    }


def address_of(membership, person):
    """Where to read about it: who was turned away finds the reason, and what they can do."""
    if membership.was_turned_away and membership.person_id == person.pk:
        return reverse("turned_away", args=[membership.pk])
    if membership.is_requested and membership.person_id == person.pk and membership.is_shown:
        return reverse("join", args=[membership.group.slug])  # a yes may wait for them there
    return membership.group.get_absolute_url() if membership.is_shown else reverse("discover")


def memberships_at(keys, person):
    shown = MicroGroup.objects.visible_to(person).filter(pk=OuterRef("group"))
    return (
        Membership.objects.visible_to(person)
        .filter(pk__in=keys)
        .annotate(is_shown=Exists(shown))
        .select_related("group", "person")
    )


def groups_of(people, reader):
    """{person's key: slugs of the groups in which the reader may see them}. One query."""
    shown = (
        Membership.objects.visible_to(reader)
        .filter(person__in=people, state__in=READING)
        .exclude(group__state="declined")
        .order_by("group__slug")
        .values_list("person", "group__slug")
    )
    found: dict = {}
    for person, slug in shown:
        found.setdefault(person, []).append(slug)
    return found


def known_from(person, reader):
    """The groups in which the reader may see somebody, for that one's page. One query."""
    mine = Membership.objects.reading().filter(group=OuterRef("group"), person=reader.pk)
    shown = (
        Membership.objects.visible_to(reader)
        .filter(person=person, state__in=READING, group__state="open")
        .annotate(is_shared=Exists(mine))
        .select_related("group")
        .order_by("group__name", "pk")[:30]
    )
    together = [each.group for each in shown if each.is_shared]
    elsewhere = [each.group for each in shown if not each.is_shared]
    if not (together or elsewhere):
        return None
    context = {"together": together, "elsewhere": elsewhere, "is_me": person == reader}
    return "microgroups/membership/_known_from.html", context


def own_groups(person):
    """The groups that write to somebody: those they are in, and the line they wait in. One query.

    A hidden group stands here only while they may see its card."""
    mine = person.memberships.exclude(state__in=["left", "removed", "declined"])
    shown = MicroGroup.objects.visible_to(person).exclude(state="declined")
    groups = shown.filter(pk__in=mine.values("group")).only("slug", "name")
    return [OwnGroup(group.pk, group.slug, group.name) for group in groups]


def count_groups(network, reader):
    """How many open groups of the network the reader may see."""
    return MicroGroup.objects.visible_to(reader).open().filter(network=network).count()


def log_of(slug, person):
    """(a group's key, whether this person looks after it); None where they do not see it."""
    group = MicroGroup.objects.visible_to(person).filter(slug=slug).first()
    if group is None:
        return None
    return group.pk, Membership.objects.facilitating().filter(group=group, person=person).exists()


def memberships_of(person):
    for each in person.memberships.select_related("group"):
        yield {
            "group": each.group.name,
            "state": each.state,
            "role": each.role,
            "since": each.since,
            "joined_at": each.joined_at,
            "answers": each.answers,
            "offers": each.offers,
            "asks": each.asks,
            "reason": each.reason,
            "rhythm_paused_at": each.rhythm_paused_at,
        }


def visits_of(person):
    for visit in Visit.objects.filter(membership__person=person).select_related(
        "membership__group"
    ):
        yield {"group": visit.membership.group.name, "on": visit.on, "wrote": visit.wrote}


def groups_founded_by(person):
    for group in MicroGroup.objects.filter(founder=person):
        yield {"group": group.name, "proposed_at": group.proposed_at}


def invitations_of(person):
    """What somebody made, what names them, and what went to their address."""
    mine = Invitation.objects.about(person).select_related("group")
    for each in mine.order_by("pk"):
        yield {
            "group": each.group.name,
            "kind": each.kind,
            "made_by_me": each.by_id == person.pk,
            "address": each.address,
            "words": each.words,
            "made_at": each.made_at,
            "state": each.state,
        }


def keep_personal_data():
    personal_data.add(
        Invitation,
        Kept(
            export=invitations_of,
            erase=invitations.erase,
        ),
    )
    personal_data.add(Membership, Kept(export=memberships_of, erase=erase))
    personal_data.add(
        Visit,
        Kept(
            export=visits_of,
            erase=lambda person: Visit.objects.filter(membership__person=person).delete(),
        ),
    )
    personal_data.add(
        MicroGroup,
        Kept(
            export=groups_founded_by,
            erase=lambda person: MicroGroup.objects.filter(founder=person).update(founder=None),
        ),
    )


def counted():
    """Each group with its seats and its line counted again."""
    return MicroGroup.objects.annotate(
        real_seats=Count("memberships", filter=Q(memberships__state__in=SEATED)),
        real_line=Count("memberships", filter=Q(memberships__state=State.WAITLISTED)),
    )


def seats_add_up():
    for group in counted().exclude(real_seats=F("seats_taken")):
        yield f"{group.slug} says {group.seats_taken} seats are taken; it is {group.real_seats}."


def lines_add_up():
    for group in counted().exclude(real_line=F("waiting")):
        yield f"{group.slug} says {group.waiting} wait; it is {group.real_line}."


def caps_hold():
    for group in counted().filter(real_seats__gt=F("cap")):
        yield f"{group.slug} has {group.real_seats} people on {group.cap} seats."


def no_free_seat_while_somebody_waits():
    free = MicroGroup.objects.open().with_free_seats().filter(waiting__gt=0)
    for group in free:
        yield f"{group.slug} has a free seat and {group.waiting} waiting."


def open_groups_have_a_facilitator():
    care = Membership.objects.facilitating().filter(group=OuterRef("pk"))
    alone = MicroGroup.objects.open().filter(is_imported=False).exclude(Exists(care))
    for group in alone:
        yield f"{group.slug} is open and nobody facilitates it."


def members_belong_to_the_network():
    place = NetworkMembership.objects.filter(
        network=OuterRef("group__network"), person=OuterRef("person")
    )
    current = Membership.objects.filter(state__in=[*READING, *KNOCKING])
    for each in current.exclude(Exists(place)):
        yield f"The membership {each.pk} is of somebody outside the network."


def hold_invariants():
    for check in (
        seats_add_up,
        lines_add_up,
        caps_hold,
        no_free_seat_while_somebody_waits,
        open_groups_have_a_facilitator,
        members_belong_to_the_network,
    ):
        invariants.add(check.__name__, check)
