"""Coming into groups and belonging to them, over the API."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from microgroups.groups.actions import facilitator_of
from microgroups.groups.api import UnderGroup
from microgroups.groups.rules import NOTE
from microgroups.groups.shapes import GroupShape, MembershipShape, load
from microgroups.membership import actions, invitations, letters, rules
from microgroups.membership.models import (
    READING,
    Invitation,
    InvitationKind,
    InvitationState,
    Membership,
    Role,
    State,
    row_with,
)
from network.people.models import Person
from network.prepared import first, question
from network.rest import limits
from network.rest.endpoint import Asked, Input, PersonBrief

SLUG = OpenApiParameter("slug", str, OpenApiParameter.PATH)
CODE = OpenApiParameter("code", str, OpenApiParameter.PATH)
USERNAME = OpenApiParameter("username", str, OpenApiParameter.PATH)
COMING = {201: MembershipShape, 202: MembershipShape}


class JoinInput(Input):
    answers = serializers.ListField(
        child=serializers.CharField(max_length=rules.ANSWER, allow_blank=True),
        max_length=20,
        default=list,
        help_text="A text for each question of the group.",
    )


class DescriptionInput(Input):
    offers = serializers.CharField(max_length=rules.DESCRIPTION, required=False, allow_blank=True)
    asks = serializers.CharField(max_length=rules.DESCRIPTION, required=False, allow_blank=True)


class GroupRoleInput(Input):
    role = serializers.ChoiceField(Role.choices)


class RemovalInput(Input):
    reason = serializers.CharField(max_length=NOTE)
    bar = serializers.BooleanField(default=True)


class WhyInput(Input):
    reason = serializers.CharField(max_length=NOTE)


class MembersAsked(Asked):
    state = serializers.ChoiceField(
        State.choices, required=False, help_text="Active and resting ones when absent."
    )


def people_in(group, states, reader):
    """Those in these states of a group, as far as the reader may see them."""
    people = Membership.objects.filter(group=group, state__in=states).visible_to(reader)
    return people.placed().select_related("person")


def placed_one(key):
    return Membership.objects.filter(pk=key).placed().select_related("person")


class GroupEndpoint(UnderGroup):
    """Belonging to a group, under its address."""

    def person(self):
        return get_object_or_404(
            Person.objects.visible_to(self.request.user), username=self.kwargs["username"]
        )

    def people_of(self, group):
        """Those in the group, or at its door, whom the reader may see."""
        people = group.memberships.visible_to(self.request.user)
        return people.placed().select_related("person")

    def mine_in(self, group):
        """The reader's own membership, or None."""
        return first(row_with, group.pk, self.request.user.pk)

    def shaped(self, memberships, mine, **facts):
        context = {"reader": self.request.user, "mine": mine}
        return MembershipShape(memberships, context=context, **facts).data

    def shape(self, membership, status=200):
        """The membership as it now stands."""
        placed = first(placed_one, membership.pk)
        placed.group = membership.group
        mine = placed if placed.person_id == self.request.user.pk else self.mine_in(placed.group)
        return Response(self.shaped(placed, mine), status=status)


