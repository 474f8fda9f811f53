"""What newcomers find in their first days, and how the promise to answer them is kept."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import (
    Case,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    IntegerField,
    OuterRef,
    Q,
    When,
)
from django.urls import reverse
from django.utils import timezone

from facilitation.welcome import rules, settled
from facilitation.welcome.models import Buddy
from microgroups.conversation.models import Thread
from microgroups.membership.models import Membership
from network.prepared import rows
from network.registries import Subject

BEGIN_WITHIN = timedelta(days=30)  # when somebody has to have written in a thread to begin with

# Greeted


def load_welcomes(ids, person):
    """One's own welcome, as the subject of the greeting; with whoever shows one around."""
    places = Membership.objects.visible_to(person).reading().filter(pk__in=ids, person=person)
    return {
        place.pk: Subject(
            title=place.group.name,
            url=place.group.get_absolute_url(),
            group_name=place.group.name,
            group=place.group.slug,
            more=shown_around_by(place),
        )
        for place in with_buddy(places, timezone.now()).select_related("group")
    }


def with_buddy(places, now):
    """Each with its welcome and its buddy, who `is_there` as long as that is true: willing, with a
    seat in the group, and here lately."""
    there = Buddy.objects.filter(
        membership__group=OuterRef("group"),
        membership__person=OuterRef("welcome__buddy"),
        membership__state="active",
        membership__last_visit_on__gte=(now - rules.SEEN_LATELY).date(),
    )
    return places.annotate(is_there=Exists(there)).select_related("welcome__buddy")


def shown_around_by(place):
    """A sentence about the buddy of this place (with_buddy), or nothing."""
    if not place.is_there:
        return ""
    return f"{place.welcome.buddy.name} shows newcomers around and was here this week."


def load_fits(ids, person):
    """The question whether a group fits, to the newcomer whom it was put to."""
    places = Membership.objects.visible_to(person).active().filter(pk__in=ids, person=person)
    return {
        place.pk: Subject(
            title=place.group.name,
            url=reverse("does_it_fit", args=[place.group.slug]),
            group_name=place.group.name,
            group=place.group.slug,
        )
        for place in places.select_related("group")
    }


# The first days


@dataclass(frozen=True)
class Beginning:
    """What a newcomer finds on the group's home: its greeting, a buddy, a few threads."""

    words: str
    buddy: str
    threads: list


def first_days(group, membership):
    """For who came in within three days: what to begin with, or None. Two queries."""
    now = timezone.now()
    if not is_new(membership, now):
        return None
    places = with_buddy(Membership.objects.filter(pk=membership.pk), now)
    place = places.select_related("group__greeting").get()
    greeting = getattr(place.group, "greeting", None)
    looks = greeting is None or "look" in greeting.steps
    threads = list(to_begin_with(membership, now)) if looks else []
    found = Beginning(greeting.words if greeting else "", shown_around_by(place), threads)
    if not (found.words or found.buddy or found.threads):
        return None
    return "facilitation/welcome/_first_days.html", {"beginning": found, "group": group}


def is_new(membership, now):
    joined = membership.joined_at
    return (
        membership.is_active
        and not membership.is_founder
        and joined is not None
        and joined > now - rules.LOOK_FOR
    )


def to_begin_with(membership, now):
    """A few threads of others, written in lately: of who is new, too, first, then what nobody has
    answered."""
    new = Membership.objects.filter(
        group=OuterRef("group"), person=OuterRef("author"), joined_at__gt=now - rules.WELCOME_WINDOW
    )
    threads = Thread.objects.standing().filter(group=membership.group_id, closed_at=None)
    threads = threads.filter(last_at__gt=now - BEGIN_WITHIN).exclude(author=membership.person_id)
    return (
        threads.exclude(kind="announcement")
        .select_related("author")
        .defer("search")
        .order_by(first_where(Exists(new)), first_where(Q(answered_at=None)), "-last_at", "-pk")
    )[: rules.A_FEW]


def first_where(condition):
    return Case(When(condition, then=0), default=1, output_field=IntegerField())


# Buddies


def buddies_of(group, person):
    """Who shows newcomers of the group around, as far as this person may see."""
    offers = Buddy.objects.visible_to(person).filter(membership__group=group)
    found = offers.filter(membership__state="active").select_related("membership__person")
    return found.order_by("since", "pk")


def on_my_place(group, membership):
    """The switch on one's own page in the group, or None. One query."""
    if not membership.is_active or not group.is_open:
        return None
    willing = Buddy.objects.filter(membership=membership).exists()
    return "facilitation/welcome/_buddy.html", {"group": group, "willing": willing}


# The promise


@dataclass(frozen=True)
class Promises:
    """Of the first posts of four weeks: answered within a day, not answered so, waiting still."""

    kept: int
    missed: int
    waiting: int

    @property
    def all(self):
        return self.kept + self.missed + self.waiting


def promises(person, now, group=None):
    """The Promises of the groups that this person facilitates, or of one. One query."""
    since = now - rules.ACTIVE_FOR
    found = rows(first_posts, person, since, now, now - rules.PROMISE, group and group.pk)
    told = [(post.is_kept, post.is_due) for post in found]
    kept = sum(is_kept for is_kept, _ in told)
    missed = sum(is_due and not is_kept for is_kept, is_due in told)
    return Promises(kept, missed, len(told) - kept - missed)


def first_posts(person, since, now, day_ago, group):
    """Memberships that wrote for the first time since: `is_kept`, answered within a day; `is_due`,
    the day is over."""
    facilitated = Membership.objects.facilitating().filter(
        person=person.pk, group__network__in=person.network_ids()
    )
    if group is not None:
        facilitated = facilitated.filter(group=group)
    wrote = Membership.objects.active().filter(
        group__in=facilitated.values("group"),
        first_post_at__gt=since,
        first_post_at__lte=now,
        is_founder=False,
    )
    day = ExpressionWrapper(OuterRef("first_post_at") + rules.PROMISE, DateTimeField())
    answers = settled.answers(now, post="post", since="first_post_at").filter(at__lte=day)
    found = settled.with_first_post(wrote).annotate(
        is_kept=Exists(answers),
        is_due=Case(When(first_post_at__lte=day_ago, then=True), default=False),
    )
    return found.only("pk")
