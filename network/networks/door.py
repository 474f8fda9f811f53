"""The door: through which network somebody comes, and how they stand in it. One query."""

from django.db.models import Value

from network.networks.models import NetworkMembership, Outside
from network.registries import standing_facts


def come_in(person, network):
    """Set `person.here` to their place in this network, or to Outside; answers it.

    From now on `visible_to(person)` looks into this network alone. The place carries what the
    floors ask to know about everybody at the door (`registries.standing_facts`).
    """
    facts = {name: expression() for name, expression in standing_facts.items()}
    place = (
        NetworkMembership.objects.filter(network=network, person=person, suspended_at=None)
        .annotate(**(facts or {"nothing": Value(None)}))
        .first()
    )
    if place is None:
        place = Outside(network)
        for name in facts:
            setattr(place, name, False)
    place.network, place.person = network, person
    person.here = place
    return place
