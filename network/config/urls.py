"""Every address of Kith: first those of the house, then floor by floor."""

from django.contrib import admin
from django.urls import include, path

from network.operations import health

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
