"""Every address of Kith: first those of the house, then floor by floor."""

from django.contrib import admin
from django.urls import include, path

from network.operations import health

handler400 = "network.rest.fallback.bad_request"
handler403 = "network.rest.fallback.permission_denied"
handler404 = "network.rest.fallback.page_not_found"
handler500 = "network.rest.fallback.server_error"

urlpatterns = [
    path("health/live", health.live, name="health_live"),
    path("health/ready", health.ready, name="health_ready"),
    path("csp/", health.csp_report, name="csp_report"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("network.config.api")),
    path("", include("network.urls")),
    path("", include("microgroups.urls")),
    path("", include("facilitation.urls")),
    path("", include("bridging.urls")),
]
