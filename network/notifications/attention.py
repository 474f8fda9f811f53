"""The gate: each time Kith thinks of writing to somebody of its own accord, it asks here first.

`actions.notify` asks by itself for every kind that has a budget (`kinds.Budget`); whoever needs the
answer beforehand calls `may_send` with the cause that the Notice will have.
"""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q, Window
from django.db.models.functions import Lag, RowNumber

from network.networks.models import NetworkMembership
from network.notifications import budget_rules as rules
from network.notifications.kinds import KINDS, Budget
from network.notifications.models import Attention, Notice
from network.notifications.telling import put
from network.people.models import Person
from network.prepared import rows
from network.transactions import deed


@dataclass(frozen=True)
class Answer:
    """Whether it may be sent (true) or not, and why: a key of `budget_rules.REASONS`.

    The reason is the person's own: it tells of other groups. To anybody else say only that it is
    not the time.
    """

    is_yes: bool
    reason: str

    def __bool__(self):
        return self.is_yes


def may_send(person, kind, *, network, cause, now, group=None, subject=None, episode=""):
    """Ask whether Kith may write this to the person now; the answer is written down. An `Answer`.

    kind: a name in `kinds.KINDS`, whose `budget` says what holds for it; cause: what makes it one
    and the same message, as in `notify` ("nudge:<absence id>:1"); group: whence it comes; subject:
    (type, id) of what it is about, else the group; episode: of a nudge, the absence that it is
    about ("absence:<id>"). All budgets hold over all groups of the network together.

    A yes is final: asked again with the same cause it is yes again, and counts once. A no may
    become a yes when it is asked later. Two workers at once never both get the last yes: the
    person's row is locked until the end of the transaction, so ask inside the deed that sends.
    A nudge: once in 14 days, twice in an episode, six times in 365 days, and within the week's
    budget. Five messages in a row that stayed unread for 7 days: no more; three: half as often.
    """
    facts = {"network": network, "cause": cause, "now": now, "group": group}
    return ask([person], kind, subject=subject, episode=episode, **facts)[person.pk]


def those_who_may(people, kind, *, most=None, **facts):
    """Those of the people, in their order, to whom this may be sent; at most so many.

    What `may_send` says of one. Nobody is asked about once there are enough.
    """
    answers = ask(people, kind, most=most, **facts)
    return [person for person in people if answers.get(person.pk)]


@deed
def ask(people, kind, *, network, cause, now, group=None, subject=None, episode="", most=None):
    """{person's key: Answer} for these people. A fixed number of queries."""
    budget = KINDS[kind].budget
    if budget == Budget.NONE or not people:
        return {person.pk: Answer(True, "") for person in people}
    if subject is None:
        subject = ("group", group.pk)
    about = Attention(
        network=network,
        group_id=group.pk if group is not None else None,
        kind=kind,
        cause=cause,
        episode=episode,
        subject_type=subject[0],
        subject_id=subject[1],
        budget=budget,
        at=now,
    )
    if budget == Budget.RECORDED:
        yes = Answer(True, rules.ROOM_OF.get(kind, rules.ROOM[budget]))
        answers = {person.pk: yes for person in people}
        write_down(about, answers)
        return answers
    return decide(people, about, most)


def decide(people, about, most):
    """Answer for each, with their row held; a yes of before stands."""
    keys = sorted({person.pk for person in people})
    held = {person.pk: person for person in rows(people_to_hold, keys)}
    before = rows(answers_before, keys, about.kind, about.cause)
    known = {row.person_id: Answer(row.is_sent, row.reason) for row in before}
    standing = standings(keys, about.network, about.at) if about.budget in rules.CAPS else {}
    answers: dict = {}
    for person in people:
        if most is not None and sum(map(bool, answers.values())) >= most:
            break
        answers[person.pk] = known.get(person.pk) or judge(about, standing.get(person.pk))
    new = {key: answer for key, answer in answers.items() if answer != known.get(key)}
    write_down(about, new)
    stopped = [held[key] for key, answer in new.items() if answer.reason == "stopped"]
    if stopped:
        say_that_we_stop(stopped, about)
    return answers


def people_to_hold(keys):
    return Person.objects.filter(pk__in=keys).order_by("pk").select_for_update(no_key=True)


def answers_before(keys, kind, cause):
    return Attention.objects.filter(person__in=keys, kind=kind, cause=cause)


def judge(about, standing):
    """The answer for one person as they stand."""
    if about.budget == Budget.NUDGE and not about.episode:
        raise ValueError("A nudge is about an absence: say which, as its episode.")
    standing = standing or rules.Standing()
    why_not = rules.held_back(about.budget, standing, episode=about.episode, now=about.at)
    return Answer(not why_not, why_not or rules.ROOM[about.budget])


