"""Finding for whom a digest is due, and writing it when it goes."""

from uuid import UUID

from django.db import connection, transaction

from microgroups.digest import rules, sweep
from microgroups.digest.letters import letter_for
from microgroups.digest.models import Digest
from microgroups.digest.reading import others_before, waiting_for
from network.networks.door import come_in
from network.notifications.attention import may_send
from network.notifications.budget_rules import OF_ITS_OWN
from network.notifications.kinds import KINDS
from network.notifications.telling import deliver_soon
from network.notifications.wishes import has_stopped, morning_of
from network.people.models import Person
from network.transactions import deed

PEOPLE_AT_ONCE = 25_000
FIRST = UUID(int=0)


def gather_digests(now):
    """Have a letter written to everybody whose evening it is and for whom something waits."""
    forget_digests(now)
    evenings = rules.evenings(now)
    if not any(evenings.values()):
        return
    after = FIRST
    while until := last_of_range(after):
        gather_range(after, until, evenings, now=now)
        after = until


def last_of_range(after):
    """The key of the last of the next PEOPLE_AT_ONCE people, or None when there are none."""
    keys = Person.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)
    return keys[PEOPLE_AT_ONCE - 1 :].first() or keys.last()


@deed
def gather_range(after, until, evenings, *, now):
    """Write down who of a range of people gets a digest; one a day is all there can be."""
    facts = {
        "after": after,
        "until": until,
        "now": now,
        "news": now - rules.TOLD_FOR,
        "zones": list(evenings),
        "days": list(evenings.values()),
        "utc": evenings["UTC"],
        "kinds": [name for name, wording in KINDS.items() if wording.is_gathered],
        "of_its_own": sorted(OF_ITS_OWN),
    }
    with connection.cursor() as cursor:
        cursor.execute(sweep.GATHER, facts)
        if cursor.rowcount:
            transaction.on_commit(deliver_soon, robust=True)


def forget_digests(now):
    """Rows that are older than 90 days go."""
    Digest.objects.filter(until__lte=now - rules.KEPT_FOR).delete()


# Delivering: `registries.outboxes`


def prepare(digest, now):
    """(the letter, None) to send now; (None, a time) to wait for; (None, None) to withhold it."""
    person, network = digest.person, digest.network
    if not may_be_written_to(person, network) or now >= digest.until + rules.STALE_AFTER:
        return None, None
    morning = morning_of(person, now)
    if morning is not None:
        return None, morning
    others = others_before(digest, now)
    if any(other.mailed_at for other in others):
        return None, None
    if others:
        return None, now + rules.GIVE_WAY
    waiting = waiting_for(digest)
    if not waiting or not has_room(digest, waiting, now):
        return None, None
    return letter_for(digest, waiting), None


def may_be_written_to(person, network):
    """Whether they live here, can be reached, and have not stopped these letters."""
    place = come_in(person, network)
    if not (place.is_current and person.is_claimed and person.is_active and person.email):
        return False
    return not has_stopped(person.pk, "digest")


def has_room(digest, waiting, now):
    """What people wrote to somebody is brought always; titles of threads alone give way."""
    return may_send(
        digest.person,
        "digest" if waiting.notices else "digest_of_threads",
        network=digest.network,
        cause=digest.cause,
        subject=("digest", digest.network_id),
        now=now,
    )
