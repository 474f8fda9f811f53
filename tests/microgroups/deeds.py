"""The deeds of belonging.py done on the product, and what is to be seen of both afterwards."""

from django.db import connection

from microgroups.groups import actions as groups
from microgroups.membership import actions, invitations, jobs
from network.errors import Refused
from network.networks.models import Role
from tests.factories import NetworkFactory, PersonFactory
from tests.microgroups.belonging import Belonging, Place

NAMES = ["founder", "ana", "bo", "cem", "dora", "eli"]
CAP, MOST = 3, 5
TEXTS = ["name", "purpose", "difference", "belonging", "agreements", "care_plan"]
GROUP = "SELECT seats_taken, waiting, cap, state FROM microgroups_microgroup WHERE id = %s"
PLACES = """
    SELECT person_id, queued_at, state, role, "returning", barred
    FROM microgroups_membership WHERE group_id = %s
"""
WORDS = "SELECT id, state FROM microgroups_invitation WHERE group_id = %s"
NOBODY = (None, None, "member", False, False)  # who has no row
CHARTER = {**dict.fromkeys(TEXTS, "Because."), "colour": "moss"}


def somebody():
    """A network and its people by name; the stranger is in none."""
    network = NetworkFactory(max_cap=MOST, default_cap=CAP)
    people = {name: PersonFactory(network=network) for name in NAMES}
    people["admin"] = PersonFactory(network=network, network__role=Role.ADMIN)
    return network, people | {"stranger": PersonFactory()}


def model():
    """What a new group of theirs is, in the model."""
    places = {name: Place() for name in (*NAMES, "admin", "stranger")}
    places["founder"] = Place(state="active", role="facilitator")
    return Belonging(places, cap=CAP, most=MOST)


class Product:
    """A group of the product: `answer` does a deed and says what became of it."""

    def __init__(self, network, people):
        self.people, self.words = people, {}
        self.group = groups.propose(network, people["founder"], **CHARTER)
        groups.approve(self.group, people["admin"])

    def answer(self, deed, now, *args):
        try:
            return getattr(self, deed)(now, *args)
        except Refused as refusal:
            return refusal.code

    def seen(self):
        """What stands in the database of the group and everybody's place, asked in plain SQL."""
        with connection.cursor() as cursor:
            cursor.execute(GROUP, [self.group.pk])
            group = cursor.fetchone()
            cursor.execute(PLACES, [self.group.pk])
            rows = {person: (queued, *row) for person, queued, *row in cursor.fetchall()}
            cursor.execute(WORDS, [self.group.pk])
            words = dict(cursor.fetchall())
        places = {name: tuple(rows.get(each.pk, NOBODY)[1:]) for name, each in self.people.items()}
        line = [name for name, place in places.items() if place[0] == "waitlisted"]
        line.sort(key=lambda name: (not places[name][2], rows[self.people[name].pk][0]))
        return places, line, *group, {key: words[word.pk] for key, (word, _) in self.words.items()}

    # The deeds

    def join(self, now, name):
        return actions.join(self.group, self.people[name], now=now).state

    def accept(self, now, key, name):
        return invitations.accept(self.words[key][0], self.people[name], now=now).state

    def admit(self, now, by, name):
        return actions.admit(self.group, self.people[name], by=self.people[by], now=now).state

    def decline(self, now, by, name):
        facts = {"by": self.people[by], "reason": "Not now.", "now": now}
        return actions.decline_request(self.group, self.people[name], **facts).state

    def leave(self, now, name):
        return actions.leave(self.group, self.people[name], now=now).state

    def rest(self, now, name):
        return actions.rest(self.group, self.people[name], now=now).state

    def return_(self, now, name):
        return actions.return_(self.group, self.people[name], now=now).state

    def remove(self, now, by, name, bar):
        facts = {"by": self.people[by], "reason": "Enough.", "bar": bar, "now": now}
        return actions.remove(self.group, self.people[name], **facts).state

    def unbar(self, now, by, name):
        return actions.unbar(self.group, self.people[name], by=self.people[by], now=now).state

    def change_role(self, now, by, name, role):
        facts = {"by": self.people[by], "now": now}
        return actions.change_role(self.group, self.people[name], role, **facts).state

    def invite(self, now, key, by, name):
        facts = {"by": self.people[by], "now": now}
        self.words[key] = invitations.invite_person(self.group, self.people[name], **facts)
        return "made"

    def make_link(self, now, key, by, uses):
        facts = {"by": self.people[by], "max_uses": uses, "now": now}
        self.words[key] = invitations.make_link(self.group, **facts)
        return "made"

    def revoke(self, now, key, by):
        return invitations.revoke(self.words[key][0], self.people[by], now=now).state

    def change_cap(self, now, by, cap):
        groups.edit(self.group, self.people[by], cap=cap, reason="They asked.", now=now)
        return "changed"

    def change_policy(self, now, by, policy):
        groups.edit(self.group, self.people[by], join_policy=policy, now=now)
        return "changed"

    def archive(self, now, by):
        groups.archive(self.group, self.people[by], now=now)
        return "changed"

    def restore(self, now, by):
        groups.restore(self.group, self.people[by], now=now)
        return "changed"

    def end_offers(self, now):
        jobs.offer_free_seats(now)

    def end_invitations(self, now):
        jobs.expire_invitations(now)


def seen_in(model):
    """The same of the model as `Product.seen` tells."""
    places = {
        name: (place.state, place.role, place.returning, place.barred)
        for name, place in model.people.items()
    }
    words = {key: word.state for key, word in model.words.items()}
    state = "open" if model.is_open else "archived"
    return places, model.line, model.taken, len(model.line), model.cap, state, words
