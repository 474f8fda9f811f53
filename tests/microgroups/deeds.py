"""The deeds of the small models done on the product, and what is to be seen of both afterwards."""

from django.db import connection

from microgroups.budding import actions as budding
from microgroups.budding import choosing, finishing, merging
from microgroups.groups import actions as groups
from microgroups.groups import pledging
from microgroups.membership import actions, invitations, jobs, seats
from microgroups.membership.models import Invitation
from network.errors import Refused
from network.networks.actions import edit_policy
from network.networks.models import Role
from network.people import blocking
from tests.factories import NetworkFactory, PersonFactory
from tests.microgroups.belonging import Belonging, Place
from tests.microgroups.village import Village

NAMES = ["founder", "ana", "bo", "cem", "dora", "eli"]
CAP, MOST = 3, 5
TEXTS = ["name", "purpose", "difference", "belonging", "agreements", "care_plan"]
GROUPS = """
    SELECT id, seats_taken, waiting, cap, state FROM microgroups_microgroup WHERE id = ANY(%s)
"""
PLACES = """
    SELECT group_id, person_id, queued_at, state, role, "returning", barred, reads_until, both_until
    FROM microgroups_membership WHERE group_id = ANY(%s)
"""
WORDS = "SELECT group_id, id, state FROM microgroups_invitation WHERE group_id = ANY(%s)"
BUDDINGS = """
    SELECT b.sister_id, b.state, b.closes_at, b.both_until,
        coalesce(array_agg(c.person_id ORDER BY c.at) FILTER (WHERE c.id IS NOT NULL), '{}'),
        coalesce(array_agg(c.way ORDER BY c.at) FILTER (WHERE c.id IS NOT NULL), '{}')
    FROM microgroups_budding b LEFT JOIN microgroups_choice c ON c.budding_id = b.id
    WHERE b.group_id = ANY(%s) GROUP BY b.id
"""
MERGINGS = "SELECT id, state FROM microgroups_merging WHERE group_id = ANY(%s)"
NOBODY = (None, None, "member", False, False, None, None)  # who has no row
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


def model_village(*names):
    """What new groups of theirs are, in the model."""
    outside, blocks = {"stranger"}, set()
    groups = {name: model() for name in names}
    for group in groups.values():
        group.outside, group.blocks = outside, blocks
    return Village(groups, most=MOST, groups_each=3)


def asked(question, keys):
    """Rows of plain SQL."""
    with connection.cursor() as cursor:
        cursor.execute(question, [keys])
        return cursor.fetchall()


def all_seen(products):
    """What stands in the database of each group, and of everybody's place in it."""
    keys = [product.group.pk for product in products]
    groups = {key: row for key, *row in asked(GROUPS, keys)}
    places, words = {key: {} for key in keys}, {key: {} for key in keys}
    for key, person, *row in asked(PLACES, keys):
        places[key][person] = tuple(row)
    for key, word, state in asked(WORDS, keys):
        words[key][word] = state
    return [one.seen_in(groups[one.group.pk], places, words) for one in products]


class Product:
    """A group of the product: `answer` does a deed and says what became of it."""

    def __init__(self, network, people, group=None):
        self.people, self.words = people, {}
        if group is None:
            group = groups.propose(network, people["founder"], **CHARTER)
            groups.approve(group, people["admin"])
        self.group = group

    def answer(self, deed, now, *args):
        try:
            return getattr(self, deed)(now, *args)
        except Refused as refusal:
            return refusal.code

    def seen(self):
        return all_seen([self])[0]

    def seen_in(self, group, places, words):
        """The place of everybody, the line, the group's own columns, its invitations."""
        rows, words = places[self.group.pk], words[self.group.pk]
        places = {name: rows.get(each.pk, NOBODY)[1:] for name, each in self.people.items()}
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
        seats.renew_offers(self.group, now)

    def end_invitations(self, now):
        invitations.expire_those_of(self.group, now)


def seen_in(model):
    """The same of the model as `Product.seen` tells."""
    places = {
        name: (p.state, p.role, p.returning, p.barred, p.past, p.both)
        for name, p in model.people.items()
    }
    words = {key: word.state for key, word in model.words.items()}
    return places, model.line, model.taken, len(model.line), model.cap, model.state, words


