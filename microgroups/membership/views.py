"""The pages at the door of a group, and about the people in it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_POST

from microgroups.groups.forms import posted, say_no
from microgroups.groups.models import MicroGroup
from microgroups.groups.pages import tabs_of
from microgroups.groups.reading import group_with
from microgroups.membership import actions, elsewhere, invitations
from microgroups.membership.drafts import AnswersDraft
from microgroups.membership.for_later import keep_for_later
from microgroups.membership.forms import (
    DeclineForm,
    DescribeForm,
    JoinForm,
    RemoveForm,
    RoleForm,
)
from microgroups.membership.models import CURRENT, READING, Invitation, Membership
from network.errors import Refused
from network.notifications.opening import note_opened
from network.pages import keyset_page
from network.people.models import Person
from network.prepared import first, question
from network.registries import place_panels


def shown(request, name, context, form=None):
    """The page; 422 where something typed needs another look."""
    status = 422 if form is not None and form.errors else 200
    return render(request, f"microgroups/membership/{name}.html", context, status=status)


def group_of(request, slug):
    group = first(group_with, slug, request.user)
    if group is None:
        raise Http404
    return group


def facilitated(request, slug):
    """The group, for those who facilitate it; 404 for everybody else."""
    groups = MicroGroup.objects.visible_to(request.user).facilitated_by(request.user)
    return get_object_or_404(groups.select_related("network"), slug=slug)


# The door


@login_required
def join(request, slug):
    """Coming in: at once, by asking, or into the line. Says honestly which.

    `later` keeps what was typed for whoever would rather think about it.
    """
    group = group_of(request, slug)
    membership = group.memberships.of(request.user)
    place, now = at_the_door(group, request.user, membership), timezone.now()
    if membership is not None and not membership.was_turned_away:
        note_opened(request, membership=[membership.pk])
    word = invitations.word_for(membership, group, now)
    questions = [] if place.is_offered else invitations.questions_for(word, group)
    draft = kept_for_later(request, place)
    form = JoinForm(posted(request), questions=questions, kept=draft.words if draft else None)
    said, refusal = answered(request, group, form)
    if said:
        messages.success(request, said)
    if form.is_bound and not form.errors:
        return redirect(group)
    obstacle = elsewhere.obstacle(refusal, place) if refusal else None
    obstacle = obstacle or elsewhere.in_the_way(place, now, word)
    context = {
        "group": group,
        "membership": membership,
        "invitation": word,
        "form": form,
        "draft": draft,
        "not_asked": draft.beside(questions) if draft else [],
        "obstacle": obstacle,
        "others": elsewhere.others_at_the_door(place, obstacle),
        "ahead": Membership.objects.ahead_of(membership).count()
        if membership is not None and membership.is_waitlisted
        else None,
    }
    return shown(request, "join", context, form)


def kept_for_later(request, place):
    """What the reader has kept of their answers, where they could come in now; else None."""
    if request.method != "GET" or place.state in CURRENT:
        return None
    draft = AnswersDraft.objects.visible_to(request.user).filter(group=place.group).first()
    if draft is not None:
        note_opened(request, answers_draft=[draft.group_id])
    return draft


def answered(request, group, form):
    """Come in, or keep it for later; (what to say, what was refused), which the form says, too."""
    later = "later" in request.POST
    if later:
        form.may_be_empty()
    if not form.is_valid():
        return "", None
    try:
        if later:
            kept = keep_for_later(group, request.user, form.answers())
            return "It is kept; only you see it." if kept else "Nothing is kept.", None
        actions.join(group, request.user, answers=form.answers())
    except Refused as refusal:
        say_no(form, refusal)
        return "", refusal
    return "", None


def at_the_door(group, person, membership):
    """The person's place in the group, or one that is not saved; with both loaded."""
    place = membership or Membership(group=group, person=person)
    place.group, place.person = group, person
    return place


@login_required
def leave(request, slug):
    """Asked once more; then one has left the group or the line."""
    return confirmed(request, slug, actions.leave, "leave")


@login_required
def rest(request, slug):
    """Asked once more; then one rests: reads on, and gives the seat back."""
    return confirmed(request, slug, actions.rest, "rest")


@login_required
def return_to_group(request, slug):
    """Asked once more; then one is back, or first in line."""
    return confirmed(request, slug, actions.return_, "return")


def confirmed(request, slug, action, name):
    """A page that asks, and on POST does it."""
    group = group_of(request, slug)
    membership = group.memberships.of(request.user)
    if membership is None:
        raise Http404
    refusal = obstacle = None
    if request.method == "POST":
        try:
            action(group, request.user)
        except Refused as refused:
            refusal = refused
            obstacle = elsewhere.obstacle(refused, at_the_door(group, request.user, membership))
        else:
            return redirect("home" if name == "leave" else group)
    context = {"group": group, "membership": membership, "deed": name, "refusal": refusal}
    context["obstacle"] = obstacle
    status = refusal.status if refusal else 200
    return render(request, "microgroups/membership/confirm.html", context, status=status)


# People


@login_required
def group_people(request, slug):
    """Who is in the group; who rests stands there, too."""
    group = group_of(request, slug)
    mine = group.memberships.of(request.user)
    may_see = (mine is not None and mine.may_read) or group.visibility == "network"
    if not may_see and not request.user.here.is_admin:
        raise Http404
    people = question(people_in, request.user, group.pk)
    found = keyset_page(people, request, order=("role", "joined_at", "id"), size=60)
    context = {
        "group": group,
        "membership": mine,
        "tabs": tabs_of(group, mine),
        "people": found,
        "pending": asked_into(request, group) if mine and mine.is_facilitator else [],
        "needs_first": request.user.here.is_admin and not any(p.is_facilitator for p in found),
    }
    return shown(request, "people", context)


