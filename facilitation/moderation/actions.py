"""Decisions about words and people: made with a reason, on record, told, undone, appealed.

Each takes the lock of the group first.
"""

from django.db.models import Exists, OuterRef
from django.utils import timezone

from facilitation.moderation import rules
from facilitation.moderation.closing import close_reports
from facilitation.moderation.models import (
    APPEALABLE,
    About,
    Decision,
    Kind,
    Report,
    State,
    Verdict,
)
from microgroups.appeals.actions import appeal_decision
from microgroups.conversation import restraints
from microgroups.conversation.actions import edit_post, retitle
from microgroups.groups.actions import facilitator_of, locked
from microgroups.groups.models import MicroGroup
from microgroups.groups.reading import looks_after, who_looks_after
from microgroups.groups.rules import needed
from microgroups.membership.actions import unbar
from network.activity.actions import record
from network.errors import Invalid, NotAllowed, Refused
from network.notifications.actions import notify, tell_of
from network.transactions import deed

# Hiding a post


@deed
def hide(post, person, *, reason, agreement="", now=None):
    """Hide a post for a reason that its author reads, can answer, and have looked at again.

    Reports about it are decided by it. Hidden already, it stays as it was decided.
    Refuses: not_allowed (also one's own post, or one that was taken back), invalid.
    """
    now = now or timezone.now()
    group = locked(post.thread.group)
    facilitator_of(group, person)
    agreement = rules.agreement_of(agreement, rules.agreements_of(group))
    reason = needed("reason", reason)
    decision = hide_now(post, group, person, reason, agreement, now)
    close_reports(About.POST, post.pk, Verdict.HIDE, reason, person, now)
    return decision


def hide_now(post, group, by, reason, agreement, now):
    """Hide the post by somebody's decision; what reports have hidden stays hidden by it."""
    if post.author_id == by.pk:
        raise NotAllowed("not_allowed", "These are your own words. You can take them back.")
    decision = Decision.objects.hiding(post)
    if decision is not None and decision.is_standing:
        return decision
    if decision is None:
        restraints.hide(post, now)
        decision = Decision(group=group, kind=Kind.HIDE, person=post.author, post=post)
        decision.thread_id = post.thread_id
    decision.state, decision.until, decision.by, decision.at = State.STANDING, None, by, now
    decision.reason, decision.agreement = reason, agreement
    decision.group = group
    decision.save()
    activity = log("decision.hidden", decision, by, now)
    tell(decision, "post_hidden", activity, reason)
    warn_of_many(group, now)
    return decision


def warn_of_many(group, now):
    """From ten hidden posts in a week on, whoever looks after the network hears of it."""
    lately = Decision.objects.filter(group=group, kind=Kind.HIDE, at__gt=now - rules.WEEK)
    if lately.count() < rules.MANY_HIDES:
        return
    notify(
        who_looks_after(group.network, group),
        "many_hidden",
        network=group.network,
        subject=("group", group.pk),
        cause=f"many_hidden:{group.pk}:{now:%G-%V}",
        at=now,
        group=group,
    )


@deed
def rewrite(decision, person, *, body, now=None):
    """Say a hidden post in other words: it is back at once, and whoever hid it is told.

    Once for each post: hidden again, somebody else has to look.
    Refuses: not_allowed, paused, group_not_open, invalid.
    """
    _, decision = held(decision)
    if decision.person_id != person.pk or not decision.hides or decision.waits_for_review:
        raise NotAllowed("not_allowed", "Only who wrote a hidden post can say it anew.")
    rewritten = Decision.objects.filter(post=decision.post_id, state=State.REWRITTEN)
    if rewritten.exists():
        raise NotAllowed(
            "not_allowed",
            "You have said it anew once, and it was hidden again. Ask somebody else to look.",
        )
    now = now or timezone.now()
    post = decision.post
    if body.strip() == post.body.strip():
        raise Invalid({"body": "It says the same as before. Change what it was hidden for."})
    restraints.put_back(post, now)
    post = edit_post(post, person, body=body, now=now)
    end(decision, State.REWRITTEN, person, now)
    activity = log("decision.rewritten", decision, person, now)
    if decision.by is not None:
        tell(decision, "post_rewritten", activity, people=[decision.by])
    return decision


