"""Every table of this floor, for Django to find; our own code imports from the rooms."""

from facilitation.cover.models import Duty, Leave, MemberNote
from facilitation.cues.models import Cue
from facilitation.distress.models import Call, Distress
from facilitation.moderation.models import Consent, Decision, Report
from facilitation.nudges.models import Nudge, NudgeHabit
from facilitation.presence.models import Absence
from facilitation.rescue.models import Rescue
from facilitation.starters.models import Starter, StarterHabit
from facilitation.welcome.models import Buddy, Greeting, Welcome

__all__ = [
    "Absence",
    "Buddy",
    "Call",
    "Consent",
    "Cue",
    "Decision",
    "Distress",
    "Duty",
    "Greeting",
    "Leave",
    "MemberNote",
    "Nudge",
    "NudgeHabit",
    "Report",
    "Rescue",
    "Starter",
    "StarterHabit",
    "Welcome",
]
