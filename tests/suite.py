"""`make test`: every step with its time; a step that failed or did not run fails the whole.

Tests wait now and then, for a server or for the last one of them: the linters run meanwhile, and
say what they have to say when the tests are over.
"""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests import chromium

PYTEST = [sys.executable, "-m", "pytest", "-q"]
PARALLEL = [*PYTEST, "-n", "2"]
IN = Path(sys.executable).parent
RULES = sorted(
    str(path)
    for name in ("actions.py", "rules.py")
    for app in ("network", "microgroups", "facilitation", "bridging")
    for path in Path(app).rglob(name)
)
PAGES = sorted(map(str, Path("templates").rglob("*.html")))

TESTS = {
    "tests": [*PARALLEL, "-m", "not long"],
    "browser tests": [*PARALLEL, "-m", "not long", "tests/browser"],
}
LONG = {
    "long tests": [*PARALLEL, "-m", "long"],
    "long in a browser": [*PARALLEL, "-m", "long", "tests/browser"],
}
LINTERS = {
    "ruff check": [IN / "ruff", "check", "--quiet"],
    "ruff format": [IN / "ruff", "format", "--check", "--quiet"],
    "import-linter": [IN / "lint-imports", "--no-cache"],
    "djade": [IN / "djade", "--check", "--target-version", "5.2", *PAGES],
    "mypy": [IN / "mypy", *RULES],
}
STEPS = {"test": (TESTS, LINTERS), "long": (LONG, {}), "lint": ({}, LINTERS)}


def main(which="test"):
    started = time.monotonic()
    steps, meanwhile = STEPS[which]
    with ThreadPoolExecutor(1) as pool:
        said = pool.map(run_silently, meanwhile.values())
        results = [(name, *run(name, command)) for name, command in steps.items()]
        for name, (went_well, seconds, words) in zip(meanwhile, said, strict=True):
            say(f"\n=== {name} ===\n{words}".rstrip())
            results.append((name, went_well, seconds))
    say("")
    for name, went_well, seconds in results:
        say(f"{'ok    ' if went_well else 'FAILED'} {name:<16} {seconds:6.1f} s")
    failed = [name for name, went_well, _ in results if not went_well]
    say(f"{len(results) - len(failed)} of {len(results)} steps passed", started)
    return 1 if failed else 0


def run(name, command):
    """Whether the step went well, and its seconds."""
    say(f"\n=== {name} ===")
    started = time.monotonic()
    if "browser" in name and not chromium.find_or_install():
        say(chromium.MISSING)
        return False, 0.0
    done = subprocess.run(list(map(str, command)), env=environment())
    return done.returncode == 0, time.monotonic() - started


def run_silently(command):
    """Whether it went well, its seconds, and what it said."""
    started = time.monotonic()
    done = subprocess.run(
        list(map(str, command)),
        env=environment(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    return done.returncode == 0, time.monotonic() - started, done.stdout


def environment():
    """Compiled code lies where manage.py looks for it, so that starts are quick."""
    compiled = Path(sys.prefix) / "pycache"
    keep = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return {**keep, "PYTHONPYCACHEPREFIX": str(compiled)}


def say(text, since=None):
    took = f" in {time.monotonic() - since:.0f} s" if since else ""
    sys.stdout.write(f"{text}{took}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
