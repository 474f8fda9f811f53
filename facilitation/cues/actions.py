"""What can happen to a Cue: it opens once per cause, somebody sees to it, or the world does."""

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from facilitation.cues.models import FOLLOWS, OFF_RECORD, TO_DECIDE, Cue, Kind, State
from microgroups.appeals.models import Appeal
from microgroups.conversation.actions import post
from microgroups.conversation.models import Post
from microgroups.groups.actions import facilitator_of, locked
from microgroups.membership.actions import admit, decline_request
from microgroups.membership.models import Membership
from microgroups.membership.models import State as MembershipState
from network.activity.actions import record
from network.errors import Invalid, NotAllowed, Refused
from network.notifications.actions import notify
from network.notifications.opening import note_answered
from network.prepared import rows
from network.transactions import deed

MOST_WORDS = 1000
LONGEST_SNOOZE = timedelta(days=30)
AT_ONCE = 500

# What a facilitator does


@deed
def done(cue, person, *, note="", now=None):
    """Close the cue as seen to; a note goes to the cue's person in the facilitator's name.

    Doing it twice changes nothing and sends nothing more. Refuses: not_allowed, invalid,
    decision_needed.
    """
    cue, now = held(cue, person), now or timezone.now()
    note = fitting("note", note)
    if not cue.is_open:
        return cue
    leave_no_decision_open(cue)
    if note and cue.person is not None:
        notify(
            [cue.person],
            "note",
            network=cue.group.network,
            subject=("group", cue.group_id),
            cause=f"note:{cue.pk}:{now.timestamp():.6f}",  # after an undo it is another one
            at=now,
            actor=person,
            group=cue.group,
            words=note,
        )
    return close(cue, State.DONE, person, now)


@deed
def answer(cue, person, *, body, now=None):
    """Write back in the thread that the cue is about, and close it.

    Refuses: not_allowed, invalid (nothing was written, or the post was taken back).
    """
    now = now or timezone.now()
    locked(cue.group)
    cue = held(cue, person)
    asked = Post.objects.select_related("thread").filter(pk=cue.subject_id).first()
    if asked is None:
        raise Invalid({"note": "What they wrote is no longer there."})
    post(asked.thread, person, body=body, reply_to=asked, now=now)
    return close(cue, State.DONE, person, now) if cue.is_open else cue


@deed
def let_in(cue, person, *, now=None):
    """Say yes to who knocks: they get a seat, or a place in line. Refuses what `admit` refuses."""
    now = now or timezone.now()
    locked(cue.group)
    cue = held(cue, person)
    admit(cue.group, cue.person, by=person, now=now)
    return close(cue, State.DONE, person, now) if cue.is_open else cue


@deed
def turn_away(cue, person, *, reason, now=None):
    """Say not this time to who knocks; they are told the reason.

    Refuses what `decline_request` refuses.
    """
    now = now or timezone.now()
    locked(cue.group)
    cue = held(cue, person)
    decline_request(cue.group, cue.person, by=person, reason=reason, now=now)
    return close(cue, State.DONE, person, now) if cue.is_open else cue


@deed
def dismiss(cue, person, *, reason, now=None):
    """Close the cue without doing it; the reason teaches the rule. A draft goes with it.

    Refuses: not_allowed, invalid, decision_needed.
    """
    cue, now = held_with_group(cue, person), now or timezone.now()
    reason = fitting("reason", reason)
    if not reason:
        raise Invalid({"reason": "Say why in a few words; it helps us to notice better."})
    if not cue.is_open:
        return cue
    leave_no_decision_open(cue)
    close(cue, State.DISMISSED, person, now, why=reason)
    return followed(cue, person, now)


@deed
def assign(cue, person, *, to, now=None):
    """Ask another facilitator of the group to see to it, and tell them.

    Refuses: not_allowed (a hint is nobody's task), invalid (who is asked does not facilitate, or
    it is about them).
    """
    cue, now = held(cue, person), now or timezone.now()
    if cue.is_hint:
        raise NotAllowed("not_allowed", "This is a hint, and nobody's task. A line from you helps.")
    theirs = cue.group.memberships.of(to)
    if theirs is None or not theirs.is_facilitator:
        raise Invalid({"to": f"{to.name} does not facilitate {cue.group.name}. Ask who does."})
    if cue.person_id == to.pk:
        raise Invalid({"to": f"This is about {to.name}. Ask somebody else."})
    if not Cue.objects.filter(pk=cue.pk).visible_to(to).exists():
        why = "decided this before" if cue.kind == Kind.APPEAL else "cannot look into this one"
        raise Invalid({"to": f"{to.name} {why}. Ask somebody else."})
    if not cue.is_open or cue.assigned_to_id == to.pk:
        return cue
    cue.assigned_to = to
    cue.save(update_fields=["assigned_to"])
    note_answered(person, now=now, cue=[cue.pk])
    tell("cue.assigned", cue, person, now, to=str(to.pk))
    notify(
        [to],
        "cue_assigned",
        network=cue.group.network,
        subject=("cue", cue.pk),
        cause=f"assigned:{cue.pk}:{now.timestamp():.6f}",  # after an undo it is another one
        at=now,
        actor=person,
        group=cue.group,
    )
    return cue


