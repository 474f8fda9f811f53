"""The web server: granian, its workers forked from a process that has read all code already.

As a program it takes what `granian` takes. What was read once is shared by the workers, so that two
of them need little more memory than one (docs/decisions/one-reading.md). Where processes are not
forked (a Mac), each worker reads for itself.
"""

import gc
import sys
from contextlib import suppress
from importlib import import_module

from granian import cli

APPLICATION = "network.config.asgi:application"


def serve(*arguments):
    """Serve until somebody ends this process."""
    read_all()
    sys.argv[1:] = [APPLICATION, "--interface", "asgi", "--no-ws", *arguments]
    cli.entrypoint()


def read_all():
    """Read the code of every page and put every address together, once for all workers.

    What is read is kept from the garbage collector, which would write to it. A page leaves little
    in circles, so they are looked for after ten thousand things, and not after each seven hundred.
    """
    from django.urls import Resolver404, resolve, reverse

    import_module(APPLICATION.partition(":")[0])
    reverse("person", args=["anybody"])
    for nowhere in ("/", "/api/v1/"):
        with suppress(Resolver404):
            resolve(f"{nowhere}nothing/is/here/")
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)


if __name__ == "__main__":
    serve(*sys.argv[1:])
