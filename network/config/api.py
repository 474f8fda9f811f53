"""The API, put together floor by floor, with its description and its documentation page."""

from django.urls import path
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

import bridging.api
import facilitation.api
import microgroups.api
import network.api


class Documentation(SpectacularSwaggerSplitView):
    """The documentation page: script and style of our own, nothing from elsewhere."""

    template_name = "api/docs.html"
    url_name = "api_schema"


FLOORS = (network.api, microgroups.api, facilitation.api, bridging.api)

router = SimpleRouter()
for floor in FLOORS:
    floor.register(router)

urlpatterns = [
    path("schema/", SpectacularJSONAPIView.as_view(), name="api_schema"),
    path("docs/", Documentation.as_view(), name="api_docs"),
    *(one for floor in FLOORS for one in floor.paths),
    *router.urls,
]
