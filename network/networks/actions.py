"""What can happen to a network: it is made, people come in, its policy changes."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify

from network.activity.actions import record
from network.errors import Invalid, NotAllowed, Refused
from network.networks.models import (
    Network,
    NetworkHost,
    NetworkMembership,
    Role,
    SignUp,
    WhoMayPropose,
)
from network.notifications.actions import notify
from network.registries import network_keys, place_closes, place_ends
from network.text import clean, one_line
from network.transactions import deed

NUMBERS = {
    "default_cap": (1, 10_000),
    "max_cap": (1, 10_000),
    "max_groups_per_person": (1, 10),
    "minimum_age": (0, 120),
    "founding_pledges": (0, 30),
    "founding_threads": (0, 10),
    "founding_facilitators": (1, 2),
}
CHOICES = {"who_may_propose": WhoMayPropose, "sign_up": SignUp}
LINES = {"name": 80, "intro": 280}
TEXTS = {"house_rules": 4000, "help_text": 2000}


@deed
def create_network(name, *, slug, hosts=(), now=None, **policy):
    """A new network with the usual policy. Refuses a slug or a host name that is taken."""
    now = now or timezone.now()
    if slugify(slug) != slug or not slug:
        raise Invalid({"slug": "A slug has small letters, digits and hyphens."})
    try:
        with transaction.atomic():
            network = Network.objects.create(
                name=one_line(name), slug=slug, created_at=now, **policy
            )
            for host in hosts:
                NetworkHost.objects.create(network=network, host=host.lower())
    except IntegrityError as error:
        raise Refused("name_taken", "This slug or one of the host names is taken.") from error
    return network


@deed
def add_member(network, person, *, role=Role.MEMBER, now=None):
    """Let somebody into the network; who is in already stays as they are."""
    now = now or timezone.now()
    place, is_new = NetworkMembership.objects.get_or_create(
        network=network, person=person, defaults={"role": role, "joined_at": now}
    )
    if is_new:
        record("network.joined", network=network, actor=person, about=person, at=now)
    return place


@deed
def appoint(network, person, *, role, now=None):
    """Whoever runs the machine gives somebody a place with this role."""
    now = now or timezone.now()
    add_member(network, person, role=role, now=now)
    place = locked_place(network, person)
    if place.role != role:
        place.role = role
        place.save(update_fields=["role"])
        record(f"network.{role}", network=network, actor=None, about=person, at=now, role=role)
    return place


@deed
def move_in(network, person, *, code="", now=None):
    """Somebody who has an account comes into this network by themselves; who is in stays so.

    code: of an invitation, where one comes in by one alone; it is not used up by it. Whoever left
    has their words again, and joins groups anew.
    Refuses: invitation_needed; not_allowed to one whom an admin has suspended.
    """
    now = now or timezone.now()
    place = network.memberships.of(person)
    if place is None:
        must_be_open(network, person, code, now)
        place = add_member(network, person, now=now)
    if not place.is_current:
        raise NotAllowed(
            "not_allowed", f"Your place in {network.name} is closed. An admin can tell you more."
        )
    return place


def must_be_open(network, person, code, now):
    """Refuse where one comes in by invitation, to whoever has none."""
    if network.sign_up == SignUp.OPEN:
        return
    if not any(opens(network, person, code, now) for _, opens in network_keys.items()):
        raise Refused(
            "invitation_needed", f"One comes into {network.name} by invitation; ask somebody there."
        )


@deed
def leave(network, person, *, now=None):
    """Somebody leaves the network: every seat is given back, and nothing reaches them any more.

    What they said stays, and so does their account; they can come in again as anybody can.
    Refuses: not_allowed (who has no open place); last_admin; last_facilitator.
    """
    now = now or timezone.now()
    network = locked(network)
    place = network.memberships.of(person)
    if place is None or not place.is_current:
        raise NotAllowed("not_allowed", f"You have no open place in {network.name}.")
    keep_an_admin(network, place)
    for _, ends in (*place_closes.items(), *place_ends.items()):
        ends(network, person, now)
    place = locked_place(network, person)
    for _, ends in place_ends.items():  # into which they came meanwhile, by another door
        ends(network, person, now)
    place.delete()
    record("network.left", network=network, actor=person, about=person, at=now)


@deed
def change_role(network, person, *, role, by, now=None):
    """Make somebody member, moderator or admin. Refuses: not_allowed; the last admin stays one."""
    now = now or timezone.now()
    network = locked(network)
    admin_place(network, by)
    if role not in Role.values:
        raise Invalid({"role": f"A role is one of {', '.join(Role.values)}."})
    place = locked_place(network, person)
    if place.role == role:
        return place
    keep_an_admin(network, place)
    place.role = role
    place.save(update_fields=["role"])
    activity = record(
        f"network.{role}", network=network, actor=by, about=person, at=now, role=str(role)
    )
    notify(
        [person],
        "role_changed",
        network=network,
        subject=("person", person.pk),
        cause=f"role:{activity.pk}",
        at=now,
        actor=by,
    )
    return place


@deed
def suspend(network, person, *, reason, by, now=None):
    """Close somebody's place: they see nothing here until an admin opens it again.

    They keep their seats, and read the reason when they come to the door; what they have invited
    others to ends. Refuses: not_allowed; last_admin.
    """
    now = now or timezone.now()
    network = locked(network)
    admin_place(network, by)
    reason = one_line(reason)
    if not reason or len(reason) > 1000:
        raise Invalid({"reason": "Write why, in 1,000 characters at most; they read it."})
    for _, closes in place_closes.items():
        closes(network, person, now)
    place = locked_place(network, person)
    if not place.is_current:
        return place
    keep_an_admin(network, place)
    place.suspended_at, place.suspended_because = now, reason
    place.save(update_fields=["suspended_at", "suspended_because"])
    record("network.suspended", network=network, actor=by, about=person, at=now)
    return place


@deed
def unsuspend(network, person, *, by, now=None):
    """Open somebody's place again. Refuses: not_allowed."""
    now = now or timezone.now()
    network = locked(network)
    admin_place(network, by)
    place = locked_place(network, person)
    if place.is_current:
        return place
    place.suspended_at, place.suspended_because = None, ""
    place.save(update_fields=["suspended_at", "suspended_because"])
    activity = record("network.unsuspended", network=network, actor=by, about=person, at=now)
    notify(
        [person],
        "place_opened",
        network=network,
        subject=("person", person.pk),
        cause=f"unsuspended:{activity.pk}",
        at=now,
        actor=by,
    )
    return place


