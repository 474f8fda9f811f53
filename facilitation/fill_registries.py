"""What the rooms of this floor add to the registries: jobs, invariants, personal data, subjects."""

from datetime import timedelta

from django.urls import reverse

from facilitation.cover import reading as cover_reading
from facilitation.cover import watching
from facilitation.cues import actions as cues
from facilitation.cues import charters, sizes
from facilitation.cues.models import DRAFTED, SETTLED, Cue, Kind
from facilitation.presence import actions as presence
from facilitation.presence.models import Absence
from facilitation.rescue import actions as rescue
from facilitation.starters import drafting
from facilitation.starters.models import Starter
from facilitation.welcome import actions as welcome
from facilitation.welcome import settled
from network import registries
from network.notifications import kinds
from network.notifications.kinds import Budget


def load_cues(ids, person):
    """Cues of the groups this person facilitates, as subjects of a Notice."""
    return {
        cue.pk: registries.Subject(
            title=cue.about,
            url=f"{reverse('group_care', args=[cue.group.slug])}#cue-{cue.pk}",
            group_name=cue.group.name,
            group=cue.group.slug,
        )
        for cue in Cue.objects.visible_to(person)
        .filter(pk__in=ids)
        .select_related("group", "person")
    }


def load_starters(ids, person):
    """Starters of the groups this person facilitates, as subjects."""
    found = Starter.objects.visible_to(person).filter(pk__in=ids).select_related("group")
    return {
        starter.pk: registries.Subject(
            title=starter.title,
            url=starter.get_absolute_url(),
            group_name=starter.group.name,
            group=starter.group.slug,
        )
        for starter in found
    }


registries.subjects.add("cue", load_cues)
registries.subjects.add("starter", load_starters)
registries.group_changed.add("cues", cues.settle_with_group)

SETTLED.add(Kind.REQUEST, cues.has_answer)
SETTLED.add(Kind.APPEAL, cues.is_decided)
SETTLED.add(Kind.SIZE, sizes.is_well_again)
SETTLED.add(Kind.CHARTER, charters.is_confirmed)
SETTLED.add(Kind.COVER, watching.is_covered)
SETTLED.add(Kind.STARTER, drafting.is_seen_to)
DRAFTED.add(Kind.STARTER, drafting.drafted)
SETTLED.add(Kind.WELCOME, settled.met_since)
SETTLED.add(Kind.ANSWER, settled.answered_since)
SETTLED.add(Kind.PRESENCE, presence.is_back)

registries.periodic_jobs.add(
    "welcome_newcomers", welcome.welcome_newcomers, every=timedelta(minutes=1)
)
registries.periodic_jobs.add(
    "watch_first_posts", welcome.watch_first_posts, every=timedelta(minutes=5)
)
registries.periodic_jobs.add("ask_for_requests", cues.ask_for_requests, every=timedelta(minutes=1))
registries.periodic_jobs.add("ask_for_appeals", cues.ask_for_appeals, every=timedelta(minutes=1))
registries.periodic_jobs.add(
    "ask_for_facilitators", sizes.ask_for_facilitators, every=timedelta(hours=1)
)
registries.admin_decisions.add("sizes", sizes.decisions)
registries.periodic_jobs.add(
    "ask_for_charters", charters.ask_for_charters, every=timedelta(hours=1)
)
registries.periodic_jobs.add("draft_starters", drafting.draft_starters, every=timedelta(days=1))
registries.periodic_jobs.add(
    "publish_starters", drafting.publish_starters, every=timedelta(minutes=1)
)
registries.periodic_jobs.add("rescue_threads", rescue.rescue_threads, every=timedelta(hours=1))
registries.periodic_jobs.add("notice_absences", presence.notice_absences, every=timedelta(days=1))

registries.periodic_jobs.add("cover_groups", watching.cover_groups, every=timedelta(hours=1))
cover_reading.keep_personal_data()

