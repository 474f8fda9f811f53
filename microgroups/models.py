"""Every table of this floor, for Django to find; our own code imports from the rooms."""

from microgroups.conversation.models import (
    Mention,
    Post,
    PostVersion,
    Reaction,
    ReadMark,
    Thread,
)
from microgroups.groups.models import MicroGroup
from microgroups.membership.models import Invitation, Membership, Visit

__all__ = [
    "Invitation",
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
