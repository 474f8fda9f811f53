"""The pages of a charter: as it stands, how it has changed, twice a year: is this still us?"""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from microgroups.charter import actions
from microgroups.charter.forms import AcceptForm, ConfirmForm, answers_of
from microgroups.charter.models import CharterDraft
from microgroups.charter.reading import (
    asked_of,
    asked_with,
    changes_of,
    history_of,
    last_confirmation,
    may_read_history,
)
from microgroups.groups.forms import posted, say_no
from microgroups.groups.models import MicroGroup
from microgroups.groups.pages import tabs_of
from microgroups.membership.models import Membership
from network.errors import Refused
from network.notifications.opening import note_opened
from network.pages import keyset_page
from network.prepared import first

A_FEW = 5  # versions beside the page


def shown(request, name, context, form=None):
    """The page; 422 where something typed needs another look."""
    status = 422 if form is not None and form.errors else 200
    return render(request, f"microgroups/charter/{name}.html", context, status=status)


def group_of(request, slug):
    groups = MicroGroup.objects.visible_to(request.user).select_related("network", "founder")
    return get_object_or_404(groups, slug=slug)


@login_required
def group_charter(request, slug):
    """What a group is for, in its own words; and what one is asked to accept of it."""
    group = group_of(request, slug)
    membership = group.memberships.of(request.user)
    note_opened(request, charter=[group.pk])
    is_confirmed = group.charter_confirmed_at and may_read_history(membership, request.user.here)
    context = {
        "group": group,
        "tabs": tabs_of(group, membership),
        "membership": membership,
        "asked": asked_of(membership),
        "confirmed": first(last_confirmation, group.pk, request.user) if is_confirmed else None,
        "remembers": may_read_history(membership, request.user.here),
    }
    return shown(request, "charter", context)


@login_required
def charter_history(request, slug):
    """How the charter has changed, the newest first; for those inside."""
    group = group_of(request, slug)
    membership = group.memberships.of(request.user)
    if not may_read_history(membership, request.user.here):
        raise Http404
    found = keyset_page(history_of(group.pk, request.user), request, order=("-at", "-id"))
    context = {
        "group": group,
        "tabs": tabs_of(group, membership),
        "membership": membership,
        "versions": found,
        "changes": changes_of(found.items),
    }
    return shown(request, "history", context)


@login_required
def confirm_charter(request, slug):
    """Twice a year a facilitator looks at the five answers, changes them where needed, says yes.

    `look` shows what the members would see, and changes nothing; `later` keeps what was typed.
    """
    groups = MicroGroup.objects.visible_to(request.user).facilitated_by(request.user)
    group = get_object_or_404(groups.select_related("network", "founder"), slug=slug)
    draft = CharterDraft.objects.visible_to(request.user).filter(group=group).first()
    form, said = ConfirmForm(posted(request), initial=answers_of(group)), ""
    looks = "look" in request.POST
    if form.is_bound and not looks:
        said = said_yes(request, group, form)
    elif draft and not looks:
        form = ConfirmForm.kept(group, draft)
        note_opened(request, charter_draft=[group.pk])
    if said:
        messages.success(request, said)
        return redirect("group_charter", group.slug)
    mine = group.memberships.of(request.user)
    inside = Membership.objects.visible_to(request.user).filter(group=group).reading()
    versions = history_of(group.pk, request.user).newest_first()
    context = {
        "group": group,
        "membership": mine,
        "tabs": tabs_of(group, mine),
        "form": form,
        "answers": form.answers(),
        "preview": asked_with(group, form["agreements"].value()),
        "others": inside.exclude(person=request.user).count(),
        "changes": changes_of(list(versions[:A_FEW])),
        "looks": looks,
        "draft": draft if request.method == "GET" else None,
    }
    return shown(request, "confirm", context, form)


def said_yes(request, group, form):
    """Confirm, or keep it for later; answers what to say, nothing where the form says why not."""
    later = "later" in request.POST
    if later:
        form.may_be_empty()
    if not form.is_valid():
        return ""
    try:
        if later:
            actions.keep_for_later(group, request.user, form.changes())
            return "It is kept; only you see it."
        actions.confirm(group, request.user, **form.changes())
    except Refused as refusal:
        say_no(form, refusal)
        return ""
    return "Thank you. The charter is confirmed."


@login_required
@require_POST
def accept_agreements(request, slug):
    """I am fine with the agreements as I have read them."""
    group = get_object_or_404(MicroGroup.objects.inside_for(request.user), slug=slug)
    form = AcceptForm(request.POST)
    seen = form.cleaned_data["seen"] if form.is_valid() else None
    try:
        membership = actions.accept(group, request.user, seen=seen)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        if not membership.has_accepted:
            messages.info(request, "They have changed again since. Look once more, when you like.")
    return redirect(group)
