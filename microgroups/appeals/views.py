"""The pages of appeals: for who was turned away, and for those who look again."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef, Q
from django.shortcuts import get_object_or_404, redirect, render

from microgroups.appeals import actions
from microgroups.appeals.forms import AppealForm, ResolveForm
from microgroups.appeals.models import Appeal
from microgroups.appeals.reading import decided_page, shown_to
from microgroups.groups.forms import posted, say_no
from microgroups.groups.models import MicroGroup
from microgroups.membership.models import TURNED_AWAY, Membership
from network.errors import Refused
from network.notifications.opening import note_opened
from network.pages import keyset_page


def shown(request, name, context, form=None):
    """The page; 422 where something typed needs another look."""
    status = 422 if form is not None and form.errors else 200
    return render(request, f"microgroups/appeals/{name}.html", context, status=status)


@login_required
def turned_away(request, pk):
    """Why one was asked to go or declined, how to have somebody else look again, and what came
    of it; also once one has moved on."""
    place = get_object_or_404(own_places(request).select_related("group__network"), pk=pk)
    form = AppealForm(posted(request))
    if form.is_valid():
        try:
            actions.appeal(place, request.user, **form.cleaned_data)
        except Refused as refusal:
            say_no(form, refusal)
        else:
            return redirect("turned_away", pk)
    note_opened(request, membership=[place.pk], appeal=place.appeals.values("pk"))
    cards = MicroGroup.objects.visible_to(request.user)
    made = Appeal.objects.visible_to(request.user).about_places().filter(membership=place)
    context = {
        "place": place,
        "card_shown": cards.filter(pk=place.group_id).exists(),
        "appeal": made.order_by("-at").first(),
        "form": form,
    }
    return shown(request, "turned_away", context, form if request.method == "POST" else None)


def own_places(request):
    """Where one was turned away; and where one has asked somebody to look again, ever."""
    places = Membership.objects.visible_to(request.user).filter(person=request.user)
    asked = Appeal.objects.visible_to(request.user).about_places()
    asked = asked.filter(membership=OuterRef("pk"))
    return places.filter(Q(state__in=TURNED_AWAY) | Exists(asked))


@login_required
def appeals(request):
    """The appeals one may look into, those that wait first; and one's own."""
    before = shown_to(request.user, Appeal.objects.visible_to(request.user).before(request.user))
    context = {
        "open": list(before.open().order_by("at", "pk")[:50]),
        "decided": keyset_page(
            before.exclude(state="open"), request, order=("-at", "-id"), size=20
        ),
        "mine": list(own_places(request).order_by("-since")[:20]),
    }
    return shown(request, "appeals", context)


@login_required
def appeal(request, pk):
    """What was decided, what they say, and what becomes of it."""
    found = get_object_or_404(
        shown_to(request.user, Appeal.objects.visible_to(request.user).before(request.user)), pk=pk
    )
    form = ResolveForm(posted(request), about_place=found.is_about_place)
    if form.is_valid():
        try:
            actions.resolve(found, request.user, **form.cleaned_data)
        except Refused as refusal:
            say_no(form, refusal)
        else:
            messages.success(request, f"{found.membership.person.name} is told.")
            return redirect("appeals")
    note_opened(request, appeal=[found.pk])
    context = {
        "appeal": found,
        "place": found.membership,
        "decided": "" if found.is_about_place else decided_page(found),
        "form": form,
    }
    return shown(request, "appeal", context, form)
