"""What can happen to a group: it is proposed, opened, changed, archived."""

from django.utils import timezone

from microgroups.groups import rules
from microgroups.groups.founding import lacks_in_words, missing_of
from microgroups.groups.models import MicroGroup, State
from network.activity.actions import record
from network.errors import NotAllowed, Refused
from network.networks.models import Network, NetworkMembership, Outside, Role, WhoMayPropose
from network.notifications.actions import tell_of
from network.pace import keep_pace
from network.people.models import Person
from network.prepared import first
from network.registries import charter_changed, group_changed
from network.transactions import deed

RESERVED = {"start"}  # what stands under /groups/ beside the groups


# What the other rooms of this floor use


def locked(group):
    """The group as it stands, its row locked, its network loaded; what was read before is stale.

    The lock comes before those of memberships, threads and posts.
    """
    found = first(group_to_lock, group.pk)
    if found is None:
        raise MicroGroup.DoesNotExist
    return found


def group_to_lock(key):
    groups = MicroGroup.objects.filter(pk=key).select_related("network")
    return groups.select_for_update(no_key=True, of=["self"])


def place_of(person, network):
    """The person's NetworkMembership as it stands, or the place outside."""
    return NetworkMembership.objects.filter(network=network).of(person) or Outside(network)


def facilitator_of(group, person):
    """The membership by which the person facilitates the group. Refuses: not_allowed."""
    membership = group.memberships.of(person)
    if membership is None or not membership.is_facilitator:
        raise NotAllowed("not_allowed", f"Only those who facilitate {group.name} can do this.")
    return membership


def admin_of(network, person):
    """The place by which the person is an admin of the network. Refuses: not_allowed."""
    place = place_of(person, network)
    if not place.is_admin:
        raise NotAllowed("not_allowed", f"Only the admins of {network.name} can do this.")
    return place


# Proposing


@deed
def propose(network, person, *, cap=None, reason="", now=None, **charter):
    """Propose a group; its founder is its first member and facilitator. An admin's opens at once.

    charter: the name, the texts and the settings; cap: the network's usual one unless given;
    reason: why an admin gives it more seats than the policy allows.
    Refuses: not_allowed, cap_above_limit, too_often.
    """
    now = now or timezone.now()
    network = Network.objects.select_for_update(no_key=True).get(pk=network.pk)
    place = place_of(person, network)
    may_propose(network, place, person)
    charter = rules.charter_of(charter)
    if not place.is_admin:
        keep_pace("proposal", person, now)
    group = MicroGroup(network=network, founder=person, proposed_at=now, **charter)
    group.slug = free_slug(group)
    set_cap(group, cap or network.default_cap, place, reason)
    group.seats_taken = 1
    group.save(force_insert=True)
    group.memberships.create(
        person=person,
        state="active",
        role="facilitator",
        since=now,
        joined_at=now,
        read_before=now,
        agreements_accepted_at=now,
        is_founder=True,
    )
    enter(group, person, place, now)
    return group


@deed
def propose_again(group, person, *, answer, now=None):
    """Propose a declined group once more, with an answer to the reason. Its founder alone may.

    Refuses: not_allowed, already_open, group_not_open (archived).
    """
    now = now or timezone.now()
    answer = rules.needed("answer", answer)
    group = locked(group)
    if group.founder_id != person.pk:
        raise NotAllowed("not_allowed", f"Only who founded {group.name} can propose it again.")
    if group.state == State.PROPOSED:
        return group
    must_be(group, State.DECLINED)
    place = place_of(person, group.network)
    may_propose(group.network, place, person)
    if not place.is_admin:
        keep_pace("proposal", person, now)
    group.founder_answer = answer
    enter(group, person, place, now, words=answer)
    return group


def may_propose(network, place, person):
    """Refuse where the policy of the network leaves proposing to somebody else."""
    asked = network.who_may_propose
    if place.is_admin or (place.is_current and asked == WhoMayPropose.MEMBERS):
        return
    facilitating = person.memberships.facilitating().filter(group__network=network)
    if place.is_current and asked == WhoMayPropose.FACILITATORS and facilitating.exists():
        return
    raise NotAllowed("not_allowed", f"In {network.name} the {asked} propose groups.")


def enter(group, person, place, now, words=""):
    """Open the group at once where an admin proposes it; else ask the admins."""
    if place.is_admin:
        say_yes(group, person, now)
        return
    group.state, group.proposed_at = State.PROPOSED, now
    group.warned_at = group.approved_at = None
    group.save(update_fields=["state", "proposed_at", "warned_at", "approved_at", "founder_answer"])
    activity = log("group.proposed", group, person, now)
    tell(admins(group.network), "proposal_waits", group, activity, words)


