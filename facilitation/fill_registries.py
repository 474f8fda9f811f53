"""What the rooms of this floor add to the registries: jobs, invariants, personal data, subjects."""

from datetime import timedelta

from django.urls import reverse

from facilitation.comfort import actions as comfort
from facilitation.cover import reading as cover_reading
from facilitation.cover import watching
from facilitation.cues import actions as cues
from facilitation.cues import charters, quiet, sisters, sizes
from facilitation.cues.models import DRAFTED, FOLLOWS, KEPT, REASONS, SETTLED, Cue, Kind
from facilitation.distress import actions as distress
from facilitation.distress import reading as distress_reading
from facilitation.moderation import actions as moderation
from facilitation.moderation import keeping as moderation_keeping
from facilitation.moderation import moves
from facilitation.moderation import reading as moderation_reading
from facilitation.moderation.models import APPEALABLE, HOLDS
from facilitation.nudges import actions as nudging
from facilitation.nudges import jobs as nudge_jobs
from facilitation.nudges import reading as nudges
from facilitation.nudges import resting
from facilitation.nudges.models import Nudge
from facilitation.presence import actions as presence
from facilitation.presence import reading as presence_reading
from facilitation.presence.models import Absence
from facilitation.rescue import actions as rescue
from facilitation.starters import actions as starters
from facilitation.starters import asking, drafting
from facilitation.starters import reading as starter_reading
from facilitation.starters.models import Starter
from facilitation.welcome import actions as welcome
from facilitation.welcome import first_days, keeping, settled
from facilitation.welcome import reading as welcome_reading
from facilitation.welcome.models import Buddy, Welcome
from microgroups.appeals.models import LIFTS
from microgroups.digest.reading import NOT_TOLD
from network import registries


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
registries.letters_due.add("cue_assigned", cues.is_asked_still)
registries.subjects.add("nudge", nudges.load_nudges)
for kind in ("nudge", "nudge_by_kith", "stay_rest_or_leave", "will_rest"):
    registries.letters_due.add(kind, nudges.is_still_due)
registries.subjects.add("welcome", welcome_reading.load_welcomes)
registries.subjects.add("fit", welcome_reading.load_fits)
registries.panels.add("first_days", welcome_reading.first_days)
registries.place_panels.add("buddy", welcome_reading.on_my_place)
registries.place_panels.add("rhythm", presence_reading.on_my_place)
registries.subjects.add("starter", load_starters)
registries.place_panels.add("by_kith", starter_reading.on_my_place)
registries.group_changed.add("cues", cues.settle_with_group)

DRAFTED.add(Kind.WELCOME, first_days.drafted_questions)
SETTLED.add(Kind.REQUEST, cues.has_answer)
SETTLED.add(Kind.APPEAL, cues.is_decided)
SETTLED.add(Kind.SIZE, sizes.is_well_again)
SETTLED.add(Kind.CHARTER, charters.is_confirmed)
SETTLED.add(Kind.COVER, watching.is_covered)
SETTLED.add(Kind.STARTER, drafting.is_seen_to)
DRAFTED.add(Kind.STARTER, drafting.drafted)
FOLLOWS.add(Kind.STARTER, starters.follow)
FOLLOWS.add(Kind.PRESENCE, nudging.follow)
SETTLED.add(Kind.BUDDING, sisters.is_growing)
SETTLED.add(Kind.QUIET, quiet.has_decided)
SETTLED.add(Kind.WELCOME, settled.met_since)
SETTLED.add(Kind.ANSWER, settled.answered_since)
SETTLED.add(Kind.PRESENCE, presence.is_back)
REASONS.add(Kind.PRESENCE, presence_reading.reasons)
SETTLED.add(Kind.COMFORT, comfort.is_settled)
KEPT.add(Kind.COMFORT, comfort.is_kept_from)
SETTLED.add(Kind.REPORT, moderation.is_decided)
SETTLED.add(Kind.DISTRESS, distress.is_seen)
KEPT.add(Kind.DISTRESS, distress_reading.is_kept_from)

registries.periodic_jobs.add(
    "welcome_newcomers", welcome.welcome_newcomers, every=timedelta(minutes=1)
)
registries.periodic_jobs.add(
    "take_first_steps", first_days.take_first_steps, every=timedelta(hours=6)
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
registries.periodic_jobs.add("ask_as_kith", asking.ask_as_kith, every=timedelta(hours=1))
registries.periodic_jobs.add("rescue_threads", rescue.rescue_threads, every=timedelta(hours=1))
registries.periodic_jobs.add(
    "ask_for_comfort", comfort.ask_for_comfort, every=timedelta(minutes=15)
)
registries.periodic_jobs.add("propose_sisters", sisters.propose_sisters, every=timedelta(days=7))
registries.periodic_jobs.add("ask_quiet_groups", quiet.ask_quiet_groups, every=timedelta(days=7))
registries.periodic_jobs.add("notice_absences", presence.notice_absences, every=timedelta(days=1))
registries.periodic_jobs.add(
    "draft_nudges", nudge_jobs.draft_nudges, every=timedelta(days=1), after="notice_absences"
)

registries.periodic_jobs.add(
    "rest_silent_members",
    resting.rest_silent_members,
    every=timedelta(days=1),
    after="notice_absences",
)

registries.periodic_jobs.add("cover_groups", watching.cover_groups, every=timedelta(hours=1))
cover_reading.keep_personal_data()


# moderation

registries.subjects.add("report", moderation_reading.load_reports)
registries.subjects.add("decision", moderation_reading.load_decisions)
registries.moved_threads.add("moves", moderation_reading.moved_to)
registries.post_acts.add("report", moderation_reading.report_act)
registries.post_acts.add("hide", moderation_reading.hide_act)
registries.post_acts.add("why hidden", moderation_reading.why_act)
registries.admin_panels.add("reports", moderation_reading.waiting_reports)
registries.periodic_jobs.add("move_threads", moves.move_threads, every=timedelta(hours=1))
HOLDS.add("distress", distress_reading.called_about)
NOT_TOLD.add("distress", distress_reading.about_words)
registries.periodic_jobs.add("end_reviews", moderation.end_reviews, every=timedelta(minutes=1))
for about in APPEALABLE:
    LIFTS.add(about, moderation.lift, page=moderation_reading.page_of)
moderation_keeping.keep_personal_data()
moderation_keeping.hold_invariants()


# distress

registries.subjects.add("distress", distress_reading.load_distress)
registries.periodic_jobs.add("ring_on", distress.ring_on, every=timedelta(minutes=1))
distress_reading.keep_personal_data()


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
    Welcome, registries.Kept(export=keeping.welcomes_of, erase=keeping.erase_welcomes)
)
registries.personal_data.add(
    Buddy,
    registries.Kept(
        export=keeping.offers_of,
        erase=lambda person: Buddy.objects.filter(membership__person=person).delete(),
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
starter_reading.hold_invariants()
