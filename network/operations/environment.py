"""What the environment says. A missing or malformed value stops the start with one clear line."""

import os
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from environs import Env, EnvError

BASE = Path(__file__).resolve().parents[2]

env = Env()


def stop(name, why):
    """End the start with the one line that a person needs to read."""
    raise SystemExit(f"kith: {name} {why}")


def read(parse, name, default, what):
    """The variable as `parse` understands it; `what` says in words how it should look."""
    try:
        return parse(name, default)
    except (EnvError, ValueError):
        stop(name, f"must be {what}.")


def given(name):
    """The variable's text without the space around it, empty when it is not set."""
    return os.environ.get(name, "").strip()


def truth(name, *, default=False):
    """Yes or no."""
    return read(env.bool, name, default, "true or false") if given(name) else default


def number(name, *, default, least=1, most=10**9):
    """A whole number between two others."""
    value = read(env.int, name, default, "a whole number") if given(name) else default
    if not least <= value <= most:
        stop(name, f"must be a whole number from {least} to {most}.")
    return value


def words(name, *, default=()):
    """A list, set apart by commas."""
    found = [word.strip() for word in given(name).split(",") if word.strip()]
    return found or list(default)


def url(name, *schemes):
    """The address, or empty when it is not set."""
    value = given(name)
    if not value:
        return ""
    example = " or ".join(f"{scheme}://…" for scheme in schemes)
    try:
        parts = urlsplit(value)
        known = (
            parts.scheme in schemes and bool(parts.netloc or parts.path) and (parts.port or True)
        )
    except ValueError:
        known = False
    return value if known else stop(name, f"must be an address like {example}.")


def made_once(path, make):
    """The file's text; the first to ask writes it, whole, for its owner alone."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        mine = path.with_name(f"{path.name}.{os.getpid()}")
        with open(os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(make())
        with suppress(FileExistsError):
            os.link(mine, path)
        mine.unlink()
    return path.read_text().strip()


VAR = Path(given("KITH_VAR") or BASE / "var").absolute()
PORT = number("PORT", default=8000, most=65535)
