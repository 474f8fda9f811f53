"""Calling for help: the numbers first, then who is called."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from facilitation.distress import actions
from facilitation.distress.forms import NoteForm, WordForm
from facilitation.distress.models import Distress, Word
from facilitation.distress.reading import SHOWN, called, card_for, thread_for, words_to
from facilitation.distress.rules import help_lines
from microgroups.conversation.models import Post
from microgroups.groups.forms import posted, say_no
from microgroups.groups.models import MicroGroup
from network.errors import Refused
from network.notifications.opening import note_opened
from network.templatetags.kith import name

PAGE = "facilitation/distress/"


@login_required
def distress_post(request, id):
    """Calling for help because of a post."""
    posts = Post.objects.visible_to(request.user).standing()
    post = get_object_or_404(posts.select_related("thread__group__network", "author"), pk=id)
    return call(request, post.thread.group, post)


@login_required
def distress_group(request, slug):
    """Calling for help for oneself, or for somebody in the group."""
    groups = MicroGroup.objects.inside_for(request.user).select_related("network")
    return call(request, get_object_or_404(groups, slug=slug), None)


def call(request, group, post):
    """The numbers to call, and one button that calls people; nothing has to be typed."""
    form = NoteForm(posted(request))
    if form.is_valid():
        note = form.cleaned_data["note"]
        try:
            made = actions.call_for_help(group, request.user, post=post, note=note)
        except Refused as refusal:
            say_no(form, refusal)
        else:
            return redirect(made)
    context = {
        "group": group,
        "post": post,
        "form": form,
        "lines": help_lines(request.network.help_text),
    }
    status = 422 if form.errors else 200
    return render(request, f"{PAGE}call.html", context, status=status)


@login_required
def distress(request, pk):
    """Who is called and who is next; whoever called may add a word."""
    found = call_of(request, pk)
    is_mine = found.person_id == request.user.pk
    form = NoteForm(posted(request)) if is_mine else WordForm()
    if is_mine and form.is_valid():
        try:
            actions.add_note(found, request.user, note=form.cleaned_data["note"])
        except Refused as refusal:
            say_no(form, refusal)
        else:
            return redirect(found)
    note_opened(request, distress=[found.pk])
    return show(request, found, form)


def show(request, found, form):
    """The page of a call; form: what whoever called adds, or a word to them."""
    is_mine = found.person_id == request.user.pk
    context = {
        "distress": found,
        "is_mine": is_mine,
        "group": card_for(request.user, found),
        "rings": called(found),
        "words": words_to(request.user, found) if is_mine and found.is_seen else (),
        "thread": None if is_mine else thread_for(request.user, found),
        "other_words": other_words(found),
        "form": form,
        "lines": help_lines(found.network.help_text),
    }
    status = 422 if form.errors else 200
    return render(request, f"{PAGE}distress.html", context, status=status)


def other_words(distress):
    """[(value, label)] of what whoever called may say next: not what they say already."""
    said = distress.word or Word.NEEDED
    return [choice for choice in Word.choices if choice[0] != said]


@login_required
@require_POST
def distress_seen(request, pk):
    """I am here: nobody else is called; and a word to whoever called."""
    found = call_of(request, pk)
    form = WordForm(request.POST)
    form.fields["note"].required = found.is_seen
    if not form.is_valid():
        return show(request, found, form)
    try:
        actions.see(found, request.user, **form.cleaned_data)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        if form.cleaned_data["note"].strip():
            messages.success(request, f"Your words go to {name(found.person)} at once.")
    return redirect(found)


@login_required
@require_POST
def distress_word(request, pk):
    """Whoever called says how it is now."""
    found = call_of(request, pk)
    try:
        said = actions.send_word(found, request.user, word=request.POST.get("word", ""))
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        who = f"{name(said.seen_by)} reads it." if said.is_seen else "Whoever is called reads it."
        messages.success(request, f"Thank you for saying so. {who}")
    return redirect(found)


def call_of(request, pk):
    visible = Distress.objects.visible_to(request.user)
    return get_object_or_404(visible.select_related(*SHOWN), pk=pk)
