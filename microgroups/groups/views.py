"""The pages of groups: finding, starting, changing, deciding about one."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from microgroups.groups import actions, pledging
from microgroups.groups.fit import tell_fits
from microgroups.groups.forms import (
    AnswerForm,
    CapForm,
    DiscoverForm,
    ReasonForm,
    SettingsForm,
    posted,
    say_no,
    values_of,
)
from microgroups.groups.models import MicroGroup, State
from microgroups.groups.pages import tabs_of
from network.errors import Refused
from network.pages import keyset_page
from network.prepared import question, rows


def shown(request, name, context, form=None):
    """The page; 422 where something typed needs another look."""
    status = 422 if form is not None and form.errors else 200
    return render(request, f"microgroups/groups/{name}.html", context, status=status)


def group_of(request, slug):
    groups = MicroGroup.objects.visible_to(request.user).select_related("network", "founder")
    return get_object_or_404(groups, slug=slug)


def keys_of_mine(person):
    return person.memberships.reading().values_list("group", flat=True)


def discovered(person, rooms):
    """The open groups; those with room, or all of one's own, where that is asked."""
    groups = MicroGroup.objects.visible_to(person).select_related("network").defer("search")
    if rooms == ("mine",):
        return groups.inside_for(person).filter(founded_at__isnull=False)
    if rooms == ("proposed",):
        return groups.filter(state=State.PROPOSED)
    return groups.open().with_free_seats() if rooms == ("free",) else groups.open()


@login_required
def discover(request):
    """Every group one may see, or one's own, the youngest first."""
    form = DiscoverForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {"q": "", "room": ""}
    mine = set(rows(keys_of_mine, request.user))
    groups = question(discovered, request.user, (asked["room"],))
    if asked["q"].strip():
        groups = groups.queryset().with_words(asked["q"])
    began = "-proposed_at" if asked["room"] == "proposed" else "-founded_at"
    found = keyset_page(groups, request, order=(began, "-id"), size=12)
    tell_fits(found.items, request.user, mine)
    context = {"form": form, "groups": found, "mine": mine, **asked}
    return shown(request, "discover", context)


@login_required
def group_settings(request, slug):
    """A facilitator changes the charter, the cap, who comes in and who sees it."""
    groups = MicroGroup.objects.visible_to(request.user).facilitated_by(request.user)
    group = get_object_or_404(groups.select_related("network"), slug=slug)
    form = SettingsForm(posted(request), initial=values_of(group))
    if form.is_valid():
        try:
            group = actions.edit(group, request.user, **form.cleaned_data)
        except Refused as refusal:
            say_no(form, refusal)
        else:
            messages.success(request, "Kept.")
            return redirect("group_settings", group.slug)
    membership = group.memberships.of(request.user)
    context = {"group": group, "form": form, "tabs": tabs_of(group, membership)}
    return shown(request, "settings", context, form)


@login_required
def group_cap(request, slug):
    """An admin gives a group more windows, or fewer; above the policy with a reason in writing."""
    if not request.user.here.is_admin:
        raise Http404
    group = group_of(request, slug)
    typed = {"cap": group.cap, "reason": group.ceiling_reason}
    form = CapForm(posted(request), initial=typed)
    if form.is_valid():
        try:
            actions.edit(group, request.user, **form.cleaned_data)
        except Refused as refusal:
            say_no(form, refusal)
        else:
            messages.success(request, f"{group.name} has {form.cleaned_data['cap']} windows now.")
            return redirect("group_charter", group.slug)
    membership = group.memberships.of(request.user)
    context = {"group": group, "form": form, "tabs": tabs_of(group, membership)}
    return shown(request, "cap", context, form)


@login_required
def archive_group(request, slug):
    """Asked once more; then the group is closed, and those who were in it keep reading."""
    return confirmed(request, slug, actions.archive, "archive")


@login_required
def restore_group(request, slug):
    """Asked once more; then the group is open again."""
    return confirmed(request, slug, actions.restore, "restore")


@login_required
def approve_group(request, slug):
    """An admin says yes to a proposed group."""
    return confirmed(request, slug, actions.approve, "approve")


def confirmed(request, slug, action, name):
    """A page that asks, and on POST does it."""
    group = group_of(request, slug)
    refusal = None
    if request.method == "POST":
        try:
            action(group, request.user)
        except Refused as refused:
            refusal = refused
        else:
            return redirect(group)
    context = {"group": group, "deed": name, "refusal": refusal}
    status = refusal.status if refusal else 200
    return render(request, "microgroups/groups/confirm.html", context, status=status)


@login_required
def decline_group(request, slug):
    """An admin says not this time, and why."""
    return with_words(request, slug, ReasonForm, actions.decline, "network_admin")


@login_required
def propose_again(request, slug):
    """The founder of a declined group answers and tries again."""
    return with_words(request, slug, AnswerForm, actions.propose_again, None)


def with_words(request, slug, form_class, action, then):
    group = group_of(request, slug)
    form = form_class(posted(request))
    if form.is_valid():
        try:
            action(group, request.user, **form.cleaned_data)
        except Refused as refusal:
            say_no(form, refusal)
        else:
            return redirect(then) if then else redirect(group)
    context = {"group": group, "form": form, "State": State}
    return shown(request, "words", context, form)


@login_required
@require_POST
def pledge_to_come(request, slug):
    """Give one's word to come into a proposed group, or take it back."""
    group = group_of(request, slug)
    try:
        if "withdraw" in request.POST:
            pledging.withdraw_pledge(group, request.user)
        else:
            pledging.pledge(group, request.user, facilitate="facilitate" in request.POST)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect(group)
