"""`manage.py backup FILE`."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from network.operations import backup as backups


class Command(BaseCommand):
    help = "Write everything of this deployment to one file; sealed when BACKUP_KEY is set."

    def add_arguments(self, parser):
        parser.add_argument("file")

    def handle(self, file, **options):
        try:
            manifest = backups.backup(file, key=settings.BACKUP_KEY)
        except (backups.BackupFailed, OSError) as failure:
            raise CommandError(str(failure)) from failure
        rows = sum(manifest["rows"].values())
        sealed = ", sealed with BACKUP_KEY" if settings.BACKUP_KEY else ""
        self.stdout.write(f"{rows:,} rows of {len(manifest['rows'])} tables in {file}{sealed}.")