kinds.add(
    "asked_to_step_in",
    "{actor} is away for a while and asks you to step in for {group}.",
    category="facilitating",
    by_mail=True,
    subject_line="{actor} asks you to step in for {group}",
    button="Open {group}",
)
kinds.add(
    "cover_wanted",
    "People wait in {group}, and somebody who looks after it with you was not there to see.",
    category="facilitating",
    by_mail=True,
    subject_line="Could you look in on {group}?",
    button="See who is waiting",
    from_kith=True,
)
kinds.add(
    "step_in_now",
    "Somebody waits in {group}, and those who look after it are away. You step in for one of them.",
    category="facilitating",
    by_mail=True,
    subject_line="Could you look in on {group}?",
    button="Open {group}",
    from_kith=True,
)
kinds.add(
    "cover_missing",
    "People have waited in {group} for a while, and nobody who looks after it was there to see.",
    category="facilitating",
    by_mail=True,
    subject_line="Nobody is looking after {group} just now",
    button="Look at {group}",
    from_kith=True,
)

kinds.add(
    "welcome",
    "Welcome to {group}. Say hello whenever you like; people here answer.",
    category="welcome",
    by_mail=True,
    subject_line="Welcome to {group}",
    button="Come in and say hello",
    from_kith=True,
    budget=Budget.COUNTED,
)
kinds.add(
    "note",
    "{actor} wrote you a few words from {group}.",
    category="care",
    by_mail=True,
    subject_line="{actor} wrote to you",
    button="Open {group}",
    personal=True,
)
kinds.add(
    "nudge",
    "{actor} wonders how you are, and whether you would look in on {group}.",
    category="care",
    by_mail=True,
    subject_line="{actor} wrote to you",
    button="Open {group}",
    personal=True,
    budget=Budget.NUDGE,
)
kinds.add(
    "cue_assigned",
    "{actor} asks you to look after {title} in {group}.",
    category="facilitating",
    by_mail=True,
    subject_line="{actor} asks you to look after {title}",
    button="Open your queue",
)
kinds.add(
    "answer_wanted",
    "{title} wrote in {group} for the first time and waits for an answer.",
    category="facilitating",
    by_mail=True,
    subject_line="{title} waits for an answer",
    button="Write back to {title}",
    from_kith=True,
)
kinds.add(
    "could_you_answer",
    "Would you write back? Somebody new wrote “{title}” in {group} yesterday.",
    category="care",
    by_mail=False,
    from_kith=True,
    budget=Budget.ASK,
)
kinds.add(
    "could_you_help",
    "Nobody has written back to “{title}” in {group} yet. You may know something: would you look?",
    category="care",
    by_mail=False,
    from_kith=True,
    budget=Budget.ASK,
)
kinds.add(
    "answer_overdue",
    "A newcomer in {title} has waited a day for a first answer.",
    category="facilitating",
    by_mail=True,
    subject_line="A newcomer in {title} has waited a day",
    button="Open {title}",
    from_kith=True,
)
kinds.add(
    "too_few_facilitators",
    "{title} has grown, and too few people look after it. Those who do were asked two weeks ago.",
    category="facilitating",
    by_mail=True,
    subject_line="{title} has grown",
    button="Look at {title}",
    from_kith=True,
)


def cues_about(person):
    for cue in Cue.objects.filter(person=person).select_related("group"):
        yield {
            "group": cue.group.name,
            "kind": cue.kind,
            "reason": cue.reason,
            "state": cue.state,
            "why": cue.closed_why,
            "created_at": cue.created_at,
            "closed_at": cue.closed_at,
        }


def absences_of(person):
    for absence in Absence.objects.filter(membership__person=person):
        yield {
            "last_visit_on": absence.last_visit_on,
            "level": absence.level,
            "chance": absence.chance,
            "noticed_at": absence.noticed_at,
            "ended_at": absence.ended_at,
        }


def starters_of(person):
    for starter in Starter.objects.filter(author=person).select_related("group"):
        yield {
            "group": starter.group.name,
            "state": starter.state,
            "title": starter.title,
            "body": starter.body,
            "created_at": starter.created_at,
            "publish_at": starter.publish_at,
        }


def erase_starters(person):
    """What was asked stands in its thread; what was not asked goes."""
    Starter.objects.filter(author=person).exclude(state="published").delete()
    for which in ("author", "decided_by"):
        Starter.objects.filter(**{which: person}).update(**{which: None})


registries.personal_data.add(Starter, registries.Kept(export=starters_of, erase=erase_starters))
registries.personal_data.add(
    Cue,
    registries.Kept(
        export=cues_about, erase=lambda person: Cue.objects.filter(person=person).delete()
    ),
)
registries.personal_data.add(
    Absence,
    registries.Kept(
        export=absences_of,
        erase=lambda person: Absence.objects.filter(membership__person=person).delete(),
    ),
)
