"""`make bench`: pages and endpoints as multiples of the floor, in a small and a large network.

Fails on counts and bytes beyond their budgets, and on ratios beyond 40 % slack (speed.md).
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.joins import CLIENTS

# page: (times the floor at most, queries at most, bytes at most)
BUDGETS = {
    "network home": (2.5, 9, 60_000),
    "discover": (2.5, 9, 60_000),
    "group home": (2.0, 9, None),
    "thread of 20": (2.0, 9, 50_000),
    "thread of 1000": (2.0, 9, 50_000),
    "people": (2.5, 9, None),
    "group people": (2.5, 9, None),
    "member": (2.5, 9, None),
    "invitations": (2.5, 9, None),
    "start": (2.5, 9, 60_000),
    "start, a step": (2.5, 9, 60_000),
    "start, the whole": (2.5, 9, 60_000),
    "queue": (2.5, 9, None),
    "notices": (2.5, 9, None),
    "catching up": (2.5, 9, None),
    "search, rare word": (1.5, 7, None),
    "search, common word": (2.0, 7, None),
    "API group": (1.3, 7, None),
    "API thread": (1.3, 7, None),
    "API members": (1.3, 7, None),
    "API invitations": (1.3, 7, None),
    "API drafts": (1.3, 7, None),
    "API draft": (1.3, 7, None),
    "API groups": (1.3, 7, None),
    "API feed": (1.3, 7, None),
    "API notices count": (0.7, 4, None),
    "API reply": (1.8, 12, None),
}
SLACK, GROWTH, RATE, MEMORY = 1.4, 1.3, 0.5, 1.6


def figures_of(size):
    with tempfile.TemporaryDirectory(prefix=f"kith-bench-{size}-") as var:
        os.chmod(var, 0o755)  # the embedded server's own user passes through
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.one", size, var],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
    return json.loads(done.stdout.splitlines()[-1])


def faults_of(name, small, large):
    """What is beyond its budget, in words."""
    ratio, queries, size = BUDGETS[name]
    if small["queries"] != large["queries"]:
        yield f"{name}: {small['queries']} queries when small, {large['queries']} when large"
    for which, told in (("small", small), ("large", large)):
        if told["queries"] > queries:
            yield f"{name}: {told['queries']} queries of {queries} ({which})"
        if size and told["bytes"] > size:
            yield f"{name}: {told['bytes']:,} bytes of {size:,} ({which})"
        if told["rate_ratio"] < RATE / SLACK:
            yield f"{name}: {told['rate_ratio']} of the floor's requests of {RATE} ({which})"
        if told["ratio"] > ratio * SLACK:
            yield f"{name}: {told['ratio']} times the floor of {ratio} ({which})"
    if large["ratio"] > small["ratio"] * GROWTH * SLACK:
        yield f"{name}: {large['ratio']} times the floor when large, {small['ratio']} when small"


def main():
    small, large = figures_of("small"), figures_of("large")
    joins = large.pop("joins")
    memory = {which: told.pop("memory") for which, told in (("small", small), ("large", large))}
    print(
        f"{'page':<22}{'queries':>8}{'SQL ms':>8}{'bytes':>9}"
        f"{'x floor small':>15}{'large':>7}{'must':>6}{'rate':>6}"
    )
    faults = []
    for name in BUDGETS:
        few, many = small[name], large[name]
        print(
            f"{name:<22}{many['queries']:>8}{many['sql_ms']:>8}{many['bytes']:>9,}"
            f"{few['ratio']:>15}{many['ratio']:>7}{BUDGETS[name][0]:>6}{many['rate_ratio']:>6}"
        )
        faults += faults_of(name, few, many)
    floor = large["thread of 20"]["floor_ms"]
    share = memory["large"]["kith"] / max(1, memory["large"]["floor"])
    print(f"The floor took {floor} ms. Memory: {share:.2f} times the floor's (must {MEMORY}).")
    print(
        f"Joins a second of {CLIENTS} at once: {joins['spread']} spread,"
        f" {joins['spread_to_floor']} of the floor's requests (must {RATE});"
        f" {joins['hot']} into one group, {joins['hot_to_spread']} of the spread (must {RATE})."
    )
    if joins["spread_to_floor"] < RATE / SLACK:
        faults.append(f"joins: {joins['spread_to_floor']} of the floor's requests of {RATE}")
    if joins["hot_to_spread"] < RATE / SLACK:
        faults.append(f"joins into one group: {joins['hot_to_spread']} of the spread of {RATE}")
    if share > MEMORY * SLACK:
        faults.append(f"memory: {share:.2f} times the floor's of {MEMORY}")
    for fault in faults:
        print("over budget:", fault)
    return 1 if faults else 0


if __name__ == "__main__":
    if not Path("manage.py").exists():
        sys.exit("Start it from the folder of manage.py: make bench")
    sys.exit(main())
