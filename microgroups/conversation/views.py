"""The pages on which people read and write."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef, Subquery, Value
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.backends.utils import csrf_input
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from microgroups.conversation import actions, page, past, week
from microgroups.conversation.forms import EditForm, ReplyForm, ThreadForm, TitleForm, say_no
from microgroups.conversation.models import Kind, Post, ReadMark, Thread
from microgroups.conversation.rights import writes as may_write_now
from microgroups.groups.founding import load_founding
from microgroups.groups.models import MicroGroup
from microgroups.groups.pages import checklist_of, kin_of, tabs_of
from microgroups.groups.reading import who_archived
from microgroups.membership.models import Membership
from microgroups.membership.visits import note_visit
from network import registries
from network.errors import Refused
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


@login_required
def new_thread(request, slug):
    """Opening a thread; somebody new is asked three things instead of one."""
    inside = MicroGroup.objects.inside_for(request.user).select_related("network")
    group = get_object_or_404(inside, slug=slug)
    membership = group.memberships.of(request.user)
    membership.group = group
    if request.method == "GET" and not may_write_now(membership, timezone.now()):
        return redirect(group)  # which says why, and what one can do
    form = ThreadForm(
        request.POST if request.method == "POST" else None,
        initial={"kind": request.GET.get("kind") or first_kind(membership)},
        facilitates=membership.is_facilitator,
    )
    if form.is_valid():
        try:
            thread = actions.open_thread(group, request.user, **form.cleaned_data)
        except Refused as refusal:
            say_no(form, refusal)
        else:
            return redirect(thread)
    context = {
        "group": group,
        "membership": membership,
        "tabs": tabs_of(group, membership),
        "form": form,
        "openers": form["kind"].value() == Kind.INTRODUCTION,
        "rules": page.rules_of(group),
    }
    return shown(request, "new_thread.html", context, form)


def first_kind(membership):
    """What one most likely wants to write: a hello first, then talk."""
    return Kind.INTRODUCTION if membership.first_post_at is None else Kind.TALK


@login_required
def thread(request, id):
    """A conversation, and the box to write back in."""
    thread = thread_for(request.user, id)
    if thread is None:
        return moved_on(request, id)
    if request.method == "POST":
        return reply(request, thread)
    note_visit(thread.mine, timezone.now())
    return show_thread(request, thread, ReplyForm())


def found_thread(person, id):
    """The same as `thread_for`, or 404."""
    thread = thread_for(person, id)
    if thread is None:
        raise Http404
    return thread


def moved_on(request, id):
    """Where it went, for whoever had read it in the group that it has left; else 404. What they
    were about to say there is given back."""
    found = (find(id, request.user) for _, find in registries.moved_threads.items())
    group = next(filter(None, found), None)
    if group is None:
        raise Http404
    context = {"group": group, "typed": request.POST.get("body", "")}
    status = 409 if request.method == "POST" else 200
    return render(request, f"{PAGE}moved.html", context, status=status)


def thread_for(person, id):
    """The thread with its group, if this person may read it, or None; with `mine`, their membership
    there, and `seen_until`, how far they have read."""
    thread = first(thread_with, id, person)
    if thread is None:
        return None
    thread.mine = first(place_at, person.pk, thread.pk, thread.group_id)
    thread.mine.group, thread.mine.person = thread.group, person
    thread.seen_until = max(thread.mine.read_before, thread.mine.read_until or thread.opened_at)
    if thread.mine.reads_past:
        past.as_it_was([thread], thread.mine.reads_until)
    return thread


def thread_with(key, person):
    return Thread.objects.open_to(person).filter(pk=key).select_related("group")[:1]


def place_at(person, thread, group):
    """The person's membership with `read_until`, how far they have read in the thread."""
    mark = ReadMark.objects.filter(person=person, thread=thread)
    mine = Membership.objects.filter(person=person, group=group)
    return mine.annotate(read_until=Subquery(mark.values("read_until")))[:1]


def show_thread(request, thread, form):
    """The page of a thread at the posts that are asked for."""
    membership, now = thread.mine, timezone.now()
    posts = page.posts_from(thread, request.GET, request.user)
    part = keyset_page(posts, request, order=("at", "id"))
    if membership.reads_past:
        past.as_they_were(part.items, membership.reads_until)
    here, token = page.place_in(request.GET), csrf_input(request)
    page.lay_out(part.items, thread, membership, now, token=token, here=here)
    if request.method == "GET" and membership.may_read and page.reaches_beyond(part.items, thread):
        actions.keep_mark(thread, request.user, part.items[-1].at)
    note_opened(request, thread=[thread.pk], post=[post.pk for post in part.items])
    context = {
        **about_composer(thread, form, now),
        "asks": page.may_choose_answer(thread, membership),
        "live": part.older is None,
        "membership": membership,
        "posts": part,
        "is_part": bool(part.newer) or not any(post.is_opening for post in part.items),
        "answered": membership.may_write
        and page.asked_for(request.GET.get("reply"), part.items, thread),
        "rules": page.rules_of(thread.group) if membership.may_read else [],
        "is_newcomer": page.is_newcomer(thread, membership),
        "people": list(page.authors_of(part.items).values()),
    }
    return shown(request, "thread.html", context, form)


def about_composer(thread, form, now):
    """What the box for writing back needs."""
    return {
        "slow": thread.is_slow(now),
        "paused": thread.mine.is_paused(now),
        "thread": thread,
        "group": thread.group,
        "tabs": tabs_of(thread.group, thread.mine),
        "form": form,
        "icons": page.icons(),
        "writes": may_write_now(thread.mine, now) and not thread.is_closed,
    }


