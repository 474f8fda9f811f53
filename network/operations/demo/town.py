"""The town that was written by hand: who lives in it, what they say, and when that was."""

import re
import tomllib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from network.networks.models import Network

HERE = Path(__file__).parent
DAYS_AGO = re.compile(r"-(\d+)d (\d\d):(\d\d)")
A_WHILE_AGO = re.compile(r"-(\d+)([hm])")


@dataclass
class Town:
    """What was written down, and the rows that have come of it so far."""

    now: datetime
    facts: dict
    people: dict
    groups: list
    network: Network | None = None
    persons: dict = field(default_factory=dict)  # by username
    rows: dict = field(default_factory=dict)  # groups and posts, by the keys that they have here

    def when(self, text):
        """The instant that "-12d 19:40" (on the town's clock), "-5h" or "-40m" means."""
        if ago := A_WHILE_AGO.fullmatch(text):
            number, unit = int(ago[1]), ago[2]
            return self.now - timedelta(hours=number if unit == "h" else number / 60)
        days_ago = DAYS_AGO.fullmatch(text)
        if days_ago is None:
            raise ValueError(f"{text!r} is no time; write it like -12d 19:40, -5h or -40m.")
        days, hour, minute = map(int, days_ago.groups())
        clock = ZoneInfo(self.facts["clock"])
        day = self.now.astimezone(clock).date() - timedelta(days=days)
        return datetime(day.year, day.month, day.day, hour, minute, tzinfo=clock)


def read_town(now):
    """The town as it was written down, seen from `now`."""
    return Town(
        now=now,
        facts=tomllib.loads((HERE / "network.toml").read_text()),
        people=tomllib.loads((HERE / "people.toml").read_text()),
        groups=[read_group(path) for path in sorted(HERE.glob("groups/*.toml"))],
    )


def read_group(path):
    """One group; a `round` of a thread, a line each, becomes replies to its opening post."""
    group = tomllib.loads(path.read_text())
    for thread in group.get("threads", []):
        if "round" not in thread:
            continue
        days = int(DAYS_AGO.fullmatch(thread["at"])[1])
        for number, (username, line) in enumerate(thread.pop("round").items()):
            day, hour = divmod(number, 12)
            at = f"-{days - 1 - day}d {8 + hour:02d}:{(7 * number) % 60:02d}"
            reply = {"by": username, "at": at, "body": line, "to_opening": True}
            thread.setdefault("replies", []).append(reply)
    return group
