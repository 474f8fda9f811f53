"""Who is away unusually long, as facilitators read it; and what one reads of oneself."""

from datetime import timedelta
from itertools import pairwise
from statistics import median

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from facilitation.cues.models import Cue, Kind
from facilitation.presence import rules
from facilitation.presence.models import Absence
from facilitation.presence.order import ORDER, ranked
from microgroups.membership.models import Visit
from network.prepared import rows


def silences(group, person, now):
    """The silences in the group that this person, who facilitates it, may read; for `order.ORDER`.

    Whoever has come back since the sweep, rests, has left or lets nobody look is not among them;
    nor whose silence is so old that it is nobody's cue. `cue`: the key of the one that asks about
    them, None where none does.
    """
    absences = Absence.objects.visible_to(person).still().filter(membership__group=group)
    recent = absences.filter(last_visit_on__gte=oldest_news(now))
    cues = (
        Cue.objects.visible_to(person)
        .open()
        .filter(kind=Kind.PRESENCE, subject_id=OuterRef("membership"))
    )
    new_since = now - timedelta(days=rules.NEW_AT_FIRST)
    found = ranked(recent, rules.day_of(now), new_since).select_related("membership__person")
    return found.annotate(cue=Subquery(cues.order_by("-pk").values("pk")[:1]))


def silences_of(person, memberships, day, new_since):
    """The same of these memberships, whatever their groups; for prepared questions."""
    absences = Absence.objects.visible_to(person).still().filter(membership__in=memberships)
    return ranked(absences, day, new_since).order_by(*ORDER)


def how_many_long_ago(group, person, now):
    """How many have been silent for longer than is listed."""
    absences = Absence.objects.visible_to(person).still().filter(membership__group=group)
    return absences.filter(last_visit_on__lt=oldest_news(now)).count()


def oldest_news(now):
    return rules.day_of(now) - timedelta(days=rules.OLD_NEWS)


def reason(absence, now):
    """Why it is unusual, in words: the rhythm, the silence, and what else speaks for writing."""
    days_away = (rules.day_of(now) - absence.last_visit_on).days
    said = rules.in_words(absence.usual_days, days_away)
    signs = rules.signs_in_words(
        unanswered=absence.unanswered, alone=absence.alone, new=absence.is_new
    )
    return f"{said} {signs}".strip()


def silences_in(cues, reader, now):
    """{membership: the silence that a cue is about}, whom a word would help most first. One query.

    Cues of other kinds are passed over.
    """
    new_since = now - timedelta(days=rules.NEW_AT_FIRST)
    keys = [cue.subject_id for cue in cues if cue.kind == Kind.PRESENCE]
    found = rows(silences_of, reader, keys, rules.day_of(now), new_since)
    return {absence.membership_id: absence for absence in found}


def reasons(cues, reader, now):
    """{cue's key: its reason} as the silences are at `now`. One query."""
    found = silences_in(cues, reader, now)
    return {cue.pk: reason(found[cue.subject_id], now) for cue in cues if cue.subject_id in found}


def heading(absence):
    """The person as the subject of a sentence."""
    name = absence.membership.person.name
    said = "is away unusually long" if absence.is_lapsed else "is quieter than usual"
    return f"{name} {said}"


def my_rhythm(membership, now):
    """What Kith says to a member about their own rhythm."""
    return rules.to_oneself(membership, usual_days_of(membership), now)


def usual_days_of(membership):
    """The member's usual gap in calendar days, as sweep.usual_days tells it; None: not known."""
    if membership.last_visit_on is None:
        return None
    visits = Visit.objects.filter(membership=membership, on__lte=membership.last_visit_on)
    days = list(visits.order_by("-on").values_list("on", flat=True)[: rules.RECENT_GAPS + 1])
    gaps = [(later - earlier).days for later, earlier in pairwise(days)]
    return median(gaps) if gaps else None


def on_my_place(group, membership):
    """How Kith sees one's rhythm, for the page of one's own place in the group."""
    if not membership.may_read or group.is_archived:
        return None
    said = my_rhythm(membership, timezone.now())
    facts = {"group": group, "said": said, "paused": membership.rhythm_paused_at is not None}
    return "facilitation/presence/_rhythm.html", facts
