"""Who looks after a group, and when: the rota, leave, and notes about its members."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from facilitation.cover import actions, reading
from facilitation.cover.duty import Watch
from facilitation.cover.forms import LeaveForm, NoteForm, RotaForm
from facilitation.cover.models import Leave
from facilitation.cover.rules import WEEKDAYS
from microgroups.groups.forms import posted, say_no
from microgroups.groups.pages import tabs_of
from microgroups.membership.models import Membership
from microgroups.membership.views import facilitated
from network.errors import Refused
from network.pages import keyset_page
from network.people.models import Person

FIELDS = {"from": "starts_on", "until": "back_on", "deputy": "deputy", "note": "note"}


@login_required
def group_cover(request, slug):
    """The next two weeks, the rota, who is away, and how much each carries."""
    return render_cover(request, facilitated(request, slug))


def render_cover(request, group, *, rota_form=None, leave_form=None):
    """The page, with the form that needs another look as it was typed."""
    watch = Watch(group, timezone.now())
    people = [each.person for each in watch.memberships]
    mine = next(each for each in watch.memberships if each.person == request.user)
    spans = reading.two_weeks(watch, request.user)
    context = {
        "group": group,
        "tabs": tabs_of(group, mine),
        "watch": watch,
        "unseen": watch.unseen_by(request.user),
        "spans": spans,
        "gaps": reading.gaps(watch, spans, request.user),
        "rota": rota_form or RotaForm(None, people=people, rota=watch.rota),
        "leave": leave_form or LeaveForm(None, people=who_could(group, request.user)),
        "people": people,
        "load": reading.load(watch),
        "noted": reading.noted_members(group, request.user),
    }
    status = 422 if rota_form or leave_form else 200
    return render(request, "facilitation/cover/cover.html", context, status=status)


def who_could(group, person):
    """The other active members, those who facilitate first."""
    others = group.memberships.active().exclude(person=person).select_related("person")
    return [each.person for each in others.order_by("role", "person__name", "pk")]


@login_required
@require_POST
def cover_rota(request, slug):
    """Write the week anew."""
    group = facilitated(request, slug)
    watch = Watch(group, timezone.now())
    people = [each.person for each in watch.memberships]
    form = RotaForm(posted(request), people=people, rota=watch.rota)
    if form.is_valid():
        try:
            actions.set_rota(group, request.user, days=form.days())
        except Refused as refusal:
            say_no(form, refusal)
        else:
            messages.success(request, "Kept. The week stands.")
            return redirect("group_cover", slug)
    return render_cover(request, group, rota_form=form)


@login_required
@require_POST
def cover_days(request, slug):
    """Be on duty on these days of the week as well."""
    group = facilitated(request, slug)
    days = [int(day) for day in request.POST.getlist("day") if day in map(str, range(7))]
    actions.take_days(group, request.user, weekdays=days)
    names = " and ".join(WEEKDAYS[day].capitalize() for day in days)
    messages.success(request, f"Thank you. {names}: that is you from now on.")
    return redirect("group_cover", slug)


@login_required
@require_POST
def cover_leave(request, slug):
    """Say that one is away."""
    group = facilitated(request, slug)
    form = LeaveForm(posted(request), people=who_could(group, request.user))
    if form.is_valid():
        try:
            leave = actions.go_away(group, request.user, **form.said())
        except Refused as refusal:
            say_why(form, refusal)
        else:
            messages.success(request, f"Good. Until {leave.back_on:%-d %B} others see to it.")
            return redirect("group_cover", slug)
    return render_cover(request, group, leave_form=form)


def say_why(form, refusal):
    """Put what the action refused at the field of the form that means the same."""
    for name, said in getattr(refusal, "errors", {}).items():
        form.add_error(FIELDS.get(name), said)
    if not hasattr(refusal, "errors"):
        form.add_error(None, str(refusal))


@login_required
@require_POST
def cover_back(request, slug, pk):
    """Take one's leave back."""
    group = facilitated(request, slug)
    leaves = Leave.objects.visible_to(request.user).filter(group=group, person=request.user)
    actions.come_back(get_object_or_404(leaves.select_related("group"), pk=pk), request.user)
    messages.success(request, "Good to have you here.")
    return redirect("group_cover", slug)


@login_required
def member_notes(request, slug, username):
    """What the facilitators of the group have noted about a member."""
    group = facilitated(request, slug)
    inside = Membership.objects.visible_to(request.user).filter(group=group)
    people = Person.objects.visible_to(request.user).filter(pk__in=inside.values("person"))
    about = get_object_or_404(people.exclude(pk=request.user.pk), username=username)
    form = NoteForm(posted(request))
    if form.is_valid():
        try:
            actions.write_note(group, request.user, about=about, **form.cleaned_data)
        except Refused as refusal:
            say_no(form, refusal)
        else:
            return redirect("member_notes", slug, username)
    notes = reading.notes_about(group, about, request.user)
    context = {
        "group": group,
        "tabs": tabs_of(group, group.memberships.of(request.user)),
        "about": about,
        "page": keyset_page(notes, request, order=("-at", "-id"), size=20),
        "form": form,
    }
    status = 422 if form.errors else 200
    return render(request, "facilitation/cover/notes.html", context, status=status)
