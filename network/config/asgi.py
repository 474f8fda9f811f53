"""The web process: `/live` runs on the loop, the rest on threads that keep their connections."""

import os
from multiprocessing import parent_process

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "network.config.settings")
os.environ.setdefault("KITH_STATEMENT_TIMEOUT", "15")
os.environ.setdefault("KITH_PLANS_ONCE", "true")

from a2wsgi import WSGIMiddleware
from django.core.asgi import get_asgi_application

from network.config.wsgi import application as wsgi_application
from network.operations.rootless import end_with_parent
from network.operations.turns import Turns

THREADS = 4
PATIENCE = 0.1  # seconds after which a request lets the next begin

live = get_asgi_application()
pages = Turns(WSGIMiddleware(wsgi_application, workers=THREADS), patience=PATIENCE)


async def application(scope, receive, send):
    """Answer one request."""
    if scope["type"] == "lifespan":
        await start_and_end(receive, send)
        return

    async def heard():  # granian's own is awaitable, and a2wsgi asks for a coroutine
        return await receive()

    await (live if scope["path"].startswith("/live") else pages)(scope, heard, send)


def leave_no_orphan():
    if server := parent_process():
        end_with_parent(parent=server.pid)


async def start_and_end(receive, send):
    """A killed server takes its workers along; nothing else is prepared or left behind."""
    leave_no_orphan()
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})
