"""What the rooms of this floor add to the registries: jobs, invariants, personal data, subjects."""

from datetime import timedelta

from django.urls import reverse

from facilitation.cover import reading as cover_reading
from facilitation.cover import watching
from facilitation.cues import actions as cues
from facilitation.cues import charters, quiet, sisters, sizes
from facilitation.cues.models import SETTLED, Cue, Kind
from facilitation.nudges import jobs as nudge_jobs
from facilitation.nudges import reading as nudges
from facilitation.nudges.models import Nudge
from facilitation.presence import actions as presence
from facilitation.presence import reading as presence_reading
from facilitation.presence.models import Absence
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


registries.subjects.add("cue", load_cues)
registries.subjects.add("nudge", nudges.load_nudges)
for kind in ("nudge", "nudge_by_kith", "stay_rest_or_leave"):
    registries.letters_due.add(kind, nudges.is_still_due)
registries.place_panels.add("rhythm", presence_reading.on_my_place)
registries.group_changed.add("cues", cues.settle_with_group)

SETTLED.add(Kind.REQUEST, cues.has_answer)
SETTLED.add(Kind.APPEAL, cues.is_decided)
SETTLED.add(Kind.SIZE, sizes.is_well_again)
SETTLED.add(Kind.CHARTER, charters.is_confirmed)
SETTLED.add(Kind.COVER, watching.is_covered)
SETTLED.add(Kind.BUDDING, sisters.is_growing)
SETTLED.add(Kind.QUIET, quiet.has_decided)
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
registries.periodic_jobs.add("propose_sisters", sisters.propose_sisters, every=timedelta(days=7))
registries.periodic_jobs.add("ask_quiet_groups", quiet.ask_quiet_groups, every=timedelta(days=7))
registries.periodic_jobs.add("notice_absences", presence.notice_absences, every=timedelta(days=1))
registries.periodic_jobs.add("draft_nudges", nudge_jobs.draft_nudges, every=timedelta(days=1))

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
    "nudge_by_kith",
    "Would you look in on {group}?",
    category="presence",
    by_mail=True,
    subject_line="A question for you from {group}",
    button="Open {group}",
    from_kith=True,
    budget=Budget.NUDGE,
)
kinds.add(
    "stay_rest_or_leave",
    "Would you like to stay in {group}, rest for a while, or leave? Each is fine.",
    category="presence",
    by_mail=True,
    subject_line="{group}: stay, rest or leave?",
    button="Choose",
    from_kith=True,
    budget=Budget.WEEKLY,
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
            "is_held_out": absence.is_held_out,
            "ended_at": absence.ended_at,
        }


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
registries.personal_data.add(Nudge, registries.Kept(export=nudges.nudges_about, erase=nudges.erase))
nudges.hold_invariants()
