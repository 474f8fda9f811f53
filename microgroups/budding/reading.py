"""What is known of a budding: its numbers, its words, who may see them."""

from datetime import timedelta

from django.db.models import Count, Exists, F, Min, OuterRef
from django.urls import reverse
from django.utils import timezone

from microgroups.budding import rules
from microgroups.budding.models import Budding, Choice, Merging, Way
from microgroups.conversation.models import Post
from microgroups.groups.models import MicroGroup
from microgroups.membership.models import Membership
from network.registries import Kept, Subject, invariants, personal_data


def facts_of(group, now):
    """The numbers for which a group may want a sister, as of now. Two queries."""
    since = now - rules.LOOKED_BACK
    posts = Post.objects.standing().filter(group=group, at__gt=since, at__lte=now)
    posts = posts.filter(thread__deleted_at=None, author__isnull=False).order_by()
    counts = list(posts.values("author").annotate(n=Count("pk")).values_list("n", flat=True))
    first = group.memberships.waiting().order_by().aggregate(at=Min("queued_at"))["at"]
    return {
        "seats_taken": group.seats_taken,
        "cap": group.cap,
        "waiting": group.waiting,
        "longest_days": max(0, (now - first).days) if first else None,
        "wrote": len(counts),
        "busiest_share": rules.share_of_busiest(counts),
    }


def budding_of(slug, person):
    """The newest budding of the group of this name that the person may see; or None."""
    found = Budding.objects.visible_to(person).filter(group__slug=slug).newest()
    return found.select_related("group__network", "sister__network", *PEOPLE).first()


PEOPLE = ("proposed_by", "facilitator")


def load_buddings(ids, person):
    """Buddings this person may see, as subjects of a Notice."""
    found = Budding.objects.visible_to(person).filter(pk__in=ids)
    return {
        each.pk: Subject(
            each.sister.name,
            reverse("budding", args=[each.group.slug]),
            each.group.name,
            each.group.slug,
        )
        for each in found.select_related("group", "sister")
    }


def load_mergings(ids, person):
    """Mergings as subjects of a Notice: for who decides, and for who is invited by one.

    Where the card of the other group is hidden from them, its name is left out.
    """
    mine = Merging.objects.visible_to(person).filter(pk__in=ids)
    inside = person.memberships.reading().values("group")
    told = Merging.objects.filter(pk__in=ids, state="accepted", group__in=inside)
    card = MicroGroup.objects.visible_to(person).filter(pk=OuterRef("into"))
    found = (mine | told).annotate(is_shown=Exists(card), decides=Exists(mine_of(person)))
    return {
        each.pk: Subject(
            each.into.name if each.is_shown else "another group",
            address_of(each),
            each.group.name,
            each.group.slug,
        )
        for each in found.select_related("group", "into")
    }


def mine_of(person):
    """Whether the person decides about the merging of the outer row."""
    return Merging.objects.visible_to(person).filter(pk=OuterRef("pk"))


def address_of(merging):
    """The page of the question; the group that invites; or the one that was closed."""
    if merging.decides:
        return reverse("merging", args=[merging.pk])
    return (merging.into if merging.is_shown else merging.group).get_absolute_url()


def quiet_of(group, now):
    """[(figure, words)]: how quiet the group is (R46). Two queries."""
    since = now - rules.LOOKED_BACK
    seen = group.memberships.active().filter(last_visit_on__gt=since.date()).count()
    posts = Post.objects.standing().filter(group=group, at__gt=now - rules.QUIET)
    return [
        (f"{seen} of {group.seats_taken}", "were here in the last four weeks"),
        (str(posts.count()), "posts in six weeks"),
    ]


def said_so_far(budding):
    """{way: how many chose it}, and `unsaid`: how many of its people have not said. Two queries."""
    said = budding.choices.all()
    if budding.is_under_way:
        here = budding.group.memberships.active().filter(person=OuterRef("person"))
        said = said.filter(Exists(here))
    counted = dict(said.order_by().values("way").annotate(n=Count("pk")).values_list("way", "n"))
    counts = {way.value: counted.get(way.value, 0) for way in Way}
    people = budding.group.memberships.active().count() if budding.is_under_way else 0
    return {**counts, "unsaid": max(0, people - sum(counts.values()))}


# Personal data


def choices_of(person):
    for each in Choice.objects.filter(person=person).select_related("budding__group"):
        yield {
            "group": each.budding.group.name,
            "sister": each.budding.sister.name,
            "choice": each.way,
            "at": each.at,
        }


def buddings_by(person):
    for each in Budding.objects.filter(proposed_by=person).select_related("group", "sister"):
        yield {
            "group": each.group.name,
            "sister": each.sister.name,
            "why": each.why,
            "proposed_at": each.proposed_at,
        }


def mergings_by(person):
    for each in Merging.objects.filter(asked_by=person).select_related("group", "into"):
        yield {
            "group": each.group.name,
            "into": each.into.name,
            "words": each.words,
            "asked_at": each.asked_at,
        }
    for each in Merging.objects.filter(decided_by=person).select_related("group", "into"):
        yield {"group": each.group.name, "into": each.into.name, "reason": each.reason}


def forget_buddings(person):
    """Their own words go; what was decided stays."""
    Budding.objects.filter(proposed_by=person).update(proposed_by=None, why="")
    Budding.objects.filter(facilitator=person).update(facilitator=None)


def forget_mergings(person):
    Merging.objects.filter(asked_by=person).update(asked_by=None, words="")
    Merging.objects.filter(decided_by=person).update(decided_by=None, reason="")


def keep_personal_data():
    personal_data.add(
        Choice,
        Kept(
            export=choices_of,
            erase=lambda person: Choice.objects.filter(person=person).delete(),
        ),
    )
    personal_data.add(Budding, Kept(export=buddings_by, erase=forget_buddings))
    personal_data.add(Merging, Kept(export=mergings_by, erase=forget_mergings))


# What always holds

LATE = timedelta(days=2)  # the job comes every hour


def nobody_is_in_both_for_ever():
    over = Membership.objects.filter(both_until__lte=timezone.now() - LATE)
    for seat in over.select_related("group"):
        yield f"A second seat in {seat.group.slug} has ended on {seat.both_until:%Y-%m-%d}."


def a_second_seat_is_a_seat():
    for each in Membership.objects.exclude(both_until=None).exclude(state="active"):
        yield f"The membership {each.pk} has a second seat and is {each.state}."


def who_was_removed_reads_nothing():
    for each in Membership.objects.parted().filter(state="removed"):
        yield f"The membership {each.pk} was removed and reads the past."


def who_reads_the_past_left_by_budding():
    parted = Membership.objects.parted().filter(state="left")
    done = Budding.objects.filter(group=OuterRef("group"), ended_at=OuterRef("reads_until"))
    for each in parted.exclude(Exists(done)):
        yield f"The membership {each.pk} reads the past of a group that did not bud then."


def sisters_belong_to_one_network():
    apart = MicroGroup.objects.exclude(sister_of=None).exclude(network=F("sister_of__network"))
    for group in apart:
        yield f"{group.slug} has a sister in another network."


def hold_invariants():
    for check in (
        nobody_is_in_both_for_ever,
        a_second_seat_is_a_seat,
        who_was_removed_reads_nothing,
        who_reads_the_past_left_by_budding,
        sisters_belong_to_one_network,
    ):
        invariants.add(check.__name__, check)
