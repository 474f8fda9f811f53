"""`manage.py loaddemo`: the demo network, into an empty database."""

from django.core.management.base import BaseCommand, CommandError

from network.errors import Refused
from network.operations.demo.loading import load_demo


class Command(BaseCommand):
    help = "Fill the empty database with the demo network, its times relative to now."

    def handle(self, **options):
        try:
            network = load_demo()
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["verbosity"] > 1:
            self.stdout.write(f"{network.name} is there: {network.memberships.count()} people.")
