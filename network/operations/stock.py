"""What a new house is stocked with: a network to begin with, and the static files."""

import hashlib
import tomllib

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

from network.networks.models import Network
from network.people.models import Person

DEMO = settings.BASE_DIR / "network" / "operations" / "demo" / "network.toml"


def is_empty():
    """Nobody has made a network yet, and nobody has an account."""
    return not Network.objects.exists() and not Person.objects.exists()


def fill(*, demo):
    """The demo network, or an empty one."""
    if demo:
        call_command("loaddemo")
    else:
        call_command("createnetwork", "Kith", slug="kith", verbosity=0)


def demo_accounts():
    """Who may sign in for a look around: (what they are, e-mail address, password)."""
    demo = tomllib.loads(DEMO.read_text())
    if not Network.objects.filter(slug=demo["slug"]).exists():
        return []
    emails = dict(
        Person.objects.filter(username__in=demo["accounts"].values()).values_list(
            "username", "email"
        )
    )
    return [
        (role, emails[username], demo["password"])
        for role, username in demo["accounts"].items()
        if emails.get(username)
    ]


def lay_out_static_files():
    """Collect and compress the static files when they are not those of the last time."""
    stamp = settings.STATIC_ROOT / ".made-of"
    now = fingerprint()
    if stamp.exists() and stamp.read_text() == now:
        return
    stamp.unlink(missing_ok=True)
    call_command(
        "collectstatic", interactive=False, clear=settings.STATIC_ROOT.exists(), verbosity=0
    )
    stamp.write_text(now)


def fingerprint():
    """A word that changes when any static file does."""
    files = sorted(
        (path, storage.size(path), storage.get_modified_time(path).timestamp())
        for finder in get_finders()
        for path, storage in finder.list([])
    )
    return hashlib.sha256(repr(files).encode()).hexdigest()
