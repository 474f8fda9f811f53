"""The founding bar: who has pledged to come, and what a proposal lacks before it can begin."""

from datetime import timedelta

from django.db import models
from django.db.models import Count, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from microgroups.groups.models import MicroGroup, State, Visibility
from network.ids import uuid7
from network.prepared import rows

KEPT, WARNED = timedelta(days=30), timedelta(days=7)
BAR = ("pledges", "threads", "facilitators")
NO_BAR = {"pledges": 0, "threads": 0, "facilitators": 1}


class PledgeQuerySet(models.QuerySet):
    def visible_to(self, person):
        """The person's own."""
        return self.filter(person=person.pk, group__network__in=person.network_ids())

    def in_order(self):
        return self.order_by("pledged_at", "pk")


class Pledge(models.Model):
    """A word to come when a proposed group opens; no seat until then."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(
        "microgroups.MicroGroup", on_delete=models.CASCADE, related_name="pledges", db_index=False
    )
    person = models.ForeignKey("network.Person", on_delete=models.CASCADE, related_name="pledges")
    facilitate = models.BooleanField(default=False, help_text="Would look after it, too.")
    pledged_at = models.DateTimeField()

    objects = PledgeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("group", "person", name="one_pledge_per_group_and_person"),
        ]
        indexes = [models.Index(fields=["group", "pledged_at", "id"], name="pledges_in_order")]

    def __str__(self):
        return f"{self.person_id} for {self.group_id}"


def number(rows_of_group):
    """How many rows there are of each group, as a column."""
    counted = rows_of_group.order_by().values("group").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def with_progress(groups):
    """Each group with `pledges_made`, `threads_begun` and `facilitators_found`.

    Whoever pledged to look after it counts as a facilitator: they are one when it opens.
    """
    pledges = Pledge.objects.filter(group=OuterRef("pk"))
    threads = MicroGroup._meta.get_field("threads").related_model.objects
    members = MicroGroup._meta.get_field("memberships").related_model.objects
    return groups.annotate(
        pledges_made=number(pledges),
        threads_begun=number(threads.filter(group=OuterRef("pk"), deleted_at=None)),
        facilitators_found=number(members.facilitating().filter(group=OuterRef("pk")))
        + number(pledges.filter(facilitate=True)),
    )


def progress_at(keys, person):
    """The unborn groups with their progress, and `mine`: the person's own pledge."""
    mine = Pledge.objects.filter(group=OuterRef("pk"), person=person).values("facilitate")
    groups = MicroGroup.objects.filter(pk__in=keys).annotate(mine=Subquery(mine[:1]))
    return with_progress(groups).values_list(
        "pk", "pledges_made", "threads_begun", "facilitators_found", "mine"
    )


def load_founding(groups, person):
    """Give each group its `founding`: how far it has come; None once it has begun. One query."""
    unborn = [group.pk for group in groups if group.state in (State.PROPOSED, State.DECLINED)]
    found = {key: facts for key, *facts in rows(progress_at, unborn, person.pk)} if unborn else {}
    for group in groups:
        group.founding = founding_of(group, *found[group.pk]) if group.pk in found else None
    return groups


def needed_of(group):
    """The bar for this group: of a sister nothing is asked, its people come from the group it grows
    from; of a hidden one no pledges and nobody else, since nobody else sees it."""
    if group.sister_of_id is not None:
        return NO_BAR
    asked = group.network.founding
    return NO_BAR | {"threads": asked["threads"]} if group.is_hidden else asked


def founding_of(group, pledges, threads, facilitators, mine):
    """How far a proposal has come, as the API shows it; `network` must be loaded."""
    so_far = {"pledges": pledges, "threads": threads, "facilitators": facilitators}
    needed = needed_of(group)
    waits = group.state == State.PROPOSED and lacks(so_far, needed)
    return {
        **so_far,
        "needed": needed,
        "expires_at": ends_at(group) if waits else None,
        "reason": group.decline_reason,
        "mine": mine,
    }


def ends_at(group):
    """When a proposal that is short of its bar is declined: a week after the warning at least."""
    warned = group.warned_at or group.proposed_at
    return max(group.proposed_at + KEPT, warned + WARNED)


def lacks(so_far, needed):
    """{what: how many} of the bar that are missing yet."""
    return {what: needed[what] - so_far[what] for what in BAR if so_far[what] < needed[what]}


WORDS = {
    "pledges": ("one more person who pledges to come", "{} more people who pledge to come"),
    "threads": ("one more conversation begun in it", "{} more conversations begun in it"),
    "facilitators": ("somebody else to look after it", "{} more people to look after it"),
}


def lacks_in_words(missing):
    """What is missing, in words: "two … and one …"."""
    said = [
        WORDS[what][0] if count == 1 else WORDS[what][1].format(count)
        for what, count in missing.items()
    ]
    return " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)


def missing_of(group):
    """{what: how many} that the locked group lacks; nothing where there is no bar."""
    needed = needed_of(group)
    if needed == NO_BAR:
        return {}
    found = with_progress(MicroGroup.objects.filter(pk=group.pk)).get()
    so_far = (found.pledges_made, found.threads_begun, found.facilitators_found)
    return lacks(dict(zip(BAR, so_far, strict=True)), needed)


def short_of_bar(groups):
    """Proposals that lack something of what their network asks of them."""
    short, is_hidden = Q(), Q(visibility=Visibility.HIDDEN)
    for what, counted in zip(
        BAR, ("pledges_made", "threads_begun", "facilitators_found"), strict=True
    ):
        lacking = Q(**{f"{counted}__lt": models.F(f"network__founding_{what}")})
        short |= lacking if what == "threads" else lacking & ~is_hidden
    proposals = groups.filter(state=State.PROPOSED, sister_of=None)
    return with_progress(proposals).filter(short)
