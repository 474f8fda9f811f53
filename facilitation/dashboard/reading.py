"""The queue as a facilitator reads it: names first, in the order in which people need somebody."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    Func,
    JSONField,
    Max,
    OuterRef,
    Q,
    UUIDField,
    Value,
    When,
    Window,
)
from django.db.models.functions import DenseRank, RowNumber
from django.utils.html import format_html

from facilitation.cover.beside import Beside, beside
from facilitation.cues.models import FIRST_POST, HINTS, IN_THEIR_THREAD, Cue, Kind
from facilitation.cues.words import with_telling_part
from facilitation.presence.reading import reason as reason_of
from facilitation.presence.reading import silences_in
from facilitation.starters.models import Starter
from microgroups.conversation.models import Post
from microgroups.membership.models import Membership
from network.people.models import Person
from network.prepared import rows
from network.templatetags.kith import ago
from network.text import gist

SHOWN = 8  # of each part; whoever is done with these finds the next in their place
MOST = 50  # of a part that one asks for whole: more is a sign that help is needed

LATELY, MOST_SETTLED = timedelta(days=3), 6

THREAD = "thread"  # an answer cue that is about another thread than somebody's first words
PARTS = {
    "now": ("Now", "somebody called for help", (Kind.DISTRESS,)),
    "reply": ("Waiting for a reply now", "", (Kind.ANSWER, Kind.WELCOME)),
    "comfort": ("Answered, perhaps not heard", "only facilitators see this", (Kind.COMFORT,)),
    "quiet": (
        "Unusually quiet",
        "by their own rhythm; only facilitators see this",
        (Kind.PRESENCE,),
    ),
    "knocking": ("Knocking", "they wait for your word", (Kind.REQUEST,)),
    "reports": ("To be decided", "somebody asked for a look", (Kind.REPORT,)),
    "appeals": ("To be looked at again", "somebody else decided it", (Kind.APPEAL,)),
    "threads": ("Threads without an answer", "for three days and more", (THREAD,)),
    "questions": ("One question, drafted for you", "yours to change", (Kind.STARTER,)),
    "groups": (
        "The group itself",
        "once in a while",
        (Kind.COVER, Kind.SIZE, Kind.BUDDING, Kind.QUIET, Kind.CHARTER),
    ),
}
KINDS = [kind for _, _, kinds in PARTS.values() for kind in kinds]
PART_OF = {kind: part for part, (_, _, kinds) in PARTS.items() for kind in kinds}
HEADINGS = {
    Kind.DISTRESS: "{name}: somebody needs a person now",
    Kind.REPORT: "{name} was reported",
    Kind.ANSWER: "{name} wrote for the first time",
    Kind.WELCOME: "{name} has come in",
    Kind.COMFORT: "{name} may not feel heard",
    Kind.PRESENCE: "{name} is quieter than usual",
    Kind.REQUEST: "{name} would like to come in",
    Kind.APPEAL: "{name} asks you to look again",
    Kind.SIZE: "{name} could use one more to look after it",
    Kind.BUDDING: "{name} could grow a sister",
    Kind.QUIET: "{name} has gone quiet",
    Kind.CHARTER: "{name}: is this still us?",
    Kind.COVER: "{name} has not been here",
    Kind.STARTER: "{name} could use a question",
}
WAITS = "{name} waits for an answer"  # in a thread that is not their first
NOBODY = "Nobody is on duty in {name}"  # a cue about cover that is about nobody
ACTS = {
    Kind.DISTRESS: ("life-buoy", "Look now"),
    Kind.REPORT: ("flag", "Look at it"),
    Kind.ANSWER: ("reply", "Write back to {first}"),
    Kind.WELCOME: ("hand", "Say hello to {first}"),
    Kind.COMFORT: ("reply", "Write back to {first}"),
    Kind.PRESENCE: ("pencil", "Write to {first}"),
    Kind.REQUEST: ("door-open", "Let {first} in"),
    Kind.APPEAL: ("eye", "Read what {first} says"),
    Kind.SIZE: ("hand-heart", "Choose somebody to ask"),
    Kind.BUDDING: ("sprout", "Look at growing a sister"),
    Kind.QUIET: ("message-circle", "Begin a conversation"),
    Kind.CHARTER: ("pencil", "Look at the charter"),
    Kind.COVER: ("calendar", "See who covers"),
    Kind.STARTER: ("send", "Ask it now"),
}
WHY = {
    Kind.ANSWER: "That was <b>{}</b>, and nobody has written back yet.",
    Kind.WELCOME: "That was <b>{}</b>. A hello from a person is worth more than our greeting.",
    Kind.COMFORT: "They wrote of something hard <b>{}</b>. Others wrote back; nobody has said "
    "anything like “I am with you” yet.",
    Kind.APPEAL: "They asked <b>{}</b> that somebody else looks at what was decided.",
    Kind.REQUEST: "They knocked <b>{}</b> and wait for a word.",
}
FOR_ALL = (Kind.APPEAL, Kind.DISTRESS, *HINTS)  # whoever looks first, decides


@dataclass
class Item:
    """One cue as it stands in the queue."""

    cue: Cue
    heading: str
    why: str
    said: str
    thread: UUID | None  # in which they said it
    icon: str
    act: str
    helper: Person | None
    left_until: datetime | None  # then Kith asks by itself what is drafted

    @property
    def person(self):
        return self.cue.person

    @property
    def may_be_left(self):
        """Whether it may be left be, and no act beside the first says so already."""
        return self.cue.kind in (*IN_THEIR_THREAD, Kind.WELCOME, Kind.CHARTER)

    @property
    def acts(self):
        """The template of what can be done with it."""
        room = "starters" if self.cue.kind == Kind.STARTER else "cues"
        return f"facilitation/{room}/_acts.html"


@dataclass
class Part:
    """The first of the cues of one sort, and how many there are."""

    name: str
    items: list[Item]
    count: int

    @property
    def title(self):
        return PARTS[self.name][0]

    @property
    def note(self):
        return PARTS[self.name][1]

    @property
    def more(self):
        """How many more there are than are shown."""
        return self.count - len(self.items)


@dataclass
class Queue:
    """Who could use this person: the parts that are not empty, and how many people in all."""

    parts: list[Part]
    people: int
    beside: Beside


def queue(person, now, *, group=None, part=None):
    """The open cues of the groups this person facilitates, or of one of them.

    Of each part the first SHOWN; of one that is asked for by name the first MOST. Cues about
    oneself are not shown. Those who are quiet stand in the order of domain.md R23. Six queries at
    most, however many cues.
    """
    only = list(PARTS).index(part) if part else None
    cues = rows(first_of_each, person, now, group and group.pk, only)
    drafts = drafts_of(cues)
    words, threads = their_words(cues)
    words |= {key: as_asked(draft) for key, draft in drafts.items()}
    silences = silences_in(cues, person, now)
    others = beside(person, now, group)
    helpers = others_who_could(others.watches, person)
    parts: dict = {}
    for cue in cues:
        name = PART_OF[sort_of(cue)]
        parts.setdefault(name, Part(name, [], cue.count)).items.append(
            item(cue, now, words, threads, helpers, drafts, silences)
        )
    if "quiet" in parts:
        whom = list(silences)
        items = sorted(parts["quiet"].items, key=lambda each: place_in(whom, each.cue.subject_id))
        parts["quiet"].items = items if part else items[:SHOWN]
    return Queue(list(parts.values()), cues[0].people if cues else 0, others)


def put_aside(person, now, *, group=None):
    """What somebody has put aside, over all who look after the group: what comes back first, at
    most SHOWN, each with its `heading` and `count`, how many there are. Not by whom. One query."""
    cues = rows(aside, person, now, group and group.pk)
    for cue in cues:
        cue.heading = heading_of(cue)
    return cues


def aside(person, now, group):
    cues = Cue.objects.visible_to(person).put_aside(now).exclude(person=person)
    if group is not None:
        cues = cues.filter(group=group)
    cues = cues.annotate(count=Window(Count("pk"))).select_related("person", "group")
    return cues.order_by("snoozed_until", "pk")[:SHOWN]


def first_of_each(person, now, group, only):
    """The first cues of each part, or of one, with `count`, how many it has, and `people`, how
    many could use somebody: whoever calls for help is one, by whatever name."""
    part = numbered(place_of_part)
    cues = waiting_cues(person, now, group).annotate(order=numbered(KINDS.index), part=part)
    if only is None:  # of the quiet all are weighed (R23) before the first are shown
        most = Case(When(part=list(PARTS).index("quiet"), then=MOST), default=SHOWN)
    else:
        most = Case(When(part=only, then=MOST), default=0)
    cues = cues.annotate(
        place=Window(RowNumber(), partition_by="part", order_by=["order", "due_at", "pk"]),
        count=Window(Count("pk"), partition_by="part"),
        # A row's rank from either end adds up to one more than there are.
        named=Window(DenseRank(), order_by=F("person").asc()),
        named_after=Window(DenseRank(), order_by=F("person").desc()),
        without=Window(Max(Case(When(person=None, then=1), default=0))),
        calls=Window(Count("pk", filter=Q(kind=Kind.DISTRESS))),
        people=F("named") + F("named_after") - 1 - F("without") + F("calls"),
    ).filter(place__lte=most)
    cues = cues.select_related("person", "group", "assigned_to")
    return cues.order_by("order", "due_at", "pk")


def place_of_part(kind):
    return list(PARTS).index(PART_OF[kind])


def numbered(number_of):
    """The number of a cue's sort, in SQL."""
    about_threads = When(
        ~Q(key__startswith=FIRST_POST), kind=Kind.ANSWER, then=Value(number_of(THREAD))
    )
    others = (When(kind=kind, then=Value(number_of(kind))) for kind in KINDS if kind != THREAD)
    return Case(about_threads, *others)


