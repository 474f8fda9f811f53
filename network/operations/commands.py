"""Runs a command of manage.py with the servers that it needs."""

import sys
from contextlib import nullcontext

import django
from django.conf import settings
from django.core.management import call_command, execute_from_command_line

from network.operations import servers

# what neither reads nor writes a row, or brings its own servers
ALONE = {
    "help",
    "version",
    "check",
    "collectstatic",
    "diffsettings",
    "makemessages",
    "run",
    "compilemessages",
    "spectacular",
}


def execute(argv):
    """Run the command line, with the running embedded servers or with its own."""
    name = argv[1] if len(argv) > 1 else "help"
    if name.startswith("-") or name in ALONE or {"-h", "--help"} & set(argv):
        return execute_from_command_line(argv)
    try:
        with embedded(f"manage.py {name}") as own:
            if own and settings.EMBEDDED_DATABASE and own.make_database() and name != "migrate":
                django.setup()
                call_command("migrate", verbosity=0)
            execute_from_command_line(argv)
    except servers.StartFailed as failure:
        sys.exit(f"kith: {failure}")


def embedded(what):
    """The embedded servers that the settings ask for."""
    postgres, valkey = settings.EMBEDDED_DATABASE, settings.EMBEDDED_REDIS
    if not postgres and not valkey:
        return nullcontext()
    return servers.at_hand(settings.VAR, what=what, postgres=postgres, valkey=valkey)
