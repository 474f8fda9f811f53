"""`manage.py createaccount EMAIL --name NAME …`."""

import secrets

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from network.errors import Refused
from network.networks.actions import appoint
from network.networks.models import Network, Role
from network.people.actions import create_person, take_over, waiting_for


class Command(BaseCommand):
    help = "Make a verified account that is ready to sign in."

    def add_arguments(self, parser):
        parser.add_argument("email")
        parser.add_argument("--name", required=True)
        parser.add_argument("--username", default="")
        parser.add_argument("--password", help="one is made and printed when none is given")
        parser.add_argument("--role", choices=Role.values, default=Role.MEMBER)
        parser.add_argument("--network", help="its slug; not needed when there is only one")
        parser.add_argument("--operator", action="store_true", help="may enter Django's admin")

    @transaction.atomic
    def handle(self, email, name, username, password, role, network, operator, **options):
        given = password
        password = given or secrets.token_urlsafe(12)
        try:
            if given:
                validate_password(given)
            facts = {"password": password, "is_operator": operator}
            if imported := waiting_for(email):
                person = take_over(imported, email=email, **facts)
            else:
                person = create_person(email, name, username=username, **facts)
            EmailAddress.objects.create(
                user=person, email=person.email, verified=True, primary=True
            )
            appoint(network_named(network), person, role=role)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{person.name} ({person.username}) can sign in as {person.email}.")
        if not given:
            self.stdout.write(f"Password: {password}")


def network_named(slug):
    """The network with this slug, or the only one there is."""
    found = list(Network.objects.filter(slug=slug) if slug else Network.objects.all()[:2])
    if len(found) == 1:
        return found[0]
    if slug:
        raise CommandError(f"There is no network {slug}.")
    if not found:
        raise CommandError("There is no network yet: manage.py createnetwork NAME --slug SLUG")
    raise CommandError("There are several networks: say which with --network SLUG.")
