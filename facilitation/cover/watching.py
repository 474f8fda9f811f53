"""Noticing that nobody covers a group: those who could are asked, and then the admins (R47)."""

from django.db.models import DateField, Exists, OuterRef, Q
from django.db.models.functions import Cast, Coalesce, Greatest

from facilitation.cover import rules
from facilitation.cover.actions import hand_over_due
from facilitation.cover.duty import Circle, Watch, on_duty
from facilitation.cover.models import Duty, Leave
from facilitation.cues.actions import are_open, open_cues, settle, settle_those
from facilitation.cues.models import FIRST_POST, HINTS, SETTLED, Cue, Kind, State
from microgroups.groups.actions import admins
from microgroups.membership.models import Membership
from network.notifications.actions import notify
from network.prepared import first, rows
from network.transactions import deed

LEFT_OUT = (Kind.COVER, *HINTS)
UNSEEN = "Has not been here for five days, and has not said so; others wait."
UNANSWERED = "A first post has waited for a day, and nobody is on duty."


def cover_groups(now):
    """Hand over what was theirs who are away; ask for cover where nobody sees to a group."""
    hand_over_due(now)
    settle_cover(now)
    missing = [unseen_cue(membership, now) for membership in unseen(now)]
    open_again([cue.key for cue in missing])
    open_cues(missing)
    open_cues([unanswered_cue(cue, now) for cue in unanswered(now)])
    if not are_open(Kind.COVER):
        return
    for key in rows(keys_to_ring, now):
        ring(key, now=now)


# Who is missing


def waiting(now, kinds=None):
    """The cues that wait for somebody, but for those about cover itself and for hints; of these
    kinds alone."""
    cues = Cue.objects.open(now).exclude(kind__in=LEFT_OUT)
    if kinds is not None:
        cues = cues.filter(kind__in=kinds)
    for kind, is_settled in SETTLED.items():
        if kind not in LEFT_OUT and (kinds is None or kind in kinds):
            cues = cues.exclude(is_settled(now), kind=kind)
    return cues


def unseen(now):
    """Those who facilitate, were not seen for five days and are not away, while cues wait that
    are theirs: assigned, or of a group in whose rota they stand or that nobody else was in.

    With `seen_on`, the day on which they were last there. What waits is dear to tell: it is asked
    of their groups alone, and of the kinds of cues that stand there.
    """
    found = rows(silent, now)
    if not found:
        return []
    groups = sorted({each.group_id for each in found})
    here = waiting(now, rows(kinds_there, groups, now)).filter(group__in=groups)
    waits = set(here.values_list("group", "assigned_to").order_by())
    groups = {group for group, _ in waits}
    return [
        each
        for each in found
        if (each.is_asked and each.group_id in groups) or (each.group_id, each.person_id) in waits
    ]


def silent(now):
    """Those who facilitate, were not seen for five days and are not away. `is_asked`: they stand in
    the rota, or nobody else was in."""
    day = (now - rules.UNSEEN_AFTER).date()
    duty = Duty.objects.filter(group=OuterRef("group"), person=OuterRef("person"))
    facilitating = Membership.objects.facilitating().annotate(seen_on=SEEN_ON)
    others = facilitating.filter(group=OuterRef("group"), seen_on__gt=day)
    found = facilitating.filter(group__state="open", seen_on__lte=day)
    found = found.exclude(Exists(leaves_now(now))).order_by("pk")
    return found.annotate(is_asked=Q(Exists(duty)) | ~Exists(others))


def kinds_there(groups, now):
    """The kinds of cues that stand in these groups."""
    there = Cue.objects.open(now).filter(group__in=groups).order_by("kind").distinct("kind")
    return there.values_list("kind", flat=True)


SEEN_ON = Greatest(
    Coalesce("last_visit_on", Cast("joined_at", DateField())), Cast("since", DateField())
)


def leaves_now(now):
    """Leaves of a membership's person in its group that hold today."""
    today = now.date()
    return Leave.objects.filter(
        group=OuterRef("group"),
        person=OuterRef("person"),
        starts_on__lte=today,
        back_on__gt=today,
    )


def unanswered(now):
    """Those that are `late` while nobody is on duty."""
    if not are_open(Kind.ANSWER):
        return []
    return [cue for cue in rows(late, now) if not Watch(cue.group, now).on_watch()]


def late(now):
    """The oldest first post of each open group that waits for a day."""
    found = waiting(now, [Kind.ANSWER]).filter(
        key__startswith=FIRST_POST, due_at__lte=now - rules.ANSWER_WITHIN
    )
    found = found.filter(group__state="open").order_by("group", "due_at", "pk").distinct("group")
    return found.select_related("group")


