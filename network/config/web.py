"""The web server: granian, its workers forked from a process that has read all code already.

As a program it takes what `granian` takes. What was read once is shared by the workers, so that two
of them need little more memory than one (docs/decisions/one-reading.md). Where processes are not
forked (a Mac), each worker reads for itself.
"""

import gc
import sys
from importlib import import_module

from granian import cli

APPLICATION = "network.config.asgi:application"


def serve(*arguments):
    """Serve until somebody ends this process."""
    read_all()
    sys.argv[1:] = [APPLICATION, "--interface", "asgi", "--no-ws", *arguments]
    cli.entrypoint()


def read_all():
    """Read the code of every page, and keep the garbage collector from touching it again."""
    from django.urls import get_resolver

    import_module(APPLICATION.partition(":")[0])
    list(get_resolver().url_patterns)
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    serve(*sys.argv[1:])
