"""What operators see of this floor: one import line a room."""

from microgroups.groups.admin import MicroGroupAdmin
from microgroups.membership.admin import MembershipAdmin

__all__ = ["MembershipAdmin", "MicroGroupAdmin"]
