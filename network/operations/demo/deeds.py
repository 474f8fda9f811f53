"""All that happens in the demo town, as pairs of a time and a deed that is done as of then.

A deed takes `now` and finds the rows that it needs when its turn comes: those of earlier deeds are
there by then.
"""

from functools import partial

from allauth.account.models import EmailAddress
from django.utils import timezone

from facilitation.starters import actions as starters
from facilitation.starters import asking, drafting
from facilitation.starters.forms import morning_after
from facilitation.welcome import buddies
from facilitation.welcome.greeting import set_greeting
from microgroups.appeals.actions import appeal
from microgroups.budding import actions as budding
from microgroups.budding import choosing
from microgroups.charter import actions as charters
from microgroups.groups import actions as groups
from microgroups.groups import pledging
from microgroups.membership import actions as membership
from microgroups.membership import invitations, letters
from network.networks import actions as networks
from network.operations.demo.covering import covering
from network.operations.demo.moderating import (
    ask_for_a_look,
    hide,
    look_twice,
    moving,
    slow_down,
)
from network.operations.demo.silences import silences
from network.operations.demo.talking import SOON, came_at, reading, sharing, talking
from network.people.actions import create_person

POLICY = ("intro", "house_rules", "help_text", "default_cap", "max_cap", "max_groups_per_person")
CHARTER = ("name", "colour", "purpose", "difference", "belonging", "agreements", "care_plan")
CLOSES_LATER = {"asks_since", "invites_since"}


def all_deeds(town):
    """All that happens in the town, unsorted."""
    for username in town.people:
        yield town.when(town.people[username]["joined"]), partial(come_in, town, username)
    yield town.when(town.facts["bar"]["since"]), partial(ask_more, town)
    for group in town.groups:
        yield from founding(town, group)
        yield from belonging(town, group)
        yield from keeping(town, group)
        yield from covering(town, group)
        yield from silences(town, group)
        if "second_look" in group:
            asked = group["second_look"]
            yield town.when(asked["at"]), partial(look_twice, town, group, asked)
        for number, thread in enumerate(group.get("threads", [])):
            yield from talking(town, group, number, thread)
        for asked in group.get("reports", []):
            yield town.when(asked["at"]), partial(ask_for_a_look, town, group, asked)
        for decided in group.get("hidden", []):
            yield town.when(decided["at"]), partial(hide, town, group, decided)
        for decided in group.get("slowed", []):
            yield town.when(decided["at"]), partial(slow_down, town, group, decided)
        for moved in group.get("moves", []):
            yield from moving(town, group, moved)
        for number, highlight in enumerate(group.get("highlights", [])):
            yield from sharing(town, group, number, highlight)
        for starter in group.get("starters", []):
            yield town.when(starter["written"]), partial(prepare, town, group, starter)
        if "by_kith" in group:
            yield from asking_by_kith(town, group, group["by_kith"])
        if "budding" in group:
            yield from growing(town, group, group["budding"])
        if "archived" in group:
            yield town.when(group["archived"]), partial(close, town, group)


# The network and its people


def found_network(town):
    """The network, before anybody is in it."""
    town.network = networks.create_network(
        town.facts["name"],
        slug=town.facts["slug"],
        now=town.when(town.facts["created"]),
        **{name: town.facts[name] for name in POLICY},
    )


def ask_more(town, *, now):
    """From now on a proposal needs some people who pledge to come."""
    bar = {name: count for name, count in town.facts["bar"].items() if name != "since"}
    admin = town.persons[town.facts["accounts"]["admin"]]
    town.network = networks.edit_policy(town.network, admin, now=now, **bar)


def come_in(town, username, *, now):
    """Somebody makes an account and comes into the network."""
    facts = town.people[username]
    roles = {name: role for role, name in town.facts["accounts"].items()}
    person = create_person(
        f"{roles.get(username, username)}@kith.example",
        facts["name"],
        username=username,
        password=town.facts["password"] if username in roles else None,
        intro=facts["intro"],
        time_zone=facts.get("time_zone", town.facts["clock"]),
        language=facts.get("language", "en"),
        now=now,
    )
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    networks.add_member(town.network, person, role=facts.get("role", "member"), now=now)
    town.persons[username] = person


# Groups


