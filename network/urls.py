"""The pages of this floor: one line a room."""

from network.networks.urls import urlpatterns as networks
from network.notifications.urls import urlpatterns as notifications
from network.people.urls import urlpatterns as people
from network.tokens.urls import urlpatterns as tokens

urlpatterns = [*people, *networks, *notifications, *tokens]
