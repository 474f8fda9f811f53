"""A draft to somebody who is away, for facilitators; what came of it, for whoever it is to."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from facilitation.cover.models import MemberNote
from facilitation.cues.models import Cue
from facilitation.cues.words import with_telling_part
from facilitation.nudges import actions, reading
from facilitation.nudges.forms import ChoiceForm, HabitForm, LetterForm
from facilitation.nudges.models import Nudge, Step
from facilitation.presence.reading import heading, silences
from facilitation.presence.reading import reason as reason_of
from microgroups.groups.forms import posted, say_no
from microgroups.groups.pages import tabs_of
from microgroups.membership.actions import leave, rest
from microgroups.membership.models import Membership
from microgroups.membership.views import facilitated, group_of
from microgroups.membership.visits import note_visit
from network.errors import Refused
from network.notifications.opening import note_opened


def page(request, name, context, form=None):
    status = 422 if form is not None and form.errors else 200
    return render(request, f"facilitation/nudges/{name}.html", context, status=status)


# For facilitators


@login_required
def cue_write(request, pk):
    """The first act of a presence cue: to its draft, where there is one, else to a few words."""
    cue = get_object_or_404(Cue.objects.visible_to(request.user), pk=pk)
    drafts = Nudge.objects.visible_to(request.user).drafts()
    found = drafts.filter(absence__membership=cue.subject_id).order_by("-step").first()
    return redirect("nudge", found.pk) if found else redirect("cue_done", cue.pk)


@login_required
def nudge(request, pk):
    """A draft to read, change, send or put aside."""
    nudges = Nudge.objects.visible_to(request.user).select_related(*reading.SHOWN)
    found = get_object_or_404(nudges, pk=pk)
    if found.is_choice:
        raise Http404
    form = LetterForm(posted(request), initial={"body": found.body})
    if request.method == "POST":
        answer = done(request, found, form)
        if answer is not None:
            return answer
    return page(request, "nudge", draft_context(request, found, form), form)


def done(request, found, form):
    """Where to go once the deed is done; None where something typed needs another look."""
    try:
        if "discard" in request.POST:
            return left_be(request, actions.discard(found, request.user))
        if "take_back" in request.POST:
            actions.take_back(found, request.user)
            messages.success(request, "It is drafted again.")
            return redirect("nudge", found.pk)
        if not form.is_valid():
            return None
        if "send" in request.POST:
            actions.send(found, request.user, body=form.cleaned_data["body"])
            messages.success(request, f"Sent to {found.person.name} in your name.")
        else:
            actions.edit(found, request.user, body=form.cleaned_data["body"])
            messages.success(request, "Kept.")
            return redirect("nudge", found.pk)
    except Refused as refusal:
        say_no(form, refusal)
        return None
    return redirect("group_nudges", found.group.slug)


def left_be(request, nudge):
    """To the queue, where the line of its cue has the undo; without one, to the letters."""
    cue = actions.left_be_with(nudge)
    if cue is not None:
        return redirect(f"{reverse('care')}?closed={cue.pk}")
    messages.success(request, f"{nudge.person.name} is left be.")
    return redirect("nudge", nudge.pk)


def draft_context(request, found, form):
    """All that the page of a draft shows; its words as they were typed last."""
    group, reader, now = found.group, request.user, timezone.now()
    mine = group.memberships.of(reader)
    silence = silences(group, reader, now).filter(pk=found.absence_id).first()
    cues = Cue.objects.visible_to(reader).open().filter(kind="presence", person=found.person)
    return {
        "group": group,
        "nudge": found,
        "form": form,
        "thread": reading.thread_for(found, reader),
        "tabs": tabs_of(group, mine),
        "heading": heading(found.absence),
        "why": with_telling_part(reason_of(silence, now)) if silence else "",
        "notes": MemberNote.objects.visible_to(reader)
        .filter(group=group, about=found.person)
        .select_related("by")
        .order_by("-at", "-pk")[:3],
        "may_take_back": found.is_left_be and actions.still_matters(found),
        "cue": cues.filter(group=group).order_by("-pk").first(),
        "here": "care",
    }


@login_required
def group_nudges(request, slug):
    """What is drafted and what was sent in a group, and whether Kith may write by itself."""
    group = facilitated(request, slug)
    form = HabitForm(posted(request))
    if form.is_valid():
        try:
            actions.let_kith_write(group, request.user, **form.cleaned_data)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, "Kept.")
        return redirect("group_nudges", group.slug)
    every = Nudge.objects.visible_to(request.user).filter(group=group)
    nudges = every.filter(step__lt=Step.CHOICE)
    nudges = nudges.select_related("person", "sent_by")
    context = {
        "group": group,
        "tabs": tabs_of(group, group.memberships.of(request.user)),
        "drafts": list(nudges.drafts().order_by("opened_at", "pk")[:50]),
        "sent": list(nudges.sent().order_by("-sent_at", "-pk")[:20]),
        "told": list(reading.told_to_rest(every).select_related("person")[:20]),
        "habit": reading.habit_of(group),
        "here": "care",
    }
    return page(request, "nudges", context)


# For whoever it is to


@login_required
def nudge_letter(request, pk):
    """What somebody wrote to me, with the one thread that it points to."""
    nudges = Nudge.objects.sent_to(request.user).select_related(*reading.SHOWN)
    found = get_object_or_404(nudges, pk=pk)
    if found.is_choice:
        return redirect("stay", found.group.slug)
    mine = Membership.objects.visible_to(request.user).filter(group=found.group)
    note_visit(mine.get(person=request.user), timezone.now())
    note_opened(request, nudge=[found.pk])
    context = {
        "group": found.group,
        "nudge": found,
        "thread": reading.thread_for(found, request.user),
    }
    return page(request, "letter", context)


@login_required
def stay(request, slug):
    """Three choices, each as good as the others."""
    group = group_of(request, slug)
    membership = group.memberships.of(request.user)
    if membership is not None and membership.is_resting:
        return redirect(group)
    if membership is None or not membership.is_active:
        raise Http404
    form = ChoiceForm(posted(request))
    if form.is_valid():
        choice = form.cleaned_data["choice"]
        deed = {"stay": actions.stay, "rest": rest, "leave": leave}[choice]
        try:
            deed(group, request.user)
        except Refused as refusal:
            say_no(form, refusal)
        else:
            return redirect("home" if choice == "leave" else group)
    mine = Nudge.objects.sent_to(request.user).filter(group=group)
    note_opened(request, nudge=mine.values("pk"))
    context = {
        "group": group,
        "form": form,
        "tabs": tabs_of(group, membership),
        "told": reading.told_to_rest(mine).last(),
    }
    return page(request, "stay", context, form if request.method == "POST" else None)
