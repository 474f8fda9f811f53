"""Moving a thread to another group: by the yes of everybody who wrote in it, and of that group.

Whoever wrote in the thread is asked, also who has taken it back since: their name stands in it. One
no, or a week of silence, and it stays; nobody learns whose it was, so nothing here tells who
answered: no notice, no row of the log. A yes is to the words as they stood. Who wrote or changed
something since is asked anew, and a post of somebody else asks them. Last comes the other group.

Locks: the two groups, the lower key first; posting waits for the first.
"""

from django.db.models import Exists, Max, OuterRef, Q
from django.db.models.functions import Greatest

from facilitation.cues.actions import settle
from facilitation.cues.models import Cue
from facilitation.cues.models import State as CueState
from facilitation.moderation import actions, rules
from facilitation.moderation.actions import end, log, tell
from facilitation.moderation.models import HOLDS, Answer, Consent, Decision, Kind, Report, State
from microgroups.budding.merging import both_locked
from microgroups.conversation import restraints
from microgroups.conversation.models import Kind as ThreadKind
from microgroups.conversation.rights import standing
from microgroups.groups.actions import facilitator_of, must_be
from microgroups.groups.models import MicroGroup
from microgroups.groups.models import State as GroupState
from microgroups.groups.rules import needed
from microgroups.membership.seats import facilitators
from network.errors import Invalid, NotAllowed, Refused
from network.networks.models import NetworkMembership
from network.notifications.opening import note_answered
from network.people.models import Person
from network.transactions import deed

MOVABLE = (ThreadKind.TALK, ThreadKind.QUESTION)  # the others are words to this one group
MEANT, AT_HAND = 6, 20  # groups that are named at most
NOT_EVERYBODY = "Not everybody who wrote in it can be asked any more, so it stays here."


def places_for(group, person):
    """Where a thread of the group could move: open groups that the whole network knows of."""
    groups = MicroGroup.objects.visible_to(person).exclude(visibility="hidden")
    groups = groups.filter(network=group.network_id, state=GroupState.OPEN)
    return groups.exclude(pk=group.pk).order_by("name", "pk")


def places_meant(group, person, words):
    """Those that are called so: the one with this address or this whole name, else all in whose
    name the words stand."""
    places, words = places_for(group, person), words.strip()
    whole = list(places.filter(Q(slug=words) | Q(name__iexact=words))[:MEANT])
    return whole or list(places.filter(name__icontains=words)[:MEANT])


def places_at_hand(group, person):
    """Some, for whoever begins to write a name: those that the person is in come first."""
    mine = person.memberships.reading().filter(group=OuterRef("pk"))
    places = places_for(group, person).annotate(is_mine=Exists(mine))
    return places.order_by("-is_mine", "name", "pk")[:AT_HAND]


def propose(thread, person, *, to, reason, agreement, now):
    """Ask everybody who wrote in the thread whether it may move; answers the decision.

    to: the slug of the other group. Asked again for the same group it stays as it was.
    Refuses: not_allowed, group_hidden, group_not_open, answer_first, consent_needed, in_progress,
    declined_recently, invalid.
    """
    place = places_for(thread.group, person).filter(slug=to.strip()).first()
    if place is None:
        raise Invalid({"to": "Choose another open group of the network, one that is not hidden."})
    group, place = both_locked(thread.group, place)
    facilitator_of(group, person)
    thread = standing(thread)
    must_be_movable(thread, group)
    agreement = rules.agreement_of(agreement, rules.agreements_of(group))
    reason = needed("reason", reason)
    asked = Decision.objects.moves().filter(thread=thread).first()
    if asked is not None and asked.to_group_id == place.pk:
        return asked
    must_be_askable(thread, asked, now)
    decision = Decision.objects.create(
        group=group,
        kind=Kind.MOVE,
        state=State.PROPOSED,
        thread=thread,
        to_group=place,
        was=thread.title,
        by=person,
        agreement=agreement,
        reason=reason,
        at=now,
    )
    log("decision.move_proposed", decision, person, now)
    go_on(decision, now)
    return decision


def must_be_movable(thread, group):
    if group.is_hidden:
        raise Refused("group_hidden", f"{group.name} is hidden; what is said in it stays in it.")
    must_be(group, GroupState.OPEN)
    if thread.kind not in MOVABLE:
        raise NotAllowed(
            "not_allowed", "A hello, a starter or an announcement is for the group it was said in."
        )


