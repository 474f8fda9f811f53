"""The pages of invitations: asking somebody in, and the card that a code opens."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from microgroups.groups.forms import posted, say_no
from microgroups.groups.pages import tabs_of
from microgroups.membership import invitations
from microgroups.membership.forms import InviteForm, JoinForm, LinkForm
from microgroups.membership.models import Invitation
from microgroups.membership.views import group_of, others_with_room, shown
from network.errors import Refused
from network.people.models import Person
from network.rest import limits

MOST = 60


@login_required
def group_invitations(request, slug):
    """Asking somebody in by name or by a link; and what was made so far."""
    group = group_of(request, slug)
    mine = group.memberships.of(request.user)
    if mine is None or not mine.is_active:
        raise Http404
    by_link = "max_uses" in request.POST
    by_name = InviteForm(None if by_link else posted(request), auto_id="name_%s")
    link_form = LinkForm(posted(request) if by_link else None, auto_id="link_%s")
    form, url = (link_form if by_link else by_name), ""
    if form.is_valid():
        try:
            url = (make_link if by_link else invite)(request, group, **form.cleaned_data)
        except Refused as refusal:
            say_no(form, refusal)
    context = {
        "group": group,
        "membership": mine,
        "tabs": tabs_of(group, mine),
        "by_name": by_name,
        "link_form": link_form,
        "url": url,
        "made": made_so_far(request, group),
    }
    return shown(request, "invitations", context, form)


def made_so_far(request, group):
    """The youngest invitations that the reader may see, with their state as of now."""
    made = Invitation.objects.visible_to(request.user).filter(group=group)
    made = list(made.select_related("person", "by").order_by("-pk")[:MOST])
    now = timezone.now()
    for each in made:
        each.present_state = each.state_at(now)
    return made


def invite(request, group, username, words):
    """Ask the named person in; they are told, so nobody has to hand them the code."""
    username = username.strip().lstrip("@")
    person = Person.objects.visible_to(request.user).filter(username=username).first()
    if person is None:
        raise Refused("not_found", "Nobody here has this username.")
    invitations.invite_person(group, person, by=request.user, words=words)
    messages.success(request, "They are told.")


def make_link(request, group, **facts):
    """The whole address of a new link."""
    _, code = invitations.make_link(group, by=request.user, **facts)
    return request.network.absolute(f"/invitations/{code}/")


@login_required
@require_POST
def revoke_invitation(request, slug, pk):
    """Take an invitation back."""
    group = group_of(request, slug)
    made = Invitation.objects.visible_to(request.user).filter(group=group)
    invitations.revoke(get_object_or_404(made, pk=pk), request.user)
    return redirect("group_invitations", group.slug)


def invitation(request, code):
    """The card that a code opens, also for visitors; one step to come in. Guesses are counted."""
    found = invitations.find(code, request.user)
    if found is None or found.group.network_id != request.network.pk:
        limits.spend("guess", request)
        raise Http404
    group = found.group
    signed_in = request.user.is_authenticated
    form = JoinForm(
        posted(request) if signed_in else None, questions=invitations.questions_for(found)
    )
    if form.is_valid():
        try:
            invitations.accept(found, request.user, answers=form.answers())
        except Refused as refusal:
            say_no(form, refusal)
        else:
            return redirect(group)
    is_good = found.state_at(timezone.now()) == "open" and group.is_open
    context = {
        "group": group,
        "invitation": found,
        "is_good": is_good,
        "membership": group.memberships.of(request.user) if signed_in else None,
        "form": form,
        "facilitators": group.memberships.facilitating().select_related("person").order_by("pk"),
        "others": others_with_room(request, group) if signed_in and not is_good else [],
    }
    return shown(request, "invitation", context, form)
