"""Pages of threads and posts: reading, writing, changing, taking back, reacting."""

from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Subquery
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.template.backends.utils import csrf_input
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from microgroups.conversation import actions, page, past
from microgroups.conversation.forms import EditForm, ReplyForm, ThreadForm, TitleForm, say_no
from microgroups.conversation.models import Kind, Post, ReadMark, Thread
from microgroups.conversation.rights import writes as may_write_now
from microgroups.conversation.views import PAGE, shown
from microgroups.groups.models import MicroGroup
from microgroups.groups.pages import tabs_of
from microgroups.membership.models import Membership
from microgroups.membership.visits import note_visit
from network import registries
from network.errors import Refused
from network.notifications.opening import note_opened
from network.pages import keyset_page
from network.prepared import first


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
    post, shown_at = found_post(request.user, id), urlsplit(request.htmx.current_url or "")
    here = page.place_in(QueryDict(shown_at.query))
    return HttpResponse(page.acts(post, csrf_input(request), here, just=emoji))
