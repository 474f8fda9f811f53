"""Reports that are decided: their cue is closed, and whoever asked is told what came of it."""

from facilitation.cues.actions import settle
from facilitation.cues.models import Cue, Kind
from facilitation.cues.models import State as CueState
from facilitation.moderation.models import Report, Verdict
from network.activity.actions import record
from network.notifications.actions import notify


def close_reports(about, key, verdict, answer, by, now):
    """Decide all open reports about one thing; tell each reporter. Answers how many there were.

    The answer's words go along only where nothing was done: else they are for whom it is about.
    """
    reports = Report.objects.of(about, key).open().select_related("network", "group", "reporter")
    reports = list(reports.select_for_update(no_key=True, of=["self"]).order_by("pk"))
    for report in reports:
        report.verdict, report.answer = verdict, answer
        report.decided_at, report.decided_by = now, by
        report.save(update_fields=["verdict", "answer", "decided_at", "decided_by"])
        record(
            f"report.{verdict}",
            network=report.network,
            actor=by,
            about=report,
            at=now,
            group=report.group,
        )
        thank(report, by, now)
    cues = Cue.objects.filter(kind=Kind.REPORT, subject_id__in=[report.pk for report in reports])
    settle(cues, CueState.DONE, "Somebody has decided.", now=now, by=by)
    return len(reports)


def thank(report, by, now):
    """Tell whoever reported what came of it."""
    if report.reporter is None:
        return
    notify(
        [report.reporter],
        f"report_{report.verdict}",
        network=report.network,
        subject=("report", report.pk),
        cause=f"decided:{report.pk}",
        at=now,
        actor=by,
        group=report.group,
        words=report.answer if report.verdict == Verdict.KEEP else "",
    )
