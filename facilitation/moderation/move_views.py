"""The pages on which a thread is asked to another group, and those who are asked answer."""

from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from facilitation.moderation import redirects
from facilitation.moderation.forms import MoveForm
from facilitation.moderation.models import Decision
from facilitation.moderation.moves import looks_after, places_at_hand, places_meant
from facilitation.moderation.reading import dress
from facilitation.moderation.rules import agreements_of
from microgroups.conversation.models import Post, Thread
from microgroups.groups.forms import posted, say_no
from microgroups.membership.models import Membership
from microgroups.membership.views import facilitated
from network.errors import Refused

PAGE = "facilitation/moderation/"
WORDS = 50  # of one's own posts that are shown beside the question


@login_required
def move_thread(request, id):
    """Ask those who wrote in a thread whether it may stand in another group."""
    threads = Thread.objects.visible_to(request.user).select_related("group__network", "author")
    thread = get_object_or_404(threads, pk=id)
    group = facilitated(request, thread.group.slug)
    meant = partial(places_meant, group, request.user)
    form = MoveForm(posted(request), meant=meant, agreements=agreements_of(group))
    if form.is_valid():
        try:
            made = redirects.redirect(thread, request.user, step="move", **form.cleaned_data)
        except Refused as refusal:
            say_no(form, refusal)
        else:
            messages.success(request, "Everybody who wrote in it is asked.")
            return redirect(made)
    status = 422 if form.is_bound and form.errors else 200
    at_hand = places_at_hand(group, request.user)
    context = {"thread": thread, "group": group, "form": form, "places": at_hand}
    return render(request, f"{PAGE}move.html", context, status=status)


def show_move(request, move):
    """A move: for those who are asked with all that they should know, and the two answers."""
    (move,) = dress([move], timezone.now(), request.user)
    reader, group, place = request.user, move.group, move.to_group
    mine = Membership.objects.visible_to(reader).filter(person=reader, group__in=[group, place])
    mine = {each.group_id: each for each in mine}
    inside, there = mine.get(group.pk), mine.get(place.pk) if place else None
    reads_there = there is not None and there.may_read
    moved = Thread.objects.visible_to(reader).filter(pk=move.thread_id).first()
    waits = move.is_proposed and move.asked_there_at is not None and place is not None
    context = {
        "move": move,
        "group": group,
        "place": place,
        "thread": moved,
        "answer": Decision.objects.visible_to(reader).with_mine(reader).get(pk=move.pk).mine,
        "words": words_of(reader, move) if move.is_proposed else [],
        "knows_it": (inside is not None and inside.may_read) or moved or (waits and reads_there),
        "reads_there": reads_there,
        "looks_after_here": inside is not None and inside.is_facilitator,
        "looks_after_there": there is not None and there.is_facilitator,
        "asked_there": move.is_proposed and not has_both(move),
        "receives": waits and looks_after(place, reader),
    }
    return render(request, f"{PAGE}moving.html", context)


def has_both(move):
    """Whether whoever asked looks after the other group, too."""
    return move.by is not None and move.to_group is not None and looks_after(move.to_group, move.by)


def words_of(reader, move):
    """What the reader wrote in it, as it stands: theirs to read wherever it is."""
    written = Post.objects.filter(thread=move.thread_id, author=reader).standing()
    return list(written.order_by("at", "id").only("body_html", "at")[:WORDS])
