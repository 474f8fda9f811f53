"""`manage.py checkinvariants`."""

from django.core.management.base import BaseCommand, CommandError

from network.operations.invariants import violations


class Command(BaseCommand):
    help = "Recount everything that is counted and test every invariant."

    def handle(self, **options):
        found = 0
        for name, said in violations():
            found += 1
            self.stdout.write(f"{name}: {said}")
        if found:
            raise CommandError(f"{found} violations.")
        self.stdout.write("All invariants hold.")
