"""`manage.py run`: what `make run` calls."""

from django.core.management.base import BaseCommand

from network.operations import running


class Command(BaseCommand):
    help = "Run all of Kith: the embedded servers, the web, a worker and beat, until Ctrl-C."
    requires_system_checks = []

    def handle(self, **options):
        running.main()
