"""What the demo town looks at twice, hides, slows down and moves."""

from functools import partial

from facilitation.moderation import actions as moderation
from facilitation.moderation import redirects, reporting
from microgroups.reminders.actions import set_reminder


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


def slow_down(town, group, decided, *, now):
    """A facilitator slows down the thread of a post, with the reason."""
    post, person = town.rows[group["slug"], decided["post"]], town.persons[decided["by"]]
    said = {"step": "slow", "reason": decided["reason"], "agreement": decided["agreement"]}
    redirects.redirect(post.thread, person, now=now, **said)


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
