"""The page on which a group says at what it looks twice, and everybody in it reads that."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render

from microgroups.groups.forms import posted, say_no
from microgroups.groups.models import MicroGroup
from microgroups.groups.pages import tabs_of
from microgroups.reminders.actions import reminder_of, set_reminder
from microgroups.reminders.forms import ReminderForm
from network.errors import Refused


@login_required
def group_reminder(request, slug):
    """What people of the group are asked to look at twice; its facilitators say."""
    inside = MicroGroup.objects.inside_for(request.user).select_related("network")
    group = get_object_or_404(inside, slug=slug)
    membership = group.memberships.of(request.user)
    if request.method == "POST" and not membership.is_facilitator:
        raise Http404
    reminder = reminder_of(group)
    said = {name: getattr(reminder, name) for name in ("words", "capitals", "marks")}
    form = ReminderForm(posted(request), initial={"on": group.looks_twice, **said})
    if form.is_valid():
        try:
            set_reminder(group, request.user, **form.cleaned_data)
        except Refused as refusal:
            say_no(form, refusal)
        else:
            messages.success(request, "Kept. It holds from now on.")
            return redirect("group_reminder", group.slug)
    context = {
        "group": group,
        "tabs": tabs_of(group, membership),
        "facilitates": membership.is_facilitator,
        "reminder": reminder,
        "form": form,
    }
    status = 422 if form.errors else 200
    return render(request, "microgroups/reminders/reminder.html", context, status=status)
