"""`manage.py exportcommunity PATH`."""

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from bridging.importing.actions import export_community
from network.errors import Refused
from network.management.commands.createaccount import network_named


class Command(BaseCommand):
    help = "Write the network's people, groups and talk as a Kith archive, for importcommunity."

    def add_arguments(self, parser):
        parser.add_argument("path", help="a new or empty folder, or a new file that ends in .zip")
        parser.add_argument("--network", help="its slug; not needed when there is only one")

    def handle(self, path, network, **options):
        with tqdm(unit=" rows", file=self.stderr._out) as bar:

            def progress(kind, rows):
                bar.set_description(kind)
                bar.update(500)

            try:
                written = export_community(network_named(network), path, progress=progress)
            except Refused as refusal:
                raise CommandError(str(refusal)) from refusal
        for kind, rows in written.items():
            self.stdout.write(f"{kind}: {rows:,}")
