"""What can happen to a starter: written, changed, scheduled, asked, let go, put back.

It is asked in the name of the person who decided so, and of nobody else.
"""

from django.utils import timezone

from facilitation.cues import actions as cues
from facilitation.cues.models import Cue, Kind
from facilitation.cues.models import State as CueState
from facilitation.starters.library import OPENERS
from facilitation.starters.models import Starter, StarterHabit, State
from facilitation.starters.rules import FURTHEST, KITH_WAITS, REST
from microgroups.conversation.actions import open_thread
from microgroups.conversation.models import Kind as ThreadKind
from microgroups.conversation.rules import UNDO, body_of, title_of
from microgroups.groups.actions import facilitator_of, locked
from network.activity.actions import record
from network.errors import Invalid, Refused
from network.transactions import deed

WORDS = ("title", "body", "is_untouched", "author", "decided_by")
DECISION = ("state", "publish_at", "decided_by", "decided_at")


@deed
def write(group, person, *, title="", body="", opener="", now=None):
    """Keep a draft; with an opener of the library its words stand where none are given.

    Refuses: not_allowed, group_not_open, invalid, opener_rests.
    """
    group, now = keeper_of(group, person), now or timezone.now()
    if opener:
        found = rested(group, opener, now)
        title, body = title.strip() or found.title, body.strip() or found.body
    starter = Starter.objects.create(
        group=group,
        title=title_of(title),
        body=body_of(body),
        opener=opener,
        author=person,
        created_at=now,
    )
    log("starter.drafted", starter, person, now)
    return starter


@deed
def edit(starter, person, *, title=None, body=None, now=None):
    """Say it in other words. One that is scheduled is then asked in the name of who changed it.

    Refuses: not_allowed, group_not_open, starter_over, invalid.
    """
    starter, now = held(starter, person), now or timezone.now()
    waits(starter)
    title = starter.title if title is None else title_of(title)
    body = starter.body if body is None else body_of(body)
    if (title, body) == (starter.title, starter.body):
        return starter
    starter.title, starter.body = title, body
    starter.author, starter.is_untouched = person, False
    if starter.is_scheduled:
        starter.decided_by = person
    starter.save(update_fields=WORDS)
    log("starter.edited", starter, person, now)
    return starter


@deed
def publish(starter, person, *, at=None, now=None):
    """Open it as a thread in the person's name: now, or `at` a time within the next 60 days.

    Refuses: not_allowed, group_not_open, starter_over, invalid, and what `open_thread` refuses.
    """
    starter, now = held(starter, person), now or timezone.now()
    waits(starter)
    if at is None:
        return ask(starter, person, now)
    if not now < at <= now + FURTHEST:
        raise Invalid({"at": "Choose a time between now and 60 days from now."})
    starter.state, starter.publish_at = State.SCHEDULED, at
    starter.decided_by, starter.decided_at = person, now
    starter.save(update_fields=DECISION)
    log("starter.scheduled", starter, person, now)
    close_cue(starter, CueState.DONE, person, now)
    return starter


@deed
def write_and_ask(group, person, *, at=None, now=None, **words):
    """Write it and publish it, or nothing. Refuses what these two refuse."""
    now = now or timezone.now()
    return publish(write(group, person, now=now, **words), person, at=at, now=now)


@deed
def edit_and_ask(starter, person, *, at=None, now=None, **words):
    """Change it and publish it, or nothing. Refuses what these two refuse."""
    now = now or timezone.now()
    return publish(edit(starter, person, now=now, **words), person, at=at, now=now)


@deed
def discard(starter, person, *, now=None):
    """Let it go; that can be undone for a day. Doing it twice changes nothing.

    Refuses: not_allowed, starter_over (it was asked).
    """
    starter, now = held(starter, person, quiet=True), now or timezone.now()
    if starter.is_discarded:
        return starter
    waits(starter)
    let_go(starter, person, now)
    close_cue(starter, CueState.DISMISSED, person, now)
    return starter


@deed
def put_back(starter, person, *, now=None):
    """Undo: what was scheduled, or let go within a day, is a draft again; so is its Cue.

    Refuses: not_allowed, group_not_open, starter_over, starter_waits.
    """
    starter, now = held(starter, person), now or timezone.now()
    if starter.state == State.DRAFTED:
        return starter
    take_back(starter, person, now)
    for cue in cues_of(starter):
        cues.reopen(cue, person, now=now)
    return starter


@deed
def let_kith_ask(group, person, *, by_kith, now=None):
    """Say whether Kith asks, as Kith, what nobody has touched within a day of its being drafted.

    What is drafted already is left to people for a day from now. Answers the StarterHabit.
    Refuses: not_allowed.
    """
    group, now = locked(group), now or timezone.now()
    facilitator_of(group, person)
    habit = StarterHabit.objects.filter(group=group).first() or StarterHabit(group=group)
    if habit.by_kith == by_kith:
        return habit
    habit.by_kith = by_kith
    habit.save()
    drafts = group.starters.filter(state=State.DRAFTED, is_untouched=True)
    drafts.update(left_until=now + KITH_WAITS)
    record(
        "group.starters_changed",
        network=group.network,
        actor=person,
        about=group,
        at=now,
        group=group,
        by_kith=by_kith,
    )
    return habit


