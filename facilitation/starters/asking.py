"""The job by which Kith asks by itself, where a group has said that it may (domain.md R16).

Only what Kith has drafted and nobody has changed, put off or put aside for a day; by day where most
of the group live; while the group is quiet still; and no more than Kith may draft anyway. It stands
in nobody's name and says so.
"""

from collections import Counter

from django.db.models import Count, Exists, OuterRef

from facilitation.cues.actions import settle
from facilitation.cues.models import Cue, Kind
from facilitation.cues.models import State as CueState
from facilitation.starters.actions import asked, cues_of, lock
from facilitation.starters.measure import figures
from facilitation.starters.models import Starter
from microgroups.conversation.by_kith import begin
from microgroups.groups.actions import locked
from microgroups.groups.models import MicroGroup
from microgroups.membership.models import Membership
from network.notifications.rules import quiet_until
from network.people.models import Person
from network.transactions import deed

WHY = "Kith has asked it, since nobody had seen to it for a day."


def ask_as_kith(now):
    """Ask what nobody has seen to, in the groups that let Kith, while people are up there."""
    due = list(left_alone(now).order_by("left_until", "pk").values_list("pk", "group"))
    zones = zones_of({group for _, group in due})
    for key, group in due:
        if quiet_until(now, zones[group]) is None:
            ask_one(key, group, now=now)


def left_alone(now):
    """Drafts left to Kith whose cue nobody has closed or put off."""
    waits = Cue.objects.open(now).filter(kind=Kind.STARTER, subject_id=OuterRef("pk"))
    return Starter.objects.left_to_kith(now).filter(Exists(waits))


def zones_of(groups):
    """{group's key: the time zone of most of its members}. One query."""
    rows = Membership.objects.active().filter(group__in=groups).order_by()
    rows = rows.values_list("group", "person__time_zone").annotate(people=Count("pk"))
    counts = {group: Counter() for group in groups}
    for group, zone, people in rows:
        counts[group][zone] = people
    return {group: most_common(zones) for group, zones in counts.items()}


def most_common(zones):
    """The zone of most; of several the first by name, so that it does not change by itself."""
    name = min(zones, key=lambda zone: (-zones[zone], zone), default="UTC")
    return Person(time_zone=name).zone


@deed
def ask_one(key, group, *, now):
    """Ask it as Kith, unless somebody has seen to it or the group has no need or room any more.

    Once, however often it is asked for. Answers the starter, or None.
    """
    group = locked(MicroGroup(pk=group))
    if not left_alone(now).filter(pk=key).exists():
        return None
    if not any(row.may_be_asked(now) for row in figures(now, only=group.pk)):
        return None
    starter = lock(key)
    thread = begin(group, title=starter.title, body=starter.body, now=now)
    asked(starter, thread, None, now)
    settle(cues_of(starter), CueState.DONE, WHY, now=now)
    return starter
