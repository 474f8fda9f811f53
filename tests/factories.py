"""The least that is valid of each thing. Where a state has a history, actions make it."""

from datetime import UTC, datetime, timedelta

import factory
from django.db.models import F
from django.utils import timezone

from microgroups.conversation import actions as conversation
from microgroups.groups import actions as groups
from microgroups.groups.models import MicroGroup
from microgroups.membership.actions import admit, change_role, join
from microgroups.membership.models import Membership
from microgroups.membership.models import Role as GroupRole
from network.networks.actions import add_member
from network.networks.door import come_in
from network.networks.models import Network, NetworkMembership, Role
from network.people.models import Person
from network.people.rules import skeleton_of

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)  # a Wednesday; what tests call now


class NetworkFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Network

    slug = factory.Sequence(lambda n: f"network-{n}")
    name = factory.Sequence(lambda n: f"Network {n}")
    created_at = factory.LazyFunction(timezone.now)


class PersonFactory(factory.django.DjangoModelFactory):
    """Somebody with a verified account; `network=` lets them in, `role=` as what."""

    class Meta:
        model = Person
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"person{letters(n)}")
    skeleton = factory.LazyAttribute(lambda person: skeleton_of(person.username))
    email = factory.LazyAttribute(lambda person: f"{person.username}@people.example")
    name = factory.LazyAttribute(lambda person: person.username.capitalize())
    password = "!"
    joined_at = factory.LazyFunction(lambda: timezone.now() - timedelta(days=60))
    claimed_at = factory.SelfAttribute("joined_at")

    @factory.post_generation
    def network(self, create, network, **facts):
        if network is not None:
            add_member(network, self, now=self.joined_at, **facts)


def letters(number):
    """A number in letters, so that no two usernames look alike."""
    return (letters(number // 16) if number >= 16 else "") + "abcdefghjkmnpqtx"[number % 16]


def inside(group, person):
    """The person, come in by the door of the group's network."""
    come_in(person, group.network)
    return person


def admin_of(network):
    """A new admin of the network."""
    return PersonFactory(network=network, network__role=Role.ADMIN)


def moderator_of(network):
    """A new moderator of the network."""
    return PersonFactory(network=network, network__role=Role.MODERATOR)


class MicroGroupFactory(factory.django.DjangoModelFactory):
    """An open group, founded by an admin who facilitates it; `founder=` by somebody else."""

    class Meta:
        model = MicroGroup

    network = factory.SubFactory(NetworkFactory)
    name = factory.Sequence(lambda n: f"Group {letters(n)}")
    purpose = "We grow things on balconies."
    difference = "Two square metres at most."
    belonging = "Whoever has a balcony."
    agreements = "Be kind.\nAnswer newcomers."
    care_plan = "We take turns."
    colour = "moss"

    @classmethod
    def _create(cls, model, *, network, founder=None, **charter):
        founder = founder or admin_of(network)
        group = groups.propose(network, founder, **charter)
        if not group.is_open:
            groups.approve(group, admin_of(network))
        return MicroGroup.objects.select_related("network").get(pk=group.pk)


def member_of(group, **facts):
    """Somebody new who has joined the group; who has to ask is let in."""
    person = facts.pop("person", None) or PersonFactory(network=group.network)
    membership = join(group, person, answers=["Because."] * len(group.questions), **facts)
    if membership.is_requested:
        by = group.memberships.facilitating().first().person
        admit(group, person, by=by, **facts)
    return person


def crowd(group, people):
    """So many members of the group, and nothing else of them: for what depends on its size."""
    now, network = timezone.now(), group.network
    new = Person.objects.bulk_create(PersonFactory.build() for _ in range(people))
    NetworkMembership.objects.bulk_create(
        NetworkMembership(network=network, person=person, joined_at=now) for person in new
    )
    facts = {"state": "active", "since": now, "joined_at": now, "read_before": now}
    Membership.objects.bulk_create(
        Membership(group=group, person=person, **facts) for person in new
    )
    MicroGroup.objects.filter(pk=group.pk).update(seats_taken=F("seats_taken") + people)
    return new


def facilitator_of(group, **facts):
    """Somebody new who facilitates the group."""
    person = member_of(group, **facts)
    by = group.memberships.facilitating().first().person
    change_role(group, person, GroupRole.FACILITATOR, by=by)
    return person


def say(thread, person, text="Something to say.", **facts):
    """A post of a member in a thread."""
    return conversation.post(thread, person, body=text, **facts)


def thread_in(group, person=None, title="A beginning", text="Something to begin with.", **facts):
    """A thread that somebody in the group has opened."""
    person = person or member_of(group)
    return conversation.open_thread(group, person, title=title, body=text, **facts)
