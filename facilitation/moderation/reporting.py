"""Asking that somebody looks at something, and what becomes of it."""

from django.utils import timezone

from facilitation.cues.actions import open_cues
from facilitation.cues.models import Cue
from facilitation.cues.models import Kind as CueKind
from facilitation.moderation import rules
from facilitation.moderation.actions import hide_now, log, pause_now, tell
from facilitation.moderation.closing import close_reports
from facilitation.moderation.finding import find, who_looks
from facilitation.moderation.models import (
    IN_A_GROUP,
    REPORTABLE,
    About,
    Decision,
    Kind,
    Report,
    State,
    Verdict,
)
from facilitation.moderation.redirects import answers, take
from microgroups.conversation import restraints
from microgroups.conversation.models import Post
from microgroups.groups.actions import facilitators, locked
from microgroups.groups.rules import needed
from microgroups.membership.actions import remove
from network.activity.actions import record
from network.errors import Invalid, NotAllowed
from network.networks.models import Network
from network.notifications.actions import notify
from network.notifications.opening import note_answered
from network.pace import keep_pace
from network.templatetags.kith import in_words
from network.transactions import deed

# Reporting


@deed
def report(person, about, key, network, *, reason, agreement="", now=None):
    """Ask that somebody looks at a post, a postcard, a person or a group; answers the report.

    Asked again while it is open, it is the same one. Two of members who have been there for a week
    hide a post until somebody has looked. Refuses: not_allowed (one's own), invalid, too_often.
    """
    now = now or timezone.now()
    thing = find(about, key, person, network)
    if thing is None:
        raise Invalid({about: "There is nothing of this kind here."})
    hold(thing.network, thing.group)
    if thing.person is not None and thing.person.pk == person.pk:
        raise NotAllowed("not_allowed", "This is yours; you can change it or take it back.")
    agreement, reason = rules.agreement_of(agreement, thing.agreements), needed("reason", reason)
    asked = Report.objects.of(about, thing.row.pk).open()
    mine = asked.filter(reporter=person).first()
    if mine is not None:
        return mine
    keep_pace("report", person, now)
    made = Report.objects.create(
        network=thing.network,
        group=thing.group,
        about=about,
        subject_id=thing.row.pk,
        person=thing.person,
        reporter=person,
        agreement=agreement,
        reason=reason,
        counts=has_standing(thing.group, person, now),
        at=now,
    )
    record("report.made", network=thing.network, actor=None, about=made, group=thing.group, at=now)
    ask(asked.order_by("at", "pk").first(), asked.count(), now)
    if about == About.POST:
        hide_if_many(thing, asked, now)
    return made


def hold(network, group):
    """Take the lock of the group, or of the network where there is none."""
    if group is not None:
        locked(group)
    else:
        Network.objects.select_for_update(no_key=True).get(pk=network.pk)


def has_standing(group, person, now):
    """Whether the person has been in the group for a week: their report counts."""
    membership = group.memberships.of(person) if group is not None else None
    if membership is None or not membership.may_read or membership.joined_at is None:
        return False
    return now - membership.joined_at >= rules.STANDING


def ask(first, reports, now):
    """Put the first report of a thing before those who look, and say how many there are."""
    people = list(who_looks(first))
    notify(
        people,
        "report_waits",
        network=first.network,
        subject=("report", first.pk),
        cause=f"report:{first.pk}",
        at=now,
        group=first.group,
    )
    if first.about not in IN_A_GROUP:
        return
    reason = reason_in_words(first, reports)
    open_cues(
        [
            Cue(
                kind=CueKind.REPORT,
                key=f"report:{first.pk}",
                group_id=first.group_id,
                person_id=first.person_id,
                reason=reason,
                subject_type="report",
                subject_id=first.pk,
                due_at=first.at,
                created_at=now,
            )
        ]
    )
    Cue.objects.open().filter(key=f"report:{first.pk}").update(reason=reason)


def reason_in_words(report, reports):
    """Why somebody is asked to look: how many asked, at what, and what it goes against."""
    who = "Somebody asks" if reports == 1 else f"{in_words(reports).capitalize()} people ask"
    what = "a post" if report.is_about_post else "a postcard"
    against = f" The agreement: {report.agreement}" if report.agreement else ""
    return f"{who} you to look at {what}.{against}"[:300]


def hide_if_many(thing, asked, now):
    """Two reports that count hide a post until somebody has looked; for a day, and once ever."""
    counting = asked.filter(counts=True).count()
    post, group = thing.row, thing.group
    hidden_before = Decision.objects.filter(post=post, by_reports=True).exists()
    if counting < rules.REPORTS_THAT_HIDE or hidden_before or kept_before(post):
        return
    restraints.hide(post, now)
    decision = Decision.objects.create(
        group=group,
        kind=Kind.HIDE,
        state=State.REVIEW,
        person=post.author,
        post=post,
        thread_id=post.thread_id,
        by_reports=True,
        at=now,
        until=now + rules.REVIEW,
    )
    activity = log("decision.hidden_by_reports", decision, None, now)
    tell(decision, "hidden_for_now", activity)
    first = asked.order_by("at", "pk").first()
    notify(
        who_looks(first),
        "review_waits",
        network=group.network,
        subject=("report", first.pk),
        cause=f"hidden:{decision.pk}",
        at=now,
        group=group,
    )


