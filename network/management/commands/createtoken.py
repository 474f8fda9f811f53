"""`manage.py createtoken EMAIL …`."""

from django.core.management.base import BaseCommand, CommandError

from network.errors import Refused
from network.networks.models import Network
from network.people.models import Person
from network.tokens.actions import create_token
from network.tokens.models import Scope


class Command(BaseCommand):
    help = "Make an access token; it is printed alone on the last line."

    def add_arguments(self, parser):
        parser.add_argument("email")
        parser.add_argument("--network", help="its slug; not needed when they are in only one")
        parser.add_argument("--scopes", default=",".join(Scope.values), help="set apart by commas")

    def handle(self, email, network, scopes, **options):
        wanted = [scope.strip() for scope in scopes.split(",") if scope.strip()]
        if not wanted or not set(wanted) <= set(Scope.values):
            raise CommandError(f"--scopes takes {', '.join(Scope.values)}.")
        person = Person.objects.filter(email=email.strip().lower(), is_active=True).first()
        if person is None:
            raise CommandError(f"There is no account {email}.")
        try:
            _, value = create_token(
                person, self.network_of(person, network), name="createtoken", scopes=wanted
            )
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(value)

    def network_of(self, person, slug):
        """The network that is named, or the only one that the person is in."""
        theirs = Network.objects.visible_to(person)
        found = list(theirs.filter(slug=slug) if slug else theirs[:2])
        if len(found) == 1:
            return found[0]
        if slug or not found:
            raise CommandError(f"{person.email} is in no network{f' {slug}' if slug else ''}.")
        raise CommandError("They are in several networks: name one with --network SLUG.")
