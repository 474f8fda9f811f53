"""The directory, a person's page, one's own profile, and their pictures."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from network.errors import Invalid, Refused
from network.pages import keyset_page
from network.people import actions
from network.people.forms import ProfileForm
from network.people.models import Person
from network.people.rules import PAINT
from network.pictures import initials, paint_of
from network.registries import person_panels

YEAR = 365 * 24 * 3600
PROFILE = ("name", "username", "intro", "time_zone", "language")


@login_required
def people(request):
    """Everybody in the network, or those whose name or intro holds the words."""
    words = request.GET.get("q", "").strip()[:200]
    found = Person.objects.visible_to(request.user).named(words)
    context = {
        "words": words,
        "people": keyset_page(found, request, order=("name", "id"), size=30),
    }
    return render(request, "network/people/people.html", context)


@login_required
def person(request, username):
    """Somebody's page: what they say of themselves, and how one knows them."""
    one = get_object_or_404(Person.objects.visible_to(request.user), username=username)
    place = one.network_memberships.visible_to(request.user).first()
    panels = [panel(one, request.user) for _, panel in person_panels.items()]
    context = {
        "person": one,
        "place": place,
        "panels": [panel for panel in panels if panel],
        "is_me": one == request.user,
    }
    return render(request, "network/people/person.html", context)


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


@login_required
def avatar(request, username):
    """The initials of somebody in their paint."""
    one = get_object_or_404(Person.objects.visible_to(request.user), username=username)
    context = {"initials": initials(one.name), "paint": PAINT[paint_of(one.pk)]}
    picture = render(request, "network/people/avatar.svg", context, content_type="image/svg+xml")
    picture["Cache-Control"] = "private, max-age=3600"
    return picture


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
