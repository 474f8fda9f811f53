"""The daily job: drafts for those who have lapsed, and what follows when nothing helps (R25)."""

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q

from facilitation.cues.actions import open_cues
from facilitation.cues.models import AGAIN, Cue, Kind
from facilitation.distress.reading import about_words_in, lately_by_or_about
from facilitation.nudges import rules
from facilitation.nudges.actions import sent, still_matters, tell, there_is_room
from facilitation.nudges.models import Nudge, State, Step
from facilitation.nudges.threads import live_thread
from facilitation.nudges.wording import draft_text
from facilitation.presence.models import Absence, Level
from facilitation.presence.reading import oldest_news
from facilitation.presence.rules import day_of
from microgroups.groups.actions import locked
from network.prepared import first, rows
from network.transactions import deed


def draft_nudges(now):
    """Draft a first or second word to whoever has lapsed; send what a group leaves to Kith; ask
    once whether somebody stays, rests or leaves. Drafts of those who are back lapse."""
    lapse_drafts(now)
    for step, due in DUE.items():
        for key in rows(keys_of, due, now):
            draft(key, step, now=now)
    for key in rows(keys_of, left_to_kith, now):
        send_by_kith(key, now=now)
    for key in rows(keys_of, due_choice, now):
        ask_once(key, due_choice, Step.CHOICE, "stay_rest_or_leave", now=now)


def keys_of(build, now):
    return build(now).values_list("pk", flat=True)


@deed
def lapse_drafts(now):
    """Nothing stays drafted to those who are back, rest, have left or let nobody look, nor what
    nobody wants to send, nor where somebody may need help."""
    if rows(keys_of, needless, now):
        needless(now).update(state=State.LAPSED)


def needless(now):
    still = Absence.objects.still().filter(pk=OuterRef("absence"))
    old = Q(opened_at__lte=now - rules.DRAFT_HOLDS)
    young = Q(network__minimum_age__lt=rules.LEAST_AGE)
    need = Q(lately_by_or_about("person", now)) | Q(about_words_in("thread"))
    return Nudge.objects.drafts().filter(~Exists(still) | old | young | need).order_by()


# Who is due


def askable(now):
    """Absences about which Kith may do something: of people with an account, not held out, where
    nobody is a child; of nobody who may need help, which is a matter for people alone."""
    return (
        Absence.objects.still()
        .filter(
            level=Level.LAPSED,
            is_held_out=False,
            membership__group__network__minimum_age__gte=rules.LEAST_AGE,
            membership__person__claimed_at__isnull=False,
            membership__person__is_active=True,
        )
        .exclude(lately_by_or_about("membership__person", now))
        .order_by("pk")
    )


def lapsed(now):
    """Those of them that are no older than what is news."""
    return askable(now).filter(last_visit_on__gte=oldest_news(now))


def nudges_of(**facts):
    return Exists(Nudge.objects.filter(absence=OuterRef("pk"), **facts))


def due_first(now):
    """Those about whom facilitators are asked, so that there are no more drafts than care."""
    asked = Cue.objects.open().filter(kind=Kind.PRESENCE, subject_id=OuterRef("membership"))
    return lapsed(now).filter(Exists(asked), ~nudges_of())


def due_second(now):
    first = {"step": Step.FIRST, "sent_at__lte": now - rules.SECOND_AFTER}
    return lapsed(now).filter(nudges_of(**first), ~nudges_of(step__gt=Step.FIRST))


def left_to_kith(now):
    """Drafts that no person has touched, in groups that leave it to Kith then."""
    drafts = Nudge.objects.drafts().filter(edited_at=None, opened_at__lte=now - rules.KITH_WAITS)
    return drafts.filter(group__nudge_habit__by_kith=True).order_by("pk")


def due_choice(now):
    """Those to whom somebody has written in vain; not while a draft waits, nor who is left be."""
    long_ago = day_of(now) - timedelta(days=rules.CHOICE_FROM)
    lately = Q(sent_at__gt=now - rules.STOP_AFTER)
    not_over = lately | Q(state__in=[State.DRAFT, State.DISCARDED]) | Q(step=Step.CHOICE)
    going_on = Nudge.objects.filter(not_over, absence=OuterRef("pk"))
    in_vain = lapsed(now).filter(nudges_of(state=State.SENT), ~Exists(going_on))
    return in_vain.filter(last_visit_on__lte=long_ago)


DUE = {Step.FIRST: due_first, Step.SECOND: due_second}


# What is done about each


def one_of(build, key, now):
    return build(now).filter(pk=key).select_related("membership__group", "membership__person")


@deed
def draft(key, step, *, now):
    """Open a draft, once; a second one asks the facilitators anew."""
    absence = first(one_of, DUE[step], key, now)
    if absence is None:
        return
    membership = absence.membership
    thread = live_thread(membership, now)
    Nudge.objects.bulk_create(
        [
            Nudge(
                network_id=membership.group.network_id,
                group=membership.group,
                absence=absence,
                person=membership.person,
                step=step,
                thread=thread,
                body=draft_text(membership, thread, step)[: rules.LONGEST],
                opened_at=now,
            )
        ],
        ignore_conflicts=True,
    )
    if step == Step.SECOND:
        open_cues([second_cue(absence, now)])


def second_cue(absence, now):
    membership = absence.membership
    return Cue(
        kind=Kind.PRESENCE,
        key=f"presence:{membership.pk}:{absence.last_visit_on}{AGAIN}",
        group_id=membership.group_id,
        person_id=membership.person_id,
        reason="Has not come by since somebody wrote. Kith drafted one more word, the last one.",
        subject_type="membership",
        subject_id=membership.pk,
        due_at=now,
        created_at=now,
    )


@deed
def send_by_kith(key, *, now):
    """Send an untouched draft as Kith, labelled so, where the group leaves it to Kith."""
    nudge = left_to_kith(now).filter(pk=key).select_related("group").first()
    if nudge is None:
        return
    group = locked(nudge.group)
    held = left_to_kith(now).select_for_update(no_key=True, skip_locked=True, of=["self"])
    nudge = held.filter(pk=key).select_related("person", "absence").first()
    if nudge is None or not still_matters(nudge):
        return
    nudge.group = group
    if there_is_room(nudge, nudge.person, "nudge_by_kith", now):
        tell(nudge, [nudge.person], "nudge_by_kith", now)
        sent(nudge, None, now)


@deed
def ask_once(key, due, step, kind, *, now):
    """Ask once whether they would stay, rest or leave (each is as good), or tell that they will
    rest; where there is room for it, and `due(now)` still says so."""
    absence = first(one_of, due, key, now)
    if absence is None:
        return
    group = locked(absence.membership.group)
    nudge = Nudge(
        network_id=group.network_id,
        group=group,
        absence=absence,
        person=absence.membership.person,
        step=step,
        state=State.SENT,
        opened_at=now,
        sent_at=now,
    )
    if not due(now).filter(pk=key).exists():
        return
    if there_is_room(nudge, nudge.person, kind, now):
        nudge.save(force_insert=True)
        tell(nudge, [nudge.person], kind, now)
