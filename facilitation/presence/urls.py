from django.urls import path

from facilitation.presence import views

urlpatterns = [
    path("groups/<slug:slug>/presence/", views.presence, name="presence"),
    path("groups/<slug:slug>/rhythm/", views.rhythm, name="rhythm"),
]
