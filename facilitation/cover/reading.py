"""Who is on duty in the days to come, how much each carries; and what people may take home."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q

from facilitation.cover import rules
from facilitation.cover.models import Duty, Leave, MemberNote
from facilitation.cues.models import HINTS, Cue, Kind, State
from network.people.models import Person
from network.registries import Kept, personal_data

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Span:
    """Some days in a row on which the same people are there."""

    first: object
    last: object
    duty: tuple
    steps_in: tuple

    @property
    def weekdays(self):
        """The days of the week in it, each once, as 0 to 6."""
        days = (self.last - self.first).days + 1
        return sorted({(self.first + timedelta(days=n)).weekday() for n in range(min(days, 7))})


def two_weeks(watch, reader):
    """The next fourteen days as Spans, by the reader's calendar."""
    today = watch.day_of(reader)
    days = [today + timedelta(days=n) for n in range(rules.SHOWN_DAYS)]
    return [
        Span(first, last, *value)
        for first, last, value in rules.spans([(day, there(watch, day)) for day in days])
    ]


def gaps(watch, spans, reader):
    """The Spans without anybody on duty that the reader could take: each day of the week once,
    none on which they are away or in the rota already."""
    taken: set = {day for day, people in watch.rota.items() if reader.pk in people}
    found = []
    for span in spans:
        days = [span.first + timedelta(days=n) for n in range((span.last - span.first).days + 1)]
        is_theirs = taken.intersection(span.weekdays)
        if span.duty or is_theirs or any(watch.is_away(reader, day) for day in days):
            continue
        taken.update(span.weekdays)
        found.append(span)
    return found


def there(watch, day):
    """(who is on duty, who steps in) on a day."""
    here = [each.person for each in watch.memberships if not watch.is_away(each.person, day)]
    duty = tuple(person for person in here if watch.has_duty(person, day))
    deputies = [leave.deputy for leave in watch.leaves if leave.deputy and leave.covers(day)]
    others = [person for person in here if person not in duty]
    steps_in = dict.fromkeys([*deputies, *others])
    return duty, tuple(person for person in steps_in if person not in duty)


@dataclass(frozen=True)
class Carried:
    """How much one facilitator carries."""

    person: Person
    this_week: int
    usual: int
    level: str
    words: str


def load(watch):
    """What each facilitator of a group sees to: cues they closed within a week and those that are
    theirs now; usual: a week of the four before. Calls for help and hints are not counted. One
    query."""
    people = [each.person for each in watch.memberships]
    cues = carried_by([person.pk for person in people], watch.now - 5 * WEEK, watch.now)
    cues = cues.filter(group=watch.group).values("closed_by", "assigned_to", "state")
    new: dict = {}
    old: dict = {}
    lately = Count("pk", filter=since(watch.now - WEEK))
    for row in cues.annotate(lately=lately, all=Count("pk")).order_by():
        who = row["assigned_to"] if row["state"] == State.OPEN else row["closed_by"]
        new[who] = new.get(who, 0) + row["lately"]
        old[who] = old.get(who, 0) + row["all"] - row["lately"]
    return [carried(person, new.get(person.pk, 0), old.get(person.pk, 0)) for person in people]


def carried_by(people, before, now):
    closed = Q(closed_by__in=people, closed_at__gt=before, closed_at__lte=now)
    cues = Cue.objects.filter(closed | Q(state=State.OPEN, assigned_to__in=people))
    return cues.exclude(kind__in=[Kind.DISTRESS, *HINTS])


def since(week):
    """A condition on those: closed within the week, or theirs now."""
    return Q(closed_at__gt=week) | Q(state=State.OPEN)


def carried(person, this_week, before):
    usual = round(before / 4)
    return Carried(person, this_week, usual, *rules.load_in_words(this_week, usual))


def notes_about(group, about, reader):
    """What the group's facilitators have noted about a member, the latest first."""
    notes = MemberNote.objects.visible_to(reader).filter(group=group, about=about)
    return notes.select_related("by")


def noted_members(group, reader):
    """[(person, how many notes)] of a group, by name. One query."""
    notes = MemberNote.objects.visible_to(reader).filter(group=group)
    counted = notes.order_by().values("about").annotate(n=Count("pk"))
    many = {row["about"]: row["n"] for row in counted}
    people = Person.objects.filter(pk__in=many).order_by("name", "pk")
    return [(person, many[person.pk]) for person in people]


# What people may take home


def own_duties(person):
    for duty in Duty.objects.filter(person=person).select_related("group"):
        yield {"group": duty.group.name, "weekday": rules.WEEKDAYS[duty.weekday]}


def own_leaves(person):
    for leave in Leave.objects.filter(person=person).select_related("group"):
        yield {
            "group": leave.group.name,
            "from": leave.starts_on,
            "until": leave.back_on,
            "note": leave.note,
        }


def notes_of(person):
    """What facilitators noted about them, without who; and what they noted about others."""
    for note in MemberNote.objects.filter(about=person).select_related("group"):
        yield {"group": note.group.name, "about": "you", "text": note.text, "at": note.at}
    for note in MemberNote.objects.filter(by=person).select_related("group"):
        yield {"group": note.group.name, "about": "a member", "text": note.text, "at": note.at}


def forget_leaves(person):
    """Their own go; where they stepped in, nobody does."""
    Leave.objects.filter(person=person).delete()
    Leave.objects.filter(deputy=person).update(deputy=None)


def forget_notes(person):
    """Those about them go; those they wrote stay, without their name."""
    MemberNote.objects.filter(about=person).delete()
    MemberNote.objects.filter(by=person).update(by=None)


def keep_personal_data():
    """How what is kept here is exported and erased."""
    personal_data.add(
        Duty, Kept(own_duties, lambda person: Duty.objects.filter(person=person).delete())
    )
    personal_data.add(Leave, Kept(own_leaves, forget_leaves))
    personal_data.add(MemberNote, Kept(notes_of, forget_notes))
