"""The pages of starting a group: one question at a time, each kept as a draft."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render

from microgroups.groups import drafts
from microgroups.groups.drafts import GroupDraft
from microgroups.groups.forms import posted, say_no
from microgroups.groups.models import PAINTS
from microgroups.groups.pages import SKETCHED, sketch_of
from microgroups.groups.steps import (
    STEP_OF,
    STEPS,
    answers_of,
    form_for,
    step_beside,
    step_named,
    steps_of,
)
from network.errors import Invalid, Refused
from network.notifications.opening import note_opened

SMALL = 50  # seats that a group begins with: enough, and people know each other


def draft_of(request, pk):
    draft = get_object_or_404(GroupDraft.objects.visible_to(request.user), pk=pk)
    draft.network = request.network
    return draft


def mine(request):
    """The reader's drafts here, the last touched first, as their cards will show them."""
    found = GroupDraft.objects.visible_to(request.user).filter(network=request.network)
    kept = list(found.order_by("-touched_at", "-pk")[: drafts.MOST])
    for draft in kept:
        draft.network = request.network
        draft.sketch = draft.as_group()
    return kept


def begun_with(request):
    """What the address says already (`?name=…&cap=…`), as far as it can be kept."""
    said = {field: request.GET.get(field, "").strip() for field in SKETCHED}
    begun = {"name": said["name"][:80], "purpose": said["purpose"][:140]}
    begun["cap"] = min(SMALL, request.network.default_cap)
    if said["colour"] in PAINTS:
        begun["colour"] = said["colour"]
    if said["cap"].isdecimal() and 0 < int(said["cap"][:9]) <= request.network.max_cap:
        begun["cap"] = int(said["cap"])
    return {field: value for field, value in begun.items() if value}


def sketched(request, draft):
    """The card so far: what is kept, or said in the address, or just typed."""
    usual = {"cap": request.network.default_cap, "colour": "moss"}
    kept = {field: getattr(draft, field) for field in SKETCHED} if draft else begun_with(request)
    typed = {**request.GET.dict(), **request.POST.dict()}
    told = usual | {field: value for field, value in kept.items() if value}
    told |= {field: typed[field] for field in SKETCHED if field in typed}
    return sketch_of(told, request.network)


def shown(request, step, form, draft=None, **context):
    """The page of one question; 422 where something typed needs another look."""
    context |= {
        "step": step,
        "form": form,
        "draft": draft,
        "steps": steps_of(draft, step),
        "next": step_beside(step, 1),
        "before": step_beside(step, -1),
        "sketch": sketched(request, draft),
    }
    status = 422 if form.errors else 200
    return render(request, "microgroups/groups/start.html", context, status=status)


def onward(request, draft, step):
    """Where the pressed button leads: a step back, away for now, or on."""
    if request.POST.get("to") == "later":
        messages.success(request, "Kept. You find it here whenever you like.")
        return redirect("start_group")
    there = step_beside(step, -1 if request.POST.get("to") == "back" else 1)
    return redirect("group_draft_step", draft.pk, there.name) if there else redirect(draft)


@login_required
def start_group(request):
    """The first question, and the drafts one has; an answer becomes a new draft.

    Asked for with words (`?name=…&cap=…`) it begins with them.
    """
    step, begun = STEPS[0], begun_with(request)
    form = form_for(step, GroupDraft(**begun), posted(request), request.network)
    form.fields["purpose"].required = True
    if form.is_valid():
        try:
            words = begun | form.cleaned_data
            draft = drafts.begin(request.network, request.user, **words)
        except Refused as refusal:
            say_no(form, refusal)
        else:
            return onward(request, draft, step)
    return shown(request, step, form, mine=mine(request))


@login_required
def group_draft_step(request, pk, step):
    """One question of a draft; what is answered is kept at once, whichever way one goes on."""
    draft, step = draft_of(request, pk), step_named(step)
    if step is None:
        raise Http404
    form = form_for(step, draft, posted(request), request.network)
    if form.is_valid():
        try:
            drafts.keep(draft, request.user, **form.cleaned_data)
        except Refused as refusal:
            say_no(form, refusal)
        else:
            return onward(request, draft, step)
    return shown(request, step, form, draft)


@login_required
def group_draft(request, pk):
    """The whole draft, as it would be proposed; and proposing it."""
    draft, refusal, missing = draft_of(request, pk), None, []
    if request.method == "POST":
        try:
            group = drafts.propose_draft(draft, request.user)
        except Invalid as refused:
            refusal, missing = refused, [STEP_OF[field] for field in refused.errors]
        except Refused as refused:
            refusal = refused
        else:
            said = "It is open." if group.is_open else "It waits for an admin’s yes."
            messages.success(request, f"{group.name} is on the map. {said}")
            return redirect(group)
    note_opened(request, group_draft=[draft.pk])
    context = {
        "draft": draft,
        "answers": answers_of(draft),
        "sketch": draft.as_group(),
        "refusal": refusal,
        "missing": missing,
    }
    status = refusal.status if refusal else 200
    return render(request, "microgroups/groups/draft.html", context, status=status)


@login_required
def drop_draft(request, pk):
    """Asked once more; then the draft is gone."""
    draft = draft_of(request, pk)
    if request.method == "POST":
        drafts.drop(draft, request.user)
        messages.success(request, "The draft is gone.")
        return redirect("start_group")
    return render(request, "microgroups/groups/drop_draft.html", {"draft": draft})