def founding(town, group):
    """A group is proposed, and opened by an admin; later it may ask, hide, or invite."""
    yield town.when(group["proposed"]), partial(propose, town, group)
    for username, word in group.get("pledges", {}).items():
        yield town.when(word["at"]), partial(promise, town, group, username, word["facilitate"])
    if "opened" in group:
        yield town.when(group["opened"]), partial(approve, town, group)
    if "asks_since" in group:
        asks = {"join_policy": "ask", "questions": group["questions"]}
        yield town.when(group["asks_since"]), partial(change, town, group, **asks)
    if "invites_since" in group:
        invites = partial(change, town, group, join_policy="invite")
        yield town.when(group["invites_since"]), invites
    for word in group.get("invitations", []):
        yield town.when(word["at"]), partial(invite, town, group, word)
    if "hidden_since" in group:
        hides = partial(change, town, group, visibility="hidden")
        yield town.when(group["hidden_since"]), hides


def propose(town, group, *, now):
    charter = {name: {**group, **group.get("before", {})}[name].strip() for name in CHARTER}
    town.rows[group["slug"]] = groups.propose(
        town.network,
        town.persons[group["founder"]],
        cap=group["cap"],
        join_policy="open" if CLOSES_LATER & set(group) else group["join_policy"],
        visibility="listed" if "hidden_since" in group else group["visibility"],
        now=now,
        **charter,
    )


def promise(town, group, username, facilitate, *, now):
    pledging.pledge(
        town.rows[group["slug"]], town.persons[username], facilitate=facilitate, now=now
    )


def approve(town, group, *, now):
    admin = town.persons[town.facts["accounts"]["admin"]]
    groups.approve(town.rows[group["slug"]], admin, now=now)


def change(town, group, *, now, **changes):
    founder = town.persons[group["founder"]]
    groups.edit(town.rows[group["slug"]], founder, now=now, **changes)


def keeping(town, group):
    """The charter is confirmed, once with a change; most are fine with the new agreements."""
    for at in group.get("confirmed", []):
        yield town.when(at), partial(confirm, town, group)
    if "rewritten" in group:
        now_reads = {name: group[name].strip() for name in group["before"]}
        yield town.when(group["rewritten"]), partial(confirm, town, group, **now_reads)
    for username, at in group.get("agreed", {}).items():
        yield town.when(at), partial(agree, town, group, username)


def confirm(town, group, *, now, **changes):
    founder = town.persons[group["founder"]]
    charters.confirm(town.rows[group["slug"]], founder, now=now, **changes)


def prepare(town, group, starter, *, now):
    """A facilitator writes a starter, to be asked tomorrow at eight."""
    by = town.persons[starter["by"]]
    with timezone.override(by.zone):
        at = morning_after(town.now)
    starters.write_and_ask(
        town.rows[group["slug"]], by, title=starter["title"], body=starter["body"], at=at, now=now
    )


def asking_by_kith(town, group, word):
    """Kith may ask by itself; once it drafts something, nobody sees to it, and Kith asks."""
    yield town.when(word["since"]), partial(let_kith_ask, town, group, word["by"])
    yield town.when(word["drafted"]), partial(draft_by_kith, town, group)
    yield town.when(word["asked"]), partial(ask_by_kith, town, group)


def let_kith_ask(town, group, by, *, now):
    starters.let_kith_ask(town.rows[group["slug"]], town.persons[by], by_kith=True, now=now)


def draft_by_kith(town, group, *, now):
    drafting.draft(town.rows[group["slug"]].pk, now=now)


def ask_by_kith(town, group, *, now):
    row = town.rows[group["slug"]]
    asking.ask_one(row.starters.get(from_kith=True).pk, row.pk, now=now)


def agree(town, group, username, *, now):
    charters.accept(town.rows[group["slug"]], town.persons[username], now=now)


def invite(town, group, word, *, now):
    """Somebody is asked in by name, at an address, or whoever has the link."""
    row, by = town.rows[group["slug"]], town.persons[word["by"]]
    facts = {"by": by, "words": word.get("words", ""), "now": now}
    if "person" in word:
        invitations.invite_person(row, town.persons[word["person"]], **facts)
    elif "address" in word:
        letters.invite_addresses(row, [word["address"]], **facts)
    else:
        invitations.make_link(row, max_uses=word["uses"], **facts)


