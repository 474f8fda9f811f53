"""`manage.py createnetwork NAME --slug SLUG [--host HOST]…`."""

from django.core.management.base import BaseCommand, CommandError

from network.errors import Refused
from network.networks.actions import create_network


class Command(BaseCommand):
    help = "Make a network, reached under its host names; links are built from the first."

    def add_arguments(self, parser):
        parser.add_argument("name")
        parser.add_argument("--slug", required=True)
        parser.add_argument("--host", action="append", default=[], dest="hosts")

    def handle(self, name, slug, hosts, **options):
        try:
            network = create_network(name, slug=slug, hosts=hosts)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        where = f" under {', '.join(hosts)}" if hosts else ""
        self.stdout.write(f"{network.name} is there{where}.")