def came_of_it(person, now, *, group=None):
    """What has settled by itself in the last three days, and why; the newest first. One query.

    Nothing that is about oneself.
    """
    return rows(settled_cues, person, now - LATELY, group and group.pk)


def settled_cues(person, since, group):
    cues = Cue.objects.visible_to(person).filter(closed_by=None, closed_at__gt=since)
    cues = cues.exclude(closed_why="").exclude(person=person)
    if group is not None:
        cues = cues.filter(group=group)
    return cues.select_related("person", "group").order_by("-closed_at", "-pk")[:MOST_SETTLED]


def waiting_cues(person, now, group):
    """Without those about oneself, and without the welcomes of those who have written: to answer
    them is to say hello."""
    cues = Cue.objects.visible_to(person).waiting(now).exclude(person=person)
    if group is not None:
        cues = cues.filter(group=group)
    wrote = Cue.objects.open(now).filter(
        kind=Kind.ANSWER, group=OuterRef("group"), person=OuterRef("person")
    )
    return cues.exclude(Exists(wrote), kind=Kind.WELCOME)


def sort_of(cue):
    """The kind of a cue, or THREAD: what its place in the queue goes by."""
    is_thread = cue.kind == Kind.ANSWER and not cue.key.startswith(FIRST_POST)
    return THREAD if is_thread else cue.kind


