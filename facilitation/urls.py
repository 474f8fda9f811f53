"""The pages of this floor: one line a room."""

from facilitation.cover.urls import urlpatterns as cover
from facilitation.cues.urls import urlpatterns as cues
from facilitation.dashboard.urls import urlpatterns as dashboard
from facilitation.starters.urls import urlpatterns as starters

urlpatterns = [*dashboard, *cues, *cover, *starters]
