"""What people of the demo town read, say, react to and share."""

from datetime import timedelta
from functools import partial

from bridging.highlights import actions as highlights
from microgroups.conversation import actions as conversation
from microgroups.conversation.counting import count_reactions
from microgroups.conversation.models import Reaction
from microgroups.membership.visits import note_visit
from network.notifications.actions import notify
from network.notifications.models import Notice

SEEN_READING = timedelta(days=6)  # how far back people are seen to read; before it, to write
SOON = timedelta(minutes=10)


def came_at(town, group, username):
    """When somebody got into the group."""
    return town.when(group.get("members", {}).get(username, group["proposed"]))


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
