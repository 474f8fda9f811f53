"""`manage.py importcommunity PATH`."""

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from bridging.importing.actions import import_community
from bridging.importing.readers import FORMATS
from network.errors import Refused
from network.management.commands.createaccount import network_named


class Command(BaseCommand):
    help = "Bring in a community: a Kith archive, or an export of Slack or Discourse."

    def add_arguments(self, parser):
        parser.add_argument("path", help="a folder, a ZIP or a tar; see docs/archive.md")
        parser.add_argument("--format", choices=FORMATS, help="told by what lies there")
        parser.add_argument("--network", help="its slug; not needed when there is only one")

    def handle(self, path, format, network, **options):
        network = network_named(network)
        with tqdm(total=100, unit="%", desc="importing", file=self.stderr._out) as bar:

            def progress(part):
                bar.update(round(100 * part) - bar.n)

            try:
                report = import_community(network, path, format=format, progress=progress)
            except Refused as refusal:
                raise CommandError(str(refusal)) from refusal
        for line in report.lines():
            self.stdout.write(line)
        if not report.has_something:
            raise CommandError("Nothing in it could be brought in.")