# A pause


@deed
def pause(group, person, *, by, hours, reason, agreement="", now=None):
    """Let a member read and not write for some hours, with a reason that they read.

    A pause before it is replaced. Refuses: not_allowed (also oneself, or a facilitator),
    not_a_member, invalid.
    """
    now = now or timezone.now()
    group = locked(group)
    facilitator_of(group, by)
    agreement = rules.agreement_of(agreement, rules.agreements_of(group))
    return pause_now(group, person, by, hours, needed("reason", reason), agreement, now)


def pause_now(group, person, by, hours, reason, agreement, now):
    membership = group.memberships.of(person)
    if membership is None or not membership.is_active:
        raise Refused("not_a_member", f"{person.name} has no seat in {group.name}.")
    if person.pk == by.pk:
        raise NotAllowed("not_allowed", "To write less for a while needs no decision; rest.")
    if membership.is_facilitator:
        raise NotAllowed(
            "not_allowed", f"{person.name} facilitates, too. Talk, or ask who runs the network."
        )
    until = now + rules.hours_of(hours)
    before = Decision.objects.filter(
        group=group, person=person, kind=Kind.PAUSE, state=State.STANDING
    )
    before.update(state=State.UNDONE, ended_at=now, ended_by=by)
    restraints.pause(group, person, until)
    decision = Decision.objects.create(
        group=group,
        kind=Kind.PAUSE,
        person=person,
        by=by,
        reason=reason,
        agreement=agreement,
        at=now,
        until=until,
    )
    activity = log("decision.paused", decision, by, now, hours=hours)
    tell(decision, "paused", activity, reason)
    return decision


# Undoing, and looking again


@deed
def undo(decision, person, *, now=None):
    """Take a decision back within 30 days: the group's facilitators, or who looks after the
    network; not whom it is about.

    One that has ended stays as it is; a move that people are asked about is asked no more.
    Refuses: not_allowed, too_late.
    """
    now = now or timezone.now()
    group, decision = held(decision)
    decides(group, person, decision)
    if decision.is_move and decision.is_proposed:
        end(decision, State.UNDONE, person, now)
        log("decision.undone", decision, person, now)
        return decision
    if not decision.is_standing:
        return decision
    if decision.is_move:
        raise NotAllowed("not_allowed", "It moves back as it came: by the yes of everybody in it.")
    if decision.kind == Kind.NOTE:
        raise NotAllowed("not_allowed", "What somebody has read cannot be unsaid. Write again.")
    if not decision.can_be_undone(now):
        raise Refused("too_late", "After thirty days a decision is not undone any more.")
    was_slow = decision.slows(now)
    take_back(decision, person, now)
    activity = log("decision.undone", decision, person, now)
    tell(decision, "decision_undone", activity)
    if was_slow:
        tell(decision, "pace_given_back", activity, people=who_opened(decision))
    return decision


def lift(appeal, by, now):
    """An appeal has lifted the decision; whoever asked hears of it by the appeal."""
    _, decision = held(Decision(pk=appeal.decision, group=appeal.membership.group))
    if decision.is_standing:
        take_back(decision, by, now)
        log("decision.undone", decision, by, now)


def take_back(decision, by, now):
    """Undo what the decision did, and end it."""
    if decision.kind == Kind.HIDE and decision.post is not None:
        restraints.put_back(decision.post, now)
    elif decision.kind == Kind.PAUSE and decision.person is not None:
        restraints.pause(decision.group, decision.person, None)
    elif decision.slows(now):
        restraints.slow_down(decision.thread, None, None)
    elif decision.kind == Kind.RETITLE and decision.thread is not None:
        if decision.thread.title == decision.to:
            retitle(decision.thread, by, title=decision.was, now=now)
    elif decision.kind == Kind.REMOVE and decision.person is not None:
        unbar(decision.group, decision.person, by=by, now=now)
    end(decision, State.UNDONE, by, now)


