from django.urls import path

from network.networks import views

urlpatterns = [
    path("network/", views.network_admin, name="network_admin"),
    path("house-rules/", views.house_rules, name="house_rules"),
]
