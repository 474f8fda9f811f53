"""The steps of a newcomer's first two weeks: a question by name, and whether the group fits
(domain.md R12). What to begin with in the first days is asked by the page (reading.py)."""

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from facilitation.cues.actions import are_open, open_cues, settle, settle_those
from facilitation.cues.models import Cue, Kind, State
from facilitation.welcome import rules
from facilitation.welcome.buddies import ask_a_buddy
from facilitation.welcome.models import Buddy, Greeting, Welcome
from facilitation.welcome.settled import QUESTION, is_met
from microgroups.groups.actions import locked
from microgroups.membership.models import Membership
from network.activity.actions import record
from network.errors import NotAllowed
from network.notifications.actions import notify
from network.notifications.opening import note_answered
from network.prepared import first, rows
from network.templatetags.kith import first_name
from network.transactions import deed

ASKED_IN_PLACE = "They have not written so far: ask them one question, by name."


def take_first_steps(now):
    """Ask facilitators for a question to who has not written, and newcomers whether it fits."""
    if are_open(Kind.WELCOME):
        settle_questions(now)
        for key in rows(keys_of, without_buddy, now):
            ask_a_buddy_again(key, now=now)
    ask_for_questions(rows(silent, now), now)
    for key in rows(keys_of, to_ask_whether_it_fits, now):
        ask_whether_it_fits(key, now=now)


def keys_of(build, now):
    return build(now).order_by("pk").values_list("pk", flat=True)


def one_of(build, key, now):
    return build(now).filter(pk=key).select_related("group__network", "person")


def silent(now):
    """Newcomers of four days who have not written, and of whom nobody was asked."""
    known = Cue.objects.filter(
        kind=Kind.WELCOME, subject_id=OuterRef("pk"), key__startswith=QUESTION
    )
    found = new_since(rules.ASK_AFTER, "ask", now).filter(~Exists(known), first_post_at=None)
    return found.order_by("pk")


def without_buddy(now):
    """Newcomers of these days to whom nobody has said hello, where those whose turn it was had no
    room for it. Whether somebody has met them is asked anew: the job that settles may come later.
    """
    waits = Cue.objects.filter(kind=Kind.WELCOME, state=State.OPEN, subject_id=OuterRef("pk"))
    waits = waits.filter(~is_met(now))
    offers = Buddy.objects.filter(membership__group=OuterRef("group"))
    return Membership.objects.active().filter(
        Exists(waits.filter(key__startswith="welcome:")),
        Exists(offers),
        joined_at__gt=now - rules.BUDDY_WITHIN,
        joined_at__lte=now,
        welcome__buddy=None,
        welcome__isnull=False,
        group__state="open",
    )


@deed
def ask_a_buddy_again(key, *, now):
    """Ask whoever's turn it is now; answers whom, or None."""
    Welcome.objects.select_for_update(no_key=True).get(membership=key)
    membership = first(one_of, without_buddy, key, now)
    if membership is None:
        return None
    buddy = ask_a_buddy(membership, now)
    Welcome.objects.filter(membership=membership).update(buddy=buddy)
    return buddy


def new_since(days, step, now):
    """Newcomers who came in so long ago, are new still, were greeted, and whose group takes this
    step."""
    left_out = Greeting.objects.filter(group=OuterRef("group")).exclude(steps__contains=[step])
    return Membership.objects.active().filter(
        ~Exists(left_out),
        joined_at__gt=now - rules.WELCOME_WINDOW,
        joined_at__lte=now - days,
        welcome__isnull=False,
        group__state="open",
    )


@deed
def ask_for_questions(memberships, now):
    """Open a cue for each, in the place of the one that asks for a hello."""
    if not memberships:
        return
    open_cues([question_cue(membership, now) for membership in memberships])
    keys = [membership.pk for membership in memberships]
    hello = Cue.objects.filter(kind=Kind.WELCOME, subject_id__in=keys)
    hello = hello.exclude(key__startswith=QUESTION)
    settle(hello, State.LAPSED, ASKED_IN_PLACE, now=now)


def question_cue(membership, now):
    return Cue(
        kind=Kind.WELCOME,
        key=f"{QUESTION}{membership.pk}",
        group_id=membership.group_id,
        person_id=membership.person_id,
        reason="Came in four days ago and has not written. A question by name helps most.",
        subject_type="membership",
        subject_id=membership.pk,
        due_at=membership.joined_at + rules.ASK_AFTER,
        created_at=now,
    )


def drafted_questions(cues):
    """{cue's key: a question out of what only they have told}, for a person to change; None for
    a cue that asks for a hello."""
    places = Membership.objects.filter(pk__in=[cue.subject_id for cue in cues])
    places = {place.pk: place for place in places.select_related("person")}
    return {cue.pk: drafted_question(cue, places.get(cue.subject_id)) for cue in cues}


def drafted_question(cue, place):
    if place is None or not cue.key.startswith(QUESTION):
        return None
    told = {"asks": place.asks, "offers": place.offers, "answers": place.answers}
    return rules.question_for(first_name(place.person), **told)


def settle_questions(now):
    """Close the cues of those who have written by themselves."""
    settle_those(Kind.WELCOME, has_written, State.DONE, "They have written.", now=now)


def has_written(now):
    """A condition on cues: they ask for a question to somebody who has written by themselves."""
    wrote = Membership.objects.filter(pk=OuterRef("subject_id"), first_post_at__lte=now)
    return Q(Exists(wrote), key__startswith=QUESTION)


def to_ask_whether_it_fits(now):
    """Newcomers of ten days who have not said that it does."""
    return new_since(rules.FIT_AFTER, "fit", now).filter(welcome__fits_at=None)


@deed
def ask_whether_it_fits(key, *, now):
    """Ask the newcomer of this membership, once, whether this is the right group."""
    membership = first(one_of, to_ask_whether_it_fits, key, now)
    if membership is None:
        return
    group = membership.group
    notify(
        [membership.person],
        "does_it_fit",
        network=group.network,
        subject=("fit", membership.pk),
        cause=f"fit:{membership.pk}",
        at=now,
        group=group,
    )


@deed
def say_it_fits(group, person, *, now=None):
    """A newcomer says that this is the right group. Refuses: not_allowed."""
    now = now or timezone.now()
    group = locked(group)
    membership = group.memberships.of(person)
    if membership is None or not membership.is_active:
        raise NotAllowed("not_allowed", f"Only who has a seat in {group.name} can say this.")
    welcome = Welcome.objects.filter(membership=membership, fits_at=None)
    note_answered(person, now=now, fit=[membership.pk])
    if welcome.update(fits_at=now):
        record(
            "welcome.fits",
            network=group.network,
            actor=person,
            about=membership,
            group=group,
            at=now,
        )
