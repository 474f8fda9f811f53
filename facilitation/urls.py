"""The pages of this floor: one line a room."""

from facilitation.cover.urls import urlpatterns as cover
from facilitation.cues.urls import urlpatterns as cues
from facilitation.dashboard.urls import urlpatterns as dashboard
from facilitation.distress.urls import urlpatterns as distress
from facilitation.moderation.urls import urlpatterns as moderation
from facilitation.nudges.urls import urlpatterns as nudges
from facilitation.presence.urls import urlpatterns as presence
from facilitation.starters.urls import urlpatterns as starters
from facilitation.welcome.urls import urlpatterns as welcome

urlpatterns = [
    *dashboard,
    *cues,
    *cover,
    *presence,
    *nudges,
    *welcome,
    *starters,
    *moderation,
    *distress,
]
