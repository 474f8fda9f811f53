"""Reports, decisions and redirects over the API."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from facilitation.moderation import actions, redirects, reporting
from facilitation.moderation.finding import find
from facilitation.moderation.models import (
    Answer,
    Decision,
    Kind,
    Report,
    State,
    Verdict,
)
from facilitation.moderation.reading import SHOWN
from facilitation.moderation.rules import AGREEMENT, MOST_HOURS
from microgroups.appeals.actions import TEXT
from microgroups.appeals.api import AppealShape
from microgroups.appeals.models import Appeal
from microgroups.appeals.reading import shown_to
from microgroups.conversation.models import Post, Thread
from microgroups.groups.actions import facilitator_of
from microgroups.groups.models import MicroGroup
from microgroups.groups.rules import NOTE
from microgroups.membership.models import Membership
from network.errors import Invalid
from network.registries import subjects
from network.rest.endpoint import Endpoint, Input, PersonBrief

SLUG = OpenApiParameter("slug", str, OpenApiParameter.PATH)
ID = OpenApiParameter("id", str, OpenApiParameter.PATH)
USERNAME = OpenApiParameter("username", str, OpenApiParameter.PATH)
ABOUT = ("post", "highlight", "person", "group")
HANDS = ("group", "person", "reporter", "decided_by")


# Shapes


class ReportedShape(serializers.Serializer):
    """What it is about."""

    type = serializers.CharField(source="about")
    id = serializers.UUIDField(source="subject_id")
    url = serializers.CharField(source="subject_url", allow_null=True)


class ReportShape(serializers.Serializer):
    """Somebody asks that somebody looks. `by` is null for whoever may not know it; `answer` is
    the reason of the decision, for those who decide, and for its reporter where it stands."""

    id = serializers.UUIDField()
    group = serializers.SlugField(source="group.slug", allow_null=True, default=None)
    person = PersonBrief(allow_null=True)
    subject = ReportedShape(source="*")
    agreement = serializers.CharField()
    reason = serializers.CharField()
    by = PersonBrief(source="shown_reporter", allow_null=True)
    state = serializers.ChoiceField([("open", "open"), ("decided", "decided")])
    decision = serializers.ChoiceField(Verdict.choices, source="verdict", allow_blank=True)
    answer = serializers.CharField(source="shown_answer")
    at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)


class DecisionShape(serializers.Serializer):
    """A step of moderation with its reason."""

    id = serializers.UUIDField()
    group = serializers.SlugField(source="group.slug")
    kind = serializers.ChoiceField(Kind.choices)
    person = PersonBrief(allow_null=True)
    post = serializers.UUIDField(source="post_id", allow_null=True)
    thread = serializers.UUIDField(source="thread_id", allow_null=True)
    to = serializers.CharField(
        source="to_where", help_text="The new title, the minutes, or the other group's slug."
    )
    mine = serializers.ChoiceField(
        Answer.choices, allow_null=True, help_text="What I say to a move: asked, yes, no."
    )
    agreement = serializers.CharField()
    reason = serializers.CharField()
    by = PersonBrief(allow_null=True)
    state = serializers.ChoiceField(State.choices)
    at = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    appeal = serializers.CharField(allow_null=True, help_text="What became of asking once more.")


class ReportInput(Input):
    """One of `post`, `highlight` (ids), `person` (a username) or `group` (a slug)."""

    post = serializers.UUIDField(required=False)
    highlight = serializers.UUIDField(required=False)
    person = serializers.CharField(max_length=30, required=False)
    group = serializers.CharField(max_length=100, required=False)
    agreement = serializers.CharField(max_length=AGREEMENT, required=False, allow_blank=True)
    reason = serializers.CharField(max_length=NOTE)


class VerdictInput(Input):
    decision = serializers.ChoiceField(Verdict.choices)
    reason = serializers.CharField(max_length=NOTE)
    agreement = serializers.CharField(max_length=AGREEMENT, required=False, allow_blank=True)
    step = serializers.ChoiceField(["note", "retitle", "slow", "pause"], default="note")
    to = serializers.CharField(max_length=200, required=False, allow_blank=True)


class HideInput(Input):
    reason = serializers.CharField(max_length=NOTE)
    agreement = serializers.CharField(max_length=AGREEMENT, required=False, allow_blank=True)


class PauseInput(HideInput):
    hours = serializers.IntegerField(min_value=1, max_value=MOST_HOURS)


class RedirectInput(HideInput):
    step = serializers.ChoiceField(redirects.STEPS)
    to = serializers.CharField(max_length=200, required=False, allow_blank=True)
    note = serializers.CharField(max_length=NOTE, required=False, allow_blank=True)


class TextInput(Input):
    text = serializers.CharField(max_length=TEXT)


# Endpoints


def shaped(reports, reader):
    """The reports with what this reader may know of who asked, and of the answer.

    Whoever facilitates learns of nobody, moderator or not. One query, and one for each kind of
    thing among them.
    """
    here = reader.here
    looks_after = here is not None and here.is_moderator
    places = Membership.objects.visible_to(reader).filter(person=reader)
    facilitated = set(places.facilitating().values_list("group", flat=True))
    keys: dict = {}
    for report in reports:
        keys.setdefault(report.about, set()).add(report.subject_id)
    found = {about: subjects[about](ids, reader) for about, ids in keys.items()}
    for report in reports:
        is_mine = report.reporter_id == reader.pk
        sees = looks_after and report.group_id not in facilitated
        subject = found[report.about].get(report.subject_id)
        report.subject_url = subject.url if subject else None
        report.shown_reporter = report.reporter if is_mine or sees else None
        is_told = not is_mine or looks_after or report.verdict == Verdict.KEEP
        report.shown_answer = report.answer if is_told else ""
        report.state = "open" if report.is_open else "decided"
    return reports


class ReportsEndpoint(Endpoint):
    """What people asked somebody to look at."""

    lookup_field = "id"
    ordering = ("-at", "-id")
    scopes = {"resolve": ("facilitate", "admin"), "of_group": ("facilitate", "admin")}

    def get_queryset(self):
        reports = Report.objects.visible_to(self.request.user)
        return reports.select_related(*HANDS, "group__network", "network")

    def in_pages(self, reports):
        told = shaped(self.paginate_queryset(reports), self.request.user)
        return self.get_paginated_response(ReportShape(told, many=True).data)

    def shape(self, report, status=200):
        (told,) = shaped([self.get_queryset().get(pk=report.pk)], self.request.user)
        return Response(ReportShape(told).data, status=status)

    @extend_schema(responses=ReportShape(many=True))
    def list(self, request):
        """Those I made, and those I may look into."""
        return self.in_pages(self.get_queryset())

    @extend_schema(request=ReportInput, responses={201: ReportShape})
    def create(self, request):
        """Ask somebody to look at a post, a postcard, a person or a group."""
        body = self.body(ReportInput)
        named = [(about, body.pop(about)) for about in ABOUT if about in body]
        if len(named) != 1:
            raise Invalid({"post": "Name one thing: a post, a highlight, a person or a group."})
        ((about, key),) = named
        if find(about, key, request.user, request.network) is None:
            raise Http404
        made = reporting.report(request.user, about, key, request.network, **body)
        return self.shape(made, 201)

    @extend_schema(parameters=[SLUG], responses=ReportShape(many=True))
    def of_group(self, request, slug):
        """What was reported in a group: for its facilitators and who looks after the network."""
        group = get_object_or_404(MicroGroup.objects.visible_to(request.user), slug=slug)
        if not request.user.here.is_moderator:
            facilitator_of(group, request.user)
        return self.in_pages(self.get_queryset().before(request.user).filter(group=group))

    @extend_schema(parameters=[ID], request=VerdictInput, responses=ReportShape)
    def resolve(self, request, id):
        """Decide what becomes of it, for all open reports about the same."""
        body = self.body(VerdictInput)
        return self.shape(reporting.resolve(self.get_object(), request.user, **body))


class DecisionsEndpoint(Endpoint):
    """What was decided, and what can be done about it."""

    lookup_field = "id"
    ordering = ("-at", "-id")
    scopes = {
        "of_group": "facilitate",
        "undo": ("facilitate", "admin"),
        "hide": "facilitate",
        "pause": "facilitate",
        "redirect": "facilitate",
    }

    def get_queryset(self):
        found = Decision.objects.visible_to(self.request.user).with_appeal()
        found = found.with_mine(self.request.user)
        return found.select_related(*SHOWN)

    def shape(self, decision, status=200):
        return Response(DecisionShape(self.get_queryset().get(pk=decision.pk)).data, status=status)

    @extend_schema(responses=DecisionShape(many=True))
    def list(self, request):
        """What was decided about me."""
        page = self.paginate_queryset(self.get_queryset().about(request.user))
        return self.get_paginated_response(DecisionShape(page, many=True).data)

    @extend_schema(parameters=[SLUG], responses=DecisionShape(many=True))
    def of_group(self, request, slug):
        """What was decided in a group, for its facilitators."""
        group = self.group_of(slug)
        facilitator_of(group, request.user)
        page = self.paginate_queryset(self.get_queryset().filter(group=group))
        return self.get_paginated_response(DecisionShape(page, many=True).data)

    def group_of(self, slug):
        return get_object_or_404(MicroGroup.objects.visible_to(self.request.user), slug=slug)

    @extend_schema(parameters=[ID], request=HideInput, responses=DecisionShape)
    def hide(self, request, id):
        """Hide a post, for a reason that its author reads."""
        posts = Post.objects.visible_to(request.user).select_related("thread__group", "author")
        post = get_object_or_404(posts, pk=id)
        return self.shape(actions.hide(post, request.user, **self.body(HideInput)))

    @extend_schema(parameters=[SLUG, USERNAME], request=PauseInput, responses=DecisionShape)
    def pause(self, request, slug, username):
        """Let a member read and not write for some hours."""
        group = self.group_of(slug)
        facilitator_of(group, request.user)
        people = Membership.objects.visible_to(request.user).filter(group=group)
        place = get_object_or_404(people.select_related("person"), person__username=username)
        made = actions.pause(group, place.person, by=request.user, **self.body(PauseInput))
        return self.shape(made)

    @extend_schema(parameters=[ID], request=RedirectInput, responses={201: DecisionShape})
    def redirect(self, request, id):
        """A gentle step in a thread: a note, another title, another group, a slower pace."""
        threads = Thread.objects.visible_to(request.user).select_related("group")
        thread = get_object_or_404(threads, pk=id)
        made = redirects.redirect(thread, request.user, **self.body(RedirectInput))
        return self.shape(made, 201)

    @extend_schema(parameters=[ID], request=None, responses=DecisionShape)
    def accept(self, request, id):
        """Yes to another title for my thread, or to its moving to another group."""
        return self.shape(redirects.accept(self.get_object(), request.user))

    @extend_schema(parameters=[ID], request=None, responses=DecisionShape)
    def decline(self, request, id):
        """My thread keeps its title, or stays in its group."""
        return self.shape(redirects.decline(self.get_object(), request.user))

    @extend_schema(parameters=[ID], request=None, responses=DecisionShape)
    def undo(self, request, id):
        """Take a decision back, within 30 days."""
        return self.shape(actions.undo(self.get_object(), request.user))

    @extend_schema(parameters=[ID], request=TextInput, responses={201: AppealShape})
    def appeal(self, request, id):
        """Ask that somebody else looks again at what was decided about me; once."""
        made = actions.appeal(self.get_object(), request.user, **self.body(TextInput))
        found = shown_to(request.user, Appeal.objects.visible_to(request.user)).get(pk=made.pk)
        return Response(AppealShape(found).data, status=201)


def post_to(view, action):
    return view.as_view({"post": action})


paths = [
    path(
        "reports/",
        ReportsEndpoint.as_view({"get": "list", "post": "create"}),
        name="api_reports",
    ),
    path(
        "groups/<str:slug>/reports/",
        ReportsEndpoint.as_view({"get": "of_group"}),
        name="api_group_reports",
    ),
    path(
        "reports/<uuid:id>/resolve/",
        post_to(ReportsEndpoint, "resolve"),
        name="api_resolve_report",
    ),
    path(
        "decisions/",
        DecisionsEndpoint.as_view({"get": "list"}),
        name="api_decisions",
    ),
    path(
        "groups/<str:slug>/decisions/",
        DecisionsEndpoint.as_view({"get": "of_group"}),
        name="api_group_decisions",
    ),
    path("decisions/<uuid:id>/undo/", post_to(DecisionsEndpoint, "undo"), name="api_undo"),
    path(
        "decisions/<uuid:id>/appeal/",
        post_to(DecisionsEndpoint, "appeal"),
        name="api_appeal_decision",
    ),
    path("posts/<uuid:id>/hide/", post_to(DecisionsEndpoint, "hide"), name="api_hide_post"),
    path(
        "groups/<str:slug>/members/<str:username>/pause/",
        post_to(DecisionsEndpoint, "pause"),
        name="api_pause_member",
    ),
    path(
        "threads/<uuid:id>/redirect/",
        post_to(DecisionsEndpoint, "redirect"),
        name="api_redirect_thread",
    ),
    path(
        "redirects/<uuid:id>/accept/",
        post_to(DecisionsEndpoint, "accept"),
        name="api_accept_redirect",
    ),
    path(
        "redirects/<uuid:id>/decline/",
        post_to(DecisionsEndpoint, "decline"),
        name="api_decline_redirect",
    ),
]
