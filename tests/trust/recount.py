"""What nobody may get, counted anew from what people were told and what has left the house.

Written down here a second time, from domain.md R25, R29, R30 and trust.md §11: nothing of the
product's own counting is asked. Each yields a sentence for whatever is wrong.
"""

from collections import Counter, defaultdict
from datetime import datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from facilitation.welcome.models import Welcome
from microgroups.membership.models import Membership
from network.notifications.models import Attention, Notice
from network.people.models import Person

WEEK, DAY = timedelta(days=7), timedelta(days=1)
GREETING = {"welcome"}  # always told, and counts
NUDGES = {"nudge", "nudge_by_kith"}
WEEKLY = {
    *("does_it_fit", "still_invited", "stay_rest_or_leave", "will_rest", "budding_ends"),
    *NUDGES,
}
ASKS = {"be_buddy", "could_you_answer", "could_you_help"}
LEDGER = GREETING | WEEKLY | ASKS
AT_ANY_HOUR = ("Somebody needs a person now", " is there")  # how these letters end


def too_much():
    """More than one message a week (three in the first two), three asks a week, five in a row."""
    joined = dict(Person.objects.values_list("pk", "joined_at"))
    told = defaultdict(list)
    for row in Notice.objects.filter(kind__in=LEDGER).order_by("at", "pk"):
        told[row.person_id].append(row)
    for person, rows in told.items():
        for place, row in enumerate(rows):
            before = rows[:place]
            if row.kind in WEEKLY and is_over(before, row, joined[person]):
                yield f"{person} had {row.kind} at {row.at} within a week of another."
            asks = [each for each in before if each.kind in ASKS and row.at - each.at < WEEK]
            if row.kind in ASKS and len(asks) >= 3:
                yield f"{person} was asked a fourth time within a week, at {row.at}."
            if row.kind not in GREETING and were_ignored(before, row.at):
                yield f"{person} had {row.kind} at {row.at} after five that stayed unread."


def is_over(before, row, joined):
    own = [each.at for each in before if each.kind in WEEKLY | GREETING]
    if row.at < joined + 2 * WEEK:
        return sum(at >= joined for at in own) >= 3
    return any(row.at - at < WEEK for at in own)


def were_ignored(before, at):
    """Whether the last five that say anything by then were left unread for a week."""
    said = [each for each in before if is_read(each, at) or at - each.at >= WEEK]
    return len(said) >= 5 and not any(is_read(each, at) for each in said[-5:])


def is_read(row, at):
    return row.read_at is not None and row.read_at <= at


def nudged_too_often():
    """Once in two weeks, twice in an absence, six times a year, each step once."""
    nudges = defaultdict(list)
    for row in Notice.objects.filter(kind__in=NUDGES).order_by("at"):
        nudges[row.person_id].append(row)
    for person, rows in nudges.items():
        for first, second in pairwise(rows):
            if second.at - first.at < 2 * WEEK:
                yield f"{person} was nudged at {first.at} and again at {second.at}."
        for first, seventh in zip(rows, rows[6:], strict=False):
            if seventh.at - first.at < 365 * DAY:
                yield f"{person} was nudged seven times in the year until {seventh.at}."
        absences = Counter(row.cause.split(":")[1] for row in rows)
        yield from (f"{person}: {n} times about one absence" for n in absences.values() if n > 2)
        yield from twice_told(rows)


def twice_told(rows):
    causes = Counter((row.person_id, row.cause) for row in rows)
    yield from (f"{cause} was told {n} times" for cause, n in causes.items() if n > 1)


def not_welcomed_once(begins, now):
    """Everybody who came in and was here at a round since was greeted, and nobody twice."""
    yield from twice_told(Notice.objects.filter(kind="welcome"))
    greeted = Counter(Notice.objects.filter(kind="welcome").values_list("subject_id", flat=True))
    yield from (f"{place} was greeted {n} times" for place, n in greeted.items() if n > 1)
    came = Membership.objects.active().filter(joined_at__gt=begins, joined_at__lt=now - 2 * DAY)
    for place in came.filter(is_founder=False).exclude(pk__in=Welcome.objects.values("membership")):
        yield f"{place} was never greeted."


def off_the_ledger():
    """A message of Kith's own without its row in the ledger, or a row without its message."""
    told = Notice.objects.filter(kind__in=LEDGER).values_list("person", "kind", "cause")
    rows = Attention.objects.filter(kind__in=LEDGER, is_sent=True)
    for each in set(told) ^ set(rows.values_list("person", "kind", "cause")):
        yield f"{each} stands in one of the two alone."


def at_night(letters):
    """Letters that left while it was night where their reader lives."""
    people = {person.email: person for person in Person.objects.select_related("quiet_hours")}
    for at, letter in letters:
        person = people.get(letter.to[0])
        if person is not None and is_night(at, person) and not letter.subject.endswith(AT_ANY_HOUR):
            yield f"{letter.subject!r} left for {person} ({person.time_zone}) at {at}."


def is_night(at, person):
    own = getattr(person, "quiet_hours", None)
    evening, morning = (own.starts, own.ends) if own else (time(21), time(8))
    wall = at.astimezone(ZoneInfo(person.time_zone)).time()
    return wall >= evening or wall < morning


def sent_twice(letters):
    names = Counter(letter.extra_headers["Message-ID"] for _, letter in letters)
    yield from (f"{name} left {n} times" for name, n in names.items() if n > 1)


def left_lying(now: datetime):
    """Letters that should have gone by now, or that somebody took and nobody has finished."""
    for row in Notice.objects.filter(mail="due", mail_due_at__lte=now):
        yield f"{row} was due at {row.mail_due_at}, and it is {now}."
    for row in Notice.objects.filter(mail__in=["claimed", "handing_over", "failed"]):
        yield f"{row} is {row.mail}."