@deed
def appeal(decision, person, *, text, now=None):
    """Ask that somebody who did not decide it looks again; once, within 30 days. Who opened a
    thread asks about its pace.

    Answers the appeal. Refuses: not_allowed, already_appealed, too_late, invalid.
    """
    now = now or timezone.now()
    group, decision = held(decision)
    membership = group.memberships.of(person)
    if not decision.is_about(person) or membership is None:
        raise NotAllowed("not_allowed", "Only whom a decision is about can ask for another look.")
    if decision.kind not in APPEALABLE or not decision.is_standing:
        raise NotAllowed("not_allowed", "Nothing of this decision stands that could be lifted.")
    if not decision.can_be_appealed(now):
        raise Refused("too_late", "After thirty days nobody is asked to look again.")
    membership.group, membership.person = group, person
    return appeal_decision(
        membership,
        person,
        decision=decision.pk,
        about=decision.kind,
        decided_at=decision.at,
        decided_by=decision.by,
        told=decision.reason,
        text=text,
        now=now,
    )


# What reports have hidden


def end_reviews(now):
    """Show again what reports have hidden and nobody has decided within a day."""
    due = Decision.objects.unreviewed(now).order_by("until", "pk").values_list("pk", flat=True)
    for key in list(due):
        end_review(key, now=now)


@deed
def end_review(key, *, now):
    """Show the post of this decision again, once; tell its author and who looks after us all."""
    found = Decision.objects.unreviewed(now).filter(pk=key).select_related("group").first()
    if found is None:
        return
    group, decision = held(found)
    if not decision.waits_for_review:
        return
    restraints.put_back(decision.post, now)
    end(decision, State.UNDONE, None, now)
    activity = log("decision.lapsed", decision, None, now)
    tell(decision, "shown_again", activity)
    tell(decision, "review_missed", activity, people=who_looks_after(group.network, group))


def is_decided(now):
    """A condition on cues: their report waits no more."""
    return ~Exists(Report.objects.open().filter(pk=OuterRef("subject_id")))


# What several of these do


def held(decision):
    """The group, locked, and the decision under its lock as it stands."""
    group = locked(MicroGroup(pk=decision.group_id))
    rows = Decision.objects.select_related(
        "person", "by", "thread__group", "thread__author", "post__thread__group"
    )
    decision = rows.get(pk=decision.pk)
    decision.group = group
    return group, decision


def decides(group, person, about):
    """Refuse all but the group's facilitators and who looks after the network; and whom it is
    about."""
    if about.is_about(person):
        raise NotAllowed("not_allowed", "This is about you; somebody else decides it.")
    membership = group.memberships.of(person)
    if membership is not None and membership.is_facilitator:
        return
    looks = looks_after(person, network="group__network")
    if not Decision.objects.filter(looks, pk=about.pk).exists():
        raise NotAllowed("not_allowed", f"Only those who facilitate {group.name} can do this.")


def end(decision, state, by, now):
    decision.state, decision.ended_at, decision.ended_by = state, now, by
    decision.save(update_fields=["state", "ended_at", "ended_by"])


def log(verb, decision, by, now, **facts):
    group = decision.group
    return record(
        verb,
        network=group.network,
        actor=by,
        about=decision,
        at=now,
        group=group,
        kind=str(decision.kind),
        **facts,
    )


def who_opened(decision):
    """Whoever opened the thread that it is about, unless it was their own decision."""
    author = decision.thread.author if decision.thread is not None else None
    return [author] if author is not None and decision.is_about(author) else []


def tell(decision, kind, activity, words="", *, people=None):
    """Tell whom it is about, or these people, of what was just recorded."""
    if people is None:
        people = [decision.person] if decision.person is not None else []
    subject = ("decision", decision.pk)
    tell_of(activity, people, kind, group=decision.group, subject=subject, words=words)
