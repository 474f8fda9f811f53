"""The least that is valid of each thing. Where a state has a history, actions make it."""

from datetime import UTC, datetime, timedelta

import factory
from django.utils import timezone

from network.networks.actions import add_member
from network.networks.models import Network, Role
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


def admin_of(network):
    """A new admin of the network."""
    return PersonFactory(network=network, network__role=Role.ADMIN)


def moderator_of(network):
    """A new moderator of the network."""
    return PersonFactory(network=network, network__role=Role.MODERATOR)
