"""Taking a group along as a file."""

from django.shortcuts import get_object_or_404, render

from bridging.importing.files import group_file
from microgroups.groups.models import MicroGroup
from microgroups.groups.pages import tabs_of
from network.errors import Refused
from network.tokens.views import fresh_sign_in


@fresh_sign_in
def group_export(request, slug):
    """What a facilitator can take along of a group; on POST the file."""
    groups = MicroGroup.objects.visible_to(request.user).facilitated_by(request.user)
    group = get_object_or_404(groups.select_related("network"), slug=slug)
    refusal = None
    if request.method == "POST":
        try:
            return group_file(group, request.user)
        except Refused as refused:
            refusal = refused
    membership = group.memberships.of(request.user)
    context = {"group": group, "tabs": tabs_of(group, membership), "refusal": refusal}
    status = refusal.status if refusal else 200
    return render(request, "bridging/importing/export.html", context, status=status)
