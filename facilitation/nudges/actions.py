"""Asking somebody back: drafted by a job, sent by a person, few and never twice the same.

What a held-out absence means (domain.md R26): Kith drafts nothing and sends nothing for it, from
the first day to the last. People are not held back: the person stands in the list and in the queue
as everybody else, and whoever looks after the group may write to them.
"""

from django.utils import timezone

from facilitation.cues.actions import reopen, settle
from facilitation.cues.models import Cue, Kind
from facilitation.cues.models import State as CueState
from facilitation.nudges import rules
from facilitation.nudges.models import Nudge, NudgeHabit, State, Step
from facilitation.presence.models import Absence
from microgroups.groups.actions import facilitator_of, locked
from microgroups.groups.rules import needed
from microgroups.membership.actions import row_of
from microgroups.membership.models import State as MembershipState
from microgroups.membership.visits import note_visit
from network.activity.actions import record
from network.errors import NotAllowed, Refused
from network.notifications.attention import may_send
from network.notifications.opening import note_answered
from network.notifications.telling import put
from network.people.blocking import must_not_have_blocked, without_blockers
from network.transactions import deed

WRITTEN = "Somebody wrote to them."

# What a facilitator does


@deed
def edit(nudge, person, *, body, now=None):
    """Change the words of a draft. Refuses: not_allowed, no_longer, invalid."""
    nudge, now = held(nudge, person), now or timezone.now()
    must_be_draft(nudge)
    return keep_words(nudge, body, now)


def send(nudge, person, *, body=None, now=None):
    """Send the words in the facilitator's name; sent once, however often asked.

    They are kept even when it is not the time to send them.
    Refuses: not_allowed, blocked (by oneself), no_longer, not_now, invalid.
    """
    nudge = hand_over(nudge, person, body=body, now=now or timezone.now())
    if not nudge.is_sent:
        raise not_now(nudge)
    return nudge


@deed
def hand_over(nudge, person, *, body, now):
    """Keep the words, and send them where there is room for them; the gate's answer stays."""
    nudge = held(nudge, person)
    if nudge.is_sent:
        return nudge
    must_be_draft(nudge)
    must_not_have_blocked(person, [nudge.person])
    if body is not None:
        keep_words(nudge, body, now)
    if not still_matters(nudge):
        raise no_longer(nudge)
    reached = without_blockers([nudge.person], person)
    if all(there_is_room(nudge, each, "nudge", now) for each in reached):
        tell(nudge, reached, "nudge", now, actor=person)
        sent(nudge, person, now)
    return nudge


@deed
def discard(nudge, person, *, now=None):
    """Leave them be: the draft goes, and its cue with it. Refuses: not_allowed, no_longer."""
    nudge, now = held(nudge, person), now or timezone.now()
    if nudge.is_left_be:
        return nudge
    must_be_draft(nudge)
    put_aside(nudge, person, now)
    settle(cues_of(nudge), CueState.DISMISSED, "", now=now, by=person)
    return nudge


@deed
def take_back(nudge, person, *, now=None):
    """Undo that they were left be: the draft is there again, and its cue with it.

    Refuses: not_allowed, no_longer.
    """
    nudge, now = held(nudge, person), now or timezone.now()
    if nudge.is_draft:
        return nudge
    if not nudge.is_left_be or not still_matters(nudge):
        raise no_longer(nudge)
    back(nudge, person, now)
    cue = left_be_with(nudge)
    if cue is not None:
        reopen(cue, person, now=now)
    return nudge


def follow(cue, person, now):
    """A draft goes with the cue that was dismissed, and comes back with it."""
    nudges = Nudge.objects.filter(absence__membership=cue.subject_id, step__lt=Step.CHOICE)
    nudges = nudges.select_related("person").select_for_update(no_key=True, of=["self"])
    was = State.DISCARDED if cue.is_open else State.DRAFT
    nudge = nudges.filter(state=was, absence__in=Absence.objects.still()).order_by("-step").first()
    if nudge is None:
        return
    nudge.group = cue.group
    if cue.is_open:
        back(nudge, person, now)
    else:
        put_aside(nudge, person, now)


@deed
def let_kith_write(group, person, *, by_kith=None, rests=None, now=None):
    """Say whether Kith writes, as Kith, where nobody has within three days (`by_kith`), and lets
    rest who has let two lapses pass while somebody waits (`rests`); what is not given stays.

    Answers the NudgeHabit. Refuses: not_allowed.
    """
    now = now or timezone.now()
    group = locked(group)
    facilitator_of(group, person)
    wished = {"by_kith": by_kith, "rests": rests}
    wished = {name: wish for name, wish in wished.items() if wish is not None}
    habit, _ = NudgeHabit.objects.update_or_create(group=group, defaults=wished)
    record(
        "group.nudges_changed",
        network=group.network,
        actor=person,
        about=group,
        at=now,
        group=group,
    )
    return habit


