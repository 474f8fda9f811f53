"""Every table of this floor, for Django to find; our own code imports from the rooms."""

from facilitation.cover.models import Duty, Leave, MemberNote
from facilitation.cues.models import Cue
from facilitation.presence.models import Absence
from facilitation.rescue.models import Rescue
from facilitation.starters.models import Starter
from facilitation.welcome.models import Welcome

__all__ = ["Absence", "Cue", "Duty", "Leave", "MemberNote", "Rescue", "Starter", "Welcome"]
