"""What the floor does, over whichever models read those tables."""

from django.http import HttpResponse
from django.template import Context, Engine

PAGE = Engine().from_string(
    "<!doctype html><title>{{ thread.title }}</title><h1>{{ thread.title }}</h1>"
    "<p>{{ person.name }}, {{ membership.state }}, {{ others|length }}</p>"
    "{% for post in posts %}<article><b>{{ post.author.name }}</b> "
    "<time>{{ post.at }}</time>{{ post.body_html|safe }}</article>{% endfor %}"
)


def page_over(thread_model, membership_model, post_model):
    """A view: a thread with its twenty first posts."""
    threads, posts = thread_model.objects, post_model.objects

    def page(request, key):
        thread = threads.select_related("group").get(pk=key)
        membership = membership_model.objects.get(group=thread.group, person=request.user)
        others = list(threads.filter(group=thread.group).order_by("-last_at", "-pk")[:5])
        first = posts.filter(thread=thread).select_related("author").order_by("at", "pk")[:20]
        facts = {
            "thread": thread,
            "membership": membership,
            "others": others,
            "posts": list(first),
            "person": request.user,
        }
        return HttpResponse(PAGE.render(Context(facts)))

    return page
