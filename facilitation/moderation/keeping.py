"""What we keep of people in reports and decisions: how they get it, how it goes; what holds."""

from django.db.models import Exists, OuterRef, Q

from facilitation.moderation.models import HIDES as HIDING
from facilitation.moderation.models import Consent, Decision, Kind, Report
from microgroups.conversation.models import Post
from network.registries import Kept, invariants, personal_data


def reports_of(person):
    """What they asked others to look at, and what came of it."""
    for report in Report.objects.filter(reporter=person).select_related("group"):
        yield {
            "group": report.group.name if report.group else None,
            "about": report.about,
            "agreement": report.agreement,
            "reason": report.reason,
            "verdict": report.verdict,
            "at": report.at,
            "decided_at": report.decided_at,
        }


def forget_reports(person):
    """Their own words go; that something was reported stays."""
    Report.objects.filter(reporter=person).update(reporter=None, reason="")
    Report.objects.filter(person=person).update(person=None)
    Report.objects.filter(decided_by=person).update(decided_by=None)


def decisions_about(person):
    opened = Q(kind=Kind.SLOW, thread__author=person) & ~Q(by=person)
    for each in Decision.objects.filter(Q(person=person) | opened).select_related("group"):
        yield {
            "group": each.group.name,
            "kind": each.kind,
            "agreement": each.agreement,
            "reason": each.reason,
            "state": each.state,
            "at": each.at,
            "until": each.until,
            "ended_at": each.ended_at,
        }


def forget_decisions(person):
    """What was said to them goes; that a post is hidden stays, by nobody in particular."""
    Decision.objects.filter(person=person).update(person=None, reason="")
    Decision.objects.filter(by=person).update(by=None)
    for by in ("ended_by", "received_by"):
        Decision.objects.filter(**{by: person}).update(**{by: None})


def answers_of(person):
    """What they said to the moving of threads in which they wrote."""
    for each in Consent.objects.filter(person=person).select_related("decision__group"):
        yield {
            "group": each.decision.group.name,
            "asked_at": each.asked_at,
            "answer": each.answer,
            "answered_at": each.answered_at,
        }


def forget_answers(person):
    Consent.objects.filter(person=person).delete()


def keep_personal_data():
    personal_data.add(Report, Kept(reports_of, forget_reports))
    personal_data.add(Decision, Kept(decisions_about, forget_decisions))
    personal_data.add(Consent, Kept(answers_of, forget_answers))


def hidden_posts_have_a_decision():
    """A post is hidden while a decision hides it, and no longer."""
    hides = Decision.objects.filter(kind=Kind.HIDE, state__in=HIDING)
    by_nothing = Post.objects.filter(~Exists(hides.filter(post=OuterRef("pk"))))
    for post in by_nothing.exclude(hidden_at=None):
        yield f"Post {post.pk} is hidden, and no decision says so."
    for decision in hides.filter(post__isnull=False, post__hidden_at=None):
        yield f"Decision {decision.pk} hides a post that is shown."


def hold_invariants():
    invariants.add("hidden_posts_have_a_decision", hidden_posts_have_a_decision)
