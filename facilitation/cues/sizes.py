"""From forty members on a group needs two who look after it, and one for each fifty (R3)."""

from datetime import timedelta

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.urls import reverse

from facilitation.cues.actions import are_open, open_cues, settle
from facilitation.cues.models import Cue, Kind, State
from microgroups.groups.actions import admins
from microgroups.groups.models import MicroGroup
from microgroups.membership.models import Membership
from network.notifications.actions import notify
from network.prepared import rows
from network.templatetags.kith import in_words
from network.transactions import deed

FROM, AT_LEAST, PEOPLE_EACH = 40, 2, 50
PATIENCE = timedelta(days=14)  # then the network's admins hear of it
LEFT_BE_FOR = timedelta(days=90)  # how long a facilitator's "leave it be" holds
MOST = 30


def number(memberships):
    """How many there are of these in each group, as a column."""
    counted = memberships.filter(group=OuterRef("pk")).order_by().values("group")
    counted = counted.annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def short_of_facilitators():
    """Open groups of forty and more that too few look after, with `people`, `hosts`, `asked_for`.

    Those that nobody looks after are left out: an admin names their first.
    """
    groups = MicroGroup.objects.open().filter(seats_taken__gte=FROM)
    groups = groups.annotate(
        people=number(Membership.objects.active()), hosts=number(Membership.objects.facilitating())
    )
    each = (F("people") + PEOPLE_EACH - 1) / PEOPLE_EACH
    groups = groups.annotate(asked_for=Greatest(AT_LEAST, each, output_field=IntegerField()))
    return groups.filter(people__gte=FROM, hosts__gte=1, hosts__lt=F("asked_for"))


def is_well_again(now):
    """A condition on cues: their group has enough who look after it, or is smaller."""
    return ~Exists(short_of_facilitators().filter(pk=OuterRef("group")))


def ask_for_facilitators(now):
    """Ask groups that have grown past forty for one more to look after them; close what is well.

    A group is asked once; left be, again after 90 days. Open for 14 days, its admins are told.
    """
    if are_open(Kind.SIZE):
        see_to_sizes(now)
    if not rows(one_large):
        return
    answered = Q(state=State.DISMISSED) | Q(state=State.DONE, closed_by__isnull=False)
    asked = Cue.objects.filter(group=OuterRef("pk"), kind=Kind.SIZE)
    told = asked.filter(Q(state=State.OPEN) | Q(answered, closed_at__gt=now - LEFT_BE_FOR))
    before = asked.order_by().values("group").annotate(n=Count("pk")).values("n")
    groups = short_of_facilitators().filter(~Exists(told))
    groups = groups.annotate(asked_before=Coalesce(Subquery(before), 0))
    open_cues([size_cue(group, now) for group in groups.order_by("pk")])


def one_large():
    """One group that may be short, if there is any: to count who is where is dear."""
    groups = MicroGroup.objects.open().filter(seats_taken__gte=FROM)
    return groups.order_by().values_list("pk")[:1]


def see_to_sizes(now):
    """Close the cues of groups that have enough by now, and of those that are smaller; tell the
    admins of those that stay open."""
    cues = Cue.objects.filter(is_well_again(now), kind=Kind.SIZE)
    large = MicroGroup.objects.annotate(people=number(Membership.objects.active()))
    large = large.filter(pk=OuterRef("group"), people__gte=FROM)
    settle(cues.filter(~Exists(large)), State.LAPSED, "The group is smaller now.", now=now)
    settle(cues, State.DONE, "Enough people look after it now.", now=now)
    for key in overdue(now).order_by("pk").values_list("pk", flat=True):
        warn_admins(key, now=now)


def size_cue(group, now):
    """One for each time that the group is asked: its number tells them apart."""
    return Cue(
        kind=Kind.SIZE,
        key=f"size:{group.pk}:{group.asked_before}",
        group_id=group.pk,
        reason=in_short(group),
        subject_type="group",
        subject_id=group.pk,
        due_at=now,
        created_at=now,
    )


def in_short(group):
    """Why one more is asked for, in words: how many people, and how many look after them."""
    look = "one looks" if group.hosts == 1 else f"{in_words(group.hosts)} look"
    need = f"from {FROM} on it takes two" if group.asked_for == AT_LEAST else several(group)
    return f"{group.people} people live here and {look} after them; {need}."


def several(group):
    return f"one for every {PEOPLE_EACH} would be {in_words(group.asked_for)}"


# The admins


def overdue(now):
    """Cues that have been open for two weeks, of which no admin has heard."""
    waiting = Cue.objects.open().filter(kind=Kind.SIZE, rings=0, created_at__lte=now - PATIENCE)
    return waiting.exclude(is_well_again(now))


@deed
def warn_admins(key, *, now):
    """Tell the network's admins, once, that the group was asked two weeks ago."""
    held = overdue(now).select_for_update(skip_locked=True, no_key=True, of=["self"])
    cue = held.select_related("group__network").filter(pk=key).first()
    if cue is None:
        return
    notify(
        admins(cue.group.network),
        "too_few_facilitators",
        network=cue.group.network,
        subject=("group", cue.group_id),
        cause=f"size:{cue.pk}",
        at=now,
        group=cue.group,
    )
    cue.rings = 1
    cue.save(update_fields=["rings"])


def decisions(network, admin):
    """What an admin reads of groups that were asked two weeks ago: (group, words, where to)."""
    warned = Cue.objects.open().filter(group=OuterRef("pk"), kind=Kind.SIZE, rings__gte=1)
    seen = MicroGroup.objects.visible_to(admin).filter(network=network).values("pk")
    groups = short_of_facilitators().filter(Exists(warned), pk__in=seen)
    groups = groups.select_related("network").order_by("-people", "pk")[:MOST]
    return [
        (group, f"{in_short(group)} They were asked two weeks ago.", people_page(group))
        for group in groups
    ]


def people_page(group):
    return reverse("group_people", args=[group.slug])
