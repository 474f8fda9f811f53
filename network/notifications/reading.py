"""Notices in words, as their reader may see them now: rights are asked again at each reading."""

from dataclasses import dataclass

from network.notifications.kinds import KINDS
from network.notifications.wishes import why_not_mailed
from network.registries import subjects

LOST = "Something in a place that is no longer open to you."


@dataclass(frozen=True)
class Told:
    """One Notice in words. Where its reader has lost the right to it, only that it was there."""

    notice: object
    text: str
    url: str | None
    group: str | None  # slug
    group_name: str
    title: str
    words: str
    said: str = ""
    is_lost: bool = False

    @property
    def from_kith(self):
        """Whether the software tells it, and no person."""
        return KINDS[self.notice.kind].from_kith

    @property
    def why_not_mailed(self):
        """Why no letter came of it, where one might have."""
        return why_not_mailed(self.notice)


def tell(notices, person):
    """The Notices in words, in their order. One query for each type of subject among them."""
    keys: dict = {}
    for notice in notices:
        keys.setdefault(notice.subject_type, set()).add(notice.subject_id)
    found = {
        name: subjects[name](ids, person) if name in subjects else {} for name, ids in keys.items()
    }
    return [told(notice, found[notice.subject_type].get(notice.subject_id)) for notice in notices]


def told(notice, subject):
    if subject is None:
        return Told(notice, LOST, None, None, "", "", "", is_lost=True)
    return Told(
        notice,
        f"{in_words(KINDS[notice.kind].text, notice, subject)} {subject.more}".strip(),
        subject.url,
        subject.group or None,
        subject.group_name,
        subject.title,
        notice.words,
        subject.said,
    )


def in_words(sentence, notice, subject):
    """A wording with its names filled in."""
    return sentence.format(
        actor=notice.actor.name if notice.actor else "Somebody",
        title=subject.title,
        group=subject.group_name or "a group",
    )
