"""What a facilitator does with starters in a browser. Times are those of where they are."""

from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from facilitation.starters import actions
from facilitation.starters.forms import HabitForm, LibraryForm, StarterForm, WhenForm
from facilitation.starters.library import OPENERS
from facilitation.starters.models import Starter
from facilitation.starters.reading import kind_for, on_the_page
from microgroups.groups.forms import posted, say_no
from microgroups.groups.pages import tabs_of
from microgroups.membership.views import facilitated
from network.errors import Refused
from network.templatetags.kith import at_hour


def at_home(view):
    """The view, with times as they are where the person is."""

    @wraps(view)
    def seen(request, *args, **kwargs):
        with timezone.override(getattr(request.user, "zone", None)):
            return view(request, *args, **kwargs)

    return login_required(seen)


def starter_of(request, pk):
    starters = Starter.objects.visible_to(request.user)
    return get_object_or_404(starters.select_related("group", "author", "thread"), pk=pk)


@at_home
def starters(request, slug):
    """Drafts first, then what is scheduled, whether Kith asks by itself, and the library."""
    group = facilitated(request, slug)
    habit = HabitForm(posted(request))
    if habit.is_valid():
        return change_habit(request, group, **habit.cleaned_data)
    membership = group.memberships.of(request.user)
    asked = LibraryForm(request.GET)
    kind = (asked.is_valid() and asked.cleaned_data["kind"]) or kind_for(group)
    context = {
        "group": group,
        "tabs": tabs_of(group, membership),
        "form": LibraryForm(initial={"kind": kind}),
        **on_the_page(group, request.user, kind, timezone.now()),
    }
    return render(request, "facilitation/starters/starters.html", context)


@at_home
def write_starter(request, slug):
    """One's own words, or those of an opener to begin with."""
    group = facilitated(request, slug)
    membership = group.memberships.of(request.user)
    opener = OPENERS.get(request.GET.get("opener", ""))
    first = {"title": opener.title, "body": opener.body} if opener else {}
    form = StarterForm(posted(request), initial=first)

    def act(now):
        words = {**form.words(), "opener": opener.key if opener else ""}
        if form.asks():
            return actions.write_and_ask(
                group, request.user, at=form.time_for(now), now=now, **words
            )
        return actions.write(group, request.user, now=now, **words)

    context = {"group": group, "tabs": tabs_of(group, membership), "opener": opener}
    return typed(request, form, act, context)


@at_home
def starter(request, pk):
    """Change a draft, and say when it is asked."""
    starter = starter_of(request, pk)
    first = {name: getattr(starter, name) for name in ("title", "body")}
    form = StarterForm(posted(request), initial={**first, "at": starter.publish_at})

    def act(now):
        if form.asks():
            at = form.time_for(now)
            return actions.edit_and_ask(starter, request.user, at=at, now=now, **form.words())
        return actions.edit(starter, request.user, now=now, **form.words())

    membership = starter.group.memberships.of(request.user)
    context = {"group": starter.group, "tabs": tabs_of(starter.group, membership)}
    return typed(request, form, act, {**context, "starter": starter})


@at_home
@require_POST
def publish_starter(request, pk):
    """Ask a draft as it is."""
    starter, form, now = starter_of(request, pk), WhenForm(request.POST), timezone.now()
    at = form.time_for(now) if form.is_valid() else None
    return decided(request, starter, lambda: actions.publish(starter, request.user, at=at, now=now))


@at_home
@require_POST
def discard_starter(request, pk):
    """Leave it be."""
    starter = starter_of(request, pk)
    return decided(request, starter, lambda: actions.discard(starter, request.user))


@at_home
@require_POST
def put_back_starter(request, pk):
    """Undo."""
    starter = starter_of(request, pk)
    return decided(request, starter, lambda: actions.put_back(starter, request.user))


# How they answer


def change_habit(request, group, *, by_kith):
    """Let Kith ask by itself, or not, and say so."""
    try:
        actions.let_kith_ask(group, request.user, by_kith=by_kith)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Kept.")
    return redirect("starters", group.slug)


def typed(request, form, act, context):
    """The page of one starter; when what was typed is in order, it is done."""
    if form.is_valid():
        try:
            starter = act(timezone.now())
        except Refused as refusal:
            say_no(form, refusal)
        else:
            if starter.thread is not None:
                return redirect(starter.thread)
            messages.success(request, became(starter))
            return redirect("starters", starter.group.slug)
    status = 422 if form.errors else 200
    context = {**context, "form": form}
    return render(request, "facilitation/starters/starter.html", context, status=status)


def decided(request, starter, act):
    """What became of it, in its place, or on the page of all."""
    try:
        act()
    except Refused as refusal:
        if request.htmx:
            context = {"starter": starter, "refusal": refusal}
            return render(request, "facilitation/starters/_refused.html", context, status=422)
        messages.error(request, str(refusal))
        return redirect("starters", starter.group.slug)
    starter = starter_of(request, starter.pk)
    if request.htmx:
        return render(request, "facilitation/starters/_decided.html", {"starter": starter})
    messages.success(request, became(starter))
    return redirect("starters", starter.group.slug)


def became(starter):
    """What became of it, in a sentence."""
    if starter.is_published:
        return f"Asked: “{starter.thread.title}”" if starter.thread else "It was asked."
    if starter.is_scheduled:
        return f"“{starter.title}” is asked {at_hour(starter.publish_at)}, in your name."
    if starter.is_discarded:
        return f"“{starter.title}” is left be. You can put it back until tomorrow."
    return f"“{starter.title}” is kept as a draft."
