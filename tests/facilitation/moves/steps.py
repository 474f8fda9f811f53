"""What is done again and again where threads move."""

from datetime import UTC, datetime, timedelta

from facilitation.moderation.redirects import accept, redirect
from network.notifications.models import Notice

NOW = datetime(2050, 6, 15, 12, tzinfo=UTC)  # after what the factories make
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WHY = "Potters talk about glazes every day."


def ask(thread, host, place, **facts):
    return redirect(thread, host, **{"step": "move", "to": place.slug, "reason": WHY, **facts})


def agreed(thread, host, place, *people, now=NOW):
    """The proposal, with the yes of these people and of the other group."""
    decision = ask(thread, host, place, now=now)
    for person in people:
        accept(decision, person, now=now)
    keeper = place.memberships.facilitating().first().person
    decision.refresh_from_db()
    if decision.is_proposed:
        accept(decision, keeper, now=now)
    decision.refresh_from_db()
    return decision


def told(kind):
    return {notice.person for notice in Notice.objects.filter(kind=kind)}


def stands_in(thread):
    thread.refresh_from_db()
    return thread.group
