"""The pages of moderation: asking somebody to look, deciding, and answering a decision."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from facilitation.moderation import actions, redirects, reporting
from facilitation.moderation.finding import find
from facilitation.moderation.forms import (
    AppealForm,
    HideForm,
    PauseForm,
    ReportForm,
    ReviewForm,
    RewriteForm,
    StepForm,
)
from facilitation.moderation.models import About, Decision, Kind, Report
from facilitation.moderation.move_views import show_move
from facilitation.moderation.reading import SHOWN, WHAT, dress, words_of
from facilitation.moderation.review import BUTTONS, Review, verdict_of
from facilitation.moderation.rules import agreements_of
from microgroups.appeals.models import Appeal
from microgroups.conversation.models import Post, Thread
from microgroups.groups.forms import posted, say_no
from microgroups.groups.pages import tabs_of
from microgroups.membership.models import Membership
from microgroups.membership.views import facilitated
from network.errors import Refused
from network.notifications.opening import note_opened
from network.pages import keyset_page

PAGE = "facilitation/moderation/"
HANDS = ("group", "person", "reporter", "decided_by")


def shown(request, name, context, form=None):
    """The page; 422 where something typed needs another look."""
    status = 422 if form is not None and form.is_bound and form.errors else 200
    return render(request, f"{PAGE}{name}.html", context, status=status)


def try_to(form, act, *args, **facts):
    """What the action makes; None where it refuses, which is then said on the form."""
    try:
        return act(*args, **facts)
    except Refused as refusal:
        say_no(form, refusal)
        return None


# Asking somebody to look


def report_of(about):
    """The page on which one asks somebody to look at a thing of this kind."""

    @login_required
    def view(request, **named):
        (key,) = named.values()
        thing = find(about, key, request.user, request.network)
        if thing is None:
            raise Http404
        form = ReportForm(posted(request), agreements=thing.agreements)
        if form.is_valid():
            made = try_to(
                form,
                reporting.report,
                request.user,
                about,
                key,
                request.network,
                **form.cleaned_data,
            )
            if made is not None:
                messages.success(request, "Thank you. Somebody looks at it; you are told.")
                return redirect(made)
        context = {"thing": thing, "about": about, "what": WHAT[about], "form": form}
        return shown(request, "report", context, form)

    return view


report_post = report_of(About.POST)
report_person = report_of(About.PERSON)
report_group = report_of(About.GROUP)
report_highlight = report_of(About.HIGHLIGHT)


@login_required
@require_GET
def reports(request):
    """Reports that one may look into, those that wait first; and one's own."""
    before = Report.objects.visible_to(request.user).before(request.user)
    waiting = before.open().select_related(*HANDS).order_by("at", "pk")[:50]
    mine = Report.objects.visible_to(request.user).filter(reporter=request.user)
    decided = before.exclude(decided_at=None).select_related(*HANDS)
    context = {
        "waiting": once_each(waiting),
        "decided": keyset_page(decided, request, order=("-at", "-id")),
        "mine": mine.select_related("group").order_by("-at", "-pk")[:20],
    }
    return shown(request, "reports", context)


def once_each(reports):
    """The first report of each thing, with how many there are (`count`)."""
    found: dict = {}
    for report in reports:
        first = found.setdefault((report.about, report.subject_id), report)
        first.count = getattr(first, "count", 0) + 1
    return list(found.values())


@login_required
def report(request, pk):
    """What was reported and what can be done, for those who look; for its reporter what came
    of it."""
    visible = Report.objects.visible_to(request.user)
    found = get_object_or_404(visible.select_related(*HANDS, "group__network", "network"), pk=pk)
    note_opened(request, report=[found.pk])
    if not visible.before(request.user).filter(pk=pk).exists():
        return shown(request, "my_report", {"report": found, "what": WHAT[found.about]})
    return review(request, found)


def review(request, report):
    """The page where a report is decided."""
    now = timezone.now()
    page = Review(report, request.user, now)
    form = None
    if report.is_open:
        form = ReviewForm(
            posted(request),
            steps=page.steps(),
            agreements=page.agreements,
            initial={"step": "note", "agreement": report.agreement},
        )
        if form.is_valid():
            done = try_to(form, reporting.resolve, report, request.user, **decided(form))
            if done is not None:
                messages.success(request, "It is decided. Whoever asked is told.")
                return redirect(*after_review(page))
    context = {
        "report": report,
        "page": page,
        "form": form,
        "group": report.group,
        "tabs": tabs_of(report.group, page.mine) if page.facilitates else None,
        "here": "care",
        **past_of(request, report.group, now),
    }
    return shown(request, "review", context, form)


