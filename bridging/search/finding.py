"""Everything I may see that holds the words: groups, people, posts and highlights, best first.

Each kind is asked in one query that starts at `visible_to`; only the newest MATCHES of a kind are
ranked, so that a common word costs no more than a rare one. Nothing of a search is kept.
"""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank
from django.db.models import F, Q

from bridging.highlights.models import Highlight
from bridging.search.rules import HEADLINE, marked
from microgroups.conversation.models import Post
from microgroups.groups.models import MicroGroup, State
from network.people.models import Person

MATCHES = 500
KINDS = ("groups", "people", "posts", "highlights")


@dataclass(frozen=True)
class Hit:
    """One thing found. `thing` is the row itself, with what its row on a page needs."""

    type: str
    thing: object
    title: str
    excerpt_html: str
    group: str | None  # slug
    at: datetime
    rank: float

    @property
    def id(self):
        return self.thing.pk

    @property
    def url(self):
        return self.thing.get_absolute_url()


def find(person, text, *, kinds=KINDS, most=50):
    """Hits for the person, best first; at most `most` of each kind. One query for each kind."""
    query = SearchQuery(text, config="kith", search_type="websearch")
    hits = [hit for kind in kinds for hit in SOURCES[kind](person, query, most)]
    return sorted(hits, key=lambda hit: (-hit.rank, -hit.at.timestamp()))


def best(visible, query, newest_first, headline, most):
    """The best of the newest matches, with rank and headline, in one statement."""
    newest = visible.filter(search=query).order_by(newest_first, "pk").values("pk")[:MATCHES]
    return (
        visible.model.objects.filter(pk__in=newest)
        .annotate(
            rank=SearchRank(F("search"), query),
            headline=SearchHeadline(headline, query, config="kith", **HEADLINE),
        )
        .order_by("-rank", newest_first, "pk")[:most]
    )


def groups(person, query, most):
    visible = MicroGroup.objects.visible_to(person).filter(state__in=[State.OPEN, State.ARCHIVED])
    found = best(visible, query, "-proposed_at", "purpose", most).select_related("network")
    for group in found:
        at = group.founded_at or group.proposed_at
        yield Hit("group", group, group.name, marked(group.headline), group.slug, at, group.rank)


def people(person, query, most):
    found = best(Person.objects.visible_to(person), query, "-joined_at", "intro", most)
    for each in found:
        words = marked(each.headline)
        yield Hit("person", each, each.name, words, None, each.joined_at, each.rank)


def posts(person, query, most):
    visible = Post.objects.visible_to(person).standing()
    newest = visible.filter(search=query).order_by("-at", "pk").values("pk")[:MATCHES]
    named = (
        visible.filter(thread__search=query, at=F("thread__opened_at"))
        .order_by("-at", "pk")
        .values("pk")[:MATCHES]
    )
    found = (
        Post.objects.filter(Q(pk__in=newest) | Q(pk__in=named))
        .annotate(
            rank=SearchRank(F("search"), query) + SearchRank(F("thread__search"), query),
            headline=SearchHeadline("body", query, config="kith", **HEADLINE),
        )
        .select_related("thread__group", "author")
        .order_by("-rank", "-at", "pk")[:most]
    )
    for post in found:
        thread = post.thread
        words = marked(post.headline)
        yield Hit("post", post, thread.title, words, thread.group.slug, post.at, post.rank)


def highlights(person, query, most):
    visible = Highlight.objects.visible_to(person).shared()
    found = best(visible, query, "-shared_at", "body", most).select_related(
        "group", "author", "shared_by"
    )
    for card in found:
        words = marked(card.headline)
        yield Hit("highlight", card, card.title, words, card.group.slug, card.shared_at, card.rank)


SOURCES = {"groups": groups, "people": people, "posts": posts, "highlights": highlights}
