"""The door: through which network somebody comes, and how they stand in it. One query."""

from django.db.models import Exists, OuterRef, Subquery, Value

from network.networks.models import Network, NetworkHost, NetworkMembership, Outside
from network.prepared import first
from network.registries import standing_facts


def come_in(person, network):
    """Set `person.here` to their place in this network, or to Outside; answers it.

    From now on `visible_to(person)` looks into this network alone. The place carries what the
    floors ask to know about everybody at the door (`registries.standing_facts`).
    """
    place = first(place_in, person.pk, network.pk)
    if place is None:
        place = Outside(network)
        for name in standing_facts:
            setattr(place, name, False)
    return stand(person, place, network)


def come_through(person, host):
    """Like come_in, for the network that is reached under this host name, in the same query.

    None when the person has no place there, or the name leads nowhere: then ask network_of.
    """
    place = first(place_under, person.pk, host)
    if place is None or (place.is_one_of_several and not place.fits):
        return None
    place.network.host = place.first_host
    return stand(person, place, place.network)


def place_in(person, network):
    return places_of(person).filter(network=network)[:1]


def place_under(person, host):
    """The person's place in the network of this host name, else in their first."""
    theirs = NetworkHost.objects.filter(network=OuterRef("network"), host=host)
    hosts = NetworkHost.objects.filter(network=OuterRef("network")).order_by("pk")
    places = places_of(person).select_related("network")
    return places.annotate(
        fits=Exists(theirs),
        first_host=Subquery(hosts.values("host")[:1]),
        is_one_of_several=Exists(Network.objects.exclude(pk=OuterRef("network"))),
    ).order_by("-fits", "pk")[:1]


def places_of(person):
    """The open places of the person with this key, each with the facts that the floors ask for."""
    facts = {name: expression() for name, expression in standing_facts.items()}
    return NetworkMembership.objects.filter(person=person, suspended_at=None).annotate(
        **(facts or {"nothing": Value(None)})
    )


def stand(person, place, network):
    place.network, place.person = network, person
    person.here = place
    return place
