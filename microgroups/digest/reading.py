"""What waits for somebody, as they may see it now: rights are asked again for each letter."""

from dataclasses import dataclass
from datetime import UTC

from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Greatest
from django.urls import reverse

from microgroups.conversation.models import Post, Thread
from microgroups.digest import rules
from microgroups.digest.models import Digest
from microgroups.membership.models import Membership
from network.notifications.kinds import KINDS
from network.notifications.models import Mail, MailChoice, MailStop, Much, Notice
from network.notifications.reading import Told, tell
from network.people.models import Block
from network.prepared import rows
from network.registries import Registry, Subject

# By name, what no such letter tells of: `condition(name of the post's key)` on posts. Upper floors
# add theirs.
NOT_TOLD = Registry()


def others_before(digest, now):
    """The person's digests that left today, or are older and have still to go. One query.

    Mail that stood still may bring yesterday's on the same evening as today's. One a day is
    enough: what the second would have told waits for the next evening, as a withheld one counts
    for none (sweep.LAST).
    """
    today = now.astimezone(digest.person.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return rows(others, digest.person_id, digest.network_id, digest.period, today.astimezone(UTC))


def others(person_id, network_id, period, today):
    on_their_way = [Mail.DUE, Mail.CLAIMED, Mail.HANDING_OVER]
    older = Q(period__lt=period, mail__in=on_their_way)
    theirs = Digest.objects.filter(person=person_id, network=network_id)
    return theirs.filter(Q(mailed_at__gte=today) | older)


@dataclass(frozen=True)
class Waiting:
    """What somebody was told and has not read, and threads that began in their groups."""

    notices: list[Told]
    threads: list[Thread]

    def __bool__(self):
        return bool(self.notices or self.threads)


def waiting_for(digest):
    """What the letter has to tell; empty where all was read, taken back, or is not theirs now."""
    person = digest.person
    wishes = Wishes(person)
    active = [place.group_id for place in rows(own_seats, person)]
    told = tell(unread_notices(digest, wishes, active), person)
    standing = posts_that_stand(person, told)
    notices = [one for one in told if stands(one, standing)]
    in_them = {standing[one.notice.subject_id].thread_id for one in notices if is_post(one)}
    asked = [key for key in active if wishes.from_group(key) == Much.ALL]
    span = (digest.since, digest.until)
    return Waiting(notices, rows(new_threads, person, *span, asked, list(in_them)))


def own_seats(person):
    return Membership.objects.visible_to(person).filter(person=person.pk).active()


class Wishes:
    """How much somebody wants by mail, from each group and of each kind. Two queries."""

    def __init__(self, person):
        choices = rows(of_person, MailChoice, person.pk)
        self.much = {choice.group_id: choice.much for choice in choices}
        self.stopped = {stop.category for stop in rows(of_person, MailStop, person.pk)}

    def from_group(self, key):
        return self.much.get(key) or self.much.get(None, Much.ALL)

    def want(self, notice):
        wording, much = KINDS[notice.kind], self.from_group(notice.group_id)
        if wording.category in self.stopped or much == Much.NOTHING:
            return False
        return wording.personal or much == Much.ALL


def of_person(model, key):
    return model.objects.filter(person=key)


def unread_notices(digest, wishes, active):
    """Notices that nobody mailed, from groups in which the person has a seat, oldest first."""
    found = rows(unmailed, digest.person, digest.since, digest.until, active)
    return [notice for notice in found if wishes.want(notice)][: rules.MOST_NOTICES]


def unmailed(person, since, until, groups):
    kinds = [kind for kind, wording in KINDS.items() if wording.is_gathered]
    hourly = Q(mail=Mail.WITHHELD, withheld_why="one_an_hour")
    blocked = Block.objects.visible_to(person).filter(blocked=OuterRef("actor"))
    found = (
        Notice.objects.visible_to(person)
        .unread()
        .filter(
            Q(mail=Mail.NONE) | hourly,
            ~Exists(blocked),
            kind__in=kinds,
            group_id__in=groups,
            at__gt=since,
            at__lte=until,
        )
    )
    return found.select_related("actor").order_by("at", "pk")


def posts_that_stand(person, told):
    """{key: post} of the posts among what was told that were not taken back or hidden, and whose
    author is not blocked."""
    keys = [one.notice.subject_id for one in told if is_post(one)]
    return {post.pk: post for post in rows(standing, person, keys) if not post.is_folded}


def standing(person, keys):
    posts = told_of(Post.objects.visible_to(person).standing())
    return posts.filter(pk__in=keys).with_folded(person)


def told_of(posts):
    """Those of the posts that a letter may tell of."""
    for _, is_not_told in NOT_TOLD.items():
        posts = posts.exclude(is_not_told("pk"))
    return posts


def is_post(told):
    return told.notice.subject_type == "post"


def stands(told, posts):
    """Whether it may still be told: theirs to see, and where it was when they were told."""
    if told.is_lost or not is_post(told):
        return not told.is_lost
    post = posts.get(told.notice.subject_id)
    return post is not None and post.group_id == told.notice.group_id


def new_threads(person, since, until, groups, known):
    """Threads that others have begun in these groups and the person has not opened, the newest
    first; those that are known by something else are left out."""
    blocked = Block.objects.visible_to(person).filter(blocked=OuterRef("author"))
    opening = told_of(Post.objects.standing()).filter(
        thread=OuterRef("pk"), at=OuterRef("opened_at")
    )
    fresh = Thread.objects.news_for(person).filter(
        ~Exists(blocked),
        Exists(opening),
        group__in=groups,
        opened_at__gt=Greatest(F("seen_until"), Value(since)),
        opened_at__lte=until,
    )
    fresh = fresh.exclude(author=person.pk).exclude(pk__in=known)
    fresh = fresh.select_related("group", "author").order_by("-opened_at", "-pk")
    return fresh[: rules.MOST_THREADS]


def load_digests(ids, person):
    """What a digest tells of, as a subject of Attention, by the network's key."""
    return {key: Subject("", reverse("notices")) for key in ids}
