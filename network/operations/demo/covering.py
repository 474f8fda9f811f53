"""Who looks after the groups of the demo town: the week, who goes away, notes for each other."""

from datetime import timedelta
from functools import partial

from facilitation.cover import actions as cover
from facilitation.cover.rules import WEEKDAYS


def covering(town, group):
    """The rota of a group, the leave that somebody takes, and notes about its members."""
    if "rota" in group:
        yield town.when(group["rota"]["since"]), partial(share_the_week, town, group)
    for leave in group.get("leaves", []):
        yield town.when(leave["at"]), partial(go_away, town, group, leave)
    for note in group.get("notes", []):
        yield town.when(note["at"]), partial(write_note, town, group, note)


def share_the_week(town, group, *, now):
    days = {
        number: [town.persons[username] for username in group["rota"].get(weekday, [])]
        for number, weekday in enumerate(WEEKDAYS)
    }
    founder = town.persons[group["founder"]]
    cover.set_rota(town.rows[group["slug"]], founder, days=days, now=now)


def go_away(town, group, leave, *, now):
    """`in`: after how many days from today; `days`: for how long."""
    person = town.persons[leave["who"]]
    starts_on = town.now.astimezone(person.zone).date() + timedelta(days=leave["in"])
    cover.go_away(
        town.rows[group["slug"]],
        person,
        starts_on=starts_on,
        back_on=starts_on + timedelta(days=leave["days"]),
        note=leave["note"].strip(),
        deputy=town.persons[leave["deputy"]],
        now=now,
    )


def write_note(town, group, note, *, now):
    cover.write_note(
        town.rows[group["slug"]],
        town.persons[note["by"]],
        about=town.persons[note["about"]],
        text=note["text"],
        now=now,
    )
