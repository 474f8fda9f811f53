"""The floor: a Django page that does the least a page of a conversation can do.

It authenticates a session, runs four indexed queries and renders twenty stored posts through a
plain template. What Kith's pages take is a multiple of it, in the same minute, on one server.
It shares Kith's tables and of its code what belongs to the server: that requests take turns.
"""

import os

import django
from django.conf import settings

settings.configure(
    SECRET_KEY=os.environ["SECRET_KEY"],
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF="tests.bench.floor.page",
    AUTH_USER_MODEL="floor.Person",
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": os.environ["FLOOR_SOCKETS"],
            "USER": "postgres",
            "NAME": "kith",
            "CONN_MAX_AGE": 60,
        }
    },
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "tests.bench.floor",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
)
django.setup()

from a2wsgi import WSGIMiddleware
from django.core.wsgi import get_wsgi_application
from django.urls import path

from network.operations.turns import Turns
from tests.bench.floor.models import Membership, Post, Thread
from tests.bench.floor.view import page_over

page = page_over(Thread, Membership, Post)
urlpatterns = [path("floor/<uuid:key>/", page)]
pages = Turns(WSGIMiddleware(get_wsgi_application(), workers=4), patience=0.1)


async def application(scope, receive, send):
    """Answer as Kith's web process does (network/config/asgi.py)."""

    async def heard():
        return await receive()

    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
    else:
        await pages(scope, heard, send)