def write_down(about, answers):
    """One row for each person. A no of before gives way; whatever follows from a deed is there
    already when it is told again."""
    written = [
        Attention(
            person_id=key,
            is_sent=answer.is_yes,
            reason=answer.reason,
            **{field: getattr(about, field) for field in COPIED},
        )
        for key, answer in sorted(answers.items())
    ]
    if about.budget == Budget.RECORDED:
        Attention.objects.bulk_create(written, ignore_conflicts=True)
    else:
        Attention.objects.bulk_create(
            written,
            update_conflicts=True,
            unique_fields=["person", "kind", "cause"],
            update_fields=["is_sent", "reason", "at"],
        )


COPIED = (
    "network_id",
    "group_id",
    "kind",
    "cause",
    "episode",
    "subject_type",
    "subject_id",
    "budget",
    "at",
)


# What somebody was sent, and what they made of it


def standings(keys, network, now):
    """{person's key: Standing} in the network. Three queries."""
    lists = defaultdict(list)
    for row in rows(sent_since, keys, network.pk, now - rules.KEPT_FOR):
        lists[row.person_id].append(rules.Sent(row.budget, row.at, row.episode))
    joined = {place.person_id: place.joined_at for place in rows(places_of, keys, network.pk)}
    ignored = ignored_in_a_row(rows(latest_sent, keys, network.pk, now - rules.IGNORED_AFTER))
    return {
        key: rules.Standing(tuple(lists[key]), joined.get(key), ignored.get(key, 0)) for key in keys
    }


def places_of(keys, network):
    return NetworkMembership.objects.filter(person__in=keys, network=network)


def sent_to(keys, network):
    """What they were sent of what Kith says by itself."""
    taking = [*rules.OF_ITS_OWN, Budget.ASK, Budget.YIELDS]
    return Attention.objects.filter(
        person__in=keys, network=network, is_sent=True, budget__in=taking
    )


def sent_since(keys, network, at):
    return sent_to(keys, network).filter(at__gt=at)


def latest_sent(keys, network, week_ago):
    """The five latest of each that were read, or stayed unread for a week, the latest first.

    What is younger and unread says nothing yet.
    """
    notices = Notice.objects.filter(person=OuterRef("person"), cause=OuterRef("cause"))
    return (
        sent_to(keys, network)
        .annotate(was_read=Exists(notices.exclude(read_at=None)))
        .filter(Q(was_read=True) | Exists(notices.filter(at__lte=week_ago)))
        .annotate(
            rank=Window(RowNumber(), partition_by=["person"], order_by=["-at", "-id"]),
        )
        .filter(rank__lte=rules.STOP_AT)
        .order_by("person", "rank")
    )


def ignored_in_a_row(latest):
    """{person's key: how many of the latest messages stayed unread for a week}, up to five."""
    ignored, ended = defaultdict(int), set()
    for row in latest:
        if row.was_read:
            ended.add(row.person_id)
        elif row.person_id not in ended:
            ignored[row.person_id] += 1
    return ignored


def say_that_we_stop(people, about):
    """Tell them once that we write no more by ourselves; again only after they have read it."""
    said = Notice.objects.unread().filter(person__in=people, network=about.network, kind="we_stop")
    told = set(said.values_list("person", flat=True))
    people = [person for person in people if person.pk not in told]
    facts = {
        "network": about.network,
        "subject": ("attention", about.network_id),
        "cause": f"we_stop:{about.cause}"[:100],
    }
    ask(people, "we_stop", now=about.at, **facts)
    put(people, "we_stop", at=about.at, **facts)


def forget_attention(now):
    """Rows that are older than 400 days go."""
    Attention.objects.filter(at__lte=now - rules.KEPT_FOR).delete()


def nudges_keep_their_distance():
    """Nobody was nudged twice within 14 days in a network, nor three times about one absence."""
    nudges = Attention.objects.filter(is_sent=True, budget=Budget.NUDGE)
    before = Window(Lag("at"), partition_by=["person", "network"], order_by="at")
    close = nudges.annotate(before=before).filter(at__lt=F("before") + rules.BETWEEN_NUDGES)
    for row in close.order_by("pk"):
        yield f"Person {row.person_id} was nudged twice within two weeks, lastly at {row.at}."
    episodes = nudges.values("person", "episode").annotate(n=Count("pk"))
    for row in episodes.filter(n__gt=rules.NUDGES_PER_EPISODE):
        yield f"Person {row['person']} was nudged {row['n']} times about one absence."