def must_be_askable(thread, asked, now):
    if asked is not None:
        raise Refused("in_progress", "People are being asked about another group already.")
    lately = Decision.objects.filter(
        kind=Kind.MOVE, state=State.DECLINED, thread=thread, ended_at__gt=now - rules.ASK_AGAIN
    )
    if lately.exists():
        raise Refused("declined_recently", "It stayed lately. Ask again a week after that.")
    opening = thread.posts.standing().filter(is_first=True, at=thread.opened_at)
    if not thread.is_answered and opening.exists():
        raise Refused("answer_first", "Somebody's first words wait for an answer here. Answer.")
    if not can_all_be_asked(thread):
        raise Refused("consent_needed", NOT_EVERYBODY)


def can_all_be_asked(thread):
    """Whether everybody whose words are in it is there to say yes: has an account here, now."""
    here = NetworkMembership.objects.filter(
        network=thread.group.network_id, person=OuterRef("author"), suspended_at=None
    )
    there = Exists(here) & Q(author__is_active=True, author__claimed_at__isnull=False)
    posts = thread.posts.filter(is_system=False)
    erased = Q(author=None) & ~Q(body="")
    return not posts.filter(erased | (Q(author__isnull=False) & ~there)).exists()


# What each says


def say(decision, person, answer, now):
    """What somebody says who was asked: an author, or who looks after the other group.

    A no ends it, also after a yes, as long as the thread has not moved. What has become as they
    say stays so. Refuses: not_allowed, no_longer.
    """
    decision = held(decision)
    mine = decision.consents.filter(person=person).first()
    receives = decision.asked_there_at is not None and looks_after(decision.to_group, person)
    if mine is None and not receives:
        raise NotAllowed("not_allowed", "Whoever wrote in the thread says yes or no to this.")
    note_answered(person, now=now, decision=[decision.pk])
    if not decision.is_proposed:
        return as_it_became(decision, answer)
    if mine is not None:
        mine.answer, mine.answered_at = answer, now
        mine.save(update_fields=["answer", "answered_at"])
    if answer == Answer.NO:
        stay(decision, now)
        return decision
    if receives:
        decision.received_by = person
        decision.save(update_fields=["received_by"])
    go_on(decision, now)
    return decision


def as_it_became(decision, answer):
    """The move that is over, where it became what they say now."""
    if decision.is_standing and answer == Answer.NO:
        raise Refused("no_longer", "It has moved already. It moves back as it came.")
    if not decision.is_standing and answer == Answer.YES:
        raise Refused("no_longer", "It stays where it is; nobody is asked any more.")
    return decision


def held(decision):
    """The proposal under the locks of its two groups, as it stands, with both of them."""
    decision = Decision.objects.select_related("group", "to_group").get(pk=decision.pk)
    if decision.to_group is None:
        raise NotAllowed("not_allowed", "The other group is no longer there.")
    group, place = both_locked(decision.group, decision.to_group)
    rows = Decision.objects.select_related("by", "thread__group", "thread__author", "received_by")
    decision = rows.get(pk=decision.pk)
    decision.group, decision.to_group = group, place
    return decision


def looks_after(group, person):
    membership = group.memberships.of(person)
    return membership is not None and membership.is_facilitator


# What follows


def move_threads(now):
    """Ask who has written since, end what nobody answered, move what everybody agreed to."""
    for key in list(Decision.objects.moves().order_by("pk").values_list("pk", flat=True)):
        look_again(key, now=now)


@deed
def look_again(key, *, now):
    """What has become of one proposal meanwhile."""
    waiting = Decision.objects.moves().filter(pk=key).first()
    if waiting is None:
        return
    if waiting.to_group_id is None:
        end_without_place(waiting, now)
        return
    decision = held(waiting)
    if decision.is_proposed:
        go_on(decision, now)


def end_without_place(waiting, now):
    """End a proposal whose other group is no longer there, unless somebody has ended it."""
    _, decision = actions.held(waiting)
    if decision.is_proposed:
        end(decision, State.DECLINED, None, now)


def go_on(decision, now):
    """Ask whoever has to be asked; move the thread once all have said yes. Both groups are held."""
    if not can_still_move(decision) or decision.at <= now - rules.MOVE_WITHIN:
        stay(decision, now)
        return
    ask_authors(decision, now)
    asked = list(decision.consents.all())
    if any(is_over(each.asked_at, now) for each in asked if each.answer == Answer.ASKED):
        stay(decision, now)
    elif all(each.answer == Answer.YES for each in asked) and not is_held(decision.thread):
        if is_received(decision, asked):
            go(decision, now)
        elif decision.asked_there_at is None:
            ask_there(decision, now)
        elif is_over(decision.asked_there_at, now):
            stay(decision, now)


