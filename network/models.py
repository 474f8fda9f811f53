"""Every table of this floor, for Django to find; our own code imports from the rooms."""

from network.activity.models import Activity
from network.networks.models import Network, NetworkHost, NetworkMembership
from network.notifications.models import Attention, MailStop, Notice, Silence
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
    "MailStop",
    "Network",
    "NetworkHost",
    "NetworkMembership",
    "Notice",
    "Person",
    "Silence",
]
