"""Nudges as their readers find them: who looks after the group, and who is written to."""

from django.db.models import DateTimeField, Exists, ExpressionWrapper, F, OuterRef
from django.urls import reverse

from facilitation.nudges.models import Nudge, NudgeHabit, State, Step
from facilitation.nudges.rules import NOTICE
from facilitation.presence.models import Absence
from microgroups.conversation.models import Thread
from network.registries import Subject, invariants

SHOWN = ("group__network", "person", "thread__author", "sent_by", "absence__membership__person")


def load_nudges(ids, person):
    """What has reached this person, as subjects of a Notice."""
    return {
        nudge.pk: Subject(nudge.group.name, address_of(nudge), nudge.group.name, nudge.group.slug)
        for nudge in Nudge.objects.sent_to(person).filter(pk__in=ids).select_related("group")
    }


def address_of(nudge):
    """Where its reader finds it."""
    if nudge.is_choice:
        return reverse("stay", args=[nudge.group.slug])
    return reverse("nudge_letter", args=[nudge.pk])


def is_still_due(notice, now):
    """Whether the letter of a nudge goes: not to who is back, rests, or has left."""
    nudge = Nudge.objects.filter(pk=notice.subject_id, state=State.SENT).first()
    return nudge is not None and Absence.objects.still().filter(pk=nudge.absence_id).exists()


def thread_for(nudge, reader):
    """The thread it points to, while the reader may read it."""
    if nudge.thread_id is None:
        return None
    return Thread.objects.visible_to(reader).filter(pk=nudge.thread_id).first()


def habit_of(group):
    """What Kith may do by itself in this group."""
    return NudgeHabit.objects.filter(group=group).first() or NudgeHabit(group=group)


def told_to_rest(nudges):
    """Of these nudges those that say that somebody will rest who is still away, with `rests_at`."""
    still = Absence.objects.still().filter(pk=OuterRef("absence"))
    told = nudges.sent().filter(Exists(still), step=Step.RESTING).order_by("sent_at", "pk")
    return told.annotate(rests_at=ExpressionWrapper(F("sent_at") + NOTICE, DateTimeField()))


def nudges_about(person):
    """What was drafted about somebody, and in which words it reached them."""
    for nudge in Nudge.objects.filter(person=person).select_related("group").order_by("pk"):
        yield {
            "group": nudge.group.name,
            "step": nudge.step,
            "state": nudge.state,
            "words": nudge.body if nudge.is_sent else "",
            "opened_at": nudge.opened_at,
            "sent_at": nudge.sent_at,
        }


def held_out_absences_have_no_nudges():
    for nudge in Nudge.objects.filter(absence__is_held_out=True).order_by("pk"):
        yield f"The nudge {nudge.pk} is about an absence that is held out."


def nudges_are_about_the_absence_of_their_person():
    mismatched = Nudge.objects.exclude(
        person=F("absence__membership__person"),
        group=F("absence__membership__group"),
        network=F("group__network"),
    )
    for nudge in mismatched.order_by("pk"):
        yield f"The nudge {nudge.pk} names another person, group or network than its absence."


def hold_invariants():
    for check in (held_out_absences_have_no_nudges, nudges_are_about_the_absence_of_their_person):
        invariants.add(check.__name__, check)


def erase(person):
    Nudge.objects.filter(person=person).delete()
    Nudge.objects.filter(sent_by=person).update(sent_by=None)
