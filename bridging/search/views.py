"""The search page."""

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.urls import reverse

from bridging.search.finding import KINDS, asked
from bridging.search.forms import SearchForm

TITLES = {
    "group": "Groups",
    "person": "People",
    "post": "Posts",
    "highlight": "Postcards",
}
NAMES = dict(zip(TITLES, KINDS, strict=True))
FEW, MOST = 5, 50  # of each kind: when all are asked for, and when one is


@login_required
def search(request):
    """Everything I may see that holds the words."""
    form = SearchForm(request.GET)
    valid = form.is_valid()
    words = form.cleaned_data["q"].strip() if valid else ""
    kind = form.cleaned_data["in"] if valid else ""
    kinds, most = ([kind], MOST) if kind else (KINDS, FEW + 1)
    hits = asked(request, words, kinds=kinds, most=most) if words else []
    by_type: dict = {name: [] for name in TITLES}
    for hit in hits:
        by_type[hit.type].append(hit)
    context = {
        "form": form,
        "words": words,
        "kind": kind or "all",
        "tabs": tabs(words, by_type, kind),
        "found": [
            (name, TITLES[name], found[: MOST if kind else FEW], rest(words, name, found, kind))
            for name, found in by_type.items()
            if found
        ],
    }
    return render(request, "bridging/search/search.html", context, status=200 if valid else 422)


def rest(words, type_name, found, kind):
    """Where more of a kind is shown than a few; None where these are all."""
    return None if kind or len(found) <= FEW else address_of(words, NAMES[type_name])


def address_of(words, kind=None):
    """Where these words are looked for, in one kind or in all."""
    query = {"q": words, "in": kind} if kind else {"q": words}
    return f"{reverse('search')}?{urlencode(query)}"


def tabs(words, by_type, kind):
    """The kinds with what was found of each, as (name, url, words): of all together a few each."""
    found = [("all", address_of(words), "All")]
    for type_name, hits in by_type.items():
        name, count = NAMES[type_name], ""
        if kind == name:
            count = f" {len(hits)}"
        elif not kind:
            count = f" {FEW}+" if len(hits) > FEW else f" {len(hits)}"
        found.append((name, address_of(words, name), f"{TITLES[type_name]}{count}"))
    return found
