"""Every table of this floor, for Django to find; our own code imports from the rooms."""

from microgroups.appeals.models import Appeal
from microgroups.conversation.models import (
    Mention,
    Post,
    PostVersion,
    Reaction,
    ReadMark,
    Thread,
)
from microgroups.groups.models import MicroGroup
from microgroups.membership.models import Membership, Visit

__all__ = [
    "Appeal",
    "Membership",
    "Mention",
    "MicroGroup",
    "Post",
    "PostVersion",
    "Reaction",
    "ReadMark",
    "Thread",
    "Visit",
]
