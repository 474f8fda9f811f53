"""Addresses and usernames: one spelling for each, and none that looks like another's."""

import re
import unicodedata

from network.errors import Invalid

USERNAME = re.compile(r"[a-z][a-z0-9_]{1,29}")
RESERVED = frozenset(
    [
        *["admin", "administrator", "anonymous", "api", "everybody", "everyone", "help", "here"],
        *["kith", "me", "moderator", "nobody", "root", "security", "somebody", "start"],
        *["support", "system", "team"],
    ]
)
LOOKS = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "2": "z", "_": ""})


def normal_email(text):
    """The one spelling of an address: NFKC, small letters, the domain in ASCII.

    Raises Invalid when it is none.
    """
    text = unicodedata.normalize("NFKC", text).strip().lower()
    local, at, domain = text.rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        domain = ""
    if not at or not local or "." not in domain.strip(".") or re.search(r"\s", text):
        raise Invalid({"email": "This is no e-mail address; it looks like name@example.org."})
    return f"{local}@{domain}"


def skeleton_of(username):
    """The username as the eye reads it: two that look alike have the same."""
    return username.replace("rn", "m").replace("vv", "w").translate(LOOKS) or username


def check_username(username):
    """Raises Invalid with what to do when a username may not be."""
    if not USERNAME.fullmatch(username):
        raise Invalid(
            {
                "username": "Use 2 to 30 small letters, digits and _, beginning with a letter.",
            }
        )
    if username in RESERVED:
        raise Invalid({"username": "This name is kept for the house; choose another one."})


def username_from(name):
    """A username to propose for a name: small ASCII letters, digits and _."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", ascii_name)
    proposed = re.sub(r"^[^a-z]+", "", "_".join(words))[:24].strip("_")
    return proposed if len(proposed) > 1 and proposed not in RESERVED else "somebody_new"
