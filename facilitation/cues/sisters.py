"""Kith proposes a sister where a group is full and two tables have formed in it (R45)."""

from collections import defaultdict
from datetime import timedelta

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Greatest, Least

from facilitation.cues.actions import open_cues, settle
from facilitation.cues.models import Cue, Kind, State
from facilitation.cues.rules import two_tables
from facilitation.cues.sizes import LEFT_BE_FOR, number
from microgroups.budding.models import Budding
from microgroups.budding.rules import LOOKED_BACK, share_of_busiest
from microgroups.conversation.models import Post
from microgroups.groups.models import MicroGroup
from microgroups.membership.models import Membership

HELD_FOR = timedelta(days=14)  # how long nine seats of ten have been taken by the same people
LINE = 10
BEFORE, MORE = timedelta(days=90), 10  # the busiest tenth's share, and points by which it grew
WHOLE = IntegerField()
TABLE, CLEAR = 30, 0.3  # people at each of the two tables; modularity of the replies


def propose_sisters(now):
    """Ask those who facilitate a full group whether it should grow a sister; close what is over.

    Each is asked once; closed for whatever reason, a group is asked again after 90 days.
    """
    settle_sisters(now)
    groups = {group.pk: group for group in full_groups(now)}
    pressing = {key: why for key, why in pressed(groups, now).items() if why}
    for key, tables in tables_of(pressing, now).items():
        pressing[key] += f" Two tables of {tables[0]} and {tables[1]} have formed."
        open_cues([sister_cue(groups[key], pressing[key], now)])


def room():
    """How many seats the group of the row may give at all."""
    ceiling = Greatest(Coalesce("ceiling", 0), "network__max_cap", output_field=WHOLE)
    return Least("cap", ceiling, output_field=WHOLE)


def lacking(taken):
    """How far so many people are below nine seats in ten, in tenths of a seat."""
    return room() * 9 - taken * 10


def full_groups(now):
    """Open groups of which nine seats in ten have been held for two weeks by the same people.

    There is no record of how full a group was on a day; who has been in it since then proves it.
    Not those that were asked, or grew a sister or meant to, within 90 days.
    """
    held = Membership.objects.active().filter(since__lte=now - HELD_FOR)
    asked = Cue.objects.filter(group=OuterRef("pk"), kind=Kind.BUDDING)
    lately = asked.filter(Q(state=State.OPEN) | Q(closed_at__gt=now - LEFT_BE_FOR))
    grown = Budding.objects.filter(group=OuterRef("pk"))
    grown = grown.filter(
        Q(ended_at=None) | Q(ended_at__gt=now - LEFT_BE_FOR) | Q(both_until__gt=now)
    )
    before = asked.order_by().values("group").annotate(n=Count("pk")).values("n")
    groups = MicroGroup.objects.open().filter(~Exists(lately), ~Exists(grown))
    groups = groups.annotate(room=room(), held=number(held), lacking=lacking(number(held)))
    groups = groups.annotate(asked_before=Coalesce(Subquery(before), 0))
    groups = groups.filter(held__gte=2 * TABLE, lacking__lte=0)
    return groups.defer("search").order_by("pk")


def pressed(groups, now):
    """{group's key: why it is time, in words}: ten wait, or few write more of it than before."""
    lately, before = busiest_in(groups, now), busiest_in(groups, now - BEFORE)
    said = {}
    for key, group in groups.items():
        seats = f"{group.held} of {group.room} windows have been lived in for two weeks"
        share, was = lately.get(key), before.get(key)
        if group.waiting >= LINE:
            said[key] = f"{seats}, and {group.waiting} people wait."
        elif share is not None and was is not None and share - was >= MORE:
            grew = f"{share} % of all posts; three months ago it was {was} %"
            said[key] = f"{seats}. The busiest tenth now write {grew}."
    return said


def busiest_in(groups, now):
    """{group's key: the share of its busiest tenth} in the four weeks up to `now` (M11)."""
    counts = defaultdict(list)
    posts = words_in(groups, now - LOOKED_BACK, now).values_list("group", "author")
    for key, _, posted in posts.annotate(n=Count("pk")):
        counts[key].append(posted)
    return {key: share_of_busiest(each) for key, each in counts.items()}


def words_in(groups, since, until):
    """What people, not machines, have said in these groups, and still stands."""
    posts = Post.objects.standing().filter(group__in=list(groups), at__gt=since, at__lte=until)
    return posts.filter(thread__deleted_at=None, author__isnull=False, is_system=False).order_by()


def tables_of(groups, now):
    """{group's key: how many sit at each of its two tables}, where there are two such.

    Thirty at each, who talk mostly among themselves; and at each somebody willing to look after
    it: who facilitates this group, or another open one of the network. Asking them is for people.
    """
    inside, willing = defaultdict(set), defaultdict(set)
    for key, person, cares in people_of(groups):
        inside[key].add(person)
        if cares:
            willing[key].add(person)
    replies = defaultdict(dict)
    said = words_in(groups, now - BEFORE, now).filter(reply_to__author__isnull=False)
    for key, who, whom, often in said.values_list("group", "author", "reply_to__author").annotate(
        n=Count("pk")
    ):
        if {who, whom} <= inside[key]:
            replies[key][who, whom] = often
    found = {}
    for key in groups:
        halves, clearly = two_tables(replies[key])
        if clearly >= CLEAR and all(len(half) >= TABLE and half & willing[key] for half in halves):
            found[key] = [len(half) for half in halves]
    return found


def people_of(groups):
    """(group's key, person's key, whether they facilitate an open group of its network)."""
    caring = Membership.objects.facilitating().filter(
        person=OuterRef("person"), group__network=OuterRef("group__network"), group__state="open"
    )
    members = Membership.objects.active().filter(group__in=list(groups))
    return members.annotate(cares=Exists(caring)).values_list("group", "person", "cares")


def sister_cue(group, reason, now):
    """One for each time that the group is asked: its number tells them apart."""
    return Cue(
        kind=Kind.BUDDING,
        key=f"budding:{group.pk}:{group.asked_before}",
        group_id=group.pk,
        reason=reason,
        subject_type="group",
        subject_id=group.pk,
        due_at=now,
        created_at=now,
    )


def settle_sisters(now):
    """Close the cues of groups that grow a sister by now, and of those that have room again."""
    cues = Cue.objects.filter(kind=Kind.BUDDING)
    settle(cues.filter(is_growing(now)), State.DONE, "A sister is on its way.", now=now)
    full = MicroGroup.objects.annotate(lacking=lacking(F("seats_taken")))
    full = full.filter(pk=OuterRef("group"), lacking__lte=0)
    settle(cues.filter(~Exists(full)), State.LAPSED, "There is room again.", now=now)


def is_growing(now):
    """A condition on cues: a sister of their group is proposed, or its people choose."""
    return Exists(Budding.objects.under_way().filter(group=OuterRef("group")))
