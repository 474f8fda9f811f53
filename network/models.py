"""Every table of this floor, for Django to find; our own code imports from the rooms."""

from network.activity.models import Activity
from network.networks.models import Network, NetworkHost, NetworkMembership
from network.notifications.models import (
    Attention,
    MailChoice,
    MailStop,
    MailWish,
    Notice,
    QuietHours,
    Silence,
)
from network.operations.models import Heartbeat, JobRun
from network.people.models import Block, Person
from network.tokens.models import AccessToken, IdempotencyKey

__all__ = [
    "AccessToken",
    "Activity",
    "Attention",
    "Block",
    "Heartbeat",
    "IdempotencyKey",
    "JobRun",
    "MailChoice",
    "MailStop",
    "MailWish",
    "Network",
    "NetworkHost",
    "NetworkMembership",
    "Notice",
    "Person",
    "QuietHours",
    "Silence",
]
