"""Which pages the eyes have seen: addresses with {places}, and the names of what stands there."""

import re

from django.urls import resolve

ANY = "00000000-0000-0000-0000-000000000000"  # a key, and a slug, too


def names_at(paths):
    """The names of the pages at these addresses, whatever their {places} stand for."""
    return {resolve(re.sub(r"\{.*?\}", ANY, path.partition("?")[0])).url_name for path in paths}


def all_complaints(look, visit, paths, person=None):
    """What the eyes complain about at each address as this person: {} when all is well.

    One page goes to them all: a new one for each would read every font and script anew.
    """
    page = visit("about:blank", person)
    seen = {path: complaints_at(look, page, path) for path in paths}
    return {path: complaints for path, complaints in seen.items() if complaints}


def complaints_at(look, page, path):
    page.noticed.clear()
    page.goto(path)
    if page.inner_text("h1") == "There is no door here" and path != "/nowhere/":
        return ["There is no door here."]
    return look(page)
