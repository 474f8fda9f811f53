"""Every table of this floor, for Django to find; our own code imports from the rooms."""

from microgroups.appeals.models import Appeal
from microgroups.budding.models import Budding, Choice, Merging
from microgroups.charter.models import CharterDraft, CharterVersion
from microgroups.conversation.models import (
    Mention,
    Post,
    PostVersion,
    Reaction,
    ReadMark,
    Thread,
)
from microgroups.digest.models import Digest
from microgroups.groups.drafts import GroupDraft
from microgroups.groups.founding import Pledge
from microgroups.groups.models import MicroGroup
from microgroups.membership.drafts import AnswersDraft
from microgroups.membership.letters import Letter, QuietAddress
from microgroups.membership.models import Invitation, Membership, Visit
from microgroups.reminders.models import Reminder

__all__ = [
    "AnswersDraft",
    "Appeal",
    "Budding",
    "CharterDraft",
    "CharterVersion",
    "Choice",
    "Digest",
    "GroupDraft",
    "Invitation",
    "Letter",
    "Membership",
    "Mention",
    "Merging",
    "MicroGroup",
    "Pledge",
    "Post",
    "PostVersion",
    "QuietAddress",
    "Reaction",
    "ReadMark",
    "Reminder",
    "Thread",
    "Visit",
]
