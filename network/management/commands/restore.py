"""`manage.py restore FILE` and `manage.py restore --go-live`."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from network.operations import backup as backups


class Command(BaseCommand):
    help = "Bring a backup back into an empty place. It sends nothing until --go-live."

    def add_arguments(self, parser):
        parser.add_argument("file", nargs="?")
        parser.add_argument("--go-live", action="store_true", help="let a restored copy send mail")

    def handle(self, file, go_live, **options):
        if not file and not go_live:
            raise CommandError("Name the backup to restore, or say --go-live.")
        try:
            if file:
                manifest = backups.restore(file, key=settings.BACKUP_KEY)
                rows = sum(manifest["rows"].values())
                self.stdout.write(f"{rows:,} rows are back as of {manifest['made_at']}.")
        except (backups.BackupFailed, OSError) as failure:
            raise CommandError(str(failure)) from failure
        if go_live:
            backups.go_live()
            self.stdout.write("It sends again.")
        else:
            self.stdout.write("This copy sends nothing until: manage.py restore --go-live")
