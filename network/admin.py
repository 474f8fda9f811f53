"""What operators see of this floor: one import line a room."""

from network.activity.admin import ActivityAdmin
from network.networks.admin import NetworkAdmin, NetworkMembershipAdmin
from network.notifications.admin import NoticeAdmin
from network.operations.admin import HeartbeatAdmin, JobRunAdmin
from network.people.admin import PersonAdmin

__all__ = [
    "ActivityAdmin",
    "HeartbeatAdmin",
    "JobRunAdmin",
    "NetworkAdmin",
    "NetworkMembershipAdmin",
    "NoticeAdmin",
    "PersonAdmin",
]
