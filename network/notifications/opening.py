"""Whoever opens what a Notice is about has read it; so has whoever answers it.

A page says what it shows, an action what it answers: keys of subjects by their type, a query for
them, or a function that makes it. The door has seen of what somebody has unread notices, so that
this costs nothing where there are none. A program that reads with a token opens nothing.
"""

from django.db.models import Q
from django.utils import timezone

from network.notifications.models import Notice


def note_opened(request, /, **about):
    """Remember that the reader has opened what shows these: `note_opened(request, thread=[key])`.

    Where something was marked, one query more sees whether the lamp goes out.
    """
    person = request.user
    if request.method != "GET" or not note_answered(person, now=timezone.now(), **about):
        return
    if person.here is not None:
        unread = Notice.objects.visible_to(person).unread().order_by()
        types = unread.values_list("subject_type", flat=True).distinct()
        person.here.unread_about = list(types)


def note_answered(person, /, *, now, **about):
    """Mark what the person was told of these as read; answers how many notices it were."""
    known = getattr(person.here, "unread_about", None)
    those = Q()
    for subject_type, keys in about.items():
        if known is None or (known and subject_type in known):
            found = keys() if callable(keys) else keys
            those |= Q(subject_type=subject_type, subject_id__in=found)
    if not those:
        return 0
    return Notice.objects.visible_to(person).unread().filter(those).update(read_at=now)
