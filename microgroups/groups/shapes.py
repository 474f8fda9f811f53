"""How groups and memberships look over the API, and what is loaded for it."""

from django.db.models import Count
from rest_framework import serializers

from microgroups.groups.founding import load_founding
from microgroups.groups.models import PAINTS, MicroGroup, State, Visibility
from network.people.models import Person
from network.prepared import rows
from network.rest.endpoint import PersonBrief

UNBORN = (State.PROPOSED, State.DECLINED)
MEMBERSHIP_STATES = [
    "requested",
    "waitlisted",
    "offered",
    "active",
    "resting",
    "invited",
    "left",
    "removed",
    "declined",
]


class MembershipShape(serializers.Serializer):
    """One person in one group.

    What they offer and ask is for those inside, their answers for themselves and facilitators.
    """

    person = PersonBrief()
    state = serializers.ChoiceField(MEMBERSHIP_STATES)
    role = serializers.ChoiceField(["member", "facilitator"])
    position = serializers.IntegerField(allow_null=True, help_text="Place in the line, from 1.")
    offer_until = serializers.DateTimeField(allow_null=True)
    joined_at = serializers.DateTimeField(allow_null=True)
    offers = serializers.CharField()
    asks = serializers.CharField()
    agreements_accepted = serializers.BooleanField(source="has_accepted")
    answers = serializers.ListField(child=serializers.CharField(), allow_null=True)

    def to_representation(self, membership):
        shape = super().to_representation(membership)
        reader, mine = self.context["reader"], self.context["mine"]
        if membership.person_id == reader.pk or (mine is not None and mine.is_facilitator):
            return shape
        inside = mine is not None and mine.may_read
        return {**shape, "answers": None} | ({} if inside else {"offers": "", "asks": ""})


class Tools(serializers.Serializer):
    """What people do in the group. Challenges and events come with their rooms."""

    questions = serializers.BooleanField()
    challenges = serializers.BooleanField()
    events = serializers.BooleanField()


class FoundingBar(serializers.Serializer):
    """What a network may ask of a proposal."""

    pledges = serializers.IntegerField()
    threads = serializers.IntegerField()
    facilitators = serializers.IntegerField()


class Founding(FoundingBar):
    """How far a proposal has come."""

    needed = FoundingBar()
    expires_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField(allow_blank=True, help_text="Why it was declined.")
    mine = serializers.BooleanField(allow_null=True)


class GroupShape(serializers.Serializer):
    """A group: its card, its charter, its seats. Nothing that is said inside."""

    slug = serializers.SlugField()
    name = serializers.CharField()
    purpose = serializers.CharField()
    difference = serializers.CharField()
    belonging = serializers.CharField()
    agreements = serializers.CharField()
    care_plan = serializers.CharField()
    colour = serializers.ChoiceField(PAINTS)
    state = serializers.ChoiceField(State.choices)
    join_policy = serializers.ChoiceField(["open", "ask", "invite"])
    visibility = serializers.ChoiceField(Visibility.choices)
    questions = serializers.ListField(child=serializers.CharField())
    tools = Tools()
    cap = serializers.IntegerField()
    seats_taken = serializers.IntegerField()
    seats_left = serializers.IntegerField()
    over_policy = serializers.BooleanField(source="is_over_policy")
    waiting = serializers.IntegerField()
    invited = serializers.IntegerField(allow_null=True, help_text="For facilitators.")
    facilitators = serializers.ListField(child=serializers.CharField())
    founded_at = serializers.DateTimeField(allow_null=True)
    sister_of = serializers.SlugField(
        source="sister_of_slug", allow_null=True, help_text="The group it has grown from."
    )
    charter_confirmed_at = serializers.DateTimeField(allow_null=True)
    founding = Founding(allow_null=True)
    my_membership = MembershipShape(allow_null=True)


def load(groups, reader):
    """The groups with what their shape shows this reader; as many queries for one as for all."""
    keys = [group.pk for group in groups]
    mine = {each.group_id: each for each in rows(places_in, reader, keys)} if reader.pk else {}
    hosts = hosts_of(keys)
    parents = {group.sister_of_id for group in groups} - {None}
    parents = dict(rows(slugs_of, list(parents), reader)) if parents and reader.pk else {}
    invited = invited_into([key for key, each in mine.items() if each.is_facilitator])
    for group in load_founding(groups, reader):
        membership = group.my_membership = mine.get(group.pk)
        if membership is not None:
            membership.group, membership.person = group, reader
        group.facilitators = hosts.get(group.pk, [])
        group.tools = {"questions": True, "challenges": False, "events": False}
        keeps = membership is not None and membership.is_facilitator
        group.invited = invited.get(group.pk, 0) if keeps else None
        group.sister_of_slug = parents.get(group.sister_of_id)
    return groups


def places_in(person, groups):
    return person.memberships.filter(group__in=groups).placed()


def slugs_of(groups, reader):
    """The slugs of those groups whose card the reader may see."""
    shown = MicroGroup.objects.visible_to(reader).filter(pk__in=groups)
    return shown.values_list("pk", "slug")


def hosts_of(keys):
    """{group's key: usernames of those who facilitate it}"""
    hosts: dict = {}
    for key, username in rows(facilitators_in, keys):
        hosts.setdefault(key, []).append(username)
    return hosts


def invited_into(keys):
    """{group's key: how many are asked in by name or by mail}, for those who facilitate there."""
    if not keys:
        return {}
    kinds = ["person", "email"]
    named = MicroGroup.objects.filter(
        pk__in=keys, invitations__state="open", invitations__kind__in=kinds
    )
    return dict(named.annotate(asked=Count("invitations")).values_list("pk", "asked"))


def facilitators_in(groups):
    people = Person.objects.filter(memberships__role="facilitator", memberships__group__in=groups)
    return people.order_by("username").values_list("memberships__group", "username")
