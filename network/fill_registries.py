"""What the rooms of this floor add to the registries: jobs, invariants, personal data, subjects."""

from datetime import timedelta

from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Q
from django.urls import reverse

from network import registries
from network.networks.models import Network, NetworkMembership
from network.notifications import actions as notifications
from network.notifications import attention, kinds
from network.notifications.budget_rules import REASONS
from network.notifications.kinds import Budget
from network.notifications.models import (
    Attention,
    MailChoice,
    MailStop,
    MailWish,
    Notice,
    QuietHours,
)
from network.operations import jobs
from network.people import actions as people
from network.people import blocking
from network.people.models import Block, Person
from network.prepared import rows
from network.tokens import actions as tokens
from network.tokens import idempotency
from network.tokens.models import AccessToken, IdempotencyKey


def unread_about():
    """The types of subjects of which somebody was told and has not read it: none, no lamp."""
    unread = Notice.objects.unread()
    unread = unread.filter(person=OuterRef("person"), network=OuterRef("network"))
    return ArraySubquery(unread.order_by().values("subject_type").distinct())


registries.outboxes.add(Notice, notifications.prepare)
registries.place_ends.add("their tokens end", tokens.end_those_of)
registries.periodic_jobs.add(
    "deliver_notices", notifications.deliver_due, every=timedelta(minutes=1), queue="mail"
)
registries.periodic_jobs.add(
    "settle_unknown_mails", notifications.settle_unknown, every=timedelta(minutes=10), queue="mail"
)
registries.periodic_jobs.add("forget_old_runs", jobs.forget_old_runs, every=timedelta(days=1))
registries.periodic_jobs.add("forget_sessions", jobs.forget_sessions, every=timedelta(days=1))
registries.periodic_jobs.add(
    "forget_attention", attention.forget_attention, every=timedelta(days=1)
)
registries.invariants.add("nudges_keep_their_distance", attention.nudges_keep_their_distance)
registries.standing_facts.add("unread_about", unread_about)
registries.standing_facts.add("is_blocked", blocking.is_blocked)


def load_people(ids, person):
    """People this person may see, as subjects of a Notice."""
    return {
        one.pk: registries.Subject(one.name, reverse("person", args=[one.username]))
        for one in rows(people_at, list(ids), person)
    }


def people_at(keys, person):
    return Person.objects.visible_to(person).filter(pk__in=keys)


registries.subjects.add("person", load_people)


def load_attention(ids, person):
    """The person's own page of why they were told this and not that, by the network's key."""
    return {key: registries.Subject("", reverse("attention")) for key in ids}


registries.subjects.add("attention", load_attention)

kinds.add("role_changed", "{actor} has changed what you may do in the network.", category="account")
kinds.add(
    "place_opened",
    "{actor} has opened your place in the network again.",
    category="account",
    by_mail=True,
    subject_line="Your place is open again",
    button="Come in",
)
kinds.add(
    "we_stop",
    "Some of our messages stayed unread, so we write no more by ourselves. What people write to "
    "you still comes; once you have read what is here, we begin again, gently.",
    category="account",
    by_mail=True,
    subject_line="We write to you no more by ourselves",
    button="Read what we held back",
    why="it changes what we send you",
    from_kith=True,
    budget=Budget.RECORDED,
)


def own_person(person):
    yield {
        field: getattr(person, field)
        for field in ("name", "username", "email", "intro", "time_zone", "language", "joined_at")
    }


def own_places(person):
    for place in person.network_memberships.select_related("network"):
        yield {"network": place.network.name, "role": place.role, "joined_at": place.joined_at}


registries.personal_data.add(Person, registries.Kept(export=own_person, erase=people.forget))


def own_blocks(person):
    for block in person.blocks.select_related("blocked"):
        yield {"person": block.blocked.name, "at": block.at}


registries.personal_data.add(
    Block,
    registries.Kept(
        export=own_blocks,
        erase=lambda person: Block.objects.filter(Q(blocker=person) | Q(blocked=person)).delete(),
    ),
)
registries.personal_data.add(
    NetworkMembership,
    registries.Kept(
        export=own_places, erase=lambda person: person.network_memberships.all().delete()
    ),
)


def own_addresses(person):
    return EmailAddress.objects.filter(user=person).values("email", "verified", "primary")


registries.personal_data.add(
    EmailAddress,
    registries.Kept(
        export=own_addresses,
        erase=lambda person: EmailAddress.objects.filter(user=person).delete(),
    ),
)
registries.personal_data.add(
    LogEntry,
    registries.Kept(
        export=lambda person: LogEntry.objects.filter(user=person).values("action_time"),
        erase=lambda person: LogEntry.objects.filter(user=person).delete(),
    ),
)


def default_caps_fit():
    """No network gives new groups more seats than it allows."""
    for network in Network.objects.filter(default_cap__gt=F("max_cap")):
        yield f"{network.slug} gives new groups {network.default_cap} of {network.max_cap} seats."


registries.invariants.add("default_caps_fit", default_caps_fit)


def own_notices(person):
    for notice in person.notices.order_by("at"):
        yield {
            "kind": notice.kind,
            "words": notice.words,
            "at": notice.at,
            "read_at": notice.read_at,
        }


registries.personal_data.add(
    Notice,
    registries.Kept(export=own_notices, erase=lambda person: person.notices.all().delete()),
)


def own_attention(person):
    for row in person.attention.order_by("at", "pk"):
        yield {
            "kind": row.kind,
            "sent": row.is_sent,
            "why": REASONS[row.reason],
            "at": row.at,
        }


registries.personal_data.add(
    Attention,
    registries.Kept(export=own_attention, erase=lambda person: person.attention.all().delete()),
)
registries.personal_data.add(
    MailStop,
    registries.Kept(
        export=lambda person: person.mail_stops.values("category", "at"),
        erase=lambda person: person.mail_stops.all().delete(),
    ),
)
registries.personal_data.add(
    MailWish,
    registries.Kept(
        export=lambda person: person.mail_wishes.values("category", "at"),
        erase=lambda person: person.mail_wishes.all().delete(),
    ),
)
registries.personal_data.add(
    MailChoice,
    registries.Kept(
        export=lambda person: person.mail_choices.values("group_id", "much"),
        erase=lambda person: person.mail_choices.all().delete(),
    ),
)
registries.personal_data.add(
    QuietHours,
    registries.Kept(
        export=lambda person: QuietHours.objects.filter(person=person).values("starts", "ends"),
        erase=lambda person: QuietHours.objects.filter(person=person).delete(),
    ),
)

registries.api_posts.add("idempotency", idempotency.answer_once)
registries.periodic_jobs.add(
    "forget_old_answers", idempotency.forget_old_answers, every=timedelta(days=1)
)


def own_tokens(person):
    for token in person.access_tokens.select_related("network"):
        yield {
            "name": token.name,
            "network": token.network.name,
            "scopes": token.scopes,
            "created_at": token.created_at,
            "expires_at": token.expires_at,
            "last_used_on": token.last_used_on,
        }


registries.personal_data.add(
    AccessToken,
    registries.Kept(export=own_tokens, erase=lambda person: person.access_tokens.all().delete()),
)
registries.personal_data.add(
    IdempotencyKey,
    registries.Kept(
        export=lambda person: [],  # answers that were given to them, kept for a day
        erase=lambda person: IdempotencyKey.objects.filter(person=person).delete(),
    ),
)
