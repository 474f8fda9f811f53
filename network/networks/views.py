"""The network's admin page and its house rules."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render

from network.errors import Invalid, Refused
from network.networks import actions
from network.networks.forms import PolicyForm
from network.registries import admin_panels


@login_required
def network_admin(request):
    """Decisions that wait, then the policy. For admins."""
    if not request.user.here.is_admin:
        raise Http404
    network = request.network
    posted = request.POST if request.method == "POST" else None
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
    context = {"form": form, "panels": [panel for panel in panels if panel]}
    status = 422 if form.errors else 200
    return render(request, "network/networks/admin.html", context, status=status)


def house_rules(request):
    """How people treat each other here; visitors may read it, too."""
    return render(request, "network/networks/house_rules.html")
