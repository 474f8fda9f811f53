"""The facilitator's queue."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone

from facilitation.cues.models import Cue
from facilitation.dashboard.reading import PARTS, came_of_it, put_aside, queue
from facilitation.welcome.reading import promises
from microgroups.membership.views import facilitated
from network.notifications.opening import note_opened


@login_required
def care(request):
    """Who could use you, over all the groups you facilitate."""
    return render_queue(request, None)


@login_required
def group_care(request, slug):
    """Who could use you in one group."""
    return render_queue(request, facilitated(request, slug))


def render_queue(request, group):
    if not request.user.here.facilitates:
        raise Http404
    now = timezone.now()
    part = request.GET.get("part") if request.GET.get("part") in PARTS else None
    waiting = queue(request.user, now, group=group, part=part)
    if part and not waiting.parts:
        return redirect(request.path)
    note_opened(request, cue=lambda: cues_of(request.user, group).values("pk"))
    context = {
        "parts": waiting.parts,
        "part": part,
        "people": waiting.people,
        "somebody_waits": any(each.name == "reply" for each in waiting.parts),
        "group": group,
        "aside": [] if part else put_aside(request.user, now, group=group),
        "promises": promises(request.user, now, group),
        "duty": waiting.beside.turns(),
        "load": waiting.beside.load,
        "settled": came_of_it(request.user, now, group=group),
        "closed": just_closed(request),
        "here": "care",
    }
    return render(request, "facilitation/dashboard/care.html", context)


def cues_of(person, group):
    cues = Cue.objects.visible_to(person)
    return cues.filter(group=group) if group else cues


def just_closed(request):
    """The cue that was closed on the page before, for its line with the undo."""
    try:
        key = UUID(request.GET.get("closed", ""))
    except ValueError:
        return None
    cues = Cue.objects.visible_to(request.user).select_related("person", "group")
    return cues.filter(pk=key).first()