def asked_into(request, group):
    """Who is asked in and has not answered, for whoever facilitates the group."""
    asked = Invitation.objects.visible_to(request.user).filter(group=group).pending()
    asked = asked.filter(expires_at__gt=timezone.now()).select_related("person")
    return list(asked.order_by("-pk")[:60])


def people_in(person, group):
    people = Membership.objects.visible_to(person).filter(group=group, state__in=READING)
    return people.select_related("person")


@login_required
def group_member(request, slug, username):
    """Somebody inside a group: what to ask them about, since when; one's own is changed here."""
    group = group_of(request, slug)
    member = member_of(request, group, username)
    member.group = group
    is_me = member.person_id == request.user.pk
    mine = member if is_me else group.memberships.of(request.user)
    words = {"offers": member.offers, "asks": member.asks}
    form = DescribeForm(posted(request), initial=words)
    if is_me and form.is_valid():
        try:
            actions.describe(group, request.user, **form.cleaned_data)
        except Refused as refusal:
            say_no(form, refusal)
        else:
            messages.success(request, "Kept.")
            return redirect("group_member", group.slug, username)
    context = {
        "group": group,
        "member": member,
        "hello": hello_of(member) if mine is not None and mine.may_read else None,
        "membership": mine,
        "tabs": tabs_of(group, mine),
        "is_me": is_me,
        "panels": panels_of(request, group, mine) if is_me else [],
        "form": form,
        "facilitates": mine is not None and mine.is_facilitator,
        "names_first": request.user.here.is_admin and not group.memberships.facilitating().exists(),
    }
    return shown(request, "member", context, form if request.method == "POST" else None)


def panels_of(request, group, membership):
    """What the floors above show beside one's own place, as HTML."""
    found = (panel(group, membership) for _, panel in place_panels.items())
    return [render_to_string(name, facts, request) for name, facts in filter(None, found)]


def hello_of(member):
    """The thread in which the member said hello to the group, if they did."""
    threads = member.group.threads.filter(author=member.person_id, kind="introduction")
    return threads.filter(deleted_at=None).defer("search").order_by("opened_at", "pk").first()


def member_of(request, group, username):
    people = Membership.objects.visible_to(request.user).filter(group=group, state__in=READING)
    return get_object_or_404(people.select_related("person"), person__username=username)


@login_required
def remove_member(request, slug, username):
    """A facilitator asks somebody to go, with the reason."""
    group = facilitated(request, slug)
    member = member_of(request, group, username)
    form = RemoveForm(posted(request), initial={"bar": True})
    if form.is_valid():
        try:
            actions.remove(group, member.person, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            say_no(form, refusal)
        else:
            messages.success(request, f"{member.person.name} is no longer in {group.name}.")
            return redirect("group_people", group.slug)
    return shown(request, "remove", {"group": group, "member": member, "form": form}, form)


@login_required
@require_POST
def change_role(request, slug, username):
    """Member or facilitator; where nobody facilitates, an admin names the first."""
    group = group_of(request, slug)
    person = get_object_or_404(Person.objects.visible_to(request.user), username=username)
    form = RoleForm(request.POST)
    if form.is_valid():
        try:
            actions.change_role(group, person, form.cleaned_data["role"], by=request.user)
        except Refused as refusal:
            messages.error(request, str(refusal))
    return redirect("group_people", group.slug)


@login_required
def group_requests(request, slug):
    """Who knocks, and who waits; for facilitators."""
    group = facilitated(request, slug)
    people = Membership.objects.visible_to(request.user).filter(group=group)
    context = {
        "group": group,
        "tabs": tabs_of(group, group.memberships.of(request.user)),
        "knocking": list(people.requested().select_related("person")[:50]),
        "waiting": list(people.waiting().select_related("person")[:50]),
        "offered": list(people.offered().select_related("person").order_by("offer_until")[:50]),
        "barred": list(people.filter(barred=True).select_related("person").order_by("pk")[:50]),
    }
    return shown(request, "requests", context)


@login_required
@require_POST
def admit(request, slug, username):
    """Yes to somebody who knocks."""
    group = facilitated(request, slug)
    person = get_object_or_404(Person.objects.visible_to(request.user), username=username)
    try:
        membership = actions.admit(group, person, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        said = "is in" if membership.is_active else "has a place in line"
        messages.success(request, f"{person.name} {said}.")
    return redirect("group_requests", group.slug)


@login_required
def decline_request(request, slug, username):
    """Not this time, with the reason."""
    group = facilitated(request, slug)
    person = get_object_or_404(Person.objects.visible_to(request.user), username=username)
    form = DeclineForm(posted(request))
    if form.is_valid():
        try:
            actions.decline_request(group, person, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            say_no(form, refusal)
        else:
            return redirect("group_requests", group.slug)
    return shown(request, "decline", {"group": group, "person": person, "form": form}, form)


@login_required
@require_POST
def unbar(request, slug, username):
    """Let somebody knock again who was removed."""
    group = facilitated(request, slug)
    person = get_object_or_404(Person.objects.visible_to(request.user), username=username)
    try:
        actions.unbar(group, person, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("group_requests", group.slug)
