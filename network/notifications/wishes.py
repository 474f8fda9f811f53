"""How somebody wants to be reached: when, with which letters, how much, and from which group."""

from dataclasses import dataclass
from datetime import UTC, time, timedelta

from django.db.models import Q
from django.utils import timezone

from network.errors import Invalid
from network.notifications import kinds
from network.notifications.kinds import KINDS
from network.notifications.models import (
    Mail,
    MailChoice,
    MailStop,
    MailWish,
    Much,
    Notice,
    QuietHours,
)
from network.notifications.rules import EVENING, MORNING, quiet_until
from network.prepared import first, rows
from network.registries import own_groups
from network.transactions import deed

ONE_AN_HOUR = timedelta(hours=1)  # letters about talk, from one group


@dataclass(frozen=True)
class Hours:
    """When somebody is not written to, by the clock on their wall."""

    starts: time = EVENING
    ends: time = MORNING

    @property
    def are_none(self):
        return self.starts == self.ends

    @property
    def in_words(self):
        """For a letter; nothing where there are none."""
        if self.are_none:
            return ""
        return f"Nothing comes between {self.starts:%-H:%M} and {self.ends:%-H:%M}."

    @property
    def night(self):
        """For each hour of the day whether its middle is quiet."""
        return [is_quiet(time(hour, 30), self.starts, self.ends) for hour in range(24)]


def is_quiet(clock, starts, ends):
    if starts <= ends:
        return starts <= clock < ends
    return clock >= starts or clock < ends


def hours_of(person):
    """The person's quiet hours, their own or the usual ones. One query."""
    own = first(own_hours, person.pk)
    return Hours(own.starts, own.ends) if own else Hours()


def own_hours(key):
    return QuietHours.objects.filter(person=key)


@dataclass(frozen=True)
class Wishes:
    """What a person has asked for, with what holds where they have asked for nothing.

    channels: {category: whether it is mailed}; per_group: [(OwnGroup, Much or None)].
    """

    hours: Hours
    much: str
    channels: dict
    per_group: list


def wishes_of(person):
    """What the person wishes. Four queries, and those of their groups."""
    choices = dict(person.mail_choices.values_list("group_id", "much"))
    stopped = set(person.mail_stops.values_list("category", flat=True))
    wished = set(person.mail_wishes.values_list("category", flat=True))
    channels = {name: name not in stopped for name in kinds.mailed()}
    channels |= {name: name in wished and name not in stopped for name in kinds.wished()}
    return Wishes(
        hours_of(person),
        choices.get(None, Much.ALL),
        channels,
        [(group, choices.get(group.key)) for group in groups_of(person)],
    )


def groups_of(person):
    """Groups from which the person may be written to, by name."""
    found = [group for _, find in own_groups.items() for group in find(person)]
    return sorted(found, key=lambda group: group.name.casefold())


@deed
def wish(person, *, quiet_from=None, quiet_until=None, much=None, channels=None, groups=None):
    """Keep what the person wishes; what is not said stays as it is.

    channels: {category: bool}; groups: {slug: Much, or None for "as everywhere"}.
    Refuses: invalid (a channel that is none, a group of which one is no member).
    """
    known = {group.slug: group.key for group in groups_of(person)} if groups else {}
    look_over(channels or {}, groups or {}, known)
    if quiet_from is not None or quiet_until is not None:
        set_hours(person, quiet_from, quiet_until)
    if much is not None:
        choose(person, None, much if much != Much.ALL else None)
    for slug, wanted in (groups or {}).items():
        choose(person, known[slug], wanted)
    for category, by_mail in (channels or {}).items():
        set_channel(person, category, by_mail)


def look_over(channels, groups, known):
    errors = {}
    strange = sorted(channels.keys() - kinds.mailed().keys() - kinds.wished().keys())
    if strange:
        errors["channels"] = f"There are no letters called {strange[0]}."
    lost = sorted(groups.keys() - known.keys())
    if lost:
        errors["groups"] = f"You are in no group called {lost[0]}."
    if errors:
        raise Invalid(errors)


