"""The pages of merging: asking another group, and answering."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from microgroups.budding import merging as actions
from microgroups.budding.forms import MergeForm
from microgroups.budding.models import Merging
from microgroups.budding.reading import quiet_of
from microgroups.budding.views import shown
from microgroups.groups.forms import ReasonForm, posted, say_no
from microgroups.groups.models import MicroGroup
from microgroups.groups.pages import tabs_of
from microgroups.membership.views import facilitated
from network.errors import Refused
from network.notifications.opening import note_opened

MOST = 200  # groups to choose from


@login_required
def merge_group(request, slug):
    """A facilitator of a quiet group asks another one; or reads what became of it."""
    group = facilitated(request, slug)
    others = MicroGroup.objects.visible_to(request.user).open().filter(network=group.network)
    others = list(others.exclude(pk=group.pk).order_by("name", "pk").defer("search")[:MOST])
    asked = Merging.objects.visible_to(request.user).filter(group=group)
    asked = asked.select_related("into", "decided_by").order_by("-asked_at").first()
    form = MergeForm(posted(request), groups=others)
    if form.is_valid():
        try:
            actions.merge(group, request.user, **form.cleaned_data)
        except Refused as refusal:
            say_no(form, refusal)
        else:
            messages.success(request, "They are told.")
            return redirect("merge_group", slug)
    context = {
        "group": group,
        "tabs": tabs_of(group, group.memberships.of(request.user)),
        "asked": asked,
        "form": form,
        "others": others,
        "figures": quiet_of(group, timezone.now()),
    }
    return shown(request, "merge", context, form)


@login_required
@require_POST
def unmerge_group(request, slug):
    """Take the question back."""
    group = facilitated(request, slug)
    asked = Merging.objects.visible_to(request.user).asked().filter(group=group)
    return done(request, get_object_or_404(asked), actions.withdraw, "merge_group", slug)


@login_required
def merging(request, pk):
    """What another group asks, and the answer: yes here, or not this time, and why."""
    found = Merging.objects.visible_to(request.user).select_related(
        "group__network", "into__network", "asked_by", "decided_by"
    )
    found = get_object_or_404(found, pk=pk)
    if request.method == "POST" and "accept" in request.POST:
        return done(request, found, actions.accept, "merging", pk)
    form = ReasonForm(posted(request))
    if form.is_valid():
        try:
            actions.decline(found, request.user, **form.cleaned_data)
        except Refused as refusal:
            say_no(form, refusal)
        else:
            messages.success(request, "They are told.")
            return redirect("merging", pk)
    note_opened(request, merging=[found.pk])
    place = found.into.memberships.of(request.user)
    context = {
        "merging": found,
        "decides": found.is_asked and place is not None and place.is_facilitator,
        "form": form,
        "group": found.into,
        "tabs": tabs_of(found.into, place),
        "figures": quiet_of(found.group, timezone.now()),
    }
    return shown(request, "merging", context, form if request.method == "POST" else None)


def done(request, found, action, *then):
    """Do it, or say why not; then show how it stands."""
    try:
        action(found, request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect(*then)