def say_yes(group, person, now):
    """Open the group; a sister opens once the people of the group it grows from have chosen."""
    if group.sister_of_id is None:
        open_up(group, person, now)
        return
    group.state, group.approved_at = State.PROPOSED, now
    group.decline_reason = group.founder_answer = ""
    group.save(update_fields=["state", "approved_at", "decline_reason", "founder_answer"])
    log("group.approved", group, person, now)
    tell_rooms(group, now)


def open_up(group, person, now):
    """Let the group begin."""
    group.state, group.founded_at = State.OPEN, now
    group.decline_reason = group.founder_answer = ""
    group.save(update_fields=["state", "founded_at", "decline_reason", "founder_answer"])
    activity = log("group.opened", group, person, now)
    if group.sister_of_id is None:
        tell(founder(group), "group_approved", group, activity)
    tell_rooms(group, now)


@deed
def approve(group, person, *, now=None):
    """Let a proposed group begin; a sister, let people choose. What has begun stays as it is.

    Refuses: not_allowed, group_not_open (declined or archived), not_ready (short of the bar).
    """
    now = now or timezone.now()
    group = locked(group)
    admin_of(group.network, person)
    if not (group.is_open or group.is_approved_sister):
        must_be(group, State.PROPOSED)
        must_be_ready(group)
        say_yes(group, person, now)
    return group


def must_be_ready(group):
    """Refuse where the proposal is short of what the network asks of it."""
    missing = missing_of(group)
    if missing:
        raise Refused(
            "not_ready", f"{group.name} still needs {lacks_in_words(missing)} before it can begin."
        )


@deed
def decline(group, person, *, reason, now=None):
    """Say no to a proposed group, with the reason; its founder may answer and propose it again.

    Refuses: not_allowed, already_open, group_not_open (archived).
    """
    now = now or timezone.now()
    group = locked(group)
    admin_of(group.network, person)
    reason = rules.needed("reason", reason)
    if group.state == State.DECLINED:
        return group
    must_be(group, State.PROPOSED)
    say_no(group, person, reason, now)
    return group


def say_no(group, person, reason, now):
    """Decline the locked proposal; `person` is None where its time has passed."""
    group.state, group.decline_reason = State.DECLINED, reason
    group.save(update_fields=["state", "decline_reason"])
    activity = log("group.declined", group, person, now)
    tell(founder(group), "group_declined", group, activity, reason)
    tell_rooms(group, now)


# Changing


@deed
def edit(group, person, *, reason="", now=None, **changes):
    """Change the charter and the settings of a group: its facilitators do; an admin its cap alone.

    changes: the name, the texts, the settings, the cap; reason: why an admin gives it more seats
    than the policy allows. A group that becomes hidden gets a new slug.
    Refuses: not_allowed, group_not_open (archived), cap_above_limit, cap_below_members.
    """
    now = now or timezone.now()
    group = locked(group)
    place = place_of(person, group.network)
    from_outside = place.is_admin and set(changes) == {"cap"} and not keeps(group, person)
    if not from_outside:
        facilitator_of(group, person)
    must_not_be_archived(group)
    was_hidden = group.is_hidden
    changes = rules.charter_of(changes)
    before = rules.rewritten(group, changes)
    for field, value in changes.items():
        if field == "cap":
            set_cap(group, value, place, reason)
        else:
            setattr(group, field, value)
    if group.is_hidden and not was_hidden:
        group.slug = free_slug(group)
    group.save(update_fields={"slug", "ceiling", "ceiling_reason", *changes})
    activity = log("group.changed", group, person, now, fields=sorted(changes), cap=group.cap)
    if from_outside:
        tell(facilitators(group), "cap_changed", group, activity, group.ceiling_reason)
    for _, changed in charter_changed.items() if before else ():
        changed(group, person, before, now)
    tell_rooms(group, now)
    return group


def set_cap(group, cap, place, reason):
    """Give the group so many seats; above the policy only an admin does, in writing."""
    if cap == group.cap and not reason:
        return
    if cap < group.seats_taken:
        raise Refused(
            "cap_below_members",
            f"{group.seats_taken} seats of {group.name} are taken, so it can have no fewer now. "
            "When some have left or rest, it can.",
        )
    if not place.is_admin and cap > group.limit:
        raise Refused(
            "cap_above_limit",
            f"{group.limit} seats are the most here. An admin can allow more, with a reason.",
        )
    if place.is_admin and cap > group.network.max_cap:
        group.ceiling, group.ceiling_reason = cap, rules.needed("reason", reason)
    elif place.is_admin:
        group.ceiling, group.ceiling_reason = None, ""
    group.cap = cap