class MyMembershipEndpoint(GroupEndpoint):
    """How I stand in a group."""

    @extend_schema(parameters=[SLUG], responses=MembershipShape)
    def retrieve(self, request, slug):
        """My membership."""
        membership = self.group().memberships.of(request.user)
        if membership is None:
            raise Http404
        return self.shape(membership)

    @extend_schema(parameters=[SLUG], request=DescriptionInput, responses=MembershipShape)
    def partial_update(self, request, slug):
        """Say what I may be asked about, and what I would like to learn."""
        body = self.body(DescriptionInput)
        return self.shape(actions.describe(self.group(), request.user, **body))

    @extend_schema(parameters=[SLUG], responses={204: None})
    def destroy(self, request, slug):
        """Leave the group or the line, or decline an offer or an invitation."""
        actions.leave(self.group(), request.user)
        return Response(status=204)

    @extend_schema(parameters=[SLUG], request=JoinInput, responses=COMING)
    def join(self, request, slug):
        """201 with a seat; 202 when waiting for one, or for a yes."""
        body = self.body(JoinInput)
        return self.came(actions.join(self.group(), request.user, **body))

    @extend_schema(parameters=[SLUG], request=None, responses=COMING)
    def come_back(self, request, slug):
        """Return from resting: 201 with a seat, 202 when first in line."""
        return self.came(actions.return_(self.group(), request.user))

    def came(self, membership):
        return self.shape(membership, status=201 if membership.is_active else 202)

    @extend_schema(parameters=[SLUG], request=None, responses=MembershipShape)
    def rest(self, request, slug):
        """Give up the seat and keep reading."""
        return self.shape(actions.rest(self.group(), request.user))


class MembersEndpoint(GroupEndpoint):
    """Who is in a group."""

    lookup_field = "person__username"
    lookup_url_kwarg = "username"
    ordering = ("since", "id")
    asked = {"list": MembersAsked}
    scopes = {
        "partial_update": ("facilitate", "admin"),
        "remove": "facilitate",
        "unbar": "facilitate",
    }

    def get_queryset(self):
        return self.people_of(self.group())

    @extend_schema(parameters=[SLUG], responses=MembershipShape(many=True))
    def list(self, request, slug):
        """Active and resting members; other states for facilitators."""
        group = self.group()
        states = (self.query["state"],) if "state" in self.query else READING
        if not set(states) <= set(READING):
            facilitator_of(group, request.user)
        mine = self.mine_in(group)
        if set(states) <= set(READING) and not group.shows_names_to(mine, request.user.here):
            raise Http404
        people = self.paginate_queryset(question(people_in, group.pk, states, request.user))
        for membership in people:
            membership.group = group
        return self.get_paginated_response(self.shaped(people, mine, many=True))

    @extend_schema(parameters=[SLUG, USERNAME], responses=MembershipShape)
    def retrieve(self, request, slug, username):
        """One of them."""
        group = self.group()
        member = get_object_or_404(self.people_of(group), person__username=username)
        return Response(self.shaped(member, self.mine_in(group)))

    @extend_schema(parameters=[SLUG, USERNAME], request=GroupRoleInput, responses=MembershipShape)
    def partial_update(self, request, slug, username):
        """Make somebody facilitator, or member again."""
        role = self.body(GroupRoleInput)["role"]
        return self.shape(actions.change_role(self.group(), self.person(), role, by=request.user))

    @extend_schema(parameters=[SLUG, USERNAME], request=RemovalInput, responses=MembershipShape)
    def remove(self, request, slug, username):
        """Take somebody out, with the reason that they are told."""
        body = self.body(RemovalInput)
        return self.shape(actions.remove(self.group(), self.person(), by=request.user, **body))

    @extend_schema(parameters=[SLUG, USERNAME], request=None, responses=MembershipShape)
    def unbar(self, request, slug, username):
        """Let somebody who was removed ask again."""
        return self.shape(actions.unbar(self.group(), self.person(), by=request.user))


