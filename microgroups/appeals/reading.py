"""Appeals as others ask for them: subjects of notices, personal data, what an admin sees."""

from django.db.models import Exists, OuterRef
from django.urls import reverse

from microgroups.appeals.models import LIFTS, Appeal
from microgroups.groups.models import MicroGroup
from network.registries import Subject


def shown_to(person, appeals):
    """The appeals with what is shown of them, and whether the group's card may be (`is_shown`)."""
    card = MicroGroup.objects.visible_to(person).filter(pk=OuterRef("membership__group"))
    loaded = appeals.select_related("membership__group", "membership__person")
    return loaded.annotate(is_shown=Exists(card))


def load_appeals(ids, person):
    """Appeals this person may see, as subjects of a Notice; without a hidden group's name."""
    appeals = shown_to(person, Appeal.objects.visible_to(person).filter(pk__in=ids))
    return {each.pk: subject(each, person) for each in appeals}


def subject(appeal, person):
    place = appeal.membership
    return Subject(
        place.person.name,
        address_of(appeal, person),
        place.group.name if appeal.is_shown else "a group",
        place.group.slug if appeal.is_shown else "",
    )


def address_of(appeal, person):
    """The page for who decides; for whose it is the one that tells what came of it."""
    place = appeal.membership
    if place.person_id != person.pk:
        return reverse("appeal", args=[appeal.pk])
    if not appeal.is_about_place:
        return decided_page(appeal)
    return reverse("turned_away", args=[place.pk])


def decided_page(appeal):
    """Where the decision on record that this is about is read."""
    return LIFTS[appeal.about].facts["page"](appeal.decision)


def appeals_of(person):
    for each in Appeal.objects.filter(membership__person=person).select_related(
        "membership__group"
    ):
        yield {
            "group": each.membership.group.name,
            "about": each.about,
            "text": each.text,
            "state": each.state,
            "reason": each.reason,
            "at": each.at,
        }


def waiting_appeals(network, admin):
    """How many appeals of the network wait for somebody who looks after it."""
    appeals = Appeal.objects.before(admin).open().filter(membership__group__network=network)
    alone = appeals.exclude(pk__in=appeals.with_other_facilitator().values("pk")).count()
    return ("microgroups/appeals/_waiting.html", {"count": alone})
