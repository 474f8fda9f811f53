"""All that happens in the demo town, as pairs of a time and a deed that is done as of then.

A deed takes `now` and finds the rows that it needs when its turn comes: those of earlier deeds are
there by then.
"""

from datetime import timedelta
from functools import partial

from allauth.account.models import EmailAddress
from django.utils import timezone

from bridging.highlights import actions as highlights
from facilitation.moderation import actions as moderation
from facilitation.moderation import redirects, reporting
from facilitation.starters import actions as starters
from facilitation.starters import asking, drafting
from facilitation.starters.forms import morning_after
from facilitation.welcome import buddies
from facilitation.welcome.greeting import set_greeting
from microgroups.appeals.actions import appeal
from microgroups.budding import actions as budding
from microgroups.budding import choosing
from microgroups.charter import actions as charters
from microgroups.conversation import actions as conversation
from microgroups.conversation.counting import count_reactions
from microgroups.conversation.models import Reaction
from microgroups.groups import actions as groups
from microgroups.groups import pledging
from microgroups.membership import actions as membership
from microgroups.membership import invitations, letters
from microgroups.membership.visits import note_visit
from microgroups.reminders.actions import set_reminder
from network.networks import actions as networks
from network.notifications.actions import notify
from network.notifications.models import Notice
from network.operations.demo.covering import covering
from network.operations.demo.silences import silences
from network.people.actions import create_person

POLICY = ("intro", "house_rules", "help_text", "default_cap", "max_cap", "max_groups_per_person")
CHARTER = ("name", "colour", "purpose", "difference", "belonging", "agreements", "care_plan")
SEEN_READING = timedelta(days=6)  # how far back people are seen to read; before it, to write
CLOSES_LATER = {"asks_since", "invites_since"}
SOON = timedelta(minutes=10)


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


def came_at(town, group, username):
    """When somebody got into the group."""
    return town.when(group.get("members", {}).get(username, group["proposed"]))


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


def reading(town, group, username):
    """Somebody looks in every so many days; what was said until their last look is read."""
    facts = town.people[username]
    came = came_at(town, group, username)
    wrote = [town.when(post["at"]) for post in posts_of(group) if post["by"] == username]
    if "unseen" in facts:
        yield max(wrote, default=came) + SOON, partial(look, town, group, username)
        return
    every = facts.get("reads", 3)
    last = town.now - timedelta(hours=1 + len(facts["intro"]) % (20 * every))
    if "looked" in facts:
        last = town.when(facts["looked"])
    last = max([last, came + SOON, *(at + SOON for at in wrote)])
    yield last, partial(look, town, group, username)
    if "crowd" in group:  # a look each says it, and the town is built sooner
        return
    at = last - timedelta(days=every)
    while at > max(came, town.now - SEEN_READING):
        yield at, partial(visit, town, group, username)
        at -= timedelta(days=every)


def visit(town, group, username, *, now):
    note_visit(town.rows[group["slug"]].memberships.of(town.persons[username]), now)


def look(town, group, username, *, now):
    person = town.persons[username]
    note_visit(conversation.read_group(town.rows[group["slug"]], person, now=now), now)
    Notice.objects.filter(person=person, read_at=None).update(read_at=now)


# What is said


def posts_of(group):
    """Everything that is said in the group, opening texts first in their threads."""
    for thread in group.get("threads", []):
        yield from (thread, *thread.get("replies", []))


def talking(town, group, number, thread):
    """A thread is opened, answered, reacted to, perhaps pinned; a question gets its answer."""
    opened, place = town.when(thread["at"]), (group["slug"], number)
    yield opened, partial(open_thread, town, thread, place)
    yield from reacting(town, group, thread, (*place, 0))
    for count, reply in enumerate(thread.get("replies", []), 1):
        yield town.when(reply["at"]), partial(write, town, reply, place, count)
        yield from reacting(town, group, reply, (*place, count))
        if "answer" in thread and reply.get("key") == thread["answer"]:
            chosen = partial(choose, town, thread, place, count)
            yield town.when(reply["at"]) + timedelta(hours=1), chosen
    for ask in thread.get("asked", []):
        yield town.when(ask["at"]), partial(ask_to_answer, town, ask["who"], place)
    if thread.get("pinned"):
        yield opened + SOON, partial(pin, town, thread, place)


def open_thread(town, thread, place, *, now):
    row = conversation.open_thread(
        town.rows[place[0]],
        town.persons[thread["by"]],
        title=thread["title"],
        body=thread["body"].strip(),
        kind=thread.get("kind", "talk"),
        now=now,
    )
    town.rows[place] = row
    keep(town, row.posts.get(), thread, (*place, 0))


def write(town, reply, place, count, *, now):
    said = conversation.post(
        town.rows[place],
        town.persons[reply["by"]],
        body=reply["body"].strip(),
        reply_to=town.rows[*place, 0] if "to_opening" in reply else None,
        now=now,
    )
    keep(town, said, reply, (*place, count))