# What the person does who was away


@deed
def stay(group, person, *, now=None):
    """Say that one stays: one is here, and what is open about the silence closes.

    Nothing of it stands in the log, as nothing of one's rhythm does. Refuses: not_a_member.
    """
    now = now or timezone.now()
    membership = row_of(locked(group), person, MembershipState.ACTIVE)
    note_visit(membership, now)
    end_silence(membership, CueState.DONE, "They are back.", now)
    mine = Nudge.objects.sent_to(person).filter(group=membership.group)
    note_answered(person, now=now, nudge=mine.values("pk"))
    return membership


def end_silence(membership, state, why, now):
    """What is open about the silence closes: the absence, its cues, its drafts."""
    Absence.objects.going_on().filter(membership=membership).update(ended_at=now, is_news=False)
    cues = Cue.objects.filter(kind=Kind.PRESENCE, subject_id=membership.pk)
    settle(cues, state, why, now=now)
    drafts = Nudge.objects.drafts().filter(absence__membership=membership)
    drafts.update(state=State.LAPSED)


# What several of these do


def held(nudge, person):
    """The nudge, locked behind its group, for whoever facilitates that. Refuses: not_allowed."""
    group = locked(nudge.group)
    nudges = Nudge.objects.select_for_update(no_key=True, of=["self"])
    found = nudges.select_related("person", "thread", "absence__membership").get(pk=nudge.pk)
    found.group = group
    facilitator_of(group, person)
    if found.person_id == person.pk:
        raise NotAllowed("not_allowed", "This is about you. Somebody else looks after it.")
    return found


def keep_words(nudge, body, now):
    nudge.body, nudge.edited_at = needed("body", body, rules.LONGEST), now
    nudge.save(update_fields=["body", "edited_at"])
    return nudge


def must_be_draft(nudge):
    if not nudge.is_draft:
        raise no_longer(nudge)


def no_longer(nudge):
    return Refused(
        "no_longer",
        f"This word to {nudge.person.name} is not needed any more. It was sent, put aside, or they "
        "have been here since.",
    )


def not_now(nudge):
    """Nothing of why: that may lie in another group."""
    return Refused(
        "not_now",
        f"It is not the time: {nudge.person.name} has had enough from Kith for now. Your words are "
        "kept; try again in some days.",
    )


def put_aside(nudge, person, now):
    nudge.state = State.DISCARDED
    nudge.save(update_fields=["state"])
    log("nudge.discarded", nudge, person, now)


def back(nudge, person, now):
    """A draft again, and people have their days for it before Kith may write."""
    nudge.state, nudge.opened_at = State.DRAFT, now
    nudge.save(update_fields=["state", "opened_at"])
    log("nudge.taken_back", nudge, person, now)


def still_matters(nudge):
    """Whether they are still away, belong, and let one look."""
    return Absence.objects.still().filter(pk=nudge.absence_id).exists()


def episode(nudge):
    return f"absence:{nudge.absence_id}"


def cause(nudge):
    return f"nudge:{nudge.absence_id}:{nudge.step}"


def there_is_room(nudge, person, kind, now):
    """What the gate says; a nudge is one to a person over all their groups."""
    return may_send(
        person,
        kind,
        network=nudge.group.network,
        cause=cause(nudge),
        now=now,
        group=nudge.group,
        subject=("nudge", nudge.pk),
        episode=episode(nudge),
    )


def tell(nudge, people, kind, now, *, actor=None):
    put(
        people,
        kind,
        network=nudge.group.network,
        subject=("nudge", nudge.pk),
        cause=cause(nudge),
        at=now,
        actor=actor,
        group=nudge.group,
        words=nudge.body,
    )


def sent(nudge, person, now):
    """Write down that it was sent, and in whose name (None: Kith's own)."""
    nudge.state, nudge.sent_at, nudge.sent_by = State.SENT, now, person
    nudge.window = rules.window_of(now)
    nudge.save(update_fields=["state", "sent_at", "sent_by", "window"])
    settle(cues_of(nudge), CueState.DONE, WRITTEN, now=now, by=person)
    log("nudge.sent", nudge, person, now)


def cues_of(nudge):
    return Cue.objects.filter(kind=Kind.PRESENCE, subject_id=nudge.absence.membership_id)


def left_be_with(nudge):
    """The cue of the same absence that was dismissed last, or None."""
    key = f"presence:{nudge.absence.membership_id}:{nudge.absence.last_visit_on}"
    cues = cues_of(nudge).filter(key__startswith=key, state=CueState.DISMISSED)
    return cues.order_by("-closed_at", "-pk").first()


def log(verb, nudge, person, now):
    """The row names neither the member nor anything of their rhythm: admins read it, too."""
    group = nudge.group
    return record(verb, network=group.network, actor=person, about=nudge, at=now, group=group)
