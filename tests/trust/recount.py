"""What nobody may get, counted anew from what people were told and what has left the house.

Written down here a second time, from domain.md R25, R29, R30, R35 and trust.md §11 and §15: nothing
of the product's own counting is asked. Each yields a sentence for whatever is wrong.
"""

from collections import Counter, defaultdict
from datetime import datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from facilitation.distress.models import Distress
from facilitation.nudges.models import Nudge
from facilitation.welcome.models import Welcome
from microgroups.digest.models import Digest
from microgroups.membership.letters import Letter
from microgroups.membership.models import Membership, Visit
from network.networks.models import Role
from network.notifications.models import Attention, MailStop, Notice
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


def nudged_when_back(letters):
    """Letters of nudges to who had been here again, and letters kept from who has not."""
    left = {each.letter.extra_headers["Message-ID"][1:37]: each.at for each in letters}
    told = Notice.objects.filter(kind__in=NUDGES).in_bulk()
    nudges = Nudge.objects.select_related("absence__membership").in_bulk()
    for key, row in told.items():
        absence = nudges[row.subject_id].absence
        visits = absence.membership.visits.filter(on__gt=absence.last_visit_on)
        back = visits.order_by("on").values_list("on", flat=True).first()
        at = left.get(str(key))
        if at is not None and back is not None and back < at.date():
            yield f"{row} left at {at} for somebody who was back on {back}."
        is_away = back is None and absence.membership.state == "active"
        if row.withheld_why == "not_needed" and is_away:
            yield f"{row} was kept from somebody who is still away."


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
    """Letters that left while it was night where their reader lives.

    Not one whose worker fell asleep with it in hand: of that others have said that nobody knows.
    """
    people = {person.email: person for person in Person.objects.select_related("quiet_hours")}
    for at, letter, stood in letters:
        person = people.get(letter.to[0])
        if person is None or stood == "unknown" or letter.subject.endswith(AT_ANY_HOUR):
            continue
        if is_night(at, person):
            yield f"{letter.subject!r} left for {person} ({person.time_zone}) at {at}."


def is_night(at, person):
    own = getattr(person, "quiet_hours", None)
    evening, morning = (own.starts, own.ends) if own else (time(21), time(8))
    wall = at.astimezone(ZoneInfo(person.time_zone)).time()
    return wall >= evening or wall < morning


def sent_twice(letters):
    names = Counter(each.letter.extra_headers["Message-ID"] for each in letters)
    yield from (f"{name} left {n} times" for name, n in names.items() if n > 1)


def handed_over_unsaid(letters):
    """Letters that left before it was committed that they do: who died then would send another.

    Of one whose worker had fallen asleep over it, others have said by then that nobody knows.
    """
    for at, letter, stood in letters:
        if stood not in ("handing_over", "unknown"):
            yield f"{letter.subject!r} left at {at}, and for others it was {stood or 'not there'}."


def left_lying(now: datetime):
    """Letters that should have gone by now, or that somebody took and nobody has finished.

    One that met a night in each round of a week was taken each time, and in the end eight of those
    who took it had died: it may have failed.
    """
    for model, begun in ((Notice, "at"), (Digest, "until"), (Letter, "invitation__made_at")):
        for row in model.objects.filter(mail="due", mail_due_at__lte=now):
            yield f"{row} was due at {row.mail_due_at}, and it is {now}."
        for row in model.objects.filter(mail__in=["claimed", "handing_over"]):
            yield f"{row} is {row.mail}."
        for row in model.objects.filter(mail="failed", **{f"{begun}__gt": now - WEEK}):
            yield f"{row} has failed."


# Digests


