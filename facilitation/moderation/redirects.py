"""Gentle steps, least first: a private note, another title, a slower thread."""

from django.utils import timezone

from facilitation.moderation import moves, rules
from facilitation.moderation.actions import end, held, log, tell, who_opened
from facilitation.moderation.models import Answer, Decision, Kind, State
from microgroups.conversation import restraints
from microgroups.conversation.actions import retitle
from microgroups.conversation.rights import standing
from microgroups.conversation.rules import title_of
from microgroups.groups.actions import facilitator_of, locked
from microgroups.groups.rules import needed
from network.errors import Invalid, NotAllowed, Refused
from network.notifications.opening import note_answered
from network.templatetags.kith import at_hour
from network.transactions import deed

RETITLE = "You can give your thread another one yourself."
STEPS = ("note", "retitle", "move", "slow")


@deed
def redirect(thread, person, *, step, reason, to="", note="", agreement="", now=None):
    """Take a gentle step in a thread; answers the decision.

    note: words to whoever opened it, who alone reads them; retitle: a new title (`to`), which it
    gets by its author's yes; slow: one post in so many minutes (`to`; 60 unless given) for each,
    for a day, and no other pace until then; move: whoever wrote in it is asked whether it may stand
    in another group (`to`).
    Refuses: not_allowed, invalid, already_slow; for a move besides what `moves.propose` does.
    """
    now = now or timezone.now()
    if step == Kind.MOVE:
        told = note if note.strip() else reason
        return moves.propose(thread, person, to=to, reason=told, agreement=agreement, now=now)
    group = locked(thread.group)
    facilitator_of(group, person)
    thread = standing(thread)
    thread.group = group
    if step not in STEPS:
        raise Invalid({"step": f"Choose one of {', '.join(STEPS)}."})
    agreement = rules.agreement_of(agreement, rules.agreements_of(group))
    reason = needed("reason", reason)
    told = needed("note", note) if note.strip() else reason
    facts = {"group": group, "thread": thread, "by": person, "agreement": agreement, "at": now}
    return take(step, to, told, thread.author, facts)


def take(step, to, reason, author, facts):
    """Take the step about the thread, or about what `author` wrote in it."""
    if step != Kind.SLOW:
        answers(author, facts["by"])
    return STEP[step](to, {**facts, "reason": reason, "person": author})


def answers(author, by):
    """Refuse where nobody is there to read it, or it would be oneself."""
    if author is None:
        raise NotAllowed("not_allowed", "Whoever wrote this is no longer here.")
    if author.pk == by.pk:
        raise NotAllowed("not_allowed", "These are your own words; you can change them.")


def write_note(to, facts):
    decision = Decision.objects.create(kind=Kind.NOTE, **facts)
    activity = log("decision.noted", decision, decision.by, decision.at)
    tell(decision, "note_on_words", activity, decision.reason)
    return decision


def propose_title(to, facts):
    title = title_of(to) if to.strip() else ""
    if not title:
        raise Invalid({"to": "Say which title would fit."})
    thread = facts["thread"]
    if title == thread.title:
        raise Invalid({"to": "That is its title already."})
    if thread.author_id != facts["person"].pk:
        raise NotAllowed("not_allowed", "Only whoever opened a thread is asked for its title.")
    decision = Decision.objects.create(
        kind=Kind.RETITLE, state=State.PROPOSED, to=title, was=thread.title, **facts
    )
    activity = log("decision.title_proposed", decision, decision.by, decision.at)
    tell(decision, "title_proposed", activity, decision.reason)
    return decision


def slow_down(to, facts):
    thread = facts["thread"]
    minutes, until = rules.minutes_of(to), facts["at"] + rules.SLOW_FOR
    if thread.is_slow(facts["at"]):
        raise Refused(
            "already_slow",
            f"This thread goes slowly already, until {at_hour(thread.slow_until)}. To give it "
            "another pace, take that decision back first.",
        )
    restraints.slow_down(thread, minutes, until)
    about_all = {**facts, "person": None}  # about the thread, not about whoever wrote in it
    decision = Decision.objects.create(kind=Kind.SLOW, to=str(minutes), until=until, **about_all)
    activity = log("decision.slowed", decision, decision.by, decision.at, minutes=minutes)
    tell(decision, "thread_slowed", activity, decision.reason, people=who_opened(decision))
    return decision


STEP = {"note": write_note, "retitle": propose_title, "slow": slow_down}


@deed
def accept(decision, person, *, now=None):
    """Its author says yes to another title, and the thread has it; or one of those who are asked
    says yes to its moving. A second yes changes nothing.

    Who has said no to a title may take it after all, while the thread has the one before.
    Refuses: not_allowed, no_longer, and what `retitle` refuses.
    """
    now = now or timezone.now()
    if decision.is_move:
        return moves.say(decision, person, Answer.YES, now)
    _, decision = asked(decision, person)
    if decision.is_standing:
        return decision
    if not decision.can_be_taken(now):
        raise Refused("no_longer", f"This title is not asked any more. {RETITLE}")
    decision.was = decision.thread.title
    retitle(decision.thread, person, title=decision.to, now=now)
    decision.state, decision.ended_at, decision.ended_by = State.STANDING, None, None
    decision.save(update_fields=["state", "was", "ended_at", "ended_by"])
    note_answered(person, now=now, decision=[decision.pk])
    activity = log("decision.accepted", decision, person, now)
    tell(decision, "title_accepted", activity, people=[decision.by] if decision.by else [])
    return decision


@deed
def decline(decision, person, *, now=None):
    """Its author keeps the title, and whoever proposed it is told; or one of those who are asked
    wants the thread to stay. A second no changes nothing. Refuses: not_allowed, no_longer."""
    now = now or timezone.now()
    if decision.is_move:
        return moves.say(decision, person, Answer.NO, now)
    _, decision = asked(decision, person)
    if decision.is_standing:
        raise Refused("no_longer", f"Your thread has the new title already. {RETITLE}")
    if not decision.is_proposed:
        return decision
    end(decision, State.DECLINED, person, now)
    note_answered(person, now=now, decision=[decision.pk])
    activity = log("decision.declined", decision, person, now)
    tell(decision, "title_declined", activity, people=[decision.by] if decision.by else [])
    return decision


def asked(decision, person):
    """The group and the proposal, held, for whom it asks. Refuses: not_allowed."""
    group, decision = held(decision)
    if decision.person_id != person.pk or decision.kind != Kind.RETITLE:
        raise NotAllowed("not_allowed", "Whoever opened the thread says yes or no to this.")
    if decision.thread is None or decision.thread.deleted_at is not None:
        raise NotAllowed("not_allowed", "The thread was taken back.")
    return group, decision
