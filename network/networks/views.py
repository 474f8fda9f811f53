"""Who lives in the network, its admin page, its house rules, and its door for those outside."""

from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from network.errors import Invalid, Refused
from network.networks import actions
from network.networks.forms import PolicyForm, RoleForm, SuspendForm
from network.networks.models import NetworkMembership
from network.notifications.opening import note_opened
from network.pages import keyset_page
from network.people.models import Block, Person, Visitor
from network.registries import admin_panels, leaving_panels, person_panels
from network.rest.session import is_fresh


@login_required
def network_admin(request):
    """Decisions that wait, then the policy. For admins."""
    if not request.user.here.is_admin:
        raise Http404
    network = request.network
    posted = request.POST if request.method == "POST" else None
    if posted is not None and not is_fresh(request, timezone.now()):
        raise ReauthenticationRequired  # what was typed is kept, and comes again with the sign-in
    initial = {field: getattr(network, field) for field in PolicyForm.base_fields}
    form = PolicyForm(posted, initial=initial)
    if form.is_valid():
        try:
            actions.edit_policy(network, request.user, **form.cleaned_data)
        except Invalid as refusal:
            for field, said in refusal.errors.items():
                form.add_error(field, said)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "The policy is kept.")
            return redirect("network_admin")
    panels = [panel(network, request.user) for _, panel in admin_panels.items()]
    context = {
        "form": form,
        "panels": [panel for panel in panels if panel],
        "kept_out": list(kept_out(request).order_by("-suspended_at", "pk")[:100]),
        "people": network.memberships.visible_to(request.user).count(),
    }
    status = 422 if form.errors else 200
    return render(request, "network/networks/admin.html", context, status=status)


@login_required
def people(request):
    """Everybody in the network, or those whose name or intro holds the words."""
    words = request.GET.get("q", "").strip()[:200]
    found = Person.objects.visible_to(request.user).named(words)
    context = {
        "words": words,
        "people": keyset_page(found, request, order=("name", "id"), size=30),
    }
    return render(request, "network/networks/people.html", context)


@login_required
def person(request, username):
    """Somebody's page: what they say of themselves, and how one knows them."""
    return show_person(request, find(request, username))


def show_person(request, one, **forms):
    """The page of somebody; with a form that did not go through, as it was typed."""
    note_opened(request, person=[one.pk])
    place = one.network_memberships.visible_to(request.user).first()
    panels = [panel(one, request.user) for _, panel in person_panels.items()]
    context = {
        "person": one,
        "place": place,
        "panels": [panel for panel in panels if panel],
        "is_me": one == request.user,
        "is_blocked": Block.objects.visible_to(request.user).filter(blocked=one).exists(),
        "role_form": RoleForm(initial={"role": place.role}),
        "suspend_form": SuspendForm(),
        **forms,
    }
    status = 422 if forms else 200
    return render(request, "network/networks/person.html", context, status=status)


def find(request, username):
    return get_object_or_404(Person.objects.visible_to(request.user), username=username)


@login_required
@require_POST
def person_role(request, username):
    """Make somebody member, moderator or admin."""
    one = find_for_admin(request, username)
    form = RoleForm(request.POST)
    if form.is_valid():
        try:
            actions.change_role(request.network, one, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("role", str(refusal))
        else:
            messages.success(request, f"{one.name} is told.")
            return redirect(one)
    return show_person(request, one, role_form=form)


@login_required
@require_POST
def suspend(request, username):
    """Close somebody's place in the network."""
    one = find_for_admin(request, username)
    form = SuspendForm(request.POST)
    if form.is_valid():
        try:
            actions.suspend(request.network, one, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("reason", str(refusal))
        else:
            messages.success(request, f"{one.name} does not come in until you open it again.")
            return redirect("network_admin")
    return show_person(request, one, suspend_form=form)


def find_for_admin(request, username):
    if not request.user.here.is_admin:
        raise Http404
    return find(request, username)


@login_required
@require_POST
def unsuspend(request, username):
    """Open somebody's place again."""
    place = get_object_or_404(kept_out(request), person__username=username)
    try:
        actions.unsuspend(request.network, place.person, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{place.person.name} can come in again.")
    return redirect("network_admin")


def kept_out(request):
    """The suspended places that the reader may open again."""
    places = NetworkMembership.objects.kept_out_by(request.user)
    return places.filter(network=request.network).select_related("person")


@login_required
@require_POST
def move_in(request):
    """Somebody who has an account comes into this network, too."""
    try:
        actions.move_in(request.network, request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("home")


@login_required
def leave_network(request):
    """What becomes of what is one's own here; on POST one has left."""
    network, refusal = request.network, None
    if request.method == "POST":
        try:
            actions.leave(network, request.user)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, f"You have left {network.name}.")
            return redirect("home")
    panels = [panel(network, request.user) for _, panel in leaving_panels.items()]
    panels = [panel for panel in panels if panel]
    context = {
        "panels": panels,
        "is_held": any(said.get("alone") for _, said in panels),
        "refusal": refusal,
    }
    status = refusal.status if refusal else 200
    return render(request, "network/networks/leave.html", context, status=status)


def outside(request):
    """Somebody has an account and no open place in this network: the door, and how it opens."""
    place = request.network.memberships.of(request.user)
    request.user = Visitor()  # the frame shows them the way that visitors see
    status = 200 if request.path == "/" else 404
    return render(request, "network/networks/outside.html", {"place": place}, status=status)


def house_rules(request):
    """How people treat each other here; visitors may read it, too."""
    return render(request, "network/networks/house_rules.html")