def unseen_cue(membership, now):
    return Cue(
        kind=Kind.COVER,
        key=f"cover:{membership.pk}:{membership.seen_on}",
        group_id=membership.group_id,
        person_id=membership.person_id,
        reason=UNSEEN,
        subject_type="membership",
        subject_id=membership.pk,
        due_at=now,
        created_at=now,
    )


def unanswered_cue(cue, now):
    return Cue(
        kind=Kind.COVER,
        key=f"cover:{cue.pk}",
        group_id=cue.group_id,
        reason=UNANSWERED,
        subject_type="cue",
        subject_id=cue.pk,
        due_at=now,
        created_at=now,
    )


def open_again(keys):
    """Who is missing still stands in the queue once more when others wait anew; whoever was told of
    it is not told again."""
    if keys:
        lapsed = Cue.objects.filter(kind=Kind.COVER, state=State.LAPSED, key__in=keys)
        lapsed.update(state=State.OPEN, closed_at=None, closed_why="")


# What settles it


def is_covered(now):
    """A condition on cues: whom it is about was here since, or facilitates no more; what waited
    has been seen to."""
    missing = Membership.objects.facilitating().filter(pk=OuterRef("subject_id"))
    missing = missing.annotate(seen_on=SEEN_ON).filter(
        seen_on__lt=Cast(OuterRef("created_at"), DateField())
    )
    waits = Cue.objects.open().filter(pk=OuterRef("subject_id"))
    return Q(~Exists(missing), person__isnull=False) | Q(~Exists(waits), person__isnull=True)


def settle_cover(now):
    """Close what is settled: they are back, or said that they are away; somebody is on duty."""
    if not are_open(Kind.COVER):
        return
    for condition, state, why in (
        (is_covered, State.DONE, "Somebody is there again."),
        (is_away, State.DONE, "They have said that they are away."),
        (is_idle, State.LAPSED, "Nobody waits any more."),
    ):
        settle_those(Kind.COVER, condition, state, why, now=now)
    cues = Cue.objects.open().filter(kind=Kind.COVER)
    for cue in cues.filter(person=None).select_related("group"):
        if Watch(cue.group, now).on_watch():
            one = cues.filter(pk=cue.pk)
            settle(one, State.DONE, "Somebody is on duty again.", now=now)


def is_away(now):
    return Q(Exists(leaves_now(now)))


def is_idle(now):
    return Q(~Exists(waiting(now).filter(group=OuterRef("group"))))


# Whom it is told


def to_ring(now):
    """Cues of which nobody was told, or no admin a day after."""
    cues = Cue.objects.open().filter(kind=Kind.COVER).exclude(is_covered(now))
    late = Q(rings=1, created_at__lte=now - rules.ADMINS_AFTER)
    return cues.filter(Q(rings=0) | late)


def keys_to_ring(now):
    return to_ring(now).order_by("pk").values_list("pk", flat=True)


def held_to_ring(key, now):
    held = to_ring(now).select_for_update(skip_locked=True, no_key=True, of=["self"])
    return held.select_related("group__network").filter(pk=key)


@deed
def ring(key, *, now):
    """Ask whoever could step in, once; after a day, or where there is nobody, tell the admins."""
    cue = first(held_to_ring, key, now)
    if cue is None:
        return
    if cue.rings == 0:
        cue.rings = 1
        if ask_those_who_could(cue, now):
            cue.save(update_fields=["rings"])
            return
    tell(cue, now, admins(cue.group.network), "cover_missing", ("group", cue.group_id))
    cue.rings = 2
    cue.save(update_fields=["rings"])


def ask_those_who_could(cue, now):
    """Tell the other facilitators and whoever steps in for one; whether there was anybody."""
    near = [each for each in on_duty(cue.group, now) if each.circle < Circle.NETWORK]
    near = [each for each in near if each.person.pk != cue.person_id]
    hosts = [each.person for each in near if each.facilitates]
    deputies = [each.person for each in near if not each.facilitates]
    tell(cue, now, hosts, "cover_wanted", ("cue", cue.pk))
    tell(cue, now, deputies, "step_in_now", ("group", cue.group_id))
    return bool(near)


def tell(cue, now, people, kind, subject):
    notify(
        people,
        kind,
        network=cue.group.network,
        subject=subject,
        cause=f"cover:{cue.pk}:{kind}",
        at=now,
        group=cue.group,
    )