def after_review(page):
    """Where one goes on, once it is decided."""
    return ("group_decisions", page.report.group.slug) if page.facilitates else ("reports",)


def decided(form):
    """What was chosen on the page, as the action takes it."""
    said = dict(form.cleaned_data)
    verdict, step = verdict_of(said.pop("step"))
    to = said.pop("to", "") if step == "retitle" else ""
    said.pop("to", None)
    return {**said, "decision": verdict, "step": step, "to": to}


def past_of(request, group, now):
    """What was decided in this group before."""
    if group is None:
        return {"before": []}
    past = Decision.objects.visible_to(request.user).filter(group=group)
    past = past.select_related(*SHOWN).order_by("-at", "-pk")[:5]
    return {"before": dress(list(past), now, request.user)}


# Decisions


@login_required
@require_GET
def group_decisions(request, slug):
    """What was decided in a group, for those who facilitate it."""
    group = facilitated(request, slug)
    membership = group.memberships.of(request.user)
    found = Decision.objects.visible_to(request.user).filter(group=group).select_related(*SHOWN)
    page = keyset_page(found.with_appeal(), request, order=("-at", "-id"))
    dress(page.items, timezone.now(), request.user)
    waits = Report.objects.visible_to(request.user).before(request.user).open()
    context = {
        "group": group,
        "tabs": tabs_of(group, membership),
        "decisions": page,
        "waiting": waits.filter(group=group).count(),
        "moving_in": moves_into(request.user, group),
        "here": "care",
    }
    return shown(request, "decisions", context)


def moves_into(reader, group):
    """Threads that would like to move into the group."""
    return list(Decision.objects.visible_to(reader).asked_of(group).order_by("asked_there_at"))


@login_required
@require_GET
def my_decisions(request):
    """What was decided about oneself."""
    found = Decision.objects.visible_to(request.user).about(request.user).select_related(*SHOWN)
    page = keyset_page(found.with_appeal(), request, order=("-at", "-id"))
    dress(page.items, timezone.now(), request.user)
    return shown(request, "my_decisions", {"decisions": page})


@login_required
def decision(request, pk):
    """A decision; for whom it is about, with what they can do."""
    found = decision_of(request, pk)
    note_opened(request, decision=[found.pk])
    if found.is_move:
        return show_move(request, found)
    form = RewriteForm(posted(request), initial={"body": found.post.body if found.post else ""})
    if form.is_valid():
        back = try_to(form, actions.rewrite, found, request.user, **form.cleaned_data)
        if back is not None:
            messages.success(request, "It is back, in your new words.")
            return redirect(found.post)
    return show_decision(request, found, form=form)


def show_decision(request, found, *, form=None, appeal_form=None):
    now = timezone.now()
    (found,) = dress([found], now, request.user)
    is_mine = found.is_about(request.user)
    appeal = Appeal.objects.visible_to(request.user).filter(decision=found.pk).first()
    form = form or RewriteForm(initial={"body": found.post.body if found.post else ""})
    context = {
        "decision": found,
        "group": found.group,
        "is_mine": is_mine,
        "slows": found.slows(now),
        "appeal": appeal,
        "may_appeal": is_mine and appeal is None and found.can_be_appealed(now),
        "may_take": found.can_be_taken(now),
        "may_undo": found.undoable,
        "post_words": words_shown(request, found, is_mine, appeal),
        "form": form,
        "appeal_form": appeal_form or AppealForm(),
    }
    failed = next((each for each in (form, appeal_form) if each is not None and each.errors), None)
    return shown(request, "decision", context, failed)


def words_shown(request, decision, is_mine, appeal):
    """The words of a hidden post: for its author, the group's facilitators, and whoever was asked
    by its author to look again."""
    if decision.post is None or not decision.hides:
        return ""
    membership = Membership.objects.visible_to(request.user).filter(group=decision.group_id)
    mine = membership.of(request.user)
    asked = appeal is not None and appeal.is_open
    if is_mine or asked or (mine is not None and mine.is_facilitator):
        return words_of(decision.post)
    return ""


