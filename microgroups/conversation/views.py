"""The home of a group, its common past, and what is new in all of one's groups."""

from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef, Value
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from microgroups.conversation import actions, page, past, week
from microgroups.conversation.models import Thread
from microgroups.conversation.rights import writes as may_write_now
from microgroups.groups.founding import load_founding
from microgroups.groups.models import MicroGroup
from microgroups.groups.pages import checklist_of, kin_of, tabs_of
from microgroups.groups.reading import who_archived
from microgroups.membership.models import Membership
from microgroups.membership.visits import note_visit
from network import registries
from network.notifications.opening import note_opened
from network.pages import keyset_page
from network.prepared import first, question, rows

PAGE = "microgroups/conversation/"
NEWS = 60  # threads on one round through one's groups
PEOPLE = 30  # members who are asked for; the margin shows a few of them


def shown(request, template, context, form=None):
    """The page; 422 where something typed needs another look, or is worth one."""
    again = form is not None and (form.errors or getattr(form, "second_look", ""))
    status = 422 if again else 200
    return render(request, PAGE + template, context, status=status)


# The home of a group


@login_required
@require_GET
def group(request, slug):
    """A group's home; for who is not in it, its card and charter."""
    membership = membership_of(request, slug)
    if membership is None or not membership.may_read:
        return outside(request, slug, membership)
    now = timezone.now()
    group = load_founding([membership.group], request.user)[0]
    note_visit(membership, now)
    note_opened_group(request, group, membership)
    asked = (group.pk, membership.person_id, membership.read_before)
    newest = keyset_page(question(newest_threads, *asked), request)
    is_first = membership.has_pinned and not newest.newer
    pinned = rows(pinned_threads, *asked) if is_first else ()
    people = rows(people_of, group.pk)
    writes = may_write_now(membership, now)
    context = {
        "group": group,
        "membership": membership,
        "checklist": checklist_of(group),
        "tabs": tabs_of(group, membership),
        "threads": newest,
        "rows": page.dress([*pinned, *newest.items], now),
        "people": people,
        "marks": [("lock", "Only members can read this group")],
        "writes": writes,
        "paused": membership.is_paused(now),
        "first_words": writes and membership.first_post_at is None,
        "new": week.newcomers(people, now),
        "returned": week.returned(people, now),
        "said": week.said([*pinned, *newest.items], now),
        "archived_by": who_archived(group),
        "panels": panels_of(request, group, membership),
    }
    return shown(request, "group.html", context)


def note_opened_group(request, group, membership):
    """What one was told of the group and of places in it; why one was turned away stands
    elsewhere."""
    about = {"group": [group.pk]}
    if membership is not None and not membership.was_turned_away:
        about |= {"welcome": [membership.pk], "membership": group.memberships.values("pk")}
    note_opened(request, **about)


def threads_of(group, person, read_before):
    """The threads of the group, as far as the person has read them."""
    threads = Thread.objects.filter(group=group).standing()
    threads = threads.select_related("author", "last_author").defer("search")
    return threads.read_by(person, Value(read_before))


def newest_threads(*asked):
    return threads_of(*asked).filter(pinned_at=None)


def pinned_threads(*asked):
    return threads_of(*asked).exclude(pinned_at=None).order_by("-pinned_at")


def people_of(group):
    """Some of those who are in the group: who facilitates it and who came last."""
    people = Membership.objects.filter(group=group).active().select_related("person")
    return people.order_by("role", "-since", "pk")[:PEOPLE]


def place_in(slug, network, person):
    pinned = Thread.objects.filter(group=OuterRef("group"), deleted_at=None)
    mine = Membership.objects.filter(person=person, group__slug=slug, group__network=network)
    sisters = Exists(MicroGroup.objects.filter(sister_of=OuterRef("group")))
    mine = mine.annotate(has_pinned=Exists(pinned.exclude(pinned_at=None)), has_kin=sisters)
    return mine.select_related("group")[:1]


def membership_of(request, slug):
    """The reader's membership in the group of this name, with the group; or None."""
    membership = first(place_in, slug, request.network.pk, request.user.pk)
    if membership is not None:
        membership.person = request.user
        membership.group.network = request.network
    return membership


def outside(request, slug, membership):
    """What a group shows to people of the network who are not in it."""
    groups = MicroGroup.objects.visible_to(request.user).with_sisters()
    found = get_object_or_404(groups.select_related("network"), slug=slug)
    group = load_founding([found], request.user)[0]
    note_opened_group(request, group, membership)
    is_kin = group.has_sisters or group.sister_of_id
    parent, sisters = kin_of(group, request.user) if is_kin else (None, [])
    context = {
        "parent": parent,
        "sisters": sisters,
        "group": group,
        "checklist": checklist_of(group),
        "membership": membership,
        "tabs": tabs_of(group, membership),
        "marks": [("lock", "What is said inside stays inside")],
        "facilitators": group.memberships.facilitating().select_related("person").order_by("pk"),
    }
    return shown(request, "outside.html", context)


def panels_of(request, group, membership):
    """What the floors above show on the group's home, as HTML."""
    found = (panel(group, membership) for _, panel in registries.panels.items())
    return [render_to_string(name, facts, request) for name, facts in filter(None, found)]


@login_required
@require_GET
def group_past(request, slug):
    """What was said in a group up to the day on which one left it for its sister."""
    place = past.place_left(slug, request.user)
    if place is None:
        raise Http404
    if place.may_read:
        return redirect(place.group)
    threads = question(past.threads_left, place.group_id, request.user)
    found = keyset_page(threads, request, order=("-opened_at", "-id"))
    past.as_it_was(found.items, place.reads_until)
    return shown(request, "past.html", {"place": place, "threads": found})


# Catching up


@login_required
@require_GET
def catch_up(request):
    """What was said in my groups since I was there: a round that ends."""
    news = rows(news_for, request.user)
    groups = [row.group for row in rows(places_to_read, request.user)]
    page.dress(news, timezone.now())
    rounds = [(group, [one for one in news if one.group_id == group.pk]) for group in groups]
    context = {
        "rounds": sorted(rounds, key=lambda each: not each[1]),
        "threads": len(news),
        "groups": sum(bool(threads) for _, threads in rounds),
        "minutes": page.minutes_for(sum(thread.unread for thread in news)),
        "is_cut": len(news) == NEWS,
    }
    return shown(request, "catch_up.html", context)


def news_for(person):
    news = Thread.objects.news_for(person).select_related("author", "last_author")
    return news.order_by("-last_at", "-id")[:NEWS]


def places_to_read(person):
    mine = Membership.objects.visible_to(person).filter(person=person).reading()
    return mine.select_related("group").order_by("group__name", "pk")


@login_required
@require_POST
def read_everything(request):
    """Put out every lamp."""
    actions.read_everything(request.user)
    return redirect("catch_up")


@login_required
@require_POST
def read_group(request, slug):
    """I have read this group."""
    group = get_object_or_404(MicroGroup.objects.inside_for(request.user), slug=slug)
    actions.read_group(group, request.user)
    return redirect("catch_up")


# Threads
