"""Where talk has ended, whoever looks after the group is asked what comes next (R46)."""

from datetime import timedelta

from django.db.models import Count, DateTimeField, Exists, Func, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from facilitation.cues.actions import are_open, open_cues, settle
from facilitation.cues.models import Cue, Kind, State
from facilitation.cues.sizes import LEFT_BE_FOR, number
from microgroups.budding.models import Budding, Merging
from microgroups.budding.rules import LOOKED_BACK, QUIET
from microgroups.conversation.models import Post
from microgroups.groups.models import MicroGroup
from microgroups.membership.models import Membership
from network.templatetags.kith import in_words

SEEN = 15  # people in four weeks; asked only of a group that has as many
A_WEEK, WEEK = 3, timedelta(days=7)  # posts
GREW_FOR = timedelta(days=90)  # a young group is left to grow
HAD_TALK = 18  # posts before these six weeks: as many as three a week would be


def ask_quiet_groups(now):
    """Ask those who facilitate a group gone quiet: begin again, join another, or archive?

    Each is asked once; closed for whatever reason, a group is asked again after 90 days. The cues
    of those where people talk again, or that decided, are closed.
    """
    settle_quiet(now)
    asked = Cue.objects.filter(group=OuterRef("pk"), kind=Kind.QUIET)
    lately = asked.filter(Q(state=State.OPEN) | Q(closed_at__gt=now - LEFT_BE_FOR))
    before = asked.order_by().values("group").annotate(n=Count("pk")).values("n")
    groups = quiet_groups(now).filter(~Exists(lately), ~decides("pk"))
    groups = groups.annotate(asked_before=Coalesce(Subquery(before), 0))
    open_cues([quiet_cue(group, now) for group in groups.order_by("pk")])


def quiet_groups(now):
    """Open groups that once had talk and have it no more, with `people`, `seen` and `talks`.

    Fewer than fifteen of at least as many people were here in four weeks; or none of the last six
    weeks had three posts. Not those younger than 90 days, nor those that nobody facilitates. A
    group of fewer people is judged by its talk alone: it was meant to be so small.
    """
    inside = Membership.objects.active()
    said = Post.objects.standing().filter(
        group=OuterRef("pk"), thread__deleted_at=None, author__isnull=False, is_system=False
    )
    week = Func(Value(WEEK), "at", Value(now), function="date_bin", output_field=DateTimeField())
    weeks = said.filter(at__gt=now - QUIET, at__lte=now).annotate(week=week).order_by()
    weeks = weeks.values("week").annotate(n=Count("pk")).filter(n__gte=A_WEEK)
    before = said.filter(at__lte=now - QUIET).order_by("at").values("pk")
    cared_for = Membership.objects.facilitating().filter(group=OuterRef("pk"))
    groups = MicroGroup.objects.open().filter(Exists(cared_for), founded_at__lte=now - GREW_FOR)
    groups = groups.annotate(
        people=number(inside),
        seen=number(inside.filter(last_visit_on__gt=(now - LOOKED_BACK).date())),
        talks=Exists(weeks),
        talked=Exists(before[HAD_TALK - 1 : HAD_TALK]),
    )
    is_quiet = Q(people__gte=SEEN, seen__lt=SEEN) | Q(talks=False)
    return groups.filter(is_quiet, talked=True).defer("search")


def decides(group):
    """Whether the group has asked another one to take its people in, or grows a sister."""
    asks = Merging.objects.asked().filter(group=OuterRef(group))
    grows = Budding.objects.under_way().filter(group=OuterRef(group))
    return Exists(asks) | Exists(grows)


def quiet_cue(group, now):
    """One for each time that the group is asked: its number tells them apart."""
    return Cue(
        kind=Kind.QUIET,
        key=f"quiet:{group.pk}:{group.asked_before}",
        group_id=group.pk,
        reason=in_short(group),
        subject_type="group",
        subject_id=group.pk,
        due_at=now,
        created_at=now,
    )


def in_short(group):
    """Why it is asked, in words; and that each of the ways is a good one."""
    reasons = []
    if group.people >= SEEN > group.seen:
        here = in_words(group.seen) if group.seen else "none"
        reasons.append(f"{here} of {group.people} people came by in four weeks")
    if not group.talks:
        reasons.append("no week of the last six had three posts")
    said = " and ".join(reasons)
    return f"{said[0].upper()}{said[1:]}. Groups begin again, join another, or end well."


def settle_quiet(now):
    """Close the cues of groups that have decided, and of those where people talk again."""
    if not are_open(Kind.QUIET):
        return
    cues = Cue.objects.filter(kind=Kind.QUIET)
    settle(cues.filter(has_decided(now)), State.DONE, "The group has decided.", now=now)
    quiet = quiet_groups(now).filter(pk=OuterRef("group"))
    settle(cues.filter(~Exists(quiet)), State.DONE, "People talk here again.", now=now)


def has_decided(now):
    """A condition on cues: their group has asked another one since, or grows a sister."""
    return decides("group")
