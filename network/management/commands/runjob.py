"""`manage.py runjob NAME [--now TIME]`: one periodic job, now, in the foreground."""

from datetime import UTC

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from network.operations import jobs
from network.registries import periodic_jobs


class Command(BaseCommand):
    help = "Run one periodic job to its end, as of now or of another time."

    def add_arguments(self, parser):
        parser.add_argument("name", nargs="?", help="the job; --list names them")
        parser.add_argument("--now", help="as of this time: 2026-05-01T09:00:00Z")
        parser.add_argument("--list", action="store_true", help="each job with its schedule")

    def handle(self, *, name, now, list, **options):
        if list:
            for job in sorted(periodic_jobs):
                self.stdout.write(f"{job}  {jobs.schedule(job)}")
        elif name not in periodic_jobs:
            raise CommandError(
                f"There is no job {name}. The jobs: {', '.join(sorted(periodic_jobs))}."
            )
        else:
            periodic_jobs[name].value(moment(now) if now else timezone.now())


def moment(text):
    """The time that was written, in UTC where it does not say."""
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise CommandError(f"--now must be a time like 2026-05-01T09:00:00Z, not {text}.")
    return found if found.tzinfo else found.replace(tzinfo=UTC)