def item(cue, now, words, threads, helpers, drafts, silences):
    draft = drafts.get(cue.subject_id)
    icon, act = ACTS[cue.kind]
    taken = (cue.assigned_to_id, cue.person_id)
    others = [each for each in helpers.get(cue.group_id, []) if each.pk not in taken]
    return Item(
        cue=cue,
        heading=heading_of(cue),
        why=why(cue, now, silences),
        said=words.get(cue.subject_id, ""),
        thread=threads.get(cue.subject_id),
        icon=icon,
        act=act.format(first=cue.whom),
        helper=others[0] if others and cue.kind not in FOR_ALL else None,
        left_until=draft.left_until if draft and draft.kith_asks else None,
    )


def heading_of(cue):
    heading = HEADINGS[cue.kind]
    if cue.kind == Kind.COVER and cue.person is None:
        heading = NOBODY
    elif sort_of(cue) == THREAD:
        heading = WAITS
    return heading.format(name=cue.name)


def why(cue, now, silences):
    """The reason with its telling part in bold: since when, or the rhythm and the silence as they
    are today."""
    if cue.subject_id in silences and not cue.is_again:
        return with_telling_part(reason_of(silences[cue.subject_id], now))
    if cue.kind not in WHY:
        return with_telling_part(cue.reason)
    return format_html(WHY[cue.kind], ago(cue.due_at, now))


def place_in(keys, key):
    return keys.index(key) if key in keys else len(keys)


def their_words(cues):
    """({key: what the people of the cues wrote: a post, or the answers on their way in},
    {key: the thread of the post})."""
    posts = [cue.subject_id for cue in cues if cue.kind in IN_THEIR_THREAD]
    doors = [cue.subject_id for cue in cues if cue.kind in (Kind.WELCOME, Kind.REQUEST)]
    found = rows(words_of, posts, doors)
    words = {key: gist(" ".join(said), 240) for key, said, _ in found}
    return words, {key: thread for key, _, thread in found}


def drafts_of(cues):
    """{key: what is drafted}, with `kith_asks`."""
    keys = [cue.subject_id for cue in cues if cue.kind == Kind.STARTER]
    return {draft.pk: draft for draft in rows(drafts_with, keys)}


def as_asked(draft):
    """The words of a draft, whole, as it would be asked."""
    begins = draft.title if draft.title[-1] in "?!.…" else f"{draft.title}."
    return gist(f"{begins}\n\n{draft.body}", len(draft.body) + 300)


def words_of(posts, memberships):
    """[(key, [what was written], its thread)] of posts that stand, and of the answers on the way
    in, which are in none."""
    alone = Func(F("body"), function="jsonb_build_array", output_field=JSONField())
    bodies = Post.objects.standing().filter(pk__in=posts).annotate(said=alone)
    answers = Membership.objects.filter(pk__in=memberships)
    answers = answers.annotate(nowhere=Value(None, UUIDField()))
    answers = answers.values_list("pk", "answers", "nowhere")
    return bodies.values_list("pk", "said", "thread").union(answers, all=True)


def drafts_with(starters):
    return Starter.objects.waiting().filter(pk__in=starters).with_habit()


def others_who_could(watches, person):
    """The other facilitators of each group who are not away, first who is on duty, by group."""
    found: dict = {}
    for watch in watches:
        there = dict.fromkeys(each.person for each in [*watch.on_watch(), *watch.here()])
        found[watch.group.pk] = [each for each in there if each != person]
    return found
