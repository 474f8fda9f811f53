"""Everything I may see that holds the words: groups, people, posts and highlights, best first.

Each kind is asked in one query that starts at `visible_to`; only the newest MATCHES of a kind are
ranked, so that a common word costs no more than a rare one. Nothing of a search is kept.
"""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank
from django.db.models import F, Func, OuterRef, UUIDField

from bridging.highlights.models import Highlight
from bridging.search.rules import HEADLINE, marked
from microgroups.conversation.models import Post
from microgroups.groups.models import MicroGroup, State
from network.people.models import Person
from network.prepared import rows
from network.rest import limits

MATCHES = 500
KINDS = ("groups", "people", "posts", "highlights")


@dataclass(frozen=True)
class Hit:
    """One thing found. `thing` is the row itself, with what its row on a page needs."""

    type: str
    thing: object
    title: str
    group: str | None  # slug
    at: datetime

    @property
    def id(self):
        return self.thing.pk

    @property
    def url(self):
        return self.thing.get_absolute_url()

    @property
    def excerpt_html(self):
        return marked(self.thing.headline)


def find(person, text, *, kinds=KINDS, most=50):
    """Hits for the person, best first; at most `most` of each kind. One query for each kind."""
    hits = [hit for kind in kinds for hit in SOURCES[kind](person, text, most)]
    return sorted(hits, key=lambda hit: (-hit.thing.rank, -hit.at.timestamp()))


def asked(request, text, **how):
    """Hits for whoever asks, counted as a search of theirs (trust.md §6). Refuses: too_often."""
    limits.spend("search", request)
    return find(request.user, text, **how)


def groups(person, text, most):
    for group in rows(groups_holding, person, text, most):
        at = group.founded_at or group.proposed_at
        yield Hit("group", group, group.name, group.slug, at)


def people(person, text, most):
    for each in rows(people_holding, person, text, most):
        yield Hit("person", each, each.name, None, each.joined_at)


def posts(person, text, most):
    for post in rows(posts_holding, person, text, most):
        yield Hit("post", post, post.thread.title, post.thread.group.slug, post.at)


def highlights(person, text, most):
    for card in rows(highlights_holding, person, text, most):
        yield Hit("highlight", card, card.title, card.group.slug, card.shared_at)


SOURCES = {"groups": groups, "people": people, "posts": posts, "highlights": highlights}


# The questions, each answered by the best `most` rows with `rank` and `headline`


def groups_holding(person, text, most):
    visible = MicroGroup.objects.visible_to(person).filter(state__in=[State.OPEN, State.ARCHIVED])
    found = best(visible, text, "-proposed_at", "purpose", most)
    return found.only("name", "slug", "colour", "seats_taken", "cap", "waiting", "founded_at")


def people_holding(person, text, most):
    found = best(Person.objects.visible_to(person), text, "-joined_at", "intro", most)
    return found.only("name", "username", "joined_at")


def highlights_holding(person, text, most):
    visible = Highlight.objects.visible_to(person).shared()
    found = best(visible, text, "-shared_at", "body", most).select_related("group", "author")
    return found.only("title", "shared_at", "group__slug", "group__name", "author__name")


def posts_holding(person, text, most):
    """Posts that hold the words, and the first post of each thread whose title does.

    Put in order by their keys first: what is shown of a post is looked up for the best alone.
    """
    query, order = query_of(text), ("-rank", "-at", "pk")
    rank = SearchRank(F("search"), query) + SearchRank(F("thread__search"), query)
    found = Post.objects.visible_to(person).standing().filter(pk__in=matches(person, query))
    keys = found.annotate(rank=rank).order_by(*order).values("pk")[:most]
    shown = Post.objects.filter(pk__in=keys).select_related("thread__group", "author")
    shown = shown.annotate(rank=rank, headline=headline_of("body", query)).order_by(*order)
    return shown.only(
        "at",
        "by_kith",
        "thread__title",
        "thread__group__slug",
        "thread__group__name",
        "author__name",
    )


def matches(person, query):
    """Keys of the newest posts that match in what the person reads, group by group.

    Within one group the database walks back in time where the word is common, and goes by the
    word where it is rare. The keys of posts are in the order of time.
    """
    here = Post.objects.order_by("-at").values("pk")
    said = here.filter(group=OuterRef("group"), search=query, at__lte=OuterRef("until"))
    named = here.filter(
        thread__group=OuterRef("group"),
        thread__search=query,
        at=F("thread__opened_at"),
        at__lte=OuterRef("until"),
    )
    each = Each(ArraySubquery(said[:MATCHES]), ArraySubquery(named[:MATCHES]))
    mine = person.memberships.reading_until().annotate(match=each)
    return mine.order_by("-match").values("match")[:MATCHES]


class Each(Func):
    """A row for each member of two lists of keys."""

    template = "unnest(%(expressions)s)"
    arg_joiner = " || "
    output_field = UUIDField()
    set_returning = True


def best(visible, text, newest_first, words, most):
    """The best of the newest matches, with rank and headline, in one statement."""
    query = query_of(text)
    newest = visible.filter(search=query).order_by(newest_first, "pk").values("pk")[:MATCHES]
    rank = SearchRank(F("search"), query)
    return (
        visible.model.objects.filter(pk__in=newest)
        .annotate(rank=rank, headline=headline_of(words, query))
        .order_by("-rank", newest_first, "pk")[:most]
    )


def query_of(text):
    return SearchQuery(text, config="kith", search_type="websearch")


def headline_of(words, query):
    return SearchHeadline(words, query, config="kith", **HEADLINE)
