"""What the page of a group's starters shows."""

from datetime import timedelta

from django.db.models import F

from facilitation.starters import rules
from facilitation.starters.library import ANY, openers
from facilitation.starters.measure import figures
from facilitation.starters.models import Starter, StarterHabit, State
from microgroups.conversation.rules import UNDO
from network.registries import invariants
from network.templatetags.kith import in_words

MOST = 50
LATELY = timedelta(days=28)
TAPER = {
    rules.INCEPTION: "While it is quiet, Kith drafts two a week at most.",
    rules.ESTABLISHMENT: "While it is quiet, Kith drafts one a week at most.",
    rules.MATURE: "They carry the talk, so Kith drafts nothing any more.",
}


def on_the_page(group, person, kind, now):
    """The starters of the group by what can be done with them, and the library. Six queries."""
    here = Starter.objects.visible_to(person).filter(group=group)
    here = here.select_related("author", "decided_by", "thread", "group")
    waiting = list(here.waiting().with_habit().order_by("publish_at", "created_at", "pk")[:MOST])
    let_go = here.filter(state=State.DISCARDED, decided_at__gt=now - UNDO)
    asked = here.filter(state=State.PUBLISHED, decided_at__gt=now - LATELY)
    asked = list(asked.order_by("-decided_at", "-pk")[:MOST])
    return {
        "drafts": [each for each in waiting if not each.is_scheduled],
        "scheduled": [each for each in waiting if each.is_scheduled],
        "let_go": list(let_go.exclude(decided_by=None).order_by("-decided_at", "-pk")[:MOST]),
        "asked": asked,
        "library": library(group, kind, now),
        "habit": habit_of(group),
        "standing": standing(group, now),
        "enough": enough(asked, now),
    }


def library(group, kind, now):
    """[(opener, since when it rests, whether it waits)] of this kind of group."""
    rests = {each.opener: each for each in Starter.objects.resting(now).filter(group=group)}
    found = openers("" if kind == "all" else kind)
    return [(opener, rests.get(opener.key)) for opener in found]


def kind_for(group):
    """Which part of the library suits the group."""
    return rules.kind_of(f"{group.name} {group.purpose} {group.belonging}") or ANY


def standing(group, now):
    """Who begins the threads, and what Kith does about it: two sentences. Empty where the group is
    not open, or nobody has begun anything."""
    for row in figures(now, only=group.pk):
        if row.threads:
            began = f"Members began {row.by_members} of the {row.threads} threads"
            return f"{began} of the last eight weeks. {TAPER[row.badge]}"
    return ""


def enough(asked, now):
    """What to consider where two or more were asked this week; it holds nobody back."""
    week = [each for each in asked if each.decided_at > now - timedelta(days=7)]
    if len(week) < rules.A_WEEK[rules.INCEPTION]:
        return ""
    return (
        f"{in_words(len(week)).capitalize()} were asked this week. Leave room for what members "
        "begin themselves; you may still ask."
    )


def habit_of(group):
    """Whether Kith asks by itself in this group."""
    return StarterHabit.objects.filter(group=group).first() or StarterHabit(group=group)


def on_my_place(group, membership):
    """What Kith may ask by itself, for the page of one's own place in the group, or None. One
    query."""
    if not membership.may_read or not group.is_open or not habit_of(group).by_kith:
        return None
    return "facilitation/starters/_by_kith.html", {"group": group}


# What always holds


def what_kith_asked_is_in_nobodys_name():
    published = Starter.objects.filter(state=State.PUBLISHED)
    named = published.filter(is_untouched=True).exclude(decided_by=None)
    another = published.filter(thread__isnull=False).exclude(thread__by_kith=F("is_untouched"))
    for starter in (named | another).order_by("pk"):
        yield f"The starter {starter.pk} and its thread do not agree on who asked it."


def hold_invariants():
    invariants.add(what_kith_asked_is_in_nobodys_name.__name__, what_kith_asked_is_in_nobodys_name)
