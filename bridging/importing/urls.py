"""The pages of archives."""

from django.urls import path

from bridging.importing import views

urlpatterns = [path("groups/<slug:slug>/export/", views.group_export, name="group_export")]
