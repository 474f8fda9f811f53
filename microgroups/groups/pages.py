"""What the pages of a group have in common, and what the network's admin sees of groups."""

from django.db.models import Q
from django.urls import reverse

from microgroups.groups.founding import lacks, lacks_in_words, load_founding
from microgroups.groups.models import PAINTS, MicroGroup, State
from network.registries import admin_decisions

MOST = 30
SKETCHED = ("name", "purpose", "cap", "colour")  # what a card shows of a group that is thought of


def tabs_of(group, membership):
    """[(name, url, words)] of a group's pages: all for its members, the charter for others."""
    if membership is None or not membership.may_read:
        return [("charter", reverse("group_charter", args=[group.slug]), "Charter")]
    names = [("now", "group", "Now"), ("people", "group_people", "People")]
    names.append(("charter", "group_charter", "Charter"))
    if membership.is_facilitator:
        names += [("care", "group_care", "Care"), ("settings", "group_settings", "Settings")]
    return [(name, reverse(url, args=[group.slug]), words) for name, url, words in names]


def kin_of(group, person):
    """(the group that it has grown from or None, its open sisters), as the person may see them."""
    kin = Q(sisters=group) | Q(sister_of=group, state=State.OPEN)
    found = MicroGroup.objects.visible_to(person).filter(kin).order_by("founded_at", "pk")
    found = list(found.defer("search")[:MOST])
    parent = next((each for each in found if each.pk == group.sister_of_id), None)
    return parent, [each for each in found if each != parent]


def sketch_of(told, network):
    """The group as its card will show it, from what was said so far; it is not saved."""
    typed = {field: str(told.get(field) or "").strip() for field in SKETCHED}
    cap = int(typed["cap"][:9]) if typed["cap"].isdecimal() else 0
    return MicroGroup(
        name=typed["name"][:80] or "Your group",
        purpose=typed["purpose"][:140] or "Why somebody would join, and stay.",
        cap=min(max(cap, 1), network.max_cap),
        colour=typed["colour"] if typed["colour"] in PAINTS else PAINTS[0],
    )


def decisions(network, admin):
    """Groups of the network that need an admin: proposals, and those that nobody facilitates."""
    groups = MicroGroup.objects.visible_to(admin).filter(network=network).select_related("network")
    proposals = groups.filter(state=State.PROPOSED, approved_at=None).select_related("founder")
    alone = groups.open().without_facilitator()
    over = groups.open().over_policy()
    waiting = list(proposals.order_by("proposed_at", "pk")[:MOST])
    for group in load_founding(waiting, admin):
        missing = lacks(group.founding, group.founding["needed"])
        group.missing = lacks_in_words(missing) if missing else ""
    context = {
        "proposals": waiting,
        "alone": list(alone.order_by("founded_at", "pk")[:MOST]),
        "over": list(over.order_by("-seats_taken", "pk")[:MOST]),
        "others": [row for _, find in admin_decisions.items() for row in find(network, admin)],
    }
    return "microgroups/groups/_decisions.html", context


def checklist_of(group):
    """[(whether it is there, words)] of what the unborn group has and still needs to begin.

    `founding` must be loaded. Without a bar it tells who has pledged, if anybody has.
    """
    if group.founding is None:
        return []
    needed = group.founding["needed"]
    words = {
        "pledges": ("person has pledged to come", "people have pledged to come"),
        "threads": ("conversation is begun in it", "conversations are begun in it"),
        "facilitators": ("person will look after it", "people will look after it"),
    }
    lines = []
    for what, (one, many) in words.items():
        there, asked = group.founding[what], needed[what]
        if asked > (what == "facilitators"):
            lines.append((there >= asked, f"{there} of {asked} {many}"))
        elif what == "pledges" and there:
            lines.append((True, f"{there} {one if there == 1 else many}"))
    return lines
