"""Every table of this floor, for Django to find; our own code imports from the rooms."""

from microgroups.appeals.models import Appeal
from microgroups.budding.models import Budding, Choice, Merging
from microgroups.conversation.models import (
    Mention,
    Post,
    PostVersion,
    Reaction,
    ReadMark,
    Thread,
)
from microgroups.groups.drafts import GroupDraft
from microgroups.groups.founding import Pledge
from microgroups.groups.models import MicroGroup
from microgroups.membership.models import Invitation, Membership, Visit

__all__ = [
    "Appeal",
    "Budding",
    "Choice",
    "GroupDraft",
    "Invitation",
    "Membership",
    "Mention",
    "Merging",
    "MicroGroup",
    "Pledge",
    "Post",
    "PostVersion",
    "Reaction",
    "ReadMark",
    "Thread",
    "Visit",
]
