"""One's notices, and stopping mail."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from network.errors import Refused
from network.notifications import actions, why
from network.notifications.forms import WishesForm
from network.notifications.kinds import CATEGORIES, mailed
from network.notifications.letters import read_stop_token
from network.notifications.models import MailStop, Notice
from network.notifications.opening import note_opened
from network.notifications.reading import tell
from network.notifications.wishes import hours_of, wish, wishes_of
from network.pages import keyset_page
from network.people.models import Person
from network.prepared import question, rows
from network.rest import limits


def notices_for(person):
    return Notice.objects.visible_to(person).select_related("actor")


def stopped_by(person):
    return MailStop.objects.filter(person=person.pk).values_list("category", flat=True)


@login_required
def notices(request):
    """What I was told, the newest first."""
    mine = question(notices_for, request.user)
    page = keyset_page(mine, request, order=("-at", "-id"), size=20)
    told = tell(page.items, request.user)
    stopped = set(rows(stopped_by, request.user))
    context = {
        "page": page,
        "new": [one for one in told if not one.notice.is_read],
        "before": [one for one in told if one.notice.is_read],
        "categories": [(name, words, name in stopped) for name, words in mailed().items()],
    }
    return render(request, "network/notifications/notices.html", context)


@login_required
@require_POST
def read_notices(request):
    """I have seen these."""
    actions.read(request.user)
    return redirect("notices")


@login_required
@require_POST
def choose_mail(request):
    """Mail of one kind, or not: `stop=seats`, `start=seats`."""
    if request.POST.get("stop") in CATEGORIES:
        actions.stop_mail(request.user, request.POST["stop"])
    if request.POST.get("start") in CATEGORIES:
        actions.start_mail(request.user, request.POST["start"])
    return redirect("notices")


@login_required
def notification_settings(request):
    """How I may be reached: which letters, when, how much, and from which group."""
    wishes = wishes_of(request.user)
    form = WishesForm(request.POST if request.method == "POST" else None, wishes)
    if form.is_valid():
        try:
            wish(request.user, **form.asked())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Kept.")
            return redirect("notification_settings")
    context = {"form": form, "wishes": wishes}
    status = 422 if form.errors else 200
    return render(request, "network/notifications/settings.html", context, status=status)


@login_required
def attention(request):
    """Why I was told this, and why not that."""
    now, me = timezone.now(), request.user
    note_opened(request, attention=[request.network.pk])
    page = keyset_page(why.attention_of(me), request, order=("-at", "-id"), size=20)
    context = {
        "page": page,
        "sections": why.sections(why.lines(page.items, me), me, now),
        "spent": why.spent(me, request.network, now),
        "hours": hours_of(me),
    }
    return render(request, "network/notifications/attention.html", context)


@csrf_exempt
def stop_mail(request, token):
    """The link in each letter: a page with a button; mail programs post to it without asking."""
    named = read_stop_token(token)
    if named is None or named[1] not in CATEGORIES:
        limits.spend("guess", request)
        raise Http404
    key, category = named
    done = request.method == "POST"
    if done:
        person = Person.objects.filter(pk=key).first()
        if person is not None:
            actions.stop_mail(person, category)
    context = {"what": CATEGORIES[category], "done": done}
    return render(request, "network/notifications/stop.html", context)
