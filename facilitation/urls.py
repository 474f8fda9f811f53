"""The pages of this floor: one line a room."""

from facilitation.cover.urls import urlpatterns as cover
from facilitation.cues.urls import urlpatterns as cues
from facilitation.dashboard.urls import urlpatterns as dashboard
from facilitation.distress.urls import urlpatterns as distress
from facilitation.moderation.urls import urlpatterns as moderation

urlpatterns = [*dashboard, *cues, *cover, *moderation, *distress]