class LineEndpoint(GroupEndpoint):
    """Who asks to come in, and who waits for a seat."""

    scopes = dict.fromkeys(["requests", "waitlist", "admit", "decline"], "facilitate")

    def get_ordering(self):
        line = ("queued_at", "id")
        return ("-returning", *line) if self.action == "waitlist" else line

    @extend_schema(parameters=[SLUG], responses=MembershipShape(many=True))
    def requests(self, request, slug):
        """Who asks, longest waiting first."""
        return self.line(State.REQUESTED)

    @extend_schema(parameters=[SLUG], responses=MembershipShape(many=True))
    def waitlist(self, request, slug):
        """Who waits for a seat, in the order in which they get one."""
        return self.line(State.WAITLISTED)

    def line(self, state):
        group = self.group()
        facilitator_of(group, self.request.user)
        people = self.paginate_queryset(self.people_of(group).filter(state=state))
        return self.get_paginated_response(self.shaped(people, self.mine_in(group), many=True))

    @extend_schema(parameters=[SLUG, USERNAME], request=None, responses=MembershipShape)
    def admit(self, request, slug, username):
        """Say yes: a seat, or a place in line."""
        return self.shape(actions.admit(self.group(), self.person(), by=request.user))

    @extend_schema(parameters=[SLUG, USERNAME], request=WhyInput, responses=MembershipShape)
    def decline(self, request, slug, username):
        """Say not this time, with the reason."""
        body = self.body(WhyInput)
        group = self.group()
        return self.shape(actions.decline_request(group, self.person(), by=request.user, **body))


class InviteInput(Input):
    """Whom to ask in by name or by mail; a link where nobody is named."""

    usernames = serializers.ListField(
        child=serializers.CharField(max_length=30), max_length=20, default=list
    )
    emails = serializers.ListField(
        child=serializers.CharField(max_length=254),
        max_length=rules.MOST_ADDRESSES,
        default=list,
        help_text="An address gets one letter in a week at most, whoever asks.",
    )
    max_uses = serializers.IntegerField(
        min_value=1, max_value=rules.MOST_USES, default=1, help_text="Of a link."
    )


class InvitationShape(serializers.Serializer):
    """A word that somebody may come in."""

    id = serializers.UUIDField()
    group = serializers.SlugField(source="group.slug")
    kind = serializers.ChoiceField(InvitationKind.choices)
    person = PersonBrief(allow_null=True)
    email = serializers.EmailField(allow_null=True, help_text="Of one that is mailed.")
    by = PersonBrief()
    uses = serializers.IntegerField()
    max_uses = serializers.IntegerField()
    expires_at = serializers.DateTimeField()
    state = serializers.ChoiceField(InvitationState.choices, source="present_state")


class NewInvitationShape(InvitationShape):
    """As it is shown once, to who made it."""

    code = serializers.CharField()
    url = serializers.URLField()


class MadeShape(serializers.Serializer):
    """What was just made."""

    invitations = NewInvitationShape(many=True)


class InvitationCardShape(serializers.Serializer):
    """What an invitation opens: the group's card, and who invites."""

    group = GroupShape()
    by = PersonBrief()
    words = serializers.CharField()
    questions = serializers.ListField(
        child=serializers.CharField(), help_text="What is asked of whoever comes by it."
    )
    expires_at = serializers.DateTimeField()
    state = serializers.ChoiceField(InvitationState.choices, source="present_state")


class InvitationsEndpoint(GroupEndpoint):
    """Who is asked into a group."""

    lookup_field = "pk"
    shown_once = ("invitations",)

    def get_queryset(self):
        return invitations_into(self.request.user, self.group().pk)

    @extend_schema(parameters=[SLUG], responses=InvitationShape(many=True))
    def list(self, request, slug):
        """My own; a facilitator's list has all."""
        found = question(invitations_into, request.user, self.group().pk)
        found = self.paginate_queryset(found)
        return self.get_paginated_response(InvitationShape(dated(found), many=True).data)

    @extend_schema(parameters=[SLUG], request=InviteInput, responses={201: MadeShape})
    def create(self, request, slug):
        """Ask people in by name or by mail, or make a link; the codes are shown this once."""
        body, group = self.body(InviteInput), self.group()
        people = Person.objects.visible_to(request.user).filter(username__in=body["usernames"])
        people = {person.username: person for person in people}
        unknown = set(body["usernames"]) - set(people)
        if unknown:
            raise serializers.ValidationError({"usernames": ["Nobody here has this username."]})
        if people or body["emails"]:
            people, emails = list(people.values()), body["emails"]
            made = letters.invite_all(group, people, emails, by=request.user)
        else:
            made = [invitations.make_link(group, by=request.user, max_uses=body["max_uses"])]
        for invitation, code in made:
            invitation.code = code
            invitation.url = request.network.absolute(f"/invitations/{code}/")
        shape = MadeShape({"invitations": dated([each for each, _ in made])})
        return Response(shape.data, status=201)

    @extend_schema(parameters=[SLUG], responses={204: None})
    def destroy(self, request, slug, pk):
        """Take one back."""
        mine = Invitation.objects.revocable_by(request.user).filter(group=self.group())
        invitations.revoke(get_object_or_404(mine, pk=pk), request.user)
        return Response(status=204)


