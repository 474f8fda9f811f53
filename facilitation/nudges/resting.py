"""Whoever has let two lapses pass without an answer rests, where somebody waits for a seat.

domain.md R25. Two in a row: one in which words were sent and nobody came for 30 days after the last
of them, then one in which they were asked to stay, rest or leave and did not say. A silence that
goes on for 90 days after that question counts as the second. They are told once, 14 days before;
one press or one visit ends it. It is a rest like any other: the words stay, they read on, and are
first in line when they come back. Never who looks after the group, or is held out, or where nobody
waits: a window that nobody else would use is kept.
"""

from django.db.models import Exists, F, OuterRef, Subquery

from facilitation.cues.models import State as CueState
from facilitation.nudges import rules
from facilitation.nudges.actions import end_silence
from facilitation.nudges.jobs import ask_once, askable, keys_of, nudges_of
from facilitation.nudges.models import Nudge, NudgeHabit, State, Step
from facilitation.presence.models import Absence
from microgroups.groups.actions import locked
from microgroups.membership.actions import give_back_seat
from microgroups.membership.models import Membership, Role
from network.notifications.actions import notify
from network.prepared import rows
from network.transactions import deed


def rest_silent_members(now):
    """Tell whoever is due that they will rest; let rest whoever was told two weeks ago."""
    if not rows(one_asked):
        return
    for key in rows(keys_of, due_telling, now):
        ask_once(key, due_telling, Step.RESTING, "will_rest", now=now)
    for key in rows(keys_of, due_resting, now):
        let_rest(key, now=now)


# Who is due


def one_asked():
    """One silence in which somebody was asked whether they stay, or told that they will rest, if
    there is any: nobody else is due."""
    asked = Nudge.objects.filter(step__in=[Step.CHOICE, Step.RESTING], state=State.SENT)
    going_on = asked.filter(absence__in=Absence.objects.still())
    return going_on.order_by().values_list("pk")[:1]


def in_the_way(now):
    """Absences of members whose seat somebody waits for, in groups that let Kith ask."""
    line = Membership.objects.waiting().filter(group=OuterRef("membership__group"))
    refuse = NudgeHabit.objects.filter(group=OuterRef("membership__group"), rests=False)
    found = askable(now).filter(Exists(line.order_by()), ~Exists(refuse))
    return found.filter(membership__role=Role.MEMBER, membership__both_until=None)


def due_telling(now):
    """Those who have let two lapses pass, and were not told yet."""
    asked = {"step": Step.CHOICE, "state": State.SENT}
    once = nudges_of(**asked, sent_at__lte=now - rules.IGNORED_AFTER)
    goes_on = nudges_of(**asked, sent_at__lte=now - rules.SECOND_LAPSE)
    before = Absence.objects.filter(
        membership=OuterRef("membership"), last_visit_on__lt=OuterRef("last_visit_on")
    )
    found = in_the_way(now).filter(once, ~nudges_of(step=Step.RESTING))
    found = found.annotate(before=Subquery(before.order_by("-last_visit_on").values("pk")[:1]))
    return found.filter(goes_on | was_ignored("before"))


def was_ignored(absence):
    """Whether words were sent in that absence, the last of them 30 days before its end."""
    words = Nudge.objects.sent().filter(absence=OuterRef(absence))
    late = F("absence__ended_at") - rules.IGNORED_AFTER
    return Exists(words.filter(sent_at__lte=late)) & ~Exists(words.filter(sent_at__gt=late))


def due_resting(now):
    """Those who were told two weeks ago, and have not said or shown that they are here."""
    told = nudges_of(step=Step.RESTING, state=State.SENT, sent_at__lte=now - rules.NOTICE)
    return in_the_way(now).filter(told)


# What is done


@deed
def let_rest(key, *, now):
    """Give the seat back to whoever waits, and tell them how they come back."""
    absence = due_resting(now).filter(pk=key).select_related("membership__person").first()
    if absence is None:
        return
    group = locked(absence.membership.group)
    if not due_resting(now).filter(pk=key).exists():
        return
    person = absence.membership.person
    membership = give_back_seat(group, person, actor=None, now=now)
    end_silence(membership, CueState.LAPSED, "They rest now.", now)
    nudge = absence.nudges.get(step=Step.RESTING)
    notify(
        [person],
        "rests_now",
        network=group.network,
        subject=("nudge", nudge.pk),
        cause=f"rested:{absence.pk}",
        at=now,
        group=group,
    )
