"""Home with its feed, and the pages on a highlight's way."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from bridging.highlights import actions
from bridging.highlights.forms import EchoForm, ProposeForm
from bridging.highlights.models import Echo, Highlight, State
from bridging.highlights.reading import fitting_group, my_groups
from microgroups.conversation.models import Post
from network.errors import Refused
from network.notifications.opening import note_opened
from network.pages import keyset_page
from network.prepared import question

CARD = ("group", "author", "proposed_by", "shared_by", "network")


def home(request):
    """My groups, then the best of the others; a visitor stands before the door."""
    if not request.user.is_authenticated:
        return render(request, "network/networks/landing.html")
    feed = question(feed_for, request.user)
    context = {
        "mine": my_groups(request.user),
        "fits": fitting_group(request.user),
        "feed": keyset_page(feed, request, order=("-shared_at", "-id"), size=10),
    }
    return render(request, "bridging/highlights/home.html", context)


def feed_for(person):
    return Highlight.objects.visible_to(person).shared().select_related(*CARD)


@login_required
def highlights(request):
    """One's own postcards: asked for, on their way, shared, taken back; and those one sends."""
    cards = (
        Highlight.objects.visible_to(request.user).concerning(request.user).select_related(*CARD)
    )
    context = {"cards": keyset_page(cards, request, order=("-proposed_at", "-id"), size=10)}
    return render(request, "bridging/highlights/highlights.html", context)


@login_required
def highlight(request, pk):
    """One postcard with what came back; whoever may, says yes, sends it or takes it back here."""
    card = card_of(request, pk)
    form = EchoForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            echo = actions.echo(card, request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect(f"{card.get_absolute_url()}#echo-{echo.pk}")
    return render_card(request, card, form)


@login_required
def propose_highlight(request, pk):
    """Ask for a post to travel; by its author that is a yes already."""
    posts = Post.objects.visible_to(request.user).standing()
    post = get_object_or_404(posts.select_related("thread__group__network", "author"), pk=pk)
    form = ProposeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            card = actions.propose(post, request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect(card)
    context = {"post": post, "form": form, "is_mine": post.author_id == request.user.pk}
    status = 422 if form.errors else 200
    return render(request, "bridging/highlights/propose.html", context, status=status)


def deed(action):
    """A page that does one thing with a card and shows it as it now stands."""

    @login_required
    @require_POST
    def view(request, pk):
        card = card_of(request, pk)
        form = EchoForm()
        try:
            action(card, request.user)
        except Refused as refusal:
            return render_card(request, card, form, refusal=str(refusal), status=refusal.status)
        return redirect(card)

    return view


consent_highlight = deed(actions.consent)
decline_highlight = deed(actions.decline)
share_highlight = deed(actions.share)
withdraw_highlight = deed(actions.withdraw)


def card_of(request, pk):
    return get_object_or_404(
        Highlight.objects.visible_to(request.user).select_related(*CARD, "group__network"), pk=pk
    )


def render_card(request, card, form, *, refusal="", status=200):
    membership = card.group.memberships.of(request.user)
    echoes = Echo.objects.visible_to(request.user).filter(highlight=card).select_related("author")
    shown = keyset_page(echoes, request, order=("at", "id"), size=20)
    note_opened(request, highlight=[card.pk], echo=[each.pk for each in shown.items])
    context = {
        "card": card,
        "form": form,
        "refusal": refusal,
        "echoes": shown,
        "is_mine": card.author_id == request.user.pk,
        "facilitates": membership is not None and membership.is_facilitator,
        "State": State,
    }
    status = 422 if form.errors else status
    return render(request, "bridging/highlights/highlight.html", context, status=status)