def decision_of(request, pk):
    visible = Decision.objects.visible_to(request.user)
    return get_object_or_404(visible.select_related(*SHOWN, "post__thread__group"), pk=pk)


@login_required
@require_POST
def undo_decision(request, pk):
    """Take a decision back."""
    return answered(request, decision_of(request, pk), actions.undo, "It is undone.")


@login_required
@require_POST
def accept_redirect(request, pk):
    """Yes to another title, or to a move."""
    found = decision_of(request, pk)
    said = "Thank you. You said yes." if found.is_move else "Your thread has it."
    return answered(request, found, redirects.accept, said)


@login_required
@require_POST
def decline_redirect(request, pk):
    """The title stays, or the thread does."""
    found = decision_of(request, pk)
    said = "It stays. Nobody learns who said so." if found.is_move else "The title stays."
    return answered(request, found, redirects.decline, said)


def answered(request, decision, act, words):
    """Do it, or say why not; then the decision as it stands."""
    try:
        act(decision, request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, words)
    return redirect(decision)


@login_required
@require_POST
def appeal_decision(request, pk):
    """Ask that somebody else looks again."""
    found = decision_of(request, pk)
    form = AppealForm(posted(request))
    if form.is_valid():
        made = try_to(form, actions.appeal, found, request.user, **form.cleaned_data)
        if made is not None:
            messages.success(request, "Somebody else looks at it. You are told.")
            return redirect(found)
    return show_decision(request, found, appeal_form=form)


@login_required
def hide_post(request, id):
    """Hide a post, with the agreement and the reason."""
    posts = Post.objects.visible_to(request.user).standing()
    post = get_object_or_404(posts.select_related("thread__group__network", "author"), pk=id)
    group = facilitated(request, post.thread.group.slug)
    form = HideForm(posted(request), agreements=agreements_of(group))
    if form.is_valid():
        made = try_to(form, actions.hide, post, request.user, **form.cleaned_data)
        if made is not None:
            messages.success(request, "It is hidden. Its author reads why.")
            return redirect(post)
    return shown(request, "hide", {"post": post, "group": group, "form": form}, form)


@login_required
@require_GET
def hidden_post(request, id):
    """Why a post is hidden: to the decision that hides it."""
    found = Decision.objects.visible_to(request.user).hiding(id)
    if found is None:
        raise Http404
    return redirect(found)


@login_required
@require_GET
def slow_thread(request, id):
    """Why a thread goes slowly: to the decision that gave it its pace."""
    thread = get_object_or_404(Thread.objects.visible_to(request.user), pk=id)
    found = Decision.objects.visible_to(request.user).slowing(thread)
    if found is None:
        raise Http404
    return redirect(found)


@login_required
def pause_member(request, slug, username):
    """Let a member read and not write for a while."""
    group = facilitated(request, slug)
    people = Membership.objects.visible_to(request.user).filter(group=group).active()
    place = get_object_or_404(people.select_related("person"), person__username=username)
    form = PauseForm(posted(request), agreements=agreements_of(group))
    if form.is_valid():
        facts = {"by": request.user, **form.cleaned_data}
        made = try_to(form, actions.pause, group, place.person, **facts)
        if made is not None:
            messages.success(request, f"{place.person.name} is told.")
            return redirect("group_decisions", group.slug)
    return shown(request, "pause", {"place": place, "group": group, "form": form}, form)


def taken(decision):
    """What a gentle step has set going, for whoever took it."""
    if decision.kind == Kind.SLOW:
        return "It is slowed down until tomorrow; whoever opened it reads why."
    they = decision.person.name
    if decision.kind == Kind.RETITLE:
        return f"{they} is asked for another title, and says yes or no."
    return f"Your note goes to {they}, who alone reads it."


@login_required
def redirect_thread(request, id):
    """A gentle step in a thread, the note first."""
    threads = Thread.objects.visible_to(request.user).select_related("group__network", "author")
    thread = get_object_or_404(threads, pk=id)
    group = facilitated(request, thread.group.slug)
    form = StepForm(posted(request), agreements=agreements_of(group))
    if form.is_valid():
        made = try_to(form, redirects.redirect, thread, request.user, **form.cleaned_data)
        if made is not None:
            messages.success(request, taken(made))
            return redirect(thread)
    context = {"thread": thread, "group": group, "form": form, "buttons": BUTTONS}
    return shown(request, "redirect", context, form)
