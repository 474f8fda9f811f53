"""What a facilitator does with a cue in a browser."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.views.decorators.http import require_POST
from django_htmx.http import reselect, retarget, trigger_client_event

from facilitation.cues import actions
from facilitation.cues.forms import (
    AnswerForm,
    AssignForm,
    DismissForm,
    LeaveGroupForm,
    NoteForm,
    SnoozeForm,
    TurnAwayForm,
)
from facilitation.cues.models import DRAFTED, TO_DECIDE, Cue, Kind, State
from facilitation.cues.words import as_of_today
from microgroups.groups.forms import posted, say_no
from microgroups.membership.models import Membership
from network.errors import Refused
from network.templatetags.kith import name

ABOUT_GROUP = (Kind.SIZE, Kind.CHARTER)
# What is done on a page of its own, by its name; of the first two by the group's slug.
PAGES = {
    Kind.CHARTER: "confirm_charter",
    Kind.COVER: "group_cover",
    Kind.APPEAL: "appeal",
    Kind.REPORT: "report",
    Kind.DISTRESS: "distress",
}


def cue_of(request, pk):
    cues = Cue.objects.visible_to(request.user).select_related("group", "person", "assigned_to")
    cue = get_object_or_404(cues, pk=pk)
    as_of_today([cue], request.user, timezone.now())
    return cue


@login_required
def cue_done(request, pk):
    """Write to the cue's person, or back in their thread; that closes it. Asked by the queue's
    script, the box to write in alone, which takes the place of the buttons."""
    cue = cue_of(request, pk)
    if cue.kind in PAGES:
        return redirect(page_of(cue))
    if cue.kind == Kind.REQUEST:  # done where it stands, by letting them in or not
        return redirect(f"{reverse('group_care', args=[cue.group.slug])}#cue-{cue.pk}")
    if cue.person is None:
        raise Http404
    form_class = AnswerForm if cue.is_answered_there else NoteForm
    form = form_class(posted(request), initial={"note": words_to_begin_with(cue)})
    if not request.htmx:
        return typed(request, cue, "note", form, write)
    if done_with(form, request.user, cue, write):
        return closed(request, cue)
    form.fields["note"].widget.attrs["autofocus"] = True
    in_place = {"box": f"act-{cue.pk}", "in_place": f"#cue-{cue.pk}"}
    return retarget(page(request, cue, "_box", form, **in_place), f"#act-{cue.pk}")


def words_to_begin_with(cue):
    """A draft for a person to change, where the cue's kind has one."""
    return DRAFTED[cue.kind]([cue])[cue.pk] if cue.kind in DRAFTED else None


def page_of(cue):
    """The page on which a cue of this kind is done."""
    of_group = cue.kind in (Kind.CHARTER, Kind.COVER)
    return reverse(PAGES[cue.kind], args=[cue.group.slug if of_group else cue.subject_id])


def write(cue, person, form):
    words = form.cleaned_data["note"]
    if cue.is_answered_there:
        actions.answer(cue, person, body=words)
    else:
        actions.done(cue, person, note=words)


@login_required
def cue_dismiss(request, pk):
    """Leave it be, and say why; to who knocks: not this time."""
    cue = cue_of(request, pk)
    if cue.kind == Kind.REQUEST:
        return typed(request, cue, "turn_away", TurnAwayForm(posted(request)), turn_away)
    if cue.kind in TO_DECIDE:
        return redirect(page_of(cue))
    form_class = LeaveGroupForm if cue.kind in ABOUT_GROUP else DismissForm
    return typed(request, cue, "dismiss", form_class(posted(request)), dismiss)


def turn_away(cue, person, form):
    actions.turn_away(cue, person, reason=form.cleaned_data["reason"])


def dismiss(cue, person, form):
    actions.dismiss(cue, person, reason=form.cleaned_data["reason"])


