"""Calling for help: who is called, who is next, and that somebody has seen it.

Nothing here writes in a person's name, and nothing is kept back at night. Nothing of it is
recorded as an Activity: that log is read by more people than were called, and may be read by whom
a call is about. The call itself is the record.
"""

from hashlib import sha256

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from facilitation.cover.duty import Circle, on_duty
from facilitation.cues.actions import open_cues, settle
from facilitation.cues.models import Cue
from facilitation.cues.models import Kind as CueKind
from facilitation.cues.models import State as CueState
from facilitation.distress import rules
from facilitation.distress.models import Call, Distress, Word
from microgroups.conversation.rights import not_in
from microgroups.groups.actions import admins, locked
from network.errors import Invalid, NotAllowed
from network.networks.models import Role
from network.notifications.actions import notify
from network.notifications.opening import note_answered
from network.people.models import Person
from network.text import clean
from network.transactions import deed

# Who is called


def rings_of(group, now):
    """[people] who are called one after another, those who look after the group first.

    Who is on duty now and was seen lately; all who facilitate it, also those away, and who steps
    in for them; the network's moderators (of a hidden group nobody); its admins. A ring in which
    nobody could be reached is left out.
    """
    network = group.network
    circles: dict = {}
    for each in on_duty(group, now):
        circles.setdefault(each.circle, []).append(each.person.pk)
    facilitating = Q(pk__in=group.memberships.facilitating().values("person"))
    deputies = Q(pk__in=circles.get(Circle.DEPUTY, []))
    moderating = network.memberships.filter(role=Role.MODERATOR, suspended_at=None)
    asked = [Q(pk__in=circles.get(Circle.DUTY, [])), facilitating | deputies]
    if not group.is_hidden:
        asked.append(Q(pk__in=moderating.values("person")))
    people = [Person.objects.filter(each) for each in asked]
    inside = network.memberships.filter(suspended_at=None).values("person")
    reached = [each.reachable().filter(pk__in=inside) for each in (*people, admins(network))]
    rings = [list(each.order_by("pk")) for each in reached]
    return [ring for ring in rings if ring]


def callable_rings(distress, now):
    """The rings without whoever called, and whom it may be about; each has somebody new in it."""
    but = {distress.person_id, distress.post.author_id if distress.post else None}
    rings: list = []
    known: set = set()
    for ring in rings_of(distress.group, now):
        keys = {each.pk for each in ring} - but
        if keys - known:
            rings.append([each for each in ring if each.pk in keys])
        known |= keys
    return rings


def next_of(rings, called):
    """The first of these rings in which somebody was not called yet, else the last once more.

    Not by how many rings there were: when a day ends between two, others are on duty, and a ring
    may be gone in which somebody would have been called.
    """
    return next((ring for ring in rings if any(each.pk not in called for each in ring)), rings[-1])


# Calling


@deed
def call_for_help(group, person, *, post=None, note="", now=None):
    """Call people at once, for oneself or because of a post; answers the call.

    Called again before anybody has seen it, the note is added and nobody is woken twice; a word
    that it is better holds no longer.
    Refuses: not_a_member.
    """
    now = now or timezone.now()
    group = locked(group)
    membership = group.memberships.of(person)
    if membership is None or not membership.may_read:
        raise not_in(group)
    note = clean(note).strip()[: rules.NOTE]
    asked = Distress.objects.unseen().filter(group=group, person=person, post=post).first()
    if asked is not None:
        if asked.is_better:
            asked = send_word(asked, person, word=Word.NEEDED, now=now)
        return add_note(asked, person, note=note, now=now) if note else asked
    made = Distress.objects.create(
        network=group.network,
        group=group,
        post=post,
        person=person,
        note=note,
        at=now,
        next_ring_at=now,
    )
    open_cues([distress_cue(made, now)])
    ring(made, now)
    return made


ASKED = "Somebody asks for a person, now."
BETTER = "They have sent word that it is better; look in all the same."


def distress_cue(distress, now):
    return Cue(
        kind=CueKind.DISTRESS,
        key=f"distress:{distress.pk}",
        group_id=distress.group_id,
        reason=ASKED,
        subject_type="distress",
        subject_id=distress.pk,
        due_at=distress.at,
        created_at=now,
    )


def ring(distress, now):
    """Call those whose turn it is; after the last ring these are called again, until one comes."""
    rings = callable_rings(distress, now)
    if rings:
        people = next_of(rings, set(distress.calls.values_list("person", flat=True)))
        Call.objects.bulk_create(
            [Call(distress=distress, person=each, ring=distress.rings, at=now) for each in people]
        )
        tell(distress, people, "distress", f"{distress.rings}", now)
    distress.rings, distress.next_ring_at = distress.rings + 1, now + rules.WAIT
    distress.save(update_fields=["rings", "next_ring_at"])


def ring_on(now):
    """Call the next for everything that nobody has seen in a quarter of an hour."""
    due = Distress.objects.due(now).order_by("next_ring_at", "pk")
    for key in list(due.values_list("pk", flat=True)):
        ring_next(key, now=now)


