"""The pages of this floor: one line a room."""

from bridging.highlights.urls import urlpatterns as highlights
from bridging.importing.urls import urlpatterns as importing
from bridging.search.urls import urlpatterns as search

urlpatterns = [*highlights, *importing, *search]
