"""A charter as it is read: how it has changed, who confirmed it, what one is asked to accept."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from microgroups.charter.models import CharterVersion
from microgroups.charter.rules import IN_WORDS, compare, differ
from microgroups.groups.models import MicroGroup
from microgroups.membership.facts import groups_at
from network.prepared import rows
from network.registries import Subject


@dataclass(frozen=True)
class Asked:
    """The agreements that a member has not accepted yet, beside those that they had."""

    lines: list
    seen: datetime | None = None

    @property
    def gone(self):
        return [line for line in self.lines if line.is_gone]

    @property
    def standing(self):
        return [line for line in self.lines if not line.is_gone]

    @property
    def title(self):
        is_new = sum(line.is_new for line in self.lines)
        if is_new == 1 and not self.gone:
            return "One of our agreements is new"
        if is_new or self.gone:
            return "Our agreements have changed"
        return "Our agreements read again as they did"


def asked_of(membership):
    """What the member is asked to accept, or None. One query where they are asked."""
    if membership is None or not membership.may_read or membership.has_accepted:
        return None
    group = membership.group
    if group.agreements_changed_at is None or not group.is_open:
        return None
    accepted = membership.agreements_accepted_at or group.proposed_at
    changes = rows(agreements_since, group.pk, accepted)
    before = changes[0].before["agreements"] if changes else group.agreements
    return Asked(compare(before, group.agreements), group.agreements_changed_at)


def agreements_since(group, at):
    """The first change of the group's agreements after a time."""
    versions = CharterVersion.objects.filter(group=group, at__gt=at, after__has_key="agreements")
    return versions.order_by("at")[:1]


def asked_with(group, agreements):
    """What the members would be asked with these agreements; None where they say the same."""
    if agreements is None or not differ(group.agreements, agreements):
        return None
    return Asked(compare(group.agreements, agreements))


def ask_on_group_home(group, membership):
    """What stands on a group's home while somebody has not accepted its new agreements."""
    asked = asked_of(membership)
    if asked is None:
        return None
    return "microgroups/charter/_asked.html", {"asked": asked, "membership": membership}


def changes_of(versions):
    """The versions with the words of what was changed, and its lines compared."""
    for version in versions:
        version.in_words = joined([IN_WORDS[text] for text in IN_WORDS if text in version.after])
        version.texts = [
            (IN_WORDS[text], compare(version.before[text], version.after[text]))
            for text in IN_WORDS
            if text in version.after
        ]
    return versions


def joined(words):
    """`a`, `a and b`, `a, b and c`"""
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def may_read_history(membership, place):
    """Whether former words of the charter may be read by this membership or place."""
    return place.is_admin or (membership is not None and membership.may_read)


def history_of(group, person):
    """The versions of the group's charter that this person may read."""
    return CharterVersion.objects.visible_to(person).filter(group=group).select_related("by")


def last_confirmation(group, person):
    """The newest version that confirms the charter."""
    return history_of(group, person).confirming().newest_first()[:1]


def load_charters(ids, person):
    """Charters of groups whose card this person may see, as subjects of a Notice."""
    return {
        group.pk: Subject(
            group.name, reverse("group_charter", args=[group.slug]), group.name, group.slug
        )
        for group in rows(groups_at, list(ids), person)
    }


def versions_by(person):
    """What somebody wrote into charters, and which they confirmed."""
    for version in CharterVersion.objects.filter(by=person).select_related("group"):
        yield {
            "group": version.group.name,
            "at": version.at,
            "confirmed": version.is_confirmation,
            "wrote": version.after,
        }


# What always holds


def charters_follow_from_their_history():
    """Each version goes on from the one before it, and the charter reads as the newest left it."""
    texts: dict = {}
    for version in CharterVersion.objects.order_by("group", "at", "pk").iterator(chunk_size=2000):
        for text, before in version.before.items():
            kept = texts.get((version.group_id, text), before)
            if kept != before:
                yield f"Version {version.pk} changes another {text} than the one before it left."
            texts[version.group_id, text] = version.after[text]
    yield from texts_that_differ(texts)


def texts_that_differ(texts):
    groups = MicroGroup.objects.in_bulk({key for key, _ in texts})
    for (key, text), kept in texts.items():
        if getattr(groups[key], text) != kept:
            yield f"The {text} of {groups[key].slug} is not what its history says."
