"""A second look before words go out, where a group wants it. Whoever wrote them decides.

Nothing waits for anybody: the same words, sent with "as they are", go out at once.
"""

from functools import wraps

from django.db.models import F
from django.utils import timezone

from microgroups.groups.actions import facilitator_of, locked, must_be
from microgroups.groups.models import State
from microgroups.reminders.models import Reminder
from microgroups.reminders.rules import noticed, words_of
from network.activity.actions import record
from network.errors import Refused
from network.prepared import first
from network.transactions import deed


class WorthASecondLook(Refused):
    """Words that their author may want to say otherwise; or not."""

    def __init__(self, group, sentence):
        super().__init__(
            "worth_a_second_look",
            f"{sentence} Change it, or send it as it is (`as_it_is`): that is yours to decide.",
        )
        self.group, self.sentence = group, sentence


def reminder_of(group):
    """What the group asks to look at twice; capitals and exclamation marks, where it never said."""
    return first(reminder_with, group.pk) or Reminder(group=group)


def reminder_with(group):
    return Reminder.objects.filter(group=group)[:1]


@deed
def set_reminder(group, person, *, on=None, words=None, capitals=None, marks=None, now=None):
    """Say whether people of the group are asked to look twice, and at what; what is not given
    stays.

    words: at most 30 of 40 characters. Answers the Reminder. Refuses: not_allowed, group_not_open,
    invalid.
    """
    now = now or timezone.now()
    group = locked(group)
    facilitator_of(group, person)
    must_be(group, State.OPEN)
    reminder = reminder_of(group)
    if words is not None:
        reminder.words = words_of(words)
    if capitals is not None:
        reminder.capitals = capitals
    if marks is not None:
        reminder.marks = marks
    if on is not None:
        group.looks_twice = on
        group.save(update_fields=["looks_twice"])
    reminder.group = group
    reminder.save()
    record(
        "reminder.changed",
        network=group.network,
        actor=person,
        about=reminder,
        group=group,
        at=now,
        on=group.looks_twice,
    )
    return reminder


def look_twice(group, text, *, as_it_is):
    """Ask once about these words, where the group wants it; count what became of having asked.

    as_it_is: None where nobody is asked, False where somebody writes, True where they were asked.
    No query in a group that does not want it. Refuses: worth_a_second_look.
    """
    if as_it_is is None or not group.looks_twice:
        return
    reminder = reminder_of(group)
    facts = {name: getattr(reminder, name) for name in ("words", "capitals", "marks")}
    sentence = noticed(text, **facts)
    if sentence is not None and not as_it_is:
        raise WorthASecondLook(group, sentence)
    if as_it_is:
        count(group, "changed" if sentence is None else "kept")


def count(group, what):
    """One more that went out after it was asked about."""
    asked = Reminder.objects.filter(group=group.pk, shown__gt=F("changed") + F("kept"))
    asked.update(**{what: F(what) + 1})


def counting_looks(action):
    """Count each time that the deed asks for a second look; the deed itself leaves nothing."""

    @wraps(action)
    def done(*args, **kwargs):
        try:
            return action(*args, **kwargs)
        except WorthASecondLook as look:
            Reminder.objects.filter(group=look.group.pk).update(shown=F("shown") + 1)
            raise

    return done
