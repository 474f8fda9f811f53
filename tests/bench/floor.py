"""The floor: a one-file Django page that does the least a page of a conversation can do.

It authenticates a session, runs four indexed queries and renders twenty stored posts through a
plain template. What Kith's pages take is a multiple of it, in the same minute, on one server.
"""

import os

import django
from django.conf import settings
from django.http import HttpResponse
from django.template import Context, Engine
from django.urls import path

if not settings.configured:
    from environs import env

    settings.configure(
        SECRET_KEY=os.environ["SECRET_KEY"],
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="tests.bench.floor",
        AUTH_USER_MODEL="network.Person",
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        DATABASES={"default": {**env.dj_db_url("DATABASE_URL"), "CONN_MAX_AGE": 60}},
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "network",
            "microgroups",
            "facilitation",
            "bridging",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
    )
    django.setup()

from django.core.wsgi import get_wsgi_application

from microgroups.conversation.models import Post, Thread
from microgroups.membership.models import Membership

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
application = get_wsgi_application()
