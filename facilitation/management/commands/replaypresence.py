"""`manage.py replaypresence`: whom the rule would have named in the past, rightly or not."""

from datetime import date

from django.core.management.base import BaseCommand, CommandError

from facilitation.presence.replay import JUDGED_AFTER, replay
from network.management.commands.createaccount import network_named
from network.networks.models import Network

COLUMNS = "{:<28}{:>8}{:>8}{:>8}{:>7}{:>22}{:>8}{:>22}"
HEAD = COLUMNS.format(
    "rule", "alarms", "judged", "false", "hits", "false a member-year", "real", "names/100/week"
)


class Command(BaseCommand):
    help = "Run the rule of absence over the stored past, writing nothing, beside fixed rules."

    def add_arguments(self, parser):
        parser.add_argument("--from", dest="since", required=True, help="the first day: 2025-01-31")
        parser.add_argument("--to", dest="until", required=True, help="the last day")
        parser.add_argument("--network", help="its slug; all of them when absent")

    def handle(self, *, since, until, network, **options):
        since, until = day(since), day(until)
        if since >= until:
            raise CommandError("--to must be a later day than --from.")
        networks = [network_named(network)] if network else list(Network.objects.all())
        told = replay(networks, since, until)
        self.stdout.write(
            f"{told.memberships} memberships, {told.visits} visits, {since} to {until}. An alarm is"
            f" judged where {JUDGED_AFTER} days after it are known; a hit did not come back."
        )
        self.stdout.write(HEAD)
        for score in told.scores.values():
            self.stdout.write(line(score))


def line(score):
    if not score.days or not score.judged:
        return COLUMNS.format(score.rule, score.alarms, score.judged, "-", "-", "-", "-", "-")
    return COLUMNS.format(
        score.rule,
        score.alarms,
        score.judged,
        score.false,
        score.hits,
        f"{score.false_a_year:.2f}",
        f"{score.share_real:.0%}",
        f"{score.names_a_week:.1f}",
    )


def day(text):
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"Write a day like 2025-01-31, not {text}.") from None