def set_hours(person, starts, ends):
    before = hours_of(person)
    hours = QuietHours(
        person=person,
        starts=before.starts if starts is None else starts,
        ends=before.ends if ends is None else ends,
    )
    QuietHours.objects.bulk_create(
        [hours],
        update_conflicts=True,
        unique_fields=["person"],
        update_fields=["starts", "ends"],
    )


def choose(person, group_id, much):
    if much is None:
        MailChoice.objects.filter(person=person, group_id=group_id).delete()
        return
    MailChoice.objects.bulk_create(
        [MailChoice(person=person, group_id=group_id, much=much)],
        update_conflicts=True,
        unique_fields=["person", "group_id"],
        update_fields=["much"],
    )


def set_channel(person, category, by_mail):
    """Mail of this category, or not. What is mailed by wish alone needs the wish, too."""
    now = timezone.now()
    if by_mail:
        MailStop.objects.filter(person=person, category=category).delete()
    elif category in kinds.mailed():
        stop = MailStop(person=person, category=category, at=now)
        MailStop.objects.bulk_create([stop], ignore_conflicts=True)
    if category in kinds.wished() and by_mail:
        asked = MailWish(person=person, category=category, at=now)
        MailWish.objects.bulk_create([asked], ignore_conflicts=True)
    elif category in kinds.wished():
        MailWish.objects.filter(person=person, category=category).delete()


# Asked at the moment of delivery


def unwanted(notice, now):
    """Why the person does not want this letter: a key of `WHY_NOT_MAILED`, or ""."""
    person, wording = notice.person_id, KINDS[notice.kind]
    if has_stopped(person, wording.category):
        return "stopped_kind"
    choices = rows(choices_for, person, notice.group_id)
    much = {choice.group_id: choice.much for choice in choices}
    wanted = much.get(notice.group_id) or much.get(None, Much.ALL)
    if wanted == Much.NOTHING:
        return "nothing"
    if wanted == Much.NAMED and not wording.personal:
        return "only_named"
    if wording.by_wish and was_mailed_lately(notice, now):
        return "one_an_hour"
    return ""


def has_stopped(key, category):
    """Whether the person with this key wants no letters of a category. One query."""
    return bool(rows(stops_of, key, category))


def stops_of(key, category):
    return MailStop.objects.filter(person=key, category=category)


def choices_for(key, group_id):
    """How much the person wants by mail, everywhere and from this group."""
    here = Q(group_id=None) | Q(group_id=group_id)
    return MailChoice.objects.filter(here, person=key)


def was_mailed_lately(notice, now):
    by_wish = [kind for kind, wording in KINDS.items() if wording.by_wish]
    latest = Notice.objects.filter(
        person=notice.person_id, kind__in=by_wish, mailed_at__gt=now - ONE_AN_HOUR
    )
    return latest.filter(group_id=notice.group_id).exists()


def morning_of(person, now):
    """When the person's quiet hours end in which `now` lies; None when they are up. In UTC."""
    hours = hours_of(person)
    morning = quiet_until(now, person.zone, hours.starts, hours.ends)
    return morning and morning.astimezone(UTC)


def why_not_mailed(letter):
    """Why a letter did not go, in words; nothing where it went, will go, or was never to be one."""
    if letter.mail == Mail.WITHHELD:
        return WHY_NOT_MAILED.get(letter.withheld_why, WHY_NOT_MAILED["lost"])
    return NOT_TAKEN if letter.mail in (Mail.FAILED, Mail.UNKNOWN) else ""


NOT_TAKEN = "Your mail did not take it, or we do not know whether it did."
WHY_NOT_MAILED = {
    "unreachable": "There was no address of yours to write to.",
    "stopped_kind": "You have stopped letters of this kind.",
    "nothing": "You want nothing by mail, or nothing from this group.",
    "only_named": "You want letters only when somebody writes to you by name.",
    "one_an_hour": "A second letter within the hour from one group would be one too many.",
    "not_needed": "It was not needed any more by the time at which it would have come.",
    "lost": "It is no longer yours to see.",
}
