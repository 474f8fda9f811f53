"""Answers at a door are kept for later."""

from django.utils import timezone

from microgroups.groups.actions import locked
from microgroups.membership.coming_in import held_place, may_come_in, written_answers
from microgroups.membership.drafts import AnswersDraft
from microgroups.membership.models import KNOCKING, Membership
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
    return AnswersDraft.objects.keep(group, person, words, now)