def close(town, group, *, now):
    groups.archive(town.rows[group["slug"]], town.persons[group["founder"]], now=now)


# A sister


def growing(town, group, sister):
    """A sister is proposed, an admin says yes, and people choose."""
    yield town.when(sister["at"]), partial(bud, town, group, sister)
    yield town.when(sister["approved"]), partial(approve, town, sister)
    for username, word in sister["choices"].items():
        yield town.when(word["at"]), partial(say, town, group, username, word["choice"])


def bud(town, group, sister, *, now):
    charter = {name: sister[name].strip() for name in CHARTER if name in sister}
    found = budding.bud(
        town.rows[group["slug"]],
        town.persons[sister["by"]],
        why=sister["why"],
        cap=sister["cap"],
        now=now,
        **charter,
    )
    town.rows[sister["slug"]] = found.sister


def say(town, group, username, choice, *, now):
    choosing.choose(town.rows[group["slug"]], town.persons[username], choice=choice, now=now)


# Who belongs to a group, who waits, who reads


def belonging(town, group):
    """People come in, say what they may be asked about, care, read, and go."""
    for asked in group.get("requests", []):
        yield town.when(asked["at"]), partial(join, town, group, asked["by"], asked["answers"])
    for username, since in {**group.get("members", {}), **group.get("waiting", {})}.items():
        yield town.when(since), partial(join, town, group, username, ())
    for username in group.get("facilitators", []):
        if username != group["founder"]:
            yield came_at(town, group, username), partial(entrust, town, group, username)
    for username in group.get("buddies", []):
        yield came_at(town, group, username) + SOON, partial(be_buddy, town, group, username)
    if "greeting" in group:
        yield town.when(group["opened"]) + SOON, partial(greet_so, town, group)
    for username in {**group.get("offers", {}), **group.get("asks", {})}:
        yield came_at(town, group, username) + SOON, partial(describe, town, group, username)
    for username, left in group.get("left", {}).items():
        yield town.when(left), partial(leave, town, group, username)
    for username, rests in group.get("resting", {}).items():
        yield town.when(rests), partial(rest, town, group, username)
    for going in group.get("removed", []):
        yield town.when(going["at"]), partial(remove, town, group, going)
        yield town.when(going["again_at"]), partial(ask_again, town, group, going)
    away = {*group.get("left", {}), *group.get("resting", {}), *group.get("silent", {})}
    away |= {going["who"] for going in group.get("removed", [])}
    for username in {group["founder"], *group.get("members", {})} - away:
        if "archived" not in group and "opened" in group:
            yield from reading(town, group, username)


def join(town, group, username, answers, *, now):
    membership.join(town.rows[group["slug"]], town.persons[username], answers=answers, now=now)


def entrust(town, group, username, *, now):
    row, founder = town.rows[group["slug"]], town.persons[group["founder"]]
    membership.change_role(row, town.persons[username], "facilitator", by=founder, now=now)


def be_buddy(town, group, username, *, now):
    buddies.offer(town.rows[group["slug"]], town.persons[username], now=now)


def greet_so(town, group, *, now):
    row, founder = town.rows[group["slug"]], town.persons[group["founder"]]
    set_greeting(row, founder, words=group["greeting"], now=now)


def describe(town, group, username, *, now):
    said = {
        kind: group[kind][username]
        for kind in ("offers", "asks")
        if username in group.get(kind, {})
    }
    membership.describe(town.rows[group["slug"]], town.persons[username], now=now, **said)


def leave(town, group, username, *, now):
    membership.leave(town.rows[group["slug"]], town.persons[username], now=now)


def remove(town, group, going, *, now):
    row, by = town.rows[group["slug"]], town.persons[going["by"]]
    membership.remove(row, town.persons[going["who"]], by=by, reason=going["reason"], now=now)


def ask_again(town, group, going, *, now):
    """Whoever was asked to go has somebody else look again."""
    person = town.persons[going["who"]]
    place = town.rows[group["slug"]].memberships.of(person)
    appeal(place, person, text=going["says"], now=now)


def rest(town, group, username, *, now):
    membership.rest(town.rows[group["slug"]], town.persons[username], now=now)