@deed
def archive(group, person, *, now=None):
    """Close an open group; who was in it keeps reading. A facilitator or an admin may.

    Refuses: not_allowed, group_not_open (it never was open).
    """
    now = now or timezone.now()
    group = locked(group)
    facilitator_or_admin(group, person)
    if not group.is_archived:
        must_be(group, State.OPEN)
        close_down(group, person, now)
    return group


def close_down(group, person, now):
    """Archive the locked group: it stays as it is, for those who were in it."""
    group.state, group.archived_at = State.ARCHIVED, now
    group.save(update_fields=["state", "archived_at"])
    log("group.archived", group, person, now)
    tell_rooms(group, now)


@deed
def restore(group, person, *, now=None):
    """Open an archived group again. A facilitator or an admin may.

    Refuses: not_allowed, group_not_open (it never was open), last_facilitator (it has none).
    """
    now = now or timezone.now()
    group = locked(group)
    facilitator_or_admin(group, person)
    if group.is_open:
        return group
    must_be(group, State.ARCHIVED)
    if not group.is_imported and not group.memberships.facilitating().exists():
        raise Refused("last_facilitator", f"Nobody facilitates {group.name}. Name somebody first.")
    group.state, group.archived_at = State.OPEN, None
    group.save(update_fields=["state", "archived_at"])
    log("group.restored", group, person, now)
    tell_rooms(group, now)
    return group


@deed
def note_alive(group, day):
    """Remember that somebody wrote in the group on `day`: it is alive then and six days more."""
    if group.alive_until is not None and group.alive_until >= day + rules.AFTERGLOW:
        return
    group = locked(group)
    group.alive_days, group.alive_until = rules.alive_after_post(
        group.alive_days, group.alive_until, day
    )
    group.save(update_fields=["alive_days", "alive_until"])


# What several of these ask and do


def facilitator_or_admin(group, person):
    """Refuse who neither facilitates the group nor is an admin of its network."""
    if not place_of(person, group.network).is_admin:
        facilitator_of(group, person)


def must_be(group, state):
    """Refuse what does not fit the state that the group is in."""
    if group.state == state:
        return
    if group.is_open:
        raise Refused("already_open", f"{group.name} has begun already.")
    said = {
        State.PROPOSED: "waits for an admin's yes.",
        State.DECLINED: "was declined. Whoever founded it can propose it again.",
        State.ARCHIVED: "is archived. It can be restored.",
    }
    raise Refused("group_not_open", f"{group.name} {said[group.state]}")


def must_not_be_archived(group):
    """Refuse to change what stays as it is, to be read."""
    if group.is_archived:
        must_be(group, State.OPEN)


def free_slug(group):
    """A slug that no other group of the network has; a hidden group's cannot be guessed.

    The network's row is locked where a group is made, so nobody takes the slug in between.
    """
    words = rules.slug_words(group.name)
    if group.is_hidden:
        return rules.hidden_slug(words)
    taken = set(group.network.groups.filter(slug__startswith=words).values_list("slug", flat=True))
    return next(slug for slug in rules.open_slugs(words) if slug not in taken | RESERVED)


def admins(network):
    """The admins of the network, to be told something."""
    places = network.memberships.filter(role=Role.ADMIN, suspended_at=None)
    return Person.objects.filter(pk__in=places.values("person"))


def facilitators(group):
    """Those who facilitate the group, to be told something."""
    return Person.objects.filter(pk__in=group.memberships.facilitating().values("person"))


def keeps(group, person):
    """Whether the person facilitates the group."""
    return group.memberships.facilitating().filter(person=person.pk).exists()


def founder(group):
    """Whoever founded the group, to be told something; nobody where they are gone."""
    return [group.founder] if group.founder else []


def log(verb, group, person, now, **facts):
    """Record what happened to the group."""
    return record(
        verb, network=group.network, actor=person, about=group, group=group, at=now, **facts
    )


def tell(people, kind, group, activity, words=""):
    """Tell people of what was just recorded about the group."""
    tell_of(activity, people, kind, group=group, subject=("group", group.pk), words=words)


def tell_rooms(group, now):
    """Let the other rooms follow: the line moves up, what was shared is taken back."""
    for _, changed in group_changed.items():
        changed(group, now)
