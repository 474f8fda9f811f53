"""Which thread a draft points to: a live one, to which this member has something to say."""

import re

from django.contrib.postgres.search import SearchQuery
from django.db.models import BooleanField, Case, Exists, OuterRef, Q, Value, When

from facilitation.distress.reading import about_words_in
from facilitation.nudges.models import Nudge, State
from facilitation.nudges.rules import LIVE_FOR
from microgroups.conversation.models import Kind, Post, Thread
from network.people.models import Block

WORDS = re.compile(r"\w{4,}")


def live_thread(membership, now):
    """The best one, or None: an open question in which a word stands that the member may be asked
    about; another open question; a thread with such a word; one in which they wrote; the newest.
    Where there is a choice, none that a draft or a letter points to already: two are not asked to
    give what one can.

    With `is_open_question` and `was_theirs_too`. None of their own, nor of anybody whom they have
    blocked or who has blocked them, nor one in which somebody may need help.
    """
    person = membership.person_id
    theirs = Post.objects.standing().filter(thread=OuterRef("pk"), author=person)
    question = Q(kind=Kind.QUESTION, answer=None, answered_at=None)
    blocked = Block.objects.filter(blocker=person).values("blocked")
    blockers = Block.objects.filter(blocked=person).values("blocker")
    threads = Thread.objects.standing().filter(group=membership.group_id, closed_at=None)
    threads = threads.filter(last_at__gt=now - LIVE_FOR, last_at__lte=now)
    threads = threads.exclude(kind=Kind.ANNOUNCEMENT).exclude(author=person)
    threads = threads.exclude(author__in=blocked).exclude(author__in=blockers)
    threads = threads.exclude(about_words_in("pk"))
    pointing = Nudge.objects.exclude(person=person).filter(
        thread=OuterRef("pk"), state__in=[State.DRAFT, State.SENT], opened_at__gt=now - LIVE_FOR
    )
    threads = threads.annotate(
        is_open_question=Case(When(question, then=True), default=False),
        was_theirs_too=Exists(theirs),
        is_about_it=about(membership.offers),
        is_asked=Exists(pointing),
    )
    best = ("is_asked", "-is_open_question", "-is_about_it", "-was_theirs_too", "-last_at", "-pk")
    return threads.select_related("author").defer("search").order_by(*best).first()


def about(offers):
    """Whether a word of the title is one that the member may be asked about."""
    words = WORDS.findall(offers)
    if not words:
        return Value(False, BooleanField())
    query = SearchQuery(" or ".join(words), config="kith", search_type="websearch")
    return Case(When(search=query, then=True), default=False)
