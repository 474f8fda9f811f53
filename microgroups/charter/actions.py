"""What can happen to a charter: it is changed, confirmed twice a year, and accepted anew."""

from datetime import timedelta

from django.db.models import Max
from django.utils import timezone

from microgroups.charter.models import CharterDraft, CharterVersion
from microgroups.charter.rules import JUST_NOW, differ
from microgroups.groups.actions import edit, facilitator_of, locked, must_be
from microgroups.groups.models import State
from microgroups.groups.rules import charter_of, rewritten
from microgroups.membership.actions import not_in
from microgroups.membership.seats import facilitators
from network.activity.actions import record
from network.notifications.actions import tell_of
from network.notifications.opening import note_answered
from network.people.models import Person
from network.text import clean
from network.transactions import deed

# Confirming


@deed
def confirm(group, person, *, now=None, **changes):
    """Say that the charter holds, as it stands or with changes to its texts.

    Within a day of the last time it changes nothing and tells nobody. The members are told where
    something has changed, the other facilitators in any case.
    Refuses: not_allowed, group_not_open; 400 where a text is left empty.
    """
    now = now or timezone.now()
    group = locked(group)
    facilitator_of(group, person)
    must_be(group, State.OPEN)
    changes = charter_of(changes)
    CharterDraft.objects.let_go(group, person)
    if rewritten(group, changes):
        group = edit(group, person, now=now, **changes)
        version = group.charter_versions.newest_first()[0]
        version.is_confirmation = True
        version.save(update_fields=["is_confirmation"])
    elif group.charter_confirmed_at and now < group.charter_confirmed_at + JUST_NOW:
        return group
    else:
        version = keep(group, person, {}, now, is_confirmation=True)
    group.charter_confirmed_at = version.at
    group.save(update_fields=["charter_confirmed_at"])
    activity = log("charter.confirmed", group, person, now, about=group, fields=version.changed)
    tell_of_confirmation(version, group, activity)
    return group


@deed
def keep_for_later(group, person, words, *, now=None):
    """Keep how a facilitator would have some texts read, for them alone; without words let it go.

    Nothing of it is recorded: what somebody is only thinking of is nobody else's to know.
    words: {text: how it should read}; a text may be empty. Refuses: not_allowed; group_not_open.
    """
    now = now or timezone.now()
    group = locked(group)
    facilitator_of(group, person)
    must_be(group, State.OPEN)
    if not words:
        CharterDraft.objects.let_go(group, person)
        return None
    words = {text: clean(said) for text, said in words.items()}
    return CharterDraft.objects.keep(group, person, words, now)


def tell_of_confirmation(version, group, activity):
    """Tell the facilitators; all where a text reads otherwise. Agreements have told already."""
    changed = {text for text in version.after if differ(version.before[text], version.after[text])}
    if not changed:
        tell(facilitators(group), "charter_confirmed", group, activity)
    elif "agreements" not in changed:
        inside = group.memberships.reading()
        tell(people_in(inside), "charter_changed", group, activity)


# What follows when texts are changed, by whichever door


def keep_version(group, person, before, now):
    """Keep how the changed texts of the locked group read; ask about new agreements."""
    version = keep(group, person, before, now)
    if "agreements" in before and differ(before["agreements"], group.agreements):
        ask_anew(group, person, version)


def keep(group, person, before, now, **facts):
    """A new version, later than those before it; new agreements are later than every yes to them.

    Who reads the clock first may well get the lock later.
    """
    last = [group.charter_versions.aggregate(last=Max("at"))["last"]]
    if "agreements" in before:
        last.append(group.memberships.aggregate(last=Max("agreements_accepted_at"))["last"])
    return CharterVersion.objects.create(
        group=group,
        by=person,
        at=max([now, *(at + timedelta(microseconds=1) for at in last if at is not None)]),
        before=before,
        after={text: getattr(group, text) for text in before},
        **facts,
    )


def ask_anew(group, person, version):
    """Ask everybody inside to accept the agreements as they read now; who changed them has.

    Told are those who had accepted the former ones: the others are being asked already.
    """
    asked = group.memberships.reading()
    if group.agreements_changed_at is not None:
        asked = asked.filter(agreements_accepted_at__gte=group.agreements_changed_at)
    people = list(people_in(asked))
    group.agreements_changed_at = version.at
    group.save(update_fields=["agreements_changed_at"])
    group.memberships.filter(person=person).update(agreements_accepted_at=version.at)
    activity = log("agreements.changed", group, person, version.at, about=group)
    if group.is_open:
        tell(people, "agreements_changed", group, activity)


# Accepting


@deed
def accept(group, person, *, seen=None, now=None):
    """Be fine with the agreements as they now stand; who is already, stays so.

    seen: as of when somebody has read them; where they have changed since, nothing is accepted.
    Refuses: not_a_member.
    """
    now = now or timezone.now()
    group = locked(group)
    membership = group.memberships.of(person)
    if membership is None or not membership.may_read:
        raise not_in(group)
    membership.person = person
    changed_at = group.agreements_changed_at
    is_outdated = seen is not None and changed_at is not None and seen < changed_at
    if membership.has_accepted or is_outdated:
        return membership
    membership.agreements_accepted_at = max(now, changed_at or now)
    membership.save(update_fields=["agreements_accepted_at"])
    log("agreements.accepted", group, person, now, about=membership)
    note_answered(person, now=now, charter=[group.pk])
    return membership


# What several of these do


def people_in(memberships):
    """The people of these memberships, to be told something."""
    return Person.objects.filter(pk__in=memberships.values("person"))


def erase(person):
    """The versions stay as the group's words, without the name of who wrote them."""
    CharterVersion.objects.filter(by=person).update(by=None)


def log(verb, group, person, now, *, about, **facts):
    """Record what happened to the charter."""
    return record(
        verb, network=group.network, actor=person, about=about, group=group, at=now, **facts
    )


def tell(people, kind, group, activity):
    """Tell people of what was just recorded about the charter."""
    tell_of(activity, people, kind, group=group, subject=("charter", group.pk))
