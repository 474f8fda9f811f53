"""The pages of this floor: one line a room."""

from facilitation.cues.urls import urlpatterns as cues
from facilitation.dashboard.urls import urlpatterns as dashboard

urlpatterns = [*dashboard, *cues]
