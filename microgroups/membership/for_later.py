"""Answers at a door are kept for later: what can happen to them, and who finds them again."""

from django.urls import reverse
from django.utils import timezone

from microgroups.groups.actions import locked
from microgroups.membership.actions import held_place, may_come_in, written_answers
from microgroups.membership.drafts import AnswersDraft
from microgroups.membership.models import KNOCKING, Membership
from network.prepared import rows
from network.registries import Kept, Subject, personal_data
from network.transactions import deed


@deed
def keep_for_later(group, person, answers, *, now=None):
    """Keep what somebody would answer so far, for them alone; without a word let it go.

    Nothing of it is recorded, and nobody is told. Whoever has asked already, or waits, keeps
    nothing: None. answers: a text for each question, any of them empty.
    Refuses: not_allowed, already_member, barred, group_not_open, group_over_policy; 400 where an
    answer is too long.
    """
    now = now or timezone.now()
    group = locked(group)
    held_place(group.network, person)
    membership = group.memberships.of(person) or Membership(group=group, person=person)
    membership.group = group
    may_come_in(membership)
    words = dict(zip(group.questions, written_answers(group, answers), strict=True))
    if membership.state in KNOCKING or not any(words.values()):
        AnswersDraft.objects.let_go(group, person)
        return None
    facts = {"words": words, "kept_at": now, "warned_at": None}
    draft, _ = group.answers_drafts.update_or_create(by=person, defaults=facts)
    return draft


def load_drafts(ids, person):
    """This person's answers kept for later, as subjects of a Notice."""
    return {
        draft.pk: Subject(
            f"Answers for {draft.group.name}",
            reverse("join", args=[draft.group.slug]),
            draft.group.name,
            draft.group.slug,
        )
        for draft in rows(drafts_at, list(ids), person)
    }


def drafts_at(keys, person):
    return AnswersDraft.objects.visible_to(person).filter(pk__in=keys).select_related("group")


def drafts_by(person):
    """What somebody would answer at doors, and has not yet."""
    for draft in AnswersDraft.objects.filter(by=person).select_related("group"):
        yield {"group": draft.group.name, "kept_at": draft.kept_at, "words": draft.words}


def keep_personal_data():
    personal_data.add(
        AnswersDraft,
        Kept(
            export=drafts_by,
            erase=lambda person: AnswersDraft.objects.filter(by=person).delete(),
        ),
    )
