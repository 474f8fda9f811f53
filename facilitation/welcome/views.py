"""How a group welcomes; offering to show newcomers around; whether the group is the right one."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from facilitation.welcome import buddies
from facilitation.welcome.first_days import say_it_fits
from facilitation.welcome.forms import GreetingForm
from facilitation.welcome.greeting import greeting_of, set_greeting
from facilitation.welcome.reading import buddies_of
from microgroups.groups.forms import posted, say_no
from microgroups.groups.pages import tabs_of
from microgroups.membership.elsewhere import others_for
from microgroups.membership.views import facilitated, group_of
from network.errors import Refused
from network.notifications.opening import note_opened


@login_required
def group_welcome(request, slug):
    """How newcomers of the group are greeted, and who shows them around; for its facilitators."""
    group = facilitated(request, slug)
    greeting = greeting_of(group)
    said = {"greeting": greeting.words, "steps": greeting.steps}
    form = GreetingForm(posted(request), initial=said)
    if form.is_valid():
        words, steps = form.cleaned_data["greeting"], form.cleaned_data["steps"]
        try:
            set_greeting(group, request.user, words=words, steps=steps)
        except Refused as refusal:
            say_no(form, refusal)
        else:
            messages.success(request, "Kept. The next newcomer is greeted so.")
            return redirect("group_welcome", group.slug)
    context = {
        "group": group,
        "tabs": tabs_of(group, group.memberships.of(request.user)),
        "form": form,
        "buddies": buddies_of(group, request.user),
        "here": "care",
    }
    status = 422 if form.errors else 200
    return render(request, "facilitation/welcome/welcome.html", context, status=status)


@login_required
@require_POST
def buddy(request, slug):
    """Offer to show newcomers around, or be asked no more."""
    group = group_of(request, slug)
    deed = buddies.offer if "willing" in request.POST else buddies.withdraw
    try:
        deed(group, request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Kept.")
    return redirect("group_member", group.slug, request.user.username)


@login_required
def does_it_fit(request, slug):
    """Is this the right group? Yes; or others that may fit; or leave. Leaving is fine."""
    group = group_of(request, slug)
    membership = group.memberships.of(request.user)
    if membership is None or not membership.is_active:
        raise Http404
    if request.method == "POST":
        try:
            say_it_fits(group, request.user)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, "Good to have you here.")
        return redirect(group)
    note_opened(request, fit=[membership.pk])
    context = {
        "group": group,
        "tabs": tabs_of(group, membership),
        "others": others_for(group, request.user),
    }
    return render(request, "facilitation/welcome/fit.html", context)
