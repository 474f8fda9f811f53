"""One's own profile, the pictures of people, and the light one reads by."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from network.errors import Invalid, Refused
from network.pages import keyset_page
from network.people import actions, blocking
from network.people.forms import ProfileForm
from network.people.models import Block, Person
from network.pictures import PAINT, initials, paint_of

YEAR = 365 * 24 * 3600
PROFILE = ("name", "username", "intro", "time_zone", "language")


@login_required
def profile(request):
    """What one says about oneself."""
    me = request.user
    posted = request.POST if request.method == "POST" else None
    form = ProfileForm(posted, initial={field: getattr(me, field) for field in PROFILE})
    if form.is_valid():
        try:
            actions.edit_profile(me, **form.cleaned_data)
        except Invalid as refusal:
            for field, said in refusal.errors.items():
                form.add_error(field, said)
        except Refused as refusal:
            form.add_error(refusal.facts.get("field"), str(refusal))
        else:
            messages.success(request, "Kept.")
            return redirect("profile")
    context = {"form": form}
    status = 422 if form.errors else 200
    return render(request, "network/people/profile.html", context, status=status)


def found(request, username):
    return get_object_or_404(Person.objects.visible_to(request.user), username=username)


@login_required
def avatar(request, username):
    """The initials of somebody in their paint."""
    one = found(request, username)
    context = {"initials": initials(one.name), "paint": PAINT[paint_of(one.pk)]}
    picture = render(request, "network/people/avatar.svg", context, content_type="image/svg+xml")
    picture["Cache-Control"] = "private, max-age=3600"
    return picture


@login_required
def block(request, username):
    """What blocking somebody does; then it is done."""
    one = found(request, username)
    refusal = None
    if request.method == "POST":
        try:
            blocking.block(request.user, one)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, f"You hear nothing from {one.name} any more.")
            return redirect(one)
    context = {"person": one, "refusal": refusal}
    status = refusal.status if refusal else 200
    return render(request, "network/people/block.html", context, status=status)


@login_required
@require_POST
def unblock(request, username):
    """Hear from them again."""
    one = found(request, username)
    blocking.unblock(request.user, one)
    messages.success(request, f"{one.name} can reach you again.")
    return redirect(one)


@login_required
def blocks(request):
    """Whom I have blocked, the latest first."""
    mine = Block.objects.visible_to(request.user).select_related("blocked")
    page = keyset_page(mine, request, order=("-at", "-id"), size=30)
    return render(request, "network/people/blocks.html", {"page": page})


@require_POST
def theme(request):
    """Day, evening, or as the device has it."""
    wanted = request.POST.get("theme", "")
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = "/"
    response = redirect(back)
    if wanted in ("light", "dark"):
        response.set_cookie(
            "theme", wanted, max_age=YEAR, samesite="Lax", secure=request.is_secure()
        )
    else:
        response.delete_cookie("theme")
    return response
