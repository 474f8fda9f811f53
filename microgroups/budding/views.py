"""The pages of budding: proposing a sister, choosing, finishing or dropping it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone

from microgroups.budding import actions, choosing, finishing, rules
from microgroups.budding.forms import BudForm, ChoiceForm, SettleForm, values_of
from microgroups.budding.models import Choice
from microgroups.budding.pages import afterwards, for_it
from microgroups.budding.reading import budding_of, facts_of, said_so_far
from microgroups.groups.forms import posted, say_no
from microgroups.groups.models import MicroGroup
from microgroups.groups.pages import tabs_of
from microgroups.membership.models import Membership
from microgroups.membership.views import facilitated
from network.errors import Refused
from network.notifications.opening import note_opened


def shown(request, name, context, form=None):
    """The page; 422 where something typed needs another look."""
    status = 422 if form is not None and form.errors else 200
    return render(request, f"microgroups/budding/{name}.html", context, status=status)


def people_of(group, person):
    """Those who may be asked to look after the sister, oneself first."""
    places = Membership.objects.visible_to(person).active().filter(group=group)
    people = [each.person for each in places.select_related("person").order_by("person__name")]
    return sorted(people, key=lambda one: one != person)


@login_required
def bud_group(request, slug):
    """A facilitator proposes a sister: like the group, but for what is different."""
    group = facilitated(request, slug)
    if group.buddings.unsettled(timezone.now()).exists():
        return redirect("budding", slug)
    colour = rules.kindred(group.colour, group.buddings.count())
    initial = values_of(group, request.user, colour)
    people = people_of(group, request.user)
    form = BudForm(posted(request), initial=initial, people=people)
    if form.is_valid():
        try:
            actions.bud(group, request.user, **form.cleaned_data)
        except Refused as refusal:
            say_no(form, refusal)
        else:
            return redirect("budding", slug)
    membership = group.memberships.of(request.user)
    context = {
        "group": group,
        "form": form,
        "tabs": tabs_of(group, membership),
        "reasons": rules.reasons_of(facts_of(group, timezone.now())),
    }
    return shown(request, "bud", context, form)


@login_required
def budding(request, slug):
    """Why a sister is proposed, what one chooses, and the two streets after it."""
    found = budding_of(slug, request.user)
    if found is None:
        facilitated(request, slug)
        return redirect("bud_group", slug)
    membership = found.group.memberships.of(request.user)
    membership.group, membership.person = found.group, request.user
    note_opened(request, budding=[found.pk])
    said = found.choices.of(request.user)
    form = form_for(request, found, membership, said)
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            choosing.choose(found.group, request.user, **form.cleaned_data)
        except Refused as refusal:
            say_no(form, refusal)
        else:
            messages.success(request, "Kept.")
            return redirect("budding", slug)
    return shown(request, "budding", context_of(request, found, membership, said, form), form)


def form_for(request, found, membership, said):
    """The question that the reader is asked just now, or None."""
    initial = {"choice": said.way} if said else {}
    if found.is_choosing and membership.is_active:
        return ChoiceForm(posted(request), initial=initial, budding=found)
    if found.both_until is not None and membership.is_active and said and said.way == "both":
        return SettleForm(posted(request), budding=found)
    return None


def context_of(request, found, membership, said, form):
    group, counts = found.group, said_so_far(found)
    sister_shown = MicroGroup.objects.visible_to(request.user).filter(pk=found.sister_id).exists()
    choices = []
    if membership.is_facilitator:
        choices = Choice.objects.visible_to(request.user).filter(budding=found)
        choices = list(choices.select_related("person").order_by("way", "at"))
    return {
        "budding": found,
        "group": group,
        "sister": found.sister,
        "sister_shown": sister_shown,
        "membership": membership,
        "tabs": tabs_of(group, membership),
        "said": said,
        "counts": counts,
        "choices": choices,
        "form": form,
        "reasons": rules.reasons_of(found.facts),
        "streets": afterwards(found, counts) if found.is_under_way else [],
        "for_it": for_it(found) if found.is_under_way else [],
        "tries": bool(found.both_until),
    }


@login_required
def finish_budding(request, slug):
    """Asked once more; then what people have chosen so far comes true."""
    return confirmed(request, slug, finishing.finish, "finish")


@login_required
def drop_budding(request, slug):
    """Asked once more; then it is called off."""
    return confirmed(request, slug, actions.drop, "drop")


def confirmed(request, slug, action, name):
    """A page that asks a facilitator, and on POST does it."""
    group = facilitated(request, slug)
    found = budding_of(slug, request.user)
    if found is None:
        raise Http404
    refusal = None
    if request.method == "POST":
        try:
            action(group, request.user)
        except Refused as refused:
            refusal = refused
        else:
            return redirect("budding", slug)
    context = {
        "group": group,
        "budding": found,
        "deed": name,
        "refusal": refusal,
        "counts": said_so_far(found),
    }
    status = refusal.status if refusal else 200
    return render(request, "microgroups/budding/confirm.html", context, status=status)