def invitations_into(person, group):
    """Those of the group that the person may see."""
    found = Invitation.objects.visible_to(person).filter(group=group)
    return found.select_related("group", "person", "by")


def dated(found):
    """Each with its state as of now."""
    now = timezone.now()
    for invitation in found:
        invitation.present_state = invitation.state_at(now)
    return found


class InvitationEndpoint(GroupEndpoint):
    """What a code opens; guesses are counted."""

    open_to_visitors = {"retrieve"}

    def invitation(self, code):
        found = invitations.find(code, self.request.user)
        if found is None or found.group.network_id != self.request.network.pk:
            limits.spend("guess", self.request)
            raise Http404
        return found

    @extend_schema(parameters=[CODE], responses=InvitationCardShape)
    def retrieve(self, request, code):
        """The card of the group, for whoever has the code."""
        (found,) = dated([self.invitation(code)])
        load([found.group], request.user)
        found.questions = invitations.questions_for(found, found.group)
        context = {"reader": request.user, "mine": None}
        return Response(InvitationCardShape(found, context=context).data)

    @extend_schema(parameters=[CODE], request=JoinInput, responses=COMING)
    def accept(self, request, code):
        """201 with a seat; 202 when waiting for one, or for a yes."""
        body = self.body(JoinInput)
        came = invitations.accept(self.invitation(code), request.user, **body)
        return self.shape(came, status=201 if came.is_active else 202)


GROUP = "groups/<slug>/"
MEMBER = GROUP + "members/<username>/"
REQUEST = GROUP + "requests/<username>/"


def at(address, endpoint, name, **methods):
    return path(address, endpoint.as_view(methods), name=f"api_{name}")


paths = [
    at(
        GROUP + "membership/",
        MyMembershipEndpoint,
        "my_membership",
        get="retrieve",
        patch="partial_update",
        delete="destroy",
    ),
    at(GROUP + "join/", MyMembershipEndpoint, "join", post="join"),
    at(GROUP + "rest/", MyMembershipEndpoint, "rest", post="rest"),
    at(GROUP + "return/", MyMembershipEndpoint, "return", post="come_back"),
    at(GROUP + "members/", MembersEndpoint, "members", get="list"),
    at(MEMBER, MembersEndpoint, "member", get="retrieve", patch="partial_update"),
    at(MEMBER + "remove/", MembersEndpoint, "remove", post="remove"),
    at(MEMBER + "unbar/", MembersEndpoint, "unbar", post="unbar"),
    at(GROUP + "requests/", LineEndpoint, "requests", get="requests"),
    at(REQUEST + "admit/", LineEndpoint, "admit", post="admit"),
    at(REQUEST + "decline/", LineEndpoint, "decline_request", post="decline"),
    at(GROUP + "waitlist/", LineEndpoint, "waitlist", get="waitlist"),
    at(
        GROUP + "invitations/",
        InvitationsEndpoint,
        "group_invitations",
        get="list",
        post="create",
    ),
    at(
        GROUP + "invitations/<uuid:pk>/",
        InvitationsEndpoint,
        "group_invitation",
        delete="destroy",
    ),
    at("invitations/<code>/", InvitationEndpoint, "invitation", get="retrieve"),
    at("invitations/<code>/accept/", InvitationEndpoint, "accept_invitation", post="accept"),
]