@deed
def snooze(cue, person, *, until, now=None):
    """Put the cue aside until a time within the next 30 days.

    Refuses: not_allowed, invalid, decision_needed (a call for help is put aside for nobody).
    """
    cue, now = held(cue, person), now or timezone.now()
    if not now < until <= now + LONGEST_SNOOZE:
        raise Invalid({"until": "Choose a time between now and 30 days from now."})
    if not cue.is_open:
        return cue
    if cue.kind == Kind.DISTRESS:
        leave_no_decision_open(cue)
    cue.snoozed_until = until
    cue.save(update_fields=["snoozed_until"])
    tell("cue.snoozed", cue, person, now)
    return cue


@deed
def reopen(cue, person, *, now=None):
    """Undo: put the cue back into the queue, and a draft with it; of one that is there, take back
    that somebody was asked to see to it. What somebody was written stays written.

    Refuses: not_allowed, and what keeps the draft away.
    """
    cue, now = held_with_group(cue, person), now or timezone.now()
    if cue.is_open and cue.snoozed_until is None:
        return ask_no_more(cue, person, now)
    cue.state, cue.snoozed_until = State.OPEN, None
    cue.closed_at = cue.closed_by = None
    cue.closed_why = ""
    cue.save(update_fields=["state", "snoozed_until", "closed_at", "closed_by", "closed_why"])
    tell("cue.reopened", cue, person, now)
    return followed(cue, person, now)


def ask_no_more(cue, person, now):
    """Nobody is asked to see to it before the others."""
    if cue.assigned_to_id is not None:
        cue.assigned_to = None
        cue.save(update_fields=["assigned_to"])
        tell("cue.unassigned", cue, person, now)
    return cue


# What the world does


def open_cues(cues):
    """Ask for these, each once however often it is asked; `key` says what is one and the same."""
    Cue.objects.bulk_create(cues, ignore_conflicts=True, batch_size=AT_ONCE)


def are_open(kind):
    """Whether a cue of this kind waits: else a job has nothing to settle, and asks no more."""
    return bool(rows(one_open, kind))


def one_open(kind):
    return Cue.objects.open().filter(kind=kind).order_by().values_list("pk")[:1]


def is_asked_still(notice, now):
    """Whether the letter goes to who was asked to see to it: not once that is taken back."""
    asked = Cue.objects.open().filter(pk=notice.subject_id, assigned_to=notice.person_id)
    return asked.exists()


def settle(cues, state, why, *, now, by=None):
    """Close open cues because the world has moved on, with the reason in words.

    cues: a queryset; state: done when what was asked for has happened, lapsed when it no longer
    matters; by: who did it elsewhere than in the queue, where that is known: it is theirs to count.
    Answers how many.
    """
    return cues.open().update(state=state, closed_at=now, closed_by=by, closed_why=why)


def settle_those(kind, condition, state, why, *, now):
    """`settle` the cues of a kind of which `condition(now)` holds. Each job asks it of each of its
    reasons, and mostly there is nothing to close: so it is put into SQL once."""
    if rows(open_ones, kind, condition, now):
        settle(Cue.objects.filter(condition(now), kind=kind), state, why, now=now)


def open_ones(kind, condition, now):
    return Cue.objects.open().filter(condition(now), kind=kind).order_by().values_list("pk")


def settle_with_group(group, now):
    """A group that is closed needs nothing more: its cues lapse."""
    if not group.is_open:
        settle(group.cues.all(), State.LAPSED, "The group is closed.", now=now)


def ask_for_requests(now):
    """Ask facilitators about everybody who knocks; close the cues of those who knock no more."""
    settle_requests(now)
    open_cues([request_cue(membership, now) for membership in rows(knocking, now)])


def knocking(now):
    """Memberships of those who knock and for whom nobody was asked yet."""
    known = Cue.objects.open().filter(
        kind=Kind.REQUEST, due_at=OuterRef("since"), subject_id=OuterRef("pk")
    )
    found = Membership.objects.filter(
        ~Exists(known), state=MembershipState.REQUESTED, since__lte=now, group__state="open"
    )
    return found.order_by("pk")


