"""What facilitators say about who looks after the group: days, leave, and notes to each other."""

from datetime import timedelta

from django.utils import timezone

from facilitation.cover import rules
from facilitation.cover.models import Duty, Leave, MemberNote
from facilitation.cues.actions import fitting
from facilitation.cues.models import Cue
from microgroups.groups.actions import facilitator_of, locked
from microgroups.membership.models import READING
from network.activity.actions import record
from network.errors import Invalid, NotAllowed
from network.notifications.actions import notify
from network.prepared import rows
from network.transactions import deed

A_DAY = timedelta(days=1)  # in some zones it is tomorrow already, in others still yesterday

# The rota


@deed
def set_rota(group, by, *, days, now=None):
    """Write the week anew: `days` is {weekday (0 is Monday): people}; days left out have nobody.

    Refuses: not_allowed, invalid (somebody who does not facilitate the group).
    """
    now = now or timezone.now()
    group = locked(group)
    facilitator_of(group, by)
    theirs = set(group.memberships.facilitating().values_list("person", flat=True))
    for person in (person for people in days.values() for person in people):
        if person.pk not in theirs:
            raise Invalid(
                {"days": f"{person.name} does not facilitate {group.name}. Ask who does."}
            )
    Duty.objects.filter(group=group).delete()
    rows = {(day, person.pk) for day, people in days.items() for person in people}
    Duty.objects.bulk_create(
        [Duty(group=group, person_id=person, weekday=day) for day, person in sorted(rows)]
    )
    log("rota.changed", group, group, by, now, days=len({day for day, _ in rows}))


@deed
def take_days(group, by, *, weekdays, now=None):
    """Be on duty on these weekdays as well; others stay. Refuses: not_allowed."""
    now = now or timezone.now()
    group = locked(group)
    facilitator_of(group, by)
    rows = [Duty(group=group, person=by, weekday=day) for day in sorted(set(weekdays))]
    Duty.objects.bulk_create(rows, ignore_conflicts=True)
    log("rota.changed", group, group, by, now, days=len(rows))


# Leave


@deed
def go_away(group, person, *, starts_on, back_on, note="", deputy=None, now=None):
    """Say that one is away from a day on, with a note for those who step in, perhaps one by name.

    From the first day on their cues go to the deputy who facilitates, else to everybody.
    Refuses: not_allowed, invalid (days in the wrong order, past or over a year; on leave already;
    a deputy who is no member, or away).
    """
    now = now or timezone.now()
    group = locked(group)
    facilitator_of(group, person)
    today = now.astimezone(person.zone).date()
    fit_days(starts_on, back_on, today)
    note = fitting("note", note)
    others = Leave.objects.filter(
        group=group, person=person, starts_on__lt=back_on, back_on__gt=starts_on
    )
    if others.exists():
        raise Invalid({"from": "You are away on some of these days already. Take that back first."})
    if deputy is not None:
        fit_deputy(group, person, deputy, starts_on)
    leave = Leave.objects.create(
        group=group,
        person=person,
        starts_on=starts_on,
        back_on=back_on,
        note=note,
        deputy=deputy,
        made_at=now,
    )
    activity = log("leave.declared", leave, group, person, now)
    if deputy is not None:
        ask_deputy(leave, activity)
    hand_over(leave, now)
    return leave


def fit_days(starts_on, back_on, today):
    if starts_on < today:
        raise Invalid({"from": "That day is over. Begin today, or later."})
    if back_on <= starts_on:
        raise Invalid({"until": "Come back on a later day than the one on which you go."})
    if back_on - starts_on > rules.LONGEST_LEAVE:
        raise Invalid(
            {"until": "That is more than a year. Let somebody else facilitate meanwhile."}
        )


def fit_deputy(group, person, deputy, day):
    membership = group.memberships.of(deputy)
    if deputy == person or membership is None or not membership.is_active:
        raise Invalid({"deputy": f"Ask another member of {group.name} to step in."})
    away = Leave.objects.filter(group=group, person=deputy, starts_on__lte=day, back_on__gt=day)
    if away.exists():
        raise Invalid({"deputy": f"{deputy.name} is away then, too. Ask somebody else."})


def ask_deputy(leave, activity):
    """The note stays with the facilitators: a deputy who is none reads who asks, and for what."""
    notify(
        [leave.deputy],
        "asked_to_step_in",
        network=leave.group.network,
        subject=("group", leave.group_id),
        cause=f"leave:{activity.pk}",
        at=activity.at,
        actor=activity.actor,
        group=leave.group,
    )


@deed
def come_back(leave, person, *, now=None):
    """Take a leave back, before it or in the midst of it: one is there again.

    Refuses: not_allowed (it is another's).
    """
    now = now or timezone.now()
    group = locked(leave.group)
    facilitator_of(group, person)
    held = Leave.objects.select_related("person").filter(pk=leave.pk).first()
    if held is None:
        return
    if held.person_id != person.pk:
        raise NotAllowed("not_allowed", f"Only {held.person.name} can take this back.")
    log("leave.ended", held, group, person, now)
    held.delete()


def hand_over_due(now):
    """Hand the cues of everybody over whose leave has begun."""
    for leave in rows(leaves_due, now):
        begin_leave(leave, now=now)


def leaves_due(now):
    today = {"starts_on__lte": (now + A_DAY).date(), "back_on__gt": (now - A_DAY).date()}
    due = Leave.objects.filter(handed_over_at=None, **today)
    return due.select_related("person", "deputy", "group").order_by("pk")


@deed
def begin_leave(leave, *, now):
    group = locked(leave.group)
    rows = Leave.objects.filter(pk=leave.pk, handed_over_at=None)
    held = rows.select_related("person", "deputy").first()
    if held is not None:
        held.group = group
        hand_over(held, now)


def hand_over(leave, now):
    """Once the first day has come, what was theirs to see to goes to who steps in."""
    if not leave.covers(now.astimezone(leave.person.zone).date()):
        return
    deputy = leave.deputy
    if deputy is not None:
        theirs = leave.group.memberships.of(deputy)
        deputy = deputy if theirs is not None and theirs.is_facilitator else None
    cues = Cue.objects.open().filter(group=leave.group, assigned_to=leave.person)
    cues.filter(person=deputy).update(assigned_to=None)  # nobody sees to what is about them
    cues.update(assigned_to=deputy)
    leave.handed_over_at = now
    leave.save(update_fields=["handed_over_at"])


# Notes


@deed
def write_note(group, person, *, about, text, now=None):
    """Tell the other facilitators something about a member; it stands in the member's own export.

    Refuses: not_allowed, invalid (nothing written, too long, about oneself or nobody's member).
    """
    now = now or timezone.now()
    facilitator_of(group, person)
    text = fitting("text", text)
    if not text:
        raise Invalid({"text": "Write a line or two; the others read it."})
    membership = group.memberships.of(about)
    if membership is None or membership.state not in READING:
        raise Invalid(
            {"text": f"{about.name} is not in {group.name}, so there is nothing to note."}
        )
    if about.pk == person.pk:
        raise Invalid({"text": "This is for notes about others. Yours stand in your own profile."})
    note = MemberNote.objects.create(group=group, about=about, by=person, text=text, at=now)
    log("note.written", note, group, person, now)
    return note


def log(verb, about, group, person, now, **facts):
    return record(
        verb, network=group.network, actor=person, about=about, at=now, group=group, **facts
    )