def digested_too_often(letters):
    """Once an evening, and once a week to who was here on fewer than three of seven days; nothing
    to who has said no; of threads alone only in a week without another message."""
    rows = {str(row.pk): row for row in Digest.objects.select_related("person")}
    stopped = dict(MailStop.objects.filter(category="digest").values_list("person", "at"))
    left = defaultdict(list)
    for at, letter, _ in letters:
        row = rows.get(letter.extra_headers["Message-ID"][1:37])
        if row is not None:
            left[row.person].append((row.period, at))
    for person, sent in left.items():
        if person.pk in stopped and max(at for _, at in sent) > stopped[person.pk]:
            yield f"{person} had a digest after {stopped[person.pk]}, when they had said no."
        evenings = Counter(at.astimezone(ZoneInfo(person.time_zone)).date() for _, at in sent)
        yield from (f"{person} had {n} digests on {day}" for day, n in evenings.items() if n > 1)
        for before, day in pairwise(sorted(day for day, _ in sent)):
            if day - before < WEEK and days_here(person, day) < 3:
                yield f"{person} had a digest on {day} and on {before}, and was hardly here."
    yield from threads_beside_another()


def days_here(person, day):
    visits = Visit.objects.filter(membership__person=person, on__gt=day - WEEK, on__lte=day)
    return visits.values("on").distinct().count()


def threads_beside_another():
    joined = dict(Person.objects.values_list("pk", "joined_at"))
    own = defaultdict(list)
    for row in Notice.objects.filter(kind__in=WEEKLY | GREETING).order_by("at", "pk"):
        own[row.person_id].append(row)
    for row in Attention.objects.filter(kind="digest_of_threads", is_sent=True):
        before = [each for each in own[row.person_id] if each.at <= row.at]
        if is_over(before, row, joined[row.person_id]):
            yield f"{row.person_id} had titles of threads at {row.at} beside another message."


# Calls for help


def calls_unheard(letters, late, now):
    """Who was called too late or too soon, not up to the admins, after somebody came, or read of
    it elsewhere; `late`: how much a faulty broker may add to a quarter of an hour.

    A letter about a call that somebody saw at once leaves in the next round, a day later.
    """
    names = {each.letter.extra_headers["Message-ID"][1:37] for each in letters}
    for call in Distress.objects.select_related("network"):
        rings = defaultdict(set)
        for each in call.calls.select_related("person"):
            rings[each.ring, each.at].add(each.person)
        times = [at for _, at in sorted(rings)]
        ended = call.seen_at or times[-1]
        if times[0] != call.at or max(times) > ended:
            yield f"{call}: rung at {times}, seen at {call.seen_at}."
        for first, second in pairwise([*times, ended]):
            wait = timedelta(minutes=15)
            too_soon = second - first < wait and second != ended
            if too_soon or second - first > wait + late:
                yield f"{call}: rung at {first}, and then nobody until {second}."
        people = set().union(*rings.values())
        seen_at_once = ended - call.at < timedelta(minutes=1)
        yield from not_told(call, rings, None if seen_at_once and now - ended < DAY else names)
        if ended - call.at >= 4 * (timedelta(minutes=15) + late) and not any(map(is_admin, people)):
            yield f"{call}: no admin was ever called."
        if call.person in people:
            yield f"{call}: whoever called was called."
    for row in Attention.objects.filter(subject_type="distress"):
        yield f"{row} stands among what Kith says of its own accord."


def is_admin(person):
    return person.network_memberships.filter(role=Role.ADMIN).exists()


def not_told(call, rings, names):
    """Everybody in a ring has a notice of it, at once, and a letter that is one of `names`."""
    told = Notice.objects.filter(kind="distress", subject_id=call.pk)
    known = {(row.person_id, row.cause.rpartition(":")[2]): row for row in told}
    for (number, at), people in rings.items():
        for person in people:
            row = known.get((person.pk, str(number)))
            if row is None or row.at != at:
                yield f"{call}: {person} was not told of ring {number}."
            elif names is not None and row.mail != "unknown" and str(row.pk) not in names:
                yield f"{call}: the letter to {person} about ring {number} has not left."


def read_elsewhere(letters, words):
    """Letters that say what was meant for those alone who are called."""
    called = {
        str(key) for key in Notice.objects.filter(kind="distress").values_list("pk", flat=True)
    }
    for at, letter, _ in letters:
        key = letter.extra_headers["Message-ID"][1:37]
        if key not in called and words in f"{letter.subject} {letter.body}":
            yield f"{letter.subject!r} of {at} tells of a call for help."
