"""The pages of invitations: asking somebody in, and the card that a code opens."""

import re

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from microgroups.groups.forms import posted, say_no
from microgroups.groups.pages import tabs_of
from microgroups.membership import elsewhere, invitations, letters
from microgroups.membership.forms import InviteForm, JoinForm, LettersForm, LinkForm
from microgroups.membership.models import Invitation, row_with
from microgroups.membership.views import at_the_door, group_of, shown
from network.errors import Refused
from network.notifications.opening import note_opened
from network.people.models import Person, Visitor
from network.prepared import first, rows
from network.rest import limits

MOST, MATCHES, FOUND = 60, 8, 200
CARD = re.compile(r"/invitations/([\w-]{1,64})/")


# Asking somebody in


@login_required
def group_invitations(request, slug):
    """Asking somebody in by name, by mail or by a link; and what was made so far."""
    group = group_of(request, slug)
    mine = first(row_with, group.pk, request.user.pk)
    if mine is None or not mine.is_active:
        raise Http404
    forms = {way: form(request, way) for way, form in WAYS.items()}
    sent = next((way for way in WAYS if forms[way].is_bound), None)
    told = {}
    if sent and forms[sent].is_valid():
        try:
            told = DEEDS[sent](request, group, **forms[sent].cleaned_data)
        except Refused as refusal:
            say_no(forms[sent], refusal)
        else:
            if not told:
                return redirect("group_invitations", group.slug)
    made = made_so_far(request, group)
    context = {
        "group": group,
        "membership": mine,
        "tabs": tabs_of(group, mine),
        "forms": forms,
        "made": made,
        "pending": [each for each in made if each.waits],
        "links": sum(each.kind == "link" and each.present_state == "open" for each in made),
        **told,
    }
    return shown(request, "invitations", context, forms.get(sent))


def form_for(kind, field):
    """The form of one way to invite; it was sent where this field of its own came along."""

    def form(request, way):
        return kind(request.POST if field in request.POST else None, auto_id=f"{way}_%s")

    return form


WAYS = {
    "name": form_for(InviteForm, "who"),
    "mail": form_for(LettersForm, "emails"),
    "link": form_for(LinkForm, "max_uses"),
}


def made_so_far(request, group):
    """The youngest invitations that the reader may see, with their state as of now."""
    made, now = rows(made_in, request.user, group.pk), timezone.now()
    for each in made:
        each.present_state = each.state_at(now)
        each.waits = each.kind != "link" and each.present_state == "open"
    return made


def made_in(person, group):
    made = Invitation.objects.visible_to(person).filter(group=group)
    return made.select_related("person", "by").order_by("-pk")[:MOST]


def invite(request, group, who, words):
    """Ask somebody in who is told; where several are meant, say who they are."""
    found = called(request, who)
    if isinstance(found, list):
        if not found:
            raise Refused("not_found", f"Nobody in {request.network.name} is called that.")
        return {"found": found, "words": words}
    invitations.invite_person(group, found, by=request.user, words=words)
    messages.success(request, f"{found.name} is told. What they say, you see here.")
    return None


def called(request, who):
    """The one person who is meant, by username or whole name; else those who may be: a list."""
    who = " ".join(who.split()).removeprefix("@")
    people = Person.objects.visible_to(request.user)
    exact = people.filter(username=who.lower()).first()
    if exact is not None:
        return exact
    found = list(people.named(who).exclude(pk=request.user.pk).order_by("name", "pk")[:FOUND])
    words = who.casefold().split()
    named = [person for person in found if bears(person, words)] or found  # else by their intro
    same = [person for person in named if person.name.casefold() == who.casefold()]
    return same[0] if len(same) == 1 else named[:MATCHES]


def bears(person, words):
    """Whether each of the words begins a part of the person's name, or their username."""
    parts = [*person.name.casefold().split(), person.username]
    return all(any(part.startswith(word) for part in parts) for word in words)


def write(request, group, emails, words):
    """Letters go out; whether somebody lives behind an address is not said."""
    made = letters.invite_addresses(group, emails, by=request.user, words=words)
    several = f"{len(made)} letters go" if len(made) > 1 else "A letter goes"
    messages.success(
        request, f"{several} out. An address gets one in a week at most, whoever asks."
    )


