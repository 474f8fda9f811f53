"""Hinting to facilitators that somebody who told of a hard time had answers, and no comfort (R20).

A hint, no task: nobody is told of it or asked to see to it, it stands in the queue alone and in no
figure, and a reaction or a kind word takes it away.
"""

from django.db.models import CharField, Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Cast, Concat

from facilitation.comfort import rules
from facilitation.cues.actions import are_open, open_cues, settle, settle_those
from facilitation.cues.models import Cue, Kind, State
from facilitation.distress.reading import (
    about_words_beside,
    by_or_about_since,
    lately_by_or_about,
)
from facilitation.welcome.settled import is_gone, is_taken_back
from microgroups.conversation.models import Kind as ThreadKind
from microgroups.conversation.models import Post, Reaction
from microgroups.membership.models import Membership
from network.people.models import Block

KEY = "comfort:"  # how the keys of its cues begin; the thread's follows
REASON = (
    "Wrote of something hard. Others wrote back; nobody has said anything like “I am with you” yet."
)


def ask_for_comfort(now):
    """Hint at each thread that tells of a hard time and has had nothing but information for hours;
    close the hints that nobody needs any more.

    Read without a cursor: for one PostgreSQL plans as if the first rows were enough, and takes ten
    times as long for all of a busy week. Nor is it prepared: planned for any time at all, it takes
    twice as long.
    """
    settle_comfort(now)
    found = [each for each in answered_openings(now) if is_hard(each)]
    said = what_others_said(found)
    open_cues([hint(each, now) for each in found if is_missing(said.get(each.thread_id, []))])


# Who may need it


def answered_openings(now):
    """First posts of this week's threads, by members, that others answered hours ago and that no
    other has reacted to. Not those known, nor where somebody has called for help.

    With `title`. `last_at` is asked for besides, since the threads of a group are found by it.
    """
    since, first = now - rules.WATCHED_FOR, Post.objects.filter(thread=OuterRef("thread"))
    author = Membership.objects.active().filter(group=OuterRef("group"), person=OuterRef("author"))
    key = Concat(Value(KEY), Cast(OuterRef("thread"), CharField()))
    return (
        Post.objects.standing()
        .filter(
            Exists(author),
            ~Exists(Cue.objects.filter(key=key)),
            ~is_acknowledged("pk"),
            ~lately_by_or_about("author", now),
            ~about_words_beside("pk"),
            pk=Subquery(first.order_by("at", "pk").values("pk")[:1]),
            is_system=False,
            group__state="open",
            thread__deleted_at=None,
            thread__closed_at=None,
            thread__last_at__gt=since,
            thread__opened_at__gt=since,
            thread__answered_at__lte=now - rules.ASK_AFTER,
        )
        .exclude(thread__kind=ThreadKind.STARTER)
        .annotate(title=F("thread__title"), opened_at=F("thread__opened_at"))
        .order_by("pk")
        .only("author", "group", "thread", "body")
    )


def is_hard(opening):
    return rules.tells_of_hardship(f"{opening.title}\n\n{opening.body}")


def is_acknowledged(post):
    """A condition: somebody has reacted to what the author of the post of this key wrote in its
    thread; not they themselves, and nobody whom they have blocked."""
    blocked = Block.objects.filter(blocker=OuterRef("post__author"), blocked=OuterRef("person"))
    by_others = ~Q(person=F("post__author")) | Q(person=None)
    found = Reaction.objects.filter(by_others, ~Exists(blocked), post__thread__posts=OuterRef(post))
    return Exists(found.filter(post__author=F("post__thread__author"), post__deleted_at=None))


def what_others_said(openings):
    """{thread: [what others wrote in it]}, without those whom its author has blocked. One query."""
    blocked = Block.objects.filter(blocker=OuterRef("thread__author"), blocked=OuterRef("author"))
    written = Post.objects.standing().filter(
        ~Q(author=F("thread__author")) | Q(author=None),
        ~Exists(blocked),
        thread__in=[opening.thread_id for opening in openings],
        is_system=False,
    )
    said: dict = {}
    for thread, body in written.values_list("thread", "body") if openings else ():
        said.setdefault(thread, []).append(body)
    return said


def is_missing(said):
    """Whether others have written, and none of it sounds like support."""
    return bool(said) and not any(map(rules.sounds_like_support, said))


def hint(opening, now):
    return Cue(
        kind=Kind.COMFORT,
        key=f"{KEY}{opening.thread_id}",
        group_id=opening.group_id,
        person_id=opening.author_id,
        reason=REASON,
        subject_type="post",
        subject_id=opening.pk,
        due_at=opening.opened_at,
        created_at=now,
    )


def is_kept_from(person):
    """A condition on cues: whom it is about has blocked this person, or is blocked by them."""
    about, blocks = OuterRef("person"), Block.objects
    by_them = blocks.filter(blocker=about, blocked=person.pk)
    by_me = blocks.filter(blocker=person.pk, blocked=about)
    return Q(Exists(by_them)) | Q(Exists(by_me))


# What takes it away


def settle_comfort(now):
    """Close the hints whose person had comfort; and those that are about nothing any more. Where
    somebody has called for help no word tells why: people see to it."""
    if not are_open(Kind.COMFORT):
        return
    cues = Cue.objects.filter(kind=Kind.COMFORT)
    for condition, state, why in (
        (is_called_about, State.LAPSED, ""),
        (is_taken_back, State.LAPSED, "It was taken back."),
        (is_gone, State.LAPSED, "They have left the group."),
        (has_reaction, State.DONE, "Somebody reacted."),
    ):
        settle_those(Kind.COMFORT, condition, state, why, now=now)
    settle_by_words(cues, now)
    old = cues.filter(due_at__lte=now - rules.WATCHED_FOR)
    settle(old, State.LAPSED, "It was too long ago.", now=now)


def settle_by_words(cues, now):
    """Close those where somebody has said a kind word since; and where they wrote it anew, or
    whoever had answered took it back, and nothing is missing now."""
    asked = cues.open().values("subject_id")
    openings = list(Post.objects.filter(pk__in=asked).annotate(title=F("thread__title")))
    said = what_others_said(openings)
    kind, otherwise = [], []
    for opening in openings:
        words = said.get(opening.thread_id, [])
        if any(map(rules.sounds_like_support, words)):
            kind.append(opening.pk)
        elif not words or not is_hard(opening):
            otherwise.append(opening.pk)
    settle(cues.filter(subject_id__in=kind), State.DONE, "Somebody is with them.", now=now)
    settle(cues.filter(subject_id__in=otherwise), State.LAPSED, "It reads otherwise now.", now=now)


def has_reaction(now=None):
    return Q(is_acknowledged("subject_id"))


def is_called_about(now=None):
    """A condition on cues: their person has called for help since, or somebody has because of
    their words, or because of any in that thread."""
    return Q(by_or_about_since("person", "created_at")) | Q(about_words_beside("subject_id"))


def is_settled(now):
    """A condition on cues: somebody has reacted, or it is no hint any more. Kind words are read by
    the job, since no question to the database knows them."""
    return Q(is_acknowledged("subject_id")) | is_called_about() | is_gone() | is_taken_back()
