"""Greeting newcomers once, and watching that their first post is answered by a person."""

from datetime import timedelta
from functools import partial

from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from facilitation.cover.duty import Circle, on_duty
from facilitation.cues.actions import are_open, open_cues, settle_those
from facilitation.cues.models import FIRST_POST, Cue, Kind, State
from facilitation.welcome import rules, settled
from facilitation.welcome.buddies import ask_a_buddy
from facilitation.welcome.first_days import settle_questions
from facilitation.welcome.greeting import greeting_of
from facilitation.welcome.models import Welcome
from microgroups.membership.models import Membership
from microgroups.membership.models import Role as GroupRole
from network.networks.models import NetworkMembership
from network.networks.models import Role as NetworkRole
from network.notifications.actions import notify
from network.notifications.attention import those_who_may
from network.notifications.models import Notice
from network.prepared import first, rows
from network.transactions import deed

HERE_LAST = F("last_visit_on").desc(nulls_last=True)

# Greeting


def welcome_newcomers(now):
    """Greet everybody who came in and was not greeted yet; close the cues of who was met since."""
    for (key,) in rows(to_welcome, now - rules.WELCOME_WINDOW, now):
        welcome(key, now=now)
    settle_welcomes(now)


def to_welcome(since, now):
    return newcomers(since, now).values_list("pk")


def newcomers(since, now):
    """Members who came in since and were not greeted yet; never a founder."""
    return (
        Membership.objects.active()
        .filter(
            joined_at__gt=since,
            joined_at__lte=now,
            is_founder=False,
            welcome=None,
            group__state="open",
        )
        .order_by("pk")
    )


def newcomer(key, since, now):
    return newcomers(since, now).filter(pk=key).select_related("group__network", "person")


@deed
def welcome(key, *, now):
    """Greet the newcomer of this membership, and ask a facilitator to say hello by name.

    Once, however often asked; answers whether this call did it.
    """
    membership = first(newcomer, key, now - rules.WELCOME_WINDOW, now)
    if membership is None or not claim(membership, now):
        return False
    group = membership.group
    buddy = ask_a_buddy(membership, now)
    Welcome.objects.filter(membership=membership).update(buddy=buddy)
    notify(
        [membership.person],
        "welcome",
        network=group.network,
        subject=("welcome", membership.pk),
        cause=f"welcome:{membership.pk}",
        at=now,
        group=group,
        words=greeting_of(group).words,
    )
    open_cues([welcome_cue(membership, now)])
    return True