def keep(town, row, written, place):
    """Remember the post by its place, and by its key where it has one."""
    town.rows[place] = row
    if "key" in written:
        town.rows[place[0], written["key"]] = row


def choose(town, thread, place, count, *, now):
    asker = town.persons[thread["by"]]
    conversation.choose_answer(town.rows[place], asker, post=town.rows[*place, count], now=now)


def ask_to_answer(town, username, place, *, now):
    """Somebody is asked to write back, where their attention has room for it."""
    post = town.rows[*place, 0]
    notify(
        [town.persons[username]],
        "could_you_answer",
        network=town.network,
        subject=("post", post.pk),
        cause=f"demo:{post.pk}",
        at=now,
        group=town.rows[place[0]],
    )


def pin(town, thread, place, *, now):
    conversation.pin(town.rows[place], town.persons[thread["by"]], now=now)


def reacting(town, group, written, place):
    """People react, the first within minutes, the last some hours later; none before they came."""
    said, given = town.when(written["at"]), []
    for number, (emoji, username) in enumerate(reactions_in(written.get("reactions", ""))):
        later = timedelta(minutes=3 + 5 * number + 2 * number * number)
        at = min(town.now, max(said + later, came_at(town, group, username) + SOON))
        given.append((at, emoji, username))
    if given:
        yield max(at for at, _, _ in given), partial(react, town, place, given)


def reactions_in(text):
    """The reactions in "❤️ maren ruth_v, 😄 oskar", as pairs of an emoji and a username."""
    for kind in filter(None, text.split(",")):
        emoji, *usernames = kind.split()
        yield from ((emoji, username) for username in usernames)


def react(town, place, given, *, now):
    """All reactions to a post in one stroke: as deeds of their own they would double the wait."""
    post = town.rows[place]
    Reaction.objects.bulk_create(
        Reaction(post=post, person=town.persons[username], emoji=emoji, at=at)
        for at, emoji, username in given
    )
    count_reactions(post)


# What travels to the network


def sharing(town, group, number, highlight):
    """A post is proposed, consented to, shared and written back to, as far as it has come."""
    place = ("highlight", group["slug"], number)
    chosen = partial(choose_highlight, town, group, highlight, place)
    yield town.when(highlight["proposed"]), chosen
    if "consented" in highlight:
        yield town.when(highlight["consented"]), partial(consent, town, place)
    if "shared" in highlight:
        yield town.when(highlight["shared"]), partial(share, town, highlight, place)
    for answer in highlight.get("echoes", []):
        yield town.when(answer["at"]), partial(echo, town, answer, place)


def choose_highlight(town, group, highlight, place, *, now):
    post, person = (
        town.rows[group["slug"], highlight["post"]],
        town.persons[highlight["proposed_by"]],
    )
    town.rows[place] = highlights.propose(post, person, note=highlight["note"], now=now)


def consent(town, place, *, now):
    highlights.consent(town.rows[place], town.rows[place].author, now=now)


def share(town, highlight, place, *, now):
    highlights.share(town.rows[place], town.persons[highlight["shared_by"]], now=now)


def echo(town, answer, place, *, now):
    highlights.echo(
        town.rows[place], town.persons[answer["by"]], body=answer["body"].strip(), now=now
    )


# What somebody asks others to look at, and what was decided


def ask_for_a_look(town, group, asked, *, now):
    """Somebody reports a post."""
    post, person = town.rows[group["slug"], asked["post"]], town.persons[asked["by"]]
    said = {"reason": asked["reason"], "agreement": asked["agreement"]}
    reporting.report(person, "post", post.pk, town.network, now=now, **said)


def hide(town, group, decided, *, now):
    """A facilitator hides a post, with the reason."""
    post, person = town.rows[group["slug"], decided["post"]], town.persons[decided["by"]]
    said = {"reason": decided["reason"], "agreement": decided["agreement"]}
    moderation.hide(post, person, now=now, **said)


def look_twice(town, group, asked, *, now):
    """A group asks its people to look twice at some words."""
    row, person = town.rows[group["slug"]], town.persons[asked["by"]]
    set_reminder(row, person, on=True, words=asked["words"], now=now)


def moving(town, group, moved):
    """A facilitator asks whether a thread may stand in another group; some have said yes."""
    place = group["slug"], "move", moved["post"]
    yield town.when(moved["at"]), partial(ask_to_move, town, group, moved, place)
    for username, at in moved["yes"].items():
        yield town.when(at), partial(agree_to_move, town, place, username)


def ask_to_move(town, group, moved, place, *, now):
    thread, person = town.rows[group["slug"], moved["post"]].thread, town.persons[moved["by"]]
    said = {"step": "move", "to": moved["to"], "reason": moved["reason"]}
    town.rows[place] = redirects.redirect(thread, person, now=now, **said)


def agree_to_move(town, place, username, *, now):
    redirects.accept(town.rows[place], town.persons[username], now=now)
