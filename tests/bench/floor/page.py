"""The floor: a Django page that does the least a page of a conversation can do.

It authenticates a session, runs four indexed queries and renders twenty stored posts through a
plain template. What Kith's pages take is a multiple of it, in the same minute, on one server.
It shares Kith's tables and nothing of its code.
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
from django.http import HttpResponse
from django.template import Context, Engine
from django.urls import path

from tests.bench.floor.models import Membership, Post, Thread

PAGE = Engine().from_string(
    "<!doctype html><title>{{ thread.title }}</title><h1>{{ thread.title }}</h1>"
    "<p>{{ person.name }}, {{ membership.state }}, {{ others|length }}</p>"
    "{% for post in posts %}<article><b>{{ post.author.name }}</b> "
    "<time>{{ post.at }}</time>{{ post.body_html|safe }}</article>{% endfor %}"
)


def page(request, key):
    """A thread with its twenty first posts."""
    thread = Thread.objects.select_related("group").get(pk=key)
    membership = Membership.objects.get(group=thread.group, person=request.user)
    others = list(Thread.objects.filter(group=thread.group).order_by("-last_at", "-pk")[:5])
    posts = list(
        Post.objects.filter(thread=thread).select_related("author").order_by("at", "pk")[:20]
    )
    facts = {
        "thread": thread,
        "membership": membership,
        "others": others,
        "posts": posts,
        "person": request.user,
    }
    return HttpResponse(PAGE.render(Context(facts)))


urlpatterns = [path("floor/<uuid:key>/", page)]
pages = WSGIMiddleware(get_wsgi_application(), workers=4)


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
