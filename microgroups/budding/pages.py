"""What the pages of a budding show: the two streets after it, who is for it, who is kin."""

from copy import copy

from microgroups.budding.models import Budding, Way
from microgroups.groups.pages import kin_of
from microgroups.membership.models import Membership


def kin(group, membership):
    """A line about the groups that one grew from and that grew from one, or None.

    While its people choose, it asks them to.
    """
    if not (membership.has_kin or group.sister_of_id):
        return None
    person = membership.person
    parent, sisters = kin_of(group, person)
    under_way, past = None, None
    if membership.has_kin:
        under_way = Budding.objects.visible_to(person).under_way().filter(group=group)
        under_way = under_way.select_related("sister").first()
    if group.sister_of_id:
        places = Membership.objects.visible_to(person).parted().filter(person=person)
        past = places.filter(group=group.sister_of_id).select_related("group").first()
    if not (parent or sisters or under_way or past):
        return None
    context = {
        "group": group,
        "membership": membership,
        "parent": parent,
        "sisters": sisters,
        "budding": under_way,
        "past": past if past is not None and past.reads_past else None,
    }
    return "microgroups/budding/_kin.html", context


def afterwards(budding, said):
    """[(group, offered)]: both as they would stand if everybody kept to what they said."""
    group, sister = copy(budding.group), copy(budding.sister)
    group.seats_taken -= said[Way.GO]
    offered = min(group.waiting, group.seats_left)
    group.seats_taken, group.waiting = group.seats_taken + offered, group.waiting - offered
    sister.seats_taken = min(said[Way.GO] + said[Way.BOTH], sister.cap)
    return (group, offered), (sister, 0)


def for_it(budding):
    """[(person, in words)] of who would look after each of the two, and what they have said."""
    hosts = budding.group.memberships.facilitating().select_related("person").order_by("pk")
    ways = dict(budding.choices.filter(way__in=(Way.GO, Way.BOTH)).values_list("person", "way"))
    people = []
    if budding.facilitator is not None:
        says = "would" if budding.facilitator_id in ways else "was asked to"
        people.append((budding.facilitator, f"{says} look after the sister"))
    others = [each.person for each in hosts if each.person_id != budding.facilitator_id]
    return people + [(one, "looks after it here") for one in others if ways.get(one.pk) != Way.GO]
