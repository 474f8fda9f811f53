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
FEW, MOST = 5, 50  # of each kind: when all are asked for, and when one is


@login_required
def search(request):
    """Everything I may see that holds the words."""
    form = SearchForm(request.GET)
    valid = form.is_valid()
    words = form.cleaned_data["q"].strip() if valid else ""
    kind = form.cleaned_data["in"] if valid else ""
    hits = asked(request, words, kinds=[kind] if kind else KINDS, most=MOST) if words else []
    by_type: dict = {name: [] for name in TITLES}
    for hit in hits:
        by_type[hit.type].append(hit)
    context = {
        "form": form,
        "words": words,
        "kind": kind or "all",
        "count": len(hits),
        "tabs": tabs(words, by_type, kind),
        "found": [
            (name, TITLES[name], found[: MOST if kind else FEW], len(found))
            for name, found in by_type.items()
            if found
        ],
    }
    return render(request, "bridging/search/search.html", context, status=200 if valid else 422)


def tabs(words, by_type, kind):
    """The kinds with what was found of each, as (name, url, words)."""
    address = f"{reverse('search')}?{urlencode({'q': words})}"
    names = dict(zip(by_type, KINDS, strict=True))
    found = [("all", address, "All")]
    for type_name, hits in by_type.items():
        count = f" {len(hits)}" if not kind or kind == names[type_name] else ""
        found.append(
            (names[type_name], f"{address}&in={names[type_name]}", f"{TITLES[type_name]}{count}")
        )
    return found
