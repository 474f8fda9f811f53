"""What the pages of a group have in common, and what the network's admin sees of groups."""

from django.urls import reverse

from microgroups.groups.models import PAINTS, MicroGroup, State

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


def sketch_of(form, network):
    """The group as its card will show it, from what stands in the form; it is not saved."""
    typed = {field: str(form[field].value() or "").strip() for field in SKETCHED}
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
    proposals = groups.filter(state=State.PROPOSED).select_related("founder")
    alone = groups.open().without_facilitator()
    over = groups.open().over_policy()
    context = {
        "proposals": list(proposals.order_by("proposed_at", "pk")[:MOST]),
        "alone": list(alone.order_by("founded_at", "pk")[:MOST]),
        "over": list(over.order_by("-seats_taken", "pk")[:MOST]),
    }
    return "microgroups/groups/_decisions.html", context
