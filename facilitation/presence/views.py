"""Who is away unusually long, for facilitators; and one's own rhythm, for oneself."""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString

from facilitation.cues.words import with_telling_part
from facilitation.presence import actions, reading
from facilitation.presence.forms import RhythmForm
from facilitation.presence.models import Absence
from facilitation.presence.order import ORDER
from microgroups.groups.forms import posted
from microgroups.groups.pages import tabs_of
from microgroups.membership.views import facilitated, group_of
from network.errors import Refused
from network.pages import keyset_page


@dataclass
class Silence:
    """One absence as it stands in the list."""

    absence: Absence
    heading: str
    why: SafeString

    @property
    def person(self):
        return self.absence.membership.person


@login_required
def presence(request, slug):
    """Who is quieter than usual in a group, by name and with the reason; for its facilitators."""
    group, now = facilitated(request, slug), timezone.now()
    silences = reading.silences(group, request.user, now)
    found = keyset_page(silences, request, order=ORDER, size=30)
    context = {
        "group": group,
        "tabs": tabs_of(group, group.memberships.of(request.user)),
        "silences": [shown(absence, now) for absence in found],
        "page": found,
        "long_ago": reading.how_many_long_ago(group, request.user, now),
        "here": "care",
    }
    return render(request, "facilitation/presence/presence.html", context)


def shown(absence, now):
    return Silence(
        absence=absence,
        heading=reading.heading(absence),
        why=with_telling_part(reading.reason(absence, now)),
    )


@login_required
def rhythm(request, slug):
    """How Kith sees one's own rhythm in a group, with the switch that lets nobody look."""
    group, now = group_of(request, slug), timezone.now()
    membership = group.memberships.of(request.user)
    if membership is None or not membership.may_read:
        raise Http404
    form = RhythmForm(posted(request))
    if form.is_valid():
        deed = actions.resume if form.cleaned_data["noticed"] else actions.pause
        try:
            deed(group, request.user, now=now)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, "Kept. Nobody is told.")
        return redirect("rhythm", group.slug)
    context = {
        "group": group,
        "tabs": tabs_of(group, membership),
        "said": reading.my_rhythm(membership, now),
        "paused": membership.rhythm_paused_at is not None,
    }
    return render(request, "facilitation/presence/rhythm.html", context)
