"""What is done again and again where something is reported."""

from datetime import timedelta

from django.utils import timezone

from facilitation.moderation.models import Decision
from facilitation.moderation.reporting import report
from network.notifications.models import Notice
from tests.factories import (
    inside,
    member_of,
)

NOW = timezone.now()
DAY = timedelta(days=1)
HURT = "He was unkind to Jun."
WHY = "Jun wrote for the first time, and what he heard was a closed door."


def old_member(group, days=30):
    """Somebody who has been in the group for so many days."""
    person = inside(group, member_of(group))
    group.memberships.filter(person=person).update(joined_at=NOW - days * DAY)
    return person


def reported(post, person, now=NOW, **facts):
    facts = {"reason": HURT, **facts}
    network = post.thread.group.network
    return report(person, "post", post.pk, network, now=now, **facts)


def hidden_by_two(post, now=NOW):
    """Two who have been here for a while ask; the decision that hides it until somebody looks."""
    for _ in range(2):
        made = reported(post, old_member(post.thread.group), now=now)
    return made, Decision.objects.get(post=post)


def told(kind):
    return set(Notice.objects.filter(kind=kind).values_list("person", flat=True))
