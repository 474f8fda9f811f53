"""The queue as a facilitator reads it: names first, in the order in which people need somebody."""

from dataclasses import dataclass

from django.db.models import Case, Q, Value, When
from django.utils.html import format_html

from facilitation.cues.models import FIRST_POST, Cue, Kind
from facilitation.cues.words import with_telling_part
from facilitation.starters.models import Starter
from microgroups.conversation.models import Post
from microgroups.membership.models import Membership
from network.people.models import Person
from network.prepared import rows
from network.templatetags.kith import ago
from network.text import gist

MOST = 50  # cues on one page: more is a sign that help is needed, not that the page should grow

THREAD = "thread"  # an answer cue that is about another thread than somebody's first words
SECTIONS = (
    ("Now", "somebody called for help", (Kind.DISTRESS,)),
    ("Waiting for a reply now", "", (Kind.ANSWER, Kind.WELCOME)),
    ("Unusually quiet", "by their own rhythm; only facilitators see this", (Kind.PRESENCE,)),
    ("Knocking", "they wait for your word", (Kind.REQUEST,)),
    ("To be decided", "somebody asked for a look", (Kind.REPORT,)),
    ("To be looked at again", "somebody else decided it", (Kind.APPEAL,)),
    ("Threads without an answer", "for three days and more", (THREAD,)),
    ("One question, drafted for you", "yours to change", (Kind.STARTER,)),
    (
        "The group itself",
        "once in a while",
        (Kind.COVER, Kind.SIZE, Kind.BUDDING, Kind.QUIET, Kind.CHARTER),
    ),
)
HEADINGS = {
    Kind.DISTRESS: "{name}: somebody needs a person now",
    Kind.REPORT: "{name} was reported",
    Kind.ANSWER: "{name} wrote for the first time",
    Kind.WELCOME: "{name} has come in",
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
    Kind.APPEAL: "They asked <b>{}</b> that somebody else looks at what was decided.",
    Kind.REQUEST: "They knocked <b>{}</b> and wait for a word.",
}
FOR_ALL = (Kind.APPEAL, Kind.DISTRESS)  # whoever looks first, decides


@dataclass
class Item:
    """One cue as it stands in the queue."""

    cue: Cue
    heading: str
    why: str
    said: str
    icon: str
    act: str
    helper: Person | None

    @property
    def person(self):
        return self.cue.person

    @property
    def acts(self):
        """The template of what can be done with it."""
        room = "starters" if self.cue.kind == Kind.STARTER else "cues"
        return f"facilitation/{room}/_acts.html"


def queue(person, now, *, group=None):
    """The open cues of the groups this person facilitates (or of one), as sections of Items.

    Cues about oneself are not shown. Six queries at most, however many cues.
    """
    cues = once_each(rows(waiting_cues, person, now, group and group.pk))
    words = their_words(cues)
    helpers = others_who_could(cues, person)
    items = [item(cue, now, words, helpers) for cue in cues]
    sections = (
        (title, note, [each for each in items if sort_of(each.cue) in kinds])
        for title, note, kinds in SECTIONS
    )
    return [section for section in sections if section[2]]


def people_in(sections):
    """How many people could use somebody; whoever calls for help is one, by whatever name."""
    cues = [item.cue for _, _, items in sections for item in items]
    named = {cue.person_id for cue in cues} - {None}
    return len(named) + sum(cue.kind == Kind.DISTRESS for cue in cues)


def waiting_cues(person, now, group):
    cues = Cue.objects.visible_to(person).waiting(now).exclude(person=person)
    if group is not None:
        cues = cues.filter(group=group)
    kinds = [kind for _, _, kinds in SECTIONS for kind in kinds]
    about_threads = When(
        ~Q(key__startswith=FIRST_POST), kind=Kind.ANSWER, then=Value(kinds.index(THREAD))
    )
    whens = [When(kind=kind, then=Value(n)) for n, kind in enumerate(kinds) if kind != THREAD]
    order = Case(about_threads, *whens)
    cues = cues.select_related("person", "group", "assigned_to")
    return cues.order_by(order, "due_at", "pk")[:MOST]


def sort_of(cue):
    """The kind of a cue, or THREAD: what its place in the queue goes by."""
    is_thread = cue.kind == Kind.ANSWER and not cue.key.startswith(FIRST_POST)
    return THREAD if is_thread else cue.kind


def once_each(cues):
    """Without the welcomes of those who have written: to answer them is to say hello."""
    wrote = {(cue.group_id, cue.person_id) for cue in cues if cue.kind == Kind.ANSWER}
    return [
        cue
        for cue in cues
        if cue.kind != Kind.WELCOME or (cue.group_id, cue.person_id) not in wrote
    ]


def item(cue, now, words, helpers):
    name = cue.name
    icon, act = ACTS[cue.kind]
    heading = HEADINGS[cue.kind]
    if cue.kind == Kind.COVER and cue.person is None:
        heading = NOBODY
    elif sort_of(cue) == THREAD:
        heading = WAITS
    taken = (cue.assigned_to_id, cue.person_id)
    others = [each for each in helpers.get(cue.group_id, []) if each.pk not in taken]
    return Item(
        cue=cue,
        heading=heading.format(name=name),
        why=why(cue, now),
        said=words.get(cue.subject_id, ""),
        icon=icon,
        act=act.format(first=cue.whom),
        helper=others[0] if others and cue.kind not in FOR_ALL else None,
    )


def why(cue, now):
    """The reason with its telling part in bold: since when, or the rhythm and the silence."""
    if cue.kind not in WHY:
        return with_telling_part(cue.reason)
    return format_html(WHY[cue.kind], ago(cue.due_at, now))


def their_words(cues):
    """What the people of the cues wrote, a first post or the answers on their way in; and what is
    drafted, whole, as it would be asked."""
    posts = [cue.subject_id for cue in cues if cue.kind == Kind.ANSWER]
    doors = [cue.subject_id for cue in cues if cue.kind in (Kind.WELCOME, Kind.REQUEST)]
    said = {key: gist(body, 240) for key, body in rows(bodies_of, posts)}
    said |= {key: gist(" ".join(answers), 240) for key, answers in rows(answers_of, doors)}
    drafts = [cue.subject_id for cue in cues if cue.kind == Kind.STARTER]
    for key, title, body in rows(words_of, drafts):
        begins = title if title[-1] in "?!.…" else f"{title}."
        said[key] = gist(f"{begins}\n\n{body}", len(body) + 300)
    return said


def bodies_of(posts):
    return Post.objects.standing().filter(pk__in=posts).values_list("pk", "body")


def words_of(starters):
    return Starter.objects.waiting().filter(pk__in=starters).values_list("pk", "title", "body")


def answers_of(memberships):
    return Membership.objects.filter(pk__in=memberships).values_list("pk", "answers")


def others_who_could(cues, person):
    """The other facilitators of the cues' groups, by group."""
    found: dict = {}
    for membership in rows(facilitators_but, person.pk, list({cue.group_id for cue in cues})):
        found.setdefault(membership.group_id, []).append(membership.person)
    return found


def facilitators_but(person, groups):
    others = Membership.objects.facilitating().filter(group__in=groups).exclude(person=person)
    return others.select_related("person").order_by("pk")