@deed
def edit_policy(network, by, *, now=None, **changes):
    """Change what the network says about itself and its policy. Refuses: not_allowed; 400 by field.

    A lower ceiling sends nobody away: groups above it are over policy and let nobody in.
    """
    now = now or timezone.now()
    network = locked(network)
    admin_place(network, by)
    errors = {}
    for field, value in changes.items():
        if field in NUMBERS:
            least, most = NUMBERS[field]
            if not least <= value <= most:
                errors[field] = f"Choose a number from {least:,} to {most:,}."
        elif field in CHOICES and value not in CHOICES[field].values:
            errors[field] = f"Choose one of {', '.join(CHOICES[field].values)}."
        elif field in LINES:
            value = one_line(value)
            if len(value) > LINES[field]:
                errors[field] = f"This is {len(value)} characters; {LINES[field]} fit."
            elif field == "name" and not value:
                errors[field] = "A network needs a name."
        elif field in TEXTS:
            value = clean(value)
            if len(value) > TEXTS[field]:
                errors[field] = f"This is {len(value):,} characters; {TEXTS[field]:,} fit."
        setattr(network, field, value)
    if not errors and network.default_cap > network.max_cap:
        errors["default_cap"] = (
            f"The usual cap cannot be above the highest one, which is {network.max_cap}."
        )
    if errors:
        raise Invalid(errors)
    network.save()
    record(
        "network.policy_changed",
        network=network,
        actor=by,
        about=network,
        at=now,
        fields=sorted(changes),
    )
    return network


def locked(network):
    return Network.objects.select_for_update(no_key=True).get(pk=network.pk)


def admin_place(network, person):
    """The place by which the person is an admin here. Refuses: not_allowed."""
    place = network.memberships.of(person)
    if place is None or not place.is_admin:
        raise NotAllowed("not_allowed", f"Only the admins of {network.name} can do this.")
    return place


def locked_place(network, person):
    return NetworkMembership.objects.select_for_update(no_key=True).get(
        network=network, person=person
    )


def keep_an_admin(network, place):
    """Refuse to take this place's role or its key away from the last admin."""
    if not place.is_admin:
        return
    others = network.memberships.filter(role=Role.ADMIN, suspended_at=None).exclude(pk=place.pk)
    if not others.exists():
        raise Refused("last_admin", f"{network.name} needs an admin; name another one first.")
