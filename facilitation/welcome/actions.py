"""Greeting newcomers once, and watching that their first post is answered by a person."""

from datetime import timedelta
from functools import partial

from django.db import connection
from django.db.models import Case, Exists, OuterRef, Q, When

from facilitation.cues.actions import open_cue, settle
from facilitation.cues.models import Cue, Kind, State
from facilitation.welcome.rules import RINGS, WATCHED_FOR, WELCOME_WINDOW, stage_at
from microgroups.conversation.models import Post
from microgroups.membership.models import Membership
from microgroups.membership.models import Role as GroupRole
from network.networks.models import NetworkMembership
from network.networks.models import Role as NetworkRole
from network.notifications.actions import notify
from network.transactions import deed


def newcomers(now):
    """Members who came in within the last two weeks and were not greeted yet; never a founder."""
    return (
        Membership.objects.active()
        .filter(
            joined_at__gt=now - WELCOME_WINDOW,
            joined_at__lte=now,
            is_founder=False,
            welcome=None,
            group__state="open",
        )
        .order_by("pk")
    )


@deed
def welcome(membership, *, now):
    """Greet a newcomer, and ask a facilitator to say hello by name; once, however often asked.

    Answers whether this call did it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO facilitation_welcome (membership_id, at) VALUES (%s, %s) "
            "ON CONFLICT (membership_id) DO NOTHING",
            [membership.pk, now],
        )
        if not cursor.rowcount:
            return False
    group = membership.group
    notify(
        [membership.person],
        "welcome",
        network=group.network,
        subject=("group", group.pk),
        cause=f"welcome:{membership.pk}",
        at=now,
        group=group,
    )
    open_cue(
        Kind.WELCOME,
        f"welcome:{membership.pk}",
        group=group,
        person=membership.person,
        reason="Has just come in. A hello from a person is worth more than our greeting.",
        subject=("membership", membership.pk),
        due_at=membership.joined_at,
        now=now,
    )
    return True


def first_posts(now):
    """Each member's first post in a group that is younger than the watch and not a founder's.

    A queryset of Posts with `membership_id`; `is_answered` says whether another person has
    written in its thread since, as of `now`.
    """
    answers = (
        Post.objects.standing()
        .filter(
            Q(author=None) | ~Q(author=OuterRef("author")),
            thread=OuterRef("thread"),
            is_system=False,
            at__gte=OuterRef("at"),
            at__lte=now,
        )
        .exclude(pk=OuterRef("pk"))
    )
    members = Membership.objects.active().filter(
        group=OuterRef("thread__group"),
        person=OuterRef("author"),
        first_post_at=OuterRef("at"),
        is_founder=False,
    )
    return (
        Post.objects.standing()
        .filter(
            at__gt=now - WATCHED_FOR,
            at__lte=now,
            is_system=False,
            thread__deleted_at=None,
            thread__group__state="open",
        )
        .annotate(membership_id=members.values("pk")[:1], is_answered=Exists(answers))
        .exclude(membership_id=None)
    )


def watch(now):
    """Open a cue for each first post that has waited an hour; close those that were answered."""
    waiting = (
        first_posts(now)
        .filter(is_answered=False, at__lte=now - RINGS[0])
        .select_related("thread__group", "author")
    )
    known = set(
        Cue.objects.filter(kind=Kind.ANSWER, state=State.OPEN).values_list("key", flat=True)
    )
    for post in waiting.iterator(chunk_size=500):
        key = f"answer:{post.membership_id}"
        if key not in known:
            open_cue(
                Kind.ANSWER,
                key,
                group=post.thread.group,
                person=post.author,
                reason="Wrote here for the first time, and nobody has written back yet.",
                subject=("post", post.pk),
                due_at=post.at,
                now=now,
            )


def settle_answers(now):
    """Close the cues whose first post has been answered, taken back, or waited too long."""
    cues = Cue.objects.filter(kind=Kind.ANSWER)
    posts = Post.objects.filter(pk=OuterRef("subject_id"), deleted_at=None, thread__deleted_at=None)
    answers = Post.objects.standing().filter(
        Q(author=None) | ~Q(author=OuterRef("person")),
        is_system=False,
        at__gt=OuterRef("due_at"),
        at__lte=now,
        thread=Post.objects.filter(pk=OuterRef(OuterRef("subject_id"))).values("thread")[:1],
    )
    settle(cues.filter(Exists(answers)), State.DONE, "Somebody wrote back.", now=now)
    settle(cues.filter(~Exists(posts)), State.LAPSED, "The post was taken back.", now=now)
    settle(cues.filter(still_outside()), State.LAPSED, "They have left the group.", now=now)
    settle(
        cues.filter(due_at__lte=now - WATCHED_FOR), State.LAPSED, "It was too long ago.", now=now
    )


def settle_welcomes(now):
    """Close the cues of newcomers whom somebody has met since, who left, or who are new no more."""
    cues = Cue.objects.filter(kind=Kind.WELCOME)
    met = Post.objects.standing().filter(
        ~Q(author=OuterRef("person")),
        author__isnull=False,
        is_system=False,
        at__gt=OuterRef("due_at"),
        at__lte=now,
        thread__group=OuterRef("group"),
        reply_to__author=OuterRef("person"),
    )
    met_in_thread = Post.objects.standing().filter(
        ~Q(author=OuterRef("person")),
        author__isnull=False,
        is_system=False,
        at__gt=OuterRef("due_at"),
        at__lte=now,
        thread__group=OuterRef("group"),
        thread__author=OuterRef("person"),
        thread__opened_at__gte=OuterRef("due_at"),
    )
    settle(
        cues.filter(Exists(met) | Exists(met_in_thread)),
        State.DONE,
        "Somebody has met them.",
        now=now,
    )
    settle(cues.filter(still_outside()), State.LAPSED, "They have left the group.", now=now)
    settle(
        cues.filter(due_at__lte=now - WELCOME_WINDOW),
        State.LAPSED,
        "They are new no more.",
        now=now,
    )


def still_outside():
    """A condition on cues: their person is no active member of the group."""
    return ~Exists(
        Membership.objects.active().filter(group=OuterRef("group"), person=OuterRef("person"))
    )


def overdue(now):
    """Open first-post cues whose next ring is due."""
    return Cue.objects.filter(kind=Kind.ANSWER, state=State.OPEN, rings__lt=len(RINGS)).filter(
        Q(rings=0, due_at__lte=now - RINGS[0])
        | Q(rings=1, due_at__lte=now - RINGS[1])
        | Q(rings=2, due_at__lte=now - RINGS[2])
    )


@deed
def ring(cue, *, now):
    """Tell whoever should know by now that somebody waits for an answer; each ring once.

    After an hour one facilitator, after six all of them, after a day two members who were here
    this week and the network's admins. Mail keeps the quiet hours of whoever is rung.
    """
    cue = (
        overdue(now)
        .select_for_update(skip_locked=True, no_key=True, of=["self"])
        .select_related("group__network", "person")
        .filter(pk=cue.pk)
        .first()
    )
    if cue is None:
        return None
    stage = stage_at(now - cue.due_at)
    for step in range(cue.rings, stage):
        ring_step(cue, step, now)
    cue.rings = stage
    cue.save(update_fields=["rings"])
    return cue


def ring_step(cue, step, now):
    """The people of one ring are told, once."""
    tell = partial(
        notify, network=cue.group.network, cause=f"ring:{cue.pk}:{step}", at=now, group=cue.group
    )
    here = (
        Membership.objects.active()
        .filter(group=cue.group)
        .exclude(person=cue.person)
        .select_related("person")
        .order_by("-last_visit_on", "pk")
    )
    if step == 0:
        asked = here.facilitating().order_by(
            Case(When(person=cue.assigned_to_id, then=0), default=1), "-last_visit_on", "pk"
        )[:1]
        tell([each.person for each in asked], "answer_wanted", subject=("cue", cue.pk))
    elif step == 1:
        asked = here.facilitating()
        tell([each.person for each in asked], "answer_wanted", subject=("cue", cue.pk))
    else:
        seen = (now - timedelta(days=7)).date()
        asked = here.filter(role=GroupRole.MEMBER, last_visit_on__gte=seen)[:2]
        tell([each.person for each in asked], "could_you_answer", subject=("post", cue.subject_id))
        admins = NetworkMembership.objects.filter(
            network=cue.group.network, role=NetworkRole.ADMIN, suspended_at=None
        ).select_related("person")
        tell([each.person for each in admins], "answer_overdue", subject=("group", cue.group_id))


def welcome_newcomers(now):
    """Greet everybody who came in and was not greeted yet; close the cues of who was met since."""
    for membership in newcomers(now).select_related("group__network", "person"):
        welcome(membership, now=now)
    settle_welcomes(now)


def watch_first_posts(now):
    """Ask for an answer to each first post that waits, ring those who should know, and close
    what was answered."""
    settle_answers(now)
    watch(now)
    for cue in overdue(now).order_by("due_at", "pk"):
        ring(cue, now=now)