def make_link(request, group, **facts):
    """The whole address of a new link."""
    _, code = invitations.make_link(group, by=request.user, **facts)
    return {"url": request.network.absolute(f"/invitations/{code}/")}


DEEDS = {"name": invite, "mail": write, "link": make_link}


@login_required
@require_POST
def revoke_invitation(request, slug, pk):
    """Take an invitation back."""
    group = group_of(request, slug)
    made = Invitation.objects.visible_to(request.user).filter(group=group)
    invitations.revoke(get_object_or_404(made, pk=pk), request.user)
    return redirect("group_invitations", group.slug)


# What a code opens


def invitation(request, code):
    """The card that a code opens, also for visitors; one step to come in. Guesses are counted."""
    found = opened(request, code)
    if found is None:
        return gone(request)
    group, reader = found.group, request.user
    questions = invitations.questions_for(found, group)
    form = JoinForm(posted(request) if reader.pk else None, questions=questions)
    obstacle = None
    if form.is_valid():
        try:
            invitations.accept(found, reader, answers=form.answers())
        except Refused as refusal:
            say_no(form, refusal)
            place = at_the_door(group, reader, group.memberships.of(reader))
            obstacle = elsewhere.obstacle(refusal, place)
        else:
            return redirect(group)
    is_good = invitations.is_good(found, timezone.now())
    lives_here = bool(reader.pk) and reader.here.is_current
    membership = group.memberships.of(reader)
    if lives_here and membership is not None:
        note_opened(request, membership=[membership.pk])
    if not lives_here:
        request.user = Visitor()  # the frame shows them the way that visitors see
    context = {
        "group": group,
        "invitation": found,
        "code": code,
        "is_good": is_good,
        "membership": membership,
        "obstacle": obstacle,
        "form": form,
        "signed_in": bool(reader.pk),
        "lives_here": lives_here,
        "facilitators": group.memberships.facilitating().select_related("person").order_by("pk"),
        "others": elsewhere.others_for(group, reader) if lives_here and not is_good else [],
    }
    return shown(request, "invitation", context, form)


def opened(request, code):
    """The invitation, or None; a code that opens nothing is counted as a guess."""
    found = invitations.find(code, request.user)
    if found is not None and found.group.network_id == request.network.pk:
        return found
    limits.spend("guess", request)
    return None


def gone(request):
    """What opens nothing: taken back, meant for somebody else, or never there. It looks alike."""
    if request.user.is_authenticated and not request.user.here.is_current:
        request.user = Visitor()
    return render(request, "microgroups/membership/invitation_gone.html", status=404)


@require_POST
def decline_invitation(request, code):
    """No, thank you: by whoever holds the code of one that names somebody or was mailed."""
    found = opened(request, code)
    if found is None or found.kind == "link":
        return gone(request)
    invitations.decline(found)
    if not (request.user.pk and request.user.here.is_current):
        request.user = Visitor()
    token = letters.stop_token(found.address) if found.is_mailed else ""
    context = {"invitation": found, "token": token}
    return render(request, "microgroups/membership/invitation_declined.html", context)


@csrf_exempt
def stop_letters(request, token):
    """The link in each letter: a page with a button; mail programs post to it without asking."""
    digest = letters.read_stop_token(token)
    if digest is None:
        limits.spend("guess", request)
        raise Http404
    if request.method == "POST":
        letters.stop_letters(digest)
    if request.user.is_authenticated and not request.user.here.is_current:
        request.user = Visitor()
    context = {"done": request.method == "POST"}
    return render(request, "microgroups/membership/stop_letters.html", context)


def sign_up_key(request):
    """Who invites whoever comes to make an account from the card of a good invitation."""
    card = CARD.fullmatch(request.POST.get("next") or request.GET.get("next") or "")
    found = opened(request, card[1]) if card else None
    if found is None or not invitations.is_good(found, timezone.now()):
        return None
    return f"{found.by.name} invites you into {found.group.name}."
