"""What stands beside the queue: who is on duty in one's groups, and how much one carries."""

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby

from django.db.models import F, Func, IntegerField, Subquery

from facilitation.cover import rules
from facilitation.cover.duty import Watch, with_days
from facilitation.cover.reading import WEEK, Carried, carried, carried_by, since, there
from network.people.models import Person
from network.prepared import rows
from network.templatetags.kith import first_name


@dataclass(frozen=True)
class Beside:
    """The groups one looks after, each with its Watch, and how much one carries in all of them."""

    watches: list[Watch]
    load: Carried

    def turns(self):
        return [turns(watch, self.load.person) for watch in self.watches]


def beside(person, now, group=None):
    """What stands beside the queue of this person: of all their groups, or of one. One query.

    What they carry is counted over all their groups of the network, either way.
    """
    found = rows(
        facilitating, person, now.date(), now - WEEK, now - 5 * WEEK, now, group and group.pk
    )
    groups: dict = {}
    for membership in found:
        groups.setdefault(membership.group_id, []).append(membership)
    watches = [Watch(each[0].group, now, each) for each in groups.values()]
    week, all_five = (found[0].week, found[0].five_weeks) if found else (0, 0)
    return Beside(watches, carried(person, week, all_five - week))


def facilitating(person, today, week, before, now, group):
    """Who facilitates this person's groups, with their days, and with what the person carries."""
    mine = person.memberships.facilitating().filter(
        group__state="open", group__network__in=person.network_ids()
    )
    if group is not None:
        mine = mine.filter(group=group)
    cues = carried_by([person.pk], before, now).filter(group__network__in=person.network_ids())
    found = with_days(mine.values("group"), today).annotate(
        week=how_many(cues.filter(since(week))), five_weeks=how_many(cues)
    )
    return found.select_related("person", "group").order_by("group__name", "group", "pk")


def how_many(cues):
    """Their number, to stand beside each row."""
    counted = Func(F("pk"), function="COUNT", output_field=IntegerField())
    return Subquery(cues.order_by().annotate(n=counted).values("n"))


@dataclass(frozen=True)
class Turn:
    """One facilitator: on duty today and until when, on duty from a day on, or away."""

    person: Person
    is_now: bool
    words: str
    is_unseen: bool = False  # for five days, and has not said that they are away


@dataclass(frozen=True)
class Turns:
    """Whose turn it is in one group, who is on duty first; and, to the reader, who comes next."""

    group: object
    turns: list[Turn]
    reader: Person
    then: str

    @property
    def is_anybody(self):
        return any(turn.is_now for turn in self.turns)

    def __str__(self):
        """`you and Ruth until Thursday; Maren from Thursday; Maren was not here lately`."""
        told = [
            f"{' and '.join(self.called(turn.person) for turn in turns)} {words}"
            for words, turns in groupby(self.turns, key=lambda turn: turn.words)
        ]
        unseen = [self.called(turn.person) for turn in self.turns if turn.is_unseen]
        told += [f"{name} was not here lately" for name in unseen]
        return "; ".join(told)

    def called(self, person):
        return "you" if person == self.reader else first_name(person)


def turns(watch, reader):
    """The Turns of a group, by the reader's calendar. No query."""
    today = watch.day_of(reader)
    days = [today + timedelta(days=n) for n in range(rules.SHOWN_DAYS)]
    duty = {day: there(watch, day)[0] for day in days}
    found = [turn(watch, each.person, duty, reader) for each in watch.memberships]
    told = sorted((each for each in found if each), key=lambda each: (each[0], each[1].words))
    unseen = watch.unseen_by(reader)
    shown = [replace(each, is_unseen=each.person in unseen) for _, each in told]
    return Turns(watch.group, shown, reader, who_is_next(duty, reader))


def turn(watch, person, duty, reader):
    """((the place in the list), Turn), or None for who has no turn in these days."""
    today, *later = duty
    is_now = person in duty[today]
    change = next((day for day in later if (person in duty[day]) != is_now), None)
    back = next((leave.back_on for leave in watch.leaves if is_on(leave, person, today)), None)
    if not is_now and back is not None:
        day = rules.day_in_words(back, today)
        return (3, back), Turn(person, False, f"away until {day}")
    if not is_now and change is None:
        return None
    if is_now:
        words = f"until {rules.day_in_words(change, today)}" if change else "every day"
        return (0 if person == reader else 1, today), Turn(person, True, words)
    return (2, change), Turn(person, False, f"from {rules.day_in_words(change, today)}")


def is_on(leave, person, day):
    return leave.person_id == person.pk and leave.covers(day)


def who_is_next(duty, reader):
    """A sentence about who is there instead of the reader, today or from a day on; or nothing."""
    today, *later = duty
    if reader not in duty[today]:
        return f"{on_duty_today(duty[today])} today."
    day = next((day for day in later if reader not in duty[day]), None)
    return f"{on_duty_today(duty[day])} from {rules.day_in_words(day, today)}." if day else ""


def on_duty_today(people):
    said = " and ".join(first_name(person) for person in people)
    return f"{said or 'Nobody'} {'are' if len(people) > 1 else 'is'} on duty"