def kept_before(post):
    """Whether somebody has looked at the post before and let it stand."""
    return Report.objects.of(About.POST, post.pk).exclude(decided_at=None).exists()


# Deciding


@deed
def resolve(report, person, *, decision, reason, agreement="", step="note", to="", now=None):
    """Decide what becomes of it, for this and all open reports about the same.

    decision: keep, it stands (and is back, if reports have hidden it); redirect: a gentle step
    (`step` with `to`: note, retitle, slow, pause); hide; remove: its author is asked to go, and
    the post is hidden. reason: what the author is told; for keep, what whoever asked is told.
    One that is decided stays so. Refuses: not_allowed, consent_needed, last_facilitator, invalid.
    """
    now = now or timezone.now()
    hold(report.network, report.group)
    rows = Report.objects.select_related("network", "group__network", "person")
    report = rows.get(pk=report.pk)
    if not Report.objects.before(person).filter(pk=report.pk).exists():
        raise NotAllowed("not_allowed", "Somebody else looks into this.")
    known = rules.agreements_of(report.group) if report.group else []
    known = [*known, *rules.house_rules_of(report.network), report.agreement]
    agreement = rules.agreement_of(agreement, known) or report.agreement
    reason = needed("reason", reason)
    if not report.is_open:
        return report
    facts = {"by": person, "reason": reason, "agreement": agreement, "now": now}
    VERDICTS[decision](report, step=step, to=to, **facts)
    note_answered(person, now=now, report=[report.pk])
    close_reports(report.about, report.subject_id, decision, reason, person, now)
    return Report.objects.get(pk=report.pk)


def keep(report, *, by, reason, agreement, step, to, now):
    """It stands; what reports have hidden is back."""
    if report.is_about_post:
        show_again(report.subject_id, by, now)


def show_again(key, by, now):
    """End what reports have hidden until somebody looks; its author is told."""
    found = Decision.objects.hiding(key)
    if found is None or not found.waits_for_review:
        return
    decision = Decision.objects.select_related("group__network", "person", "post").get(pk=found.pk)
    restraints.put_back(decision.post, now)
    decision.state, decision.ended_at, decision.ended_by = State.UNDONE, now, by
    decision.save(update_fields=["state", "ended_at", "ended_by"])
    activity = log("decision.undone", decision, by, now)
    tell(decision, "shown_again", activity)


def take_step(report, *, by, reason, agreement, step, to, now):
    """A gentle step; what reports have hidden is back."""
    if report.is_about_post:
        show_again(report.subject_id, by, now)
    if report.about == About.PERSON:
        return write_to([report.person], report, by, reason, now)
    if report.about == About.GROUP:
        return write_to(facilitators(report.group), report, by, reason, now)
    if step == Kind.PAUSE:
        answers(report.person, by)
        hours = rules.hours_in(to)
        return pause_now(report.group, report.person, by, hours, reason, agreement, now)
    thread = None
    if report.is_about_post:
        thread = post_of(report).thread
    elif step != Kind.NOTE:
        raise Invalid({"step": "For a postcard a note is the gentle step."})
    facts = {"group": report.group, "thread": thread, "by": by, "agreement": agreement, "at": now}
    return take(step, to, reason, report.person, facts)


def write_to(people, report, by, reason, now):
    """Words from whoever looked, to whom it is about."""
    for each in people:
        answers(each, by)
    notify(
        [each for each in people if each is not None],
        "word_from_network",
        network=report.network,
        subject=("person", by.pk),
        cause=f"word:{report.pk}",
        at=now,
        actor=by,
        words=reason,
    )


def take_down(report, *, by, reason, agreement, step, to, now):
    """Its words are shown no more."""
    if report.is_about_post:
        hide_now(post_of(report), report.group, by, reason, agreement, now)
    elif report.about in REPORTABLE:
        REPORTABLE[report.about].facts["take_down"](report.subject_id, by, reason, now)
    else:
        raise Invalid({"decision": "Nothing can be hidden here. Choose keep or redirect."})


def ask_to_go(report, *, by, reason, agreement, step, to, now):
    """Its author is asked to leave the group, and the words are hidden."""
    if report.about not in IN_A_GROUP or report.person is None:
        raise Invalid({"decision": "Nobody can be asked to go for this. Choose keep or redirect."})
    facts = {"by": by, "reason": reason, "agreement": agreement, "now": now}
    take_down(report, step=step, to=to, **facts)
    remove(report.group, report.person, by=by, reason=reason, now=now)
    decision = Decision.objects.create(
        group=report.group,
        kind=Kind.REMOVE,
        person=report.person,
        by=by,
        reason=reason,
        agreement=agreement,
        at=now,
    )
    log("decision.removed", decision, by, now)


VERDICTS = {
    Verdict.KEEP: keep,
    Verdict.REDIRECT: take_step,
    Verdict.HIDE: take_down,
    Verdict.REMOVE: ask_to_go,
}


def post_of(report):
    """The post that it is about, hidden or not. Refuses: not_allowed (it was taken back)."""
    posts = Post.objects.select_related("thread__group", "author").filter(pk=report.subject_id)
    post = posts.filter(thread__deleted_at=None).first()
    if post is None or (post.is_deleted and not post.is_hidden):
        raise NotAllowed("not_allowed", "It was taken back. You can let it stand as it is.")
    return post
