"""`manage.py heard NAME`: whether beat or the worker of a queue was heard of lately."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from network.operations import jobs
from network.operations.health import heartbeats


class Command(BaseCommand):
    help = "End well when this heart was heard of in the last three minutes."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("name", choices=jobs.HEARTS)

    def handle(self, *, name, **options):
        state = heartbeats(timezone.now())[name]
        if state != "ok":
            raise CommandError(f"{name} {state}.")
        self.stdout.write(f"{name} is well.")
