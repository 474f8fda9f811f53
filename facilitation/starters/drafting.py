"""Jobs: a draft where a group has gone quiet by its own measure; what is scheduled is asked."""

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from facilitation.cues.actions import open_cues, settle, settle_those
from facilitation.cues.models import Cue, Kind
from facilitation.cues.models import State as CueState
from facilitation.starters import rules
from facilitation.starters.actions import ask, back_to_draft, lock, log
from facilitation.starters.library import ANY, openers
from facilitation.starters.measure import begun_by_members, figures
from facilitation.starters.models import Starter, State
from microgroups.groups.actions import locked
from microgroups.groups.models import MicroGroup
from network.errors import Refused, TooOften
from network.networks.door import come_in
from network.prepared import rows
from network.transactions import deed

# Drafting


def draft_starters(now):
    """Draft one starter for each group that is quiet by its own measure, and ask a facilitator to
    look at it; let go what nobody needs any more."""
    settle_drafts(now)
    for row in figures(now):
        if row.wants_a_draft(now):
            draft(row.group, now=now)


@deed
def draft(key, *, now):
    """Draft a starter and open its Cue, unless another worker has or the group has no need.

    Answers the starter, or None.
    """
    group = locked(MicroGroup(pk=key))
    found = figures(now, only=group.pk)
    opener = fresh_opener(group, now)
    if not found or not found[0].wants_a_draft(now) or opener is None:
        return None
    starter = Starter.objects.create(
        group=group,
        title=opener.title,
        body=opener.body,
        opener=opener.key,
        from_kith=True,
        is_untouched=True,
        created_at=now,
        left_until=now + rules.KITH_WAITS,
    )
    silent = found[0].silent_for(now).days
    reason = rules.in_words(silent, found[0].usual_gap)
    open_cues([cue_for(starter, f"starter:{starter.pk}", reason, now)])
    log("starter.drafted", starter, None, now)
    return starter


def cue_for(starter, key, reason, now):
    return Cue(
        kind=Kind.STARTER,
        key=key,
        group_id=starter.group_id,
        reason=reason,
        subject_type="starter",
        subject_id=starter.pk,
        due_at=now,
        created_at=now,
    )


def fresh_opener(group, now):
    """An opener that suits the group and that it has not met for 56 days, asked or not; None
    where there is none. Another group of its kind begins elsewhere in the list."""
    met = Q(created_at__gt=now - rules.REST) | Q(pk__in=Starter.objects.resting(now).values("pk"))
    tired = set(group.starters.filter(met).values_list("opener", flat=True))
    kind = rules.kind_of(f"{group.name} {group.purpose} {group.belonging}")
    for found in (openers(kind), openers(ANY)):
        start = group.pk.int % len(found)
        for opener in found[start:] + found[:start]:
            if opener.key not in tired:
                return opener
    return None


def settle_drafts(now):
    """Let go the drafts of Kith that a member made needless, or that waited two weeks; close the
    cues of all that wait no more."""
    let_go(needless, CueState.DONE, "A member has begun a thread.", now)
    let_go(old, CueState.LAPSED, "It waited for two weeks.", now)
    settle_those(Kind.STARTER, is_seen_to, CueState.DONE, "Somebody has seen to it.", now=now)


def untouched():
    return Starter.objects.filter(state=State.DRAFTED, is_untouched=True).order_by("pk")


def needless(now):
    return untouched().filter(Exists(begun_by_members(now, "created_at")))


def old(now):
    return untouched().filter(created_at__lte=now - rules.WAITS_FOR)


@deed
def let_go(which, state, why, now):
    keys = rows(keys_of, which, now)
    if keys:
        cues = Cue.objects.filter(kind=Kind.STARTER, subject_id__in=keys)
        settle(cues, state, why, now=now)
        which(now).filter(pk__in=keys).update(state=State.DISCARDED, decided_at=now)


def keys_of(build, now):
    return build(now).values_list("pk", flat=True)


def is_seen_to(now):
    """A condition on cues: their draft waits no more, or a member has begun a thread since."""
    needless = Exists(begun_by_members(now, "created_at"))
    wanted = Starter.objects.filter(pk=OuterRef("subject_id"), state=State.DRAFTED)
    return ~Exists(wanted.exclude(Q(needless, is_untouched=True)))


def drafted(cues):
    """{cue's key: the words of its starter}, for the shape of a Cue."""
    words = Starter.objects.waiting().filter(pk__in={cue.subject_id for cue in cues})
    texts = {key: f"{title}\n\n{body}" for key, title, body in words.values_list(*WORDS)}
    return {cue.pk: texts.get(cue.subject_id) for cue in cues}


WORDS = ("pk", "title", "body")

# Asking what is scheduled


def publish_starters(now):
    """Ask what is scheduled for now, in the name of whoever decided so."""
    for key, group in rows(scheduled, now):
        publish_due(key, group, now=now)


def scheduled(now):
    return Starter.objects.due(now).order_by("publish_at", "pk").values_list("pk", "group")


@deed
def publish_due(key, group, *, now):
    """Ask it if its person still facilitates and the group is open; else it is a draft again, and
    those who facilitate are asked to look. Once, however often asked."""
    group = locked(MicroGroup(pk=group))
    if not group.starters.due(now).filter(pk=key).exists():
        return None
    starter = lock(key)
    try:
        return ask(starter, who_asks(starter, group), now)
    except TooOften:
        return None  # in the next minute again
    except Refused as refusal:
        return give_back(starter, str(refusal), now)


def who_asks(starter, group):
    """The person in whose name it is asked, as they stand now. Refuses: not_allowed."""
    person = starter.decided_by
    if not group.is_open:
        raise Refused("group_not_open", "The group was closed by then.")
    membership = group.memberships.of(person) if person is not None else None
    if membership is None or not membership.is_facilitator:
        name = person.name if person is not None else "Whoever decided so"
        raise Refused("not_allowed", f"{name} does not look after the group any more.")
    if not (come_in(person, group.network).is_current and person.is_active):
        raise Refused("not_allowed", f"{person.name} is not here just now.")
    return person


def give_back(starter, why, now):
    at = starter.publish_at
    back_to_draft(starter, now)
    log("starter.given_back", starter, None, now)
    if starter.group.is_open:
        key = f"starter:{starter.pk}:{at.timestamp():.6f}"
        reason = f"It was to be asked on {timezone.localtime(at):%-d %B}. {why}"
        open_cues([cue_for(starter, key, reason[:300], now)])
    return starter
