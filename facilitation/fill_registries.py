"""What the rooms of this floor add to the registries: jobs, invariants, personal data, subjects."""

from datetime import timedelta

from django.urls import reverse

from facilitation.cover import reading as cover_reading
from facilitation.cover import watching
from facilitation.cues import actions as cues
from facilitation.cues import charters, quiet, sisters, sizes
from facilitation.cues.models import DRAFTED, FOLLOWS, SETTLED, Cue, Kind
from facilitation.distress import actions as distress
from facilitation.distress import reading as distress_reading
from facilitation.moderation import actions as moderation
from facilitation.moderation import keeping as moderation_keeping
from facilitation.moderation import moves
from facilitation.moderation import reading as moderation_reading
from facilitation.moderation.models import APPEALABLE, HOLDS
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
SETTLED.add(Kind.BUDDING, sisters.is_growing)
SETTLED.add(Kind.QUIET, quiet.has_decided)
SETTLED.add(Kind.WELCOME, settled.met_since)
SETTLED.add(Kind.ANSWER, settled.answered_since)
SETTLED.add(Kind.PRESENCE, presence.is_back)
SETTLED.add(Kind.REPORT, moderation.is_decided)
SETTLED.add(Kind.DISTRESS, distress.is_seen)

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
    "be_buddy",
    "{title} has come into {group}. You offered to show newcomers around: would you say hello?",
    category="care",
    by_mail=True,
    subject_line="{title} has come into {group}",
    button="Say hello",
    from_kith=True,
    budget=Budget.ASK,
)
kinds.add(
    "does_it_fit",
    "You have been in {group} for ten days. Is it the right group for you?",
    category="welcome",
    by_mail=True,
    subject_line="Is {group} the right group?",
    button="Yes, or show me others",
    from_kith=True,
    budget=Budget.WEEKLY,
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
    "will_rest",
    "Somebody waits for a window in {group}. Are you still here? If we hear nothing for two weeks, "
    "you rest, and yours goes to them.",
    category="presence",
    by_mail=True,
    subject_line="{group}: are you still here?",
    button="I am still here",
    from_kith=True,
    budget=Budget.WEEKLY,
)
kinds.add(
    "rests_now",
    "You rest in {group} now, as we wrote. You read on, and are first in line when you come back.",
    category="presence",
    by_mail=True,
    subject_line="You rest in {group}",
    button="Open {group}",
    from_kith=True,
    budget=Budget.RECORDED,
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
    is_gathered=True,
)
kinds.add(
    "could_you_help",
    "Nobody has written back to “{title}” in {group} yet. You may know something: would you look?",
    category="care",
    by_mail=False,
    from_kith=True,
    budget=Budget.ASK,
    is_gathered=True,
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

kinds.add(
    "report_waits",
    "Somebody asks that you look at {title} in {group}.",
    category="facilitating",
    by_mail=True,
    subject_line="Somebody asks you to look at {title}",
    button="Look at it",
    from_kith=True,
)
kinds.add(
    "review_waits",
    "Two people have asked for a look at {title} in {group}. It is hidden until you decide, for a "
    "day at most.",
    category="facilitating",
    by_mail=True,
    subject_line="Hidden until you decide: {title}",
    button="Decide it",
    from_kith=True,
)
kinds.add(
    "review_missed",
    "Nobody has decided for a day about a post in {group} that reports had hidden. It is back.",
    category="facilitating",
    by_mail=True,
    subject_line="Nobody has decided in {group}",
    button="Look at it",
    from_kith=True,
)
kinds.add(
    "many_hidden",
    "Ten posts or more were hidden in {group} within a week.",
    category="facilitating",
    by_mail=True,
    subject_line="Many posts are hidden in {group}",
    button="Open {group}",
    from_kith=True,
)
kinds.add(
    "report_keep",
    "Somebody has looked at {title} in {group} as you asked, and it stands.",
    category="decisions",
)
kinds.add(
    "report_hide",
    "Somebody has looked at {title} in {group} as you asked, and hidden it.",
    category="decisions",
)
kinds.add(
    "report_redirect",
    "Somebody has looked at {title} in {group} as you asked, and spoken with whom it is about.",
    category="decisions",
)
kinds.add(
    "report_remove",
    "Somebody has looked at {title} in {group} as you asked; its author was asked to go.",
    category="decisions",
)
kinds.add(
    "word_from_network",
    "{actor}, who looks after the network, wrote to you.",
    category="decisions",
    by_mail=True,
    subject_line="{actor} wrote to you",
    button="Open it",
)
kinds.add(
    "post_hidden",
    "{actor} has hidden a post of yours in {group}. You can say it in other words.",
    category="decisions",
    by_mail=True,
    subject_line="About a post of yours in {group}",
    button="Read why, and answer",
)
kinds.add(
    "hidden_for_now",
    "Two people asked somebody to look at a post of yours in {group}. It is hidden until then, "
    "for a day at most.",
    category="decisions",
    by_mail=True,
    subject_line="About a post of yours in {group}",
    button="Read what that means",
    from_kith=True,
    budget=Budget.RECORDED,
)
kinds.add(
    "shown_again",
    "Your post in {group} is back.",
    category="decisions",
    by_mail=True,
    subject_line="Your post in {group} is back",
    button="Open it",
    from_kith=True,
    budget=Budget.RECORDED,
)
kinds.add("post_rewritten", "{actor} has said a hidden post in {group} anew.", category="decisions")
kinds.add(
    "paused",
    "{actor} has given you a pause in {group}: you read, and do not write for a while.",
    category="decisions",
    by_mail=True,
    subject_line="A pause in {group}",
    button="Read why, and answer",
)
kinds.add(
    "decision_undone",
    "{actor} has taken back what was decided about you in {group}.",
    category="decisions",
    by_mail=True,
    subject_line="Taken back in {group}",
    button="Read it",
)
kinds.add(
    "note_on_words",
    "{actor} wrote to you alone about your words in {group}.",
    category="decisions",
    by_mail=True,
    subject_line="{actor} wrote to you",
    button="Read it",
)
kinds.add(
    "title_proposed",
    "{actor} proposes another title for “{title}”. It is yours to say yes or no.",
    category="decisions",
    by_mail=True,
    subject_line="Another title for “{title}”?",
    button="Say yes or no",
)
kinds.add(
    "move_asked",
    "May “{title}” move to another group? You wrote in it: it is yours to say yes or no.",
    category="decisions",
    by_mail=True,
    subject_line="May something you wrote move to another group?",
    button="Read where to, and answer",
)
kinds.add(
    "move_waits",
    "Everybody who wrote in “{title}” would like it to move into a group that you look after.",
    category="facilitating",
    by_mail=True,
    subject_line="May a thread move in with you?",
    button="Look at it",
    from_kith=True,
)
kinds.add(
    "move_not_agreed",
    "Not everybody agreed to the moving of “{title}”. It stays in {group}.",
    category="decisions",
    from_kith=True,
    budget=Budget.RECORDED,
)
kinds.add(
    "thread_moved",
    "“{title}” has moved to another group. Everybody who wrote in it agreed.",
    category="decisions",
    from_kith=True,
    budget=Budget.RECORDED,
)
kinds.add("title_accepted", "{actor} has taken the title that you proposed.", category="decisions")
kinds.add("title_declined", "{actor} keeps the title “{title}”.", category="decisions")

# distress

registries.subjects.add("distress", distress_reading.load_distress)
registries.periodic_jobs.add("ring_on", distress.ring_on, every=timedelta(minutes=1))
distress_reading.keep_personal_data()

kinds.add(
    "distress",
    "Somebody in {group} asks for help, now. Look, and say that you are there: else the next are "
    "called.",
    category="distress",
    by_mail=True,
    subject_line="Somebody needs a person now",
    button="Look now",
    from_kith=True,
    urgent=True,
)
kinds.add(
    "distress_seen",
    "{actor} has seen that you called for help, and is there.",
    category="distress",
    by_mail=True,
    subject_line="{actor} is there",
    button="Open it",
    urgent=True,
)
kinds.add(
    "distress_taken",
    "{actor} is there for whoever called for help in {group}.",
    category="distress",
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
