"""Not wanting to be reached by somebody: quietly, and whichever way they would come.

Nothing of it is recorded as an Activity: the admins read that log, and whom one has blocked is
one's own alone, like one's preferences (trust.md §3).
"""

from django.db.models import Exists, OuterRef
from django.utils import timezone

from network.errors import NotAllowed, Refused
from network.people.models import Block
from network.transactions import deed


@deed
def block(person, other, *, now=None):
    """From now on nothing that the other says reaches the person; the other is told nothing.

    Doing it again changes nothing. Refuses: not_allowed (oneself).
    """
    if person.pk == other.pk:
        raise NotAllowed("not_allowed", "Nobody blocks themselves.")
    made, _ = Block.objects.get_or_create(
        blocker=person, blocked=other, defaults={"at": now or timezone.now()}
    )
    return made


@deed
def unblock(person, other):
    """Let the other reach the person again."""
    Block.objects.between(person, [other]).delete()


def is_blocked():
    """Whether anybody does not want to be reached by the person; asked at the door."""
    return Exists(Block.objects.filter(blocked=OuterRef("person")))


def must_not_have_blocked(person, others):
    """Refuse to reach out to somebody whom one has blocked oneself. Refuses: blocked."""
    if not others:
        return
    found = Block.objects.between(person, others).select_related("blocked").first()
    if found is not None:
        name = found.blocked.name
        raise Refused("blocked", f"You have blocked {name}. Unblock them first.")


def without_blockers(people, actor):
    """Those of `people` who have not blocked the actor. One query, where anybody has."""
    if not getattr(actor.here, "is_blocked", True):
        return people
    keys = [person.pk for person in people]
    blockers = Block.objects.filter(blocker__in=keys, blocked=actor)
    refusing = set(blockers.values_list("blocker", flat=True))
    return [person for person in people if person.pk not in refusing]
