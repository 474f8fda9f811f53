"""How a group greets: in its own words, with the steps that it chose."""

from django.utils import timezone

from facilitation.welcome import rules
from facilitation.welcome.models import Greeting
from microgroups.groups.actions import facilitator_of, locked
from microgroups.groups.rules import needed
from network.activity.actions import record
from network.errors import Invalid
from network.prepared import first
from network.text import clean
from network.transactions import deed


def greeting_of(group):
    """The group's greeting; one without words and with all steps where it has chosen nothing."""
    found = first(greeting_with, group.pk)
    return found or Greeting(group=group, steps=[*rules.STEPS])


def greeting_with(group):
    return Greeting.objects.filter(group=group)[:1]


@deed
def set_greeting(group, person, *, words=None, steps=None, now=None):
    """Say how newcomers are greeted; what is not given stays as it is. Answers the Greeting.

    words: at most 1,000 characters, none for Kith's own greeting; steps: of rules.STEPS.
    Refuses: not_allowed, invalid.
    """
    now = now or timezone.now()
    group = locked(group)
    facilitator_of(group, person)
    greeting = greeting_of(group)
    if words is not None:
        has_words = bool(clean(words).strip())
        greeting.words = needed("greeting", words, rules.GREETING) if has_words else ""
    if steps is not None:
        unknown = sorted(set(steps) - set(rules.STEPS))
        if unknown:
            known = ", ".join(rules.STEPS)
            raise Invalid({"steps": f"There is no step {unknown[0][:20]!r}; there are {known}."})
        greeting.steps = [step for step in rules.STEPS if step in steps]
    greeting.group, greeting.changed_at = group, now
    greeting.save()
    record(
        "greeting.changed",
        network=group.network,
        actor=person,
        about=greeting,
        group=group,
        at=now,
        steps=greeting.steps,
    )
    return greeting