def follow(cue, person, now):
    """A draft goes with the cue that was dismissed, as if it were let go, and comes back with it:
    one that nobody wants would keep the next one away for two weeks."""
    if not Starter.objects.filter(pk=cue.subject_id).exists():
        return  # gone with whoever wrote it
    starter = lock(cue.subject_id)
    if cue.is_open and not starter.is_waiting:
        take_back(starter, person, now)
    elif not cue.is_open and starter.is_waiting:
        let_go(starter, person, now)


# What several of these do


def keeper_of(group, person):
    """The group, locked and open, for somebody who facilitates it."""
    group = locked(group)
    facilitator_of(group, person)
    if not group.is_open:
        raise Refused("group_not_open", f"{group.name} is not open. Nothing can be asked there.")
    return group


def held(starter, person, *, quiet=False):
    """The starter as it stands, locked after its group, for somebody who facilitates that.

    quiet: also where the group is open no more.
    """
    if quiet:
        facilitator_of(locked(starter.group), person)
    else:
        keeper_of(starter.group, person)
    return lock(starter.pk)


def lock(key):
    starters = Starter.objects.select_for_update(no_key=True, of=["self"])
    return starters.select_related("group__network", "author", "decided_by").get(pk=key)


def waits(starter):
    if not starter.is_waiting:
        raise over(starter)


def over(starter):
    if starter.is_published:
        said = "This was asked already. What was said since stands in its thread."
    else:
        said = "This was let go. Write it anew, or choose another."
    return Refused("starter_over", said)


def rested(group, key, now):
    """The opener of this key, unless the group was asked it within 56 days."""
    opener = OPENERS.get(key)
    if opener is None:
        raise Invalid({"opener": "There is no such opener. Choose one of the library."})
    before = group.starters.resting(now).filter(opener=key).first()
    if before is None:
        return opener
    if before.is_waiting:
        said = "This one waits among your drafts already."
    else:
        until = timezone.localtime(before.decided_at + REST)
        said = f"{group.name} was asked this lately; it rests until {until:%-d %B}."
    raise Refused("opener_rests", f"{said} Choose another, or ask in your own words.")


def ask(starter, person, now):
    """Open the thread in somebody's name."""
    thread = open_thread(
        starter.group,
        person,
        title=starter.title,
        body=starter.body,
        kind=ThreadKind.STARTER,
        now=now,
    )
    starter.is_untouched = False
    asked(starter, thread, person, now)
    close_cue(starter, CueState.DONE, person, now)
    return starter


def asked(starter, thread, person, now):
    """The words stand in the thread from now on. person: None where Kith asks."""
    starter.state, starter.publish_at, starter.thread = State.PUBLISHED, None, thread
    starter.decided_by, starter.decided_at = person, now
    starter.title = starter.body = ""
    starter.save(update_fields=[*DECISION, "title", "body", "is_untouched", "thread"])
    log("starter.published", starter, person, now, thread=str(thread.pk))


def let_go(starter, person, now):
    starter.state, starter.publish_at = State.DISCARDED, None
    starter.decided_by, starter.decided_at = person, now
    starter.save(update_fields=DECISION)
    log("starter.discarded", starter, person, now)


def take_back(starter, person, now):
    """Make it a draft again, while that can be undone and no other draft by Kith waits."""
    if starter.is_published or (starter.is_discarded and now - starter.decided_at > UNDO):
        raise over(starter)
    others = starter.group.starters.waiting().filter(from_kith=True).exclude(pk=starter.pk)
    if starter.from_kith and others.exists():
        raise Refused("starter_waits", "Another draft by Kith waits already. See to that one.")
    back_to_draft(starter, now)
    log("starter.put_back", starter, person, now)


def back_to_draft(starter, now):
    """It waits for somebody again, for as long as a new one would."""
    starter.state, starter.publish_at = State.DRAFTED, None
    starter.decided_by = starter.decided_at = None
    starter.left_until = now + KITH_WAITS
    starter.save(update_fields=[*DECISION, "left_until"])


def cues_of(starter):
    return Cue.objects.filter(kind=Kind.STARTER, subject_id=starter.pk).order_by("pk")


def close_cue(starter, state, person, now):
    """The Cue asks for nothing more; it keeps who saw to it."""
    waiting = cues_of(starter).open().select_for_update(no_key=True, of=["self"])
    for cue in waiting.select_related("group__network"):
        cues.close(cue, state, person, now)


def log(verb, starter, person, now, **facts):
    return record(
        verb,
        network=starter.group.network,
        actor=person,
        about=starter,
        at=now,
        group=starter.group,
        **facts,
    )
