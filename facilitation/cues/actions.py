"""What can happen to a Cue: it opens once per cause, somebody sees to it, or the world does."""

from datetime import timedelta

from django.utils import timezone

from facilitation.cues.models import Cue, Kind, State
from microgroups.conversation.actions import post
from microgroups.conversation.models import Post
from microgroups.groups.actions import locked
from microgroups.membership.actions import admit
from microgroups.membership.models import Membership
from microgroups.membership.models import State as MembershipState
from network.activity.actions import record
from network.errors import Invalid, NotAllowed
from network.notifications.actions import notify
from network.transactions import deed


def open_cue(kind, key, *, group, person, reason, subject, due_at, now):
    """Ask the group's facilitators for something, once per cause; answers whether it is new."""
    subject_type, subject_id = subject
    before = Cue.objects.filter(key=key).exists()
    Cue.objects.bulk_create(
        [
            Cue(
                group=group,
                kind=kind,
                key=key,
                person=person,
                reason=reason,
                subject_type=subject_type,
                subject_id=subject_id,
                due_at=due_at,
                created_at=now,
            )
        ],
        ignore_conflicts=True,
    )
    return not before


@deed
def done(cue, person, *, note="", now=None):
    """Close the cue as seen to; a note goes to the cue's person in the facilitator's name.

    Doing it twice changes nothing and sends nothing more. Refuses: not_allowed.
    """
    now = now or timezone.now()
    cue = held(cue, person)
    note = note.strip()
    if not cue.is_open:
        return cue
    if len(note) > 1000:
        raise Invalid({"note": f"This note has {len(note)} characters; 1,000 fit."})
    if note and cue.person is not None:
        notify(
            [cue.person],
            "note",
            network=cue.group.network,
            subject=("group", cue.group_id),
            cause=f"note:{cue.pk}:{person.pk}",
            at=now,
            actor=person,
            group=cue.group,
            words=note,
        )
    return close(cue, State.DONE, person, "", now)


@deed
def answer(cue, person, *, body, now=None):
    """Write back in the thread that the cue is about, and close it. Refuses: not_allowed."""
    now = now or timezone.now()
    cue = held(cue, person)
    asked = Post.objects.select_related("thread").get(pk=cue.subject_id)
    post(asked.thread, person, body=body, reply_to=asked, now=now)
    return close(cue, State.DONE, person, "", now) if cue.is_open else cue


@deed
def let_in(cue, person, *, now=None):
    """Say yes to who knocks; a full group gives them a place in line.

    Refuses what membership.admit refuses.
    """
    now = now or timezone.now()
    group = locked(cue.group)
    cue = held(cue, person)
    admit(group, cue.person, by=person, now=now)
    return close(cue, State.DONE, person, "", now) if cue.is_open else cue


@deed
def dismiss(cue, person, *, reason, now=None):
    """Close the cue without doing it; the reason teaches the rule. Refuses: not_allowed."""
    now = now or timezone.now()
    reason = reason.strip()
    if not reason:
        raise Invalid({"reason": "Say why in a few words; it helps us to notice better."})
    if len(reason) > 1000:
        raise Invalid({"reason": f"This reason has {len(reason)} characters; 1,000 fit."})
    cue = held(cue, person)
    if not cue.is_open:
        return cue
    return close(cue, State.DISMISSED, person, reason, now)


@deed
def assign(cue, person, *, to, now=None):
    """Ask another facilitator of the group to see to it, and tell them. Refuses: not_allowed."""
    now = now or timezone.now()
    cue = held(cue, person)
    theirs = cue.group.memberships.of(to)
    if theirs is None or not theirs.is_facilitator:
        raise Invalid({"to": f"{to.name} is no facilitator of {cue.group.name}; ask one who is."})
    if cue.assigned_to_id == to.pk:
        return cue
    cue.assigned_to = to
    cue.save(update_fields=["assigned_to"])
    activity = tell("cue.assigned", cue, person, now, to=str(to.pk))
    notify(
        [to],
        "cue_assigned",
        network=cue.group.network,
        subject=("cue", cue.pk),
        cause=f"assigned:{activity.pk}",
        at=now,
        actor=person,
        group=cue.group,
    )
    return cue


@deed
def snooze(cue, person, *, until, now=None):
    """Put the cue aside until a time within the next 30 days. Refuses: not_allowed."""
    now = now or timezone.now()
    if not now < until <= now + timedelta(days=30):
        raise Invalid({"until": "Choose a time between now and 30 days from now."})
    cue = held(cue, person)
    if not cue.is_open:
        return cue
    cue.snoozed_until = until
    cue.save(update_fields=["snoozed_until"])
    tell("cue.snoozed", cue, person, now)
    return cue


@deed
def reopen(cue, person, *, now=None):
    """Undo: put the cue back into the queue. Refuses: not_allowed."""
    now = now or timezone.now()
    cue = held(cue, person)
    if cue.is_open and cue.snoozed_until is None:
        return cue
    cue.state, cue.snoozed_until = State.OPEN, None
    cue.closed_at = cue.closed_by = None
    cue.closed_why = ""
    cue.save()
    tell("cue.reopened", cue, person, now)
    return cue


def ask_for_requests(now):
    """Ask facilitators about everybody who knocks; close the cues of those who knock no more."""
    knocking = Membership.objects.filter(state=MembershipState.REQUESTED, group__state="open")
    for membership in knocking.select_related("group", "person"):
        open_cue(
            Kind.REQUEST,
            f"request:{membership.pk}:{membership.since.timestamp():.0f}",
            group=membership.group,
            person=membership.person,
            reason="Would like to come in, and waits for a word.",
            subject=("membership", membership.pk),
            due_at=membership.queued_at,
            now=now,
        )
    cues = Cue.objects.filter(kind=Kind.REQUEST).exclude(subject_id__in=knocking.values("pk"))
    settle(cues, State.DONE, "They have their answer.", now=now)


def settle(cues, state, why, *, now):
    """Close open cues because the world has moved on, with the reason in words.

    cues: a queryset; state: done when what was asked for has happened, lapsed when it no longer
    matters. Answers how many.
    """
    return cues.filter(state=State.OPEN).update(state=state, closed_at=now, closed_why=why)


def held(cue, person):
    """The cue, locked, for a facilitator of its group."""
    cue = (
        Cue.objects.select_for_update(no_key=True, of=["self"])
        .select_related("group__network", "person")
        .get(pk=cue.pk)
    )
    mine = cue.group.memberships.of(person)
    if mine is None or not mine.is_facilitator:
        raise NotAllowed("not_allowed", f"The facilitators of {cue.group.name} see to this.")
    return cue


def close(cue, state, person, why, now):
    cue.state, cue.closed_at, cue.closed_by, cue.closed_why = state, now, person, why
    cue.save(update_fields=["state", "closed_at", "closed_by", "closed_why"])
    tell(f"cue.{state}", cue, person, now)
    return cue


def tell(verb, cue, person, now, **facts):
    return record(
        verb,
        network=cue.group.network,
        actor=person,
        about=cue,
        at=now,
        group=cue.group,
        kind=cue.kind,
        **facts,
    )
