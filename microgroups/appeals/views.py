"""The pages of appeals: for who was turned away, and for those who look again."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render

from microgroups.appeals import actions
from microgroups.appeals.forms import AppealForm, ResolveForm
from microgroups.appeals.models import Appeal
from microgroups.appeals.reading import shown_to
from microgroups.groups.forms import posted, say_no
from microgroups.groups.models import MicroGroup
from microgroups.membership.models import Membership
from network.errors import Refused
from network.pages import keyset_page


def shown(request, name, context, form=None):
    """The page; 422 where something typed needs another look."""
    status = 422 if form is not None and form.errors else 200
    return render(request, f"microgroups/appeals/{name}.html", context, status=status)


@login_required
def turned_away(request, pk):
    """Why one was asked to go or declined, and how to have somebody else look again."""
    places = Membership.objects.visible_to(request.user).turned_away(request.user)
    place = get_object_or_404(places.select_related("group__network"), pk=pk)
    form = AppealForm(posted(request))
    if form.is_valid():
        try:
            actions.appeal(place, request.user, **form.cleaned_data)
        except Refused as refusal:
            say_no(form, refusal)
        else:
            return redirect("turned_away", pk)
    cards = MicroGroup.objects.visible_to(request.user)
    made = Appeal.objects.visible_to(request.user).filter(membership=place)
    context = {
        "place": place,
        "card_shown": cards.filter(pk=place.group_id).exists(),
        "appeal": made.order_by("-at").first(),
        "form": form,
    }
    return shown(request, "turned_away", context, form if request.method == "POST" else None)


@login_required
def appeals(request):
    """The appeals one may look into, those that wait first; and one's own."""
    before = shown_to(request.user, Appeal.objects.visible_to(request.user).before(request.user))
    mine = Membership.objects.visible_to(request.user).turned_away(request.user)
    context = {
        "open": list(before.open().order_by("at", "pk")[:50]),
        "decided": keyset_page(
            before.exclude(state="open"), request, order=("-at", "-id"), size=20
        ),
        "mine": list(mine.order_by("-since")[:20]),
    }
    return shown(request, "appeals", context)


@login_required
def appeal(request, pk):
    """What was decided, what they say, and what becomes of it."""
    found = get_object_or_404(
        shown_to(request.user, Appeal.objects.visible_to(request.user).before(request.user)), pk=pk
    )
    form = ResolveForm(posted(request))
    if form.is_valid():
        try:
            actions.resolve(found, request.user, **form.cleaned_data)
        except Refused as refusal:
            say_no(form, refusal)
        else:
            messages.success(request, f"{found.membership.person.name} is told.")
            return redirect("appeals")
    context = {"appeal": found, "place": found.membership, "form": form}
    return shown(request, "appeal", context, form)