@deed
def ring_next(key, *, now):
    """Call the next, once however often it is asked; others that are at it are passed over."""
    due = Distress.objects.due(now).select_for_update(skip_locked=True, no_key=True, of=["self"])
    distress = due.select_related("group__network", "post").filter(pk=key).first()
    if distress is not None:
        ring(distress, now)


# Coming


@deed
def see(distress, person, *, note="", now=None):
    """Somebody who was called, or who facilitates, is there: nobody else is called.

    The first who says so; for others it stays. note: a word to whoever called, at any hour; the
    same word twice reaches them once. Refuses: not_allowed (whoever called), invalid (too long).
    """
    now = now or timezone.now()
    distress = held(distress)
    if distress.person_id == person.pk:
        raise NotAllowed("not_allowed", "Somebody else has to come. People are being called.")
    note = clean(note).strip()
    if len(note) > rules.NOTE:
        raise Invalid({"note": f"{len(note):,} characters are too many; {rules.NOTE:,} fit."})
    if not distress.is_seen:
        come(distress, person, now)
    if note and distress.person is not None:
        what = f"word:{person.pk}:{sha256(note.encode()).hexdigest()[:12]}"
        tell(distress, [distress.person], "distress_word", what, now, actor=person, words=note)
    return distress


def come(distress, person, now):
    """Somebody is there: nobody else is called, and all who were learn who it is."""
    distress.seen_at, distress.seen_by = now, person
    distress.save(update_fields=["seen_at", "seen_by"])
    note_answered(person, now=now, distress=[distress.pk])
    cues = Cue.objects.filter(kind=CueKind.DISTRESS, subject_id=distress.pk)
    settle(cues, CueState.DONE, "Somebody is there.", now=now)
    if distress.person is not None:
        tell(distress, [distress.person], "distress_seen", "seen", now, actor=person)
    called = Person.objects.filter(pk__in=distress.calls.values("person"))
    tell(distress, called, "distress_taken", "taken", now, actor=person)


@deed
def add_note(distress, person, *, note, now=None):
    """Something that whoever comes should know.

    Refuses: not_allowed (only who called adds), invalid (more than fits).
    """
    now = now or timezone.now()
    distress = held(distress)
    if distress.person_id != person.pk:
        raise NotAllowed("not_allowed", "Only whoever called can add to it.")
    added = rules.joined(distress.note, clean(note).strip())
    if len(added) > rules.NOTE:
        room = max(0, rules.NOTE - len(distress.note) - 1)
        raise Invalid(
            {"note": f"You are heard. {room} more characters fit; say the rest by voice."}
        )
    distress.note = added
    distress.save(update_fields=["note"])
    return distress


@deed
def send_word(distress, person, *, word, now=None):
    """Whoever called says that it is better, or that somebody is needed still.

    Everybody who was called learns of it, or who is there. It ends nothing: people are called
    until one of them has looked, as nobody can see who sends it
    (docs/decisions/a-call-ends-when-seen.md). The same word twice changes nothing.
    Refuses: not_allowed (only who called), invalid.
    """
    now = now or timezone.now()
    distress = held(distress)
    if distress.person_id != person.pk:
        raise NotAllowed("not_allowed", "Only whoever called can say how it is.")
    if word not in Word.values:
        raise Invalid({"word": f"Choose one of {', '.join(Word.values)}."})
    if word == (distress.word or Word.NEEDED):
        return distress
    distress.word, distress.word_at = word, now
    distress.save(update_fields=["word", "word_at"])
    cues = Cue.objects.open().filter(kind=CueKind.DISTRESS, subject_id=distress.pk)
    cues.update(reason=f"{ASKED} {BETTER}" if distress.is_better else ASKED)
    tell_how_it_is(distress, now)
    return distress


def tell_how_it_is(distress, now):
    """That it is better reaches each of them once for each word; that it is not, each time."""
    people = Person.objects.filter(pk__in=distress.calls.values("person"))
    if distress.is_seen:
        people = Person.objects.filter(pk=distress.seen_by_id)
    if distress.is_better:
        tell(distress, people, "distress_better", distress.word, now)
    else:
        tell(distress, people, "distress_needed", f"needed:{now.timestamp():.6f}", now)


# What several of these do


def held(distress):
    rows = Distress.objects.select_related("group__network", "post", "person")
    return rows.select_for_update(no_key=True, of=["self"]).get(pk=distress.pk)


def tell(distress, people, kind, what, now, actor=None, words=""):
    notify(
        people,
        kind,
        network=distress.group.network,
        subject=("distress", distress.pk),
        cause=f"distress:{distress.pk}:{what}",
        at=now,
        actor=actor,
        group=distress.group,
        words=words,
    )


def is_seen(now):
    """A condition on cues: somebody is there."""
    return Exists(Distress.objects.filter(pk=OuterRef("subject_id"), seen_at__isnull=False))