class Products:
    """Groups of the product by name, and what happens between them."""

    def __init__(self, network, people, *names):
        self.network, self.people = network, people
        self.founded = {name: Product(network, people) for name in names}
        self.begin_anew()

    def begin_anew(self):
        """What has been rolled back is forgotten."""
        self.groups, self.mergings, self.buddings = dict(self.founded), {}, {}
        for group in self.groups.values():
            group.words = {}

    def answer(self, deed, now, where, *args):
        try:
            if hasattr(self, deed):
                return getattr(self, deed)(now, where, *args)
            return getattr(self.groups[where], deed)(now, *args)
        except Refused as refusal:
            return refusal.code

    def seen(self):
        """The groups, what has budded with what each has said, and what has been merged."""
        keys = [product.group.pk for product in self.groups.values()]
        names = {person.pk: name for name, person in self.people.items()}
        sisters = {product.group.pk: name for name, product in self.groups.items()}
        grown = {
            sisters[sister]: (*row, [(names[key], way) for key, way in zip(who, ways, strict=True)])
            for sister, *row, who, ways in (asked(BUDDINGS, keys) if self.buddings else [])
        }
        merged = dict(asked(MERGINGS, keys)) if self.mergings else {}
        states = {key: merged[merging.pk] for key, merging in self.mergings.items()}
        return dict(zip(self.groups, all_seen(self.groups.values()), strict=True)), grown, states

    # The deeds

    def set_policy(self, now, where, most, each):
        facts = {"max_cap": most, "default_cap": 1, "max_groups_per_person": each, "now": now}
        edit_policy(self.network, self.people["admin"], **facts)
        return "changed"

    def block(self, now, where, name, other):
        blocking.block(self.people[name], self.people[other], now=now)
        return "blocked"

    def unblock(self, now, where, name, other):
        blocking.unblock(self.people[name], self.people[other])
        return "unblocked"

    def bud(self, now, where, sister, by, carer, cap):
        facts = {"name": sister, "cap": cap, "reason": "They asked.", "now": now}
        facts["facilitator"] = self.people[carer]
        found = budding.bud(self.groups[where].group, self.people[by], **facts)
        self.groups[sister] = Product(self.network, self.people, found.sister)
        self.buddings[sister] = found
        return "proposed"

    def approve(self, now, where, by):
        return groups.approve(self.groups[where].group, self.people[by], now=now).state

    def decline_sister(self, now, where, by):
        facts = {"reason": "Not yet.", "now": now}
        return groups.decline(self.groups[where].group, self.people[by], **facts).state

    def propose_again(self, now, where, by):
        facts = {"answer": "It is time.", "now": now}
        return groups.propose_again(self.groups[where].group, self.people[by], **facts).state

    def pledge(self, now, where, name, facilitate):
        facts = {"facilitate": facilitate, "now": now}
        pledging.pledge(self.groups[where].group, self.people[name], **facts)
        return "pledged"

    def choose(self, now, where, name, way):
        choosing.choose(self.groups[where].group, self.people[name], choice=way, now=now)
        return "chosen"

    def drop(self, now, where, by):
        budding.drop(self.groups[where].group, self.people[by], now=now)
        return "dropped"

    def finish(self, now, where, by):
        return finishing.finish(self.groups[where].group, self.people[by], now=now).state

    def finish_due(self, now, where):
        finishing.finish_due(self.groups[where].group, now)

    def end_both(self, now, where):
        finishing.end_both(self.buddings[where], now)

    def do_what_is_due(self, now, where):
        jobs.offer_free_seats(now)
        jobs.expire_invitations(now)
        finishing.finish_budding(now)

    def merge(self, now, where, key, by, into):
        group, into = self.groups[where].group, self.groups[into].group
        made = merging.merge(group, self.people[by], into=into, now=now)
        if made not in self.mergings.values():
            self.mergings[key] = made
        return "asked"

    def withdraw(self, now, where, key, by):
        return merging.withdraw(self.mergings[key], self.people[by], now=now).state

    def decline_merging(self, now, where, key, by):
        facts = {"reason": "We are full.", "now": now}
        return merging.decline(self.mergings[key], self.people[by], **facts).state

    def accept_merging(self, now, where, key, by):
        done = merging.accept(self.mergings[key], self.people[by], now=now)
        into = next(each for each in self.groups.values() if each.group.pk == done.into_id)
        names = {person.pk: name for name, person in self.people.items()}
        for word in Invitation.objects.filter(group=done.into_id, made_at=now):
            into.words[f"{key}:{names[word.person_id]}"] = (word, None)
        return done.state


def seen_of(village):
    """The same of the model as `Products.seen` tells."""
    grown = {
        b.sister: (b.state, b.closes, b.both_until, list(b.ways.items())) for b in village.buddings
    }
    merged = {key: merging.state for key, merging in village.mergings.items()}
    return {name: seen_in(group) for name, group in village.groups.items()}, grown, merged
