"""Why a group may be the right one for somebody: one true sentence under its card."""

import re
from collections import defaultdict

from django.apps import apps

from network.prepared import rows
from network.templatetags.kith import names, plural_in_words

WORD = re.compile(r"[^\W\d_]{6,}")
SAY_LITTLE = {
    *("about", "always", "another", "anybody", "anything", "because", "before", "behind"),
    *("between", "community", "everybody", "everything", "friends", "having", "little"),
    *("living", "nobody", "nothing", "others", "people", "please", "really", "should", "somebody"),
    *("something", "sometimes", "things", "through", "together", "without", "years"),
}


def tell_fits(groups, person, mine):
    """Give each group its `fit`, and the icon beside it: of what this person may know. One query.

    mine: the keys of the groups that the person is in.
    """
    known = known_in([group for group in groups if group.pk not in mine], person)
    for group in groups:
        group.fit_icon, group.fit = fit(group, person, group.pk in mine, known[group.pk])


def fit(group, person, is_mine, known):
    """(icon, sentence)."""
    if is_mine:
        return "check", "You are in this one."
    if known:
        return "users", f"You know {names(known)} from another group."
    if shared := word_in_both(person.intro, f"{group.name} {group.purpose}"):
        return "quote", f"You wrote “{shared}” about yourself."
    return at_the_door(group)


def at_the_door(group):
    """What coming in takes."""
    if group.founded_at is None:
        return "sprout", "It is about to begin. You can pledge to come."
    if group.is_over_policy:
        return "", ""
    if group.join_policy == "ask":
        asked = len(group.questions)
        what = plural_in_words(asked, "question,questions") if asked else "you"
        return "hand", f"They ask {what} first, and somebody says yes."
    if group.join_policy == "invite":
        return "mail", "One comes in by invitation."
    if group.is_full:
        return "hourglass", "Every window is lit; you can wait here."
    return "door-open", "Walk in while a window is free." if group.is_soft_full else "Walk in."


def known_in(groups, person):
    """{key of a group: people in it whom the person knows from another}, where names are shown."""
    shown = [group.pk for group in groups if group.visibility == "network"]
    found = defaultdict(list)
    for membership in rows(shared_by, person, shown) if shown else ():
        found[membership.group_id].append(membership.person)
    return found


def shared_by(person, keys):
    """Memberships in these groups of people who are in another one with this person."""
    memberships = apps.get_model("microgroups", "Membership").objects.visible_to(person).active()
    shared = memberships.filter(group__in=person.memberships.active().values("group"))
    there = memberships.filter(group__in=keys, person__in=shared.values("person"))
    return there.exclude(person=person.pk).select_related("person").order_by("role", "pk")


def word_in_both(one, other):
    """The first telling word of one text that stands in the other, too; or nothing."""
    there = {word.casefold() for word in WORD.findall(other)} - SAY_LITTLE
    return next((word for word in WORD.findall(one) if word.casefold() in there), "")