@login_required
def cue_snooze(request, pk):
    """Put it aside for a while."""
    cue = cue_of(request, pk)
    if cue.kind == Kind.DISTRESS:
        return redirect(page_of(cue))
    return typed(request, cue, "snooze", SnoozeForm(posted(request)), snooze)


def snooze(cue, person, form):
    now = timezone.now()
    actions.snooze(cue, person, until=form.until(now), now=now)


@login_required
def cue_assign(request, pk):
    """Ask another facilitator of the group; a hint is handed to nobody."""
    cue = cue_of(request, pk)
    if cue.is_hint:
        raise Http404
    form = AssignForm(posted(request), people=who_could(request, cue))
    return typed(request, cue, "assign", form, assign)


def who_could(request, cue):
    """The other facilitators of the cue's group, whom it is not about."""
    facilitating = Membership.objects.visible_to(request.user).facilitating()
    others = facilitating.exclude(person__in=[request.user.pk, cue.person_id])
    found = others.filter(group=cue.group).select_related("person")
    return [membership.person for membership in found.order_by("person__name", "pk")]


def assign(cue, person, form):
    actions.assign(cue, person, to=form.person())


@login_required
@require_POST
def cue_let_in(request, pk):
    """Yes to who knocks."""
    cue = cue_of(request, pk)
    try:
        actions.let_in(cue, request.user)
    except Refused as refusal:
        return refused(request, cue, refusal)
    return closed(request, cue)


@login_required
@require_POST
def cue_reopen(request, pk):
    """Undo, and say what came of it."""
    cue = cue_of(request, pk)
    try:
        actions.reopen(cue, request.user)
    except Refused as refusal:
        return refused(request, cue, refusal)
    mine = Cue.objects.visible_to(request.user)
    waits = mine.waiting(timezone.now()).filter(pk=cue.pk).exists()
    messages.success(request, undone(cue, waits))
    return redirect(f"{reverse('care')}#cue-{cue.pk}" if waits else "care")


def undone(cue, waits):
    """What came of an undo; cue: as it stood before; waits: whether it is in the queue now."""
    about, written = capfirst(cue.about), cue.state == State.DONE and cue.person
    stays = " What you wrote stays with them." if written else ""
    if not waits:
        return f"{about} needs nothing more just now.{stays}"
    if cue.is_open and cue.snoozed_until is None and cue.assigned_to:
        return f"{name(cue.assigned_to)} is not asked any more to look after {cue.about}."
    return f"{about} is back in your queue.{stays}"


# How they answer


def typed(request, cue, name, form, act):
    """The page of this name; when what was typed is in order, it is done."""
    if done_with(form, request.user, cue, act):
        return closed(request, cue)
    answer = page(request, cue, name, form)
    return retarget(reselect(answer, "#main"), "#main") if request.htmx else answer


def done_with(form, person, cue, act):
    """Whether what was typed is in order, and the deed done; else the form says why not."""
    if not form.is_valid():
        return False
    try:
        act(cue, person, form)
    except Refused as refusal:
        say_no(form, refusal)
        return False
    return True


def page(request, cue, name, form, **more):
    context = {"cue": cue, "form": form, "here": "care", **more}
    status = 422 if form.errors else 200
    return render(request, f"facilitation/cues/{name}.html", context, status=status)


def closed(request, cue):
    """The line that takes the cue's place, with its undo: in place, or on top of the queue."""
    if request.htmx:
        cue = cue_of(request, cue.pk)
        line = render(request, "facilitation/cues/_closed.html", {"cue": cue})
        return trigger_client_event(line, "queue-changed")  # how many there are is asked anew
    return redirect(f"{reverse('care')}?closed={cue.pk}")


def refused(request, cue, refusal):
    """Why it was not done: in place, or on top of the queue."""
    if request.htmx:
        context = {"cue": cue, "refusal": refusal}
        return render(request, "facilitation/cues/_refused.html", context, status=422)
    messages.error(request, str(refusal))
    return redirect("care")