def claim(membership, now):
    """Whether nobody else has greeted them; another who is about to is waited for."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO facilitation_welcome (membership_id, at) VALUES (%s, %s) "
            "ON CONFLICT (membership_id) DO NOTHING",
            [membership.pk, now],
        )
        return cursor.rowcount == 1


def welcome_cue(membership, now):
    return Cue(
        kind=Kind.WELCOME,
        key=f"welcome:{membership.pk}",
        group_id=membership.group_id,
        person_id=membership.person_id,
        reason="Has just come in. A hello from a person is worth more than our greeting.",
        subject_type="membership",
        subject_id=membership.pk,
        due_at=membership.joined_at,
        created_at=now,
    )


def settle_welcomes(now):
    """Close the cues of newcomers whom somebody has met since, who left, or who are new no more;
    a question to somebody who has written, for that reason, whichever job sees it first."""
    if not are_open(Kind.WELCOME):
        return
    settle_questions(now)
    for condition, state, why in (
        (settled.is_met, State.DONE, "Somebody has met them."),
        (settled.is_gone, State.LAPSED, "They have left the group."),
        (is_old, State.LAPSED, "They are new no more."),
    ):
        settle_those(Kind.WELCOME, condition, state, why, now=now)


def is_old(now):
    return Q(due_at__lte=now - rules.WELCOME_WINDOW)


# Watching first posts


def watch_first_posts(now):
    """Ask for an answer to each first post that waits, ring those who should know, and close
    what was answered."""
    settle_answers(now)
    times = (now - rules.WATCHED_FOR, now - rules.RINGS[0], now)
    open_cues([answer_cue(membership, now) for membership in rows(unanswered, *times)])
    if not are_open(Kind.ANSWER):
        return
    for key in rows(overdue_keys, now):
        ring(key, now=now)


def settle_answers(now):
    """Close the cues whose first post has been answered, taken back, or waited too long."""
    if not are_open(Kind.ANSWER):
        return
    for condition, state, why in (
        (settled.is_answered, State.DONE, "Somebody wrote back."),
        (settled.is_taken_back, State.LAPSED, "It was taken back."),
        (settled.is_gone, State.LAPSED, "They have left the group."),
        (was_too_long_ago, State.LAPSED, "It was too long ago."),
    ):
        settle_those(Kind.ANSWER, condition, state, why, now=now)


def was_too_long_ago(now):
    return Q(due_at__lte=now - rules.WATCHED_FOR)


def unanswered(since, until, now):
    """Memberships whose first post, no founder's, of this time has no answer as of now.

    With `post`, its key. Those with an open cue are left out.
    """
    known = Cue.objects.open().filter(
        kind=Kind.ANSWER, due_at=OuterRef("first_post_at"), subject_id=OuterRef("post")
    )
    answers = settled.answers(now, post="post", since="first_post_at")
    waiting = Membership.objects.active().filter(
        first_post_at__gt=since,
        first_post_at__lte=until,
        is_founder=False,
        group__state="open",
    )
    found = settled.with_first_post(waiting)
    return found.filter(~Exists(known), ~Exists(answers)).order_by("pk")


def answer_cue(membership, now):
    return Cue(
        kind=Kind.ANSWER,
        key=f"{FIRST_POST}{membership.pk}",
        group_id=membership.group_id,
        person_id=membership.person_id,
        reason="Wrote here for the first time, and nobody has written back yet.",
        subject_type="post",
        subject_id=membership.post,
        due_at=membership.first_post_at,
        created_at=now,
    )


# Ringing


def overdue(now):
    """Cues of first posts whose next ring is due and that nobody has settled meanwhile."""
    due = Q()
    for rings, wait in enumerate(rules.RINGS):
        due |= Q(rings=rings, due_at__lte=now - wait)
    watched = Cue.objects.open().filter(due, kind=Kind.ANSWER, key__startswith=FIRST_POST)
    return watched.exclude(settled.answered_since(now))


def overdue_keys(now):
    return overdue(now).order_by("due_at", "pk").values_list("pk", flat=True)


def held_overdue(key, now):
    held = overdue(now).select_for_update(skip_locked=True, no_key=True, of=["self"])
    return held.select_related("group__network", "person").filter(pk=key)


@deed
def ring(key, *, now):
    """Tell whoever should know by now that somebody waits for an answer; each ring once.

    After an hour one facilitator, after six all of them, after a day two members who were here
    this week and the network's admins. Mail keeps the quiet hours of whoever is rung. A cue that
    was put aside comes back.
    """
    cue = first(held_overdue, key, now)
    if cue is None:
        return None
    stage = rules.stage_at(now - cue.due_at)
    for step in rules.steps_between(cue.rings, stage):
        RING_STEPS[step](cue, partial(tell, cue, step, now), now)
    cue.rings, cue.snoozed_until = stage, None
    cue.save(update_fields=["rings", "snoozed_until"])
    return cue


def tell(cue, step, now, people, kind, subject):
    """Tell these people, each once in this step."""
    notify(people, kind, subject=subject, at=now, **ring_of(cue, step))


def ring_of(cue, step):
    """What makes this ring one and the same thing, and whence it comes."""
    group = cue.group
    return {"network": group.network, "group": group, "cause": f"ring:{cue.pk}:{step}"}


def ring_one_facilitator(cue, tell, now):
    """Who was asked to see to it, else the first who is on duty."""
    near = facilitators_near(cue, now)
    asked = [person for person in near if person.pk == cue.assigned_to_id]
    tell((asked or near)[:1], "answer_wanted", ("cue", cue.pk))


def ring_facilitators(cue, tell, now):
    """All who facilitate and are not away; and who steps in for those who are."""
    tell(facilitators_near(cue, now), "answer_wanted", ("cue", cue.pk))
    deputies = [each.person for each in near(cue, now) if each.circle == Circle.DEPUTY]
    tell(deputies, "step_in_now", ("post", cue.subject_id))


def near(cue, now):
    """Who is there for the cue's group, in the order in which they are asked; not its person."""
    return [each for each in on_duty(cue.group, now) if each.person.pk != cue.person_id]


def facilitators_near(cue, now):
    return [each.person for each in near(cue, now) if each.facilitates]


def ring_helpers_and_admins(cue, tell, now):
    """Two members who were here this week and were asked least; and those who look after it all."""
    week_ago = now - timedelta(days=7)
    asks = Notice.objects.filter(
        person=OuterRef("person"), kind="could_you_answer", at__gt=week_ago, at__lte=now
    )
    helpers = (
        others(cue)
        .filter(role=GroupRole.MEMBER, last_visit_on__gte=week_ago.date())
        .annotate(asked=count_of(asks))
        .order_by("asked", HERE_LAST, "pk")
    )
    post, last = ("post", cue.subject_id), len(RING_STEPS) - 1
    willing = those_who_may(
        people_of(helpers),
        "could_you_answer",
        most=rules.HELPERS,
        subject=post,
        now=now,
        **ring_of(cue, last),
    )
    tell(willing, "could_you_answer", post)
    admins = NetworkMembership.objects.filter(
        network=cue.group.network, role=NetworkRole.ADMIN, suspended_at=None
    )
    tell(people_of(admins), "answer_overdue", ("group", cue.group_id))


RING_STEPS = (ring_one_facilitator, ring_facilitators, ring_helpers_and_admins)


def others(cue):
    """The active members of the cue's group but its person."""
    return Membership.objects.active().filter(group=cue.group).exclude(person=cue.person)


def people_of(rows):
    return [each.person for each in rows.select_related("person")]


def count_of(rows):
    """How many there are of these, as an expression."""
    counted = rows.order_by().values("person").annotate(figure=Count("pk")).values("figure")
    return Coalesce(Subquery(counted), Value(0))