def reply(request, thread):
    """Write back; what does not fit comes back as it was typed."""
    form = ReplyForm(request.POST)
    if form.is_valid():
        try:
            post = actions.post(thread, request.user, **form.cleaned_data)
        except Refused as refusal:
            say_no(form, refusal)
        else:
            return show_reply(request, thread, post) if request.htmx else redirect(post)
    if request.htmx:
        context = {**about_composer(thread, form, timezone.now()), "live": True}
        return shown(request, "_composer.html", context, form)
    return show_thread(request, thread, form)


def show_reply(request, thread, post):
    """The new post, to be put below the others, and an empty box to go on in."""
    post.mine, now = [], timezone.now()
    page.lay_out([post], thread, thread.mine, now, token=csrf_input(request))
    form = ReplyForm()
    form.fields["body"].widget.attrs["data-focus"] = True
    context = {**about_composer(thread, form, now), "live": True, "post": post}
    response = shown(request, "_reply.html", context)
    return trigger_client_event(response, "announce", {"value": "You wrote back."})


@login_required
def edit_thread(request, id):
    """Another title for a thread."""
    thread = found_thread(request.user, id)
    form = TitleForm(
        request.POST if request.method == "POST" else None, initial={"title": thread.title}
    )
    if form.is_valid():
        try:
            actions.retitle(thread, request.user, **form.cleaned_data)
        except Refused as refusal:
            say_no(form, refusal)
        else:
            return redirect(thread)
    return shown(request, "edit_thread.html", {"thread": thread, "form": form}, form)


@login_required
def delete_thread(request, id):
    """Asked once more, then a whole thread is taken back; for a day it can be put back."""
    threads = Thread.objects.visible_to(request.user).select_related("group", "author")
    thread = get_object_or_404(threads, pk=id)
    if request.method != "POST":
        return shown(request, "delete_thread.html", {"thread": thread})
    try:
        actions.delete_thread(thread, request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(thread)
    return redirect("undelete_thread", thread.pk)


@login_required
def undelete_thread(request, id):
    """A thread that one has taken back, and the way to put it back."""
    threads = Thread.objects.taken_back_by(request.user).select_related("group")
    thread = get_object_or_404(threads, pk=id)
    if request.method != "POST":
        return shown(request, "undelete_thread.html", {"thread": thread})
    return done(request, thread, actions.undelete_thread)


def of_thread(action):
    """A button that does something with a thread."""

    @login_required
    @require_POST
    def view(request, id):
        threads = Thread.objects.visible_to(request.user).select_related("group")
        return done(request, get_object_or_404(threads, pk=id), action)

    return view


def done(request, thing, action, **facts):
    """Do it, or say why not; then show the thing as it now stands."""
    try:
        action(thing, request.user, **facts)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect(thing)


close_thread = of_thread(actions.close)
pin_thread = of_thread(actions.pin)


@login_required
@require_POST
def choose_answer(request, id):
    """Mark the reply that helped (`post`), or none."""
    threads = Thread.objects.visible_to(request.user).select_related("group")
    thread = get_object_or_404(threads, pk=id)
    chosen = page.key_of(request.POST.get("post"))
    if chosen is None:
        return done(request, thread, actions.drop_answer)
    return done(request, thread, actions.choose_answer, post=chosen)


# Posts


def found_post(person, id):
    """The standing post, if this person may read it."""
    posts = Post.objects.visible_to(person).standing().with_mine(person)
    return get_object_or_404(posts.select_related("thread__group__network", "author"), pk=id)


@login_required
def edit_post(request, id):
    """Saying it in other words; the words before stay in its history."""
    post = found_post(request.user, id)
    form = EditForm(request.POST if request.method == "POST" else None, initial={"body": post.body})
    if form.is_valid():
        try:
            actions.edit_post(post, request.user, **form.cleaned_data)
        except Refused as refusal:
            say_no(form, refusal)
        else:
            return redirect(post)
    return shown(request, "edit_post.html", {"post": post, "form": form}, form)


@login_required
def delete_post(request, id):
    """Asked once more, then words are taken back; for a day they can be put back."""
    post = found_post(request.user, id)
    if request.method != "POST":
        return shown(request, "delete_post.html", {"post": post})
    return done(request, post, actions.delete_post)


@login_required
@require_POST
def undelete_post(request, id):
    """Put back what was taken back."""
    posts = Post.objects.visible_to(request.user).select_related("thread__group")
    return done(request, get_object_or_404(posts, pk=id), actions.undelete_post)


@login_required
@require_GET
def post_history(request, id):
    """What a post said before it was changed, newest first."""
    post = found_post(request.user, id)
    return shown(request, "history.html", {"post": post, "versions": post.versions.order_by("-at")})


@login_required
@require_POST
def react(request, id):
    """A reaction given or taken back: `react=👍`, `unreact=👍`."""
    post = found_post(request.user, id)
    action = actions.unreact if "unreact" in request.POST else actions.react
    emoji = request.POST.get("unreact") or request.POST.get("react", "")
    if not request.htmx:
        return done(request, post, action, emoji=emoji)
    try:
        action(post, request.user, emoji=emoji)
    except Refused as refusal:
        return HttpResponse(str(refusal), status=refusal.status)
    post = found_post(request.user, id)
    return HttpResponse(page.acts(post, csrf_input(request), just=emoji))
