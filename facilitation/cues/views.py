"""What a facilitator does with a cue in a browser."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from facilitation.cues import actions
from facilitation.cues.forms import AnswerForm, AssignForm, DismissForm, NoteForm, SnoozeForm
from facilitation.cues.models import Cue, Kind
from network.errors import Refused
from network.people.models import Person


def cue_of(request, pk):
    cues = Cue.objects.visible_to(request.user).select_related("group", "person", "assigned_to")
    return get_object_or_404(cues, pk=pk)


@login_required
def cue_done(request, pk):
    """Write to the cue's person, or back in their thread; that closes it."""
    cue = cue_of(request, pk)
    answers = cue.kind == Kind.ANSWER
    form_class = AnswerForm if answers else NoteForm
    form = form_class(request.POST if request.method == "POST" else None)
    if form.is_valid():
        note = form.cleaned_data["note"]
        try:
            if answers:
                actions.answer(cue, request.user, body=note)
            else:
                actions.done(cue, request.user, note=note)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return closed(request, cue)
    return page(request, "note", cue, form)


@login_required
@require_POST
def cue_let_in(request, pk):
    """Yes to who knocks."""
    cue = cue_of(request, pk)
    try:
        actions.let_in(cue, request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("care")
    return closed(request, cue)


@login_required
def cue_dismiss(request, pk):
    """Leave it be, and say why."""
    cue = cue_of(request, pk)
    form = DismissForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            actions.dismiss(cue, request.user, reason=form.cleaned_data["reason"])
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return closed(request, cue)
    return page(request, "dismiss", cue, form)


@login_required
@require_POST
def cue_snooze(request, pk):
    """Put it aside for a while."""
    cue = cue_of(request, pk)
    form = SnoozeForm(request.POST)
    if form.is_valid():
        actions.snooze(cue, request.user, until=form.until())
    return closed(request, cue)


@login_required
@require_POST
def cue_assign(request, pk):
    """Ask another facilitator of the group."""
    cue = cue_of(request, pk)
    form = AssignForm(request.POST)
    if form.is_valid():
        people = Person.objects.visible_to(request.user)
        to = get_object_or_404(people, username=form.cleaned_data["to"])
        actions.assign(cue, request.user, to=to)
    return closed(request, cue)


@login_required
@require_POST
def cue_reopen(request, pk):
    """Undo."""
    cue = cue_of(request, pk)
    actions.reopen(cue, request.user)
    return redirect(f"{reverse('care')}#cue-{cue.pk}")


def closed(request, cue):
    """The line that takes the cue's place, with its undo: in place, or on top of the queue."""
    if request.htmx:
        cue = cue_of(request, cue.pk)
        return render(request, "facilitation/cues/_closed.html", {"cue": cue})
    return redirect(f"{reverse('care')}?closed={cue.pk}")


def page(request, name, cue, form):
    context = {"cue": cue, "form": form, "here": "care"}
    status = 422 if form.errors else 200
    return render(request, f"facilitation/cues/{name}.html", context, status=status)