def is_over(asked_at, now):
    return asked_at <= now - rules.ANSWER_WITHIN


def can_still_move(decision):
    """The thread stands where it stood, both groups as they must, and all of it has its people."""
    thread, group, place = decision.thread, decision.group, decision.to_group
    stands = thread is not None and thread.deleted_at is None and thread.group_id == group.pk
    shown = not (group.is_hidden or place.is_hidden)
    return stands and shown and group.is_open and place.is_open and can_all_be_asked(thread)


def ask_authors(decision, now):
    """Ask who wrote and was not asked, or has written or changed something since their yes."""
    thread = decision.thread
    wrote = thread.posts.filter(author__isnull=False).values("author").order_by()
    last = dict(wrote.values_list("author").annotate(at=Max(Greatest("at", "edited_at"))))
    if thread.retitled_at is not None and thread.author_id in last:
        last[thread.author_id] = max(last[thread.author_id], thread.retitled_at)
    last.pop(decision.by_id, None)  # whoever asks has said yes by asking
    known = {each.person_id: each for each in decision.consents.all()}
    stale = [known[key].pk for key, at in last.items() if key in known and is_older(known[key], at)]
    decision.consents.filter(pk__in=stale).update(
        answer=Answer.ASKED, answered_at=None, asked_at=now
    )
    new = [
        Consent(decision=decision, person_id=key, asked_at=now)
        for key in sorted(last)
        if key not in known
    ]
    Consent.objects.bulk_create(new)
    anew = {each.person_id for each in known.values() if each.pk in stale}
    people = Person.objects.filter(pk__in={each.person_id for each in new} | anew).order_by("pk")
    if people:
        activity = log("decision.move_asked", decision, None, now)
        tell(decision, "move_asked", activity, decision.reason, people=list(people))


def is_older(consent, at):
    return consent.answered_at is not None and consent.answered_at < at


def is_held(thread):
    """Whether something in it is hidden, reported or looked after: it is moved when that is over.

    Not said to anybody: whose words are reported must not learn of it here."""
    posts = thread.posts.values("pk")
    reported = Report.objects.open().filter(about="post", subject_id__in=posts)
    is_hidden = thread.posts.exclude(hidden_at=None).exists()
    return is_hidden or reported.exists() or any(holds(thread) for _, holds in HOLDS.items())


def is_received(decision, asked):
    """Whether somebody who looks after the other group has said yes: for it, or among those who
    asked and were asked."""
    if decision.received_by_id is not None:
        return True
    people = [decision.by_id, *(each.person_id for each in asked)]
    return decision.to_group.memberships.facilitating().filter(person__in=people).exists()


def ask_there(decision, now):
    """Everybody has said yes: now those who look after the other group are asked."""
    decision.asked_there_at = now
    decision.save(update_fields=["asked_there_at"])
    activity = log("decision.move_asked_there", decision, None, now)
    tell(decision, "move_waits", activity, decision.reason, people=facilitators(decision.to_group))


def stay(decision, now):
    """It stays where it is; whoever asked learns that not everybody agreed, and no more."""
    end(decision, State.DECLINED, None, now)
    activity = log("decision.move_ended", decision, None, now)
    tell(decision, "move_not_agreed", activity, people=[decision.by] if decision.by else [])


def go(decision, now):
    """Move it, and tell everybody who wrote in it and who looks after both groups."""
    thread, place = decision.thread, decision.to_group
    restraints.move(thread, place, now)
    decision.state, decision.was = State.STANDING, thread.title
    decision.save(update_fields=["state", "was"])
    leave_behind(decision, now)
    activity = log("decision.moved", decision, None, now)
    wrote = Q(pk__in=thread.posts.exclude(author=None).values("author"))
    people = Person.objects.filter(wrote | Q(pk=decision.by_id)) | facilitators(place)
    tell(decision, "thread_moved", activity, people=list(people.distinct().order_by("pk")))


def leave_behind(decision, now):
    """What the group had decided or was asked about the thread is about it no more: its
    facilitators may not read it now, nor do anything in it."""
    thread, group = decision.thread, decision.group
    others = Decision.objects.filter(thread=thread, group=group).exclude(pk=decision.pk)
    asked = others.filter(kind=Kind.RETITLE, state=State.PROPOSED)
    asked.update(state=State.DECLINED, ended_at=now)
    others.filter(was="").update(was=thread.title)
    others.update(thread=None)
    posts = [thread.pk, *thread.posts.values_list("pk", flat=True)]
    cues = Cue.objects.filter(group=group, subject_id__in=posts)
    settle(cues, CueState.LAPSED, "The thread has moved to another group.", now=now)