def request_cue(membership, now):
    return Cue(
        kind=Kind.REQUEST,
        key=f"request:{membership.pk}:{membership.since.timestamp():.6f}",
        group_id=membership.group_id,
        person_id=membership.person_id,
        reason="Would like to come in, and waits for a word.",
        subject_type="membership",
        subject_id=membership.pk,
        due_at=membership.since,
        created_at=now,
    )


def settle_requests(now):
    """Close the cues of who has an answer, and of who asks no more."""
    if not are_open(Kind.REQUEST):
        return
    settle_those(Kind.REQUEST, has_left, State.LAPSED, "They ask no more.", now=now)
    settle_those(Kind.REQUEST, has_answer, State.DONE, "They have their answer.", now=now)


def has_left(now):
    """A condition on cues: their person went away unanswered."""
    went = Membership.objects.filter(pk=OuterRef("subject_id"), state=MembershipState.LEFT)
    return Q(Exists(went), has_answer(now))


def has_answer(now):
    """A condition on cues: their person knocks no more, or has knocked anew since."""
    still = Membership.objects.filter(
        pk=OuterRef("subject_id"), state=MembershipState.REQUESTED, since=OuterRef("due_at")
    )
    return ~Exists(still)


def ask_for_appeals(now):
    """Ask the other facilitators about each appeal that waits; close the cues of the decided."""
    if are_open(Kind.APPEAL):
        settle_those(Kind.APPEAL, is_decided, State.DONE, "Somebody has looked again.", now=now)
    if not rows(one_appeal):
        return
    known = Cue.objects.filter(kind=Kind.APPEAL, subject_id=OuterRef("pk"))
    appeals = Appeal.objects.open().with_other_facilitator().filter(~Exists(known), at__lte=now)
    appeals = appeals.filter(membership__group__state="open").select_related("membership")
    open_cues([appeal_cue(appeal, now) for appeal in appeals.order_by("pk")])


def one_appeal():
    return Appeal.objects.open().order_by().values_list("pk")[:1]


def appeal_cue(appeal, now):
    return Cue(
        kind=Kind.APPEAL,
        key=f"appeal:{appeal.pk}",
        group_id=appeal.membership.group_id,
        person_id=appeal.membership.person_id,
        reason="Asks somebody who did not decide it to look again.",
        subject_type="appeal",
        subject_id=appeal.pk,
        due_at=appeal.at,
        created_at=now,
    )


def is_decided(now):
    """A condition on cues: their appeal waits no more."""
    return ~Exists(Appeal.objects.open().filter(pk=OuterRef("subject_id")))


# What several of these do


def held(cue, person):
    """The cue, locked, for a facilitator of its group. Refuses: not_allowed."""
    cue = (
        Cue.objects.select_for_update(no_key=True, of=["self"])
        .select_related("group__network", "person")
        .get(pk=cue.pk)
    )
    facilitator_of(cue.group, person)
    return cue


def held_with_group(cue, person):
    """The same; where something follows the cue, its group is held first."""
    if cue.kind in FOLLOWS:
        locked(cue.group)
    return held(cue, person)


def leave_no_decision_open(cue):
    """Refuse to close what somebody waits for: decision_needed."""
    if cue.kind in TO_DECIDE:
        raise Refused("decision_needed", TO_DECIDE[cue.kind])


def followed(cue, person, now):
    """The cue, after what goes with it has gone or come back."""
    if cue.kind in FOLLOWS:
        FOLLOWS[cue.kind](cue, person, now)
    return cue


def fitting(field, text):
    """The text without the spaces around it, when it fits."""
    text = text.strip()
    if len(text) > MOST_WORDS:
        raise Invalid({field: f"{len(text):,} characters are too many; {MOST_WORDS:,} fit."})
    return text


def close(cue, state, person, now, why=""):
    cue.state, cue.closed_at, cue.closed_by, cue.closed_why = state, now, person, why
    cue.save(update_fields=["state", "closed_at", "closed_by", "closed_why"])
    note_answered(person, now=now, cue=[cue.pk])
    tell(f"cue.{state}", cue, person, now)
    return cue


def tell(verb, cue, person, now, **facts):
    """On record, but for what is not to be learned from the log."""
    if cue.kind in OFF_RECORD:
        return
    record(
        verb,
        network=cue.group.network,
        actor=person,
        about=cue,
        at=now,
        group=cue.group,
        kind=cue.kind,
        **facts,
    )
